// NEXMark's queries that keep sets: sessions of a bidder, and how many different bidders and
// auctions there are.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <string_view>

#include "tests/perf/twin/bids.h"

namespace flow::twin {

// Bids of a bidder with less than ten seconds between them.
void Q11(const Paths& paths, bool print) {
  constexpr int64_t kGap = 10 * kSecond;
  Log log(BidColumns({{"bidder", TypeKind::kBigint}, {"dateTime", TypeKind::kTimestamp}}));
  NumberTable<std::vector<int64_t>> times;  // one file's after the other's
  auto rows = [&](const Batch& batch) {
    for (int32_t i = 0; i < batch.rows; ++i) {
      if (!IsBid(batch, i)) continue;
      if (!IsValue(batch, 1, i) || !IsValue(batch, 2, i)) Fail("a bid without bidder or time");
      times[Values<int64_t>(batch, 1)[i]].push_back(Values<int64_t>(batch, 2)[i]);
    }
  };
  ReadAll(&log, paths, [] {}, rows);
  Output out({{"bidder", TypeKind::kBigint},
              {"bids", TypeKind::kBigint},
              {"window_start", TypeKind::kTimestamp},
              {"window_end", TypeKind::kTimestamp}},
             print);
  std::vector<int64_t> sorted;
  times.ForEach([&](int64_t bidder, const std::vector<int64_t>& of_bidder) {
    sorted = of_bidder;
    std::sort(sorted.begin(), sorted.end());
    for (size_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
      for (end = begin + 1; end < sorted.size() && sorted[end] - sorted[end - 1] < kGap;) ++end;
      const int32_t row = out.Next();
      out.Cell<int64_t>(0, row) = bidder;
      out.Cell<int64_t>(1, row) = static_cast<int64_t>(end - begin);
      out.Cell<int64_t>(2, row) = sorted[begin];
      out.Cell<int64_t>(3, row) = sorted[end - 1] + kGap;
    }
  });
  out.Finish();
}

namespace {

// Numbers other than 0, which marks a free slot.
class NumberSet {
 public:
  void Add(int64_t number) {
    if (number == 0) Fail("a number is 0");
    if (2 * (size_ + 1) > static_cast<int64_t>(slots_.size())) Grow();
    int64_t& slot = Find(number);
    size_ += slot == 0;
    slot = number;
  }
  int64_t size() const { return size_; }

 private:
  int64_t& Find(int64_t number) {
    const uint64_t mask = slots_.size() - 1;
    uint64_t i = MixHash()(number) & mask;
    while (slots_[i] != 0 && slots_[i] != number) i = (i + 1) & mask;
    return slots_[i];
  }
  void Grow() {
    std::vector<int64_t> old(std::max<size_t>(4, 2 * slots_.size()));
    old.swap(slots_);
    for (int64_t number : old) {
      if (number != 0) Find(number) = number;
    }
  }
  std::vector<int64_t> slots_;
  int64_t size_ = 0;
};

// Of all bids, and of those with a price in each of three ranges.
struct Counts {
  int64_t bids[4] = {};
  NumberSet bidders[4], auctions[4];

  void Add(int64_t price, int64_t bidder, int64_t auction) {
    for (int rank : {0, price < 10'000 ? 1 : price < 1'000'000 ? 2 : 3}) {
      ++bids[rank];
      bidders[rank].Add(bidder);
      auctions[rank].Add(auction);
    }
  }
  void Write(int column, int32_t row, Output* out) const {
    for (int64_t count : bids) out->Cell<int64_t>(column++, row) = count;
    for (const NumberSet& set : bidders) out->Cell<int64_t>(column++, row) = set.size();
    for (const NumberSet& set : auctions) out->Cell<int64_t>(column++, row) = set.size();
  }
};

std::vector<std::pair<std::string, Type>> WithCounts(
    std::vector<std::pair<std::string, Type>> columns) {
  for (const char* of : {"bids", "bidders", "auctions"}) {
    for (const char* rank : {"total_", "rank1_", "rank2_", "rank3_"}) {
      columns.emplace_back(std::string(rank) + of, TypeKind::kBigint);
    }
  }
  return columns;
}

std::vector<program::SourceColumn> CountedColumns() {
  return BidColumns({{"auction", TypeKind::kBigint},
                     {"bidder", TypeKind::kBigint},
                     {"price", TypeKind::kBigint},
                     {"dateTime", TypeKind::kTimestamp},
                     {"channel", TypeKind::kString}});
}

// Calls f(row, time of day, counts of the day) for each bid, with counts(row, day) of its group.
template <typename CountsOf>
void CountAll(const Paths& paths, const CountsOf& counts) {
  Log log(CountedColumns());
  auto rows = [&](const Batch& batch) {
    for (int32_t i = 0; i < batch.rows; ++i) {
      if (!IsBid(batch, i)) continue;
      for (int column = 1; column <= 4; ++column) {
        if (!IsValue(batch, column, i)) Fail("a bid without auction, bidder, price or time");
      }
      const int64_t time = Values<int64_t>(batch, 4)[i];
      counts(batch, i, time)
          .Add(Values<int64_t>(batch, 3)[i], Values<int64_t>(batch, 2)[i],
               Values<int64_t>(batch, 1)[i]);
    }
  };
  ReadAll(&log, paths, [] {}, rows);
}

}  // namespace

// Bids, bidders and auctions of a day.
void Q15(const Paths& paths, bool print) {
  NumberTable<Counts> days;
  int64_t last_day = INT64_MIN;
  Counts* last = nullptr;
  CountAll(paths, [&](const Batch&, int32_t, int64_t time) -> Counts& {
    const int64_t day = Truncate(time, kDay) / kDay;
    if (last == nullptr || day != last_day) last = &days[day];
    last_day = day;
    return *last;
  });
  Output out(WithCounts({{"day", TypeKind::kString}}), print);
  days.ForEach([&](int64_t day, const Counts& counts) {
    const int32_t row = out.Next();
    out.Cell<FlowString>(0, row) = DayText(day);
    counts.Write(1, row, &out);
  });
  out.Finish();
}

namespace {

struct ChannelDay {
  std::string channel;
  int64_t day = 0;
  bool operator==(const ChannelDay&) const = default;
};
struct ChannelDayView {
  std::string_view channel;
  int64_t day;
  explicit operator ChannelDay() const { return {std::string(channel), day}; }
  friend bool operator==(const ChannelDay& a, const ChannelDayView& b) {
    return a.day == b.day && a.channel == b.channel;
  }
};
struct ChannelDayHash {
  template <typename Key>
  uint64_t operator()(const Key& key) const {
    return XXH3_64bits(key.channel.data(), key.channel.size()) ^
           Mix(static_cast<uint64_t>(key.day));
  }
};
struct ChannelCounts : Counts {
  int64_t minute = 0;  // of the day: the greatest
};

}  // namespace

// The same of a channel and day, and the last minute of a day with a bid.
void Q16(const Paths& paths, bool print) {
  Table<ChannelDay, ChannelCounts, ChannelDayHash> groups;
  CountAll(paths, [&](const Batch& batch, int32_t row, int64_t time) -> Counts& {
    if (!IsValue(batch, 5, row)) Fail("a bid without channel");
    const FlowString& channel = Values<FlowString>(batch, 5)[row];
    const int64_t day = Truncate(time, kDay);
    ChannelCounts& counts =
        groups[ChannelDayView{{flow_string_data(&channel), channel.size}, day / kDay}];
    counts.minute = std::max(counts.minute, (time - day) / kMinute);
    return counts;
  });
  Output out(WithCounts({{"channel", TypeKind::kString},
                         {"day", TypeKind::kString},
                         {"minute", TypeKind::kString}}),
             print);
  groups.ForEach([&](const ChannelDay& key, const ChannelCounts& counts) {
    const int32_t row = out.Next();
    flow_string_set(&out.Cell<FlowString>(0, row), key.channel.data(),
                    static_cast<uint32_t>(key.channel.size()));
    out.Cell<FlowString>(1, row) = DayText(key.day);
    const auto hour = static_cast<char>(counts.minute / 60),
               minute = static_cast<char>(counts.minute % 60);
    const char text[] = {static_cast<char>('0' + hour / 10), static_cast<char>('0' + hour % 10),
                         ':', static_cast<char>('0' + minute / 10),
                         static_cast<char>('0' + minute % 10)};
    flow_string_set(&out.Cell<FlowString>(2, row), text, sizeof text);
    counts.Write(3, row, &out);
  });
  out.Finish();
}

}  // namespace flow::twin
