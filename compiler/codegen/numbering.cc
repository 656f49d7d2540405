// Gives Numbering and IsCheap: see numbering.h.
#include "compiler/codegen/numbering.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <unordered_set>

namespace flow::codegen {

namespace {

template <typename T>
void Append(std::string* key, const T& value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  key->append(bytes, sizeof(T));
}

void AppendLiteral(std::string* key, const Datum& literal) {
  Append(key, literal.status);
  Append(key, literal.i);
  Append(key, literal.d);
  Append(key, literal.dec);
  *key += literal.s;
}

// How many nodes may be evaluated in vain.
constexpr int kCheapNodes = 8;

bool IsCheapWithin(const BoundExpr& expr, int* budget) {
  if (--*budget < 0) return false;
  if (expr.op == ExprOp::kCall || expr.op == ExprOp::kCase || expr.op == ExprOp::kCoalesce) {
    return false;
  }
  // Strings are only looked at behind a test of their status; 128-bit arithmetic is long.
  for (const BoundExprPtr& child : expr.children) {
    if (child->type.is_variable() && expr.op != ExprOp::kIsNull) return false;
    bool arithmetic = expr.op >= ExprOp::kAdd && expr.op <= ExprOp::kMod;
    if (child->type.is(TypeKind::kDecimal) && (arithmetic || expr.op == ExprOp::kCast))
      return false;
    if (!IsCheapWithin(*child, budget)) return false;
  }
  if (expr.op == ExprOp::kCast && expr.type.is_variable()) return false;
  return expr.op != ExprOp::kDiv && expr.op != ExprOp::kMod;
}

}  // namespace

int Numbering::NumberOf(const BoundExpr& expr) {
  if (auto known = by_node_.find(&expr); known != by_node_.end()) return known->second;
  int number;
  if (structural_) {
    std::string key;
    Append(&key, expr.op);
    Append(&key, expr.type.kind);
    Append(&key, expr.type.precision);
    Append(&key, expr.type.scale);
    Append(&key, expr.column);
    Append(&key, expr.try_cast);
    Append(&key, expr.function);
    Append(&key, expr.children.size());
    for (const BoundExprPtr& child : expr.children) Append(&key, NumberOf(*child));
    if (expr.op == ExprOp::kLiteral) AppendLiteral(&key, expr.literal);
    auto [at, is_new] = by_structure_.emplace(std::move(key), next_);
    next_ += is_new;
    number = at->second;
  } else {
    number = next_++;
  }
  by_node_.emplace(&expr, number);
  return number;
}

bool CallsNative(const BoundExpr& expr) {
  std::unordered_set<const BoundExpr*> seen;
  const std::function<bool(const BoundExpr&)> calls = [&](const BoundExpr& at) {
    if (!seen.insert(&at).second) return false;
    if (at.op == ExprOp::kCall && at.function->native) return true;
    return std::any_of(at.children.begin(), at.children.end(),
                       [&](const BoundExprPtr& child) { return calls(*child); });
  };
  return calls(expr);
}

bool IsCheap(const BoundExpr& expr) {
  int budget = kCheapNodes;
  return IsCheapWithin(expr, &budget);
}

}  // namespace flow::codegen
