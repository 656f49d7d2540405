// Functions of DOUBLE by the C library. Native only: a kernel must not be given another version of
// them than the interpreter.
#include <math.h>

#include "stdlib/function.h"

namespace {

constexpr double kPi = 3.14159265358979323846;

uint8_t Overflows(double result, bool finite_arguments, double* out) {
  *out = result;
  if (isinf(result) && finite_arguments) return kFlowErrOverflow;
  return kFlowValue;
}

// Where the gamma function has no value.
bool IsPole(double x) { return x <= 0 && (isinf(x) || floor(x) == x); }

}  // namespace

FLOW_FUNCTION("sin(double) -> double", "Sine of an angle in radians; an error of infinity.",
              "sin(1e0)")
uint8_t flow_sin(FlowArena*, double x, double* out) {
  if (isinf(x)) return kFlowErrArgument;
  *out = sin(x);
  return kFlowValue;
}

FLOW_FUNCTION("cos(double) -> double", "Cosine of an angle in radians; an error of infinity.",
              "cos(1e0)")
uint8_t flow_cos(FlowArena*, double x, double* out) {
  if (isinf(x)) return kFlowErrArgument;
  *out = cos(x);
  return kFlowValue;
}

FLOW_FUNCTION("tan(double) -> double", "Tangent of an angle in radians; an error of infinity.",
              "tan(1e0)")
uint8_t flow_tan(FlowArena*, double x, double* out) {
  if (isinf(x)) return kFlowErrArgument;
  *out = tan(x);
  return kFlowValue;
}

FLOW_FUNCTION("cot(double) -> double", "Cotangent of an angle in radians; infinity at 0.",
              "cot(1e0)")
uint8_t flow_cot(FlowArena*, double x, double* out) {
  if (isinf(x)) return kFlowErrArgument;
  *out = 1 / tan(x);
  return kFlowValue;
}

FLOW_FUNCTION("asin(double) -> double",
              "The angle with this sine, in radians; an error outside -1 to 1.", "asin(0.5e0)")
uint8_t flow_asin(FlowArena*, double x, double* out) {
  if (x < -1 || x > 1) return kFlowErrArgument;
  *out = asin(x);
  return kFlowValue;
}

FLOW_FUNCTION("acos(double) -> double",
              "The angle with this cosine, in radians; an error outside -1 to 1.", "acos(0.5e0)")
uint8_t flow_acos(FlowArena*, double x, double* out) {
  if (x < -1 || x > 1) return kFlowErrArgument;
  *out = acos(x);
  return kFlowValue;
}

FLOW_FUNCTION("atan(double) -> double", "The angle with this tangent, in radians.", "atan(1e0)")
uint8_t flow_atan(FlowArena*, double x, double* out) {
  *out = atan(x);
  return kFlowValue;
}

FLOW_FUNCTION("atan2(double, double) -> double",
              "The angle of the point (x, y), in radians: the first argument is y.",
              "atan2(1e0, -1e0)")
uint8_t flow_atan2(FlowArena*, double y, double x, double* out) {
#ifdef FLOW_MUTANT_ATAN2_ARGUMENTS
  *out = atan2(x, y);
#else
  *out = atan2(y, x);
#endif
  return kFlowValue;
}

FLOW_FUNCTION("sinh(double) -> double", "Hyperbolic sine.", "sinh(0.5e0)")
uint8_t flow_sinh(FlowArena*, double x, double* out) {
  *out = sinh(x);
  return kFlowValue;
}

FLOW_FUNCTION("cosh(double) -> double", "Hyperbolic cosine.", "cosh(0.5e0)")
uint8_t flow_cosh(FlowArena*, double x, double* out) {
  *out = cosh(x);
  return kFlowValue;
}

FLOW_FUNCTION("tanh(double) -> double", "Hyperbolic tangent.", "tanh(0.5e0)")
uint8_t flow_tanh(FlowArena*, double x, double* out) {
  *out = tanh(x);
  return kFlowValue;
}

FLOW_FUNCTION("asinh(double) -> double", "Inverse hyperbolic sine.", "asinh(0.5e0)")
uint8_t flow_asinh(FlowArena*, double x, double* out) {
  *out = asinh(x);
  return kFlowValue;
}

FLOW_FUNCTION("cbrt(double) -> double", "Cube root.", "cbrt(0.5e0)")
uint8_t flow_cbrt(FlowArena*, double x, double* out) {
  *out = cbrt(x);
  return kFlowValue;
}

FLOW_FUNCTION("erf(double) -> double", "The error function.", "erf(0.5e0)")
uint8_t flow_erf(FlowArena*, double x, double* out) {
  *out = erf(x);
  return kFlowValue;
}

FLOW_FUNCTION("erfc(double) -> double", "1 less the error function, exact also where that is tiny.",
              "erfc(0.5e0)")
uint8_t flow_erfc(FlowArena*, double x, double* out) {
  *out = erfc(x);
  return kFlowValue;
}

FLOW_FUNCTION("acosh(double) -> double", "Inverse hyperbolic cosine; an error below 1.",
              "acosh(2e0)")
uint8_t flow_acosh(FlowArena*, double x, double* out) {
  if (x < 1) return kFlowErrArgument;
  *out = acosh(x);
  return kFlowValue;
}

FLOW_FUNCTION("atanh(double) -> double", "Inverse hyperbolic tangent; an error outside -1 to 1.",
              "atanh(0.5e0)")
uint8_t flow_atanh(FlowArena*, double x, double* out) {
  if (x < -1 || x > 1) return kFlowErrArgument;
  *out = atanh(x);
  return kFlowValue;
}

FLOW_FUNCTION("pi() -> double", "The number pi.", "pi()")
uint8_t flow_pi(FlowArena*, double* out) {
  *out = kPi;
  return kFlowValue;
}

FLOW_FUNCTION("degrees(double) -> double", "An angle in radians as degrees.", "degrees(1e0)")
uint8_t flow_degrees(FlowArena*, double x, double* out) {
  return Overflows(x * (180 / kPi), isfinite(x), out);
}

FLOW_FUNCTION("radians(double) -> double", "An angle in degrees as radians.", "radians(180e0)")
uint8_t flow_radians(FlowArena*, double x, double* out) {
  *out = x * (kPi / 180);
  return kFlowValue;
}

FLOW_FUNCTION("log2(double) -> double", "Logarithm to base 2; an error at or below 0.", "log2(8e0)")
uint8_t flow_log2(FlowArena*, double x, double* out) {
  if (x <= 0) return kFlowErrArgument;
  *out = log2(x);
  return kFlowValue;
}

FLOW_FUNCTION("log(double, double) -> double",
              "Logarithm of the second to the base of the first; an error at or below 0.",
              "log(2e0, 8e0)")
uint8_t flow_log_base(FlowArena*, double base, double x, double* out) {
  if (x <= 0 || base <= 0) return kFlowErrArgument;
  double divisor = log10(base);
  if (divisor == 0) return kFlowErrDivisionByZero;
  *out = log10(x) / divisor;
  return kFlowValue;
}

FLOW_FUNCTION("gamma(double) -> double",
              "The gamma function; an error at 0 and the negative whole numbers.", "gamma(5e0)")
uint8_t flow_gamma(FlowArena*, double x, double* out) {
  if (IsPole(x)) return kFlowErrArgument;
  return Overflows(tgamma(x), isfinite(x), out);
}

FLOW_FUNCTION("lgamma(double) -> double",
              "Natural logarithm of the size of the gamma function; an error at 0 and the negative "
              "whole numbers.",
              "lgamma(100e0)")
uint8_t flow_lgamma(FlowArena*, double x, double* out) {
  if (IsPole(x)) return kFlowErrArgument;
  int sign;  // lgamma would write it to a global variable
  return Overflows(lgamma_r(x, &sign), isfinite(x), out);
}

FLOW_FUNCTION("even(double) -> double", "The nearest even number away from 0.", "even(2.1e0)")
uint8_t flow_even(FlowArena*, double x, double* out) {
  double size = ceil(fabs(x));
  if (floor(size / 2) * 2 != size) size += 1;
  *out = copysign(size, x);
  return kFlowValue;
}

FLOW_FUNCTION("nextafter(double, double) -> double", "The next DOUBLE after x towards y.",
              "nextafter(1e0, 2e0)")
uint8_t flow_nextafter(FlowArena*, double x, double y, double* out) {
  *out = nextafter(x, y);
  return kFlowValue;
}

FLOW_FUNCTION("fmod(double, double) -> double", "Remainder with the sign of the dividend.",
              "fmod(5.5e0, 2e0)")
uint8_t flow_fmod(FlowArena*, double x, double y, double* out) {
  if (y == 0) return kFlowErrDivisionByZero;
  *out = fmod(x, y);
  return kFlowValue;
}

FLOW_FUNCTION("width_bucket(double, double, double, int) -> int",
              "Which of n equal buckets from low to high holds x: 1 to n, 0 below, n + 1 above.",
              "width_bucket(5.35e0, 0e0, 10e0, 5)")
uint8_t flow_width_bucket(FlowArena*, double x, double low, double high, int32_t n, int32_t* out) {
  if (n <= 0 || isnan(x) || !isfinite(low) || !isfinite(high) || low == high) {
    return kFlowErrArgument;
  }
  if (low > high) {  // buckets go downward
    x = -x;
    low = -low;
    high = -high;
  }
  if (x < low) {
    *out = 0;
    return kFlowValue;
  }
  if (x >= high) {
    if (__builtin_add_overflow(n, 1, out)) return kFlowErrOverflow;
    return kFlowValue;
  }
  double share =
      isinf(high - low) ? (x / 2 - low / 2) / (high / 2 - low / 2) : (x - low) / (high - low);
  double bucket = n * share;
  *out = bucket >= n ? n : static_cast<int32_t>(bucket) + 1;
  return kFlowValue;
}
