// An open-addressing hash table of state entries: one group an entry.
//
// Entries have the fixed size of their layout, live in the table's arena and never move; slots hold
// a pointer with 16 bits of the hash as a tag. Not thread-safe: a table belongs to one worker.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/base/arena.h"
#include "runtime/program/program.h"

namespace flow {

class GroupTable {
 public:
  // `spec` and `account` must outlive the table.
  GroupTable(const program::Aggregate* spec, MemoryAccount* account);
  ~GroupTable();
  GroupTable(const GroupTable&) = delete;
  GroupTable& operator=(const GroupTable&) = delete;

  int64_t size() const { return size_; }
  Arena& arena() { return arena_; }

  void Prefetch(uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }
  // The entry with the key of row `row`; made if there is none (`*inserted`).
  uint8_t* FindOrInsert(const program::AggregateKernels& kernels, const FlowColumn* in, int32_t row,
                        uint64_t hash, bool* inserted);
  // The entry with the key of `from`, an entry of another table.
  uint8_t* FindOrInsertEntry(const program::AggregateKernels& kernels, const uint8_t* from,
                             bool* inserted);
  // A raw entry for a key that is not there, all but its header uninitialised: the caller fills it.
  uint8_t* InsertNew(uint64_t hash);
  // Removes an entry of this table and frees what it owns.
  void Erase(uint8_t* entry);

  // Durable state: entries that changed since the last TakeChanged.
  void MarkChanged(uint8_t* entry) {
    uint32_t& flags = Header(entry)->flags;
    if ((flags & kChanged) != 0) return;
    flags |= kChanged;
    changed_.push_back(entry);
  }
  template <typename F>
  void TakeChanged(F f) {
    for (uint8_t* entry : changed_) {
      uint32_t& flags = Header(entry)->flags;
      if ((flags & kChanged) == 0) continue;  // erased, or seen already
      flags &= ~kChanged;
      f(entry);
    }
    changed_.clear();
  }

  template <typename F>
  void ForEach(F f) const {
    for (uint64_t slot : slots_) {
      if (slot > kErased) f(Pointer(slot));
    }
  }

 private:
  static constexpr uint32_t kChanged = 1;  // of FlowEntryHeader::flags
  static constexpr uint64_t kEmpty = 0;
  static constexpr uint64_t kErased = 1;
  static constexpr uint64_t kPointerMask = (uint64_t{1} << 48) - 1;
  static uint8_t* Pointer(uint64_t slot) { return reinterpret_cast<uint8_t*>(slot & kPointerMask); }
  static uint64_t Tag(uint64_t hash) { return (hash << 8) & ~kPointerMask; }
  static FlowEntryHeader* Header(uint8_t* entry) {
    return reinterpret_cast<FlowEntryHeader*>(entry);
  }
  template <typename Equal>
  uint8_t* Probe(uint64_t hash, Equal equal, uint64_t** free_slot);
  uint8_t* NewEntry(uint64_t hash, uint64_t* slot);
  void MakeRoom();
  void Rehash(size_t slots);

  const program::Aggregate* spec_;
  Arena arena_;
  MemoryAccount* account_;
  std::vector<uint64_t> slots_;
  std::vector<uint8_t*> free_;
  std::vector<uint8_t*> changed_;
  uint64_t mask_ = 0;
  int64_t size_ = 0;
  int64_t used_ = 0;  // slots that are not empty
};

}  // namespace flow
