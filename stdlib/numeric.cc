// Functions of numbers.
#include <math.h>

#include "stdlib/function.h"

namespace {

// A result that left the finite doubles though its arguments were finite is an overflow.
uint8_t Finish(double result, bool finite_arguments, double* out) {
  *out = result;
  if (isinf(result) && finite_arguments) return kFlowErrOverflow;
  return kFlowValue;
}

}  // namespace

FLOW_FUNCTION("abs(int) -> int", "Absolute value.", "abs(-5)")
uint8_t flow_abs_int(FlowArena*, int32_t x, int32_t* out) {
  if (x == INT32_MIN) return kFlowErrOverflow;
  *out = x < 0 ? -x : x;
  return kFlowValue;
}

FLOW_FUNCTION("abs(bigint) -> bigint", "Absolute value.", "abs(-5000000000)")
uint8_t flow_abs_bigint(FlowArena*, int64_t x, int64_t* out) {
  if (x == INT64_MIN) return kFlowErrOverflow;
  *out = x < 0 ? -x : x;
  return kFlowValue;
}

FLOW_FUNCTION("abs(double) -> double", "Absolute value.", "abs(-1e3)")
uint8_t flow_abs_double(FlowArena*, double x, double* out) {
  *out = fabs(x);
  return kFlowValue;
}

FLOW_FUNCTION("sign(bigint) -> int", "-1, 0 or 1.", "sign(-5)")
uint8_t flow_sign_bigint(FlowArena*, int64_t x, int32_t* out) {
  *out = (x > 0) - (x < 0);
  return kFlowValue;
}

FLOW_FUNCTION("sign(double) -> double", "-1, 0 or 1; NaN of NaN.", "sign(-2e0)")
uint8_t flow_sign_double(FlowArena*, double x, double* out) {
  *out = isnan(x) ? x : static_cast<double>((x > 0) - (x < 0));
  return kFlowValue;
}

FLOW_FUNCTION("ceil(double) -> double", "The least whole number not below x.", "ceil(1.2e0)")
uint8_t flow_ceil(FlowArena*, double x, double* out) {
  *out = ceil(x);
  return kFlowValue;
}

FLOW_FUNCTION("floor(double) -> double", "The greatest whole number not above x.", "floor(-1.2e0)")
uint8_t flow_floor(FlowArena*, double x, double* out) {
  *out = floor(x);
  return kFlowValue;
}

FLOW_FUNCTION("trunc(double) -> double", "x without its fraction.", "trunc(-1.8e0)")
uint8_t flow_trunc(FlowArena*, double x, double* out) {
  *out = trunc(x);
  return kFlowValue;
}

FLOW_FUNCTION("round(double) -> double", "The nearest whole number; halves go to the even one.",
              "round(2.6e0)")
uint8_t flow_round(FlowArena*, double x, double* out) {
  *out = rint(x);
  return kFlowValue;
}

FLOW_FUNCTION(
    "round(double, int) -> double",
    "x with n digits behind the point, before it if n is negative; halves go away from 0.",
    "round(2.345e0, 2)")
FLOW_LARGE uint8_t flow_round_digits(FlowArena*, double x, int32_t n, double* out) {
  double power = pow(10, n < 0 ? -static_cast<double>(n) : static_cast<double>(n));
  double rounded = n < 0 ? round(x / power) * power : round(x * power) / power;
  // Where the power is out of range, x has no digits in front of the place, or none behind it.
  *out = isfinite(rounded) ? rounded : n < 0 && isfinite(x) ? 0.0 : x;
  return kFlowValue;
}

FLOW_FUNCTION("sqrt(double) -> double", "Square root; an error below 0.", "sqrt(2e0)")
uint8_t flow_sqrt(FlowArena*, double x, double* out) {
  if (x < 0) return kFlowErrArgument;
  *out = sqrt(x);
  return kFlowValue;
}

FLOW_FUNCTION("power(double, double) -> double",
              "x to the power y; an error where it is not a real number.", "power(2e0, 10e0)")
FLOW_LARGE uint8_t flow_power(FlowArena*, double x, double y, double* out) {
  if (x == 0 && y < 0) return kFlowErrArgument;
  if (x < 0 && isfinite(x) && isfinite(y) && floor(y) != y) return kFlowErrArgument;
  return Finish(pow(x, y), isfinite(x) && isfinite(y), out);
}

FLOW_FUNCTION("exp(double) -> double", "e to the power x.", "exp(1e0)")
uint8_t flow_exp(FlowArena*, double x, double* out) { return Finish(exp(x), isfinite(x), out); }

FLOW_FUNCTION("ln(double) -> double", "Natural logarithm; an error at or below 0.", "ln(10e0)")
uint8_t flow_ln(FlowArena*, double x, double* out) {
  if (x <= 0) return kFlowErrArgument;
  *out = log(x);
  return kFlowValue;
}

FLOW_FUNCTION("log10(double) -> double", "Logarithm to base 10; an error at or below 0.",
              "log10(1000e0)")
uint8_t flow_log10(FlowArena*, double x, double* out) {
  if (x <= 0) return kFlowErrArgument;
  *out = log10(x);
  return kFlowValue;
}

FLOW_FUNCTION("mod(int, int) -> int", "Remainder with the sign of the dividend.", "mod(-7, 3)")
uint8_t flow_mod_int(FlowArena*, int32_t x, int32_t y, int32_t* out) {
  if (y == 0) return kFlowErrDivisionByZero;
  *out = y == -1 ? 0 : x % y;
  return kFlowValue;
}

FLOW_FUNCTION("mod(bigint, bigint) -> bigint", "Remainder with the sign of the dividend.",
              "mod(-7000000000, 3)")
uint8_t flow_mod_bigint(FlowArena*, int64_t x, int64_t y, int64_t* out) {
  if (y == 0) return kFlowErrDivisionByZero;
  *out = y == -1 ? 0 : x % y;
  return kFlowValue;
}

FLOW_FUNCTION("greatest(int, int) -> int", "The greater one; NULL if one is NULL.",
              "greatest(1, 2)")
uint8_t flow_greatest_int(FlowArena*, int32_t x, int32_t y, int32_t* out) {
  *out = x < y ? y : x;
  return kFlowValue;
}

FLOW_FUNCTION("greatest(bigint, bigint) -> bigint", "The greater one; NULL if one is NULL.",
              "greatest(1, 5000000000)")
uint8_t flow_greatest_bigint(FlowArena*, int64_t x, int64_t y, int64_t* out) {
  *out = x < y ? y : x;
  return kFlowValue;
}

FLOW_FUNCTION("greatest(double, double) -> double",
              "The greater one, NaN above all; NULL if one is NULL.", "greatest(1e0, 2e0)")
uint8_t flow_greatest_double(FlowArena*, double x, double y, double* out) {
  *out = isnan(x) || x > y ? x : y;
  return kFlowValue;
}

FLOW_FUNCTION("greatest(string, string) -> string",
              "The later one in byte order; NULL if one is NULL.", "greatest('a', 'b')")
uint8_t flow_greatest_string(FlowArena*, const FlowString* x, const FlowString* y,
                             FlowString* out) {
  *out = flow_string_compare(x, y) < 0 ? *y : *x;
  return kFlowValue;
}

FLOW_FUNCTION("greatest(timestamp, timestamp) -> timestamp", "The later one; NULL if one is NULL.",
              "greatest(TIMESTAMP '2026-01-01 00:00:00', TIMESTAMP '2026-02-01 00:00:00')")
uint8_t flow_greatest_timestamp(FlowArena*, int64_t x, int64_t y, int64_t* out) {
  *out = x < y ? y : x;
  return kFlowValue;
}

FLOW_FUNCTION("greatest(date, date) -> date", "The later one; NULL if one is NULL.",
              "greatest(DATE '2026-01-01', DATE '2026-02-01')")
uint8_t flow_greatest_date(FlowArena*, int32_t x, int32_t y, int32_t* out) {
  *out = x < y ? y : x;
  return kFlowValue;
}

FLOW_FUNCTION("least(int, int) -> int", "The lesser one; NULL if one is NULL.", "least(1, 2)")
uint8_t flow_least_int(FlowArena*, int32_t x, int32_t y, int32_t* out) {
  *out = y < x ? y : x;
  return kFlowValue;
}

FLOW_FUNCTION("least(bigint, bigint) -> bigint", "The lesser one; NULL if one is NULL.",
              "least(1, 5000000000)")
uint8_t flow_least_bigint(FlowArena*, int64_t x, int64_t y, int64_t* out) {
  *out = y < x ? y : x;
  return kFlowValue;
}

FLOW_FUNCTION("least(double, double) -> double",
              "The lesser one, NaN above all; NULL if one is NULL.", "least(1e0, 2e0)")
uint8_t flow_least_double(FlowArena*, double x, double y, double* out) {
  *out = isnan(x) || y < x ? y : x;
  return kFlowValue;
}

FLOW_FUNCTION("least(string, string) -> string",
              "The earlier one in byte order; NULL if one is NULL.", "least('a', 'b')")
uint8_t flow_least_string(FlowArena*, const FlowString* x, const FlowString* y, FlowString* out) {
  *out = flow_string_compare(y, x) < 0 ? *y : *x;
  return kFlowValue;
}

FLOW_FUNCTION("least(timestamp, timestamp) -> timestamp", "The earlier one; NULL if one is NULL.",
              "least(TIMESTAMP '2026-01-01 00:00:00', TIMESTAMP '2026-02-01 00:00:00')")
uint8_t flow_least_timestamp(FlowArena*, int64_t x, int64_t y, int64_t* out) {
  *out = y < x ? y : x;
  return kFlowValue;
}

FLOW_FUNCTION("least(date, date) -> date", "The earlier one; NULL if one is NULL.",
              "least(DATE '2026-01-01', DATE '2026-02-01')")
uint8_t flow_least_date(FlowArena*, int32_t x, int32_t y, int32_t* out) {
  *out = y < x ? y : x;
  return kFlowValue;
}

FLOW_FUNCTION("isnan(double) -> boolean", "Is it NaN?", "isnan(1e0)")
uint8_t flow_isnan(FlowArena*, double x, uint8_t* out) {
  *out = isnan(x);
  return kFlowValue;
}

FLOW_FUNCTION("isinf(double) -> boolean", "Is it infinite?", "isinf(1e0)")
uint8_t flow_isinf(FlowArena*, double x, uint8_t* out) {
  *out = isinf(x);
  return kFlowValue;
}

FLOW_FUNCTION("isfinite(double) -> boolean", "Is it neither infinite nor NaN?", "isfinite(1e0)")
uint8_t flow_isfinite(FlowArena*, double x, uint8_t* out) {
  *out = isfinite(x);
  return kFlowValue;
}

FLOW_FUNCTION("signbit(double) -> boolean", "Is its sign negative? Also of -0.", "signbit(-1e0)")
uint8_t flow_signbit(FlowArena*, double x, uint8_t* out) {
  *out = signbit(x) != 0;
  return kFlowValue;
}

FLOW_ALIAS("ceiling", "ceil");
FLOW_ALIAS("pow", "power");
FLOW_ALIAS("log", "log10");
