// LLVM ORC: fills the kernel slots of a program with machine code. The only folder that includes
// LLVM.
#pragma once

#include <memory>
#include <string>

#include "compiler/lower/kernel_spec.h"
#include "runtime/base/status.h"

namespace flow::codegen {

struct Options {
  bool cse = true;         // common subexpressions
  bool tier0 = true;       // FastISel code first ...
  bool tier1 = true;       // ... then O2 code with the standard library inlined, swapped in
  bool background = true;  // compile tier 1 on its own thread (else before Generate returns)
  bool cache = false;      // keep tier 1 for later runs, and begin with it: object_cache.h
};

// Owns the JIT and its threads. Kernels keep what they need alive by themselves.
class Engine {
 public:
  virtual ~Engine() = default;
  // Waits until tier 1 is in place (or failed).
  virtual Status Wait() = 0;
};

// Fills program.pipelines[*].kernel and program.aggregates[*].kernels. When it returns, every slot
// has a kernel.
Result<std::unique_ptr<Engine>> Generate(const LoweredProgram& program, const Options& options);

// The LLVM IR of all kernels, unoptimised or at O2, for EXPLAIN and golden tests; no addresses.
Result<std::string> PrintIr(const LoweredProgram& program, bool optimized);

}  // namespace flow::codegen
