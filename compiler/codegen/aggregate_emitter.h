// The functions of one aggregate: keys, accumulators, results (runtime/program/kernels.h).
#pragma once

#include "compiler/codegen/module.h"
#include "runtime/program/program.h"

namespace flow::codegen {

// Writes PREFIX_equal, _equal_entries, _insert, _insert_entry, _update, _merge, _finish and, where
// the layout wants them, _live and _destroy.
void EmitAggregate(ModuleBuilder& module, const std::string& prefix,
                   const program::Aggregate& aggregate);

}  // namespace flow::codegen
