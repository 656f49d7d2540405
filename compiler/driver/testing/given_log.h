// The log of a test: records in the place of those of the program's sources, and the other orders
// of them that mean the same.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/bind/bound.h"
#include "compiler/bind/bound_test.h"
#include "runtime/base/status.h"
#include "runtime/program/program.h"

namespace flow::testing {

// A generator whose numbers depend on its seed alone, on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next();
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Next() % static_cast<uint64_t>(high - low + 1));
  }
  bool Chance(int percent) { return Between(1, 100) <= percent; }

 private:
  uint64_t state_;
};

// By source of the program, partition and record.
template <typename T>
using ByRecord = std::vector<std::vector<std::vector<T>>>;

// What a run of a test reads: of each source that is given those records; INLINE ones keep theirs,
// others are empty.
struct GivenProgram {
  program::Program program;  // decodes records as its sources would; nothing is written outside
  program::Logs logs;
};
GivenProgram WithLogs(const program::Program& program, const BoundScript& script,
                      const bound::Test& test);

// The event time of each record, as the program itself finds it; nullopt: it has none, because the
// record is dead or its source has no time. Such records move no watermark and are late for
// nothing.
Result<ByRecord<std::optional<int64_t>>> EventTimes(const GivenProgram& given);

// For how many of the windows that hold `time` a row is late, if its partition's watermark is
// `watermark` (kMinTime: none yet): end + lateness <= watermark.
int64_t LateWindows(const program::Window& window, int64_t time, int64_t watermark);

// An order of a partition's records (position -> record) in which every row is late for the windows
// for which it was late before, and for no others. `windows`: those that judge rows of the source.
std::vector<size_t> Shuffled(const std::vector<std::optional<int64_t>>& times, int64_t delay,
                             const std::vector<program::Window>& windows, Random* random);

// Where each record came from: new place -> old place.
using Order = ByRecord<size_t>;
// Shuffles every partition that may be: the offsets of records must not be part of what is
// computed.
Order ShuffledOrder(const GivenProgram& given, const ByRecord<std::optional<int64_t>>& times,
                    Random* random);
void Reorder(const Order& order, GivenProgram* given);

}  // namespace flow::testing
