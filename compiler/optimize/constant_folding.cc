// constant-folding: compiler/interpret/fold.h over every expression of the plan.
#include "compiler/interpret/fold.h"
#include "compiler/optimize/rules.h"

namespace flow::optimize {

namespace {

using interpret::Fold;
using interpret::IsBool;
using logical::Node;
using logical::NodeKind;
using logical::NodePtr;

}  // namespace

void FoldConstants(logical::Plan* plan) {
  for (bound::Source& source : plan->sources) {
    source.event_time = Fold(source.event_time);
    for (BoundExprPtr& key : source.unique_keys) key = Fold(key);
  }
  RewriteNodes(plan, [&](const NodePtr& node) -> NodePtr {
    Node copy = *node;
    copy.predicate = Fold(node->predicate);
    for (BoundExprPtr& expr : copy.exprs) expr = Fold(expr);
    for (bound::AggregateCall& call : copy.calls) call.argument = Fold(call.argument);
    // A filter that is always true is none.
    if (node->kind == NodeKind::kFilter && IsBool(*copy.predicate, true)) return node->inputs[0];
    return std::make_shared<const Node>(std::move(copy));
  });
}

}  // namespace flow::optimize
