// links: compiler/codegen runtime/base
// Filters, projections, dead rows and hashes in machine code, both tiers.
#include "tests/unit/codegen_fixture.h"

namespace flow {
namespace {

using Texts_ = std::vector<std::string>;
using Dead = std::vector<std::pair<int32_t, int>>;

TEST_F(PipelineTest, FiltersAndProjects) {
  pipeline.input = {kBigint, kString, kDouble};
  spec.filter = Op(ExprOp::kGt, kBool, {Col(0, kBigint), Lit(I(10))});
  AddOutput(Op(ExprOp::kAdd, kBigint, {Col(0, kBigint), Lit(I(1))}));
  AddOutput(Call("upper", {Col(1, kString)}));
  AddOutput(Op(ExprOp::kMul, kDouble, {Col(2, kDouble), Lit(D(2))}));
  PipelineResult result = Run({{I(5), S("no"), D(1)},
                               {I(11), S("a string that is not inline"), D(1.5)},
                               {Null(kBigint), S("x"), D(0)},
                               {I(12), Null(kString), Null(kDouble)}});
  EXPECT_EQ(Texts(result), (Texts_{"12 'A STRING THAT IS NOT INLINE' 3", "13 NULL NULL"}));
  EXPECT_EQ(result.from, (std::vector<int32_t>{1, 3}));
  EXPECT_EQ(result.filtered, 2);
  EXPECT_TRUE(result.dead.empty());
}

TEST_F(PipelineTest, NoFilterKeepsEveryRow) {
  pipeline.input = {kInt};
  AddOutput(Col(0, kInt));
  PipelineResult result = Run({{I32(1)}, {Null(kInt)}, {Err(kInt, kFlowErrFieldType)}});
  EXPECT_EQ(Texts(result), (Texts_{"1", "NULL", ToSql(Err(kInt, kFlowErrFieldType))}));
}

TEST_F(PipelineTest, AnEmptyBatchGivesNothing) {
  pipeline.input = {kInt};
  AddOutput(Col(0, kInt));
  EXPECT_TRUE(Run({}).rows.empty());
}

// The table of SEMANTICS "Values": one FALSE or NULL term drops the row whatever the others are.
TEST_F(PipelineTest, AFilterInErrorKillsOnlyWhereNothingElseDecides) {
  pipeline.input = {kBool, kBool};
  spec.filter = Op(ExprOp::kAnd, kBool, {Col(0, kBool), Col(1, kBool)});
  AddOutput(Col(0, kBool));
  Datum e1 = Err(kBool, kFlowErrCast);
  Datum e2 = Err(kBool, kFlowErrOverflow);
  PipelineResult result = Run({{B(true), B(true)},
                               {B(true), B(false)},
                               {e1, B(false)},
                               {Null(kBool), e1},
                               {e1, Null(kBool)},
                               {e1, B(true)},
                               {B(true), e2},
                               {e1, e2},
                               {e2, e1}});
  EXPECT_EQ(result.from, (std::vector<int32_t>{0}));
  EXPECT_EQ(result.filtered, 4);
  EXPECT_EQ(
      result.dead,
      (Dead{{5, kFlowErrCast}, {6, kFlowErrOverflow}, {7, kFlowErrCast}, {8, kFlowErrOverflow}}));
}

TEST_F(PipelineTest, CostlyTermsOfAFilterAreSkippedButNotForgotten) {
  pipeline.input = {kString, kInt};
  // LIKE is costly, the comparison is cheap and goes first; the error of the first term counts.
  spec.filter = Op(ExprOp::kAnd, kBool,
                   {Call("like", {Col(0, kString), Lit(S("a%\\"))}),
                    Op(ExprOp::kEq, kBool, {Col(1, kInt), Lit(I32(1))})});
  AddOutput(Col(1, kInt));
  PipelineResult result = Run({{S("abc"), I32(1)}, {S("abc"), I32(2)}});
  EXPECT_EQ(result.dead, (Dead{{0, kFlowErrArgument}}));
  EXPECT_EQ(result.filtered, 1);
}

TEST_F(PipelineTest, CheckedOutputsKillUncheckedOnesCarryOn) {
  pipeline.input = {kBigint, kBigint};
  AddOutput(Op(ExprOp::kDiv, kBigint, {Lit(I(10)), Col(0, kBigint)}), /*checked=*/true);
  AddOutput(Op(ExprOp::kAdd, kBigint, {Col(0, kBigint), Col(1, kBigint)}), /*checked=*/true);
  AddOutput(Op(ExprOp::kDiv, kBigint, {Lit(I(10)), Col(1, kBigint)}));
  PipelineResult result = Run({{I(2), I(5)},
                               {I(0), I(1)},
                               {I(5), I(0)},
                               {I(INT64_MAX), I(1)},
                               {I(0), Err(kBigint, kFlowErrCast)}});
  EXPECT_EQ(Texts(result), (Texts_{"5 7 2", "2 5 <division by zero>"}));
  EXPECT_EQ(
      result.dead,
      (Dead{{1, kFlowErrDivisionByZero}, {3, kFlowErrOverflow}, {4, kFlowErrDivisionByZero}}));
}

TEST_F(PipelineTest, HashesKeysAsTheRuntimeDoes) {
  pipeline.input = {kString, kInt, kDouble, Type::Decimal(20, 2), kBool, kTimestamp};
  for (int i = 0; i < 6; ++i) AddOutput(Col(i, pipeline.input[static_cast<size_t>(i)]));
  AddOutput(Lit(I(7)));
  pipeline.hashes = true;
  pipeline.key_count = 6;
  Row row = {S("a key that is not inline"), I32(-3), D(-0.0), Dec(20, 2, -12345), B(true), Ts(99)};
  Row nulls;
  for (const Type& type : pipeline.input) nulls.push_back(Null(type));
  PipelineResult result = Run({row, nulls});
  FlowString s;
  flow_string_set(&s, row[0].s.data(), static_cast<uint32_t>(row[0].s.size()));
  uint64_t h = flow_hash_string(FLOW_HASH_SEED, &s);
  h = flow_hash_u64(h, static_cast<uint64_t>(int64_t{-3}));
  h = flow_hash_double(h, 0.0);
  h = flow_hash_i128(h, -12345);
  h = flow_hash_u64(h, 1);
  h = flow_hash_u64(h, 99);
  uint64_t n = FLOW_HASH_SEED;
  for (int i = 0; i < 6; ++i) n = flow_hash_null(n);
  EXPECT_EQ(result.hashes, (std::vector<uint64_t>{h, n}));
}

TEST_F(PipelineTest, HashesStringsOfEveryLength) {
  pipeline.input = {kString};
  AddOutput(Col(0, kString));
  pipeline.hashes = true;
  pipeline.key_count = 1;
  std::vector<Row> rows;
  std::vector<uint64_t> expected;
  for (int n = 0; n < 70; ++n) {
    std::string text;
    for (int i = 0; i < n; ++i) text += static_cast<char>(200 + 7 * i);
    rows.push_back({S(text)});
    FlowString s;
    flow_string_set(&s, text.data(), static_cast<uint32_t>(n));
    expected.push_back(flow_hash_string(FLOW_HASH_SEED, &s));
  }
  EXPECT_EQ(Run(rows).hashes, expected);
}

TEST_F(PipelineTest, RowsOfAMorselAreAbsolute) {
  pipeline.input = {kInt};
  spec.filter = Op(ExprOp::kNe, kBool, {Col(0, kInt), Lit(I32(3))});
  AddOutput(Op(ExprOp::kDiv, kInt, {Lit(I32(12)), Col(0, kInt)}), /*checked=*/true);
  LoweredProgram program;
  program.program.pipelines.push_back(pipeline);
  program.pipelines.push_back(spec);
  auto engine = codegen::Generate(program, {});
  ASSERT_TRUE(engine.ok()) << engine.error().message;
  ASSERT_TRUE(engine.value()->Wait().ok());
  EXPECT_EQ(pipeline.kernel->Load()->tier, program::Tier::kOptimized);
  std::unique_ptr<Batch> input =
      MakeBatch(pipeline.input, {{I32(1)}, {I32(2)}, {I32(0)}, {I32(3)}, {I32(4)}, {I32(6)}});
  PipelineResult result = RunPipeline(pipeline, *input, nullptr, 1, 4);
  EXPECT_EQ(Texts(result), (Texts_{"6", "3"}));
  EXPECT_EQ(result.from, (std::vector<int32_t>{1, 4}));
  EXPECT_EQ(result.dead, (Dead{{2, kFlowErrDivisionByZero}}));
  EXPECT_EQ(result.filtered, 1);
}

// An expression that doubles a shared node n times is a tree of 2^n leaves; code must stay small.
TEST_F(PipelineTest, SharedNodesAreComputedOnce) {
  pipeline.input = {kDouble};
  BoundExprPtr sum = Col(0, kDouble);
  for (int i = 0; i < 60; ++i) sum = Op(ExprOp::kAdd, kDouble, {sum, sum});
  AddOutput(sum);
  EXPECT_EQ(Texts(Run({{D(1)}})), (Texts_{ToSql(D(0x1p60))}));
}

// Past a size code is not optimised any more: minutes would go into it.
TEST_F(PipelineTest, HugeExpressionsCompileInBoundedTime) {
  pipeline.input = {kBigint, kString};
  std::vector<BoundExprPtr> terms;
  BoundExprPtr text = Col(1, kString);
  for (int i = 0; i < 3000; ++i) {
    BoundExprPtr shifted = Op(ExprOp::kAdd, kBigint, {Col(0, kBigint), Lit(I(i))});
    terms.push_back(Op(ExprOp::kLt, kBool, {shifted, Lit(I(2 * i + 1000))}));
    if (i < 300) text = Call("concat", {text, Lit(S("+"))});
  }
  spec.filter = Op(ExprOp::kAnd, kBool, terms);
  AddOutput(Call("length", {text}));
  PipelineResult result = Run({{I(999), S("a")}, {I(1000), S("")}, {I(INT64_MAX), S("a")}});
  EXPECT_EQ(Texts(result), (Texts_{"301"}));
  EXPECT_EQ(result.filtered, 2);  // the last one by its first term, before any overflow
}

TEST_F(PipelineTest, KernelsOutliveTheEngine) {
  pipeline.input = {kInt};
  AddOutput(Op(ExprOp::kAdd, kInt, {Col(0, kInt), Lit(I32(1))}));
  {
    LoweredProgram program;
    program.program.pipelines.push_back(pipeline);
    program.pipelines.push_back(spec);
    auto engine = codegen::Generate(program, {});
    ASSERT_TRUE(engine.ok()) << engine.error().message;
  }
  std::unique_ptr<Batch> input = MakeBatch(pipeline.input, {{I32(41)}});
  EXPECT_EQ(Texts(RunPipeline(pipeline, *input, nullptr, 0, 1)), (Texts_{"42"}));
}

}  // namespace
}  // namespace flow
