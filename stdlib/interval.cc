// Functions of INTERVAL, which is a number of microseconds: made of numbers, and taken apart.
#include <math.h>

#include "stdlib/civil.h"
#include "stdlib/function.h"
#include "stdlib/time_unit.h"

using namespace flow_time;

namespace {

// To the nearest microsecond, half to even.
uint8_t Nearest(double us, int64_t* out) {
  us = rint(us);
  if (!(us >= -0x1p63 && us < 0x1p63)) return kFlowErrOverflow;
  *out = static_cast<int64_t>(us);
  return kFlowValue;
}

}  // namespace

FLOW_FUNCTION("to_microseconds(bigint) -> interval", "An interval of so many microseconds.",
              "TIMESTAMP '2026-01-31 10:20:30' + to_microseconds(5)")
uint8_t flow_to_microseconds(FlowArena*, int64_t n, int64_t* out) {
  if (__builtin_mul_overflow(n, 1, out)) return kFlowErrOverflow;
  return kFlowValue;
}

FLOW_FUNCTION("to_milliseconds(bigint) -> interval", "An interval of so many milliseconds.",
              "TIMESTAMP '2026-01-31 10:20:30' + to_milliseconds(5)")
uint8_t flow_to_milliseconds(FlowArena*, int64_t n, int64_t* out) {
  if (__builtin_mul_overflow(n, 1000, out)) return kFlowErrOverflow;
  return kFlowValue;
}

FLOW_FUNCTION("to_seconds(bigint) -> interval", "An interval of so many seconds.",
              "TIMESTAMP '2026-01-31 10:20:30' + to_seconds(5)")
uint8_t flow_to_seconds(FlowArena*, int64_t n, int64_t* out) {
  if (__builtin_mul_overflow(n, kSecond, out)) return kFlowErrOverflow;
  return kFlowValue;
}

FLOW_FUNCTION("to_minutes(bigint) -> interval", "An interval of so many minutes.",
              "TIMESTAMP '2026-01-31 10:20:30' + to_minutes(5)")
uint8_t flow_to_minutes(FlowArena*, int64_t n, int64_t* out) {
  if (__builtin_mul_overflow(n, kMinute, out)) return kFlowErrOverflow;
  return kFlowValue;
}

FLOW_FUNCTION("to_hours(bigint) -> interval", "An interval of so many hours.",
              "TIMESTAMP '2026-01-31 10:20:30' + to_hours(5)")
uint8_t flow_to_hours(FlowArena*, int64_t n, int64_t* out) {
  if (__builtin_mul_overflow(n, kHour, out)) return kFlowErrOverflow;
  return kFlowValue;
}

FLOW_FUNCTION("to_days(bigint) -> interval", "An interval of so many days.",
              "TIMESTAMP '2026-01-31 10:20:30' + to_days(5)")
uint8_t flow_to_days(FlowArena*, int64_t n, int64_t* out) {
  if (__builtin_mul_overflow(n, kDay, out)) return kFlowErrOverflow;
  return kFlowValue;
}

FLOW_FUNCTION("to_weeks(bigint) -> interval", "An interval of so many weeks.",
              "TIMESTAMP '2026-01-31 10:20:30' + to_weeks(5)")
uint8_t flow_to_weeks(FlowArena*, int64_t n, int64_t* out) {
  if (__builtin_mul_overflow(n, 7 * kDay, out)) return kFlowErrOverflow;
  return kFlowValue;
}

FLOW_FUNCTION("to_milliseconds(double) -> interval",
              "An interval of so many milliseconds, to the nearest microsecond.",
              "to_milliseconds(1.5e0)")
uint8_t flow_to_milliseconds_double(FlowArena*, double n, int64_t* out) {
  return Nearest(n * 1e3, out);
}

FLOW_FUNCTION("to_seconds(double) -> interval",
              "An interval of so many seconds, to the nearest microsecond.", "to_seconds(1.5e0)")
uint8_t flow_to_seconds_double(FlowArena*, double n, int64_t* out) { return Nearest(n * 1e6, out); }

FLOW_FUNCTION("epoch(interval) -> double", "How many seconds it is, with a fraction.",
              "epoch(INTERVAL '1 minute 500 ms')")
uint8_t flow_epoch_interval(FlowArena*, int64_t us, double* out) {
  *out = static_cast<double>(us) / 1e6;
  return kFlowValue;
}

FLOW_FUNCTION("epoch_ms(interval) -> bigint", "How many whole milliseconds it is.",
              "epoch_ms(INTERVAL '1 minute 500 ms')")
uint8_t flow_epoch_ms_interval(FlowArena*, int64_t us, int64_t* out) {
  *out = us / 1000;
  return kFlowValue;
}

FLOW_FUNCTION("epoch_us(interval) -> bigint", "How many microseconds it is.",
              "epoch_us(INTERVAL '1 minute 500 ms')")
uint8_t flow_epoch_us_interval(FlowArena*, int64_t us, int64_t* out) {
  *out = us;
  return kFlowValue;
}

FLOW_FUNCTION("date_part(string, interval) -> double",
              "A part of an interval: day (of 24 hours), hour, minute, second (with its fraction), "
              "milliseconds, microseconds; all of it: epoch.",
              "date_part('hour', INTERVAL '1 day 2 hours')")
uint8_t flow_date_part_interval(FlowArena*, const FlowString* name, int64_t us, double* out) {
  Unit unit;
  if (!FindUnit(name, &unit)) return kFlowErrArgument;
  switch (unit) {
    case Unit::kEpoch:
      *out = static_cast<double>(us) / 1e6;
      return kFlowValue;
    case Unit::kDay:
      *out = static_cast<double>(us / kDay);
      return kFlowValue;
    case Unit::kHour:
      *out = static_cast<double>(us % kDay / kHour);
      return kFlowValue;
    case Unit::kMinute:
      *out = static_cast<double>(us % kHour / kMinute);
      return kFlowValue;
    case Unit::kSecond:
      *out = static_cast<double>(us % kMinute) / 1e6;
      return kFlowValue;
    case Unit::kMilliseconds:
      *out = static_cast<double>(us % kMinute) / 1e3;
      return kFlowValue;
    case Unit::kMicroseconds:
      *out = static_cast<double>(us % kMinute);
      return kFlowValue;
    default:
      return kFlowErrArgument;
  }
}

// What `*` and `/` beside an INTERVAL are.
FLOW_FUNCTION("_interval_times(interval, bigint) -> interval", "x * n.", "_interval_times(5m, 3)")
uint8_t flow_interval_times(FlowArena*, int64_t us, int64_t n, int64_t* out) {
  if (__builtin_mul_overflow(us, n, out)) return kFlowErrOverflow;
  return kFlowValue;
}

FLOW_FUNCTION("_interval_times(interval, double) -> interval", "x * n.",
              "_interval_times(5m, 1.5e0)")
uint8_t flow_interval_times_double(FlowArena*, int64_t us, double n, int64_t* out) {
  return Nearest(static_cast<double>(us) * n, out);
}

FLOW_FUNCTION("_interval_part(interval, double) -> interval", "x / n.", "_interval_part(5m, 2e0)")
uint8_t flow_interval_part(FlowArena*, int64_t us, double n, int64_t* out) {
  if (n == 0) return kFlowErrDivisionByZero;
  return Nearest(static_cast<double>(us) / n, out);
}
