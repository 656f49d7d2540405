// The output of a view.
//   stream: ... -> view(changes of a tick, emitted on close, every so often, or at once)
//   batch:  ... -> view(the table at the frontier)
// Its rows are checked here: one with an error in any column is dead (a source's row) or left out
// (an aggregate's).
#include <algorithm>

#include "compiler/lower/graph.h"
#include "compiler/lower/paths.h"

namespace flow::lower {

void LowerView(Draft* draft, int view_index) {
  const logical::View& plan = draft->plan->views[static_cast<size_t>(view_index)];
  const logical::Node& root = *plan.root;
  draft->identity = plan.name;
  std::vector<Path> paths = PathsTo(draft, plan.root);

  program::View view;
  view.name = plan.name;
  view.windowed = plan.windowed;
  view.emit = plan.emit;
  view.emit_every = plan.emit_every;
  view.wanted = true;
  for (const logical::Column& column : root.columns) {
    view.columns.push_back(column.name);
    view.types.push_back(column.type);
  }
  view.structs = plan.structs;
  view.append_only = true;
  for (Path& path : paths) {
    if (path.from == program::PartKind::kAggregate) {
      view.append_only &=
          !draft->program.aggregates[static_cast<size_t>(path.index)].updating_output;
      view.append_only &= !IsRetained(*draft, path);
    }
    AddSources(path.watermark_sources, &view.watermark_sources);
    view.no_watermark |= path.no_watermark;
    view.lateness = std::max(view.lateness, path.lateness);
    program::Pipeline pipeline;
    pipeline.name = plan.name;
    pipeline.checked.assign(root.columns.size(), true);
    program::Edge edge = EdgeOf(path, 0);
    edge.leaves = IsRetained(*draft, path);
    edge.pipeline = AddPipeline(draft, std::move(path), std::move(pipeline));
    view.inputs.push_back(edge);
  }
  view.retain = plan.retain;
  Retain(draft, plan, view.inputs);
  if (root.has_key) view.key = root.key;
  if (root.window_size > 0) view.window_start_column = root.window_start;
  view.window_end_column = root.window_end;
  view.window_size = root.window_size;
  draft->program.views.push_back(std::move(view));
}

int ViewToStream(Graphs* graphs, int view) {
  std::vector<int> inputs;
  for (const program::Edge& edge : graphs->program->views[static_cast<size_t>(view)].inputs) {
    inputs.push_back(PipelineToStream(graphs, edge));
  }
  return graphs->Stream(program::StreamOp::kView, view, std::move(inputs));
}

int ViewToBatch(Graphs* graphs, int view) {
  std::vector<int> inputs;
  for (const program::Edge& edge : graphs->program->views[static_cast<size_t>(view)].inputs) {
    inputs.push_back(PipelineToBatch(graphs, edge));
  }
  return graphs->Batch(program::BatchOp::kView, view, std::move(inputs));
}

}  // namespace flow::lower
