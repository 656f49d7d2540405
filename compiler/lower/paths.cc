// PathsTo: filters, projections, windows, views and UNION ALL by substitution.
//   stream and batch: nothing of these remains but the one fused pipeline of each path
#include "compiler/lower/paths.h"

#include <algorithm>
#include <utility>

#include "compiler/bind/rewrite.h"
#include "compiler/interpret/fold.h"

namespace flow::lower {

namespace {

using logical::Node;
using logical::NodeKind;
using logical::NodePtr;

bool UsesWindow(const BoundExpr& expr) {
  return UsesColumns(expr, [](int column) { return column >= kWindowStart; });
}

// Where a term is judged: one that does not look at the window before lateness, one that looks at
// no element before UNNEST, wherever it was written; else behind the last UNNEST whose element or
// number it looks at.
BoundExprPtr* FilterFor(const BoundExpr& term, Path* path) {
  if (UsesWindow(term)) return &path->spec.window_filter;
  for (size_t i = path->unnests.size(); i-- > 0;) {
    const int element = kElement + 2 * static_cast<int>(i);
    if (UsesColumns(term, [&](int c) { return c == element || c == element + 1; })) {
      return &path->unnests[i].filter;
    }
  }
  return &path->spec.filter;
}

void AddFilter(const BoundExprPtr& predicate, Path* path) {
  BoundExprPtr filter = Substitute(predicate, path->spec.outputs);
  if (!path->window.has_value() && path->unnests.empty()) {
    path->spec.filter = MakeAnd(path->spec.filter, filter);
    return;
  }
  for (const BoundExprPtr& term : Conjuncts(filter)) {
    // What a term looks at shows when it is folded. So that the rule constant-folding moves none,
    // one that folding would move is folded here.
    const std::vector<BoundExprPtr> folded = Conjuncts(interpret::Fold(term));
    BoundExprPtr* place = FilterFor(*term, path);
    const bool moves = std::any_of(folded.begin(), folded.end(), [&](const BoundExprPtr& part) {
      return FilterFor(*part, path) != place;
    });
    if (!moves) {
      *place = MakeAnd(*place, term);
      continue;
    }
    for (const BoundExprPtr& part : folded) {
      BoundExprPtr* own = FilterFor(*part, path);
      *own = MakeAnd(*own, part);
    }
  }
}

void AddUnnest(const Node& node, Path* path) {
  const size_t first = node.inputs[0]->columns.size();
  const int element = kElement + 2 * static_cast<int>(path->unnests.size());
  PathUnnest unnest;
  unnest.array = Substitute(node.exprs[0], path->spec.outputs);
  unnest.outer = node.outer;
  unnest.name = node.columns[first].name;
  path->spec.outputs.push_back(MakeColumn(element, node.columns[first].type));
  if (node.columns.size() > first + 1) {
    unnest.number_name = node.columns[first + 1].name;
    path->spec.outputs.push_back(MakeColumn(element + 1, TypeKind::kBigint));
  }
  path->unnests.push_back(std::move(unnest));
}

void AddWindow(const Node& node, Path* path) {
  path->at_window = path->spec.outputs;
  path->window = node.window;
  path->call = node.call;
  // Judged once, where a source first meets a window; late rows have been judged.
  path->judges = node.judges_lateness && path->from == program::PartKind::kSource &&
                 !path->late_of.has_value();
  if (!path->judges) path->window->lateness = 0;
  path->lateness += path->window->lateness;
  path->spec.time = path->time;
  path->spec.outputs.push_back(MakeColumn(kWindowStart, TypeKind::kTimestamp));
  path->spec.outputs.push_back(MakeColumn(kWindowEnd, TypeKind::kTimestamp));
}

Path FromSource(const logical::Plan& plan, const Node& node) {
  Path path;
  path.index = node.source;
  for (size_t i = 0; i < node.columns.size(); ++i) {
    path.spec.outputs.push_back(MakeColumn(static_cast<int>(i), node.columns[i].type));
  }
  path.time = plan.sources[static_cast<size_t>(node.source)].event_time;
  if (path.time != nullptr) path.watermark_sources = {node.source};
  return path;
}

Path FromAggregate(const Draft& draft, const Node& node, int index) {
  const program::Aggregate& aggregate = draft.program.aggregates[static_cast<size_t>(index)];
  Path path;
  path.from = program::PartKind::kAggregate;
  path.index = index;
  for (size_t i = 0; i < node.columns.size(); ++i) {
    path.spec.outputs.push_back(MakeColumn(static_cast<int>(i), node.columns[i].type));
  }
  if (node.window.has_value()) {
    // The rows of a window happen just before it ends.
    path.time =
        MakeNode(ExprOp::kSub, TypeKind::kTimestamp,
                 {path.spec.outputs.back(), MakeLiteral(Datum::Int(TypeKind::kInterval, 1))});
  }
  path.watermark_sources = aggregate.watermark_sources;
  path.no_watermark = aggregate.no_watermark;
  path.lateness = aggregate.state_lateness;
  return path;
}

// The node whose paths hold the whole way from the window call to the first stateful operator (or
// the view's output): what is filtered there is not late.
NodePtr BoundaryOf(const NodePtr& node, const NodePtr& boundary, const void* call) {
  if (node->kind == NodeKind::kWindow && node->call == call) return boundary;
  for (const NodePtr& input : node->inputs) {
    bool stateful = node->kind == NodeKind::kAggregate;
    if (NodePtr found = BoundaryOf(input, stateful ? input : boundary, call)) return found;
  }
  return nullptr;
}

std::vector<Path> LatePaths(Draft* draft, const Node& node) {
  const logical::View& view = draft->plan->views[static_cast<size_t>(node.view)];
  std::vector<Path> late;
  for (Path& path : PathsTo(draft, BoundaryOf(view.root, view.root, view.late_call))) {
    if (path.call != view.late_call || !path.judges) continue;
    Path only;
    only.from = path.from;
    only.index = path.index;
    only.unnests = path.unnests;
    only.spec.filter = path.spec.filter;
    only.spec.late_time = path.spec.time;
    only.spec.outputs = std::move(path.at_window);
    only.late_of = path.window;
    only.time = path.spec.time;
    only.no_watermark = true;
    late.push_back(std::move(only));
  }
  return late;
}

}  // namespace

void AddSources(const std::vector<int>& from, std::vector<int>* to) {
  to->insert(to->end(), from.begin(), from.end());
  std::sort(to->begin(), to->end());
  to->erase(std::unique(to->begin(), to->end()), to->end());
}

std::vector<Path> PathsTo(Draft* draft, const NodePtr& node) {
  std::vector<Path> paths;
  switch (node->kind) {
    case NodeKind::kScan:
      return {FromSource(*draft->plan, *node)};
    case NodeKind::kFilter:
      paths = PathsTo(draft, node->inputs[0]);
      for (Path& path : paths) AddFilter(node->predicate, &path);
      return paths;
    case NodeKind::kProject:
      paths = PathsTo(draft, node->inputs[0]);
      for (Path& path : paths) {
        std::vector<BoundExprPtr> outputs;
        for (const BoundExprPtr& expr : node->exprs) {
          outputs.push_back(Substitute(expr, path.spec.outputs));
        }
        path.spec.outputs = std::move(outputs);
      }
      return paths;
    case NodeKind::kWindow:
      paths = PathsTo(draft, node->inputs[0]);
      for (Path& path : paths) AddWindow(*node, &path);
      return paths;
    case NodeKind::kUnnest:
      paths = PathsTo(draft, node->inputs[0]);
      for (Path& path : paths) AddUnnest(*node, &path);
      return paths;
    case NodeKind::kAggregate: {
      int index = LowerAggregate(draft, node);
      return {FromAggregate(*draft, *node, index)};
    }
    case NodeKind::kUnionAll: {
      const std::string identity = draft->identity;
      for (size_t i = 0; i < node->inputs.size(); ++i) {
        draft->identity = identity + "." + std::to_string(i);
        for (Path& path : PathsTo(draft, node->inputs[i])) paths.push_back(std::move(path));
      }
      draft->identity = identity;
      return paths;
    }
    case NodeKind::kViewRef: {
      auto [found, fresh] = draft->views.try_emplace(node->view);
      if (fresh) {
        const logical::View& view = draft->plan->views[static_cast<size_t>(node->view)];
        std::string identity = std::exchange(draft->identity, view.name);
        found->second = PathsTo(draft, view.root);
        Retain(draft, view, found->second);
        draft->identity = std::move(identity);
      }
      return found->second;
    }
    case NodeKind::kLateRef: {
      const logical::View& view = draft->plan->views[static_cast<size_t>(node->view)];
      std::string identity = std::exchange(draft->identity, view.name);
      paths = LatePaths(draft, *node);
      draft->identity = std::move(identity);
      return paths;
    }
  }
  return paths;
}

namespace {

// The pipelines before the UNNESTs of a path, and what is left for its own.
void AddArrays(Draft* draft, Path* path, program::Pipeline* pipeline) {
  BoundExprPtr filter = std::move(path->spec.filter);
  for (size_t i = 0; i < path->unnests.size(); ++i) {
    PathUnnest& unnest = path->unnests[i];
    Path array;
    array.from = path->from;
    array.index = path->index;
    array.unnests.assign(path->unnests.begin(), path->unnests.begin() + static_cast<ptrdiff_t>(i));
    array.array_of = unnest;
    array.spec.filter = std::move(filter);
    array.spec.outputs = {unnest.array};
    program::Pipeline own;
    own.name = pipeline->name;
    own.checked = {true};  // how many rows there are depends on it
    own.output = {unnest.array->type};
    program::Unnest step;
    step.pipeline = static_cast<int>(draft->paths.size());
    step.element = *unnest.array->type.element;
    if (step.element.is(TypeKind::kNull)) step.element = TypeKind::kString;
    step.outer = unnest.outer;
    pipeline->unnests.push_back(std::move(step));
    draft->program.pipelines.push_back(std::move(own));
    draft->paths.push_back(std::move(array));
    filter = unnest.filter;
  }
  path->spec.filter = std::move(filter);
}

}  // namespace

int AddPipeline(Draft* draft, Path path, program::Pipeline pipeline) {
  AddArrays(draft, &path, &pipeline);
  pipeline.late_of = path.late_of;
  pipeline.window = path.window;
  pipeline.judges_lateness = path.judges || path.late_of.has_value();
  for (const BoundExprPtr& output : path.spec.outputs) pipeline.output.push_back(output->type);
  draft->program.pipelines.push_back(std::move(pipeline));
  draft->paths.push_back(std::move(path));
  return static_cast<int>(draft->paths.size()) - 1;
}

program::Edge EdgeOf(const Path& path, int pipeline) {
  program::Edge edge;
  edge.from = path.from;
  edge.index = path.index;
  edge.pipeline = pipeline;
  return edge;
}

bool IsRetained(const Draft& draft, const Path& path) {
  return path.from == program::PartKind::kAggregate &&
         draft.program.aggregates[static_cast<size_t>(path.index)].retain.has_value();
}

void Retain(Draft* draft, const logical::View& view, const std::vector<Path>& paths) {
  if (!view.retain.has_value()) return;
  for (const Path& path : paths) {
    if (path.from != program::PartKind::kAggregate) continue;
    draft->program.aggregates[static_cast<size_t>(path.index)].retain = view.retain;
  }
}

void Retain(Draft* draft, const logical::View& view, const std::vector<program::Edge>& inputs) {
  if (!view.retain.has_value()) return;
  for (const program::Edge& edge : inputs) {
    if (edge.from != program::PartKind::kAggregate) continue;
    draft->program.aggregates[static_cast<size_t>(edge.index)].retain = view.retain;
  }
}

}  // namespace flow::lower
