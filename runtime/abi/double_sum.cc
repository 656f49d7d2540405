// The exact sum of doubles in 16 bytes: a whole number times a power of two, as long as that has
// room for every bit of every value; then a FlowExactSum elsewhere.
#include <algorithm>
#include <bit>
#include <cmath>

#include "runtime/abi/compact_sum.h"
#include "runtime/abi/exact_sum.h"

namespace {

constexpr uint64_t kNone = 0, kZeros = 1, kFirst = 2, kWide = 0xFFFF;
constexpr uint64_t kFormMask = 0xFFFF;
constexpr int kFormBits = 16;
// The first value's last bit stands this far above the sum's, for smaller values that follow.
constexpr int kBelow = 20;

FlowInt128 Load(const void* cell) {
  FlowInt128 word;
  memcpy(&word, cell, sizeof word);
  return word;
}
uint64_t FormOf(const void* cell) {
  uint64_t low;
  memcpy(&low, cell, sizeof low);
  return low & kFormMask;
}
void Store(void* cell, uint64_t form, FlowInt128 m) {
  const FlowUInt128 word = static_cast<FlowUInt128>(m) << kFormBits | form;
  memcpy(cell, &word, sizeof word);
}

// m * 2^shift, if a cell has room for that.
bool ShiftUp(FlowInt128 m, int shift, FlowInt128* out) {
  if (m == 0) {
    *out = 0;
    return true;
  }
  if (shift > 111) return false;
  *out = static_cast<FlowInt128>(static_cast<FlowUInt128>(m) << shift);
  return *out >> shift == m &&
         static_cast<FlowInt128>(static_cast<FlowUInt128>(*out) << kFormBits) >> kFormBits == *out;
}

// Adds m * 2^(exponent - 1074), where a cell could hold m; false: the cell has no room.
bool AddScaled(void* cell, FlowInt128 m, int exponent) {
  const uint64_t form = FormOf(cell);
  if (form == kWide) return false;
  FlowInt128 sum = 0;
  int at = exponent;
  if (form >= kFirst) {
    sum = Load(cell) >> kFormBits;
    at = static_cast<int>(form - kFirst);
  }
  if (at > exponent) {
    if (!ShiftUp(sum, at - exponent, &sum)) return false;
    at = exponent;
  } else if (!ShiftUp(m, exponent - at, &m)) {
    return false;
  }
  if (!ShiftUp(sum + m, 0, &sum)) return false;
  Store(cell, static_cast<uint64_t>(at) + kFirst, sum);
  return true;
}

}  // namespace

extern "C" {

void flow_double_sum_add(void* cell, double value, int64_t weight, FlowArena* arena) {
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  const int biased = static_cast<int>(bits >> 52) & 0x7FF;
  auto m = static_cast<int64_t>(bits & ((uint64_t{1} << 52) - 1));
  bool fits = biased != 0x7FF;
#ifdef FLOW_MUTANT_PLAIN_DOUBLE_SUM
  fits = false;
#endif
  if (fits) {
    int exponent = biased == 0 ? 0 : biased - 1;
    if (biased != 0) m |= int64_t{1} << 52;
    if ((bits >> 63) != 0) m = -m;
    const uint64_t form = FormOf(cell);
    if (weight == 1 && form >= kFirst && form != kWide) {  // the usual one
      const int shift = exponent - static_cast<int>(form - kFirst);
      FlowUInt128 sum;
      memcpy(&sum, cell, sizeof sum);
      // 53 bits, 16 of the form, and a sign.
      if (shift >= 0 && shift <= 128 - 53 - kFormBits - 1) {
        const FlowUInt128 term = static_cast<FlowUInt128>(FlowInt128{m}) << (shift + kFormBits);
        FlowInt128 after;
        if (!__builtin_add_overflow(static_cast<FlowInt128>(sum), static_cast<FlowInt128>(term),
                                    &after)) {
          memcpy(cell, &after, sizeof after);
          return;
        }
      }
    }
    if (m == 0) {
      if (form == kNone) Store(cell, kZeros, 0);
      return;
    }
    FlowInt128 term;
    if (!__builtin_mul_overflow(FlowInt128{m}, FlowInt128{weight}, &term)) {
      const int zeros = std::countr_zero(static_cast<uint64_t>(m));
      // Zeros at the end need no room below what is there.
      int least = form >= kFirst && form != kWide ? static_cast<int>(form - kFirst)
                                                  : std::max(0, exponent - kBelow);
      if (form >= kFirst && form != kWide && exponent < least) {
        const int drop = std::min(zeros, least - exponent);
        term >>= drop;
        exponent += drop;
      } else if (FlowInt128 shifted; form < kFirst && ShiftUp(term, exponent - least, &shifted)) {
        term = shifted;
        exponent = least;
      }
      if (ShiftUp(term, 0, &term) && AddScaled(cell, term, exponent)) return;
    }
  }
  flow_exact_sum_add(flow_double_sum_widen(cell, arena), value, weight);
}

void flow_double_sum_merge(void* cell, const void* other, FlowArena* arena) {
  const uint64_t form = FormOf(other);
  if (form == kNone) return;
  if (form == kZeros) {
    if (FormOf(cell) == kNone) Store(cell, kZeros, 0);
    return;
  }
  if (form == kWide) {
    flow_exact_sum_merge(flow_double_sum_widen(cell, arena), flow_double_sum_wide(other));
    return;
  }
  const FlowInt128 m = Load(other) >> kFormBits;
  const int exponent = static_cast<int>(form - kFirst);
  if (AddScaled(cell, m, exponent)) return;
  flow_exact_sum_add_scaled(flow_double_sum_widen(cell, arena), m, exponent);
}

double flow_double_sum_finish(const void* cell) {
  const uint64_t form = FormOf(cell);
  if (form == kWide) return flow_exact_sum_finish(flow_double_sum_wide(cell));
  if (form < kFirst) return 0.0;
  // The conversion rounds to nearest even. Only a sum of more than 53 bits is rounded, and that is
  // no denormal: the scaling is exact, or infinite.
  const FlowInt128 m = Load(cell) >> kFormBits;
  return std::ldexp(static_cast<double>(m), static_cast<int>(form - kFirst) - 1074);
}

void flow_double_sum_free(void* cell) {
  if (FormOf(cell) == kWide) flow_spill_free(const_cast<FlowExactSum*>(flow_double_sum_wide(cell)));
  memset(cell, 0, kFlowDoubleSumBytes);
}

int32_t flow_double_sum_form(const void* cell, FlowInt128* m) {
  *m = Load(cell) >> kFormBits;
  return static_cast<int32_t>(FormOf(cell));
}

int32_t flow_double_sum_set(void* cell, int32_t form, FlowInt128 m) {
  if (form < 0 || form > static_cast<int32_t>(kFirst) + 2045 || !ShiftUp(m, 0, &m)) return 0;
  if (form < static_cast<int32_t>(kFirst) && m != 0) return 0;
  Store(cell, static_cast<uint64_t>(form), m);
  return 1;
}

const FlowExactSum* flow_double_sum_wide(const void* cell) {
  if (FormOf(cell) != kWide) return nullptr;
  const FlowExactSum* wide;
  memcpy(&wide, static_cast<const char*>(cell) + 8, sizeof wide);
  return wide;
}

FlowExactSum* flow_double_sum_widen(void* cell, FlowArena* arena) {
  if (FormOf(cell) == kWide) return const_cast<FlowExactSum*>(flow_double_sum_wide(cell));
  auto* wide = static_cast<FlowExactSum*>(flow_spill_new(arena, sizeof(FlowExactSum)));
  flow_exact_sum_init(wide);
  if (FormOf(cell) >= kFirst) {
    flow_exact_sum_add_scaled(wide, Load(cell) >> kFormBits,
                              static_cast<int32_t>(FormOf(cell) - kFirst));
  }
  const uint64_t form = kWide;
  memcpy(cell, &form, sizeof form);
  memcpy(static_cast<char*>(cell) + 8, &wide, sizeof wide);
  return wide;
}

}  // extern "C"
