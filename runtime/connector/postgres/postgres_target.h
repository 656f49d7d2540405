// POSTGRES sinks: a table a sink, exactly once. See README.md in the folder above.
#pragma once

#include <memory>

#include "runtime/connector/epoch_target.h"

namespace flow {

// `sink` is an index into program.sinks. Nothing is connected yet.
Result<std::unique_ptr<EpochTarget>> OpenPostgresTarget(const program::Program& program, int sink,
                                                        const PipelineIdentity& pipeline);

}  // namespace flow
