// What the wall clock decided, as data: which partitions were left out of the watermark, from what
// event time on they counted when they came back, and which ranges of offsets were not read. A live
// stream writes the log, bounded runs read it, so both compute the same watermarks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/status.h"

namespace flow {

// (source, partition)
using PartitionId = std::pair<std::string, int>;

struct Decision {
  enum class Kind {
    kOut,   // the partition is out from `cut` until its offset passes cut[partition]
    kBack,  // from `offset` on the partition counts as having seen event time `event_time`
    kShed,  // the records from `offset` to before `end` are not part of the log that counts
  };
  Kind kind = Kind::kOut;
  PartitionId partition;
  int64_t offset = 0;
  int64_t event_time = 0;              // us; kBack
  int64_t end = 0;                     // kShed
  std::map<PartitionId, int64_t> cut;  // next offset of every partition; kOut
};

// One JSON object a line: {"out":["clicks",1],"cut":[["clicks",0,17],["clicks",1,5]]},
// {"back":["clicks",1],"offset":5,"event_time":1767225600000001} and
// {"shed":["clicks",1],"offset":5,"end":70}.
std::string DecisionJson(const Decision& decision);
// Reads what DecisionJson wrote; nullopt: it is none.
std::optional<Decision> ParseDecision(const std::string& line);
Result<std::vector<Decision>> ReadDecisions(const std::string& path);

// The ranges [begin, end) of a partition that were shed, ascending and apart from each other.
std::vector<std::pair<int64_t, int64_t>> ShedRanges(const std::vector<Decision>& decisions,
                                                    const PartitionId& partition);

// Is the partition out at this frontier? Counts the decisions whose cut the frontier has reached.
bool IsOut(const std::vector<Decision>& decisions, const PartitionId& partition,
           const std::map<PartitionId, int64_t>& frontier);

}  // namespace flow
