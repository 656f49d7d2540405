// links: runtime/abi runtime/base
// labels: asan
// The exact sum against a plain integer of 4,500 bits: the same doubles, weights and merges.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "runtime/abi/exact_sum.h"

namespace {

// A two's complement integer of kWords 32-bit digits, in units of 2^-1074: slow, obvious.
class Wide {
 public:
  static constexpr int kWords = 72;

  void Add(double value, int64_t weight) {
    int exponent;
    const double fraction = std::frexp(std::fabs(value), &exponent);
    // value = mantissa * 2^(exponent - 53), the unit being 2^-1074.
    uint64_t mantissa = static_cast<uint64_t>(std::ldexp(fraction, 53));
    int shift = exponent - 53 + 1074;
    if (shift < 0) {  // denormal: the low bits are zero
      mantissa >>= -shift;
      shift = 0;
    }
    bool negative = std::signbit(value);
    uint64_t times = static_cast<uint64_t>(weight);
    if (weight < 0) {
      times = -times;
      negative = !negative;
    }
    Wide product;
    for (int bit = 0; bit < 64; ++bit) {
      if ((times >> bit & 1) != 0) product.AddShifted(mantissa, shift + bit);
    }
    if (negative) product.Negate();
    AddWide(product);
  }

  void AddWide(const Wide& other) {
    uint64_t carry = 0;
    for (int i = 0; i < kWords; ++i) {
      carry += static_cast<uint64_t>(word_[i]) + other.word_[i];
      word_[i] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
  }

  void Negate() {
    uint64_t carry = 1;
    for (uint32_t& w : word_) {
      carry += static_cast<uint32_t>(~w);
      w = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
  }

  // Nearest, ties to even, by comparing with the midpoint in whole integers.
  double Round() const {
    Wide magnitude = *this;
    const bool negative = (word_[kWords - 1] >> 31) != 0;
    if (negative) magnitude.Negate();
    int highest = kWords * 32 - 1;
    while (highest >= 0 && !magnitude.Bit(highest)) --highest;
    if (highest < 0) return 0;
    const int lowest = std::max(highest - 52, 0);
    Wide kept = magnitude;
    for (int i = 0; i < lowest; ++i) kept.word_[i / 32] &= ~(1u << (i % 32));
    if (lowest > 0 && magnitude.Bit(lowest - 1)) {
      bool tie = true;
      for (int i = 0; i < lowest - 1; ++i) tie = tie && !magnitude.Bit(i);
      if (!tie || magnitude.Bit(lowest)) kept.AddShifted(1, lowest);
    }
    double result = 0;  // exact: at most 53 bits are set
    for (int i = 0; i < kWords * 32; ++i) {
      if (kept.Bit(i)) result += std::ldexp(1.0, i - 1074);
    }
    return negative ? -result : result;
  }

 private:
  bool Bit(int i) const { return (word_[i / 32] >> (i % 32) & 1) != 0; }
  void AddShifted(uint64_t value, int shift) {
    Wide term;
    for (int i = 0; i < 64; ++i) {
      const int at = i + shift;
      if ((value >> i & 1) != 0) term.word_[at / 32] |= 1u << (at % 32);
    }
    AddWide(term);
  }
  uint32_t word_[kWords] = {};
};

double Finish(const std::vector<double>& values) {
  FlowExactSum sum;
  flow_exact_sum_init(&sum);
  for (double v : values) flow_exact_sum_add(&sum, v, 1);
  return flow_exact_sum_finish(&sum);
}

std::string Bits(double d) {
  char text[64];
  std::snprintf(text, sizeof text, "%a", d);
  return text;
}

constexpr double kMax = std::numeric_limits<double>::max();
constexpr double kLeast = std::numeric_limits<double>::denorm_min();
constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(ExactSum, SmallCases) {
  EXPECT_EQ(Bits(Finish({})), Bits(0.0));
  EXPECT_EQ(Bits(Finish({-0.0})), Bits(0.0));
  EXPECT_EQ(Finish({0.1, 0.2, 0.3}), 0.6);  // left to right it would be 0.6000000000000001
  EXPECT_EQ(Finish({1e100, 1.0, -1e100}), 1.0);
  EXPECT_EQ(Bits(Finish({1.5, -1.5})), Bits(0.0));
  EXPECT_EQ(Finish({kLeast, kLeast}), 2 * kLeast);
  EXPECT_EQ(Finish({kMax, kMax, -kMax}), kMax);
  EXPECT_EQ(Finish({kMax, kMax}), kInf);
  EXPECT_EQ(Finish({-kMax, -kMax}), -kInf);
}

TEST(ExactSum, HalvesGoToEven) {
  const double half = std::ldexp(1.0, -53);  // half a unit of 1.0's last place
  EXPECT_EQ(Finish({1.0, half}), 1.0);
  EXPECT_EQ(Finish({1.0, half, kLeast}), std::nextafter(1.0, 2.0));
  EXPECT_EQ(Finish({std::nextafter(1.0, 2.0), half}), 1.0 + std::ldexp(1.0, -51));
  EXPECT_EQ(Finish({-1.0, -half}), -1.0);
  EXPECT_EQ(Finish({kMax, std::ldexp(1.0, 969)}), kMax);
  EXPECT_EQ(Finish({kMax, std::ldexp(1.0, 970)}), kInf);
}

TEST(ExactSum, NanAndInfinityCanBeTakenBack) {
  FlowExactSum sum;
  flow_exact_sum_init(&sum);
  flow_exact_sum_add(&sum, 2.5, 1);
  flow_exact_sum_add(&sum, kInf, 2);
  EXPECT_EQ(flow_exact_sum_finish(&sum), kInf);
  flow_exact_sum_add(&sum, -kInf, 1);
  EXPECT_TRUE(std::isnan(flow_exact_sum_finish(&sum)));
  flow_exact_sum_add(&sum, kInf, -2);
  EXPECT_EQ(flow_exact_sum_finish(&sum), -kInf);
  flow_exact_sum_add(&sum, kNan, 1);
  EXPECT_TRUE(std::isnan(flow_exact_sum_finish(&sum)));
  flow_exact_sum_add(&sum, -kInf, -1);
  flow_exact_sum_add(&sum, kNan, -1);
  EXPECT_EQ(flow_exact_sum_finish(&sum), 2.5);
}

TEST(ExactSum, GreatestWeights) {
  FlowExactSum sum;
  flow_exact_sum_init(&sum);
  const int64_t greatest = std::numeric_limits<int64_t>::max();
  flow_exact_sum_add(&sum, kMax, greatest);
  flow_exact_sum_add(&sum, kLeast, std::numeric_limits<int64_t>::min());
  EXPECT_EQ(flow_exact_sum_finish(&sum), kInf);
  flow_exact_sum_add(&sum, kMax, -greatest);
  EXPECT_EQ(flow_exact_sum_finish(&sum), -std::ldexp(1.0, 63 - 1074));
}

TEST(ExactSum, CarriesAreMadeInTime) {
  // Pretends that very many additions came before.
  FlowExactSum sum;
  flow_exact_sum_init(&sum);
  for (int i = 0; i < 1000; ++i) {
    flow_exact_sum_add(&sum, kMax, 1);
    flow_exact_sum_add(&sum, -1.0, 1);
    sum.pending = std::max<int64_t>(sum.pending, (int64_t{1} << 29) - 3);
  }
  flow_exact_sum_add(&sum, kMax, -1000);
  EXPECT_EQ(flow_exact_sum_finish(&sum), -1000.0);
}

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  uint64_t Below(uint64_t n) { return engine_() % n; }
  double Value() {
    switch (Below(6)) {
      case 0:
        return static_cast<double>(Below(2000)) - 1000;
      case 1:
        return std::bit_cast<double>(Below(1u << 20) | Below(2) << 63);  // denormal
      case 2:
        return std::ldexp(1.0, static_cast<int>(Below(2098)) - 1074);
      case 3:
        return -std::nextafter(std::ldexp(1.0, static_cast<int>(Below(2000)) - 1000), 0.0);
      case 4:
        return Below(2) != 0 ? kMax : -kMax;
      default:
        for (;;) {
          double d = std::bit_cast<double>(engine_());
          if (std::isfinite(d)) return d;
        }
    }
  }
  int64_t Weight() {
    switch (Below(4)) {
      case 0:
        return 1;
      case 1:
        return -1;
      case 2:
        return static_cast<int64_t>(Below(100)) - 50;
      default:
        return static_cast<int64_t>(engine_());
    }
  }

 private:
  std::mt19937_64 engine_;
};

TEST(ExactSum, EqualsWideIntegers) {
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    FlowExactSum parts[3];
    for (FlowExactSum& part : parts) flow_exact_sum_init(&part);
    Wide expected;
    std::vector<std::pair<double, int64_t>> added;
    const uint64_t rows = random.Below(20);
    for (uint64_t i = 0; i < rows; ++i) {
      const double value = random.Value();
      const int64_t weight = random.Weight();
      flow_exact_sum_add(&parts[random.Below(3)], value, weight);
      expected.Add(value, weight);
      added.push_back({value, weight});
    }
    if (random.Below(2) != 0) {  // takes back most of it: cancellation
      for (auto [value, weight] : added) {
        if (random.Below(4) == 0 || weight == std::numeric_limits<int64_t>::min()) continue;
        flow_exact_sum_add(&parts[random.Below(3)], value, -weight);
        expected.Add(value, -weight);
      }
    }
    const int64_t pending[] = {0, 1, (int64_t{1} << 29) - 1};
    for (FlowExactSum& part : parts) part.pending += pending[random.Below(3)];
    FlowExactSum other = parts[2];
    flow_exact_sum_merge(&other, &parts[0]);
    flow_exact_sum_merge(&other, &parts[1]);
    flow_exact_sum_merge(&parts[0], &parts[1]);
    flow_exact_sum_merge(&parts[0], &parts[2]);
    EXPECT_EQ(Bits(flow_exact_sum_finish(&parts[0])), Bits(expected.Round()));
    EXPECT_EQ(Bits(flow_exact_sum_finish(&other)), Bits(expected.Round()));
  }
}

}  // namespace
