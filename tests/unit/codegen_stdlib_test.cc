// links: compiler/codegen runtime/base
// What every standard function yields, called natively (tier 0) and inlined (tier 1).
#include <cmath>
#include <set>
#include <utility>

#include "tests/unit/codegen_fixture.h"

namespace flow {
namespace {

struct Case {
  std::string name;
  Row arguments;
  Datum expected;
};

// 2026-01-31 10:20:30.456789, a Saturday; 1969-12-28 was a Sunday.
constexpr int64_t kMoment = 1769854830456789;
constexpr int64_t kBefore1970 = -4 * int64_t{86400000000} + 1;

Datum Date(int64_t days) { return Datum::Int(kDate, days); }
Datum Bad() { return Err(kInt, kFlowErrArgument); }
Datum Range() { return Err(kInt, kFlowErrOutOfRange); }
Datum Overflow() { return Err(kInt, kFlowErrOverflow); }
Datum Part(double v) { return D(v); }

const double kNan = std::nan("");

std::vector<Case> Cases() {
  const std::string u = "\xc3\xa4";         // ä
  const std::string wide = "\xe2\x82\xac";  // €
  const std::string four = "\xf0\x9f\x98\x80";
  return {
      {"abs", {I32(-5)}, I32(5)},
      {"abs", {I32(INT32_MIN)}, Overflow()},
      {"abs", {I(INT64_MIN)}, Overflow()},
      {"abs", {D(-0.5)}, D(0.5)},
      {"sign", {I(-9)}, I32(-1)},
      {"sign", {D(0)}, D(0)},
      {"sign", {D(kNan)}, D(kNan)},
      {"ceil", {D(1.2)}, D(2)},
      {"ceiling", {D(-1.2)}, D(-1)},
      {"floor", {D(-1.2)}, D(-2)},
      {"trunc", {D(-1.8)}, D(-1)},
      {"round", {D(2.5)}, D(2)},
      {"round", {D(3.5)}, D(4)},
      {"round", {D(2.345), I32(2)}, D(2.35)},
      {"round", {D(-1250), I32(-2)}, D(-1300)},
      {"round", {D(1.5), I32(400)}, D(1.5)},
      {"round", {D(1.5), I32(INT32_MIN)}, D(0)},
      {"round", {D(kNan), I32(1)}, D(kNan)},
      {"round", {D(-HUGE_VAL), I32(-1)}, D(-HUGE_VAL)},
      {"sqrt", {D(9)}, D(3)},
      {"sqrt", {D(-1)}, Bad()},
      {"power", {D(2), D(10)}, D(1024)},
      {"pow", {D(0), D(-1)}, Bad()},
      {"power", {D(-8), D(0.5)}, Bad()},
      {"power", {D(-2), D(3)}, D(-8)},
      {"power", {D(10), D(400)}, Overflow()},
      {"exp", {D(0)}, D(1)},
      {"exp", {D(1000)}, Overflow()},
      {"ln", {D(1)}, D(0)},
      {"ln", {D(0)}, Bad()},
      {"log10", {D(1000)}, D(3)},
      {"log", {D(-1)}, Bad()},
      {"mod", {I32(-7), I32(3)}, I32(-1)},
      {"mod", {I32(1), I32(0)}, Err(kInt, kFlowErrDivisionByZero)},
      {"mod", {I(INT64_MIN), I(-1)}, I(0)},
      {"greatest", {I32(1), I32(2)}, I32(2)},
      {"greatest", {I(1), I(-2)}, I(1)},
      {"greatest", {D(1), D(kNan)}, D(kNan)},
      {"greatest", {S("a"), S("b")}, S("b")},
      {"greatest", {Ts(1), Ts(2)}, Ts(2)},
      {"greatest", {Null(kInt), I32(2)}, Null(kInt)},
      {"greatest", {Date(1), Date(2)}, Date(2)},
      {"least", {Date(1), Date(2)}, Date(1)},
      {"least", {I32(1), I32(2)}, I32(1)},
      {"least", {I(1), I(-2)}, I(-2)},
      {"least", {D(kNan), D(1)}, D(1)},
      {"least",
       {S("a long string, longer than"), S("a long string, longer")},
       S("a long string, longer")},
      {"least", {Ts(1), Ts(2)}, Ts(1)},
      {"length", {S("a" + u + wide + four)}, I32(4)},
      {"length", {S("")}, I32(0)},
      {"char_length", {S("abc")}, I32(3)},
      {"octet_length", {S(wide)}, I32(3)},
      {"upper",
       {S("abc" + u + "\xd0\xb6\xcf\x89\xc3\xbf" + wide)},
       S("ABC\xc3\x84\xd0\x96\xce\xa9\xc5\xb8" + wide)},
      {"lower",
       {S("ABC\xc3\x84\xd0\x96\xce\xa9\xc5\xb8\xc3\x97")},
       S("abc" + u + "\xd0\xb6\xcf\x89\xc3\xbf\xc3\x97")},
      {"upper", {S("\xc3")}, S("\xc3")},  // a broken sequence stays
      {"trim", {S("  a b  ")}, S("a b")},
      {"trim", {S("    ")}, S("")},
      {"btrim", {S("xyaxbyx"), S("xy")}, S("axb")},
      {"trim", {S(u + "a" + u + wide), S(wide + u)}, S("a")},
      {"ltrim", {S("  a ")}, S("a ")},
      {"ltrim", {S("xxa"), S("x")}, S("a")},
      {"rtrim", {S(" a  ")}, S(" a")},
      {"rtrim", {S("axx"), S("x")}, S("a")},
      {"substring", {S("a" + u + "cdef"), I32(2)}, S(u + "cdef")},
      {"substring", {S("abcdef"), I32(3), I32(2)}, S("cd")},
      {"substr", {S("abcdef"), I32(0), I32(3)}, S("ab")},
      {"substring", {S("abcdef"), I32(-5), I32(3)}, S("")},
      {"substring", {S("abcdef"), I32(10), I32(3)}, S("")},
      {"substring", {S("abcdef"), I32(1), I32(-1)}, Bad()},
      {"substring", {S("abcdef"), I32(INT32_MAX), I32(INT32_MAX)}, S("")},
      {"substring", {S("a string that is not inline"), I32(3)}, S("string that is not inline")},
      {"left", {S("ab" + wide), I32(2)}, S("ab")},
      {"left", {S("ab" + wide), I32(-1)}, S("ab")},
      {"left", {S("abc"), I32(-5)}, S("")},
      {"left", {S("abc"), I32(INT32_MIN)}, S("")},
      {"right", {S("ab" + wide), I32(1)}, S(wide)},
      {"right", {S("abc"), I32(-1)}, S("bc")},
      {"right", {S("abc"), I32(5)}, S("abc")},
      {"concat", {S("abcdefghij"), S("klmnop")}, S("abcdefghijklmnop")},
      {"concat", {S("a"), S("")}, S("a")},
      {"concat", {S(""), S("b")}, S("b")},
      {"repeat", {S("ab"), I32(7)}, S("ababababababab")},
      {"repeat", {S("ab"), I32(-1)}, S("")},
      {"repeat", {S("abcdefgh"), I32(INT32_MAX)}, Err(kInt, kFlowErrTooLong)},
      {"reverse", {S("a" + wide + u)}, S(u + wide + "a")},
      {"starts_with", {S("abc"), S("ab")}, B(true)},
      {"starts_with", {S("a"), S("ab")}, B(false)},
      {"ends_with", {S("abc"), S("bc")}, B(true)},
      {"ends_with", {S("abc"), S("b")}, B(false)},
      {"contains", {S("a string that is not inline"), S("not in")}, B(true)},
      {"contains", {S("aab"), S("aab")}, B(true)},
      {"contains", {S("abc"), S("")}, B(true)},
      {"contains", {S("ab"), S("abc")}, B(false)},
      {"strpos", {S(u + "bcb"), S("b")}, I32(2)},
      {"strpos", {S("abc"), S("x")}, I32(0)},
      {"strpos", {S("abc"), S("")}, I32(1)},
      {"replace", {S("abcabc"), S("b"), S("xyz")}, S("axyzcaxyzc")},
      {"replace", {S("aaa"), S("aa"), S("b")}, S("ba")},
      {"replace", {S("abc"), S(""), S("x")}, S("abc")},
      {"replace", {S("abc"), S("abc"), S("")}, S("")},
      {"split_part", {S("a,b,c"), S(","), I32(2)}, S("b")},
      {"split_part", {S("a,b,c"), S(","), I32(-1)}, S("c")},
      {"split_part", {S("a,b,c"), S(","), I32(-3)}, S("a")},
      {"split_part", {S("a,b,c"), S(","), I32(4)}, S("")},
      {"split_part", {S("a,b,c"), S(","), I32(-4)}, S("")},
      {"split_part", {S("a,b,c"), S(","), I32(0)}, Bad()},
      {"split_part", {S("abc"), S(""), I32(1)}, S("abc")},
      {"split_part", {S("abc"), S(""), I32(2)}, S("")},
      {"like", {S("abc"), S("a%")}, B(true)},
      {"like", {S("abc"), S("_b_")}, B(true)},
      {"like", {S(u), S("_")}, B(true)},
      {"like", {S("abc"), S("%b")}, B(false)},
      {"like", {S("aXbXc"), S("a%b%c")}, B(true)},
      {"like", {S("abab"), S("%ab")}, B(true)},
      {"like", {S("mississippi"), S("%iss%ip%i")}, B(true)},
      {"like", {S("mississippi"), S("%iss%ix%i")}, B(false)},
      {"like", {S(""), S("%%")}, B(true)},
      {"like", {S("a%c"), S("a\\%c")}, B(true)},
      {"like", {S("abc"), S("a\\%c")}, B(false)},
      {"like", {S("a\\c"), S("a\\\\c")}, B(true)},
      {"like", {S("a"), S("a\\")}, Bad()},
      {"date_trunc", {S("hour"), Ts(kMoment)}, Ts(1769853600000000)},
      {"date_trunc", {S("MINUTE"), Ts(kMoment)}, Ts(1769854800000000)},
      {"date_trunc", {S("second"), Ts(kMoment)}, Ts(1769854830000000)},
      {"date_trunc", {S("milliseconds"), Ts(kMoment)}, Ts(1769854830456000)},
      {"date_trunc", {S("microseconds"), Ts(kMoment)}, Ts(kMoment)},
      {"date_trunc", {S("day"), Ts(kMoment)}, Ts(1769817600000000)},
      {"date_trunc", {S("week"), Ts(kMoment)}, Ts(1769385600000000)},   // 2026-01-26
      {"date_trunc", {S("month"), Ts(kMoment)}, Ts(1767225600000000)},  // 2026-01-01
      {"date_trunc", {S("quarter"), Ts(kMoment)}, Ts(1767225600000000)},
      {"date_trunc", {S("year"), Ts(kMoment)}, Ts(1767225600000000)},
      {"date_trunc", {S("decade"), Ts(kMoment)}, Ts(1577836800000000)},  // 2020
      {"date_trunc", {S("century"), Ts(kMoment)}, Ts(978307200000000)},  // 2001
      {"date_trunc", {S("millennium"), Ts(kMoment)}, Ts(978307200000000)},
      {"date_trunc", {S("day"), Ts(-1)}, Ts(-86400000000)},
      {"date_trunc", {S("decade"), Ts(FLOW_TIMESTAMP_MIN)}, Range()},
      {"date_trunc", {S("dow"), Ts(kMoment)}, Bad()},
      {"date_trunc", {S("fortnight"), Ts(kMoment)}, Bad()},
      {"date_part", {S("second"), Ts(kMoment)}, Part(30.456789)},
      {"date_part", {S("milliseconds"), Ts(kMoment)}, Part(30456.789)},
      {"date_part", {S("microseconds"), Ts(kMoment)}, Part(30456789)},
      {"date_part", {S("minute"), Ts(kMoment)}, Part(20)},
      {"date_part", {S("hour"), Ts(kMoment)}, Part(10)},
      {"date_part", {S("day"), Ts(kMoment)}, Part(31)},
      {"date_part", {S("week"), Ts(kMoment)}, Part(5)},
      {"date_part", {S("month"), Ts(kMoment)}, Part(1)},
      {"date_part", {S("quarter"), Ts(kMoment)}, Part(1)},
      {"date_part", {S("year"), Ts(kMoment)}, Part(2026)},
      {"date_part", {S("decade"), Ts(kMoment)}, Part(202)},
      {"date_part", {S("century"), Ts(kMoment)}, Part(21)},
      {"date_part", {S("millennium"), Ts(kMoment)}, Part(3)},
      {"date_part", {S("dow"), Ts(kMoment)}, Part(6)},
      {"date_part", {S("isodow"), Ts(kBefore1970)}, Part(7)},
      {"date_part", {S("doy"), Ts(kMoment)}, Part(31)},
      {"date_part", {S("isoyear"), Ts(kBefore1970)}, Part(1969)},
      {"abs", {Dec(5, 2, -150)}, Dec(5, 2, 150)},
      {"sign", {Dec(5, 2, -1)}, Dec(1, 0, -1)},
      {"sign", {Dec(5, 2, 0)}, Dec(1, 0, 0)},
      {"ceil", {Dec(5, 2, 101)}, Dec(4, 0, 2)},
      {"ceil", {Dec(5, 2, -199)}, Dec(4, 0, -1)},
      {"ceil", {Dec(5, 2, 100)}, Dec(4, 0, 1)},
      {"ceiling", {Dec(38, 1, flow_pow10(38) - 1)}, Dec(38, 0, flow_pow10(37))},
      {"floor", {Dec(5, 2, 199)}, Dec(4, 0, 1)},
      {"floor", {Dec(5, 2, -101)}, Dec(4, 0, -2)},
      {"floor", {Dec(5, 0, -101)}, Dec(5, 0, -101)},
      {"trunc", {Dec(5, 2, -199)}, Dec(3, 0, -1)},
      {"trunc", {Dec(2, 2, 99)}, Dec(1, 0, 0)},
      {"trunc", {Dec(5, 2, -199), I32(1)}, Dec(5, 2, -190)},
      {"trunc", {Dec(5, 2, 19999), I32(-2)}, Dec(5, 2, 10000)},
      {"round", {Dec(5, 2, 150)}, Dec(4, 0, 2)},
      {"round", {Dec(5, 2, -149)}, Dec(4, 0, -1)},
      {"round", {Dec(38, 38, flow_pow10(38) - 1)}, Dec(1, 0, 1)},
      {"round", {Dec(5, 2, 125), I32(1)}, Dec(6, 2, 130)},
      {"round", {Dec(5, 2, -125), I32(1)}, Dec(6, 2, -130)},
      {"round", {Dec(5, 2, -125), I32(2)}, Dec(6, 2, -125)},
      {"round", {Dec(5, 2, -125), I32(INT32_MAX)}, Dec(6, 2, -125)},
      {"round", {Dec(5, 2, 99999), I32(-3)}, Dec(6, 2, 100000)},
      {"round", {Dec(5, 2, 99999), I32(INT32_MIN)}, Dec(6, 2, 0)},
      {"round",
       {Dec(38, 0, flow_pow10(38) - 1), I32(-38)},
       Err(Type::Decimal(38, 0), kFlowErrOverflow)},
      {"round", {Dec(38, 0, flow_pow10(38) - 1), I32(-39)}, Dec(38, 0, 0)},
      {"date_part", {S("epoch"), Ts(1500000)}, Part(1.5)},
      {"date_part", {S("x"), Ts(0)}, Bad()},
      {"year", {Ts(kBefore1970)}, I(1969)},
      {"quarter", {Ts(kBefore1970)}, I(4)},
      {"month", {Ts(kBefore1970)}, I(12)},
      {"week", {Ts(kBefore1970)}, I(52)},
      {"week", {Ts(1609459200000000)}, I(53)},  // 2021-01-01 is in the last week of 2020
      {"day", {Ts(kBefore1970)}, I(28)},
      {"dayofweek", {Ts(kBefore1970)}, I(0)},
      {"dayofyear", {Ts(kBefore1970)}, I(362)},
      {"hour", {Ts(-1)}, I(23)},
      {"minute", {Ts(-1)}, I(59)},
      {"second", {Ts(-1)}, I(59)},
      {"epoch", {Ts(-1500000)}, D(-1.5)},
      {"epoch_ms", {Ts(-1)}, I(-1)},
      {"epoch_us", {Ts(-1)}, I(-1)},
      {"to_timestamp", {D(1.5)}, Ts(1500000)},
      {"to_timestamp", {D(kNan)}, Range()},
      {"to_timestamp", {D(1e18)}, Range()},
      {"make_timestamp_ms", {I(1500)}, Ts(1500000)},
      {"make_timestamp_ms", {I(INT64_MAX)}, Range()},
      {"make_date", {I32(2024), I32(2), I32(29)}, Date(19782)},
      {"make_date", {I32(2023), I32(2), I32(29)}, Range()},
      {"make_date", {I32(2023), I32(13), I32(1)}, Range()},
      {"make_date", {I32(1), I32(1), I32(1)}, Date(FLOW_DATE_MIN)},
      {"make_date", {I32(9999), I32(12), I32(31)}, Date(FLOW_DATE_MAX)},
      {"strftime",
       {Ts(kMoment), S("%Y-%m-%d %H:%M:%S.%f|%y %I%p %j")},
       S("2026-01-31 10:20:30.456789|26 10AM 031")},
      {"strftime",
       {Ts(kMoment), S("%A %a %B %b %F %T %u%w %V %G %g%%")},
       S("Saturday Sat January Jan 2026-01-31 10:20:30 66 05 2026 456%")},
      {"strftime", {Ts(kMoment), S("")}, S("")},
      {"strftime", {Ts(kMoment), S("%")}, Bad()},
      {"strftime", {Ts(kMoment), S("%Q")}, Bad()},
  };
}

Datum Span(int64_t us) { return Datum::Int(kInterval, us); }

// Integers, bits and dates.
std::vector<Case> MoreCases() {
  constexpr int64_t kDays = 86400000000;
  const Datum least = I(INT64_MIN);
  return {
      {"bit_count", {I32(-1)}, I32(32)},
      {"bit_count", {I(INT64_MIN)}, I32(1)},
      {"bitwise_and", {I32(-2), I32(7)}, I32(6)},
      {"bitwise_and", {I(-2), I(7)}, I(6)},
      {"bitwise_or", {I32(6), I32(3)}, I32(7)},
      {"bitwise_or", {I(6), I(-8)}, I(-2)},
      {"xor", {I32(6), I32(3)}, I32(5)},
      {"bitwise_xor", {I(6), I(-1)}, I(-7)},
      {"bitwise_not", {I32(0)}, I32(-1)},
      {"bitwise_not", {I(INT64_MAX)}, least},
      {"bitwise_left_shift", {I(1), I32(63)}, least},
      {"bitwise_left_shift", {I(1), I32(64)}, I(0)},
      {"bitwise_left_shift", {I(1), I32(-1)}, Bad()},
      {"bitwise_right_shift", {I(-5), I32(1)}, I(-3)},
      {"bitwise_right_shift", {I(-5), I32(INT32_MAX)}, I(-1)},
      {"bitwise_right_shift", {I(-5), I32(-1)}, Bad()},
      {"div", {I32(-7), I32(2)}, I32(-3)},
      {"div", {I32(INT32_MIN), I32(-1)}, Overflow()},
      {"div", {I32(1), I32(0)}, Err(kInt, kFlowErrDivisionByZero)},
      {"div", {least, I(2)}, I(INT64_MIN / 2)},
      {"div", {least, I(-1)}, Overflow()},
      {"gcd", {I(-12), I(18)}, I(6)},
      {"gcd", {least, I(0)}, Overflow()},
      {"gcd", {I(0), I(0)}, I(0)},
      {"lcm", {I(-4), I(6)}, I(12)},
      {"lcm", {least, I(0)}, I(0)},
      {"lcm", {I(INT64_MAX), I(2)}, Overflow()},
      {"factorial", {I32(20)}, I(2432902008176640000)},
      {"factorial", {I32(21)}, Overflow()},
      {"factorial", {I32(-1)}, Bad()},
      {"isnan", {D(kNan)}, B(true)},
      {"isinf", {D(-HUGE_VAL)}, B(true)},
      {"isfinite", {D(kNan)}, B(false)},
      {"signbit", {D(-0.0)}, B(true)},
      {"greatest", {Dec(5, 2, 150), Dec(5, 2, -150)}, Dec(5, 2, 150)},
      {"least", {Dec(5, 2, 150), Dec(5, 2, -150)}, Dec(5, 2, -150)},
      {"date_diff", {S("week"), Ts(kMoment), Ts(kMoment + 2 * kDays)}, I(1)},
      {"date_diff", {S("year"), Ts(kMoment), Ts(kBefore1970)}, I(-57)},
      {"date_diff", {S("century"), Ts(kMoment), Ts(kBefore1970)}, I(-1)},
      {"date_diff", {S("epoch"), Ts(1), Ts(2)}, Bad()},
      {"date_sub", {S("month"), Ts(kMoment), Ts(kMoment + 28 * kDays)}, I(1)},  // to 02-28
      {"date_sub", {S("month"), Ts(kMoment), Ts(kMoment + 28 * kDays - 1)}, I(0)},
      {"date_sub", {S("hour"), Ts(1), Ts(-3600000000)}, I(-1)},
      {"date_sub", {S("doy"), Ts(1), Ts(2)}, Bad()},
      {"date_add", {S("month"), I(1), Ts(kMoment)}, Ts(kMoment + 28 * kDays)},
      {"date_add", {S("day"), I(-1), Ts(0)}, Ts(-kDays)},
      {"date_add", {S("day"), least, Ts(0)}, Range()},
      {"date_add", {S("century"), I(INT64_MAX), Ts(0)}, Range()},
      {"date_add", {S("fortnight"), I(1), Ts(0)}, Bad()},
      {"add_months", {Ts(kMoment), I32(-11)}, Ts(1740738030456789)},  // 2025-02-28
      {"add_months", {Ts(kMoment), I32(INT32_MAX)}, Range()},
      {"last_day", {Ts(1709164800000000)}, Date(19782)},  // 2024-02-29
      {"isodow", {Ts(kMoment)}, I(6)},
      {"isoyear", {Ts(1609459200000000)}, I(2020)},
      {"yearweek", {Ts(1609459200000000)}, I(202053)},
      {"decade", {Ts(kMoment)}, I(202)},
      {"century", {Ts(kMoment)}, I(21)},
      {"millennium", {Ts(FLOW_TIMESTAMP_MIN)}, I(1)},
      {"millisecond", {Ts(kMoment)}, I(30456)},
      {"microsecond", {Ts(-1)}, I(59999999)},
      {"epoch_ns", {Ts(-1)}, I(-1000)},
      {"epoch_ns", {Ts(FLOW_TIMESTAMP_MAX)}, Overflow()},
      {"julian", {Ts(-kDays / 2)}, D(2440587.5)},
      {"make_timestamp", {I(-1)}, Ts(-1)},
      {"make_timestamp", {least}, Range()},
      {"make_timestamp", {I32(1970), I32(1), I32(2), I32(0), I32(1), D(1.5)}, Ts(kDays + 61500000)},
      {"make_timestamp", {I32(1970), I32(1), I32(2), I32(24), I32(0), D(0)}, Range()},
      {"make_timestamp", {I32(1970), I32(1), I32(2), I32(0), I32(0), D(kNan)}, Range()},
      {"time_bucket", {Span(7 * kDays), Ts(946857600000000 - 1)}, Ts(946252800000000)},
      {"time_bucket", {Span(0), Ts(0)}, Bad()},
      {"date_bin", {Span(10), Ts(-1), Ts(5)}, Ts(-5)},
      {"date_bin", {Span(-10), Ts(-1), Ts(5)}, Bad()},
      {"to_microseconds", {I(3)}, Span(3)},
      {"to_milliseconds", {I(3)}, Span(3000)},
      {"to_seconds", {I(3)}, Span(3000000)},
      {"to_minutes", {I(3)}, Span(180000000)},
      {"to_hours", {I(-1)}, Span(-3600000000)},
      {"to_days", {I(1)}, Span(kDays)},
      {"to_weeks", {I(INT64_MAX)}, Overflow()},
      {"to_milliseconds", {D(0.0005)}, Span(0)},
      {"to_milliseconds", {D(-1.5)}, Span(-1500)},
      {"to_seconds", {D(1e-6)}, Span(1)},
      {"to_seconds", {D(kNan)}, Overflow()},
      {"epoch", {Span(-1500000)}, D(-1.5)},
      {"epoch_ms", {Span(-1999)}, I(-1)},
      {"epoch_us", {Span(INT64_MIN)}, I(INT64_MIN)},
      {"date_part", {S("Epoch"), Span(1500000)}, Part(1.5)},
      {"date_part", {S("day"), Span(-kDays - 1)}, Part(-1)},
      {"date_part", {S("hours"), Span(kDays + 7200000000)}, Part(2)},
      {"date_part", {S("month"), Span(0)}, Bad()},
      {"_interval_times", {Span(-3), I(7)}, Span(-21)},
      {"_interval_times", {Span(INT64_MIN), I(-1)}, Overflow()},
      {"_interval_times", {Span(5), D(0.5)}, Span(2)},
      {"_interval_times", {Span(1), D(HUGE_VAL)}, Overflow()},
      {"_interval_part", {Span(7), D(2)}, Span(4)},
      {"_interval_part", {Span(7), D(-0.0)}, Err(kInt, kFlowErrDivisionByZero)},
      {"_interval_part", {Span(INT64_MIN), D(-1)}, Overflow()},
      {"monthname", {Ts(kMoment)}, S("January")},
      {"dayname", {Ts(kBefore1970)}, S("Sunday")},
  };
}

class StdlibTest : public PipelineTest {};

TEST_F(StdlibTest, EveryFunctionOnItsCases) {
  std::vector<Case> cases = Cases();
  for (Case& more : MoreCases()) cases.push_back(std::move(more));
  std::set<std::string> tried;
  Row row;
  std::vector<std::string> expected;
  for (const Case& c : cases) {
    std::vector<BoundExprPtr> arguments;
    for (const Datum& argument : c.arguments) {
      arguments.push_back(Col(static_cast<int>(row.size()), argument.type));
      pipeline.input.push_back(argument.type);
      row.push_back(argument);
    }
    BoundExprPtr call = Call(c.name, arguments);
    ASSERT_NE(call, nullptr) << c.name;
    tried.insert(call->function->ToString());
    AddOutput(call);
    expected.push_back(ToSql(c.expected));
  }
  PipelineResult result = Run({row});
  ASSERT_EQ(result.rows.size(), 1u);
  for (size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(ToSql(result.rows[0][i]), expected[i])
        << cases[i].name << "(" << Show(cases[i].arguments) << ")";
  }
  // Aliases share a body, so one name of each body must be here. What is native only is the same
  // code in both tiers: tests/property/functions_duckdb.py has cases of all.
  std::set<std::string> bodies;
  for (const Function& function : StandardFunctions()) {
    if (tried.count(function.ToString()) != 0) bodies.insert(function.symbol);
  }
  for (const Function& function : StandardFunctions()) {
    if (function.native) continue;
    EXPECT_EQ(bodies.count(function.symbol), 1u) << "no case of " << function.ToString();
  }
}

// Civil dates against the runtime's own, over the whole range.
TEST_F(StdlibTest, DatesAgreeWithTheRuntimeOverTheWholeRange) {
  std::vector<Row> rows;
  std::vector<std::string> expected;
  for (int64_t day = FLOW_DATE_MIN; day <= FLOW_DATE_MAX; day += 977) {
    int32_t year = 0;
    int32_t month = 0;
    int32_t of_month = 0;
    flow_civil_from_days(static_cast<int32_t>(day), &year, &month, &of_month);
    rows.push_back({Ts(day * 86400000000 + 1), I32(year), I32(month), I32(of_month)});
    expected.push_back(Show({I(year), I(month), I(of_month), Date(day)}));
  }
  pipeline.input = {kTimestamp, kInt, kInt, kInt};
  AddOutput(Call("year", {Col(0, kTimestamp)}));
  AddOutput(Call("month", {Col(0, kTimestamp)}));
  AddOutput(Call("day", {Col(0, kTimestamp)}));
  AddOutput(Call("make_date", {Col(1, kInt), Col(2, kInt), Col(3, kInt)}));
  EXPECT_EQ(Texts(Run(rows)), expected);
}

}  // namespace
}  // namespace flow
