// Gives RowReader.
#include "runtime/connector/row_reader.h"

#include <algorithm>
#include <chrono>

namespace flow {

Result<ReadState> RowReader::Read(int64_t max_records, int64_t /*max_bytes*/, Morsel* out) {
  out->partition = partition_;
  out->Clear();
  out->begin_offset = next_;
  out->row_count = std::max<int64_t>(0, std::min(std::max<int64_t>(max_records, 1), to_ - next_));
  next_ += out->row_count;
  out->next_offset = next_;
  if (out->row_count == 0) return ReadState::kEnd;
  out->arrival_us = std::chrono::duration_cast<std::chrono::microseconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count();
  return ReadState::kData;
}

}  // namespace flow
