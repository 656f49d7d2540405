// The rules of types: what widens to what, what may be cast, what arithmetic yields.
#pragma once

#include <optional>

#include "compiler/bind/expr.h"
#include "runtime/base/type.h"

namespace flow {

// INT -> BIGINT -> DECIMAL -> DOUBLE, DATE -> TIMESTAMP, NULL -> anything; never loses digits but
// for DECIMAL -> DOUBLE. Equal types widen too.
bool CanWiden(const Type& from, const Type& to);

// The least type that both widen to; nullopt if there is none.
std::optional<Type> CommonType(const Type& a, const Type& b);

// Does an ARRAY or a MAP of the one type have the bytes that it has with the other?
bool WidensInPlace(const Type& from, const Type& to);

// Is CAST(from AS to) a thing at all?
bool CanCast(const Type& from, const Type& to);

// INT as DECIMAL(10,0), BIGINT as DECIMAL(19,0), a DECIMAL as it is.
Type AsDecimal(const Type& integer_or_decimal);

// Types of the operands after the implicit casts, and of the result.
struct ArithmeticTypes {
  Type left;
  Type right;
  Type result;
};
// `op` is kAdd .. kMod. nullopt: the operator does not take these types. A DECIMAL scale over 38 is
// reported by `scale_overflow`.
std::optional<ArithmeticTypes> Arithmetic(ExprOp op, const Type& left, const Type& right,
                                          bool* scale_overflow);

// `expr` as `type`, with a cast unless it has that type already. Literals are cast at once where
// the value cannot change (12 as BIGINT).
BoundExprPtr CastTo(BoundExprPtr expr, const Type& type);

}  // namespace flow
