// Functions of times: parts, truncation, conversion from and to seconds.
#include <math.h>

#include "stdlib/civil.h"
#include "stdlib/function.h"
#include "stdlib/time_unit.h"

using namespace flow_time;

namespace {

int64_t StartOfYear(int64_t year) { return DaysFromCivil(year, 1, 1) * kDay; }

Civil CivilOf(int64_t ts) { return CivilFromDays(DayOf(ts)); }

uint8_t InRange(int64_t ts, int64_t* out) {
  if (ts < FLOW_TIMESTAMP_MIN || ts > FLOW_TIMESTAMP_MAX) return kFlowErrOutOfRange;
  *out = ts;
  return kFlowValue;
}

}  // namespace

FLOW_FUNCTION(
    "date_trunc(string, timestamp) -> timestamp",
    "The start of the microsecond, second, minute, hour, day, week, month, quarter or year "
    "that holds the time.",
    "date_trunc('hour', TIMESTAMP '2026-01-31 10:20:30')")
uint8_t flow_date_trunc(FlowArena*, const FlowString* name, int64_t ts, int64_t* out) {
  Unit unit;
  if (!FindUnit(name, &unit)) return kFlowErrArgument;
  switch (unit) {
    case Unit::kMicroseconds:
      *out = ts;
      return kFlowValue;
    case Unit::kMilliseconds:
      *out = ts - FloorModulo(ts, 1000);
      return kFlowValue;
    case Unit::kSecond:
      *out = ts - FloorModulo(ts, kSecond);
      return kFlowValue;
    case Unit::kMinute:
      *out = ts - FloorModulo(ts, kMinute);
      return kFlowValue;
    case Unit::kHour:
      *out = ts - FloorModulo(ts, kHour);
      return kFlowValue;
    case Unit::kDay:
      *out = ts - FloorModulo(ts, kDay);
      return kFlowValue;
    case Unit::kWeek: {
      int64_t day = DayOf(ts);
      return InRange((day - IsoDayOfWeek(day) + 1) * kDay, out);
    }
    case Unit::kMonth: {
      Civil c = CivilOf(ts);
      *out = DaysFromCivil(c.year, c.month, 1) * kDay;
      return kFlowValue;
    }
    case Unit::kQuarter: {
      Civil c = CivilOf(ts);
      *out = DaysFromCivil(c.year, (c.month - 1) / 3 * 3 + 1, 1) * kDay;
      return kFlowValue;
    }
    case Unit::kYear:
      *out = StartOfYear(CivilOf(ts).year);
      return kFlowValue;
    case Unit::kDecade:
      return InRange(StartOfYear(FloorDivide(CivilOf(ts).year, 10) * 10), out);
    case Unit::kCentury:
      return InRange(StartOfYear(FloorDivide(CivilOf(ts).year - 1, 100) * 100 + 1), out);
    case Unit::kMillennium:
      return InRange(StartOfYear(FloorDivide(CivilOf(ts).year - 1, 1000) * 1000 + 1), out);
    case Unit::kDayOfWeek:
    case Unit::kIsoDayOfWeek:
    case Unit::kDayOfYear:
    case Unit::kIsoYear:
    case Unit::kEpoch:
      return kFlowErrArgument;
  }
  return kFlowErrArgument;
}

FLOW_FUNCTION(
    "date_part(string, timestamp) -> double",
    "A part of a time: year, month, day, hour, minute, second (with its fraction), "
    "milliseconds, microseconds, epoch, dow, isodow, doy, week, isoyear, quarter, decade, "
    "century, millennium.",
    "date_part('hour', TIMESTAMP '2026-01-31 10:20:30')")
uint8_t flow_date_part(FlowArena*, const FlowString* name, int64_t ts, double* out) {
  Unit unit;
  if (!FindUnit(name, &unit)) return kFlowErrArgument;
  int64_t day = DayOf(ts);
  switch (unit) {
    case Unit::kMicroseconds:
      *out = static_cast<double>(FloorModulo(ts, kMinute));
      break;
    case Unit::kMilliseconds:
      *out = static_cast<double>(FloorModulo(ts, kMinute)) / 1e3;
      break;
    case Unit::kSecond:
      *out = static_cast<double>(FloorModulo(ts, kMinute)) / 1e6;
      break;
    case Unit::kMinute:
      *out = static_cast<double>(FloorModulo(ts, kHour) / kMinute);
      break;
    case Unit::kHour:
      *out = static_cast<double>(FloorModulo(ts, kDay) / kHour);
      break;
    case Unit::kDay:
      *out = CivilFromDays(day).day;
      break;
    case Unit::kWeek:
      *out = IsoWeek(day);
      break;
    case Unit::kMonth:
      *out = CivilFromDays(day).month;
      break;
    case Unit::kQuarter:
      *out = (CivilFromDays(day).month - 1) / 3 + 1;
      break;
    case Unit::kYear:
      *out = CivilFromDays(day).year;
      break;
    case Unit::kDecade:
      *out = static_cast<double>(FloorDivide(CivilFromDays(day).year, 10));
      break;
    case Unit::kCentury:
      *out = static_cast<double>(FloorDivide(CivilFromDays(day).year - 1, 100) + 1);
      break;
    case Unit::kMillennium:
      *out = static_cast<double>(FloorDivide(CivilFromDays(day).year - 1, 1000) + 1);
      break;
    case Unit::kDayOfWeek:
      *out = IsoDayOfWeek(day) % 7;
      break;
    case Unit::kIsoDayOfWeek:
      *out = IsoDayOfWeek(day);
      break;
    case Unit::kDayOfYear:
      *out = DayOfYear(day);
      break;
    case Unit::kIsoYear:
      *out = IsoYear(day);
      break;
    case Unit::kEpoch:
      *out = static_cast<double>(ts) / 1e6;
      break;
  }
  return kFlowValue;
}

FLOW_FUNCTION("year(timestamp) -> bigint", "The year.", "year(DATE '2026-01-31')")
uint8_t flow_year(FlowArena*, int64_t ts, int64_t* out) {
  *out = CivilOf(ts).year;
  return kFlowValue;
}

FLOW_FUNCTION("quarter(timestamp) -> bigint", "The quarter, 1 to 4.", "quarter(DATE '2026-01-31')")
uint8_t flow_quarter(FlowArena*, int64_t ts, int64_t* out) {
  *out = (CivilOf(ts).month - 1) / 3 + 1;
  return kFlowValue;
}

FLOW_FUNCTION("month(timestamp) -> bigint", "The month, 1 to 12.", "month(DATE '2026-01-31')")
uint8_t flow_month(FlowArena*, int64_t ts, int64_t* out) {
  *out = CivilOf(ts).month;
  return kFlowValue;
}

FLOW_FUNCTION("week(timestamp) -> bigint", "The ISO week, 1 to 53.", "week(DATE '2026-01-31')")
uint8_t flow_week(FlowArena*, int64_t ts, int64_t* out) {
  *out = IsoWeek(DayOf(ts));
  return kFlowValue;
}

FLOW_FUNCTION("day(timestamp) -> bigint", "The day of the month, 1 to 31.",
              "day(DATE '2026-01-31')")
uint8_t flow_day(FlowArena*, int64_t ts, int64_t* out) {
  *out = CivilOf(ts).day;
  return kFlowValue;
}

FLOW_FUNCTION("dayofweek(timestamp) -> bigint", "The day of the week, Sunday 0 to Saturday 6.",
              "dayofweek(DATE '2026-01-31')")
uint8_t flow_dayofweek(FlowArena*, int64_t ts, int64_t* out) {
  *out = IsoDayOfWeek(DayOf(ts)) % 7;
  return kFlowValue;
}

FLOW_FUNCTION("dayofyear(timestamp) -> bigint", "The day of the year, 1 to 366.",
              "dayofyear(DATE '2026-01-31')")
uint8_t flow_dayofyear(FlowArena*, int64_t ts, int64_t* out) {
  *out = DayOfYear(DayOf(ts));
  return kFlowValue;
}

FLOW_FUNCTION("hour(timestamp) -> bigint", "The hour, 0 to 23.",
              "hour(TIMESTAMP '2026-01-31 10:20:30')")
uint8_t flow_hour(FlowArena*, int64_t ts, int64_t* out) {
  *out = FloorModulo(ts, kDay) / kHour;
  return kFlowValue;
}

FLOW_FUNCTION("minute(timestamp) -> bigint", "The minute, 0 to 59.",
              "minute(TIMESTAMP '2026-01-31 10:20:30')")
uint8_t flow_minute(FlowArena*, int64_t ts, int64_t* out) {
  *out = FloorModulo(ts, kHour) / kMinute;
  return kFlowValue;
}

FLOW_FUNCTION("second(timestamp) -> bigint", "The whole second, 0 to 59.",
              "second(TIMESTAMP '2026-01-31 10:20:30')")
uint8_t flow_second(FlowArena*, int64_t ts, int64_t* out) {
  *out = FloorModulo(ts, kMinute) / kSecond;
  return kFlowValue;
}

FLOW_FUNCTION("epoch(timestamp) -> double", "Seconds since 1970-01-01, with a fraction.",
              "epoch(TIMESTAMP '2026-01-31 10:20:30.5')")
uint8_t flow_epoch(FlowArena*, int64_t ts, double* out) {
  *out = static_cast<double>(ts) / 1e6;
  return kFlowValue;
}

FLOW_FUNCTION("epoch_ms(timestamp) -> bigint", "Whole milliseconds since 1970-01-01.",
              "epoch_ms(TIMESTAMP '2026-01-31 10:20:30.5')")
uint8_t flow_epoch_ms(FlowArena*, int64_t ts, int64_t* out) {
  *out = FloorDivide(ts, 1000);
  return kFlowValue;
}

FLOW_FUNCTION("epoch_us(timestamp) -> bigint", "Microseconds since 1970-01-01.",
              "epoch_us(TIMESTAMP '2026-01-31 10:20:30.5')")
uint8_t flow_epoch_us(FlowArena*, int64_t ts, int64_t* out) {
  *out = ts;
  return kFlowValue;
}

FLOW_FUNCTION("to_timestamp(double) -> timestamp", "The time so many seconds after 1970-01-01.",
              "to_timestamp(1.5e9)")
uint8_t flow_to_timestamp(FlowArena*, double seconds, int64_t* out) {
  double us = rint(seconds * 1e6);
  if (!(us >= static_cast<double>(FLOW_TIMESTAMP_MIN) && us <= 253402300799999999.0)) {
    return kFlowErrOutOfRange;
  }
  return InRange(static_cast<int64_t>(us), out);
}

FLOW_FUNCTION("make_timestamp_ms(bigint) -> timestamp",
              "The time so many milliseconds after 1970-01-01.", "make_timestamp_ms(1500000000000)")
uint8_t flow_make_timestamp_ms(FlowArena*, int64_t ms, int64_t* out) {
  if (ms < FLOW_TIMESTAMP_MIN / 1000 || ms > FLOW_TIMESTAMP_MAX / 1000) return kFlowErrOutOfRange;
  *out = ms * 1000;
  return kFlowValue;
}

FLOW_FUNCTION("make_date(int, int, int) -> date", "The date of a year, month and day.",
              "make_date(2026, 1, 31)")
uint8_t flow_make_date(FlowArena*, int32_t year, int32_t month, int32_t day, int32_t* out) {
  if (year < 1 || year > 9999 || month < 1 || month > 12) return kFlowErrOutOfRange;
  if (day < 1 || day > DaysInMonth(year, month)) return kFlowErrOutOfRange;
  *out = static_cast<int32_t>(DaysFromCivil(year, month, day));
  return kFlowValue;
}

FLOW_ALIAS("dayofmonth", "day");
FLOW_ALIAS("weekday", "dayofweek");
FLOW_ALIAS("weekofyear", "week");
FLOW_ALIAS("to_unixtime", "epoch");
FLOW_ALIAS("from_unixtime", "to_timestamp");
