// ColdSide: entries to the store and back.
#include "runtime/operator/cold_side.h"

#include <algorithm>

#include "runtime/base/batch.h"
#include "runtime/operator/entry_codec.h"

namespace flow {

namespace {

constexpr size_t kOwnerBytes = 4;
// What is written together, at most.
constexpr int64_t kMaxBatch = 8 << 20;

}  // namespace

std::string ColdSide::TablePrefix(const GroupTable& table) const {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(room_.owner >> shift);
  return out + table.prefix();
}

void ColdSide::WantRow(GroupTable* table, const FlowColumn* in, int32_t row, uint64_t hash) {
  wanted_.push_back({TablePrefix(*table), table});
  AppendRowKey(*spec_, in, row, hash, &wanted_.back().key);
}

void ColdSide::WantEntry(GroupTable* table, const uint8_t* entry) {
  wanted_.push_back({TablePrefix(*table), table});
  AppendEntryKey(*spec_, entry, &wanted_.back().key);
}

Status ColdSide::Fetch() {
  std::sort(wanted_.begin(), wanted_.end(),
            [](const Wanted& a, const Wanted& b) { return a.key < b.key; });
  wanted_.erase(std::unique(wanted_.begin(), wanted_.end(),
                            [](const Wanted& a, const Wanted& b) { return a.key == b.key; }),
                wanted_.end());
  keys_.clear();
  for (Wanted& wanted : wanted_) keys_.push_back(std::move(wanted.key));
  Status status = room_.store->Get(keys_, [&](size_t i, std::string_view value) {
    GroupTable* table = wanted_[i].table;
    std::string_view key = keys_[i];
    key.remove_prefix(kOwnerBytes + table->prefix().size());
    uint8_t* entry = table->InsertStored(EntryKeyHash(key));
    return ReadEntry(*spec_, key, value, entry, &table->arena(entry));
  });
  wanted_.clear();
  return status;
}

Status ColdSide::ForEach(const program::AggregateKernels& kernels, GroupTable* table,
                         const Chunk& f) {
  if (table->cold() == 0) return OkStatus();
  const size_t size = static_cast<size_t>(spec_->layout.entry_size);
  Arena arena;
  std::vector<const uint8_t*> entries;
  auto finish = [&]() -> Status {
    Status status = entries.empty() ? OkStatus() : f(entries.data(), entries.size());
    for (size_t i = 0; EntriesOwnMemory(*spec_) && i < entries.size(); ++i) {
      kernels.destroy(kernels.self, const_cast<uint8_t*>(entries[i]));
    }
    entries.clear();
    arena.Reset();
    return status;
  };
  const std::string prefix = TablePrefix(*table);
  Status status =
      room_.store->Scan(prefix, [&](std::string_view key, std::string_view value) -> Status {
        key.remove_prefix(prefix.size());
        auto* entry = reinterpret_cast<uint8_t*>(arena.Allocate(size));
        *reinterpret_cast<FlowEntryHeader*>(entry) = {};
        FLOW_RETURN_IF_ERROR(ReadEntry(*spec_, key, value, entry, &arena));
        if (table->stored() > 0 && table->FindEntry(kernels, entry) != nullptr) {
          if (EntriesOwnMemory(*spec_)) kernels.destroy(kernels.self, entry);
          return OkStatus();
        }
        entries.push_back(entry);
        return entries.size() == static_cast<size_t>(kBatchRows) ? finish() : OkStatus();
      });
  Status last = finish();
  return status.ok() ? last : status;
}

void ColdSide::Erasing(GroupTable* table, const uint8_t* entry) {
  if (!GroupTable::Stored(entry)) return;
  erased_.push_back(TablePrefix(*table));
  AppendEntryKey(*spec_, entry, &erased_.back());
}

Status ColdSide::FinishErasing() {
  Status status = erased_.empty() ? OkStatus() : room_.store->Delete(erased_);
  erased_.clear();
  return status;
}

Status ColdSide::Drop(const GroupTable& table) {
  return table.ever_cold() ? room_.store->DropPrefix(TablePrefix(table)) : OkStatus();
}

Status ColdSide::Evict(const std::vector<GroupTable*>& tables, const MemoryAccount& account,
                       int64_t goal) {
  if (room_.store == nullptr || tables.empty()) return OkStatus();
  const int64_t batch = std::clamp<int64_t>(room_.bytes / 8, room_.zone_bytes, kMaxBatch);
  size_t at = 0;
  while (at + 1 < tables.size() && tables[at]->prefix() < hand_) ++at;
  // Twice round: the first turn of an entry that was found only forgets that.
  size_t rounds_left = 2 * tables.size() + 1;
  std::vector<GroupTable*> chosen;
  ColdEntries entries;
  std::string key, value;
  while (account.used() > goal && rounds_left > 0) {
    int64_t gathered = 0;
    chosen.clear();
    entries.Clear();
    while (gathered < batch && account.used() - gathered > goal && rounds_left > 0) {
      GroupTable* table = tables[at];
      if (!chosen.empty() && (chosen.back() == table || chosen.front() == table)) break;
      bool round_ended;
      gathered += table->Choose(std::min(batch, account.used() - goal) - gathered, &round_ended);
      chosen.push_back(table);
      const std::string prefix = TablePrefix(*table);
      for (const uint8_t* entry : table->victims()) {
        key = prefix;
        value.clear();
        AppendEntryKey(*spec_, entry, &key);
        AppendEntryValue(*spec_, entry, &value);
        entries.Add(key, value);
      }
      if (!round_ended) continue;
      at = (at + 1) % tables.size();
      --rounds_left;
    }
    used_ = used_ || entries.size() > 0;
    Status put = room_.store->Put(&entries);
    for (GroupTable* table : chosen) put.ok() ? table->Release() : table->Keep();
    FLOW_RETURN_IF_ERROR(std::move(put));
  }
  hand_ = tables[at]->prefix();
  return OkStatus();
}

}  // namespace flow
