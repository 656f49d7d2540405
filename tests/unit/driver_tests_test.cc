// links: compiler/driver
// `flowc test`: which rows differ, which orders of a log mean the same, and what a run of tests
// says.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "compiler/driver/testing/compare.h"
#include "compiler/driver/testing/given_log.h"
#include "compiler/driver/testing/run_tests.h"
#include "compiler/driver/testing/schedule.h"
#include "runtime/time/windows.h"

namespace flow::testing {
namespace {

using Cells = std::vector<bound::ExpectedValue>;

bound::ExpectedValue Is(Datum value) { return {std::move(value), std::nullopt}; }
Datum Text(const std::string& text) { return Datum::String(text); }
Datum Number(int64_t n) { return Datum::Int(TypeKind::kInt, n); }
Cells Row(const std::string& key, int64_t n) { return {Is(Text(key)), Is(Number(n))}; }
std::vector<Datum> Got(const std::string& key, int64_t n) { return {Text(key), Number(n)}; }

Difference CompareKN(const std::vector<Cells>& expected, const Rows& rows) {
  return CompareRows("v", {"k", "n"}, expected, rows);
}

TEST(Compare, OrderDoesNotMatterMultiplicityDoes) {
  Difference same = CompareKN({Row("a", 1), Row("b", 2)}, {Got("b", 2), Got("a", 1)});
  EXPECT_TRUE(same.missing.empty() && same.unexpected.empty() && same.different.empty());
  EXPECT_EQ(CompareKN({Row("a", 1), Row("a", 1)}, {Got("a", 1)}).missing,
            std::vector<std::string>{"('a', 1)"});
  EXPECT_EQ(CompareKN({Row("a", 1)}, {Got("a", 1), Got("a", 1)}).unexpected,
            std::vector<std::string>{"('a', 1)"});
}

TEST(Compare, MissingUnexpectedDifferent) {
  Difference d = CompareKN({Row("a", 1), Row("b", 2)}, {Got("a", 5), Got("c", 9)});
  EXPECT_EQ(d.missing, std::vector<std::string>{"('b', 2)"});
  EXPECT_EQ(d.unexpected, std::vector<std::string>{"('c', 9)"});
  ASSERT_EQ(d.different.size(), 1u);
  EXPECT_EQ(d.different[0].row, "('a', 1)");
  EXPECT_EQ(d.different[0].columns, std::vector<std::string>{"n"});
  EXPECT_EQ(d.different[0].expected, std::vector<std::string>{"1"});
  EXPECT_EQ(d.different[0].got, std::vector<std::string>{"5"});
}

TEST(Compare, NoRowsAtAll) {
  EXPECT_EQ(CompareKN({Row("a", 1)}, {}).missing.size(), 1u);
  EXPECT_EQ(CompareKN({}, {Got("a", 1)}).unexpected.size(), 1u);
}

TEST(Compare, DoublesByTheirBitsUnlessApproximate) {
  auto matches = [](double expected, double got, std::optional<double> tolerance = {}) {
    return Matches({Datum::Double(expected), tolerance}, Datum::Double(got));
  };
  EXPECT_TRUE(matches(0.1, 0.1));
  EXPECT_FALSE(matches(0.3, 0.1 + 0.2));
  EXPECT_TRUE(matches(0.3, 0.1 + 0.2, 1e-9));
  EXPECT_FALSE(matches(0.3, 0.31, 1e-9));
  EXPECT_FALSE(matches(0.0, -0.0));
  EXPECT_TRUE(matches(std::nan(""), -std::nan("")));
  EXPECT_FALSE(matches(1, std::nan(""), 1e9));
}

TEST(Compare, NullIsNoValue) {
  EXPECT_TRUE(Matches(Is(Datum::Null(TypeKind::kInt)), Datum::Null(TypeKind::kInt)));
  EXPECT_FALSE(Matches(Is(Datum::Null(TypeKind::kInt)), Number(0)));
  EXPECT_FALSE(Matches(Is(Number(0)), Datum::Null(TypeKind::kInt)));
}

TEST(Compare, AnApproximateRowLeavesOthersTheirs) {
  auto cell = [](double value, std::optional<double> tolerance) {
    return Cells{{Datum::Double(value), tolerance}};
  };
  Difference d = CompareRows("v", {"x"}, {cell(1, 0.5), cell(1, std::nullopt)},
                             {{Datum::Double(1)}, {Datum::Double(1.25)}});
  EXPECT_TRUE(d.missing.empty() && d.unexpected.empty() && d.different.empty());
}

TEST(Compare, WaysToAView) {
  for (const char* path : {"v", "v/in", "v/in/in", "v.1", "v.12/in"}) {
    EXPECT_TRUE(IsWayTo(path, "v")) << path;
  }
  for (const char* path : {"w", "v2", "v.x", "v.", "v/other"}) EXPECT_FALSE(IsWayTo(path, "v"));
}

// --- Orders that mean the same
// --------------------------------------------------------------------

program::Window WindowOf(int64_t size, int64_t slide, int64_t offset, int64_t lateness) {
  program::Window window;
  window.size = size;
  window.slide = slide;
  window.offset = offset;
  window.lateness = lateness;
  return window;
}

// By the definition, window by window.
std::set<int64_t> LateStarts(const program::Window& window, int64_t time, int64_t watermark) {
  std::set<int64_t> late;
  for (int64_t start = window.offset - 50 * window.slide; start <= time; start += window.slide) {
    if (start + window.size <= time) continue;
    if (watermark != kMinTime && watermark >= start + window.size + window.lateness) {
      late.insert(start);
    }
  }
  return late;
}

TEST(Shuffle, LateWindowsAreThoseOfTheDefinition) {
  Random random(3);
  for (int i = 0; i < 20000; ++i) {
    const int64_t slide = random.Between(1, 6);
    const program::Window window =
        WindowOf(slide + random.Between(0, 9), slide, random.Between(-3, 3), random.Between(0, 5));
    const int64_t time = random.Between(-20, 40);
    const int64_t watermark = random.Chance(5) ? kMinTime : random.Between(-30, 60);
    EXPECT_EQ(LateWindows(window, time, watermark),
              static_cast<int64_t>(LateStarts(window, time, watermark).size()))
        << window.size << " every " << slide << " at " << time << ", W " << watermark;
  }
}

TEST(Shuffle, NoRowBecomesLateAndNoneBecomesTimely) {
  Random random(7);
  int moved = 0, with_late = 0;
  for (int i = 0; i < 400; ++i) {
    std::vector<std::optional<int64_t>> times;
    for (int64_t n = random.Between(2, 12); n > 0; --n) {
      if (random.Chance(10)) {
        times.emplace_back();
      } else {
        times.emplace_back(random.Between(0, 60));
      }
    }
    const int64_t delay = random.Between(0, 10);
    const std::vector<program::Window> windows = {WindowOf(10, 10, 0, random.Between(0, 5)),
                                                  WindowOf(12, 4, 1, 0)};
    auto judge = [&](const std::vector<size_t>& order) {
      std::vector<std::set<int64_t>> late(times.size() * windows.size());
      int64_t greatest = kMinTime;
      for (size_t record : order) {
        if (!times[record]) continue;
        const int64_t watermark = greatest == kMinTime ? kMinTime : greatest - delay;
        for (size_t w = 0; w < windows.size(); ++w) {
          late[record * windows.size() + w] = LateStarts(windows[w], *times[record], watermark);
        }
        greatest = std::max(greatest, *times[record]);
      }
      return late;
    };
    std::vector<size_t> as_given(times.size());
    for (size_t k = 0; k < as_given.size(); ++k) as_given[k] = k;
    const std::vector<size_t> order = Shuffled(times, delay, windows, &random);
    EXPECT_EQ(std::set<size_t>(order.begin(), order.end()).size(), times.size());
    const auto wanted = judge(as_given);
    EXPECT_EQ(judge(order), wanted);
    moved += order != as_given ? 1 : 0;
    with_late +=
        std::any_of(wanted.begin(), wanted.end(), [](const auto& late) { return !late.empty(); });
  }
  // Else nothing was shown.
  EXPECT_GT(moved, 200);
  EXPECT_GT(with_late, 100);
}

TEST(Schedule, IsAFunctionOfItsSeed) {
  std::set<std::string> texts;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    EXPECT_EQ(RandomSchedule(seed).ToText(), RandomSchedule(seed).ToText());
    texts.insert(RandomSchedule(seed).ToText());
  }
  EXPECT_GT(texts.size(), 50u);
}

// --- Whole files
// ----------------------------------------------------------------------------------

constexpr const char* kPipeline = R"(
SOURCE clicks (id STRING NOT NULL, page STRING, n INT, ts TIMESTAMP, p INT META partition, key STRING META key)
FROM KAFKA (brokers = 'nowhere:1', topic = 'clicks') FORMAT JSON
EVENT TIME ts WATERMARK 10s AHEAD 5m;
VIEW per_minute AS
SELECT page, window_start, COUNT(*) AS clicks, SUM(n) AS total FROM TUMBLE(clicks, 1m)
WHERE page <> 'skip' GROUP BY page, window_start ALLOW LATENESS 20s LATE TO too_late;
VIEW keys AS SELECT id, p, key, LOG_TIME() AS log FROM clicks;
)";

struct Ran {
  std::string diagnostics;
  TestsResult result;
};

Ran RunText(const std::string& tests, TestOptions options = {}) {
  SourceFile file("t.flow", kPipeline + tests);
  CompileOptions compile;
  compile.variable = [](const std::string&) { return std::nullopt; };
  Diagnostics diagnostics;
  Ran ran;
  auto result = RunTests(file, compile, options, diagnostics, nullptr);
  ran.diagnostics = diagnostics.ToText(file, false);
  EXPECT_TRUE(result.ok());
  if (result.ok()) ran.result = std::move(result).value();
  return ran;
}

const TestResult& Only(const Ran& ran) {
  EXPECT_EQ(ran.result.results.size(), 1u) << ran.diagnostics;
  static const TestResult kNone;
  return ran.result.results.empty() ? kNone : ran.result.results[0];
}

TEST(RunTests, APipelineOverKafkaWithoutKafka) {
  Ran ran = RunText(R"(
TEST all_of_it
GIVEN clicks (id, page, n, ts, META key, META timestamp) VALUES
  ('a', '/x', 1, '2026-01-01 10:00:05', 'k', '2026-01-01 10:00:06'),
  ('b', 'skip', 1, '2026-01-01 10:00:06', NULL, '2026-01-01 10:00:06'),
  ('c', '/x', 5, '2026-01-01 10:06:00', NULL, '2026-01-01 10:00:07'),
  ('d', '/x', 5, '2026-01-01 10:01:50', NULL, NULL),
  ('e', '/x', 7, '2026-01-01 10:00:10', NULL, NULL),
  RECORD '{"id":"f","page":"/y","n":"many","ts":"2026-01-01 10:01:00"}',
  RECORD '{"id":'
PARTITION 1 VALUES ('g', '/x', 2, '2026-01-01 10:00:59', NULL, NULL)
EXPECT per_minute (page, window_start, clicks, total) VALUES
  ('/x', '2026-01-01 10:00:00', 2, 3), ('/x', '2026-01-01 10:01:00', 1, 5)
EXPECT too_late (id) VALUES ('e')
EXPECT per_minute LATE 1, FILTERED 1, ACCEPTED 3
EXPECT clicks READ 8, DECODED 6
EXPECT clicks DEAD LETTER (partition, offset, view, error) VALUES
  (0, 2, NULL, 'event time too far ahead of the log'),
  (0, 5, 'per_minute', 'field does not fit its column''s type'),
  (0, 6, NULL, 'malformed record');

TEST metadata
GIVEN clicks (id, ts, key, META timestamp) VALUES ('a', '2026-01-01', 'k', '2026-01-01 00:00:01')
PARTITION 3 VALUES ('b', '2026-01-01', NULL, NULL)
EXPECT keys VALUES ('a', 0, 'k', '2026-01-01 00:00:01'), ('b', 3, NULL, NULL)
EXPECT clicks (id, p) VALUES ('a', 0), ('b', 3);
)");
  EXPECT_EQ(ran.diagnostics.find("error"), std::string::npos) << ran.diagnostics;
  ASSERT_EQ(ran.result.results.size(), 2u);
  for (const TestResult& test : ran.result.results) {
    EXPECT_TRUE(test.passed) << test.name << "\n" << FailureText(test);
    EXPECT_EQ(test.runs, 26);
  }
}

// Which of two sessions goes into the other is left open, so both orders are here: the row of the
// one that remains may have the key of the other's.
TEST(RunTests, SessionsThatBecomeOne) {
  Ran ran = RunText(R"(
VIEW visits AS SELECT id, window_start, COUNT(*) AS n FROM SESSION(clicks, GAP 6s BY id)
GROUP BY id, window_start, window_end EMIT CHANGES;
TEST merged
GIVEN clicks (id, ts) VALUES ('a', '2026-01-01 10:00:29'), ('a', '2026-01-01 10:00:38'),
  ('b', '2026-01-01 10:00:38'), ('b', '2026-01-01 10:00:29'),
  ('a', '2026-01-01 10:00:34'), ('b', '2026-01-01 10:00:34')
EXPECT visits VALUES ('a', '2026-01-01 10:00:29', 3), ('b', '2026-01-01 10:00:29', 3);
)");
  EXPECT_EQ(ran.diagnostics.find("error"), std::string::npos) << ran.diagnostics;
  EXPECT_TRUE(Only(ran).passed) << FailureText(Only(ran));
}

TEST(RunTests, SaysWhichRowsAreMissing) {
  Ran ran = RunText(R"(
TEST two GIVEN clicks (id, page, ts) VALUES ('a', '/x', '2026-01-01')
EXPECT per_minute (page, clicks) VALUES ('/x', 1), ('/y', 1);
)");
  EXPECT_FALSE(Only(ran).passed);
  EXPECT_EQ(Only(ran).runs, 1);
  EXPECT_EQ(FailureText(Only(ran)),
            "  per_minute:\n    missing     ('/y', 1)\n"
            "  in run 1: batch, 1 worker, batches of 1024, interpreter\n");
}

TEST(RunTests, SaysWhichRowsAreUnexpected) {
  Ran ran = RunText(R"(
TEST none GIVEN clicks (id, page, ts) VALUES ('a', '/x', '2026-01-01') EXPECT per_minute EMPTY;
)");
  ASSERT_EQ(Only(ran).differences.size(), 1u);
  EXPECT_EQ(Only(ran).differences[0].unexpected,
            std::vector<std::string>{"('/x', '2026-01-01 00:00:00', 1, NULL)"});
}

TEST(RunTests, ADeadRowIsSaid) {
  Ran ran = RunText(R"(
TEST slip GIVEN clicks (id, page, ts) VALUES ('a', '/x', '2026-13-01') EXPECT per_minute EMPTY;
)");
  EXPECT_FALSE(Only(ran).passed);
  EXPECT_NE(FailureText(Only(ran)).find(
                "a row is dead, and no EXPECT says so: clicks partition 0, row 0: no "
                "event time: {\"id\":\"a\",\"page\":\"/x\",\"ts\":\"2026-13-01\"}"),
            std::string::npos)
      << FailureText(Only(ran));
}

TEST(RunTests, CountsThatDiffer) {
  Ran ran = RunText(R"(
TEST counts GIVEN clicks (id, page, ts) VALUES ('a', '/x', '2026-01-01')
EXPECT per_minute LATE 2 EXPECT clicks READ 3 EXPECT per_minute FROM clicks ACCEPTED 1;
)");
  EXPECT_NE(FailureText(Only(ran)).find(
                "    per_minute LATE: expected 2, got 0\n    clicks READ: expected 3, got 1\n"),
            std::string::npos)
      << FailureText(Only(ran));
}

TEST(RunTests, AFailureNamesItsSeed) {
  TestResult result;
  result.runs = 9;
  result.schedule = RandomSchedule(17).ToText();
  result.seeded = true;
  result.seed = 17;
  result.error = "two\nlines";
  EXPECT_EQ(FailureText(result),
            "  two\n  lines\n  in run 9: " + RandomSchedule(17).ToText() + " (seed 17)\n");
}

TEST(RunTests, AnEmptySourceIsNotRead) {
  Ran ran = RunText("TEST nothing EXPECT per_minute EMPTY;");
  EXPECT_TRUE(Only(ran).passed) << FailureText(Only(ran));
}

TEST(RunTests, FilterAndRuns) {
  TestOptions options;
  options.wanted = [](const std::string& name) { return name == "b"; };
  options.runs = 3;
  Ran ran = RunText("TEST a EXPECT keys EMPTY; TEST b EXPECT keys EMPTY;", options);
  EXPECT_EQ(ran.result.declared, 2);
  EXPECT_EQ(Only(ran).name, "b");
  EXPECT_EQ(Only(ran).runs, 9);
}

}  // namespace
}  // namespace flow::testing
