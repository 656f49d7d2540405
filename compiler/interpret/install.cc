// Install: fills the slots of a program with interpreting kernels.
#include "compiler/interpret/engine.h"
#include "compiler/interpret/interpret.h"

namespace flow::interpret {

Status Install(const LoweredProgram& lowered) {
  const program::Program& program = lowered.program;
  if (lowered.pipelines.size() != program.pipelines.size()) {
    return InternalError("a pipeline has no expressions");
  }
  for (size_t i = 0; i < program.pipelines.size(); ++i) {
    const program::Pipeline& pipeline = program.pipelines[i];
    if (lowered.pipelines[i].outputs.size() != pipeline.output.size()) {
      return InternalError("an output of pipeline " + pipeline.name + " has no expression");
    }
    pipeline.kernel->Store(MakePipeline(pipeline, lowered.pipelines[i]));
  }
  for (const program::Aggregate& aggregate : program.aggregates) {
    aggregate.kernels->Store(MakeAggregate(aggregate));
  }
  return OkStatus();
}

}  // namespace flow::interpret
