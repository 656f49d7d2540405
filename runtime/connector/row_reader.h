// The reader of sources that make their rows from the offset alone: it only counts.
#pragma once

#include "runtime/connector/connector.h"

namespace flow {

class RowReader : public PartitionReader {
 public:
  // Rows [from, to).
  RowReader(int partition, int64_t from, int64_t to)
      : partition_(partition), next_(from), to_(to) {}

  Result<ReadState> Read(int64_t max_records, int64_t max_bytes, Morsel* out) override;
  int64_t next_offset() const override { return next_; }
  int64_t lag() const override { return to_ > next_ ? to_ - next_ : 0; }

 private:
  const int partition_;
  int64_t next_;
  const int64_t to_;
};

}  // namespace flow
