// Gives StoreText, StoreNumber, StoreBoolean, StoreNested: fields of records to cells.
#include "runtime/format/field.h"

#include <cstring>
#include <limits>

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

// Optional minus and 1 to 18 digits and nothing else.
bool ParseShortInteger(const char* text, size_t size, int64_t* out) {
  const char* p = text;
  const char* end = text + size;
  bool negative = p < end && *p == '-';
  if (negative) ++p;
  if (p == end || end - p > 18) return false;
  int64_t value = 0;
  for (; p < end; ++p) {
    unsigned digit = static_cast<unsigned char>(*p) - unsigned{'0'};
    if (digit > 9) return false;
    value = value * 10 + static_cast<int64_t>(digit);
  }
  *out = negative ? -value : value;
  return true;
}

// Plain decimals of up to 18 digits in all that need no rounding.
bool ParseShortDecimal(const char* text, size_t size, int precision, int scale, FlowInt128* out) {
  if (precision > 18 || size > 19) return false;
  static constexpr int64_t kPowers[19] = {1,
                                          10,
                                          100,
                                          1000,
                                          10000,
                                          100000,
                                          1000000,
                                          10000000,
                                          100000000,
                                          1000000000,
                                          10000000000,
                                          100000000000,
                                          1000000000000,
                                          10000000000000,
                                          100000000000000,
                                          1000000000000000,
                                          10000000000000000,
                                          100000000000000000,
                                          1000000000000000000};
  const char* p = text;
  const char* end = text + size;
  bool negative = p < end && *p == '-';
  if (negative) ++p;
  int64_t value = 0;
  int digits = 0;
  int fraction = -1;
  for (; p < end; ++p) {
    unsigned digit = static_cast<unsigned char>(*p) - unsigned{'0'};
    if (digit > 9) {
      if (*p != '.' || fraction >= 0) return false;
      fraction = 0;
      continue;
    }
    value = value * 10 + static_cast<int64_t>(digit);
    ++digits;
    if (fraction >= 0) ++fraction;
  }
  if (fraction == 0 || digits == 0) return false;
  if (fraction < 0) fraction = 0;
  int shift = scale - fraction;
  if (shift < 0 || digits + shift > 18) return false;
  value *= kPowers[shift];
  if (value >= kPowers[precision]) return false;
  *out = negative ? -value : value;
  return true;
}

// YYYY-MM-DD HH:MM:SS[.mmm] (or T, and Z at the end): the shape nearly every event has. Anything
// else, and anything out of range, is left to flow_parse_timestamp.
bool ParseCommonTimestamp(const char* t, size_t size, int64_t* out) {
  if (size < 19 || size > 24) return false;
  auto digits = [t](int at, int count, int* value) {
    int v = 0;
    for (int i = 0; i < count; ++i) {
      unsigned digit = static_cast<unsigned char>(t[at + i]) - unsigned{'0'};
      if (digit > 9) return false;
      v = v * 10 + static_cast<int>(digit);
    }
    *value = v;
    return true;
  };
  if (t[4] != '-' || t[7] != '-' || (t[10] != ' ' && t[10] != 'T') || t[13] != ':' ||
      t[16] != ':') {
    return false;
  }
  int year, month, day, hour, minute, second, millis = 0;
  if (!digits(0, 4, &year) || !digits(5, 2, &month) || !digits(8, 2, &day) ||
      !digits(11, 2, &hour) || !digits(14, 2, &minute) || !digits(17, 2, &second)) {
    return false;
  }
  size_t at = 19;
  if (at < size && t[at] == '.') {
    if (size < 23 || !digits(20, 3, &millis)) return false;
    at = 23;
  }
  if (at < size && t[at] == 'Z') ++at;
  if (at != size) return false;
  // Days that only some months have, leap seconds and 24:00 are the full parser's.
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > 28 || hour > 23 || minute > 59 ||
      second > 59) {
    return false;
  }
  int64_t days = flow_days_from_civil(year, month, day);
  *out = ((days * 24 + hour) * 60 + minute) * 60000000 + int64_t{second} * 1000000 +
         int64_t{millis} * 1000;
  return true;
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
      if (ParseCommonTimestamp(text, size, out)) {
        column->status[row] = kFlowValue;
        return;
      }
      return Finish(flow_parse_timestamp(text, size, out), column, row);
    }
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return StoreMade(target, text, size, column, row, arena);
    case TypeKind::kInterval:
      return Finish(flow_parse_interval(text, size, &Cell<int64_t>(column, row)), column, row);
    case TypeKind::kNull:
    case TypeKind::kStruct:
      break;
  }
  column->status[row] = kFlowErrFieldType;
}

void StoreNumber(const FieldTarget& target, const char* text, size_t size, FlowColumn* column,
                 int32_t row, FlowArena* arena) {
  switch (target.type.kind) {
    case TypeKind::kBigint: {
      if (ParseShortInteger(text, size, &Cell<int64_t>(column, row))) {
        column->status[row] = kFlowValue;
        return;
      }
      break;
    }
    case TypeKind::kInt: {
      int64_t value;
      if (ParseShortInteger(text, size, &value)) {
        bool fits = value >= std::numeric_limits<int32_t>::min() &&
                    value <= std::numeric_limits<int32_t>::max();
        if (fits) Cell<int32_t>(column, row) = static_cast<int32_t>(value);
        column->status[row] = fits ? uint8_t{kFlowValue} : uint8_t{kFlowErrFieldType};
        return;
      }
      break;
    }
    case TypeKind::kDecimal:
      if (ParseShortDecimal(text, size, target.type.precision, target.type.scale,
                            &Cell<FlowInt128>(column, row))) {
        column->status[row] = kFlowValue;
        return;
      }
      break;
    case TypeKind::kTimestamp: {
      int64_t value;
      if (target.unit == TimestampUnit::kMillis && size <= 15 &&
          ParseShortInteger(text, size, &value) && value > FLOW_TIMESTAMP_MIN / 1000 &&
          value < FLOW_TIMESTAMP_MAX / 1000) {
        Cell<int64_t>(column, row) = value * 1000;
        column->status[row] = kFlowValue;
        return;
      }
      return Finish(ParseEpoch(text, size, target.unit, &Cell<int64_t>(column, row)), column, row);
    }
    case TypeKind::kBoolean:
    case TypeKind::kDouble:
    case TypeKind::kString:
    case TypeKind::kDate:
    case TypeKind::kInterval:
    case TypeKind::kNull:
    case TypeKind::kStruct:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson:
      break;
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
        break;
    }
  }
}

}  // namespace flow
