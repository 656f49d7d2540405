// What a run says of itself, as text and as JSON.
#pragma once

#include <string>

#include "runtime/exec/options.h"

namespace flow {

// {"ledger":{"sources":[...],"paths":[...],"balanced":true},"key_errors":{...},"frontier":"...",...}
// on one line.
std::string LedgerJson(const RunReport& report);
std::string LedgerText(const RunReport& report);
// Tasks, partitions, kernels and memory.
std::string StatsText(const RunReport& report);
std::string StatsJson(const RunReport& report);

}  // namespace flow
