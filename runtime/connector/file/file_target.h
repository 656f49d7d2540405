// FILE sinks that take whole epochs, exactly once.
#pragma once

#include <memory>

#include "runtime/connector/epoch_target.h"

namespace flow {

// The file holds the epochs that its marker names, up to the length that the marker states; the
// marker is `.NAME.flowc` beside it. What a crash wrote past that length is cut off at the next
// Attach.
Result<std::unique_ptr<EpochTarget>> OpenFileTarget(const program::Program& program, int sink,
                                                    const PipelineIdentity& pipeline);

}  // namespace flow
