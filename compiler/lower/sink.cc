// A sink of a view.
//   stream: view -> sink(changes as the view emits them)
//   batch:  view -> sink(the rows, once)
#include "compiler/lower/graph.h"

namespace flow::lower {

int SinkToStream(Graphs* graphs, int sink) {
  size_t view = static_cast<size_t>(graphs->program->sinks[static_cast<size_t>(sink)].view);
  return graphs->Stream(program::StreamOp::kSink, sink, {graphs->stream_view[view]});
}

int SinkToBatch(Graphs* graphs, int sink) {
  size_t view = static_cast<size_t>(graphs->program->sinks[static_cast<size_t>(sink)].view);
  return graphs->Batch(program::BatchOp::kSink, sink, {graphs->batch_view[view]});
}

}  // namespace flow::lower
