// Functions of integers: bits, quotients, divisors.
#include "stdlib/function.h"

namespace {

uint64_t SizeOf(int64_t x) {
  return x < 0 ? ~static_cast<uint64_t>(x) + 1 : static_cast<uint64_t>(x);
}

uint64_t Gcd(uint64_t a, uint64_t b) {
  while (b != 0) {
    uint64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

}  // namespace

FLOW_FUNCTION("bit_count(int) -> int", "How many bits are 1, of 32.", "bit_count(7)")
uint8_t flow_bit_count_int(FlowArena*, int32_t x, int32_t* out) {
  *out = __builtin_popcount(static_cast<uint32_t>(x));
#ifdef FLOW_MUTANT_BIT_COUNT_SIGN
  *out -= x < 0;
#endif
  return kFlowValue;
}

FLOW_FUNCTION("bit_count(bigint) -> int", "How many bits are 1, of 64.", "bit_count(5000000000)")
uint8_t flow_bit_count_bigint(FlowArena*, int64_t x, int32_t* out) {
  *out = __builtin_popcountll(static_cast<uint64_t>(x));
  return kFlowValue;
}

FLOW_FUNCTION("bitwise_and(int, int) -> int", "The bits that are 1 in both.", "bitwise_and(6, 3)")
uint8_t flow_bitwise_and_int(FlowArena*, int32_t x, int32_t y, int32_t* out) {
  *out = x & y;
  return kFlowValue;
}

FLOW_FUNCTION("bitwise_and(bigint, bigint) -> bigint", "The bits that are 1 in both.",
              "bitwise_and(5000000000, 4096)")
uint8_t flow_bitwise_and_bigint(FlowArena*, int64_t x, int64_t y, int64_t* out) {
  *out = x & y;
  return kFlowValue;
}

FLOW_FUNCTION("bitwise_or(int, int) -> int", "The bits that are 1 in one of them.",
              "bitwise_or(6, 3)")
uint8_t flow_bitwise_or_int(FlowArena*, int32_t x, int32_t y, int32_t* out) {
  *out = x | y;
  return kFlowValue;
}

FLOW_FUNCTION("bitwise_or(bigint, bigint) -> bigint", "The bits that are 1 in one of them.",
              "bitwise_or(5000000000, 1)")
uint8_t flow_bitwise_or_bigint(FlowArena*, int64_t x, int64_t y, int64_t* out) {
  *out = x | y;
  return kFlowValue;
}

FLOW_FUNCTION("bitwise_xor(int, int) -> int", "The bits in which they differ.", "bitwise_xor(6, 3)")
uint8_t flow_bitwise_xor_int(FlowArena*, int32_t x, int32_t y, int32_t* out) {
  *out = x ^ y;
  return kFlowValue;
}

FLOW_FUNCTION("bitwise_xor(bigint, bigint) -> bigint", "The bits in which they differ.",
              "bitwise_xor(5000000000, 1)")
uint8_t flow_bitwise_xor_bigint(FlowArena*, int64_t x, int64_t y, int64_t* out) {
  *out = x ^ y;
  return kFlowValue;
}

FLOW_FUNCTION("bitwise_not(int) -> int", "Every bit turned over.", "bitwise_not(6)")
uint8_t flow_bitwise_not_int(FlowArena*, int32_t x, int32_t* out) {
  *out = ~x;
  return kFlowValue;
}

FLOW_FUNCTION("bitwise_not(bigint) -> bigint", "Every bit turned over.", "bitwise_not(5000000000)")
uint8_t flow_bitwise_not_bigint(FlowArena*, int64_t x, int64_t* out) {
  *out = ~x;
  return kFlowValue;
}

FLOW_FUNCTION("bitwise_left_shift(bigint, int) -> bigint",
              "The 64 bits moved n places up; what leaves is lost. An error if n is negative.",
              "bitwise_left_shift(1, 40)")
uint8_t flow_bitwise_left_shift(FlowArena*, int64_t x, int32_t n, int64_t* out) {
  if (n < 0) return kFlowErrArgument;
  *out = n > 63 ? 0 : static_cast<int64_t>(static_cast<uint64_t>(x) << n);
  return kFlowValue;
}

FLOW_FUNCTION("bitwise_right_shift(bigint, int) -> bigint",
              "The 64 bits moved n places down, the sign kept. An error if n is negative.",
              "bitwise_right_shift(1024, 3)")
uint8_t flow_bitwise_right_shift(FlowArena*, int64_t x, int32_t n, int64_t* out) {
  if (n < 0) return kFlowErrArgument;
  *out = x >> (n > 63 ? 63 : n);
  return kFlowValue;
}

FLOW_FUNCTION("div(int, int) -> int", "The quotient, cut towards 0.", "div(-7, 2)")
uint8_t flow_div_int(FlowArena*, int32_t x, int32_t y, int32_t* out) {
  if (y == 0) return kFlowErrDivisionByZero;
  if (x == INT32_MIN && y == -1) return kFlowErrOverflow;
  *out = x / y;
  return kFlowValue;
}

FLOW_FUNCTION("div(bigint, bigint) -> bigint", "The quotient, cut towards 0.",
              "div(-7000000000, 2)")
uint8_t flow_div_bigint(FlowArena*, int64_t x, int64_t y, int64_t* out) {
  if (y == 0) return kFlowErrDivisionByZero;
  if (x == INT64_MIN && y == -1) return kFlowErrOverflow;
  *out = x / y;
  return kFlowValue;
}

FLOW_FUNCTION("gcd(bigint, bigint) -> bigint", "The greatest common divisor; 0 of 0 and 0.",
              "gcd(12, 18)")
uint8_t flow_gcd(FlowArena*, int64_t x, int64_t y, int64_t* out) {
  uint64_t result = Gcd(SizeOf(x), SizeOf(y));
  if (result > INT64_MAX) return kFlowErrOverflow;
  *out = static_cast<int64_t>(result);
  return kFlowValue;
}

FLOW_FUNCTION("lcm(bigint, bigint) -> bigint", "The least common multiple; 0 if one is 0.",
              "lcm(12, 18)")
uint8_t flow_lcm(FlowArena*, int64_t x, int64_t y, int64_t* out) {
  *out = 0;
  if (x == 0 || y == 0) return kFlowValue;
  uint64_t a = SizeOf(x);
  uint64_t b = SizeOf(y);
  uint64_t result;
  if (__builtin_mul_overflow(a / Gcd(a, b), b, &result) || result > INT64_MAX) {
    return kFlowErrOverflow;
  }
  *out = static_cast<int64_t>(result);
  return kFlowValue;
}

FLOW_FUNCTION("factorial(int) -> bigint", "1 * 2 * ... * n, for n from 0 to 20.", "factorial(5)")
uint8_t flow_factorial(FlowArena*, int32_t n, int64_t* out) {
  if (n < 0) return kFlowErrArgument;
  if (n > 20) return kFlowErrOverflow;
  *out = 1;
  for (int32_t i = 2; i <= n; ++i) *out *= i;
  return kFlowValue;
}

FLOW_ALIAS("xor", "bitwise_xor");
