// A path: filter, late rows, window, outputs, fused into one kernel; before it one for each UNNEST.
//   stream: source or aggregate -> pipeline(a batch of changes at a time) -> ...
//   batch:  scan or final aggregate -> pipeline(a morsel at a time) -> ...
// The same kernel runs in both; a stream's rows may carry weights, which pass through.
#include "compiler/lower/graph.h"

namespace flow::lower {

int PipelineToStream(Graphs* graphs, const program::Edge& edge) {
  const std::vector<int>& nodes =
      edge.from == program::PartKind::kSource ? graphs->stream_source : graphs->stream_aggregate;
  return graphs->Stream(program::StreamOp::kPipeline, edge.pipeline,
                        {nodes[static_cast<size_t>(edge.index)]});
}

int PipelineToBatch(Graphs* graphs, const program::Edge& edge) {
  const std::vector<int>& nodes =
      edge.from == program::PartKind::kSource ? graphs->batch_source : graphs->batch_aggregate;
  return graphs->Batch(program::BatchOp::kPipeline, edge.pipeline,
                       {nodes[static_cast<size_t>(edge.index)]});
}

}  // namespace flow::lower
