// window-slices: overlapping windows that show themselves only when they close are put together
// from slices: one update a row, however many windows cover it. Only where no expression below the
// aggregate looks at the window.
#include "compiler/bind/rewrite.h"
#include "compiler/optimize/rules.h"

namespace flow::optimize {

namespace {

using logical::Node;
using logical::NodeKind;
using logical::NodePtr;

// Do these expressions, over the columns of `node`, reach a window call without looking at its
// columns (nor anything on the way)? Paths without a window call look at none.
bool Blind(const Node& node, const std::vector<BoundExprPtr>& exprs) {
  switch (node.kind) {
    case NodeKind::kWindow: {
      const int inner = static_cast<int>(node.inputs[0]->columns.size());
      for (const BoundExprPtr& expr : exprs) {
        if (UsesColumns(*expr, [&](int column) { return column >= inner; })) return false;
      }
      return true;
    }
    case NodeKind::kUnnest: {
      // The elements do not look at it.
      const int inner = static_cast<int>(node.inputs[0]->columns.size());
      std::vector<BoundExprPtr> below;
      for (const BoundExprPtr& expr : exprs) {
        below.push_back(MapColumns(expr, [&](int column, const Type& type) {
          return column < inner ? MakeColumn(column, type) : MakeLiteral(Datum::Null(type));
        }));
      }
      return Blind(*node.inputs[0], below);
    }
    case NodeKind::kFilter: {
      std::vector<BoundExprPtr> all = exprs;
      all.push_back(node.predicate);
      return Blind(*node.inputs[0], all);
    }
    case NodeKind::kProject: {
      std::vector<BoundExprPtr> below;
      for (const BoundExprPtr& expr : exprs) below.push_back(Substitute(expr, node.exprs));
      return Blind(*node.inputs[0], below);
    }
    case NodeKind::kUnionAll:
      for (const NodePtr& input : node.inputs) {
        if (!Blind(*input, exprs)) return false;
      }
      return true;
    case NodeKind::kScan:
    case NodeKind::kAggregate:
    case NodeKind::kViewRef:
    case NodeKind::kLateRef:
      return true;
  }
  return false;
}

}  // namespace

void UseSlices(logical::Plan* plan) {
  RewriteNodes(plan, [&](const NodePtr& node) -> NodePtr {
    bool candidate = node->kind == NodeKind::kAggregate && node->window.has_value() &&
                     node->window->max_windows() > 1 && node->on_close;
    if (!candidate) return node;
    std::vector<BoundExprPtr> exprs = node->exprs;
    for (const bound::AggregateCall& call : node->calls) {
      if (call.argument != nullptr) exprs.push_back(call.argument);
    }
    if (!Blind(*node->inputs[0], exprs)) return node;
    Node copy = *node;
    copy.slices = true;
    return std::make_shared<const Node>(std::move(copy));
  });
}

}  // namespace flow::optimize
