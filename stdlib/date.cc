// Functions of dates: parts, differences, steps and buckets.
#include <math.h>

#include "stdlib/civil.h"
#include "stdlib/function.h"
#include "stdlib/time_unit.h"

using namespace flow_time;

namespace {

uint8_t InRange(int64_t ts, int64_t* out) {
  if (ts < FLOW_TIMESTAMP_MIN || ts > FLOW_TIMESTAMP_MAX) return kFlowErrOutOfRange;
  *out = ts;
  return kFlowValue;
}

uint8_t Plus(int64_t ts, int64_t count, int64_t unit, int64_t* out) {
  int64_t step;
  if (__builtin_mul_overflow(count, unit, &step) || __builtin_add_overflow(ts, step, &ts)) {
    return kFlowErrOutOfRange;
  }
  return InRange(ts, out);
}

// The same day and time n months on, the last day of the month where that has no such day.
uint8_t PlusMonths(int64_t ts, int64_t n, int64_t unit, int64_t* out) {
  if (__builtin_mul_overflow(n, unit, &n) || n > 120000 || n < -120000) return kFlowErrOutOfRange;
  const int64_t day = DayOf(ts);
  const Civil c = CivilFromDays(day);
  const int64_t months = static_cast<int64_t>(c.year) * 12 + c.month - 1 + n;
  const int64_t year = FloorDivide(months, 12);
  const auto month = static_cast<int32_t>(FloorModulo(months, 12) + 1);
#ifdef FLOW_MUTANT_MONTHS_RUN_OVER
  const int32_t last = 31;
#else
  const int32_t last = DaysInMonth(year, month);
#endif
  const int64_t to = DaysFromCivil(year, month, c.day < last ? c.day : last);
  return InRange(to * kDay + (ts - day * kDay), out);
}

// How long a unit always is, in microseconds; 0: it is counted in months.
int64_t LengthOf(Unit unit, int64_t* months) {
  *months = 0;
  switch (unit) {
    case Unit::kMicroseconds:
      return 1;
    case Unit::kMilliseconds:
      return 1000;
    case Unit::kSecond:
    case Unit::kEpoch:
      return kSecond;
    case Unit::kMinute:
      return kMinute;
    case Unit::kHour:
      return kHour;
    case Unit::kDay:
    case Unit::kDayOfWeek:
    case Unit::kIsoDayOfWeek:
    case Unit::kDayOfYear:
      return kDay;
    case Unit::kWeek:
      return 7 * kDay;
    case Unit::kMonth:
      *months = 1;
      return 0;
    case Unit::kQuarter:
      *months = 3;
      return 0;
    case Unit::kYear:
    case Unit::kIsoYear:
      *months = 12;
      return 0;
    case Unit::kDecade:
      *months = 120;
      return 0;
    case Unit::kCentury:
      *months = 1200;
      return 0;
    case Unit::kMillennium:
      *months = 12000;
      return 0;
  }
  return 0;
}

// Only what a span of time can be measured in.
bool FindSpan(const FlowString* name, Unit* unit) {
  return FindUnit(name, unit) && *unit != Unit::kEpoch && *unit != Unit::kDayOfWeek &&
         *unit != Unit::kIsoDayOfWeek && *unit != Unit::kDayOfYear && *unit != Unit::kIsoYear;
}

// Which one of its kind holds the time, counted from somewhere.
int64_t IndexOf(int64_t ts, Unit unit) {
  int64_t months;
  const int64_t length = LengthOf(unit, &months);
  if (unit == Unit::kWeek) return FloorDivide(DayOf(ts) + 3, 7);  // weeks begin on Monday
  if (length != 0) return FloorDivide(ts, length);
  const Civil c = CivilFromDays(DayOf(ts));
  if (unit == Unit::kMonth) return static_cast<int64_t>(c.year) * 12 + c.month;
  if (unit == Unit::kQuarter) return static_cast<int64_t>(c.year) * 4 + (c.month - 1) / 3;
  if (unit == Unit::kDecade || unit == Unit::kYear) return FloorDivide(c.year, months / 12);
  return FloorDivide(c.year - 1, months / 12);
}

// Whole months from a to b, a <= b.
int64_t MonthsBetween(int64_t a, int64_t b) {
  int64_t months = IndexOf(b, Unit::kMonth) - IndexOf(a, Unit::kMonth);
  int64_t reached;
  if (months > 0 && (PlusMonths(a, months, 1, &reached) != kFlowValue || reached > b)) --months;
  return months;
}

}  // namespace

FLOW_FUNCTION("date_diff(string, timestamp, timestamp) -> bigint",
              "How many starts of a second, minute, hour, day, week, month, quarter, year ... lie "
              "between the times.",
              "date_diff('month', DATE '2026-01-31', DATE '2026-02-01')")
uint8_t flow_date_diff(FlowArena*, const FlowString* name, int64_t a, int64_t b, int64_t* out) {
  Unit unit;
  if (!FindSpan(name, &unit)) return kFlowErrArgument;
  *out = IndexOf(b, unit) - IndexOf(a, unit);
  return kFlowValue;
}

FLOW_FUNCTION("date_sub(string, timestamp, timestamp) -> bigint",
              "How many whole seconds, minutes, hours, days, weeks, months, quarters, years ... go "
              "from the first time to the second.",
              "date_sub('month', DATE '2026-01-31', DATE '2026-02-28')")
FLOW_LARGE uint8_t flow_date_sub(FlowArena*, const FlowString* name, int64_t a, int64_t b,
                                 int64_t* out) {
  Unit unit;
  if (!FindSpan(name, &unit)) return kFlowErrArgument;
  int64_t months;
  const int64_t length = LengthOf(unit, &months);
  if (length != 0) {
    *out = (b - a) / length;
  } else {
    *out = (a <= b ? MonthsBetween(a, b) : -MonthsBetween(b, a)) / months;
  }
  return kFlowValue;
}

FLOW_FUNCTION("date_add(string, bigint, timestamp) -> timestamp",
              "The time so many seconds, minutes, hours, days, weeks, months, quarters, years ... "
              "later; on the last day of the month if that is too short.",
              "date_add('month', 1, TIMESTAMP '2026-01-31 10:00:00')")
FLOW_LARGE uint8_t flow_date_add(FlowArena*, const FlowString* name, int64_t n, int64_t ts,
                                 int64_t* out) {
  Unit unit;
  if (!FindSpan(name, &unit)) return kFlowErrArgument;
  int64_t months;
  const int64_t length = LengthOf(unit, &months);
  return length != 0 ? Plus(ts, n, length, out) : PlusMonths(ts, n, months, out);
}

FLOW_FUNCTION("add_months(timestamp, int) -> timestamp",
              "The time n months later; on the last day of the month if that is too short.",
              "add_months(TIMESTAMP '2026-01-31 10:00:00', 1)")
FLOW_LARGE uint8_t flow_add_months(FlowArena*, int64_t ts, int32_t n, int64_t* out) {
  return PlusMonths(ts, n, 1, out);
}

FLOW_FUNCTION("last_day(timestamp) -> date", "The last day of the month.",
              "last_day(DATE '2026-02-10')")
uint8_t flow_last_day(FlowArena*, int64_t ts, int32_t* out) {
  const Civil c = CivilFromDays(DayOf(ts));
  *out = static_cast<int32_t>(DaysFromCivil(c.year, c.month, DaysInMonth(c.year, c.month)));
  return kFlowValue;
}

FLOW_FUNCTION("isodow(timestamp) -> bigint", "The day of the week, Monday 1 to Sunday 7.",
              "isodow(TIMESTAMP '2026-01-31 10:20:30.5')")
uint8_t flow_isodow(FlowArena*, int64_t ts, int64_t* out) {
  *out = IsoDayOfWeek(DayOf(ts));
  return kFlowValue;
}

FLOW_FUNCTION("isoyear(timestamp) -> bigint", "The year that the ISO week belongs to.",
              "isoyear(TIMESTAMP '2026-01-31 10:20:30.5')")
uint8_t flow_isoyear(FlowArena*, int64_t ts, int64_t* out) {
  *out = IsoYear(DayOf(ts));
  return kFlowValue;
}

FLOW_FUNCTION("yearweek(timestamp) -> bigint", "The ISO year and week as one number: 202605.",
              "yearweek(TIMESTAMP '2026-01-31 10:20:30.5')")
uint8_t flow_yearweek(FlowArena*, int64_t ts, int64_t* out) {
  *out = IsoYear(DayOf(ts)) * int64_t{100} + IsoWeek(DayOf(ts));
  return kFlowValue;
}

FLOW_FUNCTION("decade(timestamp) -> bigint", "The year without its last digit.",
              "decade(TIMESTAMP '2026-01-31 10:20:30.5')")
uint8_t flow_decade(FlowArena*, int64_t ts, int64_t* out) {
  *out = CivilFromDays(DayOf(ts)).year / 10;
  return kFlowValue;
}

FLOW_FUNCTION("century(timestamp) -> bigint", "The century: 21 from 2001 to 2100.",
              "century(TIMESTAMP '2026-01-31 10:20:30.5')")
uint8_t flow_century(FlowArena*, int64_t ts, int64_t* out) {
  *out = (CivilFromDays(DayOf(ts)).year - 1) / 100 + 1;
  return kFlowValue;
}

FLOW_FUNCTION("millennium(timestamp) -> bigint", "The millennium: 3 from 2001 to 3000.",
              "millennium(TIMESTAMP '2026-01-31 10:20:30.5')")
uint8_t flow_millennium(FlowArena*, int64_t ts, int64_t* out) {
  *out = (CivilFromDays(DayOf(ts)).year - 1) / 1000 + 1;
  return kFlowValue;
}

FLOW_FUNCTION("millisecond(timestamp) -> bigint", "Whole milliseconds of the minute, 0 to 59999.",
              "millisecond(TIMESTAMP '2026-01-31 10:20:30.5')")
uint8_t flow_millisecond(FlowArena*, int64_t ts, int64_t* out) {
  *out = FloorModulo(ts, kMinute) / 1000;
  return kFlowValue;
}

FLOW_FUNCTION("microsecond(timestamp) -> bigint", "Microseconds of the minute, 0 to 59999999.",
              "microsecond(TIMESTAMP '2026-01-31 10:20:30.5')")
uint8_t flow_microsecond(FlowArena*, int64_t ts, int64_t* out) {
  *out = FloorModulo(ts, kMinute);
  return kFlowValue;
}

FLOW_FUNCTION("epoch_ns(timestamp) -> bigint",
              "Nanoseconds since 1970-01-01; an overflow outside 1677 to 2262.",
              "epoch_ns(TIMESTAMP '2026-01-31 10:20:30.5')")
uint8_t flow_epoch_ns(FlowArena*, int64_t ts, int64_t* out) {
  if (__builtin_mul_overflow(ts, 1000, out)) return kFlowErrOverflow;
  return kFlowValue;
}

FLOW_FUNCTION("julian(timestamp) -> double", "The Julian day, with the time as its fraction.",
              "julian(TIMESTAMP '2026-01-31 12:00:00')")
uint8_t flow_julian(FlowArena*, int64_t ts, double* out) {
  const int64_t day = DayOf(ts);
  *out = static_cast<double>(ts - day * kDay) / static_cast<double>(kDay) +
         static_cast<double>(day + 2440588);
  return kFlowValue;
}

FLOW_FUNCTION("make_timestamp(bigint) -> timestamp",
              "The time so many microseconds after 1970-01-01.", "make_timestamp(1500000000000000)")
uint8_t flow_make_timestamp_us(FlowArena*, int64_t us, int64_t* out) { return InRange(us, out); }

FLOW_FUNCTION("make_timestamp(int, int, int, int, int, double) -> timestamp",
              "The time of a year, month, day, hour, minute and second.",
              "make_timestamp(2026, 1, 31, 10, 20, 30.5e0)")
uint8_t flow_make_timestamp(FlowArena*, int32_t year, int32_t month, int32_t day, int32_t hour,
                            int32_t minute, double second, int64_t* out) {
  if (year < 1 || year > 9999 || month < 1 || month > 12) return kFlowErrOutOfRange;
  if (day < 1 || day > DaysInMonth(year, month)) return kFlowErrOutOfRange;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return kFlowErrOutOfRange;
  if (!(second >= 0 && second < 60)) return kFlowErrOutOfRange;
  return InRange(DaysFromCivil(year, month, day) * kDay + hour * kHour + minute * kMinute +
                     static_cast<int64_t>(rint(second * 1e6)),
                 out);
}

FLOW_FUNCTION("time_bucket(interval, timestamp) -> timestamp",
              "The start of the bucket that holds the time; buckets are counted from Monday, "
              "2000-01-03.",
              "time_bucket(15m, TIMESTAMP '2026-01-31 10:20:30')")
uint8_t flow_time_bucket(FlowArena*, int64_t width, int64_t ts, int64_t* out) {
  constexpr int64_t kOrigin = 946857600 * kSecond;
  if (width <= 0) return kFlowErrArgument;
  return InRange(ts - FloorModulo(ts - kOrigin, width), out);
}

FLOW_FUNCTION("date_bin(interval, timestamp, timestamp) -> timestamp",
              "The start of the bucket that holds the time; buckets are counted from the last "
              "argument.",
              "date_bin(15m, TIMESTAMP '2026-01-31 10:20:30', TIMESTAMP '2026-01-01 00:05:00')")
uint8_t flow_date_bin(FlowArena*, int64_t width, int64_t ts, int64_t origin, int64_t* out) {
  if (width <= 0) return kFlowErrArgument;
#ifdef FLOW_MUTANT_DATE_BIN_TOWARDS_ORIGIN
  return InRange(ts - (ts - origin) % width, out);
#endif
  return InRange(ts - FloorModulo(ts - origin, width), out);
}

FLOW_ALIAS("datediff", "date_diff");
FLOW_ALIAS("datesub", "date_sub");
