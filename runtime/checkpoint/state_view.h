// Reading a state directory without its lock, beside the run that writes it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/checkpoint/manifest.h"

namespace flow {

struct StateView {
  std::string root;
  std::string uid;
  Manifest manifest;
  std::vector<PlanPart> plan;
  bool running = false;  // some process holds the lock
  std::string status;    // what that process said last: JSON, see Epochs
};

// What CURRENT names; tries again if the run has moved on meanwhile.
Result<StateView> ReadStateView(Files* files, const std::string& root);

// Every live record, in key order. Tries again if segments were folded away before the first one.
Status ReadStateRecords(
    Files* files, const std::string& root,
    const std::function<Status(const StateView&, const std::string& owner, std::string_view key,
                               std::string_view value)>& f);

}  // namespace flow
