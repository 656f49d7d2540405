// Rows on their way into an aggregate: the output of a pipeline, perhaps after an exchange.
#pragma once

#include <cstdint>

#include "runtime/abi/abi.h"

namespace flow {

struct AggregateInput {
  const FlowColumn* columns = nullptr;  // keys, then arguments
  const int64_t* weights = nullptr;     // nullptr: +1
  const int64_t* window = nullptr;      // start of the window or slice; nullptr: not windowed
  const int32_t* skip = nullptr;        // slices: first accepting window; else nullptr
  const uint64_t* hash = nullptr;
  int32_t rows = 0;
};

// 256 key groups are fixed in the plan; workers own ranges of them, so their number can change.
inline constexpr int kKeyGroups = 256;
inline int KeyGroup(uint64_t hash) { return static_cast<int>(hash >> 56); }
// The partition (of `partitions`) that owns a key.
inline int KeyPartition(uint64_t hash, int partitions) {
  return KeyGroup(hash) * partitions / kKeyGroups;
}

}  // namespace flow
