// The reference engine: fills the kernel slots with objects that walk the bound tree. Shares no
// code with codegen but the bodies of standard functions, and includes no LLVM.
#pragma once

#include "compiler/lower/kernel_spec.h"
#include "runtime/base/status.h"

namespace flow::interpret {

// Fills program.pipelines[*].kernel and program.aggregates[*].kernels.
Status Install(const LoweredProgram& program);

// The value of an expression over one row of columns (constant folding, tests).
Datum Evaluate(const BoundExpr& expr, const FlowColumn* columns, int32_t row);

}  // namespace flow::interpret
