// Rows as bytes, for outboxes and for state that keeps rows: a cell is its status byte, then, if it
// is a value, the value's bytes (little-endian; STRING: u32 size and bytes). A row is its weight
// (i64) and its cells.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/batch.h"
#include "runtime/base/status.h"

namespace flow {

// One cell of the natural width of its type.
void AppendCell(const Type& type, const void* value, uint8_t status, std::string* out);
// Reads a cell from *in, which it shortens; long strings go into `arena`. False: cut short.
bool ReadCellBytes(const Type& type, std::string_view* in, void* value, uint8_t* status,
                   FlowArena* arena);

void AppendRowBytes(const Batch& batch, int32_t row, std::string* out);
// Appends all rows in `in` to `out`, whose types are those they were written with; a data error if
// the bytes are not rows of these types.
Status ReadRowBytes(std::string_view in, Batch* out);

}  // namespace flow
