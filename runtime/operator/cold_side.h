// The cold side of an aggregate's share: entries of its tables that are in a ColdStore and not in
// memory. Keys there are the owner's number, the table's prefix, and the key as in saved state.
//
// The store may keep an older copy of an entry that was read back: what is in memory counts.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/arena.h"
#include "runtime/base/status.h"
#include "runtime/operator/group_table.h"
#include "runtime/state/cold_store.h"

namespace flow {

// Where a share keeps what has no room; without a store everything stays in memory.
struct StateRoom {
  ColdStore* store = nullptr;
  uint32_t owner = 0;      // differs for every share that uses the store
  int64_t bytes = 0;       // what the share may hold while it closes windows
  int64_t zone_bytes = 0;  // of memory that goes back together
};

class ColdSide {
 public:
  using Chunk = std::function<Status(const uint8_t* const* entries, size_t count)>;
  static constexpr size_t kFetched = 4096;  // keys looked up together

  ColdSide(const program::Aggregate* spec, const StateRoom& room) : spec_(spec), room_(room) {}

  // Has anything ever been cold? While not, the rest need not be called.
  bool used() const { return used_; }

  // Keys that are not in memory and may be cold; Fetch reads those that are, all together.
  void WantRow(GroupTable* table, const FlowColumn* in, int32_t row, uint64_t hash);
  void WantEntry(GroupTable* table, const uint8_t* entry);
  size_t wanted() const { return wanted_.size(); }
  Status Fetch();

  // The cold entries of a table, a chunk at a time, without taking them into it.
  Status ForEach(const program::AggregateKernels& kernels, GroupTable* table, const Chunk& f);

  // `entry` is about to be erased.
  void Erasing(GroupTable* table, const uint8_t* entry);
  Status FinishErasing();
  // The table is about to be freed.
  Status Drop(const GroupTable& table);

  // Moves entries from `tables` (in the order of their prefixes) until `account` has no more than
  // `goal` bytes, or none can go. Goes on where it stopped the last time.
  Status Evict(const std::vector<GroupTable*>& tables, const MemoryAccount& account, int64_t goal);

 private:
  struct Wanted {
    std::string key;
    GroupTable* table;
  };
  std::string TablePrefix(const GroupTable& table) const;

  const program::Aggregate* spec_;
  StateRoom room_;
  bool used_ = false;
  std::vector<Wanted> wanted_;
  std::vector<std::string> keys_;
  std::vector<std::string> erased_;
  std::string hand_;  // prefix of the table whose turn it is
};

}  // namespace flow
