// links: runtime/abi runtime/base
// labels: asan
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "runtime/abi/error_code.h"
#include "runtime/abi/moments.h"
#include "runtime/base/arena.h"
#include "runtime/base/type.h"

namespace {

using flow::TypeKind;

struct Moments {
  explicit Moments(TypeKind of)
      : kind(of), moments(flow_moments_new(static_cast<int32_t>(of), arena.abi())) {}
  ~Moments() { flow_moments_free(moments); }
  Moments(const Moments&) = delete;
  Moments& operator=(const Moments&) = delete;

  template <typename T>
  void Add(T value, int64_t weight = 1) {
    flow_moments_add(moments, &value, weight);
  }
  double Finish(bool sample = false, int scale = 0) const {
    double out = -1;
    status = flow_moments_finish(moments, scale, sample ? 1 : 0, &out);
    return out;
  }
  std::string Bytes() const {
    std::string bytes;
    flow_moments_save(moments, &bytes);
    return bytes;
  }

  flow::Arena arena;
  TypeKind kind;
  FlowMoments* moments;
  mutable uint8_t status = 0;
};

TEST(Moments, SmallCases) {
  Moments m(TypeKind::kDouble);
  m.Finish();
  EXPECT_EQ(m.status, kFlowNull);
  m.Add(5.5);
  EXPECT_EQ(m.Finish(), 0);
  m.Finish(true);
  EXPECT_EQ(m.status, kFlowNull);
  m.Add(7.5);
  EXPECT_EQ(m.Finish(), 1);
  EXPECT_EQ(m.Finish(true), 2);

  Moments decimal(TypeKind::kDecimal);
  for (int v : {150, 250, 350}) decimal.Add(static_cast<FlowInt128>(v));  // 1.50, 2.50, 3.50
  EXPECT_EQ(decimal.Finish(true, 2), 1);
  Moments integer(TypeKind::kBigint);
  for (int64_t v : {std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
    integer.Add(v);
  }
  EXPECT_EQ(integer.Finish(), std::ldexp(1.0, 126));  // (2^64 - 1)^2 / 4, rounded
}

// What the usual formulas lose: values that differ in their last bits, squares that are too large
// or too small for a DOUBLE.
TEST(Moments, NothingIsLostOnTheWay) {
  Moments near(TypeKind::kDouble);
  for (double d : {4.0, 7.0, 13.0, 16.0}) near.Add(1e15 + d);
  EXPECT_EQ(near.Finish(true), 30);
  Moments large(TypeKind::kDouble);
  for (double d : {1e300, 1e300 + 1e284, 1e300}) large.Add(d);
  large.Finish();
  EXPECT_EQ(large.status, kFlowErrOverflow);
  large.Add(1e300 + 1e284, -1);
  EXPECT_EQ(large.Finish(), 0);
  EXPECT_EQ(large.status, kFlowValue);
  Moments small(TypeKind::kDouble);
  for (double d : {3e-160, 1e-160}) small.Add(d);
  EXPECT_EQ(small.Finish(), 1e-320);
}

TEST(Moments, OddValuesCanBeTakenBack) {
  Moments m(TypeKind::kDouble);
  for (double d : {1.0, 3.0}) m.Add(d);
  m.Add(std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(m.Finish()));
  m.Add(std::numeric_limits<double>::quiet_NaN());
  m.Add(std::numeric_limits<double>::infinity(), -1);
  EXPECT_TRUE(std::isnan(m.Finish()));
  m.Add(std::numeric_limits<double>::quiet_NaN(), -1);
  EXPECT_EQ(m.Finish(), 1);
}

TEST(Moments, NoOrderNoPartsNoDetours) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::pair<double, int64_t>> rows;
    for (size_t i = 0; i < 1 + random() % 40; ++i) {
      const double d = std::ldexp(static_cast<double>(static_cast<int64_t>(random())) / 3,
                                  static_cast<int>(random() % 900) - 600);
      rows.emplace_back(d, 1 + static_cast<int64_t>(random() % (i % 7 == 0 ? 1ull << 40 : 3)));
    }
    Moments forwards(TypeKind::kDouble), parts(TypeKind::kDouble), other(TypeKind::kDouble);
    for (const auto& [d, weight] : rows) forwards.Add(d, weight);
    std::shuffle(rows.begin(), rows.end(), random);
    for (const auto& [d, weight] : rows) {
      Moments& one = random() % 2 == 0 ? parts : other;
      one.Add(d, weight + 2);
      one.Add(1 / d, 3);
    }
    for (const auto& [d, weight] : rows) {
      (random() % 2 == 0 ? parts : other).Add(d, -2);
      (random() % 2 == 0 ? parts : other).Add(1 / d, -3);
    }
    flow_moments_merge(parts.moments, other.moments);
    EXPECT_EQ(forwards.Bytes(), parts.Bytes());
    const double a = forwards.Finish(), b = parts.Finish();
    EXPECT_EQ(forwards.status, parts.status);
    EXPECT_TRUE(a == b || std::isnan(a));

    const std::string bytes = forwards.Bytes();
    std::string_view rest = bytes;
    Moments loaded(TypeKind::kDouble);
    ASSERT_TRUE(flow_moments_load(loaded.moments, &rest));
    EXPECT_TRUE(rest.empty());
    EXPECT_EQ(bytes, loaded.Bytes());
    for (size_t cut = 0; cut < bytes.size(); ++cut) {
      std::string_view torn = std::string_view(bytes).substr(0, cut);
      EXPECT_FALSE(flow_moments_load(loaded.moments, &torn));
    }
  }
}

}  // namespace
