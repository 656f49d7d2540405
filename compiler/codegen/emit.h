// A whole program's kernels as one LLVM module.
#pragma once

#include <llvm/IR/Module.h>

#include <memory>
#include <string>
#include <vector>

#include "compiler/lower/kernel_spec.h"
#include "runtime/base/status.h"

namespace flow::codegen {

// What code is made from; a copy, so that it can be worked on while the program runs.
struct KernelInputs {
  std::vector<program::Pipeline> pipelines;
  std::vector<PipelineSpec> specs;
  std::vector<program::Aggregate> aggregates;
};
KernelInputs InputsOf(const LoweredProgram& program);

std::string PipelineName(size_t index);
std::string AggregateName(size_t index);

Result<std::unique_ptr<llvm::Module>> EmitModule(llvm::LLVMContext& context,
                                                 const KernelInputs& inputs, bool cse,
                                                 const llvm::DataLayout& layout,
                                                 const std::string& triple);

}  // namespace flow::codegen
