// An open-addressing hash table of state entries: one group an entry.
//
// Entries have the fixed size of their layout and live in one of the table's zones, an arena each,
// with the strings that belong to them; slots hold a pointer with 16 bits of the hash as a tag, and
// stand in the order of the hash, so that a table grows from one end to the other. Of a hash only
// the upper 32 bits are known here. Not thread-safe: a table belongs to one worker.
//
// Some keys may be cold: kept elsewhere (ColdSide), not here. Memory goes back by zones: Choose
// takes the oldest, by second chance, and says which of their entries are to be kept elsewhere;
// Release then frees the zones, and moves the entries that stay. Between the two, and at any other
// time, entries do not move.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/arena.h"
#include "runtime/program/program.h"

namespace flow {

class GroupTable {
 public:
  // `spec` and `account` must outlive the table. `zone_bytes`: how large a zone grows; 0: there is
  // one zone, and nothing is ever chosen.
  GroupTable(const program::Aggregate* spec, MemoryAccount* account, int64_t zone_bytes = 0);
  ~GroupTable();
  GroupTable(const GroupTable&) = delete;
  GroupTable& operator=(const GroupTable&) = delete;

  int64_t size() const { return size_; }
  // Where new entries are made.
  Arena& arena() { return *zones_[current_]; }
  // Where the strings of an entry go.
  Arena& arena(const uint8_t* entry) { return *zones_[Zone(entry)]; }
  // What keys of this table begin with where tables share a space.
  const std::string& prefix() const { return prefix_; }
  void set_prefix(std::string prefix) { prefix_ = std::move(prefix); }

  void Prefetch(uint64_t hash) const { __builtin_prefetch(&slots_[Home(Fold(hash))]); }
  // The entry with the key of row `row`; nullptr: it is not here.
  uint8_t* Find(const program::AggregateKernels& kernels, const FlowColumn* in, int32_t row,
                uint64_t hash);
  // The entry with the key of `from`, an entry of another table.
  uint8_t* FindEntry(const program::AggregateKernels& kernels, const uint8_t* from);
  // All entries with that key, where several may have it: those were made by InsertNew.
  void FindAll(const program::AggregateKernels& kernels, const FlowColumn* in, int32_t row,
               uint64_t hash, std::vector<uint8_t*>* out);
  void FindAllEntries(const program::AggregateKernels& kernels, const uint8_t* from,
                      std::vector<uint8_t*>* out);
  // As those, but made if there is none (`*inserted`): the key must not be cold.
  uint8_t* FindOrInsert(const program::AggregateKernels& kernels, const FlowColumn* in, int32_t row,
                        uint64_t hash, bool* inserted);
  uint8_t* FindOrInsertEntry(const program::AggregateKernels& kernels, const uint8_t* from,
                             bool* inserted);
  // A raw entry for a key that is not there, all but its header uninitialised: the caller fills it.
  uint8_t* InsertNew(uint64_t hash);
  // The same for a saved key (without the table's prefix); nullptr: it is there. Nothing may be
  // cold.
  uint8_t* InsertSaved(uint64_t hash, std::string_view key);
  // The same for a key that was cold. Elsewhere an older copy of it stays.
  uint8_t* InsertStored(uint64_t hash);
  // Room for so many entries, so that they come without growing.
  void Reserve(int64_t entries);
  // Removes an entry of this table and frees what it owns.
  void Erase(uint8_t* entry);

  // Durable state: entries that changed since the last TakeChanged.
  // False: it was marked already.
  bool MarkChanged(uint8_t* entry) {
    uint8_t& flags = Header(entry)->flags;
    if ((flags & kChanged) != 0) return false;
    flags |= kChanged;
    if (changed_.size() == changed_.capacity()) GrowChanged();
    changed_.push_back(entry);
    return true;
  }
  template <typename F>
  void TakeChanged(F f) {
    for (uint8_t* entry : changed_) {
      uint8_t& flags = Header(entry)->flags;
      if ((flags & kChanged) == 0) continue;  // erased, or seen already
      flags &= static_cast<uint8_t>(~kChanged);
      f(entry);
    }
    account_->Add(-PointerBytes(changed_));
    std::vector<uint8_t*>().swap(changed_);
  }
  bool changed() const { return !changed_.empty(); }

  // Marks an entry until Untouch; false: it was marked already.
  static bool Touch(uint8_t* entry) {
    uint8_t& flags = Header(entry)->flags;
    if ((flags & kTouched) != 0) return false;
    flags |= kTouched;
    return true;
  }
  static void Untouch(uint8_t* entry) { Header(entry)->flags &= static_cast<uint8_t>(~kTouched); }

  template <typename F>
  void ForEach(F f) const {
    for (uint64_t slot : slots_) {
      if (slot > kErased) f(Pointer(slot));
    }
  }

  // Keys that are cold; entries here that have an older copy elsewhere; has there been any?
  int64_t cold() const { return cold_; }
  int64_t stored() const { return stored_; }
  bool ever_cold() const { return ever_cold_; }
  static bool Stored(const uint8_t* entry) { return (Header(entry)->flags & kStored) != 0; }

  // Chooses zones of about `bytes`, or all that are left of this round; `*round_ended`: every zone
  // has had its turn. Entries that changed, or were found since their last turn, will stay. Returns
  // the bytes of the zones.
  int64_t Choose(int64_t bytes, bool* round_ended);
  // The entries of chosen zones that go.
  const std::vector<uint8_t*>& victims() const { return victims_; }
  // They are kept elsewhere now: frees the zones.
  void Release();
  // They are not: everything stays.
  void Keep();
  // Moves all entries together: what the strings of erased ones take is free then. None may be
  // touched.
  void Compact();

 private:
  static constexpr uint8_t kChanged = 1;     // of FlowEntryHeader::flags
  static constexpr uint8_t kReferenced = 2;  // found since its last turn
  static constexpr uint8_t kStored = 4;
  static constexpr uint8_t kMoved =
      8;  // in a zone about to be freed: behind the header is where to
  static constexpr uint8_t kTouched = 16;
  static constexpr uint64_t kEmpty = 0;
  static constexpr uint64_t kErased = 1;
  static constexpr uint64_t kPointerMask = (uint64_t{1} << 48) - 1;
  static uint8_t* Pointer(uint64_t slot) { return reinterpret_cast<uint8_t*>(slot & kPointerMask); }
  static uint32_t Fold(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }
  // A worker owns a run of key groups, which are the first 8 bits: they come last here.
  static uint32_t Order(uint32_t hash) { return hash << 8 | hash >> 24; }
  // Where the search for a hash begins.
  size_t Home(uint32_t hash) const { return uint64_t{Order(hash)} * slots_.size() >> 32; }
  static uint64_t Tag(uint32_t hash) { return uint64_t{Order(hash)} << 48; }
  static int64_t PointerBytes(const std::vector<uint8_t*>& list) {
    return static_cast<int64_t>(list.capacity() * sizeof(uint8_t*));
  }
  static FlowEntryHeader* Header(uint8_t* entry) {
    return reinterpret_cast<FlowEntryHeader*>(entry);
  }
  static const FlowEntryHeader* Header(const uint8_t* entry) {
    return reinterpret_cast<const FlowEntryHeader*>(entry);
  }
  static size_t Zone(const uint8_t* entry) { return Header(entry)->zone; }
  template <typename Equal>
  uint8_t* Probe(uint32_t hash, Equal equal, uint64_t** free_slot);
  uint8_t* NewMemory();
  uint8_t* NewEntry(uint32_t hash, uint64_t* slot);
  void GrowChanged();
  void OpenZone();
  void MakeRoom() {
    if (used_ >= max_used_) Grow();
  }
  void Grow();
  void Rehash(size_t slots);
  void Shrink();

  const program::Aggregate* spec_;
  MemoryAccount* account_;
  int64_t zone_bytes_;
  std::vector<std::unique_ptr<Arena>> zones_;  // by number; null: free
  std::vector<uint32_t> order_;                // numbers of zones, oldest first
  size_t current_ = 0;
  std::string prefix_;
  std::vector<uint64_t> slots_;
  std::vector<uint8_t*> free_;
  uint8_t* spare_ = nullptr;  // memory of an entry in the current zone, that was never used
  std::vector<uint8_t*> changed_;
  int64_t size_ = 0;
  int64_t used_ = 0;  // slots that are not empty
  int64_t max_used_ = 0;
  int64_t cold_ = 0, stored_ = 0;
  bool ever_cold_ = false;

  // Of Choose.
  size_t round_left_ = 0;          // zones that have not had their turn
  std::vector<bool> chosen_;       // by number
  std::vector<uint8_t*> victims_;  // entries
  std::vector<size_t> victim_slots_, staying_slots_;
};

}  // namespace flow
