// A state put back into memory by several threads, without sorting it.
//
// Segments are read newest first, so the first record of a key is the one that counts, and the
// table that it goes into, which has to look for its place anyway, is what finds the others. Frames
// are read in rounds of some megabytes: all workers read and check frames and list whose records
// are whose, then each takes its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/checkpoint/state_record.h"

namespace flow {

// A value that may count: it is not removed or dropped by anything newer.
struct LoadedRecord {
  uint64_t hash = 0;  // as Route gave it
  uint16_t owner = 0;
  std::string_view key, value;
};

// Where a state goes.
class StateTarget {
 public:
  static constexpr int kNobody = -1;  // not wanted
  static constexpr int kRest = -2;    // wanted by who takes it in order, after all others

  virtual ~StateTarget() = default;
  // Who takes the records of a key: a worker, or one of the above. `*hash`: whatever Load wants to
  // know. Any thread.
  virtual Result<int> Route(uint16_t owner, std::string_view key, uint64_t* hash) = 0;
  // Records of a worker's keys, in its thread: newest first, so those whose key it has had in an
  // earlier record are to be left out. Valid during the call only.
  virtual Status Load(int worker, const LoadedRecord* records, size_t count) = 0;
  // The rest, in the order of keys, each key once. The caller's thread.
  virtual Status LoadRest(const LoadedRecord& record) = 0;
};

// Threads that run one function each, as WorkerPool does.
struct LoadWorkers {
  int count = 1;
  std::function<void(const std::function<void(int)>&)> run;
  size_t round_bytes = 16 << 20;  // of frames, or one frame
};

Status LoadSegments(Files* files, const std::string& root,
                    const std::vector<StateSegment>& segments, const LoadWorkers& workers,
                    StateTarget* target);

}  // namespace flow
