// A source.
//   stream: source(partitions pulled one by one, watermark by partition) -> ...
//   batch:  scan(morsels of all partitions) [-> prefix-max(event time), where lateness is judged]
//   -> ...
#include "compiler/lower/graph.h"

namespace flow::lower {

int ScanToStream(Graphs* graphs, int source) {
  return graphs->Stream(program::StreamOp::kSource, source, {});
}

int ScanToBatch(Graphs* graphs, int source) {
  int scan = graphs->Batch(program::BatchOp::kScan, source, {});
  const program::Program& program = *graphs->program;
  bool judged = false;
  auto look = [&](const std::vector<program::Edge>& edges) {
    for (const program::Edge& edge : edges) {
      if (edge.from != program::PartKind::kSource || edge.index != source) continue;
      judged |= program.pipelines[static_cast<size_t>(edge.pipeline)].judges_lateness;
    }
  };
  for (const program::Aggregate& aggregate : program.aggregates) look(aggregate.inputs);
  for (const program::View& view : program.views) look(view.inputs);
  return judged ? graphs->Batch(program::BatchOp::kPrefixMax, source, {scan}) : scan;
}

}  // namespace flow::lower
