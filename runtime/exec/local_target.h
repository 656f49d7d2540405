// STDOUT behind the interface of sinks that take whole epochs: at least once.
#pragma once

#include <memory>

#include "runtime/connector/connector.h"
#include "runtime/connector/epoch_target.h"
#include "runtime/exec/options.h"

namespace flow {

// One target for each such sink of the program.
std::vector<std::unique_ptr<EpochTarget>> OpenLocalTargets(const program::Program& program,
                                                           const RunOptions& options);

}  // namespace flow
