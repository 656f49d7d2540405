// Names, types and values as PostgreSQL reads them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/batch.h"

namespace flow::postgres {

// "a name"; a quote in it is doubled.
std::string Identifier(std::string_view name);
// 'a text' for any setting of standard_conforming_strings.
std::string Literal(std::string_view text);

// The type of a column that holds values of `type`.
std::string SqlType(const Type& type);

// A cell as a field of COPY's text format, \N for NULL; and as a literal.
void AppendCopyCell(const FlowColumn& column, const Type& type, int32_t row, std::string* out);
void AppendLiteralCell(const FlowColumn& column, const Type& type, int32_t row, std::string* out);

// Why the server could never take this cell.
std::optional<std::string> CellRefusal(const FlowColumn& column, const Type& type, int32_t row);

}  // namespace flow::postgres
