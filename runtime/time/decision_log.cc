// Reading and writing decisions.
#include "runtime/time/decision_log.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

namespace flow {

using nlohmann::json;

std::string DecisionJson(const Decision& decision) {
  json line;
  json partition = json::array({decision.partition.first, decision.partition.second});
  switch (decision.kind) {
    case Decision::Kind::kBack:
      line["back"] = partition;
      line["offset"] = decision.offset;
      line["event_time"] = decision.event_time;
      break;
    case Decision::Kind::kShed:
      line["shed"] = partition;
      line["offset"] = decision.offset;
      line["end"] = decision.end;
      break;
    case Decision::Kind::kOut:
      line["out"] = partition;
      line["cut"] = json::array();
      for (const auto& [id, offset] : decision.cut) {
        line["cut"].push_back(json::array({id.first, id.second, offset}));
      }
      break;
  }
  return line.dump();
}

std::optional<Decision> ParseDecision(const std::string& line) {
  json value = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!value.is_object()) return std::nullopt;
  Decision decision;
  const char* kind = value.contains("back") ? "back" : value.contains("shed") ? "shed" : "out";
  const json& partition = value[kind];
  if (!partition.is_array() || partition.size() != 2 || !partition[0].is_string() ||
      !partition[1].is_number_integer()) {
    return std::nullopt;
  }
  decision.partition = {partition[0].get<std::string>(), partition[1].get<int>()};
  auto take = [&](const char* name, int64_t* out) {
    if (!value[name].is_number_integer()) return false;
    *out = value[name].get<int64_t>();
    return true;
  };
  if (value.contains("back")) {
    decision.kind = Decision::Kind::kBack;
    if (!take("offset", &decision.offset) || !take("event_time", &decision.event_time)) {
      return std::nullopt;
    }
    return decision;
  }
  if (value.contains("shed")) {
    decision.kind = Decision::Kind::kShed;
    if (!take("offset", &decision.offset) || !take("end", &decision.end)) return std::nullopt;
    if (decision.offset < 0 || decision.end <= decision.offset) return std::nullopt;
    return decision;
  }
  if (!value["cut"].is_array()) return std::nullopt;
  for (const json& entry : value["cut"]) {
    if (!entry.is_array() || entry.size() != 3 || !entry[0].is_string() ||
        !entry[1].is_number_integer() || !entry[2].is_number_integer()) {
      return std::nullopt;
    }
    decision.cut[{entry[0].get<std::string>(), entry[1].get<int>()}] = entry[2].get<int64_t>();
  }
  return decision;
}

Result<std::vector<Decision>> ReadDecisions(const std::string& path) {
  std::ifstream file(path);
  if (!file) return ExternalError("can not read the decision log " + path);
  std::vector<Decision> decisions;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty()) continue;
    std::optional<Decision> decision = ParseDecision(line);
    if (!decision) {
      return DataError(path + ":" + std::to_string(number) + ": not a decision",
                       "the file is written by a live stream with --decisions");
    }
    decisions.push_back(std::move(*decision));
  }
  return decisions;
}

std::vector<std::pair<int64_t, int64_t>> ShedRanges(const std::vector<Decision>& decisions,
                                                    const PartitionId& partition) {
  std::vector<std::pair<int64_t, int64_t>> all, apart;
  for (const Decision& decision : decisions) {
    if (decision.kind != Decision::Kind::kShed || decision.partition != partition) continue;
    all.emplace_back(decision.offset, decision.end);
  }
  std::sort(all.begin(), all.end());
  for (const auto& range : all) {
    if (!apart.empty() && range.first <= apart.back().second) {
      apart.back().second = std::max(apart.back().second, range.second);
    } else {
      apart.push_back(range);
    }
  }
  return apart;
}

bool IsOut(const std::vector<Decision>& decisions, const PartitionId& partition,
           const std::map<PartitionId, int64_t>& frontier) {
  for (const Decision& decision : decisions) {
    if (decision.kind != Decision::Kind::kOut || decision.partition != partition) continue;
    bool reached = true;
#ifdef FLOW_MUTANT_OUT_FOR_EVER
    return true;
#endif
    for (const auto& [id, offset] : decision.cut) {
      auto at = frontier.find(id);
      if (at == frontier.end() || at->second < offset) {
        reached = false;
        break;
      }
      if (id == partition && at->second != offset) {
        reached = false;  // the partition has spoken again since
        break;
      }
    }
    if (reached) return true;
  }
  return false;
}

}  // namespace flow
