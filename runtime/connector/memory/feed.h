// A log that the host of a run writes while it is read, in the place of what a connector has.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/connector/connector.h"

namespace flow {

// Thread-safe: any thread may push, each partition has one reader. For one run.
class RecordFeed {
 public:
  enum class Pushed {
    kTaken,  // or it is before what the run reads on from, and left out
    kFull,   // not taken: the run is behind; push it again later
    kOver,   // the feed has ended
  };
  // A partition holds up to `capacity` bytes that are not read yet, and at least one record.
  RecordFeed(int partitions, int64_t capacity);

  // Offsets of a partition ascend, and may leave gaps; one that was pushed before is left out.
  Pushed Push(int partition, int64_t offset, std::string_view record,
              std::optional<std::string_view> key, int64_t timestamp_us);
  void End();
  int partitions() const { return static_cast<int>(parts_.size()); }
  // The offset of the next record that the run wants; -1: it does not read yet.
  int64_t NextOffset(int partition) const;

  // The reader's: from here on.
  void ReadFrom(int partition, int64_t offset);
  // Up to `to` (< 0: without end).
  ReadState Take(int partition, int64_t to, int64_t max_records, int64_t max_bytes, Morsel* out);
  int64_t waiting(int partition) const;  // records

 private:
  struct Record {
    int64_t offset;
    int64_t timestamp;
    std::string value;
    std::optional<std::string> key;
    int64_t size() const {
      return static_cast<int64_t>(sizeof(Record) + value.size() + (key ? key->size() : 0));
    }
  };
  struct Part {
    mutable std::mutex mutex;
    std::deque<Record> records;
    int64_t bytes = 0;
    int64_t pushed = -1;  // the last offset
    int64_t next = -1;
    bool ended = false;
  };
  const int64_t capacity_;
  std::vector<std::unique_ptr<Part>> parts_;
};

// The source's records come from the feed, in its FORMAT (CSV: without a header). Both must outlive
// it.
Result<std::unique_ptr<SourceConnector>> OpenFeedSource(const program::Source& source,
                                                        RecordFeed* feed);

}  // namespace flow
