// Reads a partition without the ranges of offsets that were shed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/connector/connector.h"

namespace flow {

class ShedReader : public PartitionReader {
 public:
  // [begin, end), ascending, apart from each other.
  using Ranges = std::vector<std::pair<int64_t, int64_t>>;

  // `connector` must outlive it. Reads [from, to) as SourceConnector::Open does.
  static Result<std::unique_ptr<ShedReader>> Open(SourceConnector* connector, int partition,
                                                  int64_t from, int64_t to, Ranges ranges);

  Result<ReadState> Read(int64_t max_records, int64_t max_bytes, Morsel* out) override;
  int64_t next_offset() const override { return next_offset_; }
  int64_t lag() const override;
  std::optional<RecordFingerprint> last_record() const override;
  int64_t TakeShed() override { return std::exchange(shed_, 0); }
  // What comes before `offset` is not read any more.
  Status ShedTo(int64_t offset) override;

 private:
  ShedReader(SourceConnector* connector, int partition, int64_t from, int64_t to, Ranges ranges)
      : connector_(connector),
        partition_(partition),
        to_(to),
        ranges_(std::move(ranges)),
        next_offset_(from) {}
  bool Finished() const { return to_ >= 0 && next_offset_ >= to_; }
  // Opens the reader of what is up to the next range, behind those that have been reached.
  Status Reopen();

  SourceConnector* const connector_;
  const int partition_;
  const int64_t to_;
  const Ranges ranges_;
  size_t next_range_ = 0;
  int64_t next_offset_;
  int64_t shed_ = 0;  // offsets, since they were taken
  std::optional<RecordFingerprint> last_;
  std::unique_ptr<PartitionReader> inner_;  // null: the end is reached
};

}  // namespace flow
