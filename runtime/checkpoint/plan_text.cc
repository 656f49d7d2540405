// Plans as JSON, and how two of them differ.
#include "runtime/checkpoint/plan_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace flow {

namespace {

const PlanPart* Find(const std::vector<PlanPart>& plan, const PlanPart& part) {
  auto found = std::find_if(plan.begin(), plan.end(), [&](const PlanPart& other) {
    return other.kind == part.kind && other.name == part.name;
  });
  return found == plan.end() ? nullptr : &*found;
}

// Sinks come and go; layouts say for people what operators say for us.
bool MayDiffer(const PlanPart& part) { return part.kind == "sink" || part.kind == "layout"; }

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  size_t begin = 0;
  while (begin < text.size()) {
    size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// The lines that only one of the two has.
std::string LineDifferences(const std::string& before, const std::string& now) {
  std::string out;
  std::vector<std::string> old_lines = Lines(before);
  std::vector<std::string> new_lines = Lines(now);
  auto missing = [](const std::vector<std::string>& in, const std::string& line) {
    return std::find(in.begin(), in.end(), line) == in.end();
  };
  for (const std::string& line : old_lines) {
    if (missing(new_lines, line)) out += "      state:   " + line + "\n";
  }
  for (const std::string& line : new_lines) {
    if (missing(old_lines, line)) out += "      program: " + line + "\n";
  }
  return out;
}

}  // namespace

std::string PlanText(const std::vector<PlanPart>& plan) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const PlanPart& part : plan) {
    json.push_back({{"kind", part.kind}, {"name", part.name}, {"text", part.text}});
  }
  return json.dump(1) + "\n";
}

Result<std::vector<PlanPart>> ParsePlan(const std::string& text, const std::string& where) {
  std::vector<PlanPart> plan;
  try {
    for (const auto& part : nlohmann::ordered_json::parse(text)) {
      plan.push_back({part.at("kind").get<std::string>(), part.at("name").get<std::string>(),
                      part.at("text").get<std::string>()});
    }
  } catch (const std::exception& e) {
    return DataError("damaged state: the plan in " + where + ": " + e.what());
  }
  return plan;
}

std::string PlanHash(const std::vector<PlanPart>& plan) { return ManifestHash(PlanText(plan)); }

std::string PlanDifferences(const std::vector<PlanPart>& before, const std::vector<PlanPart>& now) {
  std::string out;
  for (const PlanPart& part : before) {
    if (MayDiffer(part)) continue;
    const PlanPart* other = Find(now, part);
    if (other == nullptr) {
      out += "  - " + part.kind + " " + part.name + " is not in the program\n";
    } else if (other->text != part.text) {
      out += "  - " + part.kind + " " + part.name + " differs:\n" +
             LineDifferences(part.text, other->text);
    }
  }
  for (const PlanPart& part : now) {
    if (!MayDiffer(part) && Find(before, part) == nullptr) {
      out += "  - " + part.kind + " " + part.name + " is new: the state knows nothing of it\n";
    }
  }
  return out;
}

}  // namespace flow
