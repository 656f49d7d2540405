// GROUP BY and DISTINCT, with or without windows.
//   stream: ... -> exchange(key) -> aggregate(windows or slices; timers at window ends) -> ...
//           state: (window or slice with first accepting window, key) -> accumulators
//   batch:  ... -> partial aggregate(a table a worker) -> final aggregate(exchange by key, merge)
//   -> ...
//           no timers, no state beyond the tables
#include <algorithm>

#include "compiler/bind/rewrite.h"
#include "compiler/lower/graph.h"
#include "compiler/lower/paths.h"
#include "runtime/program/layout.h"

namespace flow::lower {

namespace {

program::AggregateCall CallOf(const bound::AggregateCall& call, int* argument) {
  program::AggregateCall result;
  result.fn = call.fn;
  result.result_type = call.result;
  result.text = call.text;
  result.distinct = call.distinct;
  result.sort_keys = call.sort_keys;
  result.parameter = call.parameter;
  if (call.argument != nullptr) {
    result.argument = (*argument)++;
    result.argument_type = call.argument->type;
  }
  return result;
}

program::Ranking RankingOf(const logical::Node& node, const std::vector<Type>& keys) {
  program::Ranking ranking;
  ranking.limit = node.ranking->limit;
  for (const bound::Ranking::Part& part : node.ranking->parts) {
    ranking.parts.push_back({part.expr->type, part.descending});
  }
  ranking.finished = keys;
  for (const bound::AggregateCall& call : node.calls) ranking.finished.push_back(call.result);
  if (node.window.has_value()) {
    ranking.finished.insert(ranking.finished.end(), 2, TypeKind::kTimestamp);
  }
  return ranking;
}

}  // namespace

int LowerAggregate(Draft* draft, const logical::NodePtr& node) {
  if (auto found = draft->aggregates.find(node.get()); found != draft->aggregates.end()) {
    return found->second;
  }
  program::Aggregate aggregate;
  aggregate.name = draft->identity;
  draft->identity += "/in";
  std::vector<Path> paths = PathsTo(draft, node->inputs[0]);
  draft->identity = aggregate.name;

  const int keys = static_cast<int>(node->exprs.size());
  for (int i = 0; i < keys; ++i) {
    aggregate.key_types.push_back(node->exprs[static_cast<size_t>(i)]->type);
    aggregate.key_names.push_back(node->columns[static_cast<size_t>(i)].name);
  }
  int argument = keys;
  for (const bound::AggregateCall& call : node->calls) {
    aggregate.calls.push_back(CallOf(call, &argument));
  }
  for (const logical::Column& column : node->columns) {
    aggregate.output.push_back(column.type);
    aggregate.output_names.push_back(column.name);
  }
  if (node->ranking.has_value()) aggregate.ranking = RankingOf(*node, aggregate.key_types);
  program::WindowMode mode =
      node->slices ? program::WindowMode::kSlice : program::WindowMode::kExpand;
  if (node->window.has_value()) {
    aggregate.window = node->window;
    aggregate.window->mode = mode;
    aggregate.window->lateness = 0;
  }
  aggregate.on_close = node->on_close;
  aggregate.global = keys == 0 && !node->window.has_value();
  aggregate.partial = node->partial;

  for (Path& path : paths) {
    if (path.from == program::PartKind::kAggregate) {
      aggregate.updating_input |=
          draft->program.aggregates[static_cast<size_t>(path.index)].updating_output ||
          IsRetained(*draft, path);
    }
    AddSources(path.watermark_sources, &aggregate.watermark_sources);
    aggregate.no_watermark |= path.no_watermark;
    if (node->window.has_value()) {
      aggregate.state_lateness = std::max(aggregate.state_lateness, path.lateness);
      aggregate.window->lateness = std::max(aggregate.window->lateness, path.window->lateness);
      path.window->mode = mode;
    }
    std::vector<BoundExprPtr> outputs;
    for (const BoundExprPtr& key : node->exprs) {
      outputs.push_back(Substitute(key, path.spec.outputs));
    }
    for (const bound::AggregateCall& call : node->calls) {
      if (call.argument != nullptr) {
        outputs.push_back(Substitute(call.argument, path.spec.outputs));
      }
    }
    path.spec.outputs = std::move(outputs);
    program::Pipeline pipeline;
    pipeline.name = aggregate.name;
    pipeline.hashes = true;
    pipeline.key_count = keys;
    pipeline.checked.assign(path.spec.outputs.size(), true);
    program::Edge edge = EdgeOf(path, 0);
    edge.leaves = IsRetained(*draft, path);
    edge.pipeline = AddPipeline(draft, std::move(path), std::move(pipeline));
    aggregate.inputs.push_back(edge);
  }
  aggregate.updating_output = !(aggregate.on_close && aggregate.state_lateness == 0);
  aggregate.layout =
      program::LayOut(aggregate.key_types, aggregate.calls, aggregate.updating_input,
                      node->window && node->window->kind == program::WindowKind::kSession);

  int index = static_cast<int>(draft->program.aggregates.size());
  draft->program.aggregates.push_back(std::move(aggregate));
  draft->aggregates.emplace(node.get(), index);
  return index;
}

int AggregateToStream(Graphs* graphs, int aggregate) {
  std::vector<int> inputs;
  const program::Aggregate& part = graphs->program->aggregates[static_cast<size_t>(aggregate)];
  for (const program::Edge& edge : part.inputs) inputs.push_back(PipelineToStream(graphs, edge));
  int exchange = graphs->Stream(program::StreamOp::kExchange, aggregate, std::move(inputs));
  return graphs->Stream(program::StreamOp::kAggregate, aggregate, {exchange});
}

int AggregateToBatch(Graphs* graphs, int aggregate) {
  std::vector<int> inputs;
  const program::Aggregate& part = graphs->program->aggregates[static_cast<size_t>(aggregate)];
  for (const program::Edge& edge : part.inputs) inputs.push_back(PipelineToBatch(graphs, edge));
  if (part.partial) {
    inputs = {graphs->Batch(program::BatchOp::kPartialAggregate, aggregate, std::move(inputs))};
  }
  return graphs->Batch(program::BatchOp::kFinalAggregate, aggregate, std::move(inputs));
}

}  // namespace flow::lower
