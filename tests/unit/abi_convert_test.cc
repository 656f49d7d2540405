// links: runtime/abi runtime/base
// labels: asan
#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "runtime/abi/convert.h"
#include "runtime/abi/error_code.h"

namespace {

// What a parse gives, as text: the value, or "cast", "range", "overflow".
std::string Code(uint8_t code) {
  return code == kFlowErrCast         ? "cast"
         : code == kFlowErrOutOfRange ? "range"
         : code == kFlowErrOverflow   ? "overflow"
                                      : "code " + std::to_string(code);
}

template <typename T, typename Parse, typename Format>
std::string Through(const std::string& text, Parse parse, Format format) {
  T value{};
  const uint8_t code = parse(text.data(), text.size(), &value);
  if (code != kFlowValue) return Code(code);
  char out[kFlowTextMax];
  return std::string(out, format(value, out));
}

std::string Boolean(const std::string& text) {
  uint8_t value = 7;
  const uint8_t code = flow_parse_boolean(text.data(), text.size(), &value);
  return code != kFlowValue ? Code(code) : value == 1 ? "true" : value == 0 ? "false" : "?";
}
std::string Int(const std::string& text) {
  return Through<int32_t>(text, flow_parse_int, flow_format_bigint);
}
std::string Bigint(const std::string& text) {
  return Through<int64_t>(text, flow_parse_bigint, flow_format_bigint);
}
std::string Double(const std::string& text) {
  return Through<double>(text, flow_parse_double, flow_format_double);
}
std::string Decimal(const std::string& text, int precision, int scale) {
  return Through<FlowInt128>(
      text,
      [&](const char* data, size_t size, FlowInt128* out) {
        return flow_parse_decimal(data, size, precision, scale, out);
      },
      [&](FlowInt128 value, char* out) { return flow_format_decimal(value, scale, out); });
}
std::string Date(const std::string& text) {
  return Through<int32_t>(text, flow_parse_date, flow_format_date);
}
std::string Time(const std::string& text) {
  return Through<int64_t>(text, flow_parse_timestamp, flow_format_timestamp);
}
std::string FormatDouble(double d) {
  char out[kFlowTextMax];
  return std::string(out, flow_format_double(d, out));
}
std::string FormatInterval(int64_t us) {
  char out[kFlowTextMax];
  return std::string(out, flow_format_interval(us, out));
}

TEST(Convert, Boolean) {
  for (const char* text : {"t", "TRUE", "tr", " y ", "yes", "on", "1"}) {
    EXPECT_EQ(Boolean(text), "true") << text;
  }
  for (const char* text : {"f", "False", "n", "no", "of", "off", "0\n"}) {
    EXPECT_EQ(Boolean(text), "false") << text;
  }
  for (const char* text : {"", "o", "truex", "2", "yess", "-1", "01"}) {
    EXPECT_EQ(Boolean(text), "cast") << text;
  }
}

TEST(Convert, Integers) {
  EXPECT_EQ(Int(" +42\t"), "42");
  EXPECT_EQ(Int("-2147483648"), "-2147483648");
  EXPECT_EQ(Int("2147483648"), "range");
  EXPECT_EQ(Int("0000000000000000000001"), "1");
  EXPECT_EQ(Int("-0"), "0");
  for (const char* text : {"", " ", "+", "-", "+-1", "--1", "1.0", "1e3", "0x1F", "1 2", "12a"}) {
    EXPECT_EQ(Int(text), "cast") << text;
    EXPECT_EQ(Bigint(text), "cast") << text;
  }
  EXPECT_EQ(Int("99999999999999999999x"), "cast");
  EXPECT_EQ(Bigint("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(Bigint("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(Bigint("9223372036854775808"), "range");
}

TEST(Convert, DoubleTexts) {
  EXPECT_EQ(Double(" 1.50 "), "1.5");
  EXPECT_EQ(Double("+.5e1"), "5");
  EXPECT_EQ(Double("5."), "5");
  EXPECT_EQ(Double("-0"), "-0");
  EXPECT_EQ(Double("1e400"), "range");
  EXPECT_EQ(Double("-1e400"), "range");
  EXPECT_EQ(Double("1e-400"), "range");
  EXPECT_EQ(Double("0e999999999999"), "0");
  EXPECT_EQ(Double("4.9406564584124654e-324"), "5e-324");
  EXPECT_EQ(Double("1.7976931348623157e308"), "1.7976931348623157e+308");
  EXPECT_EQ(Double("nan"), "NaN");
  EXPECT_EQ(Double("-INF"), "-Infinity");
  EXPECT_EQ(Double("+Infinity"), "Infinity");
  for (const char* text : {"", ".", "e5", "1e", "1e+", "0x10", "1,5", "infin", "nan()", "1 1"}) {
    EXPECT_EQ(Double(text), "cast") << text;
  }
}

TEST(Convert, DoublesAreLaidOutAsInPostgres) {
  EXPECT_EQ(FormatDouble(100000), "100000");
  EXPECT_EQ(FormatDouble(123456789012345), "123456789012345");
  EXPECT_EQ(FormatDouble(1e15), "1e+15");
  EXPECT_EQ(FormatDouble(1234567890123456), "1.234567890123456e+15");
  EXPECT_EQ(FormatDouble(0.0001), "0.0001");
  EXPECT_EQ(FormatDouble(0.00001), "1e-05");
  EXPECT_EQ(FormatDouble(-0.00012345), "-0.00012345");
  EXPECT_EQ(FormatDouble(0.1), "0.1");
  EXPECT_EQ(FormatDouble(123.456), "123.456");
  EXPECT_EQ(FormatDouble(-1e-7), "-1e-07");
}

TEST(Convert, DoublesRoundTrip) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 200000; ++i) {
    const uint64_t mask = i % 3 == 0 ? 0xFFFFF00000000000u : ~uint64_t{0};
    double d = std::bit_cast<double>(random() & mask);
    if (i % 2 == 0)
      d = static_cast<double>(static_cast<int64_t>(random()) >> (random() % 60)) / 1000;
    if (!std::isfinite(d)) continue;
    const std::string text = FormatDouble(d);
    ASSERT_LE(text.size(), 24u) << text;
    double back = 0;
    ASSERT_EQ(flow_parse_double(text.data(), text.size(), &back), kFlowValue) << text;
    ASSERT_EQ(std::bit_cast<uint64_t>(d), std::bit_cast<uint64_t>(back)) << text;
  }
}

TEST(Convert, Decimals) {
  EXPECT_EQ(Decimal("12.5", 12, 2), "12.50");
  EXPECT_EQ(Decimal("-.005", 12, 2), "-0.01");
  EXPECT_EQ(Decimal("-0.0049999", 12, 2), "0.00");
  EXPECT_EQ(Decimal("1.005", 12, 2), "1.01");
  EXPECT_EQ(Decimal("0.995", 2, 2), "overflow");
  EXPECT_EQ(Decimal("0.994", 2, 2), "0.99");
  EXPECT_EQ(Decimal("1e3", 12, 2), "1000.00");
  EXPECT_EQ(Decimal("12345e-4", 12, 2), "1.23");
  EXPECT_EQ(Decimal("1e10", 12, 2), "overflow");
  EXPECT_EQ(Decimal("9999999999.994", 12, 2), "9999999999.99");
  EXPECT_EQ(Decimal("9999999999.995", 12, 2), "overflow");
  EXPECT_EQ(Decimal("1e-999999999999999999999", 12, 2), "0.00");
  EXPECT_EQ(Decimal("1e999999999999999999999", 12, 2), "overflow");
  EXPECT_EQ(Decimal("0e999999999999999999999", 12, 2), "0.00");
  EXPECT_EQ(Decimal("99999999999999999999999999999999999999", 38, 0),
            "99999999999999999999999999999999999999");
  EXPECT_EQ(Decimal("99999999999999999999999999999999999999.5", 38, 0), "overflow");
  EXPECT_EQ(Decimal("-0.00000000000000000000000000000000000001", 38, 38),
            "-0.00000000000000000000000000000000000001");
  EXPECT_EQ(Decimal("1", 38, 38), "overflow");
  EXPECT_EQ(Decimal(std::string(500, '0') + "7", 5, 0), "7");
  for (const char* text : {"", ".", "-", "1e", "NaN", "Infinity", "1.2.3", "1 2", "1_000"}) {
    EXPECT_EQ(Decimal(text, 12, 2), "cast") << text;
  }
}

TEST(Convert, DecimalRescale) {
  auto rescale = [](FlowInt128 value, int from, int precision, int to) {
    FlowInt128 out;
    const uint8_t code = flow_decimal_rescale(value, from, precision, to, &out);
    if (code != kFlowValue) return Code(code);
    char text[kFlowTextMax];
    return std::string(text, flow_format_decimal(out, to, text));
  };
  EXPECT_EQ(rescale(125, 2, 10, 1), "1.3");
  EXPECT_EQ(rescale(-125, 2, 10, 1), "-1.3");
  EXPECT_EQ(rescale(-124, 2, 10, 1), "-1.2");
  EXPECT_EQ(rescale(125, 2, 10, 4), "1.2500");
  EXPECT_EQ(rescale(99995, 2, 4, 1), "overflow");
  EXPECT_EQ(rescale(flow_pow10(38) - 1, 0, 38, 1), "overflow");
  EXPECT_EQ(rescale(flow_pow10(38) - 1, 38, 38, 0), "1");
  EXPECT_EQ(rescale(flow_pow10(38) - 1, 0, 38, 38), "overflow");
}

TEST(Convert, DecimalAndDouble) {
  auto from_double = [](double value, int precision, int scale) {
    FlowInt128 out;
    const uint8_t code = flow_decimal_from_double(value, precision, scale, &out);
    if (code != kFlowValue) return Code(code);
    char text[kFlowTextMax];
    return std::string(text, flow_format_decimal(out, scale, text));
  };
  EXPECT_EQ(from_double(0.1, 38, 20), "0.10000000000000000000");
  EXPECT_EQ(from_double(1.005, 10, 2), "1.01");  // 1.00499999999999989...
  EXPECT_EQ(from_double(1234567890.1234567, 20, 7), "1234567890.1234600");
  EXPECT_EQ(from_double(-2.5, 5, 0), "-3");
  EXPECT_EQ(from_double(1e300, 38, 0), "overflow");
  EXPECT_EQ(from_double(std::nan(""), 38, 0), "range");
  EXPECT_EQ(from_double(-std::numeric_limits<double>::infinity(), 38, 0), "range");

  std::mt19937_64 random(5);
  for (int i = 0; i < 20000; ++i) {
    FlowInt128 value =
        static_cast<FlowInt128>(static_cast<int64_t>(random())) * 4611686018427388039;
    value >>= random() % 127;
    const int scale = static_cast<int>(random() % 39);
    char text[kFlowTextMax];
    const size_t size = flow_format_decimal(value, scale, text);
    double expected = 0;
    std::from_chars(text, text + size, expected);
    ASSERT_EQ(flow_decimal_to_double(value, scale), expected) << std::string(text, size);
  }
}

TEST(Convert, Dates) {
  EXPECT_EQ(Date("2026-01-31"), "2026-01-31");
  EXPECT_EQ(Date(" 2024-2-29 "), "2024-02-29");
  EXPECT_EQ(Date("0001-01-01"), "0001-01-01");
  EXPECT_EQ(Date("9999-12-31"), "9999-12-31");
  EXPECT_EQ(Date("2026-01-31T23:59:59-10"), "2026-01-31");
  for (const char* text : {"2023-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-01-32",
                           "2026-01-00", "10000-01-01", "0000-01-01", "2026-01-31 25:00"}) {
    EXPECT_EQ(Date(text), "range") << text;
  }
  for (const char* text : {"", "26-01-31", "2026/01/31", "2026-01", "20260131", "2026-01-31x",
                           "-2026-01-01", "2026-01-31 x", "2026-01-011"}) {
    EXPECT_EQ(Date(text), "cast") << text;
  }
  EXPECT_EQ(flow_days_from_civil(1, 1, 1), FLOW_DATE_MIN);
  EXPECT_EQ(flow_days_from_civil(9999, 12, 31), FLOW_DATE_MAX);
}

TEST(Convert, CivilDaysWalkTheCalendar) {
  int32_t year = 0, month = 1, day = 1;
  int32_t days = flow_days_from_civil(year, month, day);
  for (; year <= 10000; ++days) {
    int32_t y, m, d;
    flow_civil_from_days(days, &y, &m, &d);
    ASSERT_TRUE(y == year && m == month && d == day) << days;
    ASSERT_EQ(flow_days_from_civil(y, m, d), days);
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    const int length = month == 2                                              ? 28 + leap
                       : month == 4 || month == 6 || month == 9 || month == 11 ? 30
                                                                               : 31;
    if (++day > length) {
      day = 1;
      if (++month > 12) {
        month = 1;
        ++year;
      }
    }
  }
  EXPECT_EQ(flow_days_from_civil(1970, 1, 1), 0);
}

TEST(Convert, Timestamps) {
  EXPECT_EQ(Time("2026-01-31"), "2026-01-31 00:00:00");
  EXPECT_EQ(Time("2026-01-31 9:05"), "2026-01-31 09:05:00");
  EXPECT_EQ(Time("2026-01-31T10:00:00Z"), "2026-01-31 10:00:00");
  EXPECT_EQ(Time("2026-01-31 10:00:00.5"), "2026-01-31 10:00:00.500");
  EXPECT_EQ(Time("2026-01-31 10:00:00.123456"), "2026-01-31 10:00:00.123456");
  EXPECT_EQ(Time("2026-01-31 10:00:00.1234564999"), "2026-01-31 10:00:00.123456");
  EXPECT_EQ(Time("2026-12-31 23:59:59.9999995"), "2027-01-01 00:00:00");
  EXPECT_EQ(Time("2026-01-31 10:00:00.1234567890123456789012345"), "2026-01-31 10:00:00.123457");
  EXPECT_EQ(Time("2026-01-31T10:00:00+02:00"), "2026-01-31 08:00:00");
  EXPECT_EQ(Time("2026-01-31 23:00:00-02"), "2026-02-01 01:00:00");
  EXPECT_EQ(Time("2026-01-31 10:00:00 +0530"), "2026-01-31 04:30:00");
  EXPECT_EQ(Time("2026-01-31 10:00:00 utc"), "2026-01-31 10:00:00");
  EXPECT_EQ(Time("2026-01-31 24:00:00"), "2026-02-01 00:00:00");
  EXPECT_EQ(Time("2026-01-31 10:00:60"), "2026-01-31 10:01:00");
  EXPECT_EQ(Time("0001-01-01 00:00:00"), "0001-01-01 00:00:00");
  EXPECT_EQ(Time("9999-12-31 23:59:59.999999"), "9999-12-31 23:59:59.999999");
  EXPECT_EQ(Time("1969-12-31 23:59:59.999999"), "1969-12-31 23:59:59.999999");
  for (const char* text : {"2026-01-31 24:00:01", "2026-01-31 10:60:00", "2026-01-31 10:00:61",
                           "9999-12-31 23:59:59.9999999", "0001-01-01 00:00:00+01",
                           "2026-01-31 10:00:00+16", "2026-02-30 00:00:00"}) {
    EXPECT_EQ(Time(text), "range") << text;
  }
  for (const char* text :
       {"", "2026-01-31T", "2026-01-31 10", "2026-01-31 10:0", "10:00:00", "2026-01-31 10:00:00x",
        "2026-01-31 10:00:00 CET", "2026-01-31 10:00:", "2026-01-31 10:00:00+1:2",
        "2026-01-31 10:00:00+01:00:00:00", "1767225600000", "2026-01-31_10:00:00"}) {
    EXPECT_EQ(Time(text), "cast") << text;
  }
  int64_t us = 0;
  ASSERT_EQ(flow_parse_timestamp("0001-01-01", 10, &us), kFlowValue);
  EXPECT_EQ(us, FLOW_TIMESTAMP_MIN);
  ASSERT_EQ(flow_parse_timestamp("9999-12-31 23:59:59.999999", 26, &us), kFlowValue);
  EXPECT_EQ(us, FLOW_TIMESTAMP_MAX);
}

TEST(Convert, TimestampsRoundTrip) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 100000; ++i) {
    const uint64_t span = static_cast<uint64_t>(FLOW_TIMESTAMP_MAX - FLOW_TIMESTAMP_MIN);
    int64_t us = FLOW_TIMESTAMP_MIN + static_cast<int64_t>(random() % span);
    if (i % 3 == 0) us -= us % 1000;
    char text[kFlowTextMax];
    int64_t back = 0;
    size_t size = flow_format_timestamp(us, text);
    ASSERT_EQ(flow_parse_timestamp(text, size, &back), kFlowValue) << std::string(text, size);
    ASSERT_EQ(back, us);
    size = flow_format_timestamp_iso(us, text);
    ASSERT_EQ(flow_parse_timestamp(text, size, &back), kFlowValue) << std::string(text, size);
    ASSERT_EQ(back, us);
  }
}

TEST(Convert, Intervals) {
  EXPECT_EQ(FormatInterval(0), "0:00:00");
  EXPECT_EQ(FormatInterval(90'000'000), "0:01:30");
  EXPECT_EQ(FormatInterval(-90'500'000), "-0:01:30.500");
  EXPECT_EQ(FormatInterval(26 * 3600 * int64_t{1000000} + 1), "1 days 2:00:00.000001");
  EXPECT_EQ(FormatInterval(-48 * 3600 * int64_t{1000000}), "-2 days 0:00:00");
  EXPECT_LE(FormatInterval(std::numeric_limits<int64_t>::min()).size(), size_t{kFlowTextMax});
}

TEST(Convert, NothingWritesPastTheBuffer) {
  char text[kFlowTextMax];
  for (int32_t days : {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()}) {
    EXPECT_LE(flow_format_date(days, text), size_t{kFlowTextMax});
  }
  for (int64_t us : {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    EXPECT_LE(flow_format_timestamp_iso(us, text), size_t{kFlowTextMax});
  }
  const FlowInt128 least = static_cast<FlowInt128>(FlowUInt128{1} << 127);
  EXPECT_EQ(std::string(text, flow_format_decimal(least, 0, text)),
            "-170141183460469231731687303715884105728");
  EXPECT_EQ(std::string(text, flow_format_decimal(least, 38, text)),
            "-1.70141183460469231731687303715884105728");
}

TEST(Convert, ErrorTexts) {
  EXPECT_STREQ(FlowErrorText(kFlowErrDivisionByZero), "division by zero");
  for (int code = kFlowErrOverflow; code <= kFlowErrTooLong; ++code) {
    EXPECT_STRNE(FlowErrorText(static_cast<uint8_t>(code)), "unknown error") << code;
  }
  EXPECT_STREQ(FlowErrorText(250), "unknown error");
}

}  // namespace
