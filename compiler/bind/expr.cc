// Construction, comparison and inspection of bound expressions (expr.h, rewrite.h).
#include "compiler/bind/expr.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <unordered_set>

#include "compiler/bind/rewrite.h"

namespace flow {

BoundExprPtr MakeColumn(int column, Type type) {
  auto node = std::make_shared<BoundExpr>();
  node->op = ExprOp::kColumn;
  node->type = std::move(type);
  node->column = column;
  return node;
}

BoundExprPtr MakeLiteral(Datum value) {
  auto node = std::make_shared<BoundExpr>();
  node->op = ExprOp::kLiteral;
  node->type = value.type;
  node->literal = std::move(value);
  return node;
}

BoundExprPtr MakeNode(ExprOp op, Type type, std::vector<BoundExprPtr> children) {
  auto node = std::make_shared<BoundExpr>();
  node->op = op;
  node->type = std::move(type);
  node->children = std::move(children);
  return node;
}

BoundExprPtr MakeCast(BoundExprPtr child, Type type, bool try_cast) {
  auto node = std::make_shared<BoundExpr>();
  node->op = ExprOp::kCast;
  node->type = std::move(type);
  node->children.push_back(std::move(child));
  node->try_cast = try_cast;
  return node;
}

BoundExprPtr MakeCall(const Function* function, std::vector<BoundExprPtr> arguments) {
  auto node = std::make_shared<BoundExpr>();
  node->op = ExprOp::kCall;
  node->type = function->result;
  node->function = function;
  node->children = std::move(arguments);
  return node;
}

BoundExprPtr WithChildren(const BoundExpr& expr, std::vector<BoundExprPtr> children) {
  auto node = std::make_shared<BoundExpr>(expr);
  node->children = std::move(children);
  return node;
}

namespace {

using Visit = std::function<BoundExprPtr(const BoundExprPtr&)>;
// Keyed by address: the nodes stay alive while the rewriting of their root runs.
using Memo = std::unordered_map<const BoundExpr*, BoundExprPtr>;

BoundExprPtr RewriteNode(const BoundExprPtr& expr, const Visit& visit, Memo* memo) {
  if (auto found = memo->find(expr.get()); found != memo->end()) return found->second;
  BoundExprPtr node = expr;
  std::vector<BoundExprPtr> children;
  bool changed = false;
  children.reserve(expr->children.size());
  for (const BoundExprPtr& child : expr->children) {
    children.push_back(RewriteNode(child, visit, memo));
    changed |= children.back() != child;
  }
  if (changed) node = WithChildren(*expr, std::move(children));
  BoundExprPtr result = visit(node);
  memo->emplace(expr.get(), result);
  return result;
}

BoundExprPtr RewriteDownNode(const BoundExprPtr& expr, const Visit& visit, Memo* memo) {
  if (auto found = memo->find(expr.get()); found != memo->end()) return found->second;
  BoundExprPtr result = visit(expr);
  if (result == nullptr) {
    result = expr;
    std::vector<BoundExprPtr> children;
    bool changed = false;
    children.reserve(expr->children.size());
    for (const BoundExprPtr& child : expr->children) {
      children.push_back(RewriteDownNode(child, visit, memo));
      changed |= children.back() != child;
    }
    if (changed) result = WithChildren(*expr, std::move(children));
  }
  memo->emplace(expr.get(), result);
  return result;
}

// Calls `f` once for every distinct node.
template <typename F>
void ForEachNode(const BoundExpr& expr, std::unordered_set<const BoundExpr*>* seen, const F& f) {
  if (!seen->insert(&expr).second) return;
  f(expr);
  for (const BoundExprPtr& child : expr.children) ForEachNode(*child, seen, f);
}

bool SameDatum(const Datum& a, const Datum& b) {
  if (!(a.type == b.type) || a.status != b.status) return false;
  if (!a.is_value()) return true;
  // Bits, so that a literal of -0.0 is not taken for 0.0.
  return a.i == b.i && std::memcmp(&a.d, &b.d, sizeof a.d) == 0 && a.dec == b.dec && a.s == b.s;
}

// A cast that never fails on a value.
bool CastCanFail(const Type& from, const Type& to) {
  if (to.is(TypeKind::kString) || from == to) return false;
  if (from.is_variable() && to.is_variable()) return false;  // only called otherwise
  int digits = 0;
  switch (from.kind) {
    case TypeKind::kNull:
      return false;
    case TypeKind::kBoolean:
      return false;
    case TypeKind::kInt:
      digits = 10;
      break;
    case TypeKind::kBigint:
      if (to.is(TypeKind::kInt)) return true;
      digits = 19;
      break;
    case TypeKind::kDecimal:
      if (to.is_integer()) return true;
      digits = from.precision - from.scale + (to.scale < from.scale ? 1 : 0);
      break;
    case TypeKind::kDate:
      return !to.is(TypeKind::kTimestamp);
    case TypeKind::kTimestamp:
      return !to.is(TypeKind::kDate);
    case TypeKind::kDouble:
    case TypeKind::kString:
    case TypeKind::kInterval:
    case TypeKind::kStruct:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return true;
  }
  if (to.is(TypeKind::kDecimal)) return to.precision - to.scale < digits;
  return !(to.is(TypeKind::kDouble) || to.is(TypeKind::kBigint) || to.is(TypeKind::kInt));
}

bool NodeCanFail(const BoundExpr& expr) {
  switch (expr.op) {
    case ExprOp::kColumn:
      return false;
    case ExprOp::kLiteral:
      return expr.literal.status >= kFlowErrorFirst;
    case ExprOp::kAdd:
    case ExprOp::kSub:
    case ExprOp::kMul:
    case ExprOp::kDiv:
    case ExprOp::kMod:
      return true;
    case ExprOp::kNeg:
      return !expr.type.is(TypeKind::kDouble) && !expr.type.is(TypeKind::kDecimal);
    case ExprOp::kEq:
    case ExprOp::kNe:
    case ExprOp::kLt:
    case ExprOp::kLe:
    case ExprOp::kGt:
    case ExprOp::kGe:
    case ExprOp::kAnd:
    case ExprOp::kOr:
    case ExprOp::kNot:
    case ExprOp::kIsNull:
    case ExprOp::kCase:
    case ExprOp::kCoalesce:
      return false;
    case ExprOp::kCast:
      return !expr.try_cast && CastCanFail(expr.children[0]->type, expr.type);
    case ExprOp::kCall:
      return true;
  }
  return true;
}

ExprSize MeasureNode(const BoundExpr& expr, const std::function<ExprSize(int)>& column_size,
                     std::unordered_map<const BoundExpr*, ExprSize>* memo) {
  if (expr.op == ExprOp::kColumn) return column_size(expr.column);
  if (auto found = memo->find(&expr); found != memo->end()) return found->second;
  ExprSize size;
  for (const BoundExprPtr& child : expr.children) {
    ExprSize inner = MeasureNode(*child, column_size, memo);
    size.nodes = std::min(size.nodes + inner.nodes, 1e18);
    size.depth = std::max(size.depth, inner.depth + 1);
  }
  memo->emplace(&expr, size);
  return size;
}

}  // namespace

BoundExprPtr Rewrite(const BoundExprPtr& expr, const Visit& visit) {
  if (expr == nullptr) return nullptr;
  Memo memo;
  return RewriteNode(expr, visit, &memo);
}

BoundExprPtr RewriteDown(const BoundExprPtr& expr, const Visit& visit) {
  if (expr == nullptr) return nullptr;
  Memo memo;
  return RewriteDownNode(expr, visit, &memo);
}

BoundExprPtr MapColumns(const BoundExprPtr& expr,
                        const std::function<BoundExprPtr(int column, const Type& type)>& map) {
  return Rewrite(expr, [&](const BoundExprPtr& node) {
    return node->op == ExprOp::kColumn ? map(node->column, node->type) : node;
  });
}

BoundExprPtr Substitute(const BoundExprPtr& expr, const std::vector<BoundExprPtr>& replacements) {
  return MapColumns(
      expr, [&](int column, const Type&) { return replacements[static_cast<size_t>(column)]; });
}

std::vector<BoundExprPtr> Conjuncts(const BoundExprPtr& predicate) {
  std::vector<BoundExprPtr> terms;
  if (predicate == nullptr) return terms;
  if (predicate->op != ExprOp::kAnd) return {predicate};
  for (const BoundExprPtr& child : predicate->children) {
    for (BoundExprPtr& term : Conjuncts(child)) terms.push_back(std::move(term));
  }
  return terms;
}

BoundExprPtr MakeAnd(std::vector<BoundExprPtr> terms) {
  if (terms.empty()) return nullptr;
  if (terms.size() == 1) return terms[0];
  return MakeNode(ExprOp::kAnd, TypeKind::kBoolean, std::move(terms));
}

BoundExprPtr MakeAnd(const BoundExprPtr& a, const BoundExprPtr& b) {
  std::vector<BoundExprPtr> terms = Conjuncts(a);
  for (BoundExprPtr& term : Conjuncts(b)) terms.push_back(std::move(term));
  return MakeAnd(std::move(terms));
}

bool UsesColumns(const BoundExpr& expr, const std::function<bool(int)>& is) {
  bool uses = false;
  std::unordered_set<const BoundExpr*> seen;
  ForEachNode(expr, &seen, [&](const BoundExpr& node) {
    uses |= node.op == ExprOp::kColumn && is(node.column);
  });
  return uses;
}

void CollectColumns(const BoundExpr& expr, std::vector<int>* columns) {
  std::unordered_set<const BoundExpr*> seen;
  ForEachNode(expr, &seen, [&](const BoundExpr& node) {
    if (node.op == ExprOp::kColumn) columns->push_back(node.column);
  });
  std::sort(columns->begin(), columns->end());
  columns->erase(std::unique(columns->begin(), columns->end()), columns->end());
}

bool CanFail(const BoundExpr& expr) {
  bool can = false;
  std::unordered_set<const BoundExpr*> seen;
  ForEachNode(expr, &seen, [&](const BoundExpr& node) { can |= NodeCanFail(node); });
  return can;
}

bool StructurallyEqual(const BoundExpr& a, const BoundExpr& b) {
  if (&a == &b) return true;
  if (a.op != b.op || !(a.type == b.type) || a.column != b.column || a.try_cast != b.try_cast ||
      a.function != b.function || a.children.size() != b.children.size()) {
    return false;
  }
  if (a.op == ExprOp::kLiteral && !SameDatum(a.literal, b.literal)) return false;
  for (size_t i = 0; i < a.children.size(); ++i) {
    if (!StructurallyEqual(*a.children[i], *b.children[i])) return false;
  }
  return true;
}

ExprSize Measure(const BoundExpr& expr, const std::function<ExprSize(int)>& column_size) {
  std::unordered_map<const BoundExpr*, ExprSize> memo;
  return MeasureNode(expr, column_size, &memo);
}

}  // namespace flow
