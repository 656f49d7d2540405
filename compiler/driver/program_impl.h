// What libflow::Program holds, and what its functions share.
#pragma once

#include <flow/flow.h>

#include <atomic>
#include <memory>

#include "compiler/driver/compile.h"
#include "runtime/base/status.h"

namespace libflow {

class ProgramImpl {
 public:
  std::unique_ptr<flow::Compilation> compilation;
  std::atomic<bool> stop{false};
};

Code CodeOf(flow::ErrorDomain domain);

}  // namespace libflow
