// links: runtime/abi runtime/base
// labels: asan
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "runtime/abi/multiset.h"
#include "runtime/base/arena.h"
#include "runtime/base/type.h"

namespace {

using flow::TypeKind;
static_assert(kFlowKindBoolean == static_cast<int>(TypeKind::kBoolean));
static_assert(kFlowKindInt == static_cast<int>(TypeKind::kInt));
static_assert(kFlowKindBigint == static_cast<int>(TypeKind::kBigint));
static_assert(kFlowKindDouble == static_cast<int>(TypeKind::kDouble));
static_assert(kFlowKindDecimal == static_cast<int>(TypeKind::kDecimal));
static_assert(kFlowKindString == static_cast<int>(TypeKind::kString));
static_assert(kFlowKindDate == static_cast<int>(TypeKind::kDate));
static_assert(kFlowKindTimestamp == static_cast<int>(TypeKind::kTimestamp));
static_assert(kFlowKindInterval == static_cast<int>(TypeKind::kInterval));

struct Set {
  explicit Set(TypeKind kind) : set(flow_multiset_new(static_cast<int32_t>(kind), arena.abi())) {}
  ~Set() { flow_multiset_free(set); }
  Set(const Set&) = delete;
  Set& operator=(const Set&) = delete;
  flow::Arena arena;
  FlowMultiset* set;
};

FlowString Str(const std::string& text) {
  FlowString s;
  flow_string_set(&s, text.data(), static_cast<uint32_t>(text.size()));
  return s;
}

std::string Text(const FlowString& s) { return {flow_string_data(&s), s.size}; }

TEST(Multiset, IntegersComeAndGo) {
  std::mt19937_64 random(7);
  Set set(TypeKind::kBigint);
  std::map<int64_t, int64_t> expected;
  for (int step = 0; step < 5000; ++step) {
    const int64_t value = static_cast<int64_t>(random() % 40) - 20;
    const int64_t weight = static_cast<int64_t>(random() % 5) - 2;
    flow_multiset_add(set.set, &value, weight);
    expected[value] += weight;
    const int64_t *least = nullptr, *greatest = nullptr;
    for (const auto& [v, count] : expected) {
      if (count <= 0) continue;
      if (least == nullptr) least = &v;
      greatest = &v;
    }
    int64_t out = 0;
    ASSERT_EQ(flow_multiset_min(set.set, &out), least != nullptr ? 1 : 0);
    if (least != nullptr) {
      ASSERT_EQ(out, *least);
    }
    ASSERT_EQ(flow_multiset_max(set.set, &out), greatest != nullptr ? 1 : 0);
    if (greatest != nullptr) {
      ASSERT_EQ(out, *greatest);
    }
  }
}

TEST(Multiset, DoublesAreCanonical) {
  Set set(TypeKind::kDouble);
  double nan = -std::numeric_limits<double>::quiet_NaN(), minus_zero = -0.0, one = 1, out = 7;
  flow_multiset_add(set.set, &minus_zero, 1);
  EXPECT_EQ(flow_multiset_min(set.set, &out), 1);
  EXPECT_FALSE(std::signbit(out));
  flow_multiset_add(set.set, &nan, 1);
  flow_multiset_add(set.set, &one, 1);
  EXPECT_EQ(flow_multiset_max(set.set, &out), 1);
  EXPECT_TRUE(std::isnan(out));
  EXPECT_FALSE(std::signbit(out));
  double other_nan = std::numeric_limits<double>::quiet_NaN(), zero = 0;
  flow_multiset_add(set.set, &other_nan, -1);
  EXPECT_EQ(flow_multiset_max(set.set, &out), 1);
  EXPECT_EQ(out, 1);
  flow_multiset_add(set.set, &zero, -1);
  EXPECT_EQ(flow_multiset_min(set.set, &out), 1);
  EXPECT_EQ(out, 1);
  flow_multiset_add(set.set, &one, -1);
  EXPECT_EQ(flow_multiset_min(set.set, &out), 0);
}

TEST(Multiset, StringsByBytesAndMerge) {
  Set a(TypeKind::kString), b(TypeKind::kString);
  std::string longer(40, 'x');
  {
    std::string gone = longer;  // the set must not borrow
    FlowString s = Str(gone);
    flow_multiset_add(a.set, &s, 2);
    gone.assign(40, '!');
  }
  FlowString high = Str("\xC3\xA4"), empty = Str("");
  flow_multiset_add(b.set, &high, 1);
  flow_multiset_add(b.set, &empty, 1);
  FlowString s = Str(longer);
  flow_multiset_add(b.set, &s, -1);
  flow_multiset_merge(a.set, b.set);
  FlowString out;
  ASSERT_EQ(flow_multiset_max(a.set, &out), 1);
  EXPECT_EQ(Text(out), "\xC3\xA4");
  ASSERT_EQ(flow_multiset_min(a.set, &out), 1);
  EXPECT_EQ(Text(out), "");
  flow_multiset_add(a.set, &high, -1);
  ASSERT_EQ(flow_multiset_max(a.set, &out), 1);
  EXPECT_EQ(Text(out), longer);
  flow_multiset_add(a.set, &s, -1);
  ASSERT_EQ(flow_multiset_max(a.set, &out), 1);
  EXPECT_EQ(Text(out), "");
}

using Counts = std::map<int64_t, int64_t>;

Counts CountsOf(const FlowMultiset* set) {
  std::vector<std::pair<int64_t, int64_t>> pairs;
  flow_multiset_each(
      set,
      [](void* self, const void* cell, int64_t count) {
        int64_t value;
        memcpy(&value, cell, sizeof value);
        static_cast<std::vector<std::pair<int64_t, int64_t>>*>(self)->emplace_back(value, count);
      },
      &pairs);
  EXPECT_TRUE(std::is_sorted(pairs.begin(), pairs.end()));
  Counts counts(pairs.begin(), pairs.end());
  EXPECT_EQ(counts.size(), pairs.size());
  return counts;
}

// Few values, so that they go and come; many, so that the table grows and runs are long.
TEST(Multiset, DistinctIntegersComeAndGo) {
  std::mt19937_64 random(5);
  const auto kind = static_cast<int32_t>(TypeKind::kBigint);
  for (const uint64_t values : {3u, 40u, 1000u}) {
    flow::Arena arena;
    FlowMultiset* set = flow_multiset_new_distinct(kind, arena.abi());
    FlowMultiset* other = flow_multiset_new_distinct(kind, arena.abi());
    Counts expected, others;
    auto step = [&](FlowMultiset* to, Counts* counts) {
      const int64_t value = static_cast<int64_t>(random() % values) - 1;
      const int64_t weight = static_cast<int64_t>(random() % 5) - 2;
      const int64_t before = (*counts)[value];
      const int64_t after = (*counts)[value] += weight;
      if (after == 0) counts->erase(value);
      EXPECT_EQ(flow_multiset_add(to, &value, weight), (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0));
    };
    for (int i = 0; i < 20000; ++i) {
      step(set, &expected);
      if (i % 3 == 0) step(other, &others);
      if (i % 500 == 0) {
        ASSERT_EQ(CountsOf(set), expected);
      }
    }
    Counts changes;
    flow_multiset_merge_distinct(
        set, other,
        [](void* self, const void* cell, int64_t change) {
          int64_t value;
          memcpy(&value, cell, sizeof value);
          (*static_cast<Counts*>(self))[value] += change;
        },
        &changes);
    for (const auto& [value, count] : others) {
      const int64_t before = expected[value];
      const int64_t after = expected[value] += count;
      if (after == 0) expected.erase(value);
      const int64_t change = (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
      EXPECT_EQ(changes.contains(value) ? changes[value] : 0, change);
    }
    EXPECT_EQ(CountsOf(set), expected);
    flow_multiset_free(set);
    flow_multiset_free(other);
  }
}

TEST(Multiset, DistinctStringsAreItsOwn) {
  flow::Arena arena;
  FlowMultiset* set =
      flow_multiset_new_distinct(static_cast<int32_t>(TypeKind::kString), arena.abi());
  std::mt19937_64 random(6);
  std::map<std::string, int64_t> expected;
  for (int i = 0; i < 5000; ++i) {
    std::string text(random() % 40, static_cast<char>('a' + random() % 3));
    FlowString s = Str(text);
    const int64_t weight = random() % 3 == 0 ? -1 : 1;
    flow_multiset_add(set, &s, weight);
    if ((expected[text] += weight) == 0) expected.erase(text);
    std::fill(text.begin(), text.end(), '!');
  }
  std::map<std::string, int64_t> got;
  flow_multiset_each(
      set,
      [](void* self, const void* cell, int64_t count) {
        const auto& s = *static_cast<const FlowString*>(cell);
        (*static_cast<std::map<std::string, int64_t>*>(self))[Text(s)] = count;
      },
      &got);
  EXPECT_EQ(got, expected);
  flow_multiset_free(set);
}

TEST(Multiset, DistinctDoublesAreCanonical) {
  flow::Arena arena;
  FlowMultiset* set =
      flow_multiset_new_distinct(static_cast<int32_t>(TypeKind::kDouble), arena.abi());
  const double nan = -std::numeric_limits<double>::quiet_NaN(), minus_zero = -0.0;
  const double other_nan = std::numeric_limits<double>::quiet_NaN(), zero = 0;
  EXPECT_EQ(flow_multiset_add(set, &nan, 1), 1);
  EXPECT_EQ(flow_multiset_add(set, &other_nan, 1), 0);
  EXPECT_EQ(flow_multiset_add(set, &minus_zero, 1), 1);
  EXPECT_EQ(flow_multiset_add(set, &zero, -1), -1);
  EXPECT_EQ(flow_multiset_add(set, &other_nan, -2), -1);
  flow_multiset_free(set);
}

std::vector<std::string> BestOf(const FlowMultiset* set, int64_t most) {
  flow::Arena arena;
  FlowString packed;
  std::vector<std::string> best;
  if (flow_multiset_best(set, most, &packed, arena.abi()) != kFlowValue) return best;
  for (std::string text = Text(packed); !text.empty();) {
    uint32_t size;
    memcpy(&size, text.data(), sizeof size);
    best.push_back(text.substr(sizeof size, size));
    text.erase(0, sizeof size + size);
  }
  return best;
}

// What a set that keeps the least few has is what one that keeps all would give, however its values
// came and were put together; and it has no more.
TEST(Multiset, TheLeast) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 200; ++round) {
    const auto most = static_cast<int64_t>(1 + random() % 5);
    Set all(TypeKind::kString);
    flow::Arena arena;
    FlowMultiset* parts[2] = {flow_multiset_new_least(most, arena.abi()),
                              flow_multiset_new_least(most, arena.abi())};
    for (uint64_t i = random() % 30; i > 0; --i) {
      const std::string text(random() % 3 * 10, static_cast<char>('a' + random() % 4));
      const FlowString value = Str(text);
      const auto weight = static_cast<int64_t>(1 + random() % 3);
      flow_multiset_add(all.set, &value, weight);
      flow_multiset_add(parts[random() % 2], &value, weight);
    }
    flow_multiset_merge(parts[0], parts[1]);
    EXPECT_EQ(BestOf(all.set, most), BestOf(parts[0], most));
    EXPECT_LE(BestOf(parts[0], 1000).size(), static_cast<size_t>(most));
    for (FlowMultiset* part : parts) flow_multiset_free(part);
  }
}

TEST(Multiset, TheBestOfWhatIsThere) {
  Set set(TypeKind::kString);
  auto add = [&](const std::string& text, int64_t weight) {
    const FlowString value = Str(text);
    flow_multiset_add(set.set, &value, weight);
  };
  EXPECT_TRUE(BestOf(set.set, 3).empty());
  add("b", 2);
  add("a", -1);  // a retraction that came first
  add("", 1);
  add("c", 5);
  EXPECT_EQ(BestOf(set.set, 4), (std::vector<std::string>{"", "b", "b", "c"}));
  add("a", 2);
  add("", -1);
  EXPECT_EQ(BestOf(set.set, 2), (std::vector<std::string>{"a", "b"}));
}

TEST(Multiset, EachKindHasItsWidth) {
  for (TypeKind kind : {TypeKind::kBoolean, TypeKind::kInt, TypeKind::kDate, TypeKind::kTimestamp,
                        TypeKind::kInterval, TypeKind::kDecimal}) {
    Set set(kind);
    alignas(16) unsigned char in[16] = {1}, out[17];
    std::fill(std::begin(out), std::end(out), 0xEE);
    flow_multiset_add(set.set, in, 1);
    ASSERT_EQ(flow_multiset_max(set.set, out), 1);
    const size_t width = static_cast<size_t>(flow::Type(kind).width());
    EXPECT_EQ(memcmp(in, out, width), 0);
    EXPECT_EQ(out[width], 0xEE);
  }
}

TEST(StateString, KeepsMemoryWhileItFits) {
  flow::Arena arena;
  FlowString state = Str("");
  auto assign = [&](const std::string& text) {
    FlowString s = Str(text);
    flow_state_string_assign(&state, &s, arena.abi());
    EXPECT_EQ(Text(state), text);
  };
  assign(std::string(33, 'a'));
  const char* memory = state.ref.data;
  assign(std::string(64, 'b'));
  EXPECT_EQ(state.ref.data, memory);
  assign(std::string(65, 'c'));
  EXPECT_NE(state.ref.data, memory);
  memory = state.ref.data;
  assign(std::string(20, 'd'));
  EXPECT_EQ(state.ref.data, memory);
  assign("short");
  assign(std::string(16, 'e'));
  memory = state.ref.data;
  assign(std::string(17, 'f'));
  EXPECT_NE(state.ref.data, memory);
}

}  // namespace
