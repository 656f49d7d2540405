// Sinks without a marker of their own (STDOUT) behind the interface of those that have one: at
// least once. What they are known to have is asked of the state, so a crash may show the last
// epochs again.
#pragma once

#include <memory>

#include "runtime/checkpoint/epoch_store.h"
#include "runtime/connector/connector.h"
#include "runtime/connector/epoch_target.h"
#include "runtime/exec/options.h"

namespace flow {

// One target for each such sink of the program.
std::vector<std::unique_ptr<EpochTarget>> OpenLocalTargets(const program::Program& program,
                                                           const RunOptions& options,
                                                           const EpochStore& store);

}  // namespace flow
