// Identifier, Literal, SqlType, the forms of cells, and CellRefusal.
#include "runtime/connector/postgres/text.h"

#include <cstdio>

#include "runtime/abi/convert.h"
#include "runtime/format/nested.h"
#include "runtime/format/utf8.h"

namespace flow::postgres {

namespace {

constexpr int64_t kDay = 86'400'000'000;
// The first day of PostgreSQL's DATE and TIMESTAMP: 4714-11-24 BC; the last of DATE is in the year
// 5874897. Its TIMESTAMP ends after the last one that fits into 64 bits here.
constexpr int64_t kFirstDay = -2'440'588;
constexpr int64_t kLastDay = 2'145'042'905;

template <typename T>
const T& At(const FlowColumn& column, int32_t row) {
  return static_cast<const T*>(column.values)[row];
}

// Years count without a year 0 here: 1 BC comes before 1.
void AppendDay(int32_t days, std::string* out, bool* before_christ) {
  int32_t year = 0;
  int32_t month = 0;
  int32_t day = 0;
  flow_civil_from_days(days, &year, &month, &day);
  *before_christ = year <= 0;
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02d-%02d", *before_christ ? 1 - year : year, month, day);
  *out += text;
}

void AppendTimestamp(int64_t us, std::string* out) {
  int64_t days = us / kDay;
  int64_t rest = us % kDay;
  if (rest < 0) {
    rest += kDay;
    --days;
  }
  bool before_christ = false;
  AppendDay(static_cast<int32_t>(days), out, &before_christ);
  const int64_t seconds = rest / 1'000'000;
  char text[40];
  std::snprintf(text, sizeof text, " %02d:%02d:%02d.%06d+00", static_cast<int>(seconds / 3600),
                static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60),
                static_cast<int>(rest % 1'000'000));
  *out += text;
  if (before_christ) *out += " BC";
}

// A string, or the text of BYTES and what is JSON there.
std::string_view TextOf(const Type& type, const FlowString& s, std::string* scratch) {
  const std::string_view value(flow_string_data(&s), s.size);
  if (type.is(TypeKind::kString)) return value;
  AppendNestedText(type, value, scratch);
  return *scratch;
}

bool HasNulEscape(std::string_view json) {
  for (size_t i = json.find('\\'); i < json.size(); i = json.find('\\', i + 2)) {
    if (json.substr(i).starts_with("\\u0000")) return true;
  }
  return false;
}

// The text of a value that is not a string. It has nothing that COPY or a literal would escape.
void AppendPlain(const FlowColumn& column, const Type& type, int32_t row, std::string* out) {
  char text[kFlowTextMax];
  switch (type.kind) {
    case TypeKind::kBoolean:
      *out += At<uint8_t>(column, row) != 0 ? 't' : 'f';
      return;
    case TypeKind::kInt:
      out->append(text, flow_format_bigint(At<int32_t>(column, row), text));
      return;
    case TypeKind::kBigint:
      out->append(text, flow_format_bigint(At<int64_t>(column, row), text));
      return;
    case TypeKind::kDouble:
      out->append(text, flow_format_double(At<double>(column, row), text));
      return;
    case TypeKind::kDecimal:
      out->append(text, flow_format_decimal(At<FlowInt128>(column, row), type.scale, text));
      return;
    case TypeKind::kDate: {
      bool before_christ = false;
      AppendDay(At<int32_t>(column, row), out, &before_christ);
      if (before_christ) *out += " BC";
      return;
    }
    case TypeKind::kTimestamp:
      AppendTimestamp(At<int64_t>(column, row), out);
      return;
    case TypeKind::kInterval:
      out->append(text, flow_format_interval(At<int64_t>(column, row), text));
      return;
    case TypeKind::kString:
    case TypeKind::kNull:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return;
  }
}

}  // namespace

std::string Identifier(std::string_view name) {
  std::string quoted = "\"";
  for (char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string Literal(std::string_view text) {
  std::string quoted = text.find('\\') == std::string_view::npos ? "'" : "E'";
  for (char c : text) {
    if (c == '\'' || c == '\\') quoted += c;
    quoted += c;
  }
  return quoted + '\'';
}

std::string SqlType(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return "boolean";
    case TypeKind::kInt:
      return "integer";
    case TypeKind::kBigint:
      return "bigint";
    case TypeKind::kDouble:
      return "double precision";
    case TypeKind::kDecimal:
      return "numeric(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
    case TypeKind::kDate:
      return "date";
    case TypeKind::kTimestamp:
      return "timestamp with time zone";
    case TypeKind::kBytes:
      return "bytea";
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return "jsonb";
    case TypeKind::kInterval:
      return "interval";
    case TypeKind::kString:
    case TypeKind::kNull:
      break;
  }
  return "text";
}

void AppendCopyCell(const FlowColumn& column, const Type& type, int32_t row, std::string* out) {
  if (column.status[row] != kFlowValue) {
    *out += "\\N";
    return;
  }
  if (!type.is_variable()) return AppendPlain(column, type, row, out);
  std::string scratch;
  for (const char c : TextOf(type, At<FlowString>(column, row), &scratch)) {
    switch (c) {
      case '\\':
        *out += "\\\\";
        break;
      case '\t':
        *out += "\\t";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      default:
        *out += c;
    }
  }
}

void AppendLiteralCell(const FlowColumn& column, const Type& type, int32_t row, std::string* out) {
  if (column.status[row] != kFlowValue) {
    *out += "NULL";
    return;
  }
  if (type.is_variable()) {
    std::string scratch;
    *out += Literal(TextOf(type, At<FlowString>(column, row), &scratch));
    return;
  }
  *out += '\'';
  AppendPlain(column, type, row, out);
  *out += '\'';
}

std::optional<std::string> CellRefusal(const FlowColumn& column, const Type& type, int32_t row) {
  if (column.status[row] != kFlowValue) return std::nullopt;
  switch (type.kind) {
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson: {
      std::string scratch;
      const std::string_view text = TextOf(type, At<FlowString>(column, row), &scratch);
      if (!type.is(TypeKind::kString) && HasNulEscape(text)) {
        return "PostgreSQL takes no NUL character in a text";
      }
      if (text.find('\0') != std::string_view::npos) {
        return "PostgreSQL takes no NUL character in a text";
      }
      if (!IsUtf8(text.data(), text.size())) return "the text is not UTF-8";
      // Its limit is 1 GB for a whole message, in which escapes take more.
      if (text.size() > 256u << 20) return "PostgreSQL takes no text of this size";
      return std::nullopt;
    }
    case TypeKind::kDate: {
      const int64_t day = At<int32_t>(column, row);
      if (day >= kFirstDay && day <= kLastDay) return std::nullopt;
      return "the date is out of PostgreSQL's range";
    }
    case TypeKind::kTimestamp:
      if (At<int64_t>(column, row) >= kFirstDay * kDay) return std::nullopt;
      return "the timestamp is out of PostgreSQL's range";
    case TypeKind::kBoolean:
    case TypeKind::kInt:
    case TypeKind::kBigint:
    case TypeKind::kDouble:
    case TypeKind::kDecimal:
    case TypeKind::kInterval:
    case TypeKind::kNull:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace flow::postgres
