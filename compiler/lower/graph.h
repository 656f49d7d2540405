// The stream graph and the batch plan while they are put together. Each operator's file has its
// to_stream and to_batch side by side.
#pragma once

#include <vector>

#include "runtime/program/program.h"

namespace flow::lower {

struct Graphs {
  program::Program* program = nullptr;
  // Nodes by part, in each of the plans.
  std::vector<int> stream_source, stream_aggregate, stream_view;
  std::vector<int> batch_source, batch_aggregate, batch_view;

  int Stream(program::StreamOp op, int part, std::vector<int> inputs) {
    program->stream.nodes.push_back({op, part, std::move(inputs)});
    return static_cast<int>(program->stream.nodes.size()) - 1;
  }
  int Batch(program::BatchOp op, int part, std::vector<int> inputs) {
    program->batch.nodes.push_back({op, part, std::move(inputs)});
    return static_cast<int>(program->batch.nodes.size()) - 1;
  }
};

// scan.cc
int ScanToStream(Graphs* graphs, int source);
int ScanToBatch(Graphs* graphs, int source);
// pipeline.cc
int PipelineToStream(Graphs* graphs, const program::Edge& edge);
int PipelineToBatch(Graphs* graphs, const program::Edge& edge);
// aggregate.cc
int AggregateToStream(Graphs* graphs, int aggregate);
int AggregateToBatch(Graphs* graphs, int aggregate);
// view.cc
int ViewToStream(Graphs* graphs, int view);
int ViewToBatch(Graphs* graphs, int view);
// sink.cc
int SinkToStream(Graphs* graphs, int sink);
int SinkToBatch(Graphs* graphs, int sink);

// Both plans of a program whose parts are complete.
void BuildGraphs(program::Program* program);

}  // namespace flow::lower
