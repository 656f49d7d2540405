// Machine code from LLVM modules. One Code is one module in one JIT; it lives as long as anything
// points to it.
#pragma once

#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/IR/Module.h>

#include <atomic>
#include <memory>
#include <string>

#include "compiler/codegen/emit.h"
#include "compiler/codegen/object_cache.h"
#include "runtime/base/status.h"
#include "runtime/program/kernels.h"

namespace flow::codegen {

class Code {
 public:
  // Emits and compiles all kernels for this machine: kBaseline with FastISel, everything else by
  // native calls; kOptimized at O2 with the standard library linked in. Gives up early, with
  // nullptr, once `cancelled` is set. Optimised code goes into `cache`, if there is one.
  static Result<std::shared_ptr<Code>> Compile(const KernelInputs& inputs, bool cse,
                                               program::Tier tier, const ObjectCache* cache,
                                               const std::atomic<bool>* cancelled = nullptr);

  // Optimised code that was compiled before; nullptr if it is not in the cache.
  static Result<std::shared_ptr<Code>> FindOptimized(const KernelInputs& inputs, bool cse,
                                                     const ObjectCache& cache);

  // nullptr if the module has no such function.
  void* Find(const std::string& name) const;

 private:
  struct Emitted;
  static Result<Emitted> Emit(const KernelInputs& inputs, bool cse, program::Tier tier);
  static Result<std::shared_ptr<Code>> Load(const Emitted& emitted,
                                            std::unique_ptr<llvm::MemoryBuffer> object);

  std::unique_ptr<llvm::orc::LLJIT> jit_;
  std::unordered_map<std::string, void*> functions_;
};

// The machine that code is made for. `host` false: the baseline x86-64, the same everywhere.
Result<std::unique_ptr<llvm::TargetMachine>> MakeTarget(bool host, program::Tier tier);

}  // namespace flow::codegen
