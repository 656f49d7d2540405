// Queries over clicks and over the logs of DATAGEN: windows, and groups without any.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <charconv>
#include <string_view>

#include "tests/perf/twin/twin.h"

namespace flow::twin {

namespace {

struct Total {
  int64_t rows = 0;
  FlowInt128 sum = 0;
};

struct PageTotal {
  int64_t views = 0, known = 0, paid = 0;
  FlowInt128 revenue = 0;
};

struct TextHash {
  uint64_t operator()(std::string_view text) const { return XXH3_64bits(text.data(), text.size()); }
};

std::string_view Text(const FlowString& text) { return {flow_string_data(&text), text.size}; }

}  // namespace

// Views, known users and revenue a page and minute.
void Clicks(const Paths& paths, bool print) {
  Log log({Field({"user_id"}, TypeKind::kBigint), Field({"page"}, TypeKind::kString),
           Field({"revenue"}, Type::Decimal(12, 2)), Field({"ts"}, TypeKind::kTimestamp)});
  Clock clock(400 * kSecond);
  Windows<Table<std::string, PageTotal, TextHash>> windows;
  auto rows = [&](const Batch& batch) {
    for (int32_t i = 0; i < batch.rows; ++i) {
      if (!IsValue(batch, 3, i)) continue;
      const int64_t time = Values<int64_t>(batch, 3)[i];
      const int64_t start = Truncate(time, kMinute);
      if (clock.Late(time, start + kMinute)) continue;
      if (!IsValue(batch, 1, i)) Fail("a click without a page");
      PageTotal& total = windows.At(start)[Text(Values<FlowString>(batch, 1)[i])];
      ++total.views;
      total.known += IsValue(batch, 0, i);
      if (!IsValue(batch, 2, i)) continue;
      ++total.paid;
      total.revenue += Values<FlowInt128>(batch, 2)[i];
    }
  };
  ReadAll(&log, paths, [&] { clock.Start(); }, rows);
  Output out({{"page", TypeKind::kString},
              {"window_start", TypeKind::kTimestamp},
              {"views", TypeKind::kBigint},
              {"known", TypeKind::kBigint},
              {"revenue", Type::Decimal(38, 2)}},
             print);
  for (const auto& [start, table] : windows.tables()) {
    table.ForEach([&, start = start](const std::string& page, const PageTotal& total) {
      const int32_t row = out.Next();
      flow_string_set(&out.Cell<FlowString>(0, row), page.data(),
                      static_cast<uint32_t>(page.size()));
      out.Cell<int64_t>(1, row) = start;
      out.Cell<int64_t>(2, row) = total.views;
      out.Cell<int64_t>(3, row) = total.known;
      out.Cell<FlowInt128>(4, row) = total.revenue;
      if (total.paid == 0) out.SetNull(4, row);
    });
  }
  out.Finish();
}

// Views a campaign and ten seconds.
void Ysb(const Paths& paths, bool print) {
  constexpr int64_t kSize = 10 * kSecond;
  Log log({Field({"ad_id"}, TypeKind::kString), Field({"event_type"}, TypeKind::kString),
           Field({"event_time"}, TypeKind::kTimestamp)});
  Clock clock(kSecond);
  Windows<NumberTable<int64_t>> windows;
  FlowString view;
  flow_string_set(&view, "view", 4);
  auto rows = [&](const Batch& batch) {
    for (int32_t i = 0; i < batch.rows; ++i) {
      if (!IsValue(batch, 2, i)) continue;
      const int64_t time = Values<int64_t>(batch, 2)[i];
      const int64_t start = Truncate(time, kSize);
      if (clock.Late(time, start + kSize)) continue;
      if (!IsValue(batch, 1, i) || !flow_string_equal(&Values<FlowString>(batch, 1)[i], &view)) {
        continue;
      }
      const std::string_view ad = Text(Values<FlowString>(batch, 0)[i]);  // "ad-123"
      int32_t number = 0;
      if (!IsValue(batch, 0, i) || ad.size() < 4 ||
          std::from_chars(ad.data() + 3, ad.data() + ad.size(), number).ptr !=
              ad.data() + ad.size()) {
        Fail("an ad without a number");
      }
      ++windows.At(start)[int64_t{number / 10}];
    }
  };
  ReadAll(&log, paths, [&] { clock.Start(); }, rows);
  Output out({{"campaign", TypeKind::kInt},
              {"window_start", TypeKind::kTimestamp},
              {"views", TypeKind::kBigint}},
             print);
  for (const auto& [start, table] : windows.tables()) {
    table.ForEach([&, start = start](int64_t campaign, int64_t views) {
      const int32_t row = out.Next();
      out.Cell<int32_t>(0, row) = static_cast<int32_t>(campaign);
      out.Cell<int64_t>(1, row) = start;
      out.Cell<int64_t>(2, row) = views;
    });
  }
  out.Finish();
}

// Readings and their total a sensor and five minutes, every second: slices of a second, of which a
// window's totals take in one and give up another.
void Hop5m(const Paths& paths, bool print) {
  constexpr int64_t kSlice = kSecond;
  constexpr int64_t kSize = 5 * kMinute;
  Log log({Field({"sensor"}, TypeKind::kInt), Field({"value"}, Type::Decimal(12, 2)),
           Field({"ts"}, TypeKind::kTimestamp)});
  Clock clock(kSecond);
  Windows<NumberTable<Total>> slices;
  auto rows = [&](const Batch& batch) {
    for (int32_t i = 0; i < batch.rows; ++i) {
      if (!IsValue(batch, 2, i)) continue;
      const int64_t time = Values<int64_t>(batch, 2)[i];
      const int64_t start = Truncate(time, kSlice);
      // The first window with this slice ends with it.
      if (clock.Late(time, start + kSlice)) Fail("a reading is late for some of its windows");
      if (!IsValue(batch, 0, i) || !IsValue(batch, 1, i)) Fail("a reading without sensor or value");
      Total& total = slices.At(start)[int64_t{Values<int32_t>(batch, 0)[i]}];
      ++total.rows;
      total.sum += Values<FlowInt128>(batch, 1)[i];
    }
  };
  ReadAll(&log, paths, [&] { clock.Start(); }, rows);
  Output out({{"sensor", TypeKind::kInt},
              {"window_start", TypeKind::kTimestamp},
              {"readings", TypeKind::kBigint},
              {"total", Type::Decimal(38, 2)}},
             print);
  const auto& tables = slices.tables();
  if (tables.empty()) return out.Finish();
  NumberTable<Total> window;  // of all sensors; one without readings has none in this window
  auto entering = tables.begin(), leaving = tables.begin();
  const int64_t last = tables.rbegin()->first;
  for (int64_t start = tables.begin()->first - kSize + kSlice; start <= last; start += kSlice) {
    for (; leaving != tables.end() && leaving->first < start; ++leaving) {
      leaving->second.ForEach([&](int64_t sensor, const Total& total) {
        Total& of = window[sensor];
        of.rows -= total.rows;
        of.sum -= total.sum;
      });
    }
    for (; entering != tables.end() && entering->first < start + kSize; ++entering) {
      entering->second.ForEach([&](int64_t sensor, const Total& total) {
        Total& of = window[sensor];
        of.rows += total.rows;
        of.sum += total.sum;
      });
    }
    window.ForEach([&](int64_t sensor, const Total& total) {
      if (total.rows == 0) return;
      const int32_t row = out.Next();
      out.Cell<int32_t>(0, row) = static_cast<int32_t>(sensor);
      out.Cell<int64_t>(1, row) = start;
      out.Cell<int64_t>(2, row) = total.rows;
      out.Cell<FlowInt128>(3, row) = total.sum;
    });
  }
  out.Finish();
}

// Rows and their total a key.
void Groups(const Paths& paths, bool print) {
  Log log({Field({"key"}, TypeKind::kBigint), Field({"value"}, Type::Decimal(12, 2))});
  NumberTable<Total> table;
  auto rows = [&](const Batch& batch) {
    for (int32_t i = 0; i < batch.rows; ++i) {
      if (!IsValue(batch, 0, i) || !IsValue(batch, 1, i)) Fail("a row without key or value");
      Total& total = table[Values<int64_t>(batch, 0)[i]];
      ++total.rows;
      total.sum += Values<FlowInt128>(batch, 1)[i];
    }
  };
  ReadAll(&log, paths, [] {}, rows);
  Output out(
      {{"key", TypeKind::kBigint}, {"rows", TypeKind::kBigint}, {"total", Type::Decimal(38, 2)}},
      print);
  table.ForEach([&](int64_t key, const Total& total) {
    const int32_t row = out.Next();
    out.Cell<int64_t>(0, row) = key;
    out.Cell<int64_t>(1, row) = total.rows;
    out.Cell<FlowInt128>(2, row) = total.sum;
  });
  out.Finish();
}

}  // namespace flow::twin
