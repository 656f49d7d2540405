// What the queries over NEXMark's bids share: column 0 is the kind of the event, the others are of
// the bid.
#pragma once

#include "tests/perf/twin/twin.h"

namespace flow::twin {

inline constexpr int64_t kDay = 24 * 60 * kMinute;

inline bool IsBid(const Batch& batch, int32_t row) {
  constexpr int32_t kBid = 2;
  return Values<int32_t>(batch, 0)[row] == kBid && IsValue(batch, 0, row);
}

inline std::vector<program::SourceColumn> BidColumns(
    std::vector<std::pair<const char*, Type>> of_bid) {
  std::vector<program::SourceColumn> columns = {Field({"event_type"}, TypeKind::kInt)};
  for (auto& [name, type] : of_bid) columns.push_back(Field({"bid", name}, type));
  return columns;
}

// "2023-01-01" of days since 1970.
FlowString DayText(int64_t day);

}  // namespace flow::twin
