// One cell of a column.
#pragma once

#include <cstdint>
#include <cstring>

#include "runtime/abi/abi.h"

namespace flow {

// Value and status, between columns whose values have `width` bytes. A string is borrowed: what it
// points into has to outlive the copy.
inline void CopyCell(const FlowColumn& from, int32_t from_row, size_t width, const FlowColumn& to,
                     int32_t row) {
  std::memcpy(static_cast<char*>(to.values) + width * static_cast<size_t>(row),
              static_cast<const char*>(from.values) + width * static_cast<size_t>(from_row), width);
  to.status[row] = from.status[from_row];
}

}  // namespace flow
