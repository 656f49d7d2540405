// A delta as a run: sorted when it is written, so that who folds it reads it frame by frame.
#pragma once

#include <vector>

#include "runtime/checkpoint/state_record.h"

namespace flow {

// Writes the records of `deltas` in the order of keys; of those with one key the last one, and a
// drop before it. Returns how many were written.
Result<int64_t> WriteSorted(const std::vector<StateWriter>& deltas, SegmentWriter* out);

}  // namespace flow
