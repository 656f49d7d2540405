// RewriteNodes: the walk over a plan that the rules share.
#include <functional>
#include <map>

#include "compiler/optimize/rules.h"

namespace flow::optimize {

namespace {

using Memo = std::map<const logical::Node*, logical::NodePtr>;

logical::NodePtr RewriteNode(const logical::Plan& plan, const logical::NodePtr& node,
                             const std::function<logical::NodePtr(const logical::NodePtr&)>& visit,
                             Memo* memo) {
  if (auto found = memo->find(node.get()); found != memo->end()) return found->second;
  std::vector<logical::NodePtr> inputs;
  for (const logical::NodePtr& input : node->inputs) {
    inputs.push_back(RewriteNode(plan, input, visit, memo));
  }
  // Derived anew even where the inputs are the same: a view that it names may have changed.
  logical::NodePtr result = visit(logical::WithInputs(plan, *node, std::move(inputs)));
  memo->emplace(node.get(), result);
  return result;
}

}  // namespace

void RewriteNodes(logical::Plan* plan,
                  const std::function<logical::NodePtr(const logical::NodePtr&)>& visit) {
  Memo memo;
  // The old nodes stay alive until the end: the memo knows them by address.
  std::vector<logical::NodePtr> before;
  for (logical::View& view : plan->views) {
    before.push_back(view.root);
    view.root = RewriteNode(*plan, view.root, visit, &memo);
  }
}

void RewriteNodes(logical::Plan* plan,
                  const std::map<const logical::Node*, logical::NodePtr>& leaves) {
  Memo memo = leaves;
  std::vector<logical::NodePtr> before;
  for (logical::View& view : plan->views) {
    before.push_back(view.root);
    view.root =
        RewriteNode(*plan, view.root, [](const logical::NodePtr& node) { return node; }, &memo);
  }
}

}  // namespace flow::optimize
