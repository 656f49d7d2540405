// Sums of DECIMAL and integers: 256 bits, two's complement, as AggregateLayout stores them.
#pragma once

#include <cstdint>

#include "runtime/abi/abi.h"

namespace flow::interpret {

struct Wide {
  uint64_t limb[4] = {0, 0, 0, 0};  // little end first

  static Wide From(FlowInt128 value);
  // value * weight; never overflows.
  static Wide Product(FlowInt128 value, int64_t weight);
  void Add(const Wide& other);  // modulo 2^256
  void Negate();
  bool negative() const { return limb[3] >> 63 != 0; }
};

// sum * 10^exponent / count, rounded half away from zero. False if the result has 10^38 or more.
bool WideQuotient(const Wide& sum, int exponent, int64_t count, FlowInt128* out);

}  // namespace flow::interpret
