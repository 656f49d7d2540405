// Multisets of values in their order; and strings in state.
#include "runtime/abi/multiset.h"

#include <algorithm>
#include <bit>
#include <map>

#include "runtime/abi/error_code.h"
#include "runtime/abi/multiset_base.h"
#include "runtime/abi/sort_key.h"

namespace {

using flow::StringCell;

// Knows the order of its values.
struct OrderedSet : FlowMultiset {
  virtual bool Min(void* out) const = 0;
  virtual bool Max(void* out) const = 0;
  // The value that has less than `rank` values before it, and with its equals at least so many.
  virtual bool At(int64_t rank, void* out) const = 0;
  virtual void Lose() = 0;

  int64_t present = 0;  // values whose count is positive: themselves, and with their equals
  int64_t total = 0;
  int64_t bytes = 0;         // of the strings among them
  int64_t most = INT64_MAX;  // the greatest beyond are dropped
  bool bounded = false;
};

template <typename CellKind>
class OrderedMultiset final : public OrderedSet {
 public:
  int64_t Add(const void* value, int64_t weight) override {
    if (lost) return 0;
    return AddKey(CellKind::Read(value), weight);
  }

  void Merge(const FlowMultiset& other, void (*f)(void*, const void*, int64_t),
             void* self) override {
    if (lost || other.lost) {
      Lose();
      return;
    }
    for (const auto& [key, count] : static_cast<const OrderedMultiset&>(other).counts_) {
      const int64_t change = AddKey(key, count);
      if (lost) return;
      if (f == nullptr || change == 0) continue;
      alignas(16) char cell[16];
      CellKind::Write(key, cell);
      f(self, cell, change);
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

  bool At(int64_t rank, void* out) const override {
    for (const auto& [key, count] : counts_) {
      if (count <= 0) continue;
      rank -= count;
      if (rank > 0) continue;
      CellKind::Write(key, out);
      return true;
    }
    return false;
  }

  void Lose() override {
    Counts().swap(counts_);
    Grow(-grown_);
    present = total = bytes = 0;
    lost = true;
  }

 private:
  using Counts = std::map<typename CellKind::Key, int64_t, typename CellKind::Less>;

  using Key = typename CellKind::Key;
  static int64_t NodeBytes(const Key& key) {
    constexpr int64_t kNode = 32 + sizeof(std::pair<const Key, int64_t>) + flow::kHeapBlock;
    return kNode + CellKind::HeapBytes(key);
  }
  void Grow(int64_t bytes) {
    grown_ += bytes;
    growth_.Add(this, bytes);
  }

  template <typename KeyView>
  int64_t AddKey(const KeyView& key, int64_t weight) {
    if (weight == 0 || Beyond(key)) return 0;
    auto at = counts_.find(key);
    if (at == counts_.end()) {
      at = counts_.emplace(key, 0).first;
      Grow(NodeBytes(at->first));
    }
    const int64_t change = AddWeight(at, weight);
    if (bounded && bytes > kFlowJoinedMax) Lose();
    while (total > most) DropGreatest();
    return change;
  }

  int64_t AddWeight(typename Counts::iterator at, int64_t weight) {
    const int64_t before = std::max<int64_t>(at->second, 0);
    at->second += weight;
    const int64_t after = std::max<int64_t>(at->second, 0);
    total += after - before;
    const int64_t change = (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
    present += change;
    if constexpr (std::is_same_v<typename CellKind::Key, std::string>) {
      bytes += change * static_cast<int64_t>(at->first.size());
    }
    if (at->second == 0) {
      Grow(-NodeBytes(at->first));
      counts_.erase(at);
    }
    return change;
  }

  // Would it be dropped at once? Where the greatest are, nothing is taken away.
  template <typename KeyView>
  bool Beyond(const KeyView& key) const {
    return total >= most && !counts_.empty() &&
           !typename CellKind::Less()(key, std::prev(counts_.end())->first);
  }

  void DropGreatest() {
    const auto last = std::prev(counts_.end());
    AddWeight(last, -std::min(last->second, total - most));
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
  int64_t grown_ = 0;
  flow::Growth growth_;
};

OrderedSet* Ordered(FlowMultiset* set) { return static_cast<OrderedSet*>(set); }
const OrderedSet* Ordered(const FlowMultiset* set) { return static_cast<const OrderedSet*>(set); }

}  // namespace

extern "C" {

FlowMultiset* flow_multiset_new(int32_t kind, FlowArena* arena) {
  return flow::WithCell(kind, [arena](auto cell) -> FlowMultiset* {
    return flow::NewObject<OrderedMultiset<decltype(cell)>>(arena);
  });
}

FlowMultiset* flow_multiset_new_bounded(int32_t kind, FlowArena* arena) {
  FlowMultiset* set = flow_multiset_new(kind, arena);
  Ordered(set)->bounded = true;
  return set;
}

FlowMultiset* flow_multiset_new_least(int64_t most, FlowArena* arena) {
  FlowMultiset* set = flow_multiset_new(kFlowKindString, arena);
  Ordered(set)->most = most;
  return set;
}

void flow_multiset_free(FlowMultiset* set) { flow::FreeObject(set); }

int64_t flow_multiset_add(FlowMultiset* set, const void* value, int64_t weight) {
  return set->Add(value, weight);
}

void flow_multiset_merge(FlowMultiset* set, const FlowMultiset* other) {
  set->Merge(*other, nullptr, nullptr);
}

void flow_multiset_merge_distinct(FlowMultiset* set, const FlowMultiset* other,
                                  void (*f)(void* self, const void* value, int64_t change),
                                  void* self) {
  set->Merge(*other, f, self);
}

void flow_multiset_each(const FlowMultiset* set,
                        void (*f)(void* self, const void* value, int64_t count), void* self) {
  set->Each(f, self);
}

int32_t flow_multiset_min(const FlowMultiset* set, void* out) {
  return Ordered(set)->Min(out) ? 1 : 0;
}

int32_t flow_multiset_max(const FlowMultiset* set, void* out) {
  return Ordered(set)->Max(out) ? 1 : 0;
}

int32_t flow_multiset_quantile(const FlowMultiset* set, double fraction, void* out) {
  const double rank = std::ceil(fraction * static_cast<double>(Ordered(set)->total));
  return Ordered(set)->At(std::max<int64_t>(1, static_cast<int64_t>(rank)), out) ? 1 : 0;
}

uint8_t flow_multiset_join(const FlowMultiset* set, const FlowString* separator, int32_t how,
                           FlowString* out, FlowArena* arena) {
  if (set->lost || Ordered(set)->bytes > kFlowJoinedMax) return kFlowErrTooLong;
  if (Ordered(set)->present == 0) return kFlowNull;
  struct Joined {
    std::string_view separator;
    int32_t how;
    std::string text, value;
    bool any = false, too_long = false;
  } joined{{flow_string_data(separator), separator->size}, how, "", ""};
  set->Each(
      [](void* self, const void* cell, int64_t count) {
        auto& j = *static_cast<Joined*>(self);
        const std::string_view key = StringCell::Read(cell);
        if ((j.how & kFlowJoinSortKeys) == 0) {
          j.value = key;
        } else {
          flow_sort_key_text(key, &j.value);
        }
        const size_t one = j.value.size() + j.separator.size();
        const bool once = one == 0 || (j.how & kFlowJoinOnce) != 0;
        const int64_t times = once ? std::min<int64_t>(count, 1) : count;
        j.too_long |= times > 1 && static_cast<uint64_t>(times) > kFlowJoinedMax / one + 1;
        for (int64_t i = 0; i < times && !j.too_long; ++i) {
          if (j.any) j.text += j.separator;
          j.any = true;
          j.text += j.value;
          j.too_long = j.text.size() > kFlowJoinedMax;
        }
      },
      &joined);
  if (joined.too_long) return kFlowErrTooLong;
  flow_string_copy(out, joined.text.data(), static_cast<uint32_t>(joined.text.size()), arena);
  return kFlowValue;
}

uint8_t flow_multiset_best(const FlowMultiset* set, int64_t most, FlowString* out,
                           FlowArena* arena) {
  if (Ordered(set)->present == 0) return kFlowNull;
  struct Packed {
    int64_t left;
    std::string text;
    bool too_long = false;
  } packed{most, ""};
  set->Each(
      [](void* self, const void* cell, int64_t count) {
        auto& p = *static_cast<Packed*>(self);
        const std::string_view key = StringCell::Read(cell);
        const auto size = static_cast<uint32_t>(key.size());
        for (; count > 0 && p.left > 0 && !p.too_long; --count, --p.left) {
          p.text.append(reinterpret_cast<const char*>(&size), sizeof size);
          p.text += key;
          p.too_long = p.text.size() > kFlowJoinedMax;
        }
      },
      &packed);
  if (packed.too_long) return kFlowErrTooLong;
  flow_string_copy(out, packed.text.data(), static_cast<uint32_t>(packed.text.size()), arena);
  return kFlowValue;
}

int32_t flow_multiset_is_lost(const FlowMultiset* set) { return set->lost ? 1 : 0; }
void flow_multiset_lose(FlowMultiset* set) { Ordered(set)->Lose(); }

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
