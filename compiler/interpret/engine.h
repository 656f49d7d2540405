// Makes the kernels of one pipeline or aggregate; Install (interpret.h) puts them into the slots.
#pragma once

#include "compiler/lower/kernel_spec.h"
#include "runtime/program/program.h"

namespace flow::interpret {

program::PipelineKernel MakePipeline(const program::Pipeline& pipeline, const PipelineSpec& spec);
program::AggregateKernels MakeAggregate(const program::Aggregate& aggregate);

}  // namespace flow::interpret
