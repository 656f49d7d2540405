// Running a program: as a stream (ticks until stopped or ended) or as a batch (once over a range).
#pragma once

#include "runtime/base/status.h"
#include "runtime/exec/options.h"
#include "runtime/program/program.h"

namespace flow {

// Kernels must be in place. Blocks until the run ends. Errors are user (options), data (the log),
// external (files, servers) or internal. Output is at least once.
Result<RunReport> RunStream(const program::Program& program, const RunOptions& options);
Result<RunReport> RunBatch(const program::Program& program, const RunOptions& options);

// Does every source end by itself?
bool AllSourcesBounded(const program::Program& program);

}  // namespace flow
