// Optimize: the list of rules and the walk that they share.
#include "compiler/optimize/optimize.h"

#include <algorithm>

#include "compiler/optimize/rules.h"

namespace flow {

namespace {

struct Rule {
  const char* name;
  void (*apply)(logical::Plan* plan);
};

// The order matters: what folds away is not pushed, what is pushed is needed below.
constexpr Rule kRules[] = {
    {"constant-folding", optimize::FoldConstants},
    {"filter-pushdown", optimize::PushDownFilters},
    {"projection-pushdown", optimize::PushDownProjections},
    {"window-slices", optimize::UseSlices},
    {"partial-aggregation", optimize::PreAggregate},
    {"common-subexpressions", optimize::ShareSubexpressions},
};

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

void optimize::RewriteNodes(logical::Plan* plan,
                            const std::function<logical::NodePtr(const logical::NodePtr&)>& visit) {
  Memo memo;
  // The old nodes stay alive until the end: the memo knows them by address.
  std::vector<logical::NodePtr> before;
  for (logical::View& view : plan->views) {
    before.push_back(view.root);
    view.root = RewriteNode(*plan, view.root, visit, &memo);
  }
}

void optimize::RewriteNodes(logical::Plan* plan,
                            const std::map<const logical::Node*, logical::NodePtr>& leaves) {
  Memo memo = leaves;
  std::vector<logical::NodePtr> before;
  for (logical::View& view : plan->views) {
    before.push_back(view.root);
    view.root =
        RewriteNode(*plan, view.root, [](const logical::NodePtr& node) { return node; }, &memo);
  }
}

void Optimize(logical::Plan* plan, const std::vector<std::string>& disabled_rules) {
  for (const Rule& rule : kRules) {
    bool disabled =
        std::find(disabled_rules.begin(), disabled_rules.end(), rule.name) != disabled_rules.end();
    if (!disabled) rule.apply(plan);
  }
}

std::vector<std::string> RuleNames() {
  std::vector<std::string> names;
  for (const Rule& rule : kRules) names.emplace_back(rule.name);
  return names;
}

}  // namespace flow
