// Constant folding of one expression.
#pragma once

#include "compiler/bind/expr.h"

namespace flow::interpret {

// What is made of literals becomes its value (or its error); AND, OR, CASE and COALESCE drop the
// operands that a literal decides. nullptr stays.
BoundExprPtr Fold(const BoundExprPtr& expr);

// Is it the literal TRUE (or FALSE)?
bool IsBool(const BoundExpr& expr, bool value);

}  // namespace flow::interpret
