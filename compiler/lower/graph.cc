// BuildGraphs: the two plans, operator by operator, inputs before their consumers.
#include "compiler/lower/graph.h"

namespace flow::lower {

void BuildGraphs(program::Program* program) {
  Graphs graphs;
  graphs.program = program;
  for (int i = 0; i < static_cast<int>(program->sources.size()); ++i) {
    graphs.stream_source.push_back(ScanToStream(&graphs, i));
    graphs.batch_source.push_back(ScanToBatch(&graphs, i));
  }
  for (int i = 0; i < static_cast<int>(program->aggregates.size()); ++i) {
    graphs.stream_aggregate.push_back(AggregateToStream(&graphs, i));
    graphs.batch_aggregate.push_back(AggregateToBatch(&graphs, i));
  }
  for (int i = 0; i < static_cast<int>(program->views.size()); ++i) {
    graphs.stream_view.push_back(ViewToStream(&graphs, i));
    graphs.batch_view.push_back(ViewToBatch(&graphs, i));
  }
  for (int i = 0; i < static_cast<int>(program->sinks.size()); ++i) {
    SinkToStream(&graphs, i);
    SinkToBatch(&graphs, i);
  }
}

}  // namespace flow::lower
