// The HTTP sink: changes as POST requests, at least once, each under a key that is the same
// whenever it is sent again.
#pragma once

#include <functional>
#include <memory>

#include "runtime/connector/epoch_target.h"

namespace flow {

Result<std::unique_ptr<EpochTarget>> OpenHttpTarget(const program::Program& program, int sink,
                                                    const PipelineIdentity& pipeline,
                                                    const std::function<bool()>& interrupted);

}  // namespace flow
