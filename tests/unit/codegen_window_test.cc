// links: compiler/codegen runtime/base
// Windows, slices and the judgement of lateness in machine code, both tiers. The oracle is the
// definition: a row at t is in [s, s + size) iff s <= t < s + size, late iff W >= s + size + L. Of
// CUMULATE a row is in [c, e) iff c <= t < e, for c the last begin of a cycle before e.
#include <numeric>
#include <random>

#include "tests/support/quick.h"
#include "tests/unit/codegen_fixture.h"

namespace flow {
namespace {

using program::Window;
using program::WindowKind;
using program::WindowMode;

constexpr int64_t kNone = INT64_MIN;

Window MakeWindow(int64_t size, int64_t slide, int64_t offset, int64_t lateness, WindowMode mode) {
  Window window;
  window.kind = size == slide ? WindowKind::kTumble : WindowKind::kHop;
  window.size = size;
  window.slide = slide;
  window.offset = offset;
  window.lateness = lateness;
  window.mode = mode;
  return window;
}

// Where the window that is called by `name` begins.
int64_t Begin(const Window& w, int64_t name) {
  if (w.kind != WindowKind::kCumulate) return name;
  int64_t begin = w.offset - 1000 * w.cycle;
  while (begin + w.cycle < name + w.size) begin += w.cycle;
  return begin;
}

// The windows that hold t, by trying them all.
std::vector<int64_t> WindowsByDefinition(const Window& w, int64_t t) {
  std::vector<int64_t> names;
  for (int64_t k = (t - w.offset - w.size) / w.slide - 2;; ++k) {
    int64_t name = w.offset + k * w.slide;
    if (name > t) return names;
    if (Begin(w, name) <= t && t < name + w.size) names.push_back(name);
  }
}

class WindowTest : public PipelineTest {
 protected:
  void SetWindow(const Window& window) {
    pipeline = program::Pipeline();
    spec = PipelineSpec();
    pipeline.input = {kTimestamp};
    pipeline.window = window;
    pipeline.judges_lateness = true;
    spec.time = Col(0, kTimestamp);
    AddOutput(Col(0, kTimestamp));
    if (window.mode == WindowMode::kExpand) {
      AddOutput(Col(1, kTimestamp));
      AddOutput(Col(2, kTimestamp));
    }
  }
};

TEST_F(WindowTest, TumbleJudgesLateness) {
  SetWindow(MakeWindow(10, 10, 0, 5, WindowMode::kExpand));
  // Late for [0, 10) iff W >= 15.
  std::vector<int64_t> watermarks = {kNone, 14, 15, 15, 100, 25};
  PipelineResult result =
      Run({{Ts(3)}, {Ts(9)}, {Ts(9)}, {Ts(10)}, {Ts(-1)}, {Ts(11)}}, &watermarks);
  EXPECT_EQ(result.from, (std::vector<int32_t>{0, 1, 3}));
  EXPECT_EQ(result.windows, (std::vector<int64_t>{0, 0, 10}));
  EXPECT_EQ(result.late, 3);
  EXPECT_EQ(result.late_windows, 0);
  EXPECT_EQ(Show(result.rows[2]), Show({Ts(10), Ts(10), Ts(20)}));
}

TEST_F(WindowTest, WithoutWatermarksNothingIsLate) {
  SetWindow(MakeWindow(10, 10, 0, 0, WindowMode::kExpand));
  PipelineResult result = Run({{Ts(-11)}, {Ts(-10)}, {Ts(0)}});
  EXPECT_EQ(result.windows, (std::vector<int64_t>{-20, -10, 0}));
  EXPECT_EQ(result.late, 0);
}

TEST_F(WindowTest, RandomWindowsAgreeWithTheDefinition) {
  std::mt19937_64 random(7);
  auto pick = [&](int64_t from, int64_t to) {
    return std::uniform_int_distribution<int64_t>(from, to)(random);
  };
  for (int round = 0; round < test::AllOr(80, 20); ++round) {
    WindowMode mode = round % 2 == 0 ? WindowMode::kExpand : WindowMode::kSlice;
    int64_t slide = pick(1, 12);
    int64_t size = round % 5 == 0 ? slide * pick(1, 5) : pick(1, 40);
    Window window = MakeWindow(size, slide, pick(-20, 20), round % 3 == 0 ? 0 : pick(0, 15), mode);
    if (round % 5 == 0 && size > slide) {
      window.kind = WindowKind::kCumulate;
      window.cycle = size;
    }
    SetWindow(window);
    std::vector<Row> rows;
    std::vector<int64_t> watermarks;
    for (int i = 0; i < 60; ++i) {
      int64_t t = pick(-60, 60);
      rows.push_back({Ts(t)});
      watermarks.push_back(i % 10 == 0 ? kNone : t + pick(-5, 60));
    }
    PipelineResult expected;
    int64_t slice = std::gcd(size, slide);
    for (size_t i = 0; i < rows.size(); ++i) {
      int64_t t = rows[i][0].i;
      std::vector<int64_t> starts = WindowsByDefinition(window, t);
      size_t late = 0;
      for (int64_t start : starts) {
        late += watermarks[i] != kNone && watermarks[i] >= start + size + window.lateness;
      }
      if (starts.empty()) {
        ++expected.filtered;
      } else if (late == starts.size()) {
        ++expected.late;
      } else {
        expected.late_windows += static_cast<int64_t>(late);
        for (size_t k = late; k < starts.size(); ++k) {
          expected.from.push_back(static_cast<int32_t>(i));
          if (mode == WindowMode::kExpand) {
            expected.windows.push_back(starts[k]);
            expected.rows.push_back({Ts(t), Ts(Begin(window, starts[k])), Ts(starts[k] + size)});
            continue;
          }
          int64_t into = ((t - window.offset) % slice + slice) % slice;
          expected.windows.push_back(t - into);
          expected.skips.push_back(static_cast<int32_t>(late));
          expected.rows.push_back({Ts(t)});
          break;
        }
      }
    }
    PipelineResult result = Run(rows, &watermarks);
    EXPECT_TRUE(result == expected) << "size " << size << " slide " << slide << " offset "
                                    << window.offset << " lateness " << window.lateness;
  }
}

TEST_F(WindowTest, LateOnlyKeepsWhatIsLateForAllWindows) {
  pipeline.input = {kTimestamp};
  pipeline.late_of = MakeWindow(20, 10, 0, 0, WindowMode::kSlice);
  spec.late_time = Col(0, kTimestamp);
  AddOutput(Col(0, kTimestamp));
  // 15 is in [0, 20) and [10, 30).
  std::vector<int64_t> watermarks = {19, 20, 29, 30, kNone};
  PipelineResult result = Run({{Ts(15)}, {Ts(15)}, {Ts(15)}, {Ts(15)}, {Ts(15)}}, &watermarks);
  EXPECT_EQ(result.from, (std::vector<int32_t>{3}));
  EXPECT_EQ(result.filtered, 4);
  EXPECT_EQ(result.late, 0);
  // Nothing is late where there are no watermarks.
  EXPECT_EQ(Run({{Ts(15)}}).filtered, 1);
}

TEST_F(WindowTest, WhatLateToLetThroughIsNotJudgedAgain) {
  SetWindow(MakeWindow(10, 10, 0, 0, WindowMode::kExpand));
  pipeline.late_of = MakeWindow(10, 10, 0, 0, WindowMode::kExpand);
  spec.late_time = Col(0, kTimestamp);
  std::vector<int64_t> watermarks = {50, 10};
  PipelineResult result = Run({{Ts(5)}, {Ts(15)}}, &watermarks);
  EXPECT_EQ(result.windows, (std::vector<int64_t>{0}));
  EXPECT_EQ(result.late, 0);
  EXPECT_EQ(result.filtered, 1);
}

// The window filter is judged for each window; errors kill only rows that no window accepts.
TEST_F(WindowTest, WindowFilterIsJudgedForEachWindow) {
  pipeline.input = {kTimestamp, kBigint};
  pipeline.window = MakeWindow(30, 10, 0, 0, WindowMode::kExpand);
  spec.time = Col(0, kTimestamp);
  // window_start > 0, but 1 / x must not fail first
  spec.window_filter =
      Op(ExprOp::kAnd, kBool,
         {Op(ExprOp::kGt, kBool, {Col(2, kTimestamp), Lit(Ts(0))}),
          Op(ExprOp::kGe, kBool,
             {Op(ExprOp::kDiv, kBigint, {Lit(I(1)), Col(1, kBigint)}), Lit(I(0))})});
  AddOutput(Col(2, kTimestamp));
  AddOutput(Op(ExprOp::kMul, kBigint, {Col(1, kBigint), Lit(I(2))}), /*checked=*/true);
  PipelineResult result = Run({
      {Ts(25), I(1)},           // windows 0, 10, 20: two pass
      {Ts(5), I(1)},            // -20, -10, 0: filtered
      {Ts(5), I(0)},            // FALSE wins over the error: filtered
      {Ts(25), I(0)},           // two windows in error: dead
      {Ts(25), Null(kBigint)},  // NULL: filtered
      {Ts(25), I(INT64_MAX)},   // the output overflows: dead, nothing written
      {Ts(12), I(3)},           // -10, 0, 10: one passes
  });
  EXPECT_EQ(result.from, (std::vector<int32_t>{0, 0, 6}));
  EXPECT_EQ(result.windows, (std::vector<int64_t>{10, 20, 10}));
  EXPECT_EQ(result.filtered, 3);
  EXPECT_EQ(result.dead, (std::vector<std::pair<int32_t, int>>{{3, kFlowErrDivisionByZero},
                                                               {5, kFlowErrOverflow}}));
}

TEST_F(WindowTest, AnOutputInErrorTakesBackEarlierWindows) {
  pipeline.input = {kTimestamp};
  pipeline.window = MakeWindow(20, 10, 0, 0, WindowMode::kExpand);
  spec.time = Col(0, kTimestamp);
  // 100 / (window_start - 10): fails for the second window only.
  BoundExprPtr micros = Call("epoch_us", {Col(1, kTimestamp)});
  AddOutput(
      Op(ExprOp::kDiv, kBigint, {Lit(I(100)), Op(ExprOp::kSub, kBigint, {micros, Lit(I(10))})}),
      /*checked=*/true);
  PipelineResult result = Run({{Ts(15)}, {Ts(25)}, {Ts(35)}});
  EXPECT_EQ(Texts(result), (std::vector<std::string>{"10", "5"}));
  EXPECT_EQ(result.from, (std::vector<int32_t>{2, 2}));
  EXPECT_EQ(result.dead.size(), 2u);
}

TEST_F(WindowTest, FilteredWinsOverLate) {
  SetWindow(MakeWindow(10, 10, 0, 0, WindowMode::kExpand));
  spec.filter = Op(ExprOp::kGt, kBool, {Col(0, kTimestamp), Lit(Ts(5))});
  std::vector<int64_t> watermarks = {100, 100};
  PipelineResult result = Run({{Ts(1)}, {Ts(7)}}, &watermarks);
  EXPECT_EQ(result.filtered, 1);
  EXPECT_EQ(result.late, 1);
}

TEST_F(WindowTest, ExtremeTimesDoNotWrap) {
  SetWindow(MakeWindow(60000000, 60000000, 0, INT64_MAX, WindowMode::kExpand));
  std::vector<int64_t> watermarks = {INT64_MAX - 1, kNone};
  PipelineResult result = Run({{Ts(FLOW_TIMESTAMP_MAX)}, {Ts(FLOW_TIMESTAMP_MIN)}}, &watermarks);
  EXPECT_EQ(result.rows.size(), 2u);
  EXPECT_EQ(result.late, 0);
}

}  // namespace
}  // namespace flow
