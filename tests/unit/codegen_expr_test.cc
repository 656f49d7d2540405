// links: compiler/codegen runtime/base
// What expressions yield in machine code: values, NULL and errors, both tiers.
#include <limits>

#include "tests/unit/codegen_fixture.h"

namespace flow {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

class ExprTest : public PipelineTest {
 protected:
  // An operator over columns that hold these values.
  std::string Apply(ExprOp op, const Type& type, const Row& operands) {
    std::vector<BoundExprPtr> children;
    for (size_t i = 0; i < operands.size(); ++i) {
      children.push_back(Col(static_cast<int>(i), operands[i].type));
    }
    return Eval(Op(op, type, children), operands);
  }
  std::string Cast(const Datum& from, const Type& to, bool try_cast = false) {
    return Eval(MakeCast(Col(0, from.type), to, try_cast), {from});
  }
};

TEST_F(ExprTest, CheckedIntegers) {
  const std::string zero = ToSql(Err(kBigint, kFlowErrDivisionByZero));
  const std::string overflow = ToSql(Err(kBigint, kFlowErrOverflow));
  EXPECT_EQ(Apply(ExprOp::kDiv, kBigint, {I(-7), I(2)}), "-3");
  EXPECT_EQ(Apply(ExprOp::kMod, kBigint, {I(-7), I(2)}), "-1");
  EXPECT_EQ(Apply(ExprOp::kDiv, kBigint, {I(7), I(0)}), zero);
  EXPECT_EQ(Apply(ExprOp::kMod, kBigint, {I(7), I(0)}), zero);
  EXPECT_EQ(Apply(ExprOp::kDiv, kBigint, {I(INT64_MIN), I(-1)}), overflow);
  EXPECT_EQ(Apply(ExprOp::kMod, kBigint, {I(INT64_MIN), I(-1)}), "0");
  EXPECT_EQ(Apply(ExprOp::kDiv, kInt, {I32(INT32_MIN), I32(-1)}), overflow);
  EXPECT_EQ(Apply(ExprOp::kMul, kInt, {I32(65536), I32(65536)}), overflow);
  EXPECT_EQ(Apply(ExprOp::kSub, kBigint, {I(INT64_MIN), I(1)}), overflow);
  EXPECT_EQ(Apply(ExprOp::kNeg, kBigint, {I(INT64_MIN)}), overflow);
  EXPECT_EQ(Apply(ExprOp::kNeg, kInt, {I32(5)}), "-5");
}

TEST_F(ExprTest, StrictOperatorsTakeNullFirstThenTheFirstError) {
  Datum cast = Err(kBigint, kFlowErrCast);
  Datum range = Err(kBigint, kFlowErrOutOfRange);
  EXPECT_EQ(Apply(ExprOp::kAdd, kBigint, {cast, Null(kBigint)}), "NULL");
  EXPECT_EQ(Apply(ExprOp::kAdd, kBigint, {cast, range}), ToSql(cast));
  EXPECT_EQ(Apply(ExprOp::kAdd, kBigint, {I(1), range}), ToSql(range));
  // NULL / 0 is NULL: the operator never ran.
  EXPECT_EQ(Apply(ExprOp::kDiv, kBigint, {Null(kBigint), I(0)}), "NULL");
  EXPECT_EQ(Apply(ExprOp::kEq, kBool, {range, cast}), ToSql(range));
  EXPECT_EQ(Apply(ExprOp::kNot, kBool, {Err(kBool, kFlowErrCast)}), ToSql(cast));
}

TEST_F(ExprTest, Doubles) {
  const std::string overflow = ToSql(Err(kDouble, kFlowErrOverflow));
  const std::string zero = ToSql(Err(kDouble, kFlowErrDivisionByZero));
  EXPECT_EQ(Apply(ExprOp::kAdd, kDouble, {D(1e308), D(1e308)}), overflow);
  EXPECT_EQ(Apply(ExprOp::kMul, kDouble, {D(1e200), D(-1e200)}), overflow);
  EXPECT_EQ(Apply(ExprOp::kDiv, kDouble, {D(1e300), D(1e-300)}), overflow);
  EXPECT_EQ(Apply(ExprOp::kAdd, kDouble, {D(kInfinity), D(1)}), ToSql(D(kInfinity)));
  EXPECT_EQ(Apply(ExprOp::kSub, kDouble, {D(kInfinity), D(kInfinity)}), ToSql(D(kNan)));
  EXPECT_EQ(Apply(ExprOp::kDiv, kDouble, {D(1), D(0)}), zero);
  EXPECT_EQ(Apply(ExprOp::kDiv, kDouble, {D(kNan), D(-0.0)}), zero);
  EXPECT_EQ(Apply(ExprOp::kMod, kDouble, {D(-7.5), D(2)}), ToSql(D(-1.5)));
  EXPECT_EQ(Apply(ExprOp::kMod, kDouble, {D(1), D(0)}), zero);
  // Two roundings, never a fused multiply-add: (1 + e)^2 - 1 - 2e would be e^2 fused.
  double e = 0x1p-30;
  BoundExprPtr x = Col(0, kDouble);
  BoundExprPtr fused =
      Op(ExprOp::kSub, kDouble, {Op(ExprOp::kMul, kDouble, {x, x}), Lit(D(1 + 2 * e))});
  volatile double square = (1 + e) * (1 + e);
  EXPECT_EQ(Eval(fused, {D(1 + e)}), ToSql(D(square - (1 + 2 * e))));
}

TEST_F(ExprTest, DoublesCompareTotally) {
  const double values[] = {-kInfinity, -1, -0.0, 0.0, 2, kInfinity, kNan};
  auto rank = [](double d) {
    return d != d ? 10.0 : d == kInfinity ? 9.0 : d == -kInfinity ? -9.0 : d;
  };
  pipeline.input = {kDouble, kDouble};
  for (ExprOp op : {ExprOp::kEq, ExprOp::kNe, ExprOp::kLt, ExprOp::kLe, ExprOp::kGt, ExprOp::kGe}) {
    AddOutput(Op(op, kBool, {Col(0, kDouble), Col(1, kDouble)}));
  }
  std::vector<Row> rows;
  std::vector<std::string> expected;
  for (double a : values) {
    for (double b : values) {
      rows.push_back({D(a), D(b)});
      double x = rank(a);
      double y = rank(b);
      expected.push_back(Show({B(x == y), B(x != y), B(x < y), B(x <= y), B(x > y), B(x >= y)}));
    }
  }
  EXPECT_EQ(Texts(Run(rows)), expected);
}

TEST_F(ExprTest, StringsCompareByBytes) {
  EXPECT_EQ(Apply(ExprOp::kLt, kBool, {S("abc"), S("abcd")}), ToSql(B(true)));
  EXPECT_EQ(Apply(ExprOp::kGt, kBool, {S("b"), S("a long string, not inline")}), ToSql(B(true)));
  EXPECT_EQ(Apply(ExprOp::kLt, kBool, {S("z"), S("\xc3\xa4")}), ToSql(B(true)));
  EXPECT_EQ(Apply(ExprOp::kEq, kBool, {S("the same long string"), S("the same long string")}),
            ToSql(B(true)));
  EXPECT_EQ(Apply(ExprOp::kNe, kBool, {S("the same long string"), S("the same long strinh")}),
            ToSql(B(true)));
  EXPECT_EQ(Apply(ExprOp::kEq, kBool, {S(std::string("a\0b", 3)), S(std::string("a\0c", 3))}),
            ToSql(B(false)));
  EXPECT_EQ(Eval(Op(ExprOp::kEq, kBool, {Col(0, kString), Lit(S("a literal past twelve"))}),
                 {S("a literal past twelve")}),
            ToSql(B(true)));
  EXPECT_EQ(Apply(ExprOp::kEq, kBool, {Null(kString), S("x")}), "NULL");
}

// Every combination of TRUE, FALSE, NULL and two errors, for two and three operands, cheap and
// costly ones, against the rule of the text.
TEST_F(ExprTest, AndOrByTheRule) {
  const Row values = {B(true), B(false), Null(kBool), Err(kBool, kFlowErrCast),
                      Err(kBool, kFlowErrOverflow)};
  auto rule = [](bool is_and, const Row& row) {
    Datum result = B(is_and);
    bool null = false;
    Datum error = B(false);
    for (const Datum& v : row) {
      if (v.is_value() && (v.i != 0) != is_and) return B(!is_and);
      null |= v.is_null();
      if (v.status >= kFlowErrorFirst && error.status == kFlowValue) error = v;
    }
    return null ? Null(kBool) : error.status != kFlowValue ? error : result;
  };
  // A costly operand with the same value: a CASE around the column.
  auto costly = [](int i) {
    return Op(ExprOp::kCase, kBool, {Lit(B(true)), Col(i, kBool), Lit(B(false))});
  };
  std::vector<Row> rows;
  for (const Datum& a : values) {
    for (const Datum& b : values) {
      for (const Datum& c : values) rows.push_back({a, b, c});
    }
  }
  for (bool is_and : {true, false}) {
    for (int mask = 0; mask < 8; ++mask) {
      pipeline = program::Pipeline();
      spec = PipelineSpec();
      pipeline.input = {kBool, kBool, kBool};
      std::vector<BoundExprPtr> operands;
      for (int i = 0; i < 3; ++i) {
        operands.push_back((mask >> i & 1) != 0 ? costly(i) : Col(i, kBool));
      }
      AddOutput(Op(is_and ? ExprOp::kAnd : ExprOp::kOr, kBool, operands));
      PipelineResult result = Run(rows);
      ASSERT_EQ(result.rows.size(), rows.size());
      for (size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(Show(result.rows[i]), ToSql(rule(is_and, rows[i])))
            << (is_and ? "AND " : "OR ") << Show(rows[i]) << " mask " << mask;
      }
    }
  }
}

// Lists long enough for a look-up, of integers and strings, among other terms.
TEST_F(ExprTest, InListsByTheRule) {
  pipeline.input = {kInt, kString, kBool};
  auto equals = [](const BoundExprPtr& x, const Datum& v) {
    return Op(ExprOp::kEq, kBool, {x, Lit(v)});
  };
  std::vector<BoundExprPtr> terms;
  for (int i : {3, -5, 7, 3, 11, INT32_MIN, INT32_MAX})
    terms.push_back(equals(Col(0, kInt), I32(i)));
  AddOutput(Op(ExprOp::kOr, kBool, terms));
  terms.push_back(Col(2, kBool));
  for (const char* text :
       {"b", "", "a string that is not inline", "a string that is not inlinf", "b"}) {
    terms.push_back(equals(Col(1, kString), S(text)));
  }
  AddOutput(Op(ExprOp::kOr, kBool, terms));
  // A NULL member makes NULL of what is not found.
  terms.push_back(equals(Col(0, kInt), Null(kInt)));
  AddOutput(Op(ExprOp::kOr, kBool, terms));
  Datum cast = Err(kString, kFlowErrCast);
  Datum range = Err(kInt, kFlowErrOutOfRange);
  PipelineResult result = Run({{I32(3), S("x"), B(false)},
                               {I32(INT32_MIN), S("x"), B(false)},
                               {I32(4), S("x"), B(false)},
                               {I32(4), S(""), B(false)},
                               {I32(4), S("a string that is not inlinf"), B(false)},
                               {I32(4), S("a string that is not inling"), B(false)},
                               {Null(kInt), S("b"), B(false)},
                               {Null(kInt), S("c"), B(false)},
                               {range, S("b"), B(false)},
                               {range, cast, B(false)},
                               {I32(4), cast, B(false)},
                               {I32(4), Null(kString), B(true)},
                               {range, Null(kString), B(false)}});
  const std::string t = ToSql(B(true));
  const std::string f = ToSql(B(false));
  const std::string out_of_range = ToSql(range);
  EXPECT_EQ(Texts(result),
            (std::vector<std::string>{
                t + " " + t + " " + t, t + " " + t + " " + t, f + " " + f + " NULL",
                f + " " + t + " " + t, f + " " + t + " " + t, f + " " + f + " NULL",
                "NULL " + t + " " + t, "NULL NULL NULL", out_of_range + " " + t + " " + t,
                out_of_range + " " + out_of_range + " NULL", f + " " + ToSql(cast) + " NULL",
                f + " " + t + " " + t, out_of_range + " NULL NULL"}));
}

TEST_F(ExprTest, IsNullPassesErrorsOn) {
  EXPECT_EQ(Apply(ExprOp::kIsNull, kBool, {Null(kString)}), ToSql(B(true)));
  EXPECT_EQ(Apply(ExprOp::kIsNull, kBool, {S("")}), ToSql(B(false)));
  EXPECT_EQ(Apply(ExprOp::kIsNull, kBool, {Err(kString, kFlowErrCast)}),
            ToSql(Err(kBool, kFlowErrCast)));
}

TEST_F(ExprTest, CaseAndCoalesceAreLazy) {
  BoundExprPtr x = Col(0, kBigint);
  BoundExprPtr inverse = Op(ExprOp::kDiv, kBigint, {Lit(I(100)), x});
  BoundExprPtr is_zero = Op(ExprOp::kEq, kBool, {x, Lit(I(0))});
  BoundExprPtr guarded = Op(ExprOp::kCase, kBigint, {is_zero, Lit(I(-1)), inverse});
  EXPECT_EQ(Eval(guarded, {I(0)}), "-1");
  EXPECT_EQ(Eval(guarded, {I(5)}), "20");
  // NULL is not taken; an error of a WHEN is the result.
  EXPECT_EQ(Eval(guarded, {Null(kBigint)}), "NULL");
  EXPECT_EQ(Eval(guarded, {Err(kBigint, kFlowErrCast)}), ToSql(Err(kBigint, kFlowErrCast)));
  BoundExprPtr coalesce = Op(ExprOp::kCoalesce, kBigint, {x, inverse, Lit(I(7))});
  EXPECT_EQ(Eval(coalesce, {I(0)}), "0");
  EXPECT_EQ(Eval(coalesce, {Null(kBigint)}), "7");
  EXPECT_EQ(Eval(coalesce, {Err(kBigint, kFlowErrCast)}), ToSql(Err(kBigint, kFlowErrCast)));
  // What was computed in one arm must not leak into the other (common subexpressions).
  BoundExprPtr both =
      Op(ExprOp::kCase, kBigint,
         {Op(ExprOp::kGt, kBool, {x, Lit(I(10))}), Op(ExprOp::kAdd, kBigint, {inverse, Lit(I(1))}),
          Op(ExprOp::kGt, kBool, {x, Lit(I(5))}), Op(ExprOp::kAdd, kBigint, {inverse, Lit(I(2))}),
          Op(ExprOp::kAdd, kBigint, {inverse, Lit(I(3))})});
  BoundExprPtr after = Op(ExprOp::kAdd, kBigint, {both, inverse});
  EXPECT_EQ(Eval(after, {I(20)}), "11");
  EXPECT_EQ(Eval(after, {I(10)}), "22");
  EXPECT_EQ(Eval(after, {I(1)}), "203");
  EXPECT_EQ(Eval(after, {I(0)}), ToSql(Err(kBigint, kFlowErrDivisionByZero)));
  // Strings through the arms.
  BoundExprPtr text =
      Op(ExprOp::kCase, kString,
         {is_zero, Lit(S("zero")), Call("concat", {Lit(S("not ")), Lit(S("zero, but long"))})});
  EXPECT_EQ(Eval(text, {I(0)}), "'zero'");
  EXPECT_EQ(Eval(text, {I(1)}), "'not zero, but long'");
}

TEST_F(ExprTest, Decimals) {
  const FlowInt128 max = flow_pow10(38) - 1;
  const Type d38 = Type::Decimal(38, 0);
  const Type d38_2 = Type::Decimal(38, 2);
  const std::string overflow = ToSql(Err(d38, kFlowErrOverflow));
  const std::string zero = ToSql(Err(d38, kFlowErrDivisionByZero));
  EXPECT_EQ(Apply(ExprOp::kAdd, d38, {Dec(38, 0, max), Dec(38, 0, 1)}), overflow);
  EXPECT_EQ(Apply(ExprOp::kAdd, d38, {Dec(38, 0, max), Dec(38, 0, max)}), overflow);
  EXPECT_EQ(Apply(ExprOp::kSub, d38, {Dec(38, 0, -max), Dec(38, 0, 1)}), overflow);
  EXPECT_EQ(Apply(ExprOp::kSub, d38, {Dec(38, 0, max), Dec(38, 0, max)}), "0");
  EXPECT_EQ(Apply(ExprOp::kAdd, Type::Decimal(13, 2), {Dec(12, 2, 150), Dec(12, 2, -275)}),
            "-1.25");
  EXPECT_EQ(Apply(ExprOp::kMul, Type::Decimal(24, 4), {Dec(12, 2, 150), Dec(12, 2, -275)}),
            "-4.1250");
  EXPECT_EQ(Apply(ExprOp::kMul, d38, {Dec(38, 0, flow_pow10(19)), Dec(38, 0, flow_pow10(19))}),
            overflow);
  EXPECT_EQ(Apply(ExprOp::kMul, d38, {Dec(38, 0, flow_pow10(19)), Dec(38, 0, -flow_pow10(18))}),
            "-10000000000000000000000000000000000000");
  EXPECT_EQ(Apply(ExprOp::kMod, d38, {Dec(38, 0, -7), Dec(38, 0, 3)}), "-1");
  EXPECT_EQ(Apply(ExprOp::kMod, d38, {Dec(38, 0, -7), Dec(38, 0, 0)}), zero);
  EXPECT_EQ(Apply(ExprOp::kNeg, d38_2, {Dec(38, 2, 250)}), "-2.50");
  EXPECT_EQ(Apply(ExprOp::kLt, kBool, {Dec(38, 0, -max), Dec(38, 0, max)}), ToSql(B(true)));

  // Division: scale 6 here, half away from zero.
  auto div = [&](const Datum& a, const Datum& b, int scale) {
    return Apply(ExprOp::kDiv, Type::Decimal(38, scale), {a, b});
  };
  EXPECT_EQ(div(Dec(12, 2, 100), Dec(12, 2, 300), 6), "0.333333");
  EXPECT_EQ(div(Dec(12, 2, 200), Dec(12, 2, 300), 6), "0.666667");
  EXPECT_EQ(div(Dec(12, 2, -200), Dec(12, 2, 300), 6), "-0.666667");
  EXPECT_EQ(div(Dec(12, 6, 1), Dec(12, 0, 2), 6), "0.000001");
  EXPECT_EQ(div(Dec(12, 6, -1), Dec(12, 0, 2), 6), "-0.000001");
  EXPECT_EQ(div(Dec(12, 2, 100), Dec(12, 2, 0), 6), zero);
  // A divisor of more than 64 bits under a dividend of more than 128.
  EXPECT_EQ(div(Dec(38, 0, max), Dec(38, 0, flow_pow10(37)), 6), "10.000000");
  EXPECT_EQ(div(Dec(38, 0, max), Dec(38, 38, flow_pow10(37) * 3), 6), overflow);
  EXPECT_EQ(div(Dec(38, 0, max), Dec(38, 0, 1), 6), overflow);
  EXPECT_EQ(div(Dec(38, 0, 1), Dec(38, 38, 1), 6), overflow);
  EXPECT_EQ(div(Dec(38, 38, 1), Dec(38, 0, max), 38), "0.00000000000000000000000000000000000000");
}

TEST_F(ExprTest, Times) {
  const std::string range = ToSql(Err(kTimestamp, kFlowErrOutOfRange));
  Datum hour = Datum::Int(kInterval, 3600000000);
  EXPECT_EQ(Apply(ExprOp::kAdd, kTimestamp, {Ts(0), hour}), ToSql(Ts(3600000000)));
  EXPECT_EQ(Apply(ExprOp::kAdd, kTimestamp, {hour, Ts(0)}), ToSql(Ts(3600000000)));
  EXPECT_EQ(Apply(ExprOp::kSub, kInterval, {Ts(7200000000), Ts(3600000000)}), ToSql(hour));
  EXPECT_EQ(Apply(ExprOp::kAdd, kTimestamp, {Ts(FLOW_TIMESTAMP_MAX), hour}), range);
  EXPECT_EQ(Apply(ExprOp::kSub, kTimestamp, {Ts(FLOW_TIMESTAMP_MIN), hour}), range);
}

TEST_F(ExprTest, CastsBetweenNumbers) {
  const std::string range = ToSql(Err(kInt, kFlowErrOutOfRange));
  const std::string overflow = ToSql(Err(kInt, kFlowErrOverflow));
  EXPECT_EQ(Cast(I(5000000000), kInt), range);
  EXPECT_EQ(Cast(I(-5), kInt), "-5");
  EXPECT_EQ(Cast(I32(-5), kBigint), "-5");
  EXPECT_EQ(Cast(D(2.5), kInt), "2");
  EXPECT_EQ(Cast(D(3.5), kBigint), "4");
  EXPECT_EQ(Cast(D(9.3e18), kBigint), range);
  EXPECT_EQ(Cast(D(kNan), kInt), range);
  EXPECT_EQ(Cast(D(1.005), Type::Decimal(12, 2)), "1.01");
  EXPECT_EQ(Cast(D(kInfinity), Type::Decimal(12, 2)), range);
  EXPECT_EQ(Cast(D(1e12), Type::Decimal(12, 2)), overflow);
  EXPECT_EQ(Cast(I(12), Type::Decimal(12, 2)), "12.00");
  EXPECT_EQ(Cast(I(12), Type::Decimal(38, 4)), "12.0000");
  EXPECT_EQ(Cast(I(10000000000), Type::Decimal(12, 2)), overflow);
  EXPECT_EQ(Cast(Dec(12, 2, -250), kInt), "-3");
  EXPECT_EQ(Cast(Dec(12, 2, 249), kBigint), "2");
  EXPECT_EQ(Cast(Dec(38, 0, flow_pow10(30)), kBigint), range);
  EXPECT_EQ(Cast(Dec(12, 2, 250), kDouble), ToSql(D(2.5)));
  EXPECT_EQ(Cast(Dec(38, 10, flow_pow10(37) + 1), kDouble), ToSql(D(1e27)));
  EXPECT_EQ(Cast(Dec(12, 4, 12345), Type::Decimal(12, 2)), "1.23");
  EXPECT_EQ(Cast(Dec(12, 4, -12350), Type::Decimal(12, 2)), "-1.24");
  EXPECT_EQ(Cast(Dec(12, 0, 1234), Type::Decimal(5, 2)), overflow);
  EXPECT_EQ(Cast(B(true), kInt), "1");
  EXPECT_EQ(Cast(I32(7), kBool), ToSql(B(true)));
  EXPECT_EQ(Cast(Null(kDouble), kInt), "NULL");
  EXPECT_EQ(Cast(Err(kDouble, kFlowErrCast), kInt), ToSql(Err(kInt, kFlowErrCast)));
}

TEST_F(ExprTest, CastsOfText) {
  const std::string bad = ToSql(Err(kInt, kFlowErrCast));
  EXPECT_EQ(Cast(S(" 42 "), kInt), "42");
  EXPECT_EQ(Cast(S("x"), kInt), bad);
  EXPECT_EQ(Cast(S("1e3"), Type::Decimal(12, 2)), "1000.00");
  EXPECT_EQ(Cast(S("2.5"), kDouble), ToSql(D(2.5)));
  EXPECT_EQ(Cast(S("yes"), kBool), ToSql(B(true)));
  EXPECT_EQ(Cast(S("1970-01-02"), kDate), ToSql(Datum::Int(kDate, 1)));
  EXPECT_EQ(Cast(S("1970-01-01 00:00:01"), kTimestamp), ToSql(Ts(1000000)));
  EXPECT_EQ(Cast(I(-42), kString), "'-42'");
  EXPECT_EQ(Cast(I32(42), kString), "'42'");
  EXPECT_EQ(Cast(D(0.1), kString), "'0.1'");
  EXPECT_EQ(Cast(B(false), kString), "'false'");
  EXPECT_EQ(Cast(Dec(38, 2, -flow_pow10(37)), kString),
            "'-100000000000000000000000000000000000.00'");
  EXPECT_EQ(Cast(Datum::Int(kDate, -1), kString), "'1969-12-31'");
  EXPECT_EQ(Cast(Ts(1500000), kString), "'1970-01-01 00:00:01.500'");
  EXPECT_EQ(Cast(Ts(-1), kDate), ToSql(Datum::Int(kDate, -1)));
  EXPECT_EQ(Cast(Ts(86400000000), kDate), ToSql(Datum::Int(kDate, 1)));
  EXPECT_EQ(Cast(Datum::Int(kDate, -1), kTimestamp), ToSql(Ts(-86400000000)));
}

TEST_F(ExprTest, TryCastTurnsItsOwnFailureIntoNull) {
  EXPECT_EQ(Cast(S("x"), kInt, true), "NULL");
  EXPECT_EQ(Cast(S("12"), kInt, true), "12");
  EXPECT_EQ(Cast(I(5000000000), kInt, true), "NULL");
  EXPECT_EQ(Cast(D(kNan), kInt, true), "NULL");
  EXPECT_EQ(Cast(Err(kString, kFlowErrFieldType), kInt, true), ToSql(Err(kInt, kFlowErrFieldType)));
  EXPECT_EQ(Cast(Err(kBigint, kFlowErrFieldType), kInt, true), ToSql(Err(kInt, kFlowErrFieldType)));
  EXPECT_EQ(Eval(MakeCast(Lit(Null(TypeKind::kNull)), kString)), "NULL");
}

TEST_F(ExprTest, LiteralsOfEveryKind) {
  EXPECT_EQ(Eval(Lit(S("twelve bytes"))), "'twelve bytes'");
  EXPECT_EQ(Eval(Lit(S("thirteen byte"))), "'thirteen byte'");
  EXPECT_EQ(Eval(Lit(Dec(38, 0, -flow_pow10(30)))), "-1000000000000000000000000000000");
  EXPECT_EQ(Eval(Lit(D(-0.0))), ToSql(D(-0.0)));
  EXPECT_EQ(Eval(Lit(Err(kInt, kFlowErrOverflow))), ToSql(Err(kInt, kFlowErrOverflow)));
  EXPECT_EQ(Eval(Lit(Null(kString))), "NULL");
  EXPECT_EQ(Eval(Op(ExprOp::kAdd, kInt, {Lit(I32(1)), Lit(Null(kInt))})), "NULL");
  EXPECT_EQ(Eval(Op(ExprOp::kDiv, kInt, {Lit(I32(1)), Lit(I32(0))})),
            ToSql(Err(kInt, kFlowErrDivisionByZero)));
}

}  // namespace
}  // namespace flow
