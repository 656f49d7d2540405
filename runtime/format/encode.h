// Rows to text, and the canonical bytes behind digests.
#pragma once

#include <string>
#include <vector>

#include "runtime/base/batch.h"
#include "runtime/program/program.h"

namespace flow {

// Appends the JSON form of a cell: TIMESTAMP "2026-01-01T00:00:00Z" (3 or 6 fraction digits if
// any), DATE "2026-01-01", DECIMAL a number at full scale, DOUBLE shortest round trip (NaN and
// infinities as strings "NaN", "Infinity", "-Infinity"), NULL null. An error cell is null too.
void AppendJsonCell(const FlowColumn& column, const Type& type, int32_t row, std::string* out);
void AppendJsonString(const char* data, size_t size, std::string* out);
// {"a":1,"b":"x"} without a newline; `columns` empty: all.
void AppendJsonRow(const Batch& batch, int32_t row, const std::vector<std::string>& names,
                   const std::vector<int>& columns, std::string* out);
// The same, with STRUCTs as objects, null where they are not there.
void AppendJsonRow(const Batch& batch, int32_t row, const std::vector<std::string>& names,
                   const std::vector<int>& columns,
                   const std::vector<program::StructColumns>& structs, std::string* out);
// The columns that people see: not those that say whether a STRUCT is there.
std::vector<int> ShownColumns(const program::View& view);
std::vector<std::string> ShownNames(const program::View& view);
// RFC 4180 with "," and "\n"; NULL is empty, an empty string is "".
void AppendCsvHeader(const std::vector<std::string>& names, std::string* out);
void AppendCsvRow(const Batch& batch, int32_t row, std::string* out);
void AppendCsvRow(const Batch& batch, int32_t row, const std::vector<int>& columns,
                  std::string* out);
// The cell as people read it (table format); NULL as "NULL".
std::string CellText(const FlowColumn& column, const Type& type, int32_t row);

// XXH3-128 of a canonical form of the row: for each column its status byte (0 or 1), then the value
// little-endian (STRING: u32 size and bytes; DOUBLE canonical). Names are not part of it.
unsigned __int128 RowHash(const Batch& batch, int32_t row);
// The same over some columns (empty: all), where different errors are different.
unsigned __int128 KeyHash(const Batch& batch, int32_t row, const std::vector<int>& columns);
// 32 lower-case hex digits.
std::string HashText(unsigned __int128 hash);

}  // namespace flow
