// Names of generated functions for those who look from outside: perf and gdb.
#pragma once

#include <llvm/ExecutionEngine/Orc/LLJIT.h>

namespace flow::codegen {

// With FLOW_JIT_SYMBOLS in the environment: what `jit` compiles from now on is written to
// /tmp/perf-PID.map (perf's JIT interface, tools/perf/Documentation/jit-interface.txt of Linux),
// and registered with gdb (its JIT compilation interface).
void ShowSymbols(llvm::orc::LLJIT& jit);

}  // namespace flow::codegen
