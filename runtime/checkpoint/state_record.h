// State as key and value, whatever an operator keeps: what deltas and folded runs are made of.
//
// A key begins with the operator's number and sorts by bytes. A *delta* holds what changed in an
// epoch, in any order, a later record of a key replacing an earlier one. A *run* is sorted, has
// each key once. The state is the fold of its segments, oldest first:
//   put     the key has this value
//   remove  the key is gone
//   drop    every key with this prefix in an *earlier* segment is gone
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/checkpoint/segment.h"

namespace flow {

enum class StateOp : uint8_t { kPut = 1, kRemove = 2, kDrop = 3 };

struct StateRecord {
  StateOp op = StateOp::kPut;
  uint16_t owner = 0;  // number of the operator in the manifest
  std::string_view key;
  std::string_view value;
};

// Collects records as the payloads of frames. One thread at a time.
class StateWriter {
 public:
  void Put(uint16_t owner, std::string_view key, std::string_view value) {
    Add(StateOp::kPut, owner, key, value);
  }
  void Remove(uint16_t owner, std::string_view key) { Add(StateOp::kRemove, owner, key, {}); }
  void Drop(uint16_t owner, std::string_view prefix) { Add(StateOp::kDrop, owner, prefix, {}); }

  void Add(const StateRecord& record) { Add(record.op, record.owner, record.key, record.value); }

  const std::vector<std::string>& frames() const { return frames_; }
  int64_t bytes() const { return bytes_; }
  int64_t records() const { return records_; }
  bool empty() const { return records_ == 0; }
  void Clear();

 private:
  void Add(StateOp op, uint16_t owner, std::string_view key, std::string_view value);
  std::vector<std::string> frames_;
  int64_t bytes_ = 0;
  int64_t records_ = 0;
};

// Reads the record at `*at` of a frame and moves `*at` behind it; false: there is none.
inline bool ReadRecord(std::string_view frame, size_t* at, StateRecord* record) {
  constexpr size_t kHeader = 1 + 2 + 4 + 4;
  if (frame.size() - *at < kHeader) return false;
  const char* header = frame.data() + *at;
  uint32_t key_size, value_size;
  record->op = static_cast<StateOp>(header[0]);
  std::memcpy(&record->owner, header + 1, 2);
  std::memcpy(&key_size, header + 3, 4);
  std::memcpy(&value_size, header + 7, 4);
  if (record->op < StateOp::kPut || record->op > StateOp::kDrop ||
      frame.size() - *at - kHeader < static_cast<uint64_t>(key_size) + value_size) {
    return false;
  }
  record->key = {header + kHeader, key_size};
  record->value = {header + kHeader + key_size, value_size};
  *at += kHeader + key_size + value_size;
  return true;
}
// What a frame is that ReadRecord can not read.
Error CutShort();

// Calls f for each record of a frame; a data error if the frame is no list of records.
Status ForEachRecord(std::string_view frame, const std::function<Status(const StateRecord&)>& f);

// One segment of a state, as the manifest names it.
struct StateSegment {
  SegmentInfo info;
  int64_t first_epoch = 0, last_epoch = 0;
  int64_t records = 0;
  bool sorted = false;  // a run; else a delta
};

// Writes the fold of `segments` as one run to `file` (relative to root), synced; its folder is not.
// Gives up with an error once `*stop` is true.
Result<StateSegment> WriteRun(Files* files, const std::string& root,
                              const std::vector<StateSegment>& segments, bool whole_state,
                              const std::string& file, const std::atomic<bool>* stop = nullptr);

// Which neighbours to fold into one, oldest and one past the newest; equal: none. Tiers by size: a
// byte is written again at most once for each factor `kFanIn` of growth.
std::pair<size_t, size_t> ChooseFold(const std::vector<StateSegment>& segments);

}  // namespace flow
