// What people ask of a state directory: flowc status, state, dlq. Lines go to `out`, without
// newline.
#pragma once

#include <functional>
#include <string>

#include "runtime/base/status.h"

namespace flow {

using LineOut = std::function<void(const std::string&)>;

// Frontier, lag, watermarks, sinks, ledger, sizes, the last epochs; what a stuck run waits for.
Status StateStatus(const std::string& root, bool json, const LineOut& out);
// Operators with entries and bytes.
Status StateList(const std::string& root, bool json, const LineOut& out);
// Entries of an operator ("" if there is only one) whose text contains `match`.
Status StateInspect(const std::string& root, const std::string& name, const std::string& match,
                    int64_t limit, const LineOut& out);
// Entries that differ between two directories. `*differ`: how many.
Status StateDiff(const std::string& a, const std::string& b, int64_t limit, const LineOut& out,
                 int64_t* differ);
// Dead letters that the state keeps, by source; and themselves, as DEAD LETTER would write them.
Status DeadLetterList(const std::string& root, bool json, const LineOut& out);
Status DeadLetterShow(const std::string& root, const std::string& source, int64_t limit,
                      const LineOut& out);

}  // namespace flow
