// Multisets that only tell whether a value is there: hash tables of values and counts, in place.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/abi/multiset_base.h"

namespace flow {

namespace {

// Open addressing, the next slot after a full one. A count of 0 is an empty slot: a value whose
// count becomes 0 goes, and what stands behind it moves up. Where values stand is decided anew for
// each size: those of a larger table, which come in its order when they are merged or read, would
// otherwise fill the front of this one first.
template <typename CellKind>
class HashedMultiset final : public FlowMultiset {
 public:
  int64_t Add(const void* value, int64_t weight) override {
    return AddKey(CellKind::Read(value), weight);
  }

  void Merge(const FlowMultiset& from, void (*f)(void*, const void*, int64_t),
             void* self) override {
    const auto& other = static_cast<const HashedMultiset&>(from);
    for (size_t i = 0; i < other.capacity_; ++i) {
      const Slot& slot = other.slots_[i];
      if (slot.count == 0) continue;
      const int64_t change = AddKey(slot.key, slot.count);
      if (f == nullptr || change == 0) continue;
      alignas(16) char cell[16];
      CellKind::Write(slot.key, cell);
      f(self, cell, change);
    }
  }

  // Ascending, so that equal sets are saved as equal bytes. Copies are sorted: what stands together
  // is sorted in a third of the time of what is pointed to.
  void Each(void (*f)(void*, const void*, int64_t), void* self) const override {
    std::vector<std::pair<typename CellKind::View, int64_t>> sorted;
    sorted.reserve(used_);
    for (size_t i = 0; i < capacity_; ++i) {
      if (slots_[i].count != 0) sorted.emplace_back(slots_[i].key, slots_[i].count);
    }
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
      return typename CellKind::Less()(a.first, b.first);
    });
    for (const auto& [key, count] : sorted) {
      alignas(16) char cell[16];
      CellKind::Write(key, cell);
      f(self, cell, count);
    }
  }

 private:
  struct Slot {
    typename CellKind::Key key;
    int64_t count;
  };
  static constexpr int kFirstBits = 2;

  size_t Home(typename CellKind::View key) const {
    const uint64_t odd = FLOW_HASH_SEED * static_cast<uint64_t>(2 * bits_ + 1);
    return static_cast<size_t>(CellKind::Hash(key) * odd >> (64 - bits_));
  }

  void Charge(int64_t bytes) { growth_.Add(this, bytes); }

  // The slot of the key, or the empty one where it belongs.
  Slot* Find(typename CellKind::View key) const {
    size_t at = Home(key);
    while (slots_[at].count != 0 && !CellKind::Equal(slots_[at].key, key)) {
      at = (at + 1) & (capacity_ - 1);
    }
    return &slots_[at];
  }

  void Resize(int bits) {
    const size_t before = capacity_;
    std::unique_ptr<Slot[]> old = std::move(slots_);
    bits_ = bits;
    capacity_ = size_t{1} << bits;
    slots_ = std::make_unique<Slot[]>(capacity_);
    for (size_t i = 0; i < before; ++i) {
      if (old[i].count != 0) *Find(old[i].key) = std::move(old[i]);
    }
    const auto slots = static_cast<int64_t>(capacity_) - static_cast<int64_t>(before);
    Charge(slots * static_cast<int64_t>(sizeof(Slot)) + (before == 0 ? kHeapBlock : 0));
  }

  int64_t AddKey(typename CellKind::View key, int64_t weight) {
    if (weight == 0) return 0;
    if (used_ + used_ / 3 >= capacity_) Resize(capacity_ == 0 ? kFirstBits : bits_ + 1);
    Slot* slot = Find(key);
    if (slot->count == 0) {
      slot->key = key;
      ++used_;
      Charge(CellKind::HeapBytes(slot->key));
    }
    const bool before = slot->count > 0;
    slot->count += weight;
    const bool after = slot->count > 0;
    if (slot->count == 0) Erase(slot);
    return (after ? 1 : 0) - (before ? 1 : 0);
  }

  void Erase(Slot* slot) {
    --used_;
    Charge(-CellKind::HeapBytes(slot->key));
    size_t hole = static_cast<size_t>(slot - slots_.get());
    {
      Slot gone{};  // takes the memory of a string along
      std::swap(slots_[hole], gone);
    }
    const size_t mask = capacity_ - 1;
    for (size_t at = (hole + 1) & mask; slots_[at].count != 0; at = (at + 1) & mask) {
      // It may move to the hole if that is not before its home.
      if (((at - Home(slots_[at].key)) & mask) < ((at - hole) & mask)) continue;
      std::swap(slots_[hole], slots_[at]);
      hole = at;
    }
    if (bits_ > kFirstBits && used_ * 8 < capacity_) Resize(bits_ - 1);
  }

  std::unique_ptr<Slot[]> slots_;
  int bits_ = 0;         // of the capacity
  size_t capacity_ = 0;  // 0 or a power of two
  size_t used_ = 0;
  Growth growth_;
};

}  // namespace

}  // namespace flow

extern "C" FlowMultiset* flow_multiset_new_distinct(int32_t kind, FlowArena* arena) {
  return flow::WithCell(kind, [arena](auto cell) -> FlowMultiset* {
    return flow::NewObject<flow::HashedMultiset<decltype(cell)>>(arena);
  });
}
