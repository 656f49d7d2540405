// Multisets of values in their order, for MIN and MAX that can take back; and strings in state.
#include "runtime/abi/multiset.h"

#include <bit>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/abi/hash.h"

// The kind decides which subclass; both sides of a merge have the same kind.
struct FlowMultiset {
  virtual ~FlowMultiset() = default;
  virtual void Add(const void* value, int64_t weight) = 0;
  virtual void Merge(const FlowMultiset& other) = 0;
  virtual void Each(void (*f)(void*, const void*, int64_t), void* self) const = 0;
  virtual bool Min(void* out) const = 0;
  virtual bool Max(void* out) const = 0;
};

namespace {

// NaN is greater than all others; there is one NaN and one zero, since keys are canonical.
struct DoubleLess {
  bool operator()(double a, double b) const {
    if (std::isnan(a)) return false;
    return std::isnan(b) || a < b;
  }
};

// How a cell of a column is read into a key and written back.
template <typename T>
struct PlainCell {
  using Key = T;
  using Less = std::less<T>;
  static T Read(const void* cell) {
    T value;
    memcpy(&value, cell, sizeof value);
    return value;
  }
  static void Write(const T& key, void* cell) { memcpy(cell, &key, sizeof key); }
};

struct DoubleCell {
  using Key = double;
  using Less = DoubleLess;
  static double Read(const void* cell) {
    return flow_canonical_double(PlainCell<double>::Read(cell));
  }
  static void Write(double key, void* cell) { memcpy(cell, &key, sizeof key); }
};

struct StringCell {
  using Key = std::string;
  using Less = std::less<>;
  static std::string_view Read(const void* cell) {
    const auto* s = static_cast<const FlowString*>(cell);
    return {flow_string_data(s), s->size};
  }
  static void Write(const std::string& key, void* cell) {
    flow_string_set(static_cast<FlowString*>(cell), key.data(), static_cast<uint32_t>(key.size()));
  }
};

template <typename CellKind>
class OrderedMultiset final : public FlowMultiset {
 public:
  void Add(const void* value, int64_t weight) override { AddKey(CellKind::Read(value), weight); }

  void Merge(const FlowMultiset& other) override {
    for (const auto& [key, count] : static_cast<const OrderedMultiset&>(other).counts_) {
      AddKey(key, count);
    }
  }

  void Each(void (*f)(void*, const void*, int64_t), void* self) const override {
    for (const auto& [key, count] : counts_) {
      alignas(16) char cell[16];
      CellKind::Write(key, cell);
      f(self, cell, count);
    }
  }

  // A count is negative while a retraction has overtaken its addition; such a value is not there.
  bool Min(void* out) const override { return First(counts_.begin(), counts_.end(), out); }
  bool Max(void* out) const override { return First(counts_.rbegin(), counts_.rend(), out); }

 private:
  using Counts = std::map<typename CellKind::Key, int64_t, typename CellKind::Less>;

  template <typename Key>
  void AddKey(const Key& key, int64_t weight) {
    if (weight == 0) return;
    auto at = counts_.find(key);
    if (at == counts_.end()) {
      counts_.emplace(key, weight);
    } else if ((at->second += weight) == 0) {
      counts_.erase(at);
    }
  }

  template <typename Iterator>
  static bool First(Iterator at, Iterator end, void* out) {
    for (; at != end; ++at) {
      if (at->second > 0) {
        CellKind::Write(at->first, out);
        return true;
      }
    }
    return false;
  }

  Counts counts_;
};

}  // namespace

extern "C" {

FlowMultiset* flow_multiset_new(int32_t kind) {
  switch (kind) {
    case kFlowKindBoolean:
      return new OrderedMultiset<PlainCell<uint8_t>>();
    case kFlowKindInt:
    case kFlowKindDate:
      return new OrderedMultiset<PlainCell<int32_t>>();
    case kFlowKindBigint:
    case kFlowKindTimestamp:
    case kFlowKindInterval:
      return new OrderedMultiset<PlainCell<int64_t>>();
    case kFlowKindDouble:
      return new OrderedMultiset<DoubleCell>();
    case kFlowKindDecimal:
      return new OrderedMultiset<PlainCell<FlowInt128>>();
    case kFlowKindString:
      return new OrderedMultiset<StringCell>();
    default:
      return nullptr;
  }
}

void flow_multiset_free(FlowMultiset* set) { delete set; }

void flow_multiset_add(FlowMultiset* set, const void* value, int64_t weight) {
  set->Add(value, weight);
}

void flow_multiset_merge(FlowMultiset* set, const FlowMultiset* other) { set->Merge(*other); }

void flow_multiset_each(const FlowMultiset* set,
                        void (*f)(void* self, const void* value, int64_t count), void* self) {
  set->Each(f, self);
}

int32_t flow_multiset_min(const FlowMultiset* set, void* out) { return set->Min(out) ? 1 : 0; }

int32_t flow_multiset_max(const FlowMultiset* set, void* out) { return set->Max(out) ? 1 : 0; }

void flow_state_string_assign(FlowString* dst, const FlowString* src, FlowArena* arena) {
  const uint32_t size = src->size;
  if (size <= kFlowStringInline) {
    *dst = *src;
    return;
  }
  const bool fits = dst->size > kFlowStringInline && size <= std::bit_ceil(dst->size);
  char* memory = fits ? const_cast<char*>(dst->ref.data)
                      : flow_arena_allocate(arena, size_t{1} << std::bit_width(size - 1));
  memmove(memory, src->ref.data, size);
  flow_string_set(dst, memory, size);
}

}  // extern "C"
