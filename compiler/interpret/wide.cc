// Long multiplication and division of 256 bits (wide.h).
#include "compiler/interpret/wide.h"

#include "runtime/abi/convert.h"

namespace flow::interpret {

namespace {

// n = n * factor + carry.
void MultiplyAdd(Wide* n, uint64_t factor, uint64_t carry) {
  FlowUInt128 step = carry;
  for (uint64_t& limb : n->limb) {
    step += static_cast<FlowUInt128>(limb) * factor;
    limb = static_cast<uint64_t>(step);
    step >>= 64;
  }
}

// n = n / divisor; returns the rest.
uint64_t DivideBy(Wide* n, uint64_t divisor) {
  FlowUInt128 rest = 0;
  for (int i = 3; i >= 0; --i) {
    rest = rest << 64 | n->limb[i];
    n->limb[i] = static_cast<uint64_t>(rest / divisor);
    rest %= divisor;
  }
  return static_cast<uint64_t>(rest);
}

}  // namespace

Wide Wide::From(FlowInt128 value) {
  Wide wide;
  wide.limb[0] = static_cast<uint64_t>(value);
  wide.limb[1] = static_cast<uint64_t>(value >> 64);
  wide.limb[2] = wide.limb[3] = value < 0 ? ~uint64_t{0} : 0;
  return wide;
}

Wide Wide::Product(FlowInt128 value, int64_t weight) {
  // Magnitudes, so that only the last step knows the sign.
  Wide product = From(value);
  if (value < 0) product.Negate();
  const uint64_t times =
      weight < 0 ? -static_cast<uint64_t>(weight) : static_cast<uint64_t>(weight);
  MultiplyAdd(&product, times, 0);
  if ((value < 0) != (weight < 0)) product.Negate();
  return product;
}

void Wide::Add(const Wide& other) {
  FlowUInt128 carry = 0;
  for (int i = 0; i < 4; ++i) {
    carry += static_cast<FlowUInt128>(limb[i]) + other.limb[i];
    limb[i] = static_cast<uint64_t>(carry);
    carry >>= 64;
  }
}

void Wide::Negate() {
  for (uint64_t& l : limb) l = ~l;
  Wide one;
  one.limb[0] = 1;
  Add(one);
}

bool WideQuotient(const Wide& sum, int exponent, int64_t count, FlowInt128* out) {
  Wide quotient = sum;
  const bool negative = sum.negative();
  if (negative) quotient.Negate();
  for (int i = 0; i < exponent; ++i) MultiplyAdd(&quotient, 10, 0);
  const auto divisor = static_cast<uint64_t>(count);
  const uint64_t rest = DivideBy(&quotient, divisor);
  if (rest >= divisor - rest) {
    Wide one;
    one.limb[0] = 1;
    quotient.Add(one);
  }
  if (quotient.limb[3] != 0 || quotient.limb[2] != 0) return false;
  const FlowUInt128 magnitude = static_cast<FlowUInt128>(quotient.limb[1]) << 64 | quotient.limb[0];
  if (magnitude >= static_cast<FlowUInt128>(flow_pow10(38))) return false;
  const auto value = static_cast<FlowInt128>(magnitude);
  *out = negative ? -value : value;
  return true;
}

}  // namespace flow::interpret
