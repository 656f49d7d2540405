// REDIS sinks: a key for each row of a view with a key, exactly once. See README.md in the folder
// above.
#pragma once

#include <memory>

#include "runtime/connector/epoch_target.h"

namespace flow {

// `sink` is an index into program.sinks. Nothing is connected yet.
Result<std::unique_ptr<EpochTarget>> OpenRedisTarget(const program::Program& program, int sink,
                                                     const PipelineIdentity& pipeline);

}  // namespace flow
