// Datum: cells to values and back, and their SQL text.
#include "runtime/base/datum.h"

#include "runtime/abi/convert.h"
#include "runtime/abi/error_code.h"
#include "runtime/base/elements.h"
#include "runtime/base/hex.h"

namespace flow {

namespace {

template <typename T>
T& At(const FlowColumn& column, int32_t row) {
  return static_cast<T*>(column.values)[row];
}

template <typename T, typename Format>
std::string Formatted(T value, Format format) {
  char text[kFlowTextMax];
  return std::string(text, format(value, text));
}

std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

std::string Hex(const std::string& bytes) {
  std::string text;
  AppendHex(bytes, &text);
  return text;
}

// The parts of an ARRAY or a MAP from `first` on, each `step`th, as SQL text.
std::string ListOf(const Datum& value, size_t first, size_t step) {
  const bool keys = step == 2 && first == 0;
  const Type string(TypeKind::kString);
  const Type& type = keys || value.type.element == nullptr ? string : *value.type.element;
  std::string text;
  Parts parts(value.s);
  ElementCell cell;
  std::string_view part;
  for (size_t i = 0; parts.Next(&part); ++i) {
    if (i % step != first) continue;
    cell.Load(part, type);
    text += (text.empty() ? "" : ", ") + ToSql(ReadCell(cell.column(), type, 0));
  }
  return text;
}

// The fields of a STRUCT as SQL text.
std::string FieldsOf(const Datum& value) {
  std::string text;
  Parts parts(value.s);
  ElementCell cell;
  std::string_view part;
  for (const StructField& field : *value.type.fields) {
    if (!parts.Next(&part)) break;
    cell.Load(part, field.type);
    text += (text.empty() ? "" : ", ") + ToSql(ReadCell(cell.column(), field.type, 0)) + " AS " +
            field.NameText();
  }
  return text;
}

}  // namespace

Datum ReadCell(const FlowColumn& column, const Type& type, int32_t row) {
  Datum value;
  value.type = type;
  value.status = column.status[row];
  if (value.status != kFlowValue) return value;
  switch (type.kind) {
    case TypeKind::kBoolean:
      value.i = At<uint8_t>(column, row);
      break;
    case TypeKind::kInt:
    case TypeKind::kDate:
      value.i = At<int32_t>(column, row);
      break;
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
      value.i = At<int64_t>(column, row);
      break;
    case TypeKind::kDouble:
      value.d = At<double>(column, row);
      break;
    case TypeKind::kDecimal:
      value.dec = At<FlowInt128>(column, row);
      break;
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson: {
      const FlowString& s = At<FlowString>(column, row);
      value.s.assign(flow_string_data(&s), s.size);
      break;
    }
    case TypeKind::kNull:
      value.status = kFlowNull;
      break;
  }
  return value;
}

void WriteCell(const FlowColumn& column, int32_t row, const Datum& value, FlowArena* arena) {
  column.status[row] = value.status;
  const bool is_value = value.is_value();
  switch (value.type.kind) {
    case TypeKind::kBoolean:
      At<uint8_t>(column, row) = is_value && value.i != 0 ? 1 : 0;
      break;
    case TypeKind::kInt:
    case TypeKind::kDate:
      At<int32_t>(column, row) = is_value ? static_cast<int32_t>(value.i) : 0;
      break;
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
      At<int64_t>(column, row) = is_value ? value.i : 0;
      break;
    case TypeKind::kDouble:
      At<double>(column, row) = is_value ? value.d : 0;
      break;
    case TypeKind::kDecimal:
      At<FlowInt128>(column, row) = is_value ? value.dec : 0;
      break;
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson: {
      const size_t size = is_value ? value.s.size() : 0;
      flow_string_copy(&At<FlowString>(column, row), value.s.data(), static_cast<uint32_t>(size),
                       arena);
      break;
    }
    case TypeKind::kNull:
      break;
  }
}

std::string ToSql(const Datum& value) {
  if (value.is_null()) return "NULL";
  if (!value.is_value()) return std::string("<") + FlowErrorText(value.status) + ">";
  switch (value.type.kind) {
    case TypeKind::kBoolean:
      return value.i != 0 ? "TRUE" : "FALSE";
    case TypeKind::kInt:
    case TypeKind::kBigint:
      return std::to_string(value.i);
    case TypeKind::kDouble:
      return Formatted(value.d, flow_format_double);
    case TypeKind::kDecimal: {
      char text[kFlowTextMax];
      return std::string(text, flow_format_decimal(value.dec, value.type.scale, text));
    }
    case TypeKind::kString:
      return Quoted(value.s);
    case TypeKind::kBytes:
      return "X'" + Hex(value.s) + "'";
    case TypeKind::kJson:
      return "JSON " + Quoted(value.s);
    case TypeKind::kArray:
      return "ARRAY[" + ListOf(value, 0, 1) + "]";
    case TypeKind::kStruct:
      return "STRUCT(" + FieldsOf(value) + ")";
    case TypeKind::kMap:
      return "MAP(ARRAY[" + ListOf(value, 0, 2) + "], ARRAY[" + ListOf(value, 1, 2) + "])";
    case TypeKind::kDate:
      return "DATE '" + Formatted(static_cast<int32_t>(value.i), flow_format_date) + "'";
    case TypeKind::kTimestamp:
      return "TIMESTAMP '" + Formatted(value.i, flow_format_timestamp) + "'";
    case TypeKind::kInterval:
      return Quoted(Formatted(value.i, flow_format_interval));  // INTERVAL '...' wants a unit
    case TypeKind::kNull:
      break;
  }
  return "NULL";
}

}  // namespace flow
