// links: runtime/base
// labels: asan
// Sums in small cells: at every edge they hold what wide arithmetic says, and what does not fit
// goes elsewhere and comes back.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>

#include "runtime/abi/compact_sum.h"
#include "runtime/abi/exact_sum.h"
#include "runtime/base/arena.h"

namespace flow {
namespace {

using Words = std::array<uint64_t, kFlowSumWords>;

Words FromInt128(FlowInt128 v) {
  const uint64_t sign = v < 0 ? ~uint64_t{0} : 0;
  return {static_cast<uint64_t>(v), static_cast<uint64_t>(static_cast<FlowUInt128>(v) >> 64), sign,
          sign};
}
Words Negative(Words words) {
  uint64_t carry = 1;
  for (uint64_t& word : words) {
    word = ~word + carry;
    carry = carry != 0 && word == 0 ? 1 : 0;
  }
  return words;
}

class SumCells : public ::testing::TestWithParam<int> {
 protected:
  int bytes() const { return GetParam(); }
  void Store(const Words& words) { flow_sum_store(cell_, bytes(), words.data(), arena_.abi()); }
  Words Load() const {
    Words words;
    flow_sum_load(cell_, bytes(), words.data());
    return words;
  }
  bool wide() const { return flow_sum_wide(cell_, bytes()) != nullptr; }

  MemoryAccount account_{"test"};
  Arena arena_{&account_};
  alignas(8) uint8_t cell_[16] = {};
};

TEST_P(SumCells, HoldEverySumAtTheEdges) {
  const int64_t spilled = flow_spill_count();
  std::vector<Words> sums;
  for (int bit : {0, 31, 61, 62, 63, 64, 125, 126}) {
    for (int off : {-1, 0, 1}) {
      const FlowInt128 v = (FlowInt128{1} << bit) + off;
      sums.push_back(FromInt128(v));
      sums.push_back(FromInt128(-v));
    }
  }
  FlowInt128 decimal = 1;
  for (int i = 0; i < 38; ++i) decimal *= 10;
  sums.push_back(FromInt128(decimal - 1));
  sums.push_back(FromInt128(1 - decimal));
  sums.push_back({0, 0, 1, 0});
  sums.push_back(Negative({0, 0, 1, 0}));
  sums.push_back({~uint64_t{0}, ~uint64_t{0}, ~uint64_t{0}, ~uint64_t{0} >> 1});
  sums.push_back({0, 0, 0, uint64_t{1} << 63});
  sums.push_back({0, 0, 0, 0});

  flow_sum_clear(cell_, bytes(), 1);
  EXPECT_TRUE(flow_sum_is_none(cell_, bytes()));
  EXPECT_EQ(Load(), (Words{0, 0, 0, 0}));
  const FlowInt128 least = -(FlowInt128{1} << (bytes() * 8 - 2));
  // From each to each: small to wide, wide to wide, and back.
  for (const Words& from : sums) {
    for (const Words& to : sums) {
      Store(from);
      EXPECT_EQ(Load(), from);
      Store(to);
      EXPECT_EQ(Load(), to);
      EXPECT_FALSE(flow_sum_is_none(cell_, bytes()));
      const auto low = static_cast<FlowInt128>(static_cast<FlowUInt128>(to[1]) << 64 | to[0]);
      const bool fits = FromInt128(low) == to && low >= least && low < -least;
      EXPECT_EQ(wide(), !fits);
      EXPECT_EQ(flow_spill_count(), spilled + (fits ? 0 : 1));
      EXPECT_EQ(account_.used() > 0, !fits);
    }
  }
  flow_sum_free(cell_, bytes());
  EXPECT_EQ(flow_spill_count(), spilled);
  EXPECT_EQ(account_.used(), 0);
}

INSTANTIATE_TEST_SUITE_P(Sizes, SumCells, ::testing::Values(8, 16));

// A multiset of doubles in both forms.
class DoubleSums {
 public:
  DoubleSums() { flow_exact_sum_init(&exact); }
  ~DoubleSums() { flow_double_sum_free(cell); }
  void Add(double value, int64_t weight) {
    flow_exact_sum_add(&exact, value, weight);
    flow_double_sum_add(cell, value, weight, arena.abi());
  }
  void Merge(const DoubleSums& other) {
    flow_exact_sum_merge(&exact, &other.exact);
    flow_double_sum_merge(cell, other.cell, arena.abi());
  }
  void Compare() const {
    const double want = flow_exact_sum_finish(&exact), have = flow_double_sum_finish(cell);
    EXPECT_EQ(memcmp(&want, &have, sizeof want), 0) << want << " and " << have;
  }
  bool wide() const { return flow_double_sum_wide(cell) != nullptr; }

  FlowExactSum exact;
  Arena arena;
  alignas(8) uint8_t cell[kFlowDoubleSumBytes] = {};
};

TEST(DoubleSumCells, AreEmptyThenZero) {
  FlowInt128 m;
  DoubleSums sums;
  EXPECT_EQ(flow_double_sum_form(sums.cell, &m), 0);
  sums.Add(-0.0, 1);
  EXPECT_NE(flow_double_sum_form(sums.cell, &m), 0);
  sums.Compare();
  sums.Add(1.5, 1);
  sums.Add(-1.5, 1);
  sums.Compare();
  EXPECT_NE(flow_double_sum_form(sums.cell, &m), 0);
}

TEST(DoubleSumCells, KeepPricesSmall) {
  std::mt19937_64 random(1);
  DoubleSums sums;
  for (int i = 0; i < 100'000; ++i) {
    sums.Add(static_cast<double>(random() % 10'000'000) / 100, 1);
    if (i % 100 == 0) sums.Compare();
  }
  EXPECT_FALSE(sums.wide());
}

TEST(DoubleSumCells, AreExactWhateverIsAdded) {
  constexpr double kMax = std::numeric_limits<double>::max();
  constexpr double kLeast = std::numeric_limits<double>::denorm_min();
  constexpr double kInf = std::numeric_limits<double>::infinity();
  const int64_t spilled = flow_spill_count();
  int wide = 0;
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    std::mt19937_64 random(seed);
    // Magnitudes near each other, so that some sums stay small for a while, or anything.
    const int spread = static_cast<int>(random() % 6) * static_cast<int>(random() % 200);
    const int middle = static_cast<int>(random() % 1900) - 950;
    const int shift = static_cast<int>(random() % 53);
    auto value = [&] {
      switch (random() % 40) {
        case 0:
          return random() % 4 == 0 ? kMax : kLeast;
        case 1:
          return random() % 20 == 0 ? kInf : -0.0;
        default: {
          const auto mantissa = static_cast<double>(random() >> 11 >> shift);
          const int at = middle - (spread == 0 ? 0 : static_cast<int>(random() % spread));
          return std::ldexp(random() % 2 == 0 ? mantissa : -mantissa, at);
        }
      }
    };
    DoubleSums parts[2];
    for (int i = 0; i < 30; ++i) {
      DoubleSums& part = parts[random() % 2];
      const double v = value();
      const auto weight =
          random() % 10 == 0 ? static_cast<int64_t>(random()) >> (random() % 63) : 1;
      part.Add(v, weight);
      if (random() % 3 == 0) part.Add(v, -weight);
      part.Compare();
    }
    parts[0].Merge(parts[1]);
    parts[0].Compare();
    wide += parts[0].wide() ? 1 : 0;
  }
  EXPECT_GT(wide, 300);
  EXPECT_LT(wide, 2950);
  EXPECT_EQ(flow_spill_count(), spilled);
}

}  // namespace
}  // namespace flow
