// filter-pushdown: filters move down through projections, windows and UNNEST (terms that do not
// look at what these add) and UNION ALL, and neighbours become one conjunction. A filter that moved
// drops FALSE and NULL and passes errors on as before: on its path it stays a term of the one row
// filter. Never through an aggregate: a key's row that is filtered above would otherwise not be
// counted.
#include "compiler/bind/rewrite.h"
#include "compiler/optimize/rules.h"

namespace flow::optimize {

namespace {

using logical::Node;
using logical::NodeKind;
using logical::NodePtr;

NodePtr Push(const logical::Plan& plan, const NodePtr& input, const BoundExprPtr& predicate);

// Through a node that adds columns to those of its input.
NodePtr PushThroughAdded(const logical::Plan& plan, const Node& node,
                         const BoundExprPtr& predicate) {
  const int inner = static_cast<int>(node.inputs[0]->columns.size());
  std::vector<BoundExprPtr> below;
  std::vector<BoundExprPtr> above;
  for (const BoundExprPtr& term : Conjuncts(predicate)) {
    bool looks = UsesColumns(*term, [&](int column) { return column >= inner; });
    (looks ? above : below).push_back(term);
  }
  NodePtr input = node.inputs[0];
  if (!below.empty()) input = Push(plan, input, MakeAnd(std::move(below)));
  NodePtr result = WithInputs(plan, node, {std::move(input)});
  return above.empty() ? result : MakeFilter(plan, std::move(result), MakeAnd(std::move(above)));
}

// The filter over `input`, as far down as it goes.
NodePtr Push(const logical::Plan& plan, const NodePtr& input, const BoundExprPtr& predicate) {
  switch (input->kind) {
    case NodeKind::kFilter:
      return Push(plan, input->inputs[0], MakeAnd(input->predicate, predicate));
    case NodeKind::kProject:
      return WithInputs(plan, *input,
                        {Push(plan, input->inputs[0], Substitute(predicate, input->exprs))});
    case NodeKind::kWindow:
    case NodeKind::kUnnest:
      return PushThroughAdded(plan, *input, predicate);
    case NodeKind::kUnionAll: {
      std::vector<NodePtr> branches;
      for (const NodePtr& branch : input->inputs) {
        branches.push_back(Push(plan, branch, predicate));
      }
      return WithInputs(plan, *input, std::move(branches));
    }
    case NodeKind::kScan:
    case NodeKind::kAggregate:
    case NodeKind::kViewRef:
    case NodeKind::kLateRef:
      return MakeFilter(plan, input, predicate);
  }
  return MakeFilter(plan, input, predicate);
}

}  // namespace

void PushDownFilters(logical::Plan* plan) {
  RewriteNodes(plan, [&](const NodePtr& node) {
    if (node->kind != NodeKind::kFilter) return node;
    return Push(*plan, node->inputs[0], node->predicate);
  });
}

}  // namespace flow::optimize
