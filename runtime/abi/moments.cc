// Sums of values and of their squares, as long numbers.
#include "runtime/abi/moments.h"

#include <bit>
#include <cmath>
#include <limits>

#include "runtime/abi/error_code.h"
#include "runtime/abi/long_number.h"
#include "runtime/abi/multiset.h"
#include "runtime/abi/state_object.h"

struct FlowMoments {
  int32_t kind = 0;
  int64_t count = 0;
  int64_t odd = 0;  // of these, NaN and infinite ones, which are in neither sum
  flow::LongNumber sum;
  flow::LongNumber squares;
  int64_t grown = 0;

  void Grow() {
    const int64_t now = sum.heap_bytes() + squares.heap_bytes();
    if (now == grown) return;
    flow_spill_charge(this, now - grown);
    grown = now;
  }
};

namespace {

using flow::LongNumber;

constexpr int kDigits = 4;  // of a value

// |value| = digits * 2^exponent.
struct Magnitude {
  uint32_t digit[kDigits] = {0, 0, 0, 0};
  int count = 0;
  int exponent = 0;
  bool negative = false;
};

Magnitude OfInteger(FlowInt128 value) {
  Magnitude m;
  m.negative = value < 0;
  auto rest = m.negative ? -static_cast<FlowUInt128>(value) : static_cast<FlowUInt128>(value);
  for (; rest != 0; rest >>= 32) m.digit[m.count++] = static_cast<uint32_t>(rest);
  return m;
}

// Without the zeros at its end: the digits of most values that people write stand close together.
Magnitude OfDouble(double value) {
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  const int biased = static_cast<int>(bits >> 52) & 0x7FF;
  auto mantissa = static_cast<int64_t>(bits & ((uint64_t{1} << 52) - 1));
  if (biased != 0) mantissa |= int64_t{1} << 52;
  if (mantissa == 0) return {};
  const int zeros = std::countr_zero(static_cast<uint64_t>(mantissa));
  Magnitude m = OfInteger(mantissa >> zeros);
  m.exponent = (biased == 0 ? 0 : biased - 1) - 1074 + zeros;
  m.negative = (bits >> 63) != 0;
  return m;
}

template <typename T>
T Read(const void* cell) {
  T value;
  memcpy(&value, cell, sizeof value);
  return value;
}

template <typename T>
void AppendRaw(T value, std::string* out) {
  out->append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <typename T>
bool ReadRaw(std::string_view* bytes, T* value) {
  if (bytes->size() < sizeof *value) return false;
  memcpy(value, bytes->data(), sizeof *value);
  bytes->remove_prefix(sizeof *value);
  return true;
}

// Adds digits * digits * 2^position * times.
void AddSquare(const uint32_t* digits, int count, int position, uint64_t times, bool negative,
               LongNumber* to) {
  uint32_t square[2 * kDigits] = {};
  for (int i = 0; i < count; ++i) {
    uint64_t carry = 0;
    for (int j = 0; j < count; ++j) {
      carry += uint64_t{digits[i]} * digits[j] + square[i + j];
      square[i + j] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    square[i + count] = static_cast<uint32_t>(carry);
  }
  to->Add(square, 2 * count, position, times, negative);
}

// 10^(2 * scale), as near as a double is.
double Unit(int32_t scale) {
  double unit = 1;
  for (int32_t i = 0; i < scale; ++i) unit *= 100;
  return unit;
}

}  // namespace

extern "C" {

FlowMoments* flow_moments_new(int32_t kind, FlowArena* arena) {
  auto* moments = flow::NewObject<FlowMoments>(arena);
  moments->kind = kind;
  return moments;
}

void flow_moments_free(FlowMoments* moments) { flow::FreeObject(moments); }

void flow_moments_add(FlowMoments* moments, const void* value, int64_t weight) {
  moments->count += weight;
  Magnitude m;
  if (moments->kind == kFlowKindDouble) {
    const double d = Read<double>(value);
    if (!std::isfinite(d)) {
      moments->odd += weight;
      return;
    }
    m = OfDouble(d);
  } else if (moments->kind == kFlowKindDecimal) {
    m = OfInteger(Read<FlowInt128>(value));
  } else if (moments->kind == kFlowKindInt) {
    m = OfInteger(Read<int32_t>(value));
  } else {
    m = OfInteger(Read<int64_t>(value));
  }
  if (m.count == 0 || weight == 0) return;
  const bool less = weight < 0;
  const uint64_t times = less ? -static_cast<uint64_t>(weight) : static_cast<uint64_t>(weight);
  moments->sum.Add(m.digit, m.count, m.exponent, times, m.negative != less);
  AddSquare(m.digit, m.count, 2 * m.exponent, times, less, &moments->squares);
  moments->Grow();
#ifdef FLOW_MUTANT_ROUNDED_SQUARES
  const double running = flow::Quotient(moments->squares.Canonical(), 1);
  if (moments->kind == kFlowKindDouble && std::isfinite(running)) {
    const Magnitude rounded = OfDouble(running);
    moments->squares = {};
    moments->squares.Add(rounded.digit, rounded.count, rounded.exponent, 1, rounded.negative);
  }
#endif
}

void flow_moments_merge(FlowMoments* moments, const FlowMoments* other) {
  moments->count += other->count;
  moments->odd += other->odd;
  moments->sum.Merge(other->sum);
  moments->squares.Merge(other->squares);
  moments->Grow();
}

uint8_t flow_moments_finish(const FlowMoments* moments, int32_t scale, int32_t sample,
                            double* out) {
  const int64_t n = moments->count;
  const int64_t less = sample != 0 ? 1 : 0;
  if (n <= less) return kFlowNull;
  if (moments->odd != 0) {
    *out = std::numeric_limits<double>::quiet_NaN();
    return kFlowValue;
  }
  // n * (sum of squares) - (sum)^2, over n * (n - less).
  LongNumber spread;
  spread.Add(moments->squares.Canonical(), static_cast<uint64_t>(n), false);
  const LongNumber::Digits sum = moments->sum.Canonical();
  for (size_t i = 0; i < sum.digit.size(); ++i) {
    spread.Add(sum.digit.data(), static_cast<int>(sum.digit.size()),
               32 * (2 * sum.first + static_cast<int>(i)), sum.digit[i], true);
  }
  const LongNumber::Digits digits = spread.Canonical();
  const auto pairs = static_cast<double>(static_cast<FlowInt128>(n) * (n - less));
  *out = digits.negative ? 0 : flow::Quotient(digits, pairs * Unit(scale));
  if (std::isinf(*out)) return kFlowErrOverflow;
  return kFlowValue;
}

}  // extern "C"

void flow_moments_save(const FlowMoments* moments, std::string* out) {
  AppendRaw(moments->count, out);
  AppendRaw(moments->odd, out);
  flow::AppendDigits(moments->sum.Canonical(), out);
  flow::AppendDigits(moments->squares.Canonical(), out);
}

bool flow_moments_load(FlowMoments* moments, std::string_view* bytes) {
  LongNumber::Digits sum, squares;
  if (!ReadRaw(bytes, &moments->count) || !ReadRaw(bytes, &moments->odd) ||
      !flow::ReadDigits(bytes, &sum) || !flow::ReadDigits(bytes, &squares)) {
    return false;
  }
  moments->sum = {};
  moments->squares = {};
  moments->sum.Add(sum, 1, false);
  moments->squares.Add(squares, 1, false);
  moments->Grow();
  return true;
}
