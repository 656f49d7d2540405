// Gives Fold.
#include "compiler/interpret/fold.h"

#include "compiler/bind/rewrite.h"
#include "compiler/interpret/interpret.h"

namespace flow::interpret {

namespace {

bool IsLiteral(const BoundExpr& expr) { return expr.op == ExprOp::kLiteral; }
bool IsNullLiteral(const BoundExpr& expr) { return IsLiteral(expr) && expr.literal.is_null(); }

// The deciding value wins over NULL and errors whatever the order, so FALSE decides an AND; TRUE
// changes nothing. OR is the mirror image.
BoundExprPtr FoldLogic(const BoundExprPtr& expr) {
  bool decides = expr->op == ExprOp::kOr;
  std::vector<BoundExprPtr> terms;
  for (const BoundExprPtr& child : expr->children) {
    if (IsBool(*child, decides)) return child;
    if (!IsBool(*child, !decides)) terms.push_back(child);
  }
  if (terms.empty()) return MakeLiteral(Datum::Bool(!decides));
  if (terms.size() == 1) return terms[0];
  if (terms.size() == expr->children.size()) return expr;
  return WithChildren(*expr, std::move(terms));
}

// A branch that is never taken is dropped; one that always is becomes the ELSE.
BoundExprPtr FoldCase(const BoundExprPtr& expr) {
  std::vector<BoundExprPtr> parts;
  for (size_t i = 0; i + 1 < expr->children.size(); i += 2) {
    const BoundExpr& when = *expr->children[i];
    if (IsBool(when, false) || IsNullLiteral(when)) continue;
    if (IsBool(when, true)) {
      parts.push_back(expr->children[i + 1]);
      break;
    }
    parts.push_back(expr->children[i]);
    parts.push_back(expr->children[i + 1]);
  }
  if (parts.size() % 2 == 0) parts.push_back(expr->children.back());
  if (parts.size() == 1) return parts[0];
  if (parts.size() == expr->children.size()) return expr;
  return WithChildren(*expr, std::move(parts));
}

BoundExprPtr FoldCoalesce(const BoundExprPtr& expr) {
  std::vector<BoundExprPtr> values;
  for (const BoundExprPtr& child : expr->children) {
    if (IsNullLiteral(*child)) continue;
    values.push_back(child);
    if (IsLiteral(*child)) break;  // a value or an error: nothing behind it is reached
  }
  if (values.empty()) return MakeLiteral(Datum::Null(expr->type));
  if (values.size() == 1) return values[0];
  if (values.size() == expr->children.size()) return expr;
  return WithChildren(*expr, std::move(values));
}

BoundExprPtr FoldNode(const BoundExprPtr& expr) {
  if (expr->op == ExprOp::kColumn || expr->op == ExprOp::kLiteral) return expr;
  bool constant = true;
  for (const BoundExprPtr& child : expr->children) constant &= IsLiteral(*child);
  if (constant) {
    Datum value = Evaluate(*expr, nullptr, 0);
    value.type = expr->type;
    return MakeLiteral(std::move(value));
  }
  if (expr->op == ExprOp::kAnd || expr->op == ExprOp::kOr) return FoldLogic(expr);
  if (expr->op == ExprOp::kCase) return FoldCase(expr);
  if (expr->op == ExprOp::kCoalesce) return FoldCoalesce(expr);
  return expr;
}

}  // namespace

bool IsBool(const BoundExpr& expr, bool value) {
  return IsLiteral(expr) && expr.literal.is_value() && expr.type.is(TypeKind::kBoolean) &&
         (expr.literal.i != 0) == value;
}

BoundExprPtr Fold(const BoundExprPtr& expr) { return Rewrite(expr, FoldNode); }

}  // namespace flow::interpret
