// One field of a record into one cell of a column: the rules that every decoder shares.
//
// Strings are cast as SQL casts text; numbers and booleans of JSON go by their text, except that a
// number for a TIMESTAMP counts units since 1970. What does not fit makes the cell an error
// (kFlowErrFieldType), never the row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "runtime/base/batch.h"
#include "runtime/base/status.h"
#include "runtime/format/short_text.h"
#include "runtime/program/program.h"

namespace flow {

enum class TimestampUnit { kSeconds, kMillis, kMicros, kNanos };

// The format option timestamp_unit = 's' | 'ms' | 'us' | 'ns'; nullopt if it is not there.
Result<std::optional<TimestampUnit>> ParseTimestampUnit(const program::Options& format_options);

// A column that takes a field. `type` is never STRUCT.
struct FieldTarget {
  int column = 0;
  Type type;
  TimestampUnit unit = TimestampUnit::kMillis;
};

// The text of a string field (JSON string without its quotes, CSV field). STRING borrows `text`.
// Values that are made of it, as those of ARRAY, go into `arena`, which nothing else needs.
void StoreText(const FieldTarget& target, const char* text, size_t size, FlowColumn* column,
               int32_t row, FlowArena* arena);
// A number, if nothing of it is lost or out of range and the type is one of numbers or TIMESTAMP.
bool StoreShortNumber(const FieldTarget& target, const ShortNumber& number, FlowColumn* column,
                      int32_t row);
// A number that follows JSON's grammar.
void StoreNumber(const FieldTarget& target, const char* text, size_t size, FlowColumn* column,
                 int32_t row, FlowArena* arena);
// `true` or `false`; STRING borrows `text`, which must outlive the batch.
void StoreBoolean(const FieldTarget& target, bool value, FlowColumn* column, int32_t row,
                  FlowArena* arena);
// An object or array: its JSON text under STRING, a value under MAP, ARRAY and JSON, else an error.
void StoreNested(const FieldTarget& target, const char* text, size_t size, FlowColumn* column,
                 int32_t row, FlowArena* arena);

// The status of a cell that the record says nothing about.
uint8_t AbsentStatus(const program::SourceColumn& column);

// Sets the statuses (presence: values too) of rows [0, rows) of the field and presence columns to
// what they are when the record says nothing.
void PresetAbsent(const std::vector<program::SourceColumn>& columns, int32_t first_row,
                  int32_t rows, Batch* batch);

}  // namespace flow
