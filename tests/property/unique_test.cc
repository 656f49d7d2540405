// links: compiler/driver
// labels: tsan
//
// UNIQUE BY keeps what its definition says: over random logs of several partitions, up to random
// frontiers, stream and batch keep the records that a direct reading of the rule keeps.
//
// FLOW_CASES: how many logs (default 150); FLOW_SEED: the first seed, printed on failure.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <tuple>

#include "tests/generator/random.h"
#include "tests/support/exec_case.h"
#include "tests/support/quick.h"

namespace flow {
namespace {

using test::Random;

struct Record {
  int64_t id, key, seconds;  // key 0: NULL
};
using Log = std::vector<std::vector<Record>>;  // by partition

struct Kept {
  std::vector<int64_t> ids;
  int64_t duplicate = 0, held = 0;
};

// The rule, read directly: all records up to the frontier by (clock, partition, offset), those that
// wait for another partition left out, each compared with every one that was kept before.
Kept Rule(const Log& log, const std::vector<int64_t>& frontier, bool at_end, int64_t within,
          bool per_partition) {
  constexpr int64_t kNone = INT64_MIN;
  std::vector<std::tuple<int64_t, int, int64_t>> order;
  std::vector<int64_t> greatest(log.size(), kNone);
  for (size_t p = 0; p < log.size(); ++p) {
    for (int64_t o = 0; o < frontier[p]; ++o) {
      greatest[p] = std::max(greatest[p], log[p][static_cast<size_t>(o)].seconds);
      order.emplace_back(greatest[p], static_cast<int>(p), o);
    }
  }
  std::sort(order.begin(), order.end());
  Kept result;
  std::vector<std::tuple<int64_t, int, int64_t>> kept;  // clock, partition, key
  for (auto [clock, p, o] : order) {
    bool waits = false;
    for (size_t q = 0; q < log.size() && !at_end && !per_partition; ++q) {
      if (static_cast<int>(q) == p) continue;
      waits = waits || std::pair(greatest[q], static_cast<int>(q)) < std::pair(clock, p);
    }
    if (waits) {
      ++result.held;
      continue;
    }
    const Record& record = log[static_cast<size_t>(p)][static_cast<size_t>(o)];
    bool duplicate = false;
    for (auto [other, q, key] : kept) {
      if (per_partition && q != p) continue;
      duplicate = duplicate || (record.key != 0 && key == record.key && clock - other <= within);
    }
    if (duplicate) {
      ++result.duplicate;
      continue;
    }
    kept.emplace_back(clock, p, record.key);
    result.ids.push_back(record.id);
  }
  return result;
}

Log SomeLog(Random* random) {
  Log log(static_cast<size_t>(random->Between(1, 4)));
  int64_t id = 0;
  const int64_t keys = random->Between(1, 12);
  for (auto& partition : log) {
    int64_t now = random->Between(0, 20);
    for (int64_t rows = random->Between(1, 60); rows > 0; --rows) {
      now += random->Between(0, 3);
      const int64_t late = random->Chance(20) ? random->Between(0, 15) : 0;
      partition.push_back({id++, random->Between(0, keys), std::max<int64_t>(0, now - late)});
    }
  }
  return log;
}

std::string Source(const Log& log, int64_t within, bool per_partition) {
  std::string text = "SOURCE s (id BIGINT, k BIGINT, ts TIMESTAMP) FROM INLINE (";
  for (size_t p = 0; p < log.size(); ++p) {
    text += p == 0 ? "VALUES " : " PARTITION " + std::to_string(p) + " VALUES ";
    for (const Record& r : log[p]) {
      char row[96];
      std::snprintf(row, sizeof row, "%s(%lld, %s, '2026-01-01 00:%02lld:%02lld')",
                    &r == &log[p][0] ? "" : ", ", static_cast<long long>(r.id),
                    r.key == 0 ? "NULL" : std::to_string(r.key).c_str(),
                    static_cast<long long>(r.seconds / 60), static_cast<long long>(r.seconds % 60));
      text += row;
    }
  }
  return text + ") EVENT TIME ts WATERMARK 1h UNIQUE BY k WITHIN " + std::to_string(within) + "s" +
         (per_partition ? " PER PARTITION" : "") + ";\n";
}

class UniqueTest : public test::ExecTest {
 protected:
  void Check(uint64_t seed) {
    SCOPED_TRACE("FLOW_SEED=" + std::to_string(seed));
    Random random(seed);
    random.Next();
    const Log log = SomeLog(&random);
    const int64_t within = random.Between(0, 20);
    const bool per_partition = random.Chance(30);
    Compile(Source(log, within, per_partition) + "VIEW v AS SELECT id FROM s;\n");
    for (bool at_end : {true, false}) {
      std::vector<int64_t> frontier;
      std::string to;
      for (size_t p = 0; p < log.size(); ++p) {
        const auto size = static_cast<int64_t>(log[p].size());
        frontier.push_back(at_end ? size : random.Between(0, size));
        to += (p == 0 ? "s:" : ",s:") + std::to_string(p) + "=" + std::to_string(frontier[p]);
      }
      const Kept kept = Rule(log, frontier, at_end, within, per_partition);
      for (RunMode mode : {RunMode::kBatch, RunMode::kStream}) {
        RunOptions options;
        options.mode = mode;
        options.use_sinks = false;
        options.workers = static_cast<int>(random.Between(1, 4));
        options.batch_rows = static_cast<int32_t>(random.Between(1, 9));
        options.tick_us = 20;
        options.until_end = at_end;
        if (!at_end) options.to = to;
        std::vector<int64_t> ids;
        options.on_rows = [&](const program::View&, const Batch& rows, int64_t) {
          for (int32_t i = 0; i < rows.rows; ++i) ids.push_back(rows.values<int64_t>(0)[i]);
        };
        const program::Program& program = compilation_->lowered.program;
        auto run =
            mode == RunMode::kBatch ? RunBatch(program, options) : RunStream(program, options);
        ASSERT_TRUE(run.ok()) << run.error().message;
        std::sort(ids.begin(), ids.end());
        std::vector<int64_t> expected = kept.ids;
        std::sort(expected.begin(), expected.end());
        ASSERT_EQ(ids, expected) << (mode == RunMode::kBatch ? "batch " : "stream ") << to;
        ASSERT_EQ(run.value().sources[0].duplicate, kept.duplicate);
        ASSERT_EQ(run.value().sources[0].held, kept.held);
        ASSERT_TRUE(run.value().balanced());
      }
      duplicate_ += kept.duplicate;
      held_ += kept.held;
    }
  }

  int64_t duplicate_ = 0, held_ = 0;
};

TEST_F(UniqueTest, KeepsWhatTheRuleKeeps) {
  const char* cases = std::getenv("FLOW_CASES");
  const char* seed = std::getenv("FLOW_SEED");
  const uint64_t first = seed == nullptr ? 1 : std::strtoull(seed, nullptr, 10);
  const auto standard = static_cast<uint64_t>(test::AllOr(150, 40));
  const uint64_t count = cases == nullptr ? standard : std::strtoull(cases, nullptr, 10);
  for (uint64_t i = 0; i < count && !HasFatalFailure(); ++i) Check(first + i);
  std::printf("%lld duplicates, %lld held\n", static_cast<long long>(duplicate_),
              static_cast<long long>(held_));
  if (count < 100) return;
  EXPECT_GE(duplicate_, static_cast<int64_t>(count) * 5);
  EXPECT_GE(held_, static_cast<int64_t>(count) * 5);
}

}  // namespace
}  // namespace flow
