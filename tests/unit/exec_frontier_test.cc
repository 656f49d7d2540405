// links: runtime/time runtime/program
//
// Frontiers and decision logs as text.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "runtime/time/decision_log.h"
#include "runtime/time/frontier.h"
#include "runtime/time/windows.h"
#include "tests/support/temp_folder.h"

namespace flow {
namespace {

TEST(Frontier, NamesPartitionsAndFiles) {
  auto terms = ParseFrontier("clicks:0=12,clicks:3=0,part-1.jsonl=4096");
  ASSERT_TRUE(terms.ok());
  ASSERT_EQ(terms.value().size(), 3u);
  EXPECT_EQ(terms.value()[1].name, "clicks");
  EXPECT_EQ(terms.value()[1].partition, "3");
  EXPECT_EQ(terms.value()[2].name, "part-1.jsonl");
  EXPECT_EQ(terms.value()[2].partition, "");
  EXPECT_EQ(terms.value()[2].offset, 4096);
}

TEST(Frontier, ANumberAloneIsAPartitionOfTheSourceBefore) {
  auto terms = ParseFrontier("clicks:0=12,1=7,2=9");
  ASSERT_TRUE(terms.ok());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(terms.value()[static_cast<size_t>(i)].name, "clicks");
    EXPECT_EQ(terms.value()[static_cast<size_t>(i)].partition, std::to_string(i));
  }
}

TEST(Frontier, SaysWhichTermIsWrong) {
  for (const char* text : {"", "clicks", "clicks:0=", "clicks:0=-1", "=5", "a:0=1,,b:0=2",
                           "a:0=99999999999999999999"}) {
    auto terms = ParseFrontier(text);
    ASSERT_FALSE(terms.ok()) << text;
    EXPECT_EQ(terms.error().domain, ErrorDomain::kUser);
    EXPECT_FALSE(terms.error().hint.empty());
  }
}

TEST(Frontier, KnowsTimes) {
  EXPECT_TRUE(LooksLikeTime("2026-01-01 10:00:00"));
  EXPECT_TRUE(LooksLikeTime("2026-01-01"));
  EXPECT_FALSE(LooksLikeTime("2026-01-01.jsonl=7"));
  EXPECT_FALSE(LooksLikeTime("clicks:0=1"));
}

TEST(DecisionLog, ReadsWhatItWrote) {
  Decision out;
  out.partition = {"s", 1};
  out.cut = {{{"s", 0}, 10}, {{"s", 1}, 4}};
  Decision back;
  back.kind = Decision::Kind::kBack;
  back.partition = {"s", 1};
  back.offset = 4;
  back.event_time = 1767225600000001;
  const test::TempFolder folder;
  const std::string path = folder / "decisions.jsonl";
  std::ofstream(path) << DecisionJson(out) << "\n" << DecisionJson(back) << "\n";
  auto read = ReadDecisions(path);
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read.value().size(), 2u);
  EXPECT_EQ(read.value()[0].cut, out.cut);
  EXPECT_EQ(read.value()[1].event_time, back.event_time);

  // Out from the cut on, until its own offset has passed it; the others may go on.
  const auto& log = read.value();
  EXPECT_TRUE(IsOut(log, {"s", 1}, {{{"s", 0}, 10}, {{"s", 1}, 4}}));
  EXPECT_TRUE(IsOut(log, {"s", 1}, {{{"s", 0}, 99}, {{"s", 1}, 4}}));
  EXPECT_FALSE(IsOut(log, {"s", 1}, {{{"s", 0}, 99}, {{"s", 1}, 5}}));
  EXPECT_FALSE(IsOut(log, {"s", 1}, {{{"s", 0}, 9}, {{"s", 1}, 4}}));
  EXPECT_FALSE(IsOut(log, {"s", 0}, {{{"s", 0}, 10}, {{"s", 1}, 4}}));
}

TEST(DecisionLog, RefusesWhatIsNone) {
  const test::TempFolder folder;
  const std::string path = folder / "decisions.jsonl";
  for (const char* line :
       {"{", "[]", "{\"out\":[\"s\"]}", "{\"out\":[\"s\",0],\"cut\":[[1]]}",
        "{\"back\":[\"s\",0],\"offset\":\"x\",\"event_time\":1}", "{}",
        "{\"shed\":[\"s\",0],\"offset\":1}", "{\"shed\":[\"s\",0],\"offset\":7,\"end\":7}"}) {
    std::ofstream(path) << line << "\n";
    EXPECT_FALSE(ReadDecisions(path).ok()) << line;
  }
  std::remove(path.c_str());
  EXPECT_FALSE(ReadDecisions(path).ok());
}

TEST(DecisionLog, ShedRangesOfAPartition) {
  std::vector<Decision> log;
  auto shed = [&](int partition, int64_t begin, int64_t end) {
    Decision decision;
    decision.kind = Decision::Kind::kShed;
    decision.partition = {"s", partition};
    decision.offset = begin;
    decision.end = end;
    auto read = ParseDecision(DecisionJson(decision));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->kind, decision.kind);
    log.push_back(*read);
  };
  shed(0, 50, 60);
  shed(1, 0, 9);
  shed(0, 10, 20);
  shed(0, 20, 25);
  shed(0, 12, 15);
  using Ranges = std::vector<std::pair<int64_t, int64_t>>;
  EXPECT_EQ(ShedRanges(log, {"s", 0}), (Ranges{{10, 25}, {50, 60}}));
  EXPECT_EQ(ShedRanges(log, {"s", 1}), (Ranges{{0, 9}}));
  EXPECT_EQ(ShedRanges(log, {"t", 0}), Ranges());
  EXPECT_FALSE(IsOut(log, {"s", 0}, {{{"s", 0}, 60}, {{"s", 1}, 9}}));
}

TEST(Windows, SlicesOfOverlappingWindows) {
  program::Window window;
  window.kind = program::WindowKind::kHop;
  window.size = 10;
  window.slide = 4;
  ASSERT_EQ(window.slice_size(), 2);
  for (int64_t slice = -40; slice <= 40; slice += 2) {
    std::vector<int64_t> starts;
    ForEachWindowOfSlice(window, slice, [&](int32_t index, int64_t start) {
      EXPECT_EQ(index, static_cast<int32_t>(starts.size()));
      starts.push_back(start);
    });
    std::vector<int64_t> expected;
    for (int64_t start = -80; start <= 80; start += 4) {
      if (start <= slice && slice + 2 <= start + 10) expected.push_back(start);
    }
    EXPECT_EQ(starts, expected) << slice;
    EXPECT_EQ(LastWindowOfSlice(window, slice), expected.back());
  }
}

TEST(Windows, FloorsBelowZeroAndAtTheEnds) {
  EXPECT_EQ(FloorTo(-1, 0, 10), -10);
  EXPECT_EQ(FloorTo(-10, 0, 10), -10);
  EXPECT_EQ(CeilTo(-9, 0, 10), 0);
  EXPECT_EQ(CeilTo(1, 3, 10), 3);
  EXPECT_TRUE(Passed(kMaxTime, kMaxTime - 5, 100));
  EXPECT_FALSE(Passed(kMinTime, kMinTime + 5, 0));
}

}  // namespace
}  // namespace flow
