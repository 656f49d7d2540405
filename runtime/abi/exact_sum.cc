// The exact sum of doubles as one long fixed-point number.
//
// The number is the sum of chunk[i] * 2^(32 * i - 1074). Each chunk is a signed 64-bit integer of
// which 32 bits are the digit and the rest is room for carries, so that an addition touches only
// the few chunks that its 53 bits reach. At most `pending` + 1 times 2^32 stands in a chunk; before
// that could pass 2^63 the carries are propagated. The top chunk has nowhere to carry to: it is
// worth 2^1038, and 2^63 additions of the greatest double reach only 2^49 of it.
#include "runtime/abi/exact_sum.h"

#include <bit>
#include <cmath>
#include <limits>

namespace {

constexpr int kTop = kFlowExactSumChunks - 1;
constexpr int64_t kMaxPending = int64_t{1} << 29;
constexpr int kLeastExponent = -1074;

// Brings all chunks but the top one into [0, 2^32); the top one carries the sign.
void Carry(FlowExactSum* sum) {
  for (int i = 0; i < kTop; ++i) {
    int64_t carry = sum->chunk[i] >> 32;
    sum->chunk[i] -= carry * (int64_t{1} << 32);
    sum->chunk[i + 1] += carry;
  }
  sum->pending = 0;
}

// Adds or subtracts magnitude * 2^(position - 1074); magnitude < 2^86.
void AddMagnitude(FlowExactSum* sum, FlowUInt128 magnitude, int position, bool negative) {
  int i = position / 32;
  magnitude <<= position % 32;  // < 2^117
  while (magnitude != 0) {
    int64_t digit;
    if (i < kTop) {
      digit = static_cast<int64_t>(static_cast<uint32_t>(magnitude));
      magnitude >>= 32;
    } else {
      digit = static_cast<int64_t>(magnitude);
      magnitude = 0;
    }
    sum->chunk[i] += negative ? -digit : digit;
    ++i;
  }
  if (++sum->pending >= kMaxPending) Carry(sum);
}

}  // namespace

extern "C" {

void flow_exact_sum_init(FlowExactSum* sum) { memset(sum, 0, sizeof *sum); }

void flow_exact_sum_add(FlowExactSum* sum, double value, int64_t weight) {
#ifdef FLOW_MUTANT_PLAIN_DOUBLE_SUM
  // Rounds the running sum after each addition.
  const double before = flow_exact_sum_finish(sum);
  const double after = before + value * static_cast<double>(weight);
  if (std::isfinite(after) && after != value) {
    flow_exact_sum_init(sum);
    value = after;
    weight = 1;
  }
#endif
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  const int biased = static_cast<int>(bits >> 52) & 0x7FF;
  uint64_t mantissa = bits & ((uint64_t{1} << 52) - 1);
  bool negative = (bits >> 63) != 0;
  if (biased == 0x7FF) {
    (mantissa != 0 ? sum->nan : negative ? sum->minus_inf : sum->plus_inf) += weight;
    return;
  }
  // A denormal has the exponent of the least normal number and no hidden bit.
  int position = biased == 0 ? 0 : biased - 1;
  if (biased != 0) mantissa |= uint64_t{1} << 52;

  if (weight == 1) {  // the usual one: three chunks, no branches
    const int i = position / 32;
    const FlowUInt128 shifted = static_cast<FlowUInt128>(mantissa) << (position % 32);
    const int64_t sign = negative ? -1 : 0;
    const auto low = static_cast<uint64_t>(shifted);
    sum->chunk[i] += (static_cast<int64_t>(low & 0xFFFFFFFF) ^ sign) - sign;
    sum->chunk[i + 1] += (static_cast<int64_t>(low >> 32) ^ sign) - sign;
    sum->chunk[i + 2] += (static_cast<int64_t>(shifted >> 64) ^ sign) - sign;
    if (++sum->pending >= kMaxPending) Carry(sum);
    return;
  }
  uint64_t times = static_cast<uint64_t>(weight);
  if (weight < 0) {
    times = -times;
    negative = !negative;
  }
  const uint32_t low = static_cast<uint32_t>(times);
  const uint32_t high = static_cast<uint32_t>(times >> 32);
  if (low != 0) AddMagnitude(sum, static_cast<FlowUInt128>(mantissa) * low, position, negative);
  if (high != 0) {
    AddMagnitude(sum, static_cast<FlowUInt128>(mantissa) * high, position + 32, negative);
  }
}

void flow_exact_sum_add_scaled(FlowExactSum* sum, FlowInt128 m, int32_t exponent) {
  const auto magnitude = m < 0 ? -static_cast<FlowUInt128>(m) : static_cast<FlowUInt128>(m);
  AddMagnitude(sum, static_cast<uint64_t>(magnitude), exponent, m < 0);
  AddMagnitude(sum, magnitude >> 64, exponent + 64, m < 0);
}

void flow_exact_sum_merge(FlowExactSum* sum, const FlowExactSum* other) {
  FlowExactSum carried;
  if (sum->pending + other->pending + 1 >= kMaxPending) {
    Carry(sum);
    carried = *other;
    Carry(&carried);
    other = &carried;
  }
  for (int i = 0; i < kFlowExactSumChunks; ++i) sum->chunk[i] += other->chunk[i];
  sum->pending += other->pending + 1;
  sum->nan += other->nan;
  sum->plus_inf += other->plus_inf;
  sum->minus_inf += other->minus_inf;
}

double flow_exact_sum_finish(const FlowExactSum* sum) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (sum->nan != 0 || (sum->plus_inf != 0 && sum->minus_inf != 0)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (sum->plus_inf != 0) return kInfinity;
  if (sum->minus_inf != 0) return -kInfinity;

  FlowExactSum n = *sum;
  Carry(&n);
  const bool negative = n.chunk[kTop] < 0;
  if (negative) {
    for (int64_t& chunk : n.chunk) chunk = -chunk;
    Carry(&n);
  }
  int top = kTop;
  while (top >= 0 && n.chunk[top] == 0) --top;
  if (top < 0) return 0.0;

  // The bits of |n|, counted from the least: bit k is worth 2^(k - 1074).
  auto bit = [&n](int k) {
    int i = k / 32 < kTop ? k / 32 : kTop;
    return (n.chunk[i] >> (k - 32 * i)) & 1;
  };
  const int highest = 32 * top + 63 - std::countl_zero(static_cast<uint64_t>(n.chunk[top]));
  const int lowest = highest > 52 ? highest - 52 : 0;  // the last bit that the result has room for
  int64_t mantissa = 0;
  for (int k = highest; k >= lowest; --k) mantissa = mantissa * 2 + bit(k);
  if (lowest > 0 && bit(lowest - 1) != 0) {
    bool beyond_half = false;
    for (int k = lowest - 2; k >= 0 && !beyond_half; --k) beyond_half = bit(k) != 0;
    if (beyond_half || (mantissa & 1) != 0) ++mantissa;
  }
  const double result = std::ldexp(static_cast<double>(mantissa), lowest + kLeastExponent);
  return negative ? -result : result;
}

}  // extern "C"
