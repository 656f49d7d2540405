// From emitted IR to IR that is ready for code: the CPU stamped on, the library linked in, O2.
#pragma once

#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <atomic>

#include "runtime/base/status.h"

namespace flow::codegen {

// Every function of the module gets the machine's CPU and features. Without that LLVM silently
// refuses to inline one function into another.
void StampCpu(llvm::Module& module, const llvm::TargetMachine& machine);

// Is there a kernel so large (thousands of terms in one expression) that optimising it would take
// longer than it is worth? Compile time grows faster than the code.
bool HasHugeKernel(const llvm::Module& module);

// Links what the module needs of the standard library into it, keeps only the kernels visible,
// stamps the CPU and runs the O2 pipeline. Once `cancelled` is set, the remaining passes are
// skipped.
Status LinkAndOptimize(llvm::Module& module, llvm::TargetMachine& machine,
                       const std::atomic<bool>* cancelled = nullptr);

}  // namespace flow::codegen
