// links: compiler/interpret compiler/codegen
// labels: asan
// Random aggregates over random rows, with weights, retractions and merges: the interpreter and
// both tiers of generated code give the same results; so do all ways to divide the rows.
// FLOW_CASES says how many programs, FLOW_SEED runs one of them.
#include <gtest/gtest.h>

#include "runtime/abi/hash.h"
#include "tests/property/expr_engines.h"
#include "tests/property/expr_random.h"
#include "tests/property/kernel_fixture.h"
#include "tests/support/quick.h"

namespace flow::kernel_test {
namespace {

using program::AggregateFn;
using Lines = std::vector<std::string>;

// Rows and their weights; empty: all +1.
struct Part {
  Batch batch;
  std::vector<int64_t> weights;
};

struct RandomAggregate {
  std::vector<Type> input;   // keys, then arguments
  std::vector<Part> parts;   // one after the other
  std::vector<int> divided;  // part i goes to the group table divided[i], which are merged
};

bool CanSum(const Type& type) { return type.is_numeric(); }

program::AggregateCall RandomCall(Random& random, bool updating, std::vector<Type>* input) {
  static const std::vector<AggregateFn> functions = {AggregateFn::kCountRows,
                                                     AggregateFn::kCount,
                                                     AggregateFn::kSum,
                                                     AggregateFn::kSum,
                                                     AggregateFn::kAvg,
                                                     AggregateFn::kAvg,
                                                     AggregateFn::kMin,
                                                     AggregateFn::kMax,
                                                     AggregateFn::kVarPop,
                                                     AggregateFn::kVarSamp,
                                                     AggregateFn::kStringAgg,
                                                     AggregateFn::kQuantile,
                                                     AggregateFn::kApproxCountDistinct};
  program::AggregateCall call;
  do {
    call.fn = random.OneOf(functions);
  } while (updating && call.fn == AggregateFn::kApproxCountDistinct);
  call.result_type = TypeKind::kBigint;
  if (call.fn == AggregateFn::kCountRows) return call;
  const bool spreads = call.fn == AggregateFn::kVarPop || call.fn == AggregateFn::kVarSamp;
  const bool sums = spreads || call.fn == AggregateFn::kSum || call.fn == AggregateFn::kAvg;
  const bool joins = call.fn == AggregateFn::kStringAgg;
  do {
    call.argument_type = random.OneOf(AllTypes());
  } while ((sums && !CanSum(call.argument_type)) ||
           (joins && !call.argument_type.is(TypeKind::kString)));
  const Type& type = call.argument_type;
  call.distinct = (sums || joins || call.fn == AggregateFn::kCount) && random.Percent(40);
  call.argument = static_cast<int>(input->size());
  input->push_back(type);
  if (call.fn == AggregateFn::kSum) {
    if (type.is(TypeKind::kDouble)) call.result_type = type;
    if (type.is(TypeKind::kDecimal)) call.result_type = Type::Decimal(38, type.scale);
  } else if (call.fn == AggregateFn::kAvg) {
    call.result_type =
        Type::Decimal(38, type.is(TypeKind::kDecimal) ? std::max<int>(6, type.scale) : 6);
    if (type.is(TypeKind::kDouble)) call.result_type = type;
  } else if (spreads) {
    call.result_type = TypeKind::kDouble;
  } else if (call.fn != AggregateFn::kCount && call.fn != AggregateFn::kApproxCountDistinct) {
    call.result_type = type;
  }
  if (joins) call.parameter = Datum::String(random.Percent(50) ? ", " : "");
  if (call.fn == AggregateFn::kQuantile) {
    call.parameter = Datum::Double(static_cast<double>(random.Below(101)) / 100);
  }
  return call;
}

// A copy of some rows of a part with other weights.
Part Retraction(Random& random, const Part& of) {
  Part part;
  part.batch.Reset(of.batch.types(), std::max(of.batch.rows, 1));
  for (int32_t row = 0; row < of.batch.rows; ++row) {
    if (random.Percent(40)) continue;
    const int64_t weight = of.weights.empty() ? 1 : of.weights[static_cast<size_t>(row)];
    part.batch.AppendRow(of.batch, row);
    part.weights.push_back(random.Percent(70) ? -weight : -random.Between(1, weight));
  }
  part.batch.weights.clear();
  return part;
}

// Few keys, so that groups have several rows.
void NarrowKeys(Random& random, size_t keys, Batch* batch) {
  for (size_t k = 0; k < keys; ++k) {
    const auto c = static_cast<int32_t>(k);
    const Type& type = batch->types()[k];
    std::vector<Datum> domain = {Datum::Null(type)};
    for (int i = 0; i < 3; ++i) domain.push_back(RandomValue(random, type));
    if (type.is(TypeKind::kDouble)) domain.push_back(Datum::Double(-0.0));
    for (int32_t row = 0; row < batch->rows; ++row) {
      WriteCell(batch->column(c), row, random.OneOf(domain), batch->arena().abi());
    }
  }
}

RandomAggregate AddAggregate(Random& random, LoweredProgram* program) {
  RandomAggregate made;
  program::Aggregate aggregate;
  aggregate.name = "a" + std::to_string(program->program.aggregates.size());
  const int64_t keys = random.Below(4);
  for (int64_t k = 0; k < keys; ++k) aggregate.key_types.push_back(random.OneOf(AllTypes()));
  made.input = aggregate.key_types;
  aggregate.updating_input = random.Percent(50);
  const int64_t calls = random.Below(6);
  for (int64_t i = 0; i < calls; ++i) {
    aggregate.calls.push_back(RandomCall(random, aggregate.updating_input, &made.input));
  }
  LayOut(&aggregate);

  const int64_t count = random.Between(1, 4);
  for (int64_t i = 0; i < count; ++i) {
    Part part;
    part.batch = RandomBatch(random, made.input, static_cast<int32_t>(random.Below(30)), 15, 0);
    NarrowKeys(random, aggregate.key_types.size(), &part.batch);
    if (random.Percent(50)) {
      for (int32_t row = 0; row < part.batch.rows; ++row) {
        part.weights.push_back(random.Percent(10) && aggregate.updating_input
                                   ? random.Between(1, int64_t{1} << 50)
                                   : random.Between(1, 3));
      }
    }
    made.parts.push_back(std::move(part));
  }
  if (aggregate.updating_input) {
    for (int64_t i = 0; i < count; ++i) {
      if (random.Percent(80)) {
        made.parts.push_back(Retraction(random, made.parts[static_cast<size_t>(i)]));
      }
    }
  }
  for (size_t i = 0; i < made.parts.size(); ++i) {
    made.divided.push_back(static_cast<int>(random.Below(3)));
  }
  program->program.aggregates.push_back(std::move(aggregate));
  return made;
}

// All parts into one table, and the parts divided over three tables that are then merged. Results
// of a merge come in another order, so they are sorted.
Lines Results(const program::Aggregate& aggregate, const RandomAggregate& made) {
  const program::AggregateKernels& kernels = *aggregate.kernels->Load();
  Groups whole(kernels, aggregate);
  Groups divided[3] = {{kernels, aggregate}, {kernels, aggregate}, {kernels, aggregate}};
  Lines lines;
  for (size_t i = 0; i < made.parts.size(); ++i) {
    whole.Update(made.parts[i].batch, made.parts[i].weights);
    divided[made.divided[i]].Update(made.parts[i].batch, made.parts[i].weights);
    if (i == 0) {
      for (const std::string& line : whole.Finish()) lines.push_back("first: " + line);
    }
  }
  divided[1].Merge(divided[2]);
  divided[0].Merge(divided[1]);
  Lines one = whole.Finish(), merged = divided[0].Finish();
  std::sort(one.begin(), one.end());
  std::sort(merged.begin(), merged.end());
  EXPECT_EQ(one, merged);
  lines.insert(lines.end(), one.begin(), one.end());
  return lines;
}

std::string Describe(const program::Aggregate& aggregate) {
  std::string text = aggregate.updating_input ? "updating" : "append-only";
  for (const Type& type : aggregate.key_types) text += " key " + type.ToString();
  static const char* const kNames[] = {"COUNT(*)",
                                       "COUNT",
                                       "SUM",
                                       "AVG",
                                       "MIN",
                                       "MAX",
                                       "VAR_POP",
                                       "VAR_SAMP",
                                       "ARG_MIN",
                                       "ARG_MAX",
                                       "STRING_AGG",
                                       "QUANTILE",
                                       "APPROX_COUNT_DISTINCT"};
  for (const program::AggregateCall& call : aggregate.calls) {
    text += std::string(" ") + kNames[static_cast<int>(call.fn)] + "(" +
            (call.distinct ? "DISTINCT " : "") + call.argument_type.ToString() + ")";
  }
  return text;
}

TEST(ExprAggregateProperty, EnginesAgree) {
  constexpr size_t kAggregates = 6;
  int64_t overflows = 0, rows = 0;
  const int64_t only = FromEnvironment("FLOW_SEED", 0);
  const int64_t cases = FromEnvironment("FLOW_CASES", test::AllOr(15, 5));
  for (int64_t seed = only != 0 ? only : 1; seed <= (only != 0 ? only : cases); ++seed) {
    SCOPED_TRACE("FLOW_SEED=" + std::to_string(seed));
    Random random(static_cast<uint64_t>(seed));
    LoweredProgram program;
    std::vector<RandomAggregate> made;
    for (size_t i = 0; i < kAggregates; ++i) made.push_back(AddAggregate(random, &program));
    const auto results = RunAll(program, [&] {
      std::vector<Lines> all;
      for (size_t i = 0; i < kAggregates; ++i) {
        all.push_back(Results(program.program.aggregates[i], made[i]));
      }
      return all;
    });
    ASSERT_EQ(results.size(), Engines().size());
    for (size_t i = 0; i < kAggregates; ++i) {
      for (size_t engine = 1; engine < results.size(); ++engine) {
        ASSERT_EQ(results[engine][i], results[0][i])
            << Engines()[engine].name << " aggregate " << i << ": "
            << Describe(program.program.aggregates[i]);
      }
      for (const std::string& line : results[0][i]) {
        ++rows;
        if (line.find("#2") != std::string::npos) ++overflows;
      }
    }
    if (HasFailure()) return;
  }
  if (only == 0) {
    EXPECT_GT(rows, 100);
    EXPECT_GT(overflows, 10);
  }
}

}  // namespace
}  // namespace flow::kernel_test
