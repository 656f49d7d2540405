// links: compiler/interpret
// The meaning of every operator, case by case: docs/semantics.md, "Values".
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "compiler/interpret/interpret.h"
#include "runtime/abi/error_code.h"
#include "runtime/base/batch.h"

namespace flow {
namespace {

const Type kBool = TypeKind::kBoolean, kInt = TypeKind::kInt, kBig = TypeKind::kBigint,
           kDouble = TypeKind::kDouble, kText = TypeKind::kString, kDate = TypeKind::kDate,
           kTime = TypeKind::kTimestamp, kSpan = TypeKind::kInterval;
constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::numeric_limits<double>::quiet_NaN();

BoundExprPtr Int(int64_t i) { return MakeLiteral(Datum::Int(kInt, i)); }
BoundExprPtr Big(int64_t i) { return MakeLiteral(Datum::Int(kBig, i)); }
BoundExprPtr Bool(bool b) { return MakeLiteral(Datum::Bool(b)); }
BoundExprPtr Dbl(double d) { return MakeLiteral(Datum::Double(d)); }
BoundExprPtr Str(const std::string& s) { return MakeLiteral(Datum::String(s)); }
BoundExprPtr Null(const Type& t) { return MakeLiteral(Datum::Null(t)); }
BoundExprPtr Err(const Type& t, uint8_t code = kFlowErrOverflow) {
  return MakeLiteral(Datum::Error(t, code));
}
BoundExprPtr Dec(const std::string& text, int precision, int scale) {
  Datum in = Datum::String(text);
  return MakeLiteral(
      interpret::Evaluate(*MakeCast(MakeLiteral(in), Type::Decimal(precision, scale)), nullptr, 0));
}
BoundExprPtr Moment(const std::string& text, const Type& type = kTime) {
  return MakeLiteral(interpret::Evaluate(*MakeCast(Str(text), type), nullptr, 0));
}
BoundExprPtr Span(int64_t us) { return MakeLiteral(Datum::Int(kSpan, us)); }

std::string Eval(const BoundExprPtr& e) { return ToSql(interpret::Evaluate(*e, nullptr, 0)); }
std::string Op(ExprOp op, const Type& type, BoundExprPtr a, BoundExprPtr b) {
  return Eval(MakeNode(op, type, {std::move(a), std::move(b)}));
}
std::string Is(ExprOp op, BoundExprPtr a, BoundExprPtr b) {
  return Op(op, kBool, std::move(a), std::move(b));
}
std::string Cast(BoundExprPtr a, const Type& type) { return Eval(MakeCast(std::move(a), type)); }

const char* const kOverflow = "<numeric overflow>";
const char* const kByZero = "<division by zero>";
const char* const kRange = "<value out of range for the type>";
const char* const kCast = "<invalid text or value for the type>";

constexpr int64_t kIntMin = std::numeric_limits<int32_t>::min();
constexpr int64_t kIntMax = std::numeric_limits<int32_t>::max();
constexpr int64_t kBigMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kBigMax = std::numeric_limits<int64_t>::max();

TEST(InterpretExpr, IntegersAreChecked) {
  EXPECT_EQ(Op(ExprOp::kAdd, kInt, Int(kIntMax), Int(1)), kOverflow);
  EXPECT_EQ(Op(ExprOp::kAdd, kBig, Big(kIntMax), Big(1)), "2147483648");
  EXPECT_EQ(Op(ExprOp::kAdd, kBig, Big(kBigMax), Big(1)), kOverflow);
  EXPECT_EQ(Op(ExprOp::kSub, kBig, Big(kBigMin), Big(1)), kOverflow);
  EXPECT_EQ(Op(ExprOp::kMul, kInt, Int(65536), Int(32768)), kOverflow);
  EXPECT_EQ(Op(ExprOp::kMul, kBig, Big(kBigMin), Big(-1)), kOverflow);
  EXPECT_EQ(Op(ExprOp::kDiv, kInt, Int(-7), Int(2)), "-3");
  EXPECT_EQ(Op(ExprOp::kDiv, kInt, Int(kIntMin), Int(-1)), kOverflow);
  EXPECT_EQ(Op(ExprOp::kDiv, kBig, Big(kBigMin), Big(-1)), kOverflow);
  EXPECT_EQ(Op(ExprOp::kDiv, kBig, Big(kBigMax), Big(-1)), "-9223372036854775807");
  EXPECT_EQ(Op(ExprOp::kDiv, kInt, Int(1), Int(0)), kByZero);
  EXPECT_EQ(Op(ExprOp::kMod, kInt, Int(-7), Int(3)), "-1");
  EXPECT_EQ(Op(ExprOp::kMod, kInt, Int(7), Int(-3)), "1");
  EXPECT_EQ(Op(ExprOp::kMod, kBig, Big(kBigMin), Big(-1)), "0");
  EXPECT_EQ(Op(ExprOp::kMod, kInt, Int(5), Int(0)), kByZero);
  EXPECT_EQ(Eval(MakeNode(ExprOp::kNeg, kInt, {Int(kIntMin)})), kOverflow);
  EXPECT_EQ(Eval(MakeNode(ExprOp::kNeg, kBig, {Big(kIntMin)})), "2147483648");
  EXPECT_EQ(Eval(MakeNode(ExprOp::kNeg, kBig, {Big(kBigMin)})), kOverflow);
}

TEST(InterpretExpr, Doubles) {
  EXPECT_EQ(Op(ExprOp::kAdd, kDouble, Dbl(0.1), Dbl(0.2)), "0.30000000000000004");
  EXPECT_EQ(Op(ExprOp::kMul, kDouble, Dbl(1e200), Dbl(1e200)), kOverflow);
  EXPECT_EQ(Op(ExprOp::kMul, kDouble, Dbl(kInf), Dbl(-2)), "-Infinity");
  EXPECT_EQ(Op(ExprOp::kSub, kDouble, Dbl(kInf), Dbl(kInf)), "NaN");
  EXPECT_EQ(Op(ExprOp::kDiv, kDouble, Dbl(1), Dbl(0)), kByZero);
  EXPECT_EQ(Op(ExprOp::kDiv, kDouble, Dbl(kNan), Dbl(-0.0)), kByZero);
  EXPECT_EQ(Op(ExprOp::kDiv, kDouble, Dbl(1), Dbl(kInf)), "0");
  EXPECT_EQ(Op(ExprOp::kMod, kDouble, Dbl(-7.5), Dbl(2)), "-1.5");
  EXPECT_EQ(Op(ExprOp::kMod, kDouble, Dbl(7.5), Dbl(0)), kByZero);
  EXPECT_EQ(Eval(MakeNode(ExprOp::kNeg, kDouble, {Dbl(0)})), "-0");
}

TEST(InterpretExpr, Decimals) {
  const Type d2 = Type::Decimal(38, 2), d4 = Type::Decimal(38, 4), d6 = Type::Decimal(38, 6);
  EXPECT_EQ(Op(ExprOp::kAdd, d2, Dec("1.25", 5, 2), Dec("-3.50", 12, 2)), "-2.25");
  EXPECT_EQ(Op(ExprOp::kMul, d4, Dec("-1.25", 5, 2), Dec("0.05", 5, 2)), "-0.0625");
  EXPECT_EQ(Op(ExprOp::kMod, d2, Dec("-7.25", 5, 2), Dec("2.00", 5, 2)), "-1.25");
  EXPECT_EQ(Op(ExprOp::kMod, d2, Dec("-7.25", 5, 2), Dec("0.00", 5, 2)), kByZero);
  EXPECT_EQ(Op(ExprOp::kDiv, d6, Dec("2", 5, 0), Dec("3", 5, 0)), "0.666667");
  EXPECT_EQ(Op(ExprOp::kDiv, d6, Dec("-2", 5, 0), Dec("3", 5, 0)), "-0.666667");
  EXPECT_EQ(Op(ExprOp::kDiv, d6, Dec("1", 5, 0), Dec("64000000", 12, 0)), "0.000000");
  EXPECT_EQ(Op(ExprOp::kDiv, d6, Dec("1", 5, 0), Dec("2000000", 12, 0)), "0.000001");  // a half
  EXPECT_EQ(Op(ExprOp::kDiv, d6, Dec("-1", 5, 0), Dec("2000000", 12, 0)), "-0.000001");
  EXPECT_EQ(Op(ExprOp::kDiv, d6, Dec("7.50", 5, 2), Dec("2.5", 5, 1)), "3.000000");
  EXPECT_EQ(Op(ExprOp::kDiv, d6, Dec("1", 5, 0), Dec("0", 5, 0)), kByZero);
  const std::string nines(38, '9');
  const Type whole = Type::Decimal(38, 0);
  EXPECT_EQ(Op(ExprOp::kAdd, whole, Dec(nines, 38, 0), Dec("1", 38, 0)), kOverflow);
  EXPECT_EQ(Op(ExprOp::kAdd, whole, Dec(nines, 38, 0), Dec(nines, 38, 0)), kOverflow);
  EXPECT_EQ(Op(ExprOp::kSub, whole, Dec(nines, 38, 0), Dec(nines, 38, 0)), "0");
  EXPECT_EQ(Op(ExprOp::kMul, whole, Dec(nines, 38, 0), Dec("1", 38, 0)), nines);
  EXPECT_EQ(Op(ExprOp::kMul, whole, Dec(nines, 38, 0), Dec(nines, 38, 0)), kOverflow);
  EXPECT_EQ(Op(ExprOp::kDiv, d6, Dec(nines, 38, 0), Dec("1", 1, 0)), kOverflow);
  EXPECT_EQ(Op(ExprOp::kDiv, d6, Dec(nines, 38, 0), Dec(nines, 38, 0)), "1.000000");
  // The exponent is 44: the dividend alone would need 273 bits.
  EXPECT_EQ(Op(ExprOp::kDiv, d6, Dec("3", 38, 0), Dec("0.9" + std::string(37, '0'), 38, 38)),
            "3.333333");
  EXPECT_EQ(Op(ExprOp::kDiv, d6, Dec(nines, 38, 0), Dec("0." + nines, 38, 38)), kOverflow);
  // 39 digits, which modulo 2^128 look like 38.
  EXPECT_EQ(Op(ExprOp::kDiv, d6, Dec("124", 38, 0), Dec("3e-31", 38, 38)), kOverflow);
  EXPECT_EQ(Eval(MakeNode(ExprOp::kNeg, d2, {Dec("1.25", 5, 2)})), "-1.25");
}

TEST(InterpretExpr, Times) {
  EXPECT_EQ(Op(ExprOp::kAdd, kTime, Moment("2026-01-31 23:59:59"), Span(1'000'000)),
            "TIMESTAMP '2026-02-01 00:00:00'");
  EXPECT_EQ(Op(ExprOp::kAdd, kTime, Span(1'000'000), Moment("2026-01-31 23:59:59")),
            "TIMESTAMP '2026-02-01 00:00:00'");
  EXPECT_EQ(Op(ExprOp::kSub, kSpan, Moment("2026-01-01"), Moment("2026-01-02 00:00:01")),
            "'-1 days -0:00:01'");
  EXPECT_EQ(Op(ExprOp::kAdd, kTime, Moment("9999-12-31 23:59:59.999999"), Span(1)), kRange);
  EXPECT_EQ(Op(ExprOp::kSub, kTime, Moment("0001-01-01"), Span(1)), kRange);
  EXPECT_EQ(Op(ExprOp::kSub, kTime, Moment("2026-01-01"), Span(kBigMin)), kRange);
  EXPECT_EQ(Op(ExprOp::kAdd, kSpan, Span(kBigMax), Span(1)), kOverflow);
  EXPECT_EQ(Eval(MakeNode(ExprOp::kNeg, kSpan, {Span(kBigMin)})), kOverflow);
}

TEST(InterpretExpr, StrictOperatorsPreferNullToErrors) {
  EXPECT_EQ(Op(ExprOp::kAdd, kInt, Err(kInt), Null(kInt)), "NULL");
  EXPECT_EQ(Op(ExprOp::kAdd, kInt, Null(kInt), Err(kInt)), "NULL");
  EXPECT_EQ(Op(ExprOp::kDiv, kInt, Null(kInt), Int(0)), "NULL");
  EXPECT_EQ(Op(ExprOp::kAdd, kInt, Err(kInt, kFlowErrCast), Err(kInt, kFlowErrOverflow)), kCast);
  EXPECT_EQ(Is(ExprOp::kEq, Err(kInt), Int(1)), kOverflow);
  EXPECT_EQ(Eval(MakeNode(ExprOp::kNot, kBool, {Err(kBool)})), kOverflow);
  EXPECT_EQ(Eval(MakeNode(ExprOp::kNot, kBool, {Null(kBool)})), "NULL");
  EXPECT_EQ(Eval(MakeNode(ExprOp::kIsNull, kBool, {Err(kInt)})), kOverflow);
  EXPECT_EQ(Eval(MakeNode(ExprOp::kIsNull, kBool, {Null(kInt)})), "TRUE");
  EXPECT_EQ(Eval(MakeNode(ExprOp::kIsNull, kBool, {Int(0)})), "FALSE");
}

TEST(InterpretExpr, Comparisons) {
  EXPECT_EQ(Is(ExprOp::kEq, Dbl(kNan), Dbl(-kNan)), "TRUE");
  EXPECT_EQ(Is(ExprOp::kGt, Dbl(kNan), Dbl(kInf)), "TRUE");
  EXPECT_EQ(Is(ExprOp::kLt, Dbl(kNan), Dbl(1)), "FALSE");
  EXPECT_EQ(Is(ExprOp::kLe, Dbl(1), Dbl(kNan)), "TRUE");
  EXPECT_EQ(Is(ExprOp::kEq, Dbl(0), Dbl(-0.0)), "TRUE");
  EXPECT_EQ(Is(ExprOp::kLt, Dbl(-0.0), Dbl(0)), "FALSE");
  EXPECT_EQ(Is(ExprOp::kLt, Str("a"), Str("ab")), "TRUE");
  EXPECT_EQ(Is(ExprOp::kLt, Str("z"), Str("\xC3\xA4")), "TRUE");
  EXPECT_EQ(Is(ExprOp::kLt, Str(std::string("a\0b", 3)), Str("aa")), "TRUE");
  EXPECT_EQ(Is(ExprOp::kEq, Str("a long string that is not inline"),
               Str("a long string that is not inline")),
            "TRUE");
  EXPECT_EQ(Is(ExprOp::kGt, Bool(true), Bool(false)), "TRUE");
  EXPECT_EQ(Is(ExprOp::kGe, Dec("-1.50", 5, 2), Dec("-1.49", 12, 2)), "FALSE");
  EXPECT_EQ(Is(ExprOp::kNe, Big(kBigMin), Big(kBigMax)), "TRUE");
}

// Every pair of operands, in both orders: the order must never matter.
TEST(InterpretExpr, LogicTables) {
  const std::vector<BoundExprPtr> in = {Bool(true), Bool(false), Null(kBool), Err(kBool)};
  const char* const and_table[4][4] = {{"TRUE", "FALSE", "NULL", kOverflow},
                                       {"FALSE", "FALSE", "FALSE", "FALSE"},
                                       {"NULL", "FALSE", "NULL", "NULL"},
                                       {kOverflow, "FALSE", "NULL", kOverflow}};
  const char* const or_table[4][4] = {{"TRUE", "TRUE", "TRUE", "TRUE"},
                                      {"TRUE", "FALSE", "NULL", kOverflow},
                                      {"TRUE", "NULL", "NULL", "NULL"},
                                      {"TRUE", kOverflow, "NULL", kOverflow}};
  for (size_t a = 0; a < 4; ++a) {
    for (size_t b = 0; b < 4; ++b) {
      EXPECT_EQ(Is(ExprOp::kAnd, in[a], in[b]), and_table[a][b]) << a << b;
      EXPECT_EQ(Is(ExprOp::kOr, in[a], in[b]), or_table[a][b]) << a << b;
    }
  }
  EXPECT_EQ(Eval(MakeNode(ExprOp::kAnd, kBool, {Err(kBool), Null(kBool), Bool(false)})), "FALSE");
  EXPECT_EQ(Eval(MakeNode(ExprOp::kAnd, kBool,
                          {Bool(true), Err(kBool, kFlowErrCast), Err(kBool, kFlowErrOverflow)})),
            kCast);
}

TEST(InterpretExpr, CaseAndCoalesceEvaluateWhatTheyReach) {
  const BoundExprPtr bad = MakeNode(ExprOp::kDiv, kInt, {Int(1), Int(0)});
  EXPECT_EQ(Eval(MakeNode(ExprOp::kCase, kInt, {Bool(true), Int(1), Err(kBool), bad, bad})), "1");
  EXPECT_EQ(Eval(MakeNode(ExprOp::kCase, kInt, {Null(kBool), bad, Bool(false), bad, Int(3)})), "3");
  EXPECT_EQ(Eval(MakeNode(ExprOp::kCase, kInt, {Err(kBool), Int(1), Bool(true), Int(2), Int(3)})),
            kOverflow);
  EXPECT_EQ(Eval(MakeNode(ExprOp::kCase, kInt, {Bool(true), bad, Int(3)})), kByZero);
  EXPECT_EQ(Eval(MakeNode(ExprOp::kCase, kInt, {Int(1)})), "1");
  EXPECT_EQ(Eval(MakeNode(ExprOp::kCoalesce, kInt, {Null(kInt), Int(2), bad})), "2");
  EXPECT_EQ(Eval(MakeNode(ExprOp::kCoalesce, kInt, {Null(kInt), bad, Int(2)})), kByZero);
  EXPECT_EQ(Eval(MakeNode(ExprOp::kCoalesce, kInt, {Null(kInt), Null(kInt)})), "NULL");
}

TEST(InterpretExpr, CastsOfNumbers) {
  EXPECT_EQ(Cast(Big(kIntMax + 1), kInt), kRange);
  EXPECT_EQ(Cast(Big(kIntMin), kInt), "-2147483648");
  EXPECT_EQ(Cast(Dbl(2.5), kInt), "2");
  EXPECT_EQ(Cast(Dbl(3.5), kBig), "4");
  EXPECT_EQ(Cast(Dbl(-2.5), kInt), "-2");
  EXPECT_EQ(Cast(Dbl(2147483647.4), kInt), "2147483647");
  EXPECT_EQ(Cast(Dbl(2147483647.5), kInt), kRange);
  EXPECT_EQ(Cast(Dbl(0x1p63), kBig), kRange);
  EXPECT_EQ(Cast(Dbl(-0x1p63), kBig), "-9223372036854775808");
  EXPECT_EQ(Cast(Dbl(kNan), kBig), kRange);
  EXPECT_EQ(Cast(Dbl(-kInf), kInt), kRange);
  EXPECT_EQ(Cast(Dbl(1.005), Type::Decimal(5, 2)), "1.01");
  EXPECT_EQ(Cast(Dbl(1e10), Type::Decimal(5, 2)), kOverflow);
  EXPECT_EQ(Cast(Dbl(kInf), Type::Decimal(5, 2)), kRange);
  EXPECT_EQ(Cast(Int(1000), Type::Decimal(5, 2)), kOverflow);
  EXPECT_EQ(Cast(Int(-999), Type::Decimal(5, 2)), "-999.00");
  EXPECT_EQ(Cast(Big(kBigMin), kDouble), "-9.223372036854776e+18");
  EXPECT_EQ(Cast(Dec("2.5", 5, 1), kInt), "3");
  EXPECT_EQ(Cast(Dec("-2.5", 5, 1), kBig), "-3");
  EXPECT_EQ(Cast(Dec("2147483647.5", 12, 1), kInt), kRange);
  EXPECT_EQ(Cast(Dec(std::string(38, '9'), 38, 0), kBig), kRange);
  EXPECT_EQ(Cast(Dec("0.99", 5, 2), Type::Decimal(1, 1)), kOverflow);
  EXPECT_EQ(Cast(Dec("0.1", 5, 1), kDouble), "0.1");
  EXPECT_EQ(Cast(Bool(true), kInt), "1");
  EXPECT_EQ(Cast(Int(-3), kBool), "TRUE");
}

TEST(InterpretExpr, CastsOfText) {
  EXPECT_EQ(Cast(Str(" 12 "), kInt), "12");
  EXPECT_EQ(Cast(Str("12.5"), kInt), kCast);
  EXPECT_EQ(Cast(Str("99999999999"), kInt), kRange);
  EXPECT_EQ(Cast(Str("12.345"), Type::Decimal(5, 2)), "12.35");
  EXPECT_EQ(Cast(Str("yes"), kBool), "TRUE");
  EXPECT_EQ(Cast(Str("2026-02-30"), kDate), kRange);
  EXPECT_EQ(Cast(Str("2026-01-31T10:00:00+02"), kTime), "TIMESTAMP '2026-01-31 08:00:00'");
  EXPECT_EQ(Cast(Bool(false), kText), "'false'");
  EXPECT_EQ(Cast(Dbl(1e15), kText), "'1e+15'");
  EXPECT_EQ(Cast(Dec("1.50", 5, 2), kText), "'1.50'");
  EXPECT_EQ(Cast(Moment("2026-01-31 10:00:00.5"), kText), "'2026-01-31 10:00:00.500'");
  EXPECT_EQ(Cast(Moment("1969-12-31 23:59:59.999999"), kDate), "DATE '1969-12-31'");
  EXPECT_EQ(Cast(Moment("2026-01-31", kDate), kTime), "TIMESTAMP '2026-01-31 00:00:00'");
}

TEST(InterpretExpr, TryCast) {
  EXPECT_EQ(Eval(MakeCast(Str("x"), kInt, /*try_cast=*/true)), "NULL");
  EXPECT_EQ(Eval(MakeCast(Str("7"), kInt, true)), "7");
  EXPECT_EQ(Eval(MakeCast(Null(kText), kInt, true)), "NULL");
  EXPECT_EQ(Eval(MakeCast(Err(kText, kFlowErrOverflow), kInt, true)), kOverflow);
}

TEST(InterpretExpr, Columns) {
  Batch batch({kInt, kText}, 2);
  WriteCell(batch.column(0), 1, Datum::Int(kInt, 41), batch.arena().abi());
  WriteCell(batch.column(1), 1, Datum::Error(kText, kFlowErrFieldType), batch.arena().abi());
  const BoundExprPtr sum = MakeNode(ExprOp::kAdd, kInt, {MakeColumn(0, kInt), Int(1)});
  EXPECT_EQ(ToSql(interpret::Evaluate(*sum, batch.columns(), 1)), "42");
  EXPECT_EQ(interpret::Evaluate(*MakeColumn(1, kText), batch.columns(), 1).status,
            kFlowErrFieldType);
}

// Inlined views share their parts: 60 doublings are a graph of 61 nodes, a tree of 2^61.
TEST(InterpretExpr, SharedPartsAreWalkedOnce) {
  BoundExprPtr e = Big(1);
  for (int i = 0; i < 60; ++i) e = MakeNode(ExprOp::kAdd, kBig, {e, e});
  EXPECT_EQ(Eval(e), "1152921504606846976");
}

}  // namespace
}  // namespace flow
