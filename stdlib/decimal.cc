// Functions of DECIMAL: exact, and as PostgreSQL's numeric. A body gets the unscaled value, and at
// the end the scale of its argument and that of its result, which the binder chooses so that no
// digit of the result is lost (compiler/bind/decimal_call.cc).
#include "stdlib/function.h"

namespace {

struct Powers {
  FlowInt128 of[39];
};
constexpr Powers MakePowers() {
  Powers powers{};
  powers.of[0] = 1;
  for (int i = 1; i < 39; ++i) powers.of[i] = powers.of[i - 1] * 10;
  return powers;
}
constexpr Powers kPowers = MakePowers();

enum class To { kNearest, kZero, kFloor, kCeiling };

// x with `digits` digits behind the point, before it if negative.
uint8_t Round(FlowInt128 x, int32_t digits, int32_t scale, int32_t out_scale, To to,
              FlowInt128* out) {
  // 64 bits: digits may be any INT.
  const int64_t drop = static_cast<int64_t>(scale) - digits;
  if (drop > 0) {
    // A power that is out of reach is greater than twice every value.
    FlowInt128 quotient = 0;
    FlowInt128 rest = x;
    if (drop <= 38) {
      quotient = x / kPowers.of[drop];
      rest = x % kPowers.of[drop];
    }
    const FlowInt128 size = rest < 0 ? -rest : rest;
    const bool half = drop <= 38 && size >= kPowers.of[drop] - size;
    if (to == To::kNearest && half) quotient += x < 0 ? -1 : 1;
    if (to == To::kFloor && rest < 0) --quotient;
    if (to == To::kCeiling && rest > 0) ++quotient;
    // The result has at most the digits of x before the point and one more, so this fits; but
    // 10^38 does not fit the type.
    const int64_t raise = static_cast<int64_t>(out_scale) - digits;
    x = quotient == 0 ? 0 : quotient * kPowers.of[raise];
  }
  *out = x;
  if (x >= kPowers.of[38] || x <= -kPowers.of[38]) return kFlowErrOverflow;
  return kFlowValue;
}

}  // namespace

FLOW_FUNCTION("abs(decimal) -> decimal", "Absolute value.", "abs(-1.50)")
uint8_t flow_abs_decimal(FlowArena*, const FlowInt128* x, int32_t, int32_t, FlowInt128* out) {
  *out = *x < 0 ? -*x : *x;
  return kFlowValue;
}

FLOW_FUNCTION("sign(decimal) -> decimal", "-1, 0 or 1.", "sign(-1.50)")
uint8_t flow_sign_decimal(FlowArena*, const FlowInt128* x, int32_t, int32_t, FlowInt128* out) {
  *out = (*x > 0) - (*x < 0);
  return kFlowValue;
}

FLOW_FUNCTION("ceil(decimal) -> decimal", "The least whole number not below x.", "ceil(1.20)")
FLOW_LARGE uint8_t flow_ceil_decimal(FlowArena*, const FlowInt128* x, int32_t scale,
                                     int32_t out_scale, FlowInt128* out) {
  return Round(*x, 0, scale, out_scale, To::kCeiling, out);
}

FLOW_FUNCTION("floor(decimal) -> decimal", "The greatest whole number not above x.", "floor(-1.20)")
FLOW_LARGE uint8_t flow_floor_decimal(FlowArena*, const FlowInt128* x, int32_t scale,
                                      int32_t out_scale, FlowInt128* out) {
  return Round(*x, 0, scale, out_scale, To::kFloor, out);
}

FLOW_FUNCTION("trunc(decimal) -> decimal", "x without its fraction.", "trunc(-1.80)")
FLOW_LARGE uint8_t flow_trunc_decimal(FlowArena*, const FlowInt128* x, int32_t scale,
                                      int32_t out_scale, FlowInt128* out) {
  return Round(*x, 0, scale, out_scale, To::kZero, out);
}

FLOW_FUNCTION("trunc(decimal, int) -> decimal",
              "x without the digits after the n-th behind the point, before it if n is negative.",
              "trunc(2.349, 2)")
FLOW_LARGE uint8_t flow_trunc_decimal_digits(FlowArena*, const FlowInt128* x, int32_t n,
                                             int32_t scale, int32_t out_scale, FlowInt128* out) {
  return Round(*x, n, scale, out_scale, To::kZero, out);
}

FLOW_FUNCTION("round(decimal) -> decimal", "The nearest whole number; halves go away from 0.",
              "round(2.50)")
FLOW_LARGE uint8_t flow_round_decimal(FlowArena*, const FlowInt128* x, int32_t scale,
                                      int32_t out_scale, FlowInt128* out) {
  return Round(*x, 0, scale, out_scale, To::kNearest, out);
}

FLOW_FUNCTION(
    "round(decimal, int) -> decimal",
    "x with n digits behind the point, before it if n is negative; halves go away from 0.",
    "round(2.345, 2)")
FLOW_LARGE uint8_t flow_round_decimal_digits(FlowArena*, const FlowInt128* x, int32_t n,
                                             int32_t scale, int32_t out_scale, FlowInt128* out) {
  return Round(*x, n, scale, out_scale, To::kNearest, out);
}

// Both have the type that the binder found for them together, which is the result's too.
FLOW_FUNCTION("greatest(decimal, decimal) -> decimal", "The greater one; NULL if one is NULL.",
              "greatest(1.50, 2.25)")
uint8_t flow_greatest_decimal(FlowArena*, const FlowInt128* x, const FlowInt128* y, int32_t,
                              int32_t, FlowInt128* out) {
  *out = *x < *y ? *y : *x;
  return kFlowValue;
}

FLOW_FUNCTION("least(decimal, decimal) -> decimal", "The lesser one; NULL if one is NULL.",
              "least(1.50, 2.25)")
uint8_t flow_least_decimal(FlowArena*, const FlowInt128* x, const FlowInt128* y, int32_t, int32_t,
                           FlowInt128* out) {
  *out = *y < *x ? *y : *x;
  return kFlowValue;
}

FLOW_ALIAS("ceiling", "ceil");
