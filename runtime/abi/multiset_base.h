// What the kinds of multiset share: the interface behind FlowMultiset, and cells as keys. C++ only.
#pragma once

#include <cmath>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "runtime/abi/hash.h"
#include "runtime/abi/multiset.h"
#include "runtime/abi/state_object.h"

// The kind decides which subclass; both sides of a merge are of one.
struct FlowMultiset {
  virtual ~FlowMultiset() = default;
  virtual int64_t Add(const void* value, int64_t weight) = 0;
  // `f` may be nullptr.
  virtual void Merge(const FlowMultiset& other, void (*f)(void*, const void*, int64_t),
                     void* self) = 0;
  virtual void Each(void (*f)(void*, const void*, int64_t), void* self) const = 0;

  bool lost = false;
};

namespace flow {

// How a cell of a column is read into a key and written back; the order of keys and their hash.
template <typename T>
struct PlainCell {
  using Key = T;
  using View = T;
  using Less = std::less<T>;
  static T Read(const void* cell) {
    T value;
    std::memcpy(&value, cell, sizeof value);
    return value;
  }
  static void Write(const T& key, void* cell) { std::memcpy(cell, &key, sizeof key); }
  static bool Equal(T a, T b) { return a == b; }
  static uint64_t Hash(T key) {
    if constexpr (sizeof(T) == sizeof(FlowInt128)) return flow_hash_i128(FLOW_HASH_SEED, key);
    return flow_hash_u64(FLOW_HASH_SEED, static_cast<uint64_t>(key));
  }
  static int64_t HeapBytes(const T&) { return 0; }
};

// NaN is greater than all others; there is one NaN and one zero, since keys are canonical.
struct DoubleCell {
  using Key = double;
  using View = double;
  struct Less {
    bool operator()(double a, double b) const {
      if (std::isnan(a)) return false;
      return std::isnan(b) || a < b;
    }
  };
  static double Read(const void* cell) {
    return flow_canonical_double(PlainCell<double>::Read(cell));
  }
  static void Write(double key, void* cell) { std::memcpy(cell, &key, sizeof key); }
  static bool Equal(double a, double b) { return !Less()(a, b) && !Less()(b, a); }
  static uint64_t Hash(double key) { return flow_hash_double(FLOW_HASH_SEED, key); }
  static int64_t HeapBytes(double) { return 0; }
};

struct StringCell {
  using Key = std::string;
  using View = std::string_view;
  using Less = std::less<>;
  static std::string_view Read(const void* cell) {
    const auto* s = static_cast<const FlowString*>(cell);
    return {flow_string_data(s), s->size};
  }
  static void Write(std::string_view key, void* cell) {
    flow_string_set(static_cast<FlowString*>(cell), key.data(), static_cast<uint32_t>(key.size()));
  }
  static bool Equal(std::string_view a, std::string_view b) { return a == b; }
  static uint64_t Hash(std::string_view key) {
    FlowString s;
    Write(key, &s);
    return flow_hash_string(FLOW_HASH_SEED, &s);
  }
  static int64_t HeapBytes(const std::string& key) {
    constexpr size_t kInside = 15;  // of a std::string
    return key.size() > kInside ? static_cast<int64_t>(key.size()) + kHeapBlock : 0;
  }
};

// Calls f with the type of cell that `kind`, a flow::TypeKind, has. nullptr for another kind.
template <typename F>
FlowMultiset* WithCell(int32_t kind, F f) {
  switch (kind) {
    case kFlowKindBoolean:
      return f(PlainCell<uint8_t>());
    case kFlowKindInt:
    case kFlowKindDate:
      return f(PlainCell<int32_t>());
    case kFlowKindBigint:
    case kFlowKindTimestamp:
    case kFlowKindInterval:
      return f(PlainCell<int64_t>());
    case kFlowKindDouble:
      return f(DoubleCell());
    case kFlowKindDecimal:
      return f(PlainCell<FlowInt128>());
    case kFlowKindString:
      return f(StringCell());
    default:
      return nullptr;
  }
}

}  // namespace flow
