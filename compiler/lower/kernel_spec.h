// What an engine (codegen, interpret) is asked to make: expressions beside the plain data that the
// runtime sees. lower/ yields these; codegen::Generate and interpret::Install fill the slots.
#pragma once

#include <vector>

#include "compiler/bind/expr.h"
#include "runtime/program/program.h"

namespace flow {

// For program.pipelines[i]. Columns of the expressions: 0..input-1 are the input columns; with a
// window call, input + 0 is window_start and input + 1 window_end (both TIMESTAMP, of the window
// that the output row is for; not available in kSlice mode).
struct PipelineSpec {
  // The row filter: one conjunction, over input columns only. TRUE keeps; FALSE and NULL count as
  // filtered; an error is a dead row. nullptr: keep all.
  BoundExprPtr filter;
  // The event time of a row for late_of and window; never NULL or in error on a source path.
  BoundExprPtr late_time;
  BoundExprPtr time;
  // A filter that looks at window columns too; judged for each window of a row after lateness.
  // A row all of whose accepting windows are filtered out counts as filtered; one that has an error
  // in any of them (and no output row) is dead. nullptr: keep all.
  BoundExprPtr window_filter;
  std::vector<BoundExprPtr> outputs;
};

struct LoweredProgram {
  program::Program program;
  std::vector<PipelineSpec> pipelines;  // beside program.pipelines
};

}  // namespace flow
