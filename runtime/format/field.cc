// Gives StoreText, StoreNumber, StoreBoolean, StoreNested: fields of records to cells.
#include "runtime/format/field.h"

#include <cstdlib>
#include <cstring>

#include "runtime/abi/convert.h"
#include "runtime/abi/convert_interval.h"
#include "runtime/abi/error_code.h"
#include "runtime/format/nested.h"

namespace flow {

namespace {

template <typename T>
T& Cell(FlowColumn* column, int32_t row) {
  return static_cast<T*>(column->values)[row];
}

// Digits since 1970 to microseconds, exactly, rounded half away from zero.
uint8_t ParseEpoch(const char* text, size_t size, TimestampUnit unit, int64_t* out) {
  FlowInt128 us = 0;
  uint8_t status = kFlowValue;
  switch (unit) {
    case TimestampUnit::kSeconds:
      status = flow_parse_decimal(text, size, 38, 6, &us);
      break;
    case TimestampUnit::kMillis:
      status = flow_parse_decimal(text, size, 38, 3, &us);
      break;
    case TimestampUnit::kMicros:
      status = flow_parse_decimal(text, size, 38, 0, &us);
      break;
    case TimestampUnit::kNanos: {
      FlowInt128 scaled = 0;  // nano-nanoseconds, so that a fraction of one is not a tie
      status = flow_parse_decimal(text, size, 38, 9, &scaled);
      const FlowInt128 per_micro = 1000000000000;
      FlowInt128 magnitude = ((scaled < 0 ? -scaled : scaled) + per_micro / 2) / per_micro;
      us = scaled < 0 ? -magnitude : magnitude;
      break;
    }
  }
  if (status != kFlowValue) return status;
  if (us < FLOW_TIMESTAMP_MIN || us > FLOW_TIMESTAMP_MAX) return kFlowErrOutOfRange;
  *out = static_cast<int64_t>(us);
  return kFlowValue;
}

void Finish(uint8_t status, FlowColumn* column, int32_t row) {
  column->status[row] = status == kFlowValue ? uint8_t{kFlowValue} : uint8_t{kFlowErrFieldType};
}

// BYTES, ARRAY, MAP or JSON.
void StoreMade(const FieldTarget& target, const char* text, size_t size, FlowColumn* column,
               int32_t row, FlowArena* arena) {
  thread_local std::string value;
  const bool ok = ReadNested(target.type, target.unit, {text, size}, true, &value);
  if (ok) {
    flow_string_copy(&Cell<FlowString>(column, row), value.data(),
                     static_cast<uint32_t>(value.size()), arena);
  }
  column->status[row] = ok ? uint8_t{kFlowValue} : uint8_t{kFlowErrFieldType};
}

}  // namespace

Result<std::optional<TimestampUnit>> ParseTimestampUnit(const program::Options& format_options) {
  auto it = format_options.find("timestamp_unit");
  if (it == format_options.end()) return std::optional<TimestampUnit>();
  const std::string& text = it->second;
  if (text == "s") return std::optional(TimestampUnit::kSeconds);
  if (text == "ms") return std::optional(TimestampUnit::kMillis);
  if (text == "us") return std::optional(TimestampUnit::kMicros);
  if (text == "ns") return std::optional(TimestampUnit::kNanos);
  return UserError("timestamp_unit = '" + text + "' is not a unit",
                   "one of 's', 'ms', 'us', 'ns'; the default is 'ms'");
}

void StoreText(const FieldTarget& target, const char* text, size_t size, FlowColumn* column,
               int32_t row, FlowArena* arena) {
  switch (target.type.kind) {
    case TypeKind::kString:
      flow_string_set(&Cell<FlowString>(column, row), text, static_cast<uint32_t>(size));
      column->status[row] = kFlowValue;
      return;
    case TypeKind::kBoolean:
      return Finish(flow_parse_boolean(text, size, &Cell<uint8_t>(column, row)), column, row);
    case TypeKind::kInt:
      return Finish(flow_parse_int(text, size, &Cell<int32_t>(column, row)), column, row);
    case TypeKind::kBigint:
      return Finish(flow_parse_bigint(text, size, &Cell<int64_t>(column, row)), column, row);
    case TypeKind::kDouble:
      return Finish(flow_parse_double(text, size, &Cell<double>(column, row)), column, row);
    case TypeKind::kDecimal:
      return Finish(flow_parse_decimal(text, size, target.type.precision, target.type.scale,
                                       &Cell<FlowInt128>(column, row)),
                    column, row);
    case TypeKind::kDate:
      return Finish(flow_parse_date(text, size, &Cell<int32_t>(column, row)), column, row);
    case TypeKind::kTimestamp: {
      int64_t* out = &Cell<int64_t>(column, row);
      if (ReadShortTimestamp(text, size, out)) {
        column->status[row] = kFlowValue;
        return;
      }
      return Finish(flow_parse_timestamp(text, size, out), column, row);
    }
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return StoreMade(target, text, size, column, row, arena);
    case TypeKind::kInterval:
      return Finish(flow_parse_interval(text, size, &Cell<int64_t>(column, row)), column, row);
    case TypeKind::kNull:
      break;
  }
  column->status[row] = kFlowErrFieldType;
}

bool StoreShortNumber(const FieldTarget& target, const ShortNumber& number, FlowColumn* column,
                      int32_t row) {
  switch (target.type.kind) {
    case TypeKind::kBigint:
      if (number.fraction != 0) return false;
      Cell<int64_t>(column, row) = number.integer();
      break;
    case TypeKind::kInt: {
      const int64_t value = number.integer();
      if (number.fraction != 0 || value != static_cast<int32_t>(value)) return false;
      Cell<int32_t>(column, row) = static_cast<int32_t>(value);
      break;
    }
    case TypeKind::kDouble: {
      // Both sides of the division are exact, so that its result is the nearest one.
      if (number.value > int64_t{1} << 53) return false;
      const double value =
          static_cast<double>(number.value) / static_cast<double>(ShortPower(number.fraction));
      Cell<double>(column, row) = number.negative ? -value : value;
      break;
    }
    case TypeKind::kDecimal: {
      const int shift = target.type.scale - number.fraction;
      if (shift < 0 || number.digits + shift > 18) return false;
      const int64_t value = number.integer() * ShortPower(shift);
      const int precision = target.type.precision;
      if (precision < 18 && std::abs(value) >= ShortPower(precision)) return false;
      Cell<FlowInt128>(column, row) = value;
      break;
    }
    case TypeKind::kTimestamp: {
      const int64_t value = number.integer();
      if (number.fraction != 0 || target.unit != TimestampUnit::kMillis ||
          value <= FLOW_TIMESTAMP_MIN / 1000 || value >= FLOW_TIMESTAMP_MAX / 1000) {
        return false;
      }
      Cell<int64_t>(column, row) = value * 1000;
      break;
    }
    case TypeKind::kBoolean:
    case TypeKind::kString:
    case TypeKind::kDate:
    case TypeKind::kInterval:
    case TypeKind::kNull:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return false;
  }
  column->status[row] = kFlowValue;
  return true;
}

void StoreNumber(const FieldTarget& target, const char* text, size_t size, FlowColumn* column,
                 int32_t row, FlowArena* arena) {
  ShortNumber number;
  if (ReadShortNumber(text, size, &number) && StoreShortNumber(target, number, column, row)) return;
  if (target.type.is(TypeKind::kTimestamp)) {
    return Finish(ParseEpoch(text, size, target.unit, &Cell<int64_t>(column, row)), column, row);
  }
  StoreText(target, text, size, column, row, arena);
}

void StoreBoolean(const FieldTarget& target, bool value, FlowColumn* column, int32_t row,
                  FlowArena* arena) {
  if (target.type.is(TypeKind::kBoolean)) {
    Cell<uint8_t>(column, row) = value ? 1 : 0;
    column->status[row] = kFlowValue;
    return;
  }
  // Short enough to stand inline.
  StoreText(target, value ? "true" : "false", value ? 4 : 5, column, row, arena);
}

void StoreNested(const FieldTarget& target, const char* text, size_t size, FlowColumn* column,
                 int32_t row, FlowArena* arena) {
  if (target.type.is_variable() && !target.type.is(TypeKind::kBytes)) {
    StoreText(target, text, size, column, row, arena);
  } else {
    column->status[row] = kFlowErrFieldType;
  }
}

uint8_t AbsentStatus(const program::SourceColumn& column) {
  return column.not_null ? uint8_t{kFlowErrMissing} : uint8_t{kFlowNull};
}

void PresetAbsent(const std::vector<program::SourceColumn>& columns, int32_t first_row,
                  int32_t rows, Batch* batch) {
  for (size_t i = 0; i < columns.size(); ++i) {
    FlowColumn& column = batch->column(static_cast<int32_t>(i));
    size_t count = static_cast<size_t>(rows);
    switch (columns[i].from) {
      case program::ColumnFrom::kField:
        std::memset(column.status + first_row, AbsentStatus(columns[i]), count);
        break;
      case program::ColumnFrom::kPresence:
        std::memset(static_cast<uint8_t*>(column.values) + first_row, 0, count);
        std::memset(column.status + first_row, kFlowValue, count);
        break;
      case program::ColumnFrom::kPartition:
      case program::ColumnFrom::kOffset:
      case program::ColumnFrom::kTimestamp:
      case program::ColumnFrom::kKey:
      case program::ColumnFrom::kHeaders:
        break;
    }
  }
}

}  // namespace flow
