// GroupTable: linear probing, growth at 3/4 load, tombstones.
#include "runtime/operator/group_table.h"

namespace flow {

namespace {
constexpr size_t kFirstSlots = 16;
}

GroupTable::GroupTable(const program::Aggregate* spec, MemoryAccount* account)
    : spec_(spec), arena_(account), account_(account), slots_(kFirstSlots, kEmpty) {
  mask_ = kFirstSlots - 1;
  account_->Add(static_cast<int64_t>(slots_.size() * sizeof(uint64_t)));
}

GroupTable::~GroupTable() {
  account_->Add(-static_cast<int64_t>(slots_.size() * sizeof(uint64_t)));
  if (!spec_->layout.needs_destroy) return;
  const program::AggregateKernels* kernels = spec_->kernels->Load();
  ForEach([&](uint8_t* entry) { kernels->destroy(kernels->self, entry); });
}

template <typename Equal>
uint8_t* GroupTable::Probe(uint64_t hash, Equal equal, uint64_t** free_slot) {
  const uint64_t tag = Tag(hash);
  uint64_t* erased = nullptr;
  for (uint64_t i = hash & mask_;; i = (i + 1) & mask_) {
    uint64_t slot = slots_[i];
    if (slot == kEmpty) {
      *free_slot = erased != nullptr ? erased : &slots_[i];
      return nullptr;
    }
    if (slot == kErased) {
      if (erased == nullptr) erased = &slots_[i];
      continue;
    }
    if ((slot & ~kPointerMask) != tag) continue;
    uint8_t* entry = Pointer(slot);
    if (Header(entry)->hash == hash && equal(entry)) return entry;
  }
}

uint8_t* GroupTable::NewEntry(uint64_t hash, uint64_t* slot) {
  uint8_t* entry;
  if (!free_.empty()) {
    entry = free_.back();
    free_.pop_back();
  } else {
    entry =
        reinterpret_cast<uint8_t*>(arena_.Allocate(static_cast<size_t>(spec_->layout.entry_size)));
  }
  if (*slot == kEmpty) ++used_;
  *slot = Tag(hash) | reinterpret_cast<uint64_t>(entry);
  *Header(entry) = {hash, 0, 0};
  ++size_;
  return entry;
}

void GroupTable::MakeRoom() {
  if (static_cast<size_t>(used_ + 1) * 4 <= slots_.size() * 3) return;
  Rehash(static_cast<size_t>(size_ + 1) * 2 > slots_.size() ? slots_.size() * 2 : slots_.size());
}

uint8_t* GroupTable::InsertNew(uint64_t hash) {
  MakeRoom();
  uint64_t* slot = nullptr;
  Probe(hash, [](const uint8_t*) { return false; }, &slot);
  return NewEntry(hash, slot);
}

uint8_t* GroupTable::FindOrInsert(const program::AggregateKernels& kernels, const FlowColumn* in,
                                  int32_t row, uint64_t hash, bool* inserted) {
  MakeRoom();
  uint64_t* slot = nullptr;
  uint8_t* entry =
      Probe(hash, [&](const uint8_t* e) { return kernels.equal(kernels.self, e, in, row); }, &slot);
  *inserted = entry == nullptr;
  if (entry == nullptr) {
    entry = NewEntry(hash, slot);
    kernels.insert(kernels.self, entry, in, row, arena_.abi());
  }
  return entry;
}

uint8_t* GroupTable::FindOrInsertEntry(const program::AggregateKernels& kernels,
                                       const uint8_t* from, bool* inserted) {
  MakeRoom();
  uint64_t hash = reinterpret_cast<const FlowEntryHeader*>(from)->hash;
  uint64_t* slot = nullptr;
  uint8_t* entry = Probe(
      hash, [&](const uint8_t* e) { return kernels.equal_entries(kernels.self, e, from); }, &slot);
  *inserted = entry == nullptr;
  if (entry == nullptr) {
    entry = NewEntry(hash, slot);
    kernels.insert_entry(kernels.self, entry, from, arena_.abi());
  }
  return entry;
}

void GroupTable::Erase(uint8_t* entry) {
  uint64_t hash = Header(entry)->hash;
  for (uint64_t i = hash & mask_;; i = (i + 1) & mask_) {
    if (slots_[i] > kErased && Pointer(slots_[i]) == entry) {
      slots_[i] = kErased;
      break;
    }
  }
  --size_;
  if (spec_->layout.needs_destroy) {
    const program::AggregateKernels* kernels = spec_->kernels->Load();
    kernels->destroy(kernels->self, entry);
  }
  Header(entry)->flags = 0;
  free_.push_back(entry);
}

void GroupTable::Rehash(size_t slots) {
  std::vector<uint64_t> old(slots, kEmpty);
  old.swap(slots_);
  account_->Add(static_cast<int64_t>((slots_.size() - old.size()) * sizeof(uint64_t)));
  mask_ = slots - 1;
  used_ = size_;
  for (uint64_t slot : old) {
    if (slot <= kErased) continue;
    uint64_t i = Header(Pointer(slot))->hash & mask_;
    while (slots_[i] != kEmpty) i = (i + 1) & mask_;
    slots_[i] = slot;
  }
}

}  // namespace flow
