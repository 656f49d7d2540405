// One pipeline as one function over a batch: filter, lateness, windows, outputs, hash.
#pragma once

#include "compiler/codegen/module.h"
#include "compiler/lower/kernel_spec.h"

namespace flow::codegen {

// Writes `int32_t NAME(void* self, FlowPipelineArgs*)` into the module.
void EmitPipeline(ModuleBuilder& module, const std::string& name, const program::Pipeline& pipeline,
                  const PipelineSpec& spec, bool cse);

}  // namespace flow::codegen
