// One way in which a test is run: all that may differ between two runs without making a difference.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/driver/compile.h"
#include "runtime/exec/options.h"

namespace flow::testing {

struct Schedule {
  RunMode mode = RunMode::kBatch;
  EngineKind engine = EngineKind::kInterpreter;
  int workers = 1;
  int32_t batch_rows = 1024;
  bool shuffle = false;        // the records of each partition, as far as lateness allows
  bool interleave = false;     // partitions are read in a random order
  int crashes = 0;             // so often the run breaks off, and goes on from its state
  bool little_memory = false;  // streams: all state goes to disk after every tick
  bool seeded = false;         // made from `seed`, which then says it all
  uint64_t seed = 0;           // of what is random in it

  // "stream, 4 workers, batches of 7, JIT, partitions interleaved"
  std::string ToText() const;
};

// Those that every test goes through: batch and stream, in the order of the log, one worker and
// four, all sizes of batch, both engines, a crash and a restore in the middle.
std::vector<Schedule> FixedSchedules();

// A random one.
Schedule RandomSchedule(uint64_t seed);

// What the runtime is told. `records`: how many there are; a crash falls among them. `crash`: the
// number of this run if it is one that breaks off, else -1.
RunOptions OptionsOf(const Schedule& schedule, int64_t records, int crash);

}  // namespace flow::testing
