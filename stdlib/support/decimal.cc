// DECIMAL arithmetic and the casts of numbers.
#include <math.h>

#include "runtime/abi/convert.h"
#include "stdlib/support/support.h"
#include "stdlib/support/wide.h"

using namespace flow_wide;

uint8_t flow_op_decimal_mul(const FlowInt128* a, const FlowInt128* b, FlowInt128* out) {
  FlowInt128 product;
  if (__builtin_mul_overflow(*a, *b, &product)) return kFlowErrOverflow;
  if (Magnitude(product) >= Pow10(38)) return kFlowErrOverflow;
  *out = product;
  return kFlowValue;
}

FLOW_LARGE uint8_t flow_op_decimal_div(const FlowInt128* a, const FlowInt128* b, int32_t shift,
                                       FlowInt128* out) {
  if (*b == 0) return kFlowErrDivisionByZero;
  U256 dividend = FromU128(Magnitude(*a));
  // A product past 256 bits over a divisor below 10^38 has more than 38 digits.
  if (!MultiplyPow10(&dividend, shift)) return kFlowErrOverflow;
  return DivideRounded(dividend, Magnitude(*b), (*a < 0) != (*b < 0), out);
}

uint8_t flow_op_decimal_mod(const FlowInt128* a, const FlowInt128* b, FlowInt128* out) {
  if (*b == 0) return kFlowErrDivisionByZero;
  *out = *a % *b;
  return kFlowValue;
}

FLOW_LARGE uint8_t flow_op_decimal_rescale(const FlowInt128* a, int32_t from_scale,
                                           int32_t to_scale, int32_t precision, FlowInt128* out) {
  U128 magnitude = Magnitude(*a);
  U128 limit = Pow10(precision);
  if (to_scale >= from_scale) {
    U128 factor = Pow10(to_scale - from_scale);
    U128 scaled;
    if (__builtin_mul_overflow(magnitude, factor, &scaled)) return kFlowErrOverflow;
    magnitude = scaled;
  } else {
    U128 divisor = Pow10(from_scale - to_scale);
    U128 remainder = magnitude % divisor;
    magnitude = magnitude / divisor + (remainder >= divisor - remainder);
  }
  if (magnitude >= limit) return kFlowErrOverflow;
  *out = WithSign(magnitude, *a < 0);
  return kFlowValue;
}

uint8_t flow_op_double_to_int(double d, int32_t* out) {
  double r = rint(d);
  if (!(r >= -2147483648.0 && r <= 2147483647.0)) return kFlowErrOutOfRange;
  *out = static_cast<int32_t>(r);
  return kFlowValue;
}

uint8_t flow_op_double_to_bigint(double d, int64_t* out) {
  double r = rint(d);
  if (!(r >= -9223372036854775808.0 && r < 9223372036854775808.0)) return kFlowErrOutOfRange;
  *out = static_cast<int64_t>(r);
  return kFlowValue;
}

FLOW_LARGE uint8_t flow_op_double_to_decimal(double d, int32_t precision, int32_t scale,
                                             FlowInt128* out) {
  return flow_decimal_from_double(d, precision, scale, out);
}

// The quotient of two exact doubles is rounded once.
FLOW_LARGE double flow_op_decimal_to_double(const FlowInt128* a, int32_t scale) {
  constexpr int64_t kExact = int64_t{1} << 53;
  if (scale <= 22 && *a >= -kExact && *a <= kExact) {
    static constexpr double kPowers[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                           1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                           1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    return static_cast<double>(static_cast<int64_t>(*a)) / kPowers[scale];
  }
  return flow_decimal_to_double(*a, scale);
}

FLOW_LARGE uint8_t flow_op_decimal_to_int(const FlowInt128* a, int32_t scale, int32_t* out) {
  FlowInt128 whole = 0;
  flow_op_decimal_rescale(a, scale, 0, 38, &whole);
  if (whole < INT32_MIN || whole > INT32_MAX) return kFlowErrOutOfRange;
  *out = static_cast<int32_t>(whole);
  return kFlowValue;
}

FLOW_LARGE uint8_t flow_op_decimal_to_bigint(const FlowInt128* a, int32_t scale, int64_t* out) {
  FlowInt128 whole = 0;
  flow_op_decimal_rescale(a, scale, 0, 38, &whole);
  if (whole < INT64_MIN || whole > INT64_MAX) return kFlowErrOutOfRange;
  *out = static_cast<int64_t>(whole);
  return kFlowValue;
}
