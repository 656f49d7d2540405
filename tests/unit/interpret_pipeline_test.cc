// links: compiler/interpret
// The pipeline kernel of the reference engine: filters, windows, lateness, dead rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/interpret/interpret.h"
#include "runtime/abi/error_code.h"
#include "runtime/abi/hash.h"
#include "tests/property/kernel_fixture.h"

namespace flow {
namespace {

using kernel_test::PipelineRun;
using testing::ElementsAre;

const Type kBool = TypeKind::kBoolean, kInt = TypeKind::kInt, kBig = TypeKind::kBigint,
           kTime = TypeKind::kTimestamp;

// Input columns: v BIGINT, ts TIMESTAMP. Rows are (v, ts); kNone is NULL.
constexpr int64_t kNone = INT64_MIN;
struct Row {
  int64_t v;
  int64_t ts;
};

BoundExprPtr V() { return MakeColumn(0, kBig); }
BoundExprPtr Ts() { return MakeColumn(1, kTime); }
BoundExprPtr WindowStart() { return MakeColumn(2, kTime); }
BoundExprPtr Big(int64_t i) { return MakeLiteral(Datum::Int(kBig, i)); }
BoundExprPtr Node(ExprOp op, const Type& type, BoundExprPtr a, BoundExprPtr b) {
  return MakeNode(op, type, {std::move(a), std::move(b)});
}
// 100 / v: fails where v = 0.
BoundExprPtr Share() { return Node(ExprOp::kDiv, kBig, Big(100), V()); }

struct Case {
  LoweredProgram lowered;
  Case() {
    lowered.program.pipelines.emplace_back();
    lowered.pipelines.emplace_back();
    pipeline().input = {kBig, kTime};
    spec().time = Ts();
    spec().late_time = Ts();
  }
  program::Pipeline& pipeline() { return lowered.program.pipelines[0]; }
  PipelineSpec& spec() { return lowered.pipelines[0]; }
  void Output(BoundExprPtr e, bool checked = true) {
    pipeline().output.push_back(e->type);
    pipeline().checked.push_back(checked);
    spec().outputs.push_back(std::move(e));
  }
  PipelineRun Run(const std::vector<Row>& rows, const std::vector<int64_t>& watermark = {},
                  int32_t first = 0) {
    EXPECT_TRUE(interpret::Install(lowered).ok());
    Batch batch(pipeline().input, static_cast<int32_t>(rows.size()));
    for (const Row& row : rows) {
      WriteCell(batch.column(0), batch.rows,
                row.v == kNone ? Datum::Null(kBig) : Datum::Int(kBig, row.v), nullptr);
      WriteCell(batch.column(1), batch.rows,
                row.ts == kNone ? Datum::Null(kTime) : Datum::Int(kTime, row.ts), nullptr);
      ++batch.rows;
    }
    Arena arena;
    return kernel_test::RunPipeline(*pipeline().kernel->Load(), pipeline(), batch, first,
                                    batch.rows - first, watermark, mask, &arena);
  }
  uint64_t mask = ~uint64_t{0};
};

program::Window Tumble(int64_t size, int64_t lateness = 0, int64_t offset = 0) {
  program::Window w;
  w.kind = program::WindowKind::kTumble;
  w.size = w.slide = size;
  w.lateness = lateness;
  w.offset = offset;
  return w;
}
program::Window Hop(int64_t size, int64_t slide, program::WindowMode mode, int64_t lateness = 0) {
  program::Window w = Tumble(size, lateness);
  w.kind = program::WindowKind::kHop;
  w.slide = slide;
  w.mode = mode;
  return w;
}

TEST(InterpretPipeline, FilterKeepsTrueOnly) {
  Case c;
  c.spec().filter = Node(ExprOp::kGt, kBool, Share(), Big(10));
  c.Output(V());
  EXPECT_THAT(
      c.Run({{5, 0}, {50, 0}, {kNone, 0}, {0, 0}, {1, 0}}).lines,
      ElementsAre("0: 5", "4: 1", "dead 3 code 3", "dead 1 filtered 2 late 0 late windows 0"));
}

TEST(InterpretPipeline, OnlyCheckedOutputsKill) {
  Case c;
  c.Output(V());
  c.Output(Share(), /*checked=*/false);
  EXPECT_THAT(c.Run({{5, 0}, {0, 0}}).lines,
              ElementsAre("0: 5 | 20", "1: 0 | <division by zero>#3",
                          "dead 0 filtered 0 late 0 late windows 0"));
  Case d;
  d.Output(V());
  d.Output(Share());
  EXPECT_THAT(d.Run({{5, 0}, {0, 0}, {kNone, 0}}).lines,
              ElementsAre("0: 5 | 20", "2: NULL | NULL", "dead 1 code 3",
                          "dead 1 filtered 0 late 0 late windows 0"));
}

TEST(InterpretPipeline, StartsAtAnyRow) {
  Case c;
  c.Output(V());
  c.spec().filter = Node(ExprOp::kLt, kBool, Share(), Big(100));
  EXPECT_THAT(c.Run({{9, 0}, {0, 0}, {5, 0}, {1, 0}, {0, 0}}, {}, 2).lines,
              ElementsAre("2: 5", "dead 4 code 3", "dead 1 filtered 1 late 0 late windows 0"));
}

TEST(InterpretPipeline, TumbleJudgesLateness) {
  Case c;
  c.pipeline().window = Tumble(10, 5);
  c.pipeline().judges_lateness = true;
  c.Output(V());
  // Window [0, 10) is closed from watermark 15 on.
  EXPECT_THAT(
      c.Run({{1, 0}, {2, 9}, {3, 9}, {4, 10}, {5, -1}, {6, 3}}, {14, 14, 15, 15, 4, kNone}).lines,
      ElementsAre("0 w0: 1", "1 w0: 2", "3 w10: 4", "4 w-10: 5", "5 w0: 6",
                  "dead 0 filtered 0 late 1 late windows 0"));
  // Without a watermark nothing is late.
  EXPECT_EQ(c.Run({{3, 9}}).late, 0);
}

TEST(InterpretPipeline, FilteredWinsOverLate) {
  Case c;
  c.pipeline().window = Tumble(10);
  c.pipeline().judges_lateness = true;
  c.spec().filter = Node(ExprOp::kGt, kBool, V(), Big(1));
  c.Output(V());
  EXPECT_THAT(c.Run({{1, 0}, {2, 0}}, {100, 100}).lines,
              ElementsAre("dead 0 filtered 1 late 1 late windows 0"));
}

TEST(InterpretPipeline, OffsetsAndTimesBeforeTheEpoch) {
  Case c;
  c.pipeline().window = Tumble(10, 0, 3);
  c.Output(V());
  EXPECT_THAT(c.Run({{1, 2}, {2, 3}, {3, 12}, {4, -7}, {5, -8}}).lines,
              ElementsAre("0 w-7: 1", "1 w3: 2", "2 w3: 3", "3 w-7: 4", "4 w-17: 5",
                          "dead 0 filtered 0 late 0 late windows 0"));
}

TEST(InterpretPipeline, HopExpandsIntoTheWindowsThatAccept) {
  Case c;
  c.pipeline().window = Hop(10, 4, program::WindowMode::kExpand);
  c.pipeline().judges_lateness = true;
  c.Output(WindowStart());
  c.Output(MakeColumn(3, kTime));
  EXPECT_THAT(c.Run({{1, 9}, {1, 9}, {1, 9}, {1, 8}}, {kNone, 14, 18, 10}).lines,
              ElementsAre(testing::StartsWith("0 w0:"), testing::StartsWith("0 w4:"),
                          testing::StartsWith("0 w8:"),
                          "1 w8: TIMESTAMP '1970-01-01 00:00:00.000008' | "
                          "TIMESTAMP '1970-01-01 00:00:00.000018'",
                          testing::StartsWith("3 w4:"), testing::StartsWith("3 w8:"),
                          "dead 0 filtered 0 late 1 late windows 3"));
}

TEST(InterpretPipeline, HopBySlices) {
  Case c;
  c.pipeline().window = Hop(10, 4, program::WindowMode::kSlice);
  c.pipeline().judges_lateness = true;
  c.Output(V());
  // Slices of gcd(10, 4) = 2. [8, 10) is in [0, 10), [4, 14), [8, 18); [6, 8) in the first two.
  EXPECT_THAT(c.Run({{1, 9}, {2, 9}, {3, 9}, {4, 7}, {5, -1}}, {kNone, 10, 18, 13, 0}).lines,
              ElementsAre("0 w8 skip 0: 1", "1 w8 skip 1: 2", "3 w6 skip 1: 4", "4 w-2 skip 0: 5",
                          "dead 0 filtered 0 late 1 late windows 2"));
}

TEST(InterpretPipeline, RowsBetweenWindowsAreFiltered) {
  for (program::WindowMode mode : {program::WindowMode::kExpand, program::WindowMode::kSlice}) {
    Case c;
    c.pipeline().window = Hop(4, 10, mode);
    c.Output(V());
    PipelineRun run = c.Run({{1, 3}, {2, 4}, {3, 13}, {4, 19}});
    EXPECT_EQ(run.filtered, 2);
    EXPECT_EQ(run.accepted_rows, 2);
  }
}

TEST(InterpretPipeline, LateOfKeepsOnlyTheLate) {
  Case c;
  c.pipeline().late_of = Hop(10, 5, program::WindowMode::kSlice, 2);
  c.pipeline().judges_lateness = true;
  c.Output(V());
  // Time 7 is in [0, 10) and [5, 15): late for both from 17 on.
  EXPECT_THAT(c.Run({{1, 7}, {2, 7}, {3, 7}}, {16, 17, kNone}).lines,
              ElementsAre("1: 2", "dead 0 filtered 2 late 0 late windows 0"));
  EXPECT_EQ(c.Run({{1, 7}}).filtered, 1);
  // The late rows' own window judges nothing.
  c.pipeline().window = Tumble(10);
  EXPECT_THAT(c.Run({{1, 7}}, {1000}).lines,
              ElementsAre("0 w0: 1", "dead 0 filtered 0 late 0 late windows 0"));
}

TEST(InterpretPipeline, WindowFilterIsJudgedForEachWindow) {
  Case c;
  c.pipeline().window = Hop(10, 5, program::WindowMode::kExpand);
  c.pipeline().judges_lateness = true;
  // TRUE for windows that start after 0.
  c.spec().window_filter = Node(
      ExprOp::kGt, kBool,
      Node(ExprOp::kSub, TypeKind::kInterval, WindowStart(), MakeLiteral(Datum::Int(kTime, 0))),
      MakeLiteral(Datum::Int(TypeKind::kInterval, 0)));
  c.Output(V());
  EXPECT_THAT(c.Run({{1, 7}, {2, 2}, {3, 7}}, {kNone, kNone, 15}).lines,
              ElementsAre("0 w5: 1", "dead 0 filtered 1 late 1 late windows 0"));
}

TEST(InterpretPipeline, WindowFilterInErrorKillsIfNoWindowIsLeft) {
  Case c;
  c.pipeline().window = Hop(10, 5, program::WindowMode::kExpand);
  // In error for the first window (v = 0), else start > 0.
  const BoundExprPtr start_is_zero =
      Node(ExprOp::kEq, kBool, WindowStart(), MakeLiteral(Datum::Int(kTime, 0)));
  c.spec().window_filter = MakeNode(ExprOp::kCase, kBool,
                                    {start_is_zero, Node(ExprOp::kGt, kBool, Share(), Big(1000)),
                                     Node(ExprOp::kGt, kBool, V(), Big(-1))});
  c.Output(V());
  EXPECT_THAT(c.Run({{0, 7}}).lines,
              ElementsAre("0 w5: 0", "dead 0 filtered 0 late 0 late windows 0"));
  c.spec().window_filter = MakeNode(ExprOp::kCase, kBool,
                                    {start_is_zero, Node(ExprOp::kGt, kBool, Share(), Big(1000)),
                                     Node(ExprOp::kGt, kBool, V(), Big(0))});
  EXPECT_THAT(c.Run({{0, 7}, {-1, 7}}).lines,
              ElementsAre("dead 0 code 3", "dead 1 filtered 1 late 0 late windows 0"));
}

TEST(InterpretPipeline, ADeadWindowTakesTheWholeRow) {
  Case c;
  c.pipeline().window = Hop(10, 5, program::WindowMode::kExpand);
  // Fails for the second window of the row.
  c.Output(
      Node(ExprOp::kDiv, kBig, Big(1),
           MakeNode(ExprOp::kCase, kBig,
                    {Node(ExprOp::kEq, kBool, WindowStart(), MakeLiteral(Datum::Int(kTime, 5))),
                     Big(0), V()})));
  EXPECT_THAT(c.Run({{1, 1}, {1, 7}, {1, 16}}).lines,
              ElementsAre("0 w-5: 1", "0 w0: 1", "2 w10: 1", "2 w15: 1", "dead 1 code 3",
                          "dead 1 filtered 0 late 0 late windows 0"));
}

TEST(InterpretPipeline, EventTimeMustBeThere) {
  Case c;
  c.pipeline().window = Tumble(10);
  c.Output(V());
  EXPECT_THAT(c.Run({{1, kNone}}).lines,
              ElementsAre("dead 0 code 10", "dead 1 filtered 0 late 0 late windows 0"));
}

TEST(InterpretPipeline, HashesAreThoseOfTheKeys) {
  Case c;
  c.pipeline().hashes = true;
  c.pipeline().key_count = 2;
  c.Output(V());
  c.Output(MakeCast(V(), TypeKind::kString));
  c.Output(Big(7));
  FlowString text;
  flow_string_set(&text, "42", 2);
  const uint64_t hash = flow_hash_string(flow_hash_u64(FLOW_HASH_SEED, 42), &text);
  const uint64_t null = flow_hash_null(flow_hash_null(FLOW_HASH_SEED));
  EXPECT_THAT(c.Run({{42, 0}, {kNone, 0}}).lines,
              ElementsAre("0 h" + std::to_string(hash) + ": 42 | '42' | 7",
                          "1 h" + std::to_string(null) + ": NULL | NULL | 7",
                          "dead 0 filtered 0 late 0 late windows 0"));
  c.mask = 0;
  EXPECT_EQ(c.Run({{42, 0}}).lines[0], "0 h0: 42 | '42' | 7");
}

}  // namespace
}  // namespace flow
