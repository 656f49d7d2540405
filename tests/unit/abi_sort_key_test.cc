// links: runtime/abi runtime/base
// labels: asan
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "runtime/abi/multiset.h"
#include "runtime/abi/sketch.h"
#include "runtime/abi/sort_key.h"
#include "runtime/base/arena.h"
#include "runtime/base/type.h"

namespace {

template <typename T>
std::string Key(const T& value, int32_t kind, bool descending = false) {
  std::string key(flow_sort_key_room(&value, kind), '\0');
  key.resize(flow_sort_key_write(&value, kind, descending ? 1 : 0, key.data()));
  return key;
}

FlowString Str(const std::string& text) {
  FlowString s;
  flow_string_set(&s, text.data(), static_cast<uint32_t>(text.size()));
  return s;
}

// `values` in ascending order: so are their keys, alone and as the first part of several.
template <typename T>
void Ordered(const std::vector<T>& values, int32_t kind) {
  flow::Arena arena;
  for (size_t i = 0; i < values.size(); ++i) {
    for (size_t j = 0; j < values.size(); ++j) {
      EXPECT_EQ(Key(values[i], kind) < Key(values[j], kind), i < j) << i << " " << j;
      EXPECT_EQ(Key(values[i], kind, true) < Key(values[j], kind, true), i > j) << i << " " << j;
      const std::string a = Key(values[i], kind) + Key(values[j], kind);
      const std::string b = Key(values[j], kind) + Key(values[i], kind);
      EXPECT_EQ(a < b, i < j);
    }
    for (bool descending : {false, true}) {
      const std::string key = Key(values[0], kind, descending) + '~' + Key(values[i], kind);
      const FlowString s = Str(key);
      alignas(16) char cell[16] = {};
      ASSERT_EQ(flow_sort_key_last(&s, kind, cell, arena.abi()), 1);
      T read;
      memcpy(&read, cell, sizeof read);
      EXPECT_EQ(Key(read, kind), Key(values[i], kind));
    }
  }
}

TEST(SortKey, OrderOfTheValues) {
  Ordered<uint8_t>({0, 1}, kFlowKindBoolean);
  Ordered<int32_t>({INT32_MIN, -1, 0, 1, 255, 256, INT32_MAX}, kFlowKindInt);
  Ordered<int64_t>({INT64_MIN, -256, -255, 0, 1, INT64_MAX}, kFlowKindBigint);
  Ordered<FlowInt128>({-(FlowInt128{1} << 100), -1, 0, FlowInt128{1} << 64}, kFlowKindDecimal);
  const double inf = std::numeric_limits<double>::infinity();
  Ordered<double>({-inf, -1e300, -1, -5e-324, 0, 5e-324, 1, 1e300, inf, std::nan("")},
                  kFlowKindDouble);
  const std::vector<std::string> texts = {"",
                                          std::string(1, '\0'),
                                          std::string(2, '\0'),
                                          std::string("\0a", 2),
                                          "\x01",
                                          "a",
                                          std::string("a\0", 2),
                                          std::string("a\0b", 3),
                                          "a much longer string than twelve bytes",
                                          "ab",
                                          "\xFF"};
  std::vector<FlowString> strings;
  for (const std::string& text : texts) strings.push_back(Str(text));
  Ordered(strings, kFlowKindString);
}

TEST(SortKey, PartsAreReadOneByOne) {
  flow::Arena arena;
  const std::string text("a\0b\xff a text that is longer than twelve bytes", 45);
  for (bool descending : {false, true}) {
    const std::string key =
        Key(int64_t{-7}, kFlowKindBigint, descending) + "!" +
        Key(Str(text), kFlowKindString, descending) + "~" + Key(-1.5, kFlowKindDouble, descending) +
        Key(static_cast<FlowInt128>(-123), kFlowKindDecimal, descending) +
        Key(uint8_t{1}, kFlowKindBoolean, descending) + Key(int32_t{-9}, kFlowKindDate, descending);
    std::string_view left = key;
    auto next = [&](int32_t kind, auto* out) {
      return flow_sort_key_next(&left, kind, descending, out, arena.abi());
    };
    int64_t big = 0;
    EXPECT_EQ(next(kFlowKindBigint, &big), kFlowValue);
    EXPECT_EQ(big, -7);
    EXPECT_EQ(next(kFlowKindBigint, &big), kFlowNull);
    FlowString string;
    EXPECT_EQ(next(kFlowKindString, &string), kFlowValue);
    EXPECT_EQ(std::string(flow_string_data(&string), string.size), text);
    EXPECT_EQ(next(kFlowKindString, &string), kFlowNull);
    double real = 0;
    EXPECT_EQ(next(kFlowKindDouble, &real), kFlowValue);
    EXPECT_EQ(real, -1.5);
    FlowInt128 wide = 0;
    EXPECT_EQ(next(kFlowKindDecimal, &wide), kFlowValue);
    EXPECT_TRUE(wide == -123);
    uint8_t flag = 0;
    EXPECT_EQ(next(kFlowKindBoolean, &flag), kFlowValue);
    EXPECT_EQ(flag, 1);
    int32_t date = 0;
    EXPECT_EQ(next(kFlowKindDate, &date), kFlowValue);
    EXPECT_EQ(date, -9);
    EXPECT_TRUE(left.empty());
    EXPECT_EQ(next(kFlowKindDate, &date), kFlowNull);
  }
}

TEST(SortKey, TornKeysHaveNoLastPart) {
  const std::string key = Key(int32_t{7}, kFlowKindInt) + Key(Str("abc"), kFlowKindString);
  for (size_t cut = 1; cut < key.size(); ++cut) {
    std::string text;
    EXPECT_FALSE(flow_sort_key_text(key.substr(0, cut), &text)) << cut;
  }
}

// Three standard errors, over all sizes that the list and the registers have.
TEST(Sketch, CountsAbout) {
  flow::Arena arena;
  FlowSketch* all = flow_sketch_new(kFlowKindBigint, arena.abi());
  FlowSketch* odd = flow_sketch_new(kFlowKindBigint, arena.abi());
  FlowSketch* even = flow_sketch_new(kFlowKindBigint, arena.abi());
  int64_t next = 10;
  EXPECT_EQ(flow_sketch_finish(all), 0);
  for (int64_t i = 1; i <= 300000; ++i) {
    const int64_t value = i * 1000;
    flow_sketch_add(all, &value, 1);
    flow_sketch_add(all, &value, 3);
    flow_sketch_add(i % 2 == 0 ? even : odd, &value, 1);
    if (i != next) continue;
    next *= 3;
    const auto about = static_cast<double>(flow_sketch_finish(all));
    EXPECT_NEAR(about, static_cast<double>(i), std::max(1.0, 0.05 * static_cast<double>(i)));
    std::string bytes;
    flow_sketch_save(all, &bytes);
    std::string_view rest = bytes;
    FlowSketch* loaded = flow_sketch_new(kFlowKindBigint, arena.abi());
    ASSERT_TRUE(flow_sketch_load(loaded, &rest));
    EXPECT_TRUE(rest.empty());
    EXPECT_EQ(flow_sketch_finish(loaded), flow_sketch_finish(all));
    flow_sketch_free(loaded);
  }
  flow_sketch_merge(odd, even);
  std::string one, merged;
  flow_sketch_save(all, &one);
  flow_sketch_save(odd, &merged);
  EXPECT_EQ(one, merged);
  for (FlowSketch* sketch : {all, odd, even}) flow_sketch_free(sketch);
}

// What is too long for STRING_AGG is not kept, however it is divided.
TEST(Multiset, BoundedSetsLoseTooMuch) {
  flow::Arena arena;
  FlowMultiset* set = flow_multiset_new_bounded(kFlowKindString, arena.abi());
  FlowMultiset* half = flow_multiset_new_bounded(kFlowKindString, arena.abi());
  const FlowString comma = Str(",");
  FlowString out;
  for (int i = 0; i < 20; ++i) {
    const std::string text(1 << 20, static_cast<char>('a' + i));
    const FlowString s = Str(text);
    flow_multiset_add(i < 10 ? set : half, &s, 1);
  }
  EXPECT_EQ(flow_multiset_join(set, &comma, 0, &out, arena.abi()), kFlowValue);
  EXPECT_EQ(out.size, (10u << 20) + 9);
  flow_multiset_merge(set, half);
  EXPECT_EQ(flow_multiset_is_lost(set), 1);
  EXPECT_GE(flow_multiset_join(set, &comma, 0, &out, arena.abi()), kFlowErrorFirst);
  flow_multiset_merge(half, set);
  EXPECT_EQ(flow_multiset_is_lost(half), 1);
  flow_multiset_free(set);
  flow_multiset_free(half);
}

}  // namespace
