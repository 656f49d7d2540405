// Rewriting of the logical plan: one ordered list of rules, each of which can be switched off. No
// rule changes a result, nor which rows are dead, filtered or late.
#pragma once

#include <string>
#include <vector>

#include "compiler/logical/logical.h"

namespace flow {

// Applies the rules in order, but for those named.
void Optimize(logical::Plan* plan, const std::vector<std::string>& disabled_rules);

// The names of all rules, in order.
std::vector<std::string> RuleNames();

}  // namespace flow
