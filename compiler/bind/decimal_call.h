// Calls of functions of DECIMAL, whose result has digits that follow from those of the argument.
#pragma once

#include <vector>

#include "compiler/bind/expr.h"

namespace flow {

// `function` takes DECIMAL (Function::hidden > 0); `arguments` as written, the first of which is a
// DECIMAL of any digits. round(x, n) of a literal n has n digits after the point, of any other n as
// many as x.
BoundExprPtr MakeDecimalCall(const Function* function, std::vector<BoundExprPtr> arguments);

}  // namespace flow
