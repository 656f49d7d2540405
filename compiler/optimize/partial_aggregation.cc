// partial-aggregation: rows of one key are put together where they arise, before the exchange.
#include "compiler/optimize/rules.h"

namespace flow::optimize {

void PreAggregate(logical::Plan* plan) {
  RewriteNodes(plan, [](const logical::NodePtr& node) -> logical::NodePtr {
    if (node->kind != logical::NodeKind::kAggregate) return node;
    logical::Node copy = *node;
    copy.partial = true;
    return std::make_shared<const logical::Node>(std::move(copy));
  });
}

}  // namespace flow::optimize
