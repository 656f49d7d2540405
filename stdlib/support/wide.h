// Unsigned 256-bit integers for decimal division and sums: just what these need.
#pragma once

#include "runtime/abi/abi.h"
#include "runtime/abi/error_code.h"

namespace flow_wide {

typedef FlowUInt128 U128;

// 10^n for n in [0, 38].
inline U128 Pow10(int32_t n) {
  static constexpr uint64_t kSmall[20] = {1ull,
                                          10ull,
                                          100ull,
                                          1000ull,
                                          10000ull,
                                          100000ull,
                                          1000000ull,
                                          10000000ull,
                                          100000000ull,
                                          1000000000ull,
                                          10000000000ull,
                                          100000000000ull,
                                          1000000000000ull,
                                          10000000000000ull,
                                          100000000000000ull,
                                          1000000000000000ull,
                                          10000000000000000ull,
                                          100000000000000000ull,
                                          1000000000000000000ull,
                                          10000000000000000000ull};
  return n <= 19 ? static_cast<U128>(kSmall[n]) : static_cast<U128>(kSmall[19]) * kSmall[n - 19];
}

inline U128 Magnitude(FlowInt128 x) {
  return x < 0 ? ~static_cast<U128>(x) + 1 : static_cast<U128>(x);
}

inline FlowInt128 WithSign(U128 magnitude, bool negative) {
  return negative ? static_cast<FlowInt128>(~magnitude + 1) : static_cast<FlowInt128>(magnitude);
}

// Words, least first.
struct U256 {
  uint64_t word[4];
};

inline U256 FromU128(U128 x) {
  return {{static_cast<uint64_t>(x), static_cast<uint64_t>(x >> 64), 0, 0}};
}

// x *= factor; false if the result has more than 256 bits.
inline bool Multiply(U256* x, uint64_t factor) {
  uint64_t carry = 0;
  for (uint64_t& word : x->word) {
    U128 product = static_cast<U128>(word) * factor + carry;
    word = static_cast<uint64_t>(product);
    carry = static_cast<uint64_t>(product >> 64);
  }
  return carry == 0;
}

// x *= 10^n.
inline bool MultiplyPow10(U256* x, int32_t n) {
  for (; n > 19; n -= 19) {
    if (!Multiply(x, static_cast<uint64_t>(Pow10(19)))) return false;
  }
  return Multiply(x, static_cast<uint64_t>(Pow10(n)));
}

inline void Negate(U256* x) {
  uint64_t carry = 1;
  for (uint64_t& word : x->word) {
    word = ~word + carry;
    carry = carry != 0 && word == 0;
  }
}

inline bool FitsU128(const U256& x) { return x.word[2] == 0 && x.word[3] == 0; }
inline U128 LowU128(const U256& x) { return static_cast<U128>(x.word[1]) << 64 | x.word[0]; }

// x /= divisor; returns the remainder. The divisor is below 2^127.
inline U128 Divide(U256* x, U128 divisor) {
  if (FitsU128(*x)) {
    U128 low = LowU128(*x);
    *x = FromU128(low / divisor);
    return low % divisor;
  }
  if (divisor >> 64 == 0) {
    uint64_t d = static_cast<uint64_t>(divisor);
    U128 remainder = 0;
    for (int i = 3; i >= 0; --i) {
      U128 part = remainder << 64 | x->word[i];
      x->word[i] = static_cast<uint64_t>(part / d);
      remainder = part % d;
    }
    return remainder;
  }
  // Bit by bit: only for divisors of more than 64 bits under a dividend of more than 128.
  U256 quotient = {{0, 0, 0, 0}};
  U128 remainder = 0;
  for (int bit = 255; bit >= 0; --bit) {
    remainder = remainder << 1 | (x->word[bit / 64] >> (bit % 64) & 1);
    if (remainder >= divisor) {
      remainder -= divisor;
      quotient.word[bit / 64] |= uint64_t{1} << (bit % 64);
    }
  }
  *x = quotient;
  return remainder;
}

// dividend / divisor, rounded half away from zero, as a decimal of at most 38 digits.
inline uint8_t DivideRounded(U256 dividend, U128 divisor, bool negative, FlowInt128* out) {
  U128 remainder = Divide(&dividend, divisor);
  if (!FitsU128(dividend)) return kFlowErrOverflow;
  U128 quotient = LowU128(dividend);
  if (quotient >= Pow10(38)) return kFlowErrOverflow;
  quotient += remainder >= divisor - remainder;
  if (quotient >= Pow10(38)) return kFlowErrOverflow;
  *out = WithSign(quotient, negative);
  return kFlowValue;
}

}  // namespace flow_wide
