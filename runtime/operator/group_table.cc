// GroupTable: linear probing, growth at 11/16 load, tombstones; zones.
#include "runtime/operator/group_table.h"

#include <algorithm>
#include <cstring>

#include "runtime/operator/entry_codec.h"

namespace flow {

namespace {
constexpr size_t kFirstSlots = 16;
constexpr size_t kHeadersAhead = 16;   // headers in flight, in a walk over all slots
constexpr size_t kMaxZones = 1 << 16;  // what an entry's flags can name
}  // namespace

GroupTable::GroupTable(const program::Aggregate* spec, MemoryAccount* account, int64_t zone_bytes)
    : spec_(spec), account_(account), zone_bytes_(zone_bytes) {
  Rehash(kFirstSlots);
  OpenZone();
}

GroupTable::~GroupTable() {
  account_->Add(-static_cast<int64_t>(slots_.size() * sizeof(uint64_t)) - PointerBytes(changed_));
  if (!EntriesOwnMemory(*spec_)) return;
  const program::AggregateKernels* kernels = spec_->kernels->Load();
  ForEach([&](uint8_t* entry) { kernels->destroy(kernels->self, entry); });
}

template <typename Equal>
uint8_t* GroupTable::Probe(uint32_t hash, Equal equal, uint64_t** free_slot) {
  const uint64_t tag = Tag(hash);
  uint64_t* erased = nullptr;
  const size_t slots = slots_.size();
  for (size_t i = Home(hash);; i = i + 1 == slots ? 0 : i + 1) {
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

void GroupTable::OpenZone() {
  size_t zone = 0;
  while (zone < zones_.size() && zones_[zone] != nullptr) ++zone;
  if (zone == zones_.size()) zones_.emplace_back();
  zones_[zone] = std::make_unique<Arena>(account_);
  order_.push_back(static_cast<uint32_t>(zone));
  current_ = zone;
  spare_ = nullptr;
}

void GroupTable::GrowChanged() {
  // In small steps: the list may be as long as the table.
  constexpr size_t kFirst = 16;
  account_->Add(-PointerBytes(changed_));
  changed_.reserve(std::max(kFirst, changed_.capacity() + changed_.capacity() / 2));
  account_->Add(PointerBytes(changed_));
}

uint8_t* GroupTable::NewMemory() {
  uint8_t* entry;
  uint16_t zone;
  if (!free_.empty()) {
    entry = free_.back();
    free_.pop_back();
    zone = Header(entry)->zone;
  } else {
    const size_t size = static_cast<size_t>(spec_->layout.entry_size);
    if (spare_ == nullptr) {
      if (zone_bytes_ > 0 && arena().room() < size && arena().allocated_bytes() >= zone_bytes_ &&
          order_.size() < kMaxZones) {
        OpenZone();
      }
      // Arenas hand out multiples of 16 bytes: of entries that are none, two at once.
      const bool pair = size % 16 != 0;
      entry = reinterpret_cast<uint8_t*>(arena().Allocate(pair ? 2 * size : size));
      if (pair) spare_ = entry + size;
    } else {
      entry = spare_;
      spare_ = nullptr;
    }
    zone = static_cast<uint16_t>(current_);
  }
  *Header(entry) = {0, zone, 0, 0};
  return entry;
}

uint8_t* GroupTable::NewEntry(uint32_t hash, uint64_t* slot) {
  uint8_t* entry = NewMemory();
  if (*slot == kEmpty) ++used_;
  *slot = Tag(hash) | reinterpret_cast<uint64_t>(entry);
  Header(entry)->hash = hash;
  ++size_;
  return entry;
}

void GroupTable::Reserve(int64_t entries) {
  const size_t slots = (static_cast<size_t>(entries) * 16 / 11 + 16) / 8 * 8;
  if (slots > slots_.size()) Rehash(slots);
}

void GroupTable::Grow() {
  // Half as many again; as many as before, if it was erased entries that filled the table.
  const size_t slots = slots_.size();
  Rehash(static_cast<size_t>(size_ + 1) * 2 > slots ? (slots + slots / 2 + 7) / 8 * 8 : slots);
}

uint8_t* GroupTable::InsertNew(uint64_t hash) {
  MakeRoom();
  uint64_t* slot = nullptr;
  Probe(Fold(hash), [](const uint8_t*) { return false; }, &slot);
  return NewEntry(Fold(hash), slot);
}

uint8_t* GroupTable::InsertSaved(uint64_t hash, std::string_view key) {
  MakeRoom();
  uint64_t* slot = nullptr;
  auto equal = [&](const uint8_t* entry) {
    std::string saved;
    AppendEntryKey(*spec_, entry, &saved);
    return saved == key;
  };
  return Probe(Fold(hash), equal, &slot) == nullptr ? NewEntry(Fold(hash), slot) : nullptr;
}

uint8_t* GroupTable::InsertStored(uint64_t hash) {
  uint8_t* entry = InsertNew(hash);
  Header(entry)->flags |= kStored;
  ++stored_;
  --cold_;
  return entry;
}

uint8_t* GroupTable::Find(const program::AggregateKernels& kernels, const FlowColumn* in,
                          int32_t row, uint64_t hash) {
  uint64_t* slot = nullptr;
  return Probe(
      Fold(hash), [&](const uint8_t* e) { return kernels.equal(kernels.self, e, in, row); }, &slot);
}

uint8_t* GroupTable::FindEntry(const program::AggregateKernels& kernels, const uint8_t* from) {
  uint64_t* slot = nullptr;
  return Probe(
      Header(from)->hash,
      [&](const uint8_t* e) { return kernels.equal_entries(kernels.self, e, from); }, &slot);
}

void GroupTable::FindAll(const program::AggregateKernels& kernels, const FlowColumn* in,
                         int32_t row, uint64_t hash, std::vector<uint8_t*>* out) {
  uint64_t* slot = nullptr;
  auto equal = [&](uint8_t* entry) {
    if (kernels.equal(kernels.self, entry, in, row)) out->push_back(entry);
    return false;
  };
  Probe(Fold(hash), equal, &slot);
}

void GroupTable::FindAllEntries(const program::AggregateKernels& kernels, const uint8_t* from,
                                std::vector<uint8_t*>* out) {
  uint64_t* slot = nullptr;
  auto equal = [&](uint8_t* entry) {
    if (kernels.equal_entries(kernels.self, entry, from)) out->push_back(entry);
    return false;
  };
  Probe(Header(from)->hash, equal, &slot);
}

uint8_t* GroupTable::FindOrInsert(const program::AggregateKernels& kernels, const FlowColumn* in,
                                  int32_t row, uint64_t hash, bool* inserted) {
  MakeRoom();
  uint64_t* slot = nullptr;
  uint8_t* entry = Probe(
      Fold(hash), [&](const uint8_t* e) { return kernels.equal(kernels.self, e, in, row); }, &slot);
  *inserted = entry == nullptr;
  if (entry == nullptr) {
    entry = NewEntry(Fold(hash), slot);
    kernels.insert(kernels.self, entry, in, row, arena(entry).abi());
  } else {
    Header(entry)->flags |= kReferenced;
  }
  return entry;
}

uint8_t* GroupTable::FindOrInsertEntry(const program::AggregateKernels& kernels,
                                       const uint8_t* from, bool* inserted) {
  MakeRoom();
  uint32_t hash = Header(from)->hash;
  uint64_t* slot = nullptr;
  uint8_t* entry = Probe(
      hash, [&](const uint8_t* e) { return kernels.equal_entries(kernels.self, e, from); }, &slot);
  *inserted = entry == nullptr;
  if (entry == nullptr) {
    entry = NewEntry(hash, slot);
    kernels.insert_entry(kernels.self, entry, from, arena(entry).abi());
  } else {
    Header(entry)->flags |= kReferenced;
  }
  return entry;
}

void GroupTable::Erase(uint8_t* entry) {
  const size_t slots = slots_.size();
  for (size_t i = Home(Header(entry)->hash);; i = i + 1 == slots ? 0 : i + 1) {
    if (slots_[i] > kErased && Pointer(slots_[i]) == entry) {
      slots_[i] = kErased;
      break;
    }
  }
  --size_;
  if (Stored(entry)) --stored_;
  if (EntriesOwnMemory(*spec_)) {
    const program::AggregateKernels* kernels = spec_->kernels->Load();
    kernels->destroy(kernels->self, entry);
  }
  Header(entry)->flags = 0;
  free_.push_back(entry);
}

void GroupTable::Rehash(size_t slots) {
  std::vector<uint64_t> old(slots, kEmpty);
  old.swap(slots_);
  account_->Add((static_cast<int64_t>(slots_.size()) - static_cast<int64_t>(old.size())) *
                static_cast<int64_t>(sizeof(uint64_t)));
  max_used_ = static_cast<int64_t>(slots * 11 / 16);
  used_ = size_;
  for (size_t from = 0; from < old.size(); ++from) {
    if (from + kHeadersAhead < old.size()) {
      __builtin_prefetch(Pointer(old[from + kHeadersAhead]));
    }
    const uint64_t slot = old[from];
    if (slot <= kErased) continue;
    size_t i = Home(Header(Pointer(slot))->hash);
    while (slots_[i] != kEmpty) i = i + 1 == slots ? 0 : i + 1;
    slots_[i] = slot;
  }
}

void GroupTable::Shrink() {
  size_t slots = slots_.size();
  while (slots > kFirstSlots && static_cast<size_t>(size_) * 8 <= slots) slots /= 2;
  if (slots != slots_.size()) Rehash(slots);
}

int64_t GroupTable::Choose(int64_t bytes, bool* round_ended) {
  *round_ended = true;
  victims_.clear();
  victim_slots_.clear();
  staying_slots_.clear();
  chosen_.assign(zones_.size(), false);
  if (zone_bytes_ == 0 || (order_.size() == 1 && arena().allocated_bytes() == 0)) return 0;
  if (round_left_ == 0 || round_left_ > order_.size()) round_left_ = order_.size();
  int64_t taken = 0;
  for (size_t i = 0; round_left_ > 0 && (taken < bytes || i == 0); ++i, --round_left_) {
    chosen_[order_[i]] = true;
    taken += zones_[order_[i]]->allocated_bytes();
  }
  *round_ended = round_left_ == 0;
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (i + kHeadersAhead < slots_.size()) {
      __builtin_prefetch(Pointer(slots_[i + kHeadersAhead]));
    }
    if (slots_[i] <= kErased) continue;
    uint8_t* entry = Pointer(slots_[i]);
    if (!chosen_[Zone(entry)]) continue;
    if ((Header(entry)->flags & (kChanged | kReferenced)) != 0) {
      staying_slots_.push_back(i);
    } else {
      victims_.push_back(entry);
      victim_slots_.push_back(i);
    }
  }
  return taken;
}

void GroupTable::Keep() {
  victims_.clear();
  victim_slots_.clear();
  staying_slots_.clear();
}

void GroupTable::Compact() {
  Keep();
  chosen_.assign(zones_.size(), false);
  for (uint32_t zone : order_) chosen_[zone] = true;
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i] > kErased) staying_slots_.push_back(i);
  }
  Release();
}

void GroupTable::Release() {
  const program::AggregateKernels* kernels = spec_->kernels->Load();
  const bool owned = EntriesOwnMemory(*spec_);
  for (size_t i = 0; i < victims_.size(); ++i) {
    if (Stored(victims_[i])) --stored_;
    if (owned) kernels->destroy(kernels->self, victims_[i]);
    slots_[victim_slots_[i]] = kErased;
  }
  size_ -= static_cast<int64_t>(victims_.size());
  cold_ += static_cast<int64_t>(victims_.size());
  ever_cold_ = ever_cold_ || !victims_.empty();

  free_.erase(std::remove_if(free_.begin(), free_.end(),
                             [&](const uint8_t* entry) { return chosen_[Zone(entry)]; }),
              free_.end());
  order_.erase(
      std::remove_if(order_.begin(), order_.end(), [&](uint32_t zone) { return chosen_[zone]; }),
      order_.end());
  if (chosen_[current_]) OpenZone();
  for (size_t slot : staying_slots_) {
    uint8_t* old = Pointer(slots_[slot]);
    uint8_t* entry = NewMemory();
    MoveEntry(*spec_, old, entry, &arena(entry));
    FlowEntryHeader* header = Header(entry);
    header->flags = Header(old)->flags & (kChanged | kStored);
    slots_[slot] = Tag(header->hash) | reinterpret_cast<uint64_t>(entry);
    Header(old)->flags |= kMoved;
    std::memcpy(old + sizeof(FlowEntryHeader), &entry, sizeof entry);
  }
  // Those that are in no slot any more were erased.
  changed_.erase(std::remove_if(changed_.begin(), changed_.end(),
                                [&](const uint8_t* entry) {
                                  return chosen_[Zone(entry)] &&
                                         (Header(entry)->flags & kMoved) == 0;
                                }),
                 changed_.end());
  for (uint8_t*& entry : changed_) {
    if ((Header(entry)->flags & kMoved) != 0) {
      std::memcpy(&entry, entry + sizeof(FlowEntryHeader), sizeof entry);
    }
  }
  for (size_t zone = 0; zone < chosen_.size(); ++zone) {
    if (chosen_[zone]) zones_[zone].reset();
  }
  Keep();
  Shrink();
}

}  // namespace flow
