// Gives EmitModule: every pipeline and aggregate into one module, verified.
#include "compiler/codegen/emit.h"

#include <llvm/IR/Verifier.h>
#include <llvm/Support/raw_ostream.h>

#include "compiler/codegen/aggregate_emitter.h"
#include "compiler/codegen/module.h"
#include "compiler/codegen/pipeline_emitter.h"

namespace flow::codegen {

KernelInputs InputsOf(const LoweredProgram& program) {
  return {program.program.pipelines, program.pipelines, program.program.aggregates};
}

std::string PipelineName(size_t index) { return "pipeline_" + std::to_string(index); }
std::string AggregateName(size_t index) { return "aggregate_" + std::to_string(index); }

Result<std::unique_ptr<llvm::Module>> EmitModule(llvm::LLVMContext& context,
                                                 const KernelInputs& inputs, bool cse,
                                                 const llvm::DataLayout& layout,
                                                 const std::string& triple) {
  if (inputs.pipelines.size() != inputs.specs.size()) {
    return InternalError("a pipeline has no expressions");
  }
  ModuleBuilder builder(context);
  builder.module().setDataLayout(layout);
  builder.module().setTargetTriple(triple);
  for (size_t i = 0; i < inputs.pipelines.size(); ++i) {
    EmitPipeline(builder, PipelineName(i), inputs.pipelines[i], inputs.specs[i], cse);
  }
  for (size_t i = 0; i < inputs.aggregates.size(); ++i) {
    EmitAggregate(builder, AggregateName(i), inputs.aggregates[i]);
  }
  std::string problem;
  llvm::raw_string_ostream stream(problem);
  if (llvm::verifyModule(builder.module(), &stream)) {
    return InternalError("generated code is malformed: " + stream.str());
  }
  return builder.Take();
}

}  // namespace flow::codegen
