// links: compiler/codegen runtime/base
// The functions of aggregates in machine code, both tiers.
#include <cstring>
#include <limits>
#include <map>
#include <numeric>
#include <random>

#include "runtime/abi/compact_sum.h"
#include "runtime/program/layout.h"
#include "tests/unit/codegen_fixture.h"

namespace flow {
namespace {

using program::AggregateCall;
using program::AggregateFn;
using program::AggregateKernels;

void LayOut(program::Aggregate* aggregate) {
  aggregate->layout =
      program::LayOut(aggregate->key_types, aggregate->calls, aggregate->updating_input);
}

// A tiny table: entries in a vector, found by trying them all.
class Groups {
 public:
  Groups(const program::Aggregate& aggregate) : aggregate_(aggregate) {
    kernels_ = aggregate.kernels->Load();
  }
  ~Groups() {
    if (kernels_->destroy == nullptr) return;
    for (auto& entry : entries_) kernels_->destroy(kernels_->self, Bytes(*entry));
  }

  void Update(const Batch& batch, const std::vector<int64_t>* weights) {
    std::vector<uint8_t*> rows;
    for (int32_t row = 0; row < batch.rows; ++row) rows.push_back(Find(batch, row));
    kernels_->update(kernels_->self, rows.data(), batch.columns(),
                     weights == nullptr ? nullptr : weights->data(), batch.rows, arena_.abi());
  }

  // Takes all groups of the other, as a final aggregate does.
  void Merge(Groups& other) {
    for (auto& from : other.entries_) {
      uint8_t* entry = nullptr;
      for (auto& mine : entries_) {
        if (kernels_->equal_entries(kernels_->self, Bytes(*mine), Bytes(*from)))
          entry = Bytes(*mine);
      }
      if (entry == nullptr) {
        entry = New();
        kernels_->insert_entry(kernels_->self, entry, Bytes(*from), arena_.abi());
      }
      kernels_->merge(kernels_->self, entry, Bytes(*from), arena_.abi());
    }
  }

  // One text a group, sorted.
  std::vector<std::string> Finish() {
    std::vector<const uint8_t*> entries;
    for (auto& entry : entries_) entries.push_back(Bytes(*entry));
    std::vector<Type> types = aggregate_.key_types;
    for (const AggregateCall& call : aggregate_.calls) types.push_back(call.result_type);
    Batch out(types, static_cast<int32_t>(entries.size()) + 1);
    kernels_->finish(kernels_->self, entries.data(), static_cast<int32_t>(entries.size()),
                     out.columns(), out.arena().abi());
    std::vector<std::string> texts;
    for (size_t i = 0; i < entries.size(); ++i) {
      Row row;
      for (size_t c = 0; c < types.size(); ++c) {
        row.push_back(
            ReadCell(out.column(static_cast<int32_t>(c)), types[c], static_cast<int32_t>(i)));
      }
      texts.push_back(Show(row));
    }
    std::sort(texts.begin(), texts.end());
    return texts;
  }

  std::vector<int64_t> Live() {
    std::vector<int64_t> live;
    for (auto& entry : entries_) live.push_back(kernels_->live(kernels_->self, Bytes(*entry)));
    return live;
  }

 private:
  struct alignas(16) Chunk {
    uint8_t bytes[16];
  };
  using Entry = std::vector<Chunk>;
  static uint8_t* Bytes(Entry& entry) { return entry.data()->bytes; }

  uint8_t* New() {
    entries_.push_back(std::make_unique<Entry>(
        (static_cast<size_t>(aggregate_.layout.entry_size) + sizeof(Chunk) - 1) / sizeof(Chunk)));
    // What the kernels do not initialise shows as a wrong result.
    std::memset(Bytes(*entries_.back()), 0xAB, static_cast<size_t>(aggregate_.layout.entry_size));
    return Bytes(*entries_.back());
  }
  uint8_t* Find(const Batch& batch, int32_t row) {
    for (auto& entry : entries_) {
      if (kernels_->equal(kernels_->self, Bytes(*entry), batch.columns(), row))
        return Bytes(*entry);
    }
    uint8_t* entry = New();
    kernels_->insert(kernels_->self, entry, batch.columns(), row, arena_.abi());
    return entry;
  }

  const program::Aggregate& aggregate_;
  const AggregateKernels* kernels_;
  Arena arena_;
  std::vector<std::unique_ptr<Entry>> entries_;
};

class AggregateTest : public ::testing::Test {
 protected:
  program::Aggregate aggregate;

  void AddCall(AggregateFn fn, Type argument, Type result, int column) {
    aggregate.calls.push_back(
        {fn, column, std::move(argument), std::move(result), "", false, false, {}});
  }

  // Runs in both tiers, whole and in two halves that are merged; all must agree.
  std::vector<std::string> Run(const std::vector<Type>& types, const std::vector<Row>& rows,
                               const std::vector<int64_t>* weights = nullptr) {
    if (aggregate.layout.entry_size == 0) LayOut(&aggregate);
    std::vector<std::string> agreed;
    for (bool optimized : {false, true}) {
      LoweredProgram program;
      program.program.aggregates.push_back(aggregate);
      codegen::Options options;
      options.tier0 = !optimized;
      options.tier1 = optimized;
      options.background = false;
      auto engine = codegen::Generate(program, options);
      if (!engine.ok()) {
        ADD_FAILURE() << engine.error().message;
        return {};
      }
      Groups whole(aggregate);
      whole.Update(*MakeBatch(types, rows), weights);
      std::vector<std::string> result = whole.Finish();

      size_t half = rows.size() / 2;
      Groups first(aggregate);
      Groups second(aggregate);
      std::vector<int64_t> first_weights;
      std::vector<int64_t> second_weights;
      if (weights != nullptr) {
        first_weights.assign(weights->begin(), weights->begin() + static_cast<int64_t>(half));
        second_weights.assign(weights->begin() + static_cast<int64_t>(half), weights->end());
      }
      first.Update(*MakeBatch(types, {rows.begin(), rows.begin() + static_cast<int64_t>(half)}),
                   weights == nullptr ? nullptr : &first_weights);
      second.Update(*MakeBatch(types, {rows.begin() + static_cast<int64_t>(half), rows.end()}),
                    weights == nullptr ? nullptr : &second_weights);
      first.Merge(second);
      EXPECT_EQ(first.Finish(), result) << "halves, optimized " << optimized;
      EXPECT_TRUE(!optimized || result == agreed);
      agreed = std::move(result);
    }
    return agreed;
  }
};

using Texts = std::vector<std::string>;
const Type kDecimal = Type::Decimal(12, 2);

TEST_F(AggregateTest, CountsSumsAndAverages) {
  aggregate.key_types = {kString};
  AddCall(AggregateFn::kCountRows, Type(), kBigint, -1);
  AddCall(AggregateFn::kCount, kBigint, kBigint, 1);
  AddCall(AggregateFn::kSum, kBigint, kBigint, 1);
  AddCall(AggregateFn::kAvg, kBigint, Type::Decimal(38, 6), 1);
  AddCall(AggregateFn::kSum, kDecimal, Type::Decimal(38, 2), 2);
  AddCall(AggregateFn::kAvg, kDecimal, Type::Decimal(38, 6), 2);
  std::vector<Type> types = {kString, kBigint, kDecimal};
  EXPECT_EQ(Run(types, {{S("a key that is not inline"), I(1), Dec(12, 2, 150)},
                        {Null(kString), I(-5), Null(kDecimal)},
                        {S("b"), Null(kBigint), Dec(12, 2, -100)},
                        {S("a key that is not inline"), I(1), Dec(12, 2, 25)},
                        {S("a key that is not inline"), Null(kBigint), Dec(12, 2, 25)},
                        {Null(kString), I(3), Null(kDecimal)}}),
            (Texts{"'a key that is not inline' 3 2 2 1.000000 2.00 0.666667",
                   "'b' 1 0 NULL NULL -1.00 -1.000000", "NULL 2 2 -2 -1.000000 NULL NULL"}));
}

TEST_F(AggregateTest, IntArgumentsAndEveryKeyType) {
  aggregate.key_types = {kBool, kInt, kDouble, Type::Decimal(38, 0), kDate};
  AddCall(AggregateFn::kSum, kInt, kBigint, 5);
  AddCall(AggregateFn::kAvg, kInt, Type::Decimal(38, 6), 5);
  std::vector<Type> types = aggregate.key_types;
  types.push_back(kInt);
  double nan = std::numeric_limits<double>::quiet_NaN();
  auto row = [&](double d, int x) {
    return Row{B(true), I32(-7), D(d), Dec(38, 0, flow_pow10(30)), Datum::Int(kDate, 3), I32(x)};
  };
  // -0 and 0 are one key, and so are NaNs with any sign.
  Texts result = Run(types, {row(-0.0, 1), row(0.0, 2), row(nan, 4), row(-nan, 8), row(1, 16)});
  std::string prefix = ToSql(B(true)) + " -7 ";
  std::string suffix = " 1000000000000000000000000000000 " + ToSql(Datum::Int(kDate, 3)) + " ";
  Texts expected = {prefix + ToSql(D(0.0)) + suffix + "3 1.500000",
                    prefix + ToSql(D(nan)) + suffix + "12 6.000000",
                    prefix + ToSql(D(1)) + suffix + "16 16.000000"};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(result, expected);
}

TEST_F(AggregateTest, OverflowIsJudgedAtTheEnd) {
  AddCall(AggregateFn::kSum, kBigint, kBigint, 0);
  AddCall(AggregateFn::kSum, Type::Decimal(38, 0), Type::Decimal(38, 0), 1);
  AddCall(AggregateFn::kAvg, Type::Decimal(38, 0), Type::Decimal(38, 6), 1);
  AddCall(AggregateFn::kSum, kDouble, kDouble, 2);
  std::vector<Type> types = {kBigint, Type::Decimal(38, 0), kDouble};
  Datum big = Dec(38, 0, flow_pow10(38) - 1);
  Datum small = Dec(38, 0, -(flow_pow10(38) - 1));
  std::string overflow = ToSql(Err(kInt, kFlowErrOverflow));
  Row up = {I(INT64_MAX), big, D(1.7e308)};
  Row down = {I(-INT64_MAX), small, D(-1.7e308)};
  EXPECT_EQ(Run(types, {up, up, up, down, down, down}), (Texts{"0 0 0.000000 0"}));
  EXPECT_EQ(Run(types, {up, up}),
            (Texts{overflow + " " + overflow + " " + overflow + " " + overflow}));
}

// Cells of 8 and 16 bytes, around the greatest sums that fit them, from both sides.
TEST_F(AggregateTest, SumsThatDoNotFitTheirCellsSpill) {
  const Type kShort = Type::Decimal(18, 0), kLong = Type::Decimal(38, 0);
  AddCall(AggregateFn::kSum, kBigint, kBigint, 0);
  AddCall(AggregateFn::kAvg, kBigint, Type::Decimal(38, 6), 0);
  AddCall(AggregateFn::kSum, kShort, kLong, 1);
  AddCall(AggregateFn::kSum, kLong, kLong, 2);
  AddCall(AggregateFn::kAvg, kLong, Type::Decimal(38, 6), 2);
  std::vector<Type> types = {kBigint, kShort, kLong};
  const FlowInt128 short_most = flow_pow10(18) - 1, half = FlowInt128{1} << 126;
  auto row = [&](int64_t a, FlowInt128 b, FlowInt128 c) {
    return Row{I(a), Dec(18, 0, b), Dec(38, 0, c)};
  };
  const int64_t edge = int64_t{1} << 62;
  EXPECT_EQ(
      Run(types, {row(edge - 1, short_most, half - 1), row(1, short_most, 1), row(0, short_most, 0),
                  row(0, short_most, 0), row(0, short_most, -1), row(-1, short_most, -half)}),
      (Texts{ToSql(I(edge - 1)) + " " + ToSql(Dec(38, 6, FlowInt128{edge - 1} * 1000000 / 6)) +
             " 5999999999999999994 -1 -0.166667"}));
  EXPECT_EQ(Run(types, {row(-edge, -short_most, -half), row(-1, -short_most, -1), row(1, 0, 1),
                        row(INT64_MAX, 3 * short_most, half), row(-1, -short_most, 7)}),
            (Texts{ToSql(I(edge - 2)) + " " +
                   ToSql(Dec(38, 6, FlowInt128{edge - 2} * 1000000 / 5)) + " 0 7 1.400000"}));
}

TEST_F(AggregateTest, SpilledSumsComeBackWithRetractions) {
  aggregate.updating_input = true;
  aggregate.key_types = {kInt};
  const Type kShort = Type::Decimal(18, 0), kLong = Type::Decimal(38, 0);
  AddCall(AggregateFn::kSum, kBigint, kBigint, 1);
  AddCall(AggregateFn::kSum, kShort, kLong, 2);
  AddCall(AggregateFn::kSum, kLong, kLong, 3);
  AddCall(AggregateFn::kSum, kDouble, kDouble, 4);
  std::vector<Type> types = {kInt, kBigint, kShort, kLong, kDouble};
  Row small = {I32(1), I(-5), Dec(18, 0, -5), Dec(38, 0, -5), D(0.5)};
  Row great = {I32(1), I(INT64_MAX), Dec(18, 0, flow_pow10(18) - 1), Dec(38, 0, flow_pow10(38) - 1),
               D(1e300)};
  std::vector<int64_t> weights = {3, int64_t{1} << 50, -(int64_t{1} << 50)};
  const int64_t spilled = flow_spill_count();
  EXPECT_EQ(Run(types, {small, great, great}, &weights), (Texts{"1 -15 -15 -15 " + ToSql(D(1.5))}));
  weights = {1, 2, -1};
  EXPECT_EQ(Run(types, {small, great, great}, &weights),
            (Texts{"1 " + ToSql(I(INT64_MAX - 5)) + " 999999999999999994 " +
                   ToSql(Dec(38, 0, flow_pow10(38) - 6)) + " " + ToSql(D(1e300))}));
  EXPECT_EQ(flow_spill_count(), spilled);
}

TEST_F(AggregateTest, DoubleSumsAreExact) {
  AddCall(AggregateFn::kSum, kDouble, kDouble, 0);
  AddCall(AggregateFn::kAvg, kDouble, kDouble, 0);
  std::vector<Row> rows = {{D(1e100)}, {D(1)}, {D(-1e100)}, {D(0x1p-1000)}, {Null(kDouble)}};
  std::string sum = ToSql(D(1));
  EXPECT_EQ(Run({kDouble}, rows), (Texts{sum + " " + ToSql(D(0.25))}));
  double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Run({kDouble}, {{D(inf)}, {D(1)}}), (Texts{ToSql(D(inf)) + " " + ToSql(D(inf))}));
}

TEST_F(AggregateTest, MinAndMaxOfAppendOnlyInput) {
  const std::vector<Type> types = {kInt, kDouble, kString, kDecimal, kBool, kTimestamp};
  for (int i = 0; i < 6; ++i) {
    const Type& type = types[static_cast<size_t>(i)];
    AddCall(AggregateFn::kMin, type, type, i);
    AddCall(AggregateFn::kMax, type, type, i);
  }
  double nan = std::numeric_limits<double>::quiet_NaN();
  Row a = {I32(3), D(-0.0), S("a string that is not inline"), Dec(12, 2, -5), B(true), Ts(5)};
  Row b = {I32(-3), D(nan), S("zz"), Dec(12, 2, 5), B(false), Ts(-5)};
  Row c = {Null(kInt), D(0.0), S("a string that is not inlin"), Dec(12, 2, 0), Null(kBool), Ts(1)};
  Row none;
  for (const Type& type : types) none.push_back(Null(type));
  Row expected = {I32(-3), I32(3), D(0.0),   D(nan),  c[2], b[2],
                  a[3],    b[3],   B(false), B(true), b[5], a[5]};
  EXPECT_EQ(Run(types, {none, a, b, c}), (Texts{Show(expected)}));
  EXPECT_EQ(Run(types, {c, b, none, a}), (Texts{Show(expected)}));
  Row empty;
  for (const Type& type : types) {
    empty.push_back(Null(type));
    empty.push_back(Null(type));
  }
  EXPECT_EQ(Run(types, {none, none}), (Texts{Show(empty)}));
}

TEST_F(AggregateTest, RetractionsTakeBack) {
  aggregate.updating_input = true;
  aggregate.key_types = {kInt};
  AddCall(AggregateFn::kCountRows, Type(), kBigint, -1);
  AddCall(AggregateFn::kSum, kBigint, kBigint, 1);
  AddCall(AggregateFn::kMin, kString, kString, 2);
  AddCall(AggregateFn::kMax, kString, kString, 2);
  AddCall(AggregateFn::kSum, kDecimal, Type::Decimal(38, 2), 3);
  AddCall(AggregateFn::kSum, kDouble, kDouble, 4);
  AddCall(AggregateFn::kMax, kDecimal, kDecimal, 3);
  std::vector<Type> types = {kInt, kBigint, kString, kDecimal, kDouble};
  Row a = {I32(1), I(10), S("the least string of them"), Dec(12, 2, 100), D(0.1)};
  Row b = {I32(1), I(20), S("zebra"), Dec(12, 2, -300), D(1e300)};
  std::vector<int64_t> weights = {1, 2, -1, -1, 1};
  EXPECT_EQ(Run(types, {a, b, a, b, a}, &weights),
            (Texts{"1 2 30 'the least string of them' 'zebra' -2.00 " + ToSql(D(1e300 + 0.1)) +
                   " 1.00"}));
  std::vector<int64_t> gone = {1, -1};
  EXPECT_EQ(Run(types, {a, a}, &gone), (Texts{"1 0 NULL NULL NULL NULL NULL NULL"}));
  std::vector<int64_t> weightless = {1, 0};
  EXPECT_EQ(Run(types, {a, b}, &weightless),
            (Texts{"1 1 10 'the least string of them' 'the least string of them' 1.00 " +
                   ToSql(D(0.1)) + " 1.00"}));
}

TEST_F(AggregateTest, LiveCountsByWeight) {
  aggregate.updating_input = true;
  aggregate.key_types = {kInt};
  AddCall(AggregateFn::kCountRows, Type(), kBigint, -1);
  LayOut(&aggregate);
  LoweredProgram program;
  program.program.aggregates.push_back(aggregate);
  auto engine = codegen::Generate(program, {});
  ASSERT_TRUE(engine.ok());
  EXPECT_EQ(aggregate.kernels->Load()->destroy, nullptr);
  Groups groups(aggregate);
  std::vector<int64_t> weights = {1, 3, -1, 2};
  groups.Update(*MakeBatch({kInt}, {{I32(1)}, {I32(2)}, {I32(1)}, {I32(2)}}), &weights);
  EXPECT_EQ(groups.Live(), (std::vector<int64_t>{0, 5}));
}

// Many random rows against sums in wide arithmetic.
TEST_F(AggregateTest, RandomSumsAgreeWithWideArithmetic) {
  aggregate.key_types = {kInt};
  AddCall(AggregateFn::kSum, Type::Decimal(38, 4), Type::Decimal(38, 4), 1);
  AddCall(AggregateFn::kAvg, Type::Decimal(38, 4), Type::Decimal(38, 6), 1);
  AddCall(AggregateFn::kAvg, kBigint, Type::Decimal(38, 6), 2);
  std::mt19937_64 random(3);
  std::vector<Row> rows;
  std::map<int, std::vector<std::pair<FlowInt128, int64_t>>> by_key;
  for (int i = 0; i < 500; ++i) {
    int key = static_cast<int>(random() % 3);
    auto decimal = static_cast<FlowInt128>(static_cast<int64_t>(random())) * 1000003;
    auto integer = static_cast<int64_t>(random());
    rows.push_back({I32(key), Dec(38, 4, decimal), I(integer)});
    by_key[key].emplace_back(decimal, integer);
  }
  auto rounded = [](FlowInt128 dividend, FlowInt128 divisor) {
    FlowInt128 q = dividend / divisor;
    FlowInt128 r = dividend % divisor;
    if ((r < 0 ? -r : r) * 2 >= divisor) q += dividend < 0 ? -1 : 1;
    return q;
  };
  Texts expected;
  for (const auto& [key, values] : by_key) {
    FlowInt128 sum = 0;
    FlowInt128 integers = 0;
    for (const auto& [decimal, integer] : values) {
      sum += decimal;
      integers += integer;
    }
    auto n = static_cast<FlowInt128>(values.size());
    expected.push_back(Show({I32(key), Dec(38, 4, sum), Dec(38, 6, rounded(sum * 100, n)),
                             Dec(38, 6, rounded(integers * 1000000, n))}));
  }
  EXPECT_EQ(Run({kInt, Type::Decimal(38, 4), kBigint}, rows), expected);
}

}  // namespace
}  // namespace flow
