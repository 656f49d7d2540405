// links: compiler/interpret
// The aggregate kernels of the reference engine: keys, accumulators, retraction, merging.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "compiler/interpret/interpret.h"
#include "runtime/abi/compact_sum.h"
#include "runtime/abi/convert.h"
#include "tests/property/kernel_fixture.h"

namespace flow {
namespace {

using kernel_test::Groups;
using program::AggregateFn;
using testing::ElementsAre;

const Type kBool = TypeKind::kBoolean, kInt = TypeKind::kInt, kBig = TypeKind::kBigint,
           kDouble = TypeKind::kDouble, kText = TypeKind::kString;
constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::numeric_limits<double>::quiet_NaN();

Datum Big(int64_t i) { return Datum::Int(kBig, i); }
Datum Dec(FlowInt128 unscaled, int scale = 2) {
  return Datum::Decimal(Type::Decimal(38, scale), unscaled);
}
Datum Str(const std::string& s) { return Datum::String(s); }

struct Case {
  LoweredProgram lowered;
  explicit Case(std::vector<Type> keys, bool updating = false) {
    lowered.program.aggregates.emplace_back();
    aggregate().key_types = std::move(keys);
    aggregate().updating_input = updating;
  }
  program::Aggregate& aggregate() { return lowered.program.aggregates[0]; }
  Case& Add(AggregateFn fn, const Type& argument, const Type& result) {
    program::AggregateCall call;
    call.fn = fn;
    call.argument_type = argument;
    call.result_type = result;
    if (fn != AggregateFn::kCountRows) {
      call.argument = static_cast<int>(aggregate().key_types.size() + arguments.size());
      arguments.push_back(argument);
    }
    aggregate().calls.push_back(call);
    return *this;
  }
  std::unique_ptr<Groups> Start() {
    if (aggregate().kernels->Load() == nullptr) {
      kernel_test::LayOut(&aggregate());
      EXPECT_TRUE(interpret::Install(lowered).ok());
    }
    return std::make_unique<Groups>(*aggregate().kernels->Load(), aggregate());
  }
  Batch Rows(const std::vector<std::vector<Datum>>& rows) {
    std::vector<Type> types = aggregate().key_types;
    types.insert(types.end(), arguments.begin(), arguments.end());
    Batch batch(types, static_cast<int32_t>(rows.size()));
    for (const auto& row : rows) {
      for (size_t c = 0; c < row.size(); ++c) {
        Datum cell = row[c];
        cell.type = types[c];
        WriteCell(batch.column(static_cast<int32_t>(c)), batch.rows, cell, batch.arena().abi());
      }
      ++batch.rows;
    }
    return batch;
  }
  // The results over one batch, as text.
  std::vector<std::string> Over(const std::vector<std::vector<Datum>>& rows,
                                const std::vector<int64_t>& weights = {}) {
    auto groups = Start();
    groups->Update(Rows(rows), weights);
    return groups->Finish();
  }
  std::vector<Type> arguments;
};

TEST(InterpretAggregate, CountsAndNulls) {
  Case c({kText});
  c.Add(AggregateFn::kCountRows, {}, kBig).Add(AggregateFn::kCount, kBig, kBig);
  c.Add(AggregateFn::kSum, kBig, kBig).Add(AggregateFn::kMin, kBig, kBig);
  const Datum null = Datum::Null(kBig);
  EXPECT_THAT(c.Over({{Str("a"), Big(1), Big(1), Big(5)},
                      {Datum::Null(kText), null, null, null},
                      {Str("a"), null, Big(2), Big(-5)},
                      {Datum::Null(kText), null, null, null}}),
              ElementsAre("'a' | 2 | 1 | 3 | -5", "NULL | 2 | 0 | NULL | NULL"));
}

TEST(InterpretAggregate, KeysAreCanonical) {
  Case c({kDouble, kText});
  c.Add(AggregateFn::kCountRows, {}, kBig);
  const std::string longer(30, 'k');
  EXPECT_THAT(c.Over({{Datum::Double(-0.0), Str(longer)},
                      {Datum::Double(kNan), Str("")},
                      {Datum::Double(0.0), Str(longer)},
                      {Datum::Double(-kNan), Str("")},
                      {Datum::Double(0.0), Str("")},
                      {Datum::Null(kDouble), Str("")}}),
              ElementsAre("0x0p+0 | '" + longer + "' | 2", "NaN | '' | 2", "0x0p+0 | '' | 1",
                          "NULL | '' | 1"));
}

TEST(InterpretAggregate, SumsAreJudgedAtTheEnd) {
  const int64_t most = std::numeric_limits<int64_t>::max();
  Case c({});
  c.Add(AggregateFn::kSum, kBig, kBig).Add(AggregateFn::kAvg, kBig, Type::Decimal(38, 6));
  EXPECT_THAT(c.Over({{Big(most), Big(most)}, {Big(most), Big(most)}}),
              ElementsAre("<numeric overflow>#2 | 9223372036854775807.000000"));
  EXPECT_THAT(c.Over({{Big(most), Big(1)}, {Big(most), Big(1)}, {Big(-most), Big(0)}}),
              ElementsAre("9223372036854775807 | 0.666667"));
  EXPECT_THAT(c.Over({{Big(-most), Big(-1)}, {Big(-1), Big(-1)}, {Datum::Null(kBig), Big(0)}}),
              ElementsAre("-9223372036854775808 | -0.666667"));
}

TEST(InterpretAggregate, DecimalsPastTheirDigits) {
  const Type d2 = Type::Decimal(38, 2);
  Case c({});
  c.Add(AggregateFn::kSum, d2, d2).Add(AggregateFn::kAvg, d2, Type::Decimal(38, 6));
  const FlowInt128 most = flow_pow10(38) - 1;
  EXPECT_THAT(c.Over({{Dec(most), Dec(1)}, {Dec(1), Dec(2)}}),
              ElementsAre("<numeric overflow>#2 | 0.015000"));
  EXPECT_THAT(c.Over({{Dec(most), Dec(-1)}, {Dec(most), Dec(-1)}, {Dec(-most), Dec(0)}}),
              ElementsAre("999999999999999999999999999999999999.99 | -0.006667"));
  // 256 bits hold what 128 could not.
  Case u({}, /*updating=*/true);
  u.Add(AggregateFn::kSum, d2, d2);
  const int64_t times = std::numeric_limits<int64_t>::max() / 4;
  EXPECT_THAT(u.Over({{Dec(most)}, {Dec(-most)}, {Dec(7)}}, {times, times, 3}),
              ElementsAre("0.21 live " + std::to_string(2 * times + 3)));
}

// Cells of 8 and 16 bytes, around the greatest sums that fit them; what spilled comes back.
TEST(InterpretAggregate, SumsThatDoNotFitTheirCellsSpill) {
  const Type short_type = Type::Decimal(18, 2), long_type = Type::Decimal(38, 2);
  const FlowInt128 short_most = flow_pow10(18) - 1, half = FlowInt128{1} << 126;
  const int64_t edge = int64_t{1} << 62, spilled = flow_spill_count();
  {
    Case c({});
    c.Add(AggregateFn::kSum, kBig, kBig).Add(AggregateFn::kSum, short_type, long_type);
    c.Add(AggregateFn::kSum, long_type, long_type);
    auto row = [](int64_t a, FlowInt128 b, FlowInt128 c) {
      return std::vector<Datum>{Big(a), Dec(b), Dec(c)};
    };
    auto groups = c.Start();
    groups->Update(c.Rows({row(edge - 1, 4 * short_most, half - 1)}), {});
    EXPECT_EQ(flow_spill_count(), spilled);
    groups->Update(c.Rows({row(1, short_most, 1)}), {});
    EXPECT_EQ(flow_spill_count(), spilled + 3);
    EXPECT_THAT(groups->Finish(), ElementsAre("4611686018427387904 | 49999999999999999.95 | "
                                              "850705917302346158658436518579420528.64"));
    groups->Update(c.Rows({row(-1, -short_most, -1)}), {});
    EXPECT_EQ(flow_spill_count(), spilled);
    groups->Update(c.Rows({row(-edge - edge + 1, -8 * short_most, -2 * half + 1)}), {});
    EXPECT_EQ(flow_spill_count(), spilled);
    EXPECT_THAT(groups->Finish(), ElementsAre("-4611686018427387904 | -39999999999999999.96 | "
                                              "-850705917302346158658436518579420528.64"));
    groups->Update(c.Rows({row(-1, -short_most, -1)}), {});
    EXPECT_EQ(flow_spill_count(), spilled + 3);
    auto other = c.Start();
    other->Merge(*groups);
    EXPECT_EQ(flow_spill_count(), spilled + 6);
    EXPECT_EQ(other->Finish(), groups->Finish());
    EXPECT_THAT(groups->Finish(), ElementsAre("-4611686018427387905 | -49999999999999999.95 | "
                                              "-850705917302346158658436518579420528.65"));
  }
  EXPECT_EQ(flow_spill_count(), spilled);
}

TEST(InterpretAggregate, AveragesRoundHalfAwayFromZero) {
  Case c({});
  c.Add(AggregateFn::kAvg, Type::Decimal(12, 6), Type::Decimal(38, 6));
  EXPECT_THAT(c.Over({{Dec(1, 6)}, {Dec(0, 6)}}), ElementsAre("0.000001"));
  EXPECT_THAT(c.Over({{Dec(-1, 6)}, {Dec(0, 6)}}), ElementsAre("-0.000001"));
  EXPECT_THAT(c.Over({{Dec(1, 6)}, {Dec(0, 6)}, {Dec(0, 6)}}), ElementsAre("0.000000"));
}

TEST(InterpretAggregate, DoublesAreExact) {
  Case c({});
  c.Add(AggregateFn::kSum, kDouble, kDouble).Add(AggregateFn::kAvg, kDouble, kDouble);
  auto row = [](double d) { return std::vector<Datum>{Datum::Double(d), Datum::Double(d)}; };
  EXPECT_THAT(c.Over({row(1e100), row(1), row(-1e100)}),
              ElementsAre("0x1p+0 | 0x1.5555555555555p-2"));
  EXPECT_THAT(c.Over({row(1.7e308), row(1.7e308)}),
              ElementsAre("<numeric overflow>#2 | <numeric overflow>#2"));
  EXPECT_THAT(c.Over({row(kInf), row(1)}), ElementsAre("inf | inf"));
  EXPECT_THAT(c.Over({row(kInf), row(-kInf)}), ElementsAre("NaN | NaN"));
}

TEST(InterpretAggregate, ExtremesOfAllKinds) {
  Case c({});
  c.Add(AggregateFn::kMin, kDouble, kDouble).Add(AggregateFn::kMax, kDouble, kDouble);
  c.Add(AggregateFn::kMin, kText, kText).Add(AggregateFn::kMax, kText, kText);
  c.Add(AggregateFn::kMax, kBool, kBool);
  auto row = [](double d, const std::string& s, bool b) {
    return std::vector<Datum>{Datum::Double(d), Datum::Double(d), Str(s), Str(s), Datum::Bool(b)};
  };
  const std::string longer(40, 'm');
  EXPECT_THAT(c.Over({row(kNan, "m", false), row(-0.0, longer, true), row(kInf, "b", false)}),
              ElementsAre("0x0p+0 | NaN | 'b' | '" + longer + "' | TRUE"));
}

TEST(InterpretAggregate, RetractionTakesBack) {
  Case c({kInt}, /*updating=*/true);
  c.Add(AggregateFn::kCountRows, {}, kBig).Add(AggregateFn::kSum, kDouble, kDouble);
  c.Add(AggregateFn::kMax, kText, kText);
  const Datum one = Datum::Int(kInt, 1);
  auto row = [&](double d, const std::string& s) {
    return std::vector<Datum>{one, Datum::Double(d), Str(s)};
  };
  auto groups = c.Start();
  groups->Update(c.Rows({row(0.1, "z"), row(1e300, "a"), row(5, "q")}), {1, 2, 1});
  groups->Update(c.Rows({row(1e300, "a"), row(0.1, "z")}), {-2, -1});
  EXPECT_THAT(groups->Finish(), ElementsAre("1 | 1 | 0x1.4p+2 | 'q' live 1"));
  groups->Update(c.Rows({row(5, "q")}), {-1});
  EXPECT_THAT(groups->Finish(), ElementsAre("1 | 0 | NULL | NULL live 0"));
}

TEST(InterpretAggregate, MergeIsUpdate) {
  for (bool updating : {false, true}) {
    Case c({kText}, updating);
    c.Add(AggregateFn::kCount, kBig, kBig).Add(AggregateFn::kSum, kDouble, kDouble);
    c.Add(AggregateFn::kMin, kText, kText)
        .Add(AggregateFn::kAvg, Type::Decimal(12, 2), Dec(0, 6).type);
    auto row = [](const std::string& key, int64_t v) {
      return std::vector<Datum>{Str(key), Big(v), Datum::Double(static_cast<double>(v) / 10),
                                Str(std::string(20, static_cast<char>('a' + v))), Dec(v)};
    };
    auto whole = c.Start(), left = c.Start(), right = c.Start();
    whole->Update(c.Rows({row("x", 1), row("y", 2), row("x", 3), row("z", 4)}), {});
    left->Update(c.Rows({row("x", 1), row("y", 2)}), {});
    right->Update(c.Rows({row("x", 3), row("z", 4)}), {});
    left->Merge(*right);
    EXPECT_EQ(left->Finish(), whole->Finish());
    EXPECT_EQ(left->Finish().size(), 3u);
  }
}

}  // namespace
}  // namespace flow
