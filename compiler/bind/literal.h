// Constants as they are written, as typed values.
#pragma once

#include <optional>
#include <string>

#include "compiler/ast/ast.h"
#include "runtime/base/datum.h"
#include "runtime/base/status.h"

namespace flow {

// 12 is INT, BIGINT or DECIMAL(n,0), 1.50 is DECIMAL(3,2), 1e3 is DOUBLE.
Result<Datum> NumberLiteral(const std::string& text);

// A quoted text as `type`, by the rules of CAST; the error says why not.
Result<Datum> TextAs(const std::string& text, const Type& type);

// -value; integers that have no negative become the next wider type.
Datum Negated(const Datum& value);

// Microseconds in the largest unit that says them exactly: 90s, 2h.
std::string DurationText(int64_t us);

// The value of a literal expression (number, string, NULL, boolean, DATE '...', a sign before a
// number) as `type`; nullopt if the expression is none.
std::optional<Result<Datum>> ConstantAs(const ast::Expr& expr, const Type& type);

// ARRAY[1, 2] as it comes from the parser: a call of `array`.
bool IsArrayLiteral(const ast::Expr& expr);
// STRUCT(1 AS a).
bool IsStructLiteral(const ast::Expr& expr);

}  // namespace flow
