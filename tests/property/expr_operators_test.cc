// links: compiler/interpret compiler/codegen
// Every operator, cast and standard function over every pair of extreme values, NULLs and errors:
// the interpreter and both tiers of generated code give the same cells.
#include <gtest/gtest.h>

#include "compiler/bind/decimal_call.h"
#include "tests/property/expr_engines.h"
#include "tests/property/expr_random.h"
#include "tests/property/kernel_fixture.h"

namespace flow::kernel_test {
namespace {

constexpr int64_t kDay = 86'400'000'000;

std::vector<int64_t> ExtremeIntegers(int64_t least, int64_t greatest) {
  return {0, 1, -1, 2, -2, 3, 7, -7, 10, 100, least, greatest, least + 1, greatest - 1};
}

// The values of a type at which something may go wrong.
std::vector<Datum> Extremes(const Type& type) {
  std::vector<Datum> values = {Datum::Null(type), Datum::Error(type, kFlowErrFieldType)};
  auto add = [&](const std::vector<int64_t>& integers) {
    for (int64_t i : integers) values.push_back(Datum::Int(type, i));
  };
  constexpr int64_t kIntMin = std::numeric_limits<int32_t>::min();
  constexpr int64_t kIntMax = std::numeric_limits<int32_t>::max();
  constexpr int64_t kBigMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kBigMax = std::numeric_limits<int64_t>::max();
  switch (type.kind) {
    case TypeKind::kBoolean:
      add({0, 1});
      break;
    case TypeKind::kInt:
      add(ExtremeIntegers(kIntMin, kIntMax));
      break;
    case TypeKind::kBigint:
      add(ExtremeIntegers(kBigMin, kBigMax));
      add({kIntMin, kIntMax, kIntMax + 1, kIntMin - 1, 1'000'000'000'000'000'000});
      break;
    case TypeKind::kInterval:
      add(ExtremeIntegers(kBigMin, kBigMax));
      add({kDay, -kDay, kDay - 1});
      break;
    case TypeKind::kDate:
      add({0, -1, 19782, 20484, FLOW_DATE_MIN, FLOW_DATE_MAX});
      break;
    case TypeKind::kTimestamp:
      add({0, -1, 1, kDay - 1, -kDay, -kDay - 1, 1767225600000000, 1709251199999999,
           FLOW_TIMESTAMP_MIN, FLOW_TIMESTAMP_MAX, FLOW_TIMESTAMP_MAX - 1});
      break;
    case TypeKind::kDouble:
      for (double d : {0.0,
                       -0.0,
                       1.0,
                       -1.0,
                       0.5,
                       -0.5,
                       1.5,
                       2.5,
                       -2.5,
                       3.0,
                       0.1,
                       1e15,
                       12345.678,
                       2147483647.4,
                       2147483647.5,
                       -2147483648.5,
                       0x1p53,
                       0x1p63,
                       -0x1p63,
                       9223372036854774784.0,
                       1e38,
                       1.7976931348623157e308,
                       -1.7976931348623157e308,
                       5e-324,
                       2.2250738585072014e-308,
                       std::numeric_limits<double>::infinity(),
                       -std::numeric_limits<double>::infinity(),
                       std::numeric_limits<double>::quiet_NaN()}) {
        values.push_back(Datum::Double(d));
      }
      break;
    case TypeKind::kDecimal: {
      // Powers of two: their reciprocals end in a 5 one digit past scales 6, 10 and 38.
      std::vector<FlowInt128> unscaled = {0,
                                          1,
                                          2,
                                          3,
                                          5,
                                          15,
                                          25,
                                          50,
                                          128,
                                          2048,
                                          549755813888,
                                          flow_pow10(type.scale),
                                          flow_pow10(type.scale) / 2,
                                          flow_pow10(type.precision - 1),
                                          flow_pow10(type.precision) - 1};
      for (FlowInt128 u : unscaled) {
        if (u >= flow_pow10(type.precision)) continue;
        values.push_back(Datum::Decimal(type, u));
        if (u != 0) values.push_back(Datum::Decimal(type, -u));
      }
      break;
    }
    case TypeKind::kString:
      for (const char* text : {"",
                               " ",
                               "a",
                               "abc",
                               "ABC",
                               "true",
                               "2147483648",
                               " -7 ",
                               "1e3",
                               "12.345",
                               "-0.005",
                               "NaN",
                               "-Infinity",
                               "1e400",
                               "2026-01-31",
                               "2024-02-29T23:59:59.9999999+02:30",
                               "2026-02-30",
                               "%b_%",
                               "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80",
                               "broken \xFF\xC3",
                               "twelve bytes",
                               "thirteen byte",
                               "day",
                               "month",
                               "%Y-%m-%d %H",
                               "99999999999999999999999999999999999999.9"}) {
        values.push_back(Datum::String(text));
      }
      break;
    case TypeKind::kNull:
    case TypeKind::kStruct:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson:
      break;
  }
  return values;
}

constexpr size_t kColumnsAType = 2;  // the left and the right operand

BoundExprPtr Column(size_t type, size_t side) {
  return MakeColumn(static_cast<int>(type * kColumnsAType + side), AllTypes()[type]);
}

// One row for each pair of a left and a right value; a type with fewer values repeats them.
Batch AllPairs() {
  std::vector<Type> types;
  std::vector<std::vector<Datum>> extremes;
  size_t most = 0;
  for (const Type& type : AllTypes()) {
    types.insert(types.end(), kColumnsAType, type);
    extremes.push_back(Extremes(type));
    most = std::max(most, extremes.back().size());
  }
  Batch batch(types, static_cast<int32_t>(most * most));
  for (size_t row = 0; row < most * most; ++row) {
    for (size_t t = 0; t < extremes.size(); ++t) {
      const size_t size = extremes[t].size();
      const size_t sides[kColumnsAType] = {row / most % size, row % most % size};
      for (size_t side = 0; side < kColumnsAType; ++side) {
        WriteCell(batch.column(static_cast<int32_t>(t * kColumnsAType + side)), batch.rows,
                  extremes[t][sides[side]], batch.arena().abi());
      }
    }
    ++batch.rows;
  }
  return batch;
}

size_t IndexOf(const Type& type) {
  const std::vector<Type>& all = AllTypes();
  return static_cast<size_t>(std::find(all.begin(), all.end(), type) - all.begin());
}

std::vector<BoundExprPtr> AllExpressions() {
  const std::vector<Type>& types = AllTypes();
  const Type boolean(TypeKind::kBoolean);
  std::vector<BoundExprPtr> all;
  for (size_t l = 0; l < types.size(); ++l) {
    for (size_t r = 0; r < types.size(); ++r) {
      for (ExprOp op : {ExprOp::kAdd, ExprOp::kSub, ExprOp::kMul, ExprOp::kDiv, ExprOp::kMod}) {
        bool scale_overflow = false;
        const auto made = Arithmetic(op, types[l], types[r], &scale_overflow);
        if (!made) continue;
        all.push_back(
            MakeNode(op, made->result,
                     {CastTo(Column(l, 0), made->left), CastTo(Column(r, 1), made->right)}));
      }
      if (CanCast(types[l], types[r])) {
        all.push_back(MakeCast(Column(l, 0), types[r]));
        all.push_back(MakeCast(Column(l, 0), types[r], /*try_cast=*/true));
      }
    }
    for (ExprOp op :
         {ExprOp::kEq, ExprOp::kNe, ExprOp::kLt, ExprOp::kLe, ExprOp::kGt, ExprOp::kGe}) {
      all.push_back(MakeNode(op, boolean, {Column(l, 0), Column(l, 1)}));
    }
    all.push_back(MakeNode(ExprOp::kIsNull, boolean, {Column(l, 0)}));
    all.push_back(MakeNode(ExprOp::kCoalesce, types[l], {Column(l, 0), Column(l, 1)}));
    all.push_back(MakeNode(ExprOp::kCase, types[l], {Column(0, 0), Column(l, 0), Column(l, 1)}));
    if (types[l].is_numeric() || types[l].is(TypeKind::kInterval)) {
      all.push_back(MakeNode(ExprOp::kNeg, types[l], {Column(l, 0)}));
    }
  }
  all.push_back(MakeNode(ExprOp::kAnd, boolean, {Column(0, 0), Column(0, 1)}));
  all.push_back(MakeNode(ExprOp::kOr, boolean, {Column(0, 0), Column(0, 1)}));
  all.push_back(MakeNode(ExprOp::kNot, boolean, {Column(0, 0)}));
  for (const Function& function : StandardFunctions()) {
    if (function.hidden > 0) {
      for (size_t t = 0; t < types.size(); ++t) {
        if (!types[t].is(TypeKind::kDecimal)) continue;
        if (function.written() == 1) {
          all.push_back(MakeDecimalCall(&function, {Column(t, 0)}));
          continue;
        }
        if (function.arguments[1].is(TypeKind::kDecimal)) {
          all.push_back(MakeDecimalCall(&function, {Column(t, 0), Column(t, 1)}));
          continue;
        }
        const Type& second = function.arguments[1];
        all.push_back(MakeDecimalCall(&function, {Column(t, 0), Column(IndexOf(second), 1)}));
        if (!second.is(TypeKind::kInt)) continue;
        for (int digits : {-40, -3, 0, 1, 5, 40}) {
          BoundExprPtr n = MakeLiteral(Datum::Int(TypeKind::kInt, digits));
          all.push_back(MakeDecimalCall(&function, {Column(t, 0), std::move(n)}));
        }
      }
      continue;
    }
    std::vector<BoundExprPtr> arguments;
    for (const Type& type : function.arguments) {
      const size_t t = IndexOf(type);
      if (function.name == "repeat" && type.is(TypeKind::kInt)) {
        arguments.push_back(MakeLiteral(Datum::Int(type, 3)));  // or strings of gigabytes
      } else if (t < types.size()) {
        arguments.push_back(Column(t, arguments.size() % kColumnsAType));
      } else {
        arguments.push_back(MakeLiteral(Datum::Null(type)));
      }
    }
    all.push_back(MakeCall(&function, std::move(arguments)));
  }
  return all;
}

TEST(ExprOperators, EnginesAgreeOnEveryPair) {
  const Batch batch = AllPairs();
  const std::vector<BoundExprPtr> expressions = AllExpressions();
  constexpr size_t kOutputs = 16;
  LoweredProgram program;
  for (size_t i = 0; i < expressions.size(); i += kOutputs) {
    program::Pipeline pipeline;
    PipelineSpec spec;
    pipeline.input = batch.types();
    for (size_t o = i; o < std::min(i + kOutputs, expressions.size()); ++o) {
      pipeline.output.push_back(expressions[o]->type);
      spec.outputs.push_back(expressions[o]);
    }
    pipeline.checked.resize(pipeline.output.size(), false);
    program.program.pipelines.push_back(std::move(pipeline));
    program.pipelines.push_back(std::move(spec));
  }
  const auto results = RunAll(program, [&] {
    std::vector<std::string> lines;
    for (const program::Pipeline& pipeline : program.program.pipelines) {
      Arena arena;
      PipelineRun run = RunPipeline(*pipeline.kernel->Load(), pipeline, batch, 0, batch.rows, {},
                                    ~uint64_t{0}, &arena);
      lines.insert(lines.end(), run.lines.begin(), run.lines.end() - 1);
    }
    return lines;
  });
  ASSERT_EQ(results.size(), Engines().size());
  ASSERT_EQ(results[0].size(), program.pipelines.size() * static_cast<size_t>(batch.rows));
  int shown = 0;
  for (size_t engine = 1; engine < results.size(); ++engine) {
    for (size_t i = 0; i < results[0].size() && shown < 5; ++i) {
      if (results[engine][i] == results[0][i]) continue;
      ++shown;
      const size_t pipeline = i / static_cast<size_t>(batch.rows);
      const auto row = static_cast<int32_t>(i % static_cast<size_t>(batch.rows));
      std::string text = Engines()[engine].name + "\n interpreter: " + results[0][i] + "\n " +
                         Engines()[engine].name + ": " + results[engine][i];
      for (const BoundExprPtr& output : program.pipelines[pipeline].outputs) {
        text += "\n  " + ToText(*output, {});
      }
      std::vector<int> columns;
      for (const BoundExprPtr& output : program.pipelines[pipeline].outputs) {
        CollectColumns(*output, &columns);
      }
      for (int c : columns) {
        text += "\n  #" + std::to_string(c) + " = " +
                CellBits(batch.column(c), batch.types()[static_cast<size_t>(c)], row);
      }
      ADD_FAILURE() << text;
    }
  }
}

}  // namespace
}  // namespace flow::kernel_test
