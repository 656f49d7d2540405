// NEXMark's queries over the bids.
#include <algorithm>
#include <cstdio>

#include "tests/perf/twin/bids.h"

namespace flow::twin {

namespace {

// The bids as they are, but for the price.
template <typename Price>
void PassOn(const Paths& paths, bool print, const Type& price_type, const Price& price) {
  Log log(BidColumns({{"auction", TypeKind::kBigint},
                      {"bidder", TypeKind::kBigint},
                      {"price", TypeKind::kBigint},
                      {"dateTime", TypeKind::kTimestamp},
                      {"extra", TypeKind::kString}}));
  Output out({{"auction", TypeKind::kBigint},
              {"bidder", TypeKind::kBigint},
              {"price", price_type},
              {"dateTime", TypeKind::kTimestamp},
              {"extra", TypeKind::kString}},
             print);
  auto rows = [&](const Batch& batch) {
    for (int32_t i = 0; i < batch.rows; ++i) {
      if (!IsBid(batch, i)) continue;
      const int32_t row = out.Next();
      out.Copy<int64_t>(batch, 1, i, 0, row);
      out.Copy<int64_t>(batch, 2, i, 1, row);
      price(batch, i, &out, row);
      out.Copy<int64_t>(batch, 4, i, 3, row);
      out.Copy<FlowString>(batch, 5, i, 4, row);
    }
    out.Flush();
  };
  ReadAll(&log, paths, [] {}, rows);
  out.Finish();
}

}  // namespace

void Q0(const Paths& paths, bool print) {
  PassOn(paths, print, TypeKind::kBigint,
         [](const Batch& batch, int32_t i, Output* out, int32_t row) {
           out->Copy<int64_t>(batch, 3, i, 2, row);
         });
}

// The price in euros: 0.908 of that in dollars.
void Q1(const Paths& paths, bool print) {
  PassOn(paths, print, Type::Decimal(23, 3),
         [](const Batch& batch, int32_t i, Output* out, int32_t row) {
           if (!IsValue(batch, 3, i)) return out->SetNull(2, row);
           out->Cell<FlowInt128>(2, row) = FlowInt128{908} * Values<int64_t>(batch, 3)[i];
         });
}

// The bids on every 123rd auction.
void Q2(const Paths& paths, bool print) {
  Log log(BidColumns({{"auction", TypeKind::kBigint}, {"price", TypeKind::kBigint}}));
  Output out({{"auction", TypeKind::kBigint}, {"price", TypeKind::kBigint}}, print);
  auto rows = [&](const Batch& batch) {
    for (int32_t i = 0; i < batch.rows; ++i) {
      if (!IsBid(batch, i) || !IsValue(batch, 1, i)) continue;
      const int64_t auction = Values<int64_t>(batch, 1)[i];
      if (auction % 123 != 0) continue;
      const int32_t row = out.Next();
      out.Cell<int64_t>(0, row) = auction;
      out.Copy<int64_t>(batch, 2, i, 1, row);
    }
  };
  ReadAll(&log, paths, [] {}, rows);
  out.Finish();
}

// Bids a bidder and ten seconds. The event time is that of the record, whatever its kind.
void Q12(const Paths& paths, bool print) {
  constexpr int64_t kSize = 10 * kSecond;
  std::vector<program::SourceColumn> columns =
      BidColumns({{"bidder", TypeKind::kBigint}, {"dateTime", TypeKind::kTimestamp}});
  columns.push_back(Field({"person", "dateTime"}, TypeKind::kTimestamp));
  columns.push_back(Field({"auction", "dateTime"}, TypeKind::kTimestamp));
  Log log(std::move(columns));
  Clock clock(4 * kSecond);
  Windows<NumberTable<int64_t>> windows;
  auto rows = [&](const Batch& batch) {
    for (int32_t i = 0; i < batch.rows; ++i) {
      const int column = IsValue(batch, 2, i) ? 2 : IsValue(batch, 3, i) ? 3 : 4;
      if (!IsValue(batch, column, i)) continue;
      const int64_t time = Values<int64_t>(batch, column)[i];
      const int64_t start = Truncate(time, kSize);
      if (clock.Late(time, start + kSize) || !IsBid(batch, i)) continue;
      if (!IsValue(batch, 1, i)) Fail("a bid without a bidder");
      ++windows.At(start)[Values<int64_t>(batch, 1)[i]];
    }
  };
  ReadAll(&log, paths, [&] { clock.Start(); }, rows);
  Output out({{"bidder", TypeKind::kBigint},
              {"bids", TypeKind::kBigint},
              {"window_start", TypeKind::kTimestamp}},
             print);
  for (const auto& [start, table] : windows.tables()) {
    table.ForEach([&, start = start](int64_t bidder, int64_t bids) {
      const int32_t row = out.Next();
      out.Cell<int64_t>(0, row) = bidder;
      out.Cell<int64_t>(1, row) = bids;
      out.Cell<int64_t>(2, row) = start;
    });
  }
  out.Finish();
}

namespace {

struct AuctionDay {
  int64_t auction = 0, day = 0;
  bool operator==(const AuctionDay&) const = default;
};
struct AuctionDayHash {
  uint64_t operator()(const AuctionDay& key) const {
    return Mix(static_cast<uint64_t>(key.auction) * 31 + static_cast<uint64_t>(key.day));
  }
};
struct Prices {
  int64_t bids = 0, cheap = 0, middle = 0, dear = 0;
  int64_t least = INT64_MAX, greatest = INT64_MIN, sum = 0;
};

}  // namespace

FlowString DayText(int64_t day) {
  const int64_t z = day + 719468, era = z / 146097, of_era = z - era * 146097;
  const int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted = (5 * of_year + 2) / 153;
  const int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  char text[32];
  const int size = std::snprintf(
      text, sizeof text, "%04d-%02d-%02d", static_cast<int>(year_of_era + era * 400 + (month <= 2)),
      static_cast<int>(month), static_cast<int>(of_year - (153 * shifted + 2) / 5 + 1));
  FlowString result;
  flow_string_set(&result, text, static_cast<uint32_t>(size));
  return result;
}

// What is bid on an auction in a day.
void Q17(const Paths& paths, bool print) {
  Log log(BidColumns({{"auction", TypeKind::kBigint},
                      {"price", TypeKind::kBigint},
                      {"dateTime", TypeKind::kTimestamp}}));
  Table<AuctionDay, Prices, AuctionDayHash> table;
  auto rows = [&](const Batch& batch) {
    for (int32_t i = 0; i < batch.rows; ++i) {
      if (!IsBid(batch, i)) continue;
      if (!IsValue(batch, 1, i) || !IsValue(batch, 2, i) || !IsValue(batch, 3, i)) {
        Fail("a bid without auction, price or time");
      }
      const int64_t price = Values<int64_t>(batch, 2)[i];
      Prices& prices = table[{Values<int64_t>(batch, 1)[i],
                              Truncate(Values<int64_t>(batch, 3)[i], kDay) / kDay}];
      ++prices.bids;
      prices.cheap += price < 10'000;
      prices.middle += price >= 10'000 && price < 1'000'000;
      prices.dear += price >= 1'000'000;
      prices.least = std::min(prices.least, price);
      prices.greatest = std::max(prices.greatest, price);
      if (__builtin_add_overflow(prices.sum, price, &prices.sum)) Fail("a sum of prices overflows");
    }
  };
  ReadAll(&log, paths, [] {}, rows);
  Output out({{"auction", TypeKind::kBigint},
              {"day", TypeKind::kString},
              {"total_bids", TypeKind::kBigint},
              {"rank1_bids", TypeKind::kBigint},
              {"rank2_bids", TypeKind::kBigint},
              {"rank3_bids", TypeKind::kBigint},
              {"min_price", TypeKind::kBigint},
              {"max_price", TypeKind::kBigint},
              {"sum_price", TypeKind::kBigint}},
             print);
  int64_t last_day = INT64_MIN;
  FlowString day_text{};
  table.ForEach([&](const AuctionDay& key, const Prices& prices) {
    if (key.day != last_day) {
      last_day = key.day;
      day_text = DayText(key.day);
    }
    const int32_t row = out.Next();
    out.Cell<int64_t>(0, row) = key.auction;
    out.Cell<FlowString>(1, row) = day_text;
    int column = 2;
    for (int64_t value : {prices.bids, prices.cheap, prices.middle, prices.dear, prices.least,
                          prices.greatest, prices.sum}) {
      out.Cell<int64_t>(column++, row) = value;
    }
  });
  out.Finish();
}

}  // namespace flow::twin
