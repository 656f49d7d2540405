// Optimize: the list of rules, in the order in which they are applied.
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
    {"late-decoding", optimize::DecodeLate},
    {"window-slices", optimize::UseSlices},
    {"partial-aggregation", optimize::PreAggregate},
    {"common-subexpressions", optimize::ShareSubexpressions},
};

}  // namespace

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
