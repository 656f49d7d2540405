// What a state belongs to, as text that can be compared part by part.
#pragma once

#include <string>
#include <vector>

#include "runtime/checkpoint/manifest.h"

namespace flow {

std::string PlanText(const std::vector<PlanPart>& plan);  // JSON
Result<std::vector<PlanPart>> ParsePlan(const std::string& text, const std::string& where);
std::string PlanHash(const std::vector<PlanPart>& plan);

// One line a difference that makes the state useless; empty: it fits. Sinks may come and go.
std::string PlanDifferences(const std::vector<PlanPart>& before, const std::vector<PlanPart>& now);

}  // namespace flow
