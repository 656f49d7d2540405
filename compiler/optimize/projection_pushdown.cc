// projection-pushdown: a source decodes only the columns that something above reads. Here each scan
// is told what its own view needs; lowering lets the source have the union over all paths.
#include <algorithm>
#include <set>

#include "compiler/bind/rewrite.h"
#include "compiler/optimize/rules.h"

namespace flow::optimize {

namespace {

using logical::Node;
using logical::NodeKind;
using logical::NodePtr;

using Columns = std::set<int>;
// By node: the columns that its readers need.
using Needs = std::map<const Node*, Columns>;

void AddColumns(const BoundExprPtr& expr, Columns* columns) {
  if (expr == nullptr) return;
  std::vector<int> found;
  CollectColumns(*expr, &found);
  columns->insert(found.begin(), found.end());
}

// What node `node` needs of its inputs, given what is needed of it.
Columns NeedsOfInput(const Node& node, const Columns& needed) {
  Columns below;
  switch (node.kind) {
    case NodeKind::kFilter:
      below = needed;
      AddColumns(node.predicate, &below);
      return below;
    case NodeKind::kProject:
      for (int column : needed) AddColumns(node.exprs[static_cast<size_t>(column)], &below);
      return below;
    case NodeKind::kWindow: {
      const int inner = static_cast<int>(node.inputs[0]->columns.size());
      for (int column : needed) {
        if (column < inner) below.insert(column);
      }
      return below;
    }
    case NodeKind::kUnnest: {
      const int inner = static_cast<int>(node.inputs[0]->columns.size());
      for (int column : needed) {
        if (column < inner) below.insert(column);
      }
      AddColumns(node.exprs[0], &below);
      return below;
    }
    case NodeKind::kAggregate:
      // Arguments of results that nobody reads too: their errors count.
      for (const BoundExprPtr& key : node.exprs) AddColumns(key, &below);
      for (const bound::AggregateCall& call : node.calls) AddColumns(call.argument, &below);
      return below;
    case NodeKind::kUnionAll:
      return needed;
    case NodeKind::kScan:
    case NodeKind::kViewRef:
    case NodeKind::kLateRef:
      return below;
  }
  return below;
}

void Visit(const logical::Plan& plan, const NodePtr& node, const Columns& needed, Needs* needs,
           std::vector<Columns>* views) {
  Columns& known = (*needs)[node.get()];
  size_t before = known.size();
  bool fresh = before == 0;
  known.insert(needed.begin(), needed.end());
  if (!fresh && known.size() == before) return;
  if (node->kind == NodeKind::kViewRef) {
    (*views)[static_cast<size_t>(node->view)].insert(needed.begin(), needed.end());
  }
  Columns below = NeedsOfInput(*node, known);
  for (const NodePtr& input : node->inputs) Visit(plan, input, below, needs, views);
}

bool HasSink(const logical::Plan& plan, size_t view) {
  if (plan.sinks.empty()) return true;  // any view may be asked for
  return std::any_of(plan.sinks.begin(), plan.sinks.end(), [&](const program::Sink& sink) {
    return sink.view == static_cast<int>(view);
  });
}

}  // namespace

void PushDownProjections(logical::Plan* plan) {
  plan->prune_columns = true;
  Needs needs;
  std::vector<Columns> views(plan->views.size());
  // Readers come after what they read.
  for (size_t i = plan->views.size(); i-- > 0;) {
    const NodePtr& root = plan->views[i].root;
    Columns needed = views[i];
    if (HasSink(*plan, i)) {
      for (size_t c = 0; c < root->columns.size(); ++c) needed.insert(static_cast<int>(c));
    }
    Visit(*plan, root, needed, &needs, &views);
  }
  std::map<const Node*, NodePtr> scans;
  for (const auto& [node, columns] : needs) {
    if (node->kind != NodeKind::kScan) continue;
    Node copy = *node;
    Columns with_time = columns;
    const bound::Source& source = plan->sources[static_cast<size_t>(node->source)];
    AddColumns(source.event_time, &with_time);
    for (const BoundExprPtr& key : source.unique_keys) AddColumns(key, &with_time);
    copy.needed.assign(with_time.begin(), with_time.end());
    scans[node] = std::make_shared<const Node>(std::move(copy));
  }
  RewriteNodes(plan, scans);
}

}  // namespace flow::optimize
