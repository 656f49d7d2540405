// StreamAggregate: see the header for the states of a window.
#include "runtime/operator/stream_aggregate.h"

#include <cstring>

#include "runtime/operator/entry_codec.h"
#include "runtime/operator/rows.h"
#include "runtime/operator/table_key.h"
#include "runtime/time/windows.h"

namespace flow {

using program::AggregateKernels;

StreamAggregate::StreamAggregate(const program::Aggregate* spec, MemoryAccount* account,
                                 std::optional<uint64_t> global_hash, const StateRoom& room)
    : spec_(spec),
      account_("aggregate " + spec->name, account),
      room_(room),
      cold_(spec, room),
      blocks_(spec, &account_) {
  input_widths_ = AggregateInputWidths(*spec);
  uses_arena_ = AccumulatorsUseArena(*spec);
  before_.Reset(spec->finished(), 64);
  scratch_.Reset(spec->finished(), kBatchRows);
  out_.Reset(spec->finished(), kBatchRows);
  if (spec->ranking) ranked_.emplace(*spec);
  if (!spec_->global || !global_hash) return;
  // The row over nothing: shown by the first tick.
  const AggregateKernels& kernels = *spec_->kernels->Load();
  bool inserted;
  FlowColumn none{};
  WindowTable* table = WindowFor(0);
  uint8_t* entry = table->groups->FindOrInsert(kernels, &none, 0, *global_hash, &inserted);
  GroupTable::Touch(entry);
  dirty_.push_back({table->groups.get(), entry, 0, -1});
}

StreamAggregate::~StreamAggregate() = default;

std::unique_ptr<GroupTable> StreamAggregate::NewTable(std::string prefix) {
  auto table =
      std::make_unique<GroupTable>(spec_, &account_, room_.store == nullptr ? 0 : room_.zone_bytes);
  table->set_prefix(std::move(prefix));
  return table;
}

void StreamAggregate::Note(Status status) {
  if (status_.ok() && !status.ok()) status_ = std::move(status);
}

void StreamAggregate::Drop(const GroupTable& table) {
  if (tracking_) dropped_.push_back(table.prefix());
  Note(cold_.Drop(table));
}

bool StreamAggregate::sliced() const {
  return spec_->window && spec_->window->mode == program::WindowMode::kSlice;
}

bool StreamAggregate::Closed(int64_t start) const {
  return spec_->window && Passed(closed_, start + spec_->window->size, 0);
}

StreamAggregate::WindowTable* StreamAggregate::WindowFor(int64_t start) {
  if (last_table_ != nullptr && last_window_ == start) return last_table_;
  WindowTable& table = windows_[start];
  if (table.groups == nullptr) {
    table.groups = NewTable(WindowPrefix(start));
    table.visible = !spec_->on_close || sliced() || Closed(start);
  }
  last_window_ = start;
  last_table_ = &table;
  return &table;
}

GroupTable* StreamAggregate::SliceFor(int64_t slice, int32_t skip) {
  SliceKey key{slice, skip};
  if (last_slice_ != nullptr && last_slice_key_ == key) return last_slice_;
  std::unique_ptr<GroupTable>& table = slices_[key];
  if (table == nullptr) {
    table = NewTable(SlicePrefix(slice, skip));
    ForEachWindowOfSlice(*spec_->window, slice, [&](int32_t index, int64_t start) {
      if (index >= skip && !Closed(start)) open_.insert(start);
    });
  }
  last_slice_key_ = key;
  last_slice_ = table.get();
  return last_slice_;
}

void StreamAggregate::ResolveSliced(int64_t slice, int32_t skip, int32_t row) {
  const program::Window& window = *spec_->window;
  // Windows that are closed already are visible and take the row themselves; the cell of the slice
  // must not feed those again.
  int64_t first = FirstWindowOfSlice(window, slice) + skip * window.slide;
  const int64_t last = LastWindowOfSlice(window, slice);
  while (first <= last && first + window.size <= closed_) {
    targets_.push_back({WindowFor(first)->groups.get(), first, row, true});
    windows_[first].visible = true;
    first += window.slide;
    ++skip;
  }
  if (first <= last) targets_.push_back({SliceFor(slice, skip), slice, row, false});
}

void StreamAggregate::Resolve(const AggregateInput& in) {
  targets_.clear();
  if (sliced()) {
    for (int32_t row = 0; row < in.rows; ++row) ResolveSliced(in.window[row], in.skip[row], row);
  } else {
    for (int32_t row = 0; row < in.rows; ++row) {
      int64_t start = in.window != nullptr ? in.window[row] : 0;
      WindowTable* table = WindowFor(start);
      targets_.push_back({table->groups.get(), start, row, table->visible});
    }
  }
  one_target_a_row_ = targets_.size() == static_cast<size_t>(in.rows);
  for (size_t i = 0; one_target_a_row_ && i < targets_.size(); ++i) {
    one_target_a_row_ = targets_[i].row == static_cast<int32_t>(i);
  }
}

void StreamAggregate::FetchRows(const AggregateKernels& kernels, const AggregateInput& in) {
  if (!cold_.used()) return;
  for (const Target& target : targets_) {
    GroupTable* table = target.table;
    const uint64_t hash = in.hash[target.row];
    if (table->cold() == 0 || table->Find(kernels, in.columns, target.row, hash) != nullptr) {
      continue;
    }
    cold_.WantRow(table, in.columns, target.row, hash);
    if (cold_.wanted() >= ColdSide::kFetched) Note(cold_.Fetch());
  }
  if (cold_.wanted() > 0) Note(cold_.Fetch());
}

void StreamAggregate::FetchEntries(const AggregateKernels& kernels, GroupTable* table,
                                   const uint8_t* const* entries, size_t count) {
  for (size_t i = 0; i < count && table->cold() > 0; ++i) {
    if (table->FindEntry(kernels, entries[i]) != nullptr) continue;
    cold_.WantEntry(table, entries[i]);
    if (cold_.wanted() >= ColdSide::kFetched) Note(cold_.Fetch());
  }
  if (cold_.wanted() > 0) Note(cold_.Fetch());
}

void StreamAggregate::FindEntries(const AggregateKernels& kernels, const AggregateInput& in) {
  FetchRows(kernels, in);
  constexpr size_t kAhead = 12;  // probes in flight
  entries_.resize(targets_.size());
  touched_.clear();
  touched_windows_.clear();
  int32_t before = before_.rows;
  for (size_t i = 0; i < targets_.size(); ++i) {
    if (i + kAhead < targets_.size()) {
      const Target& next = targets_[i + kAhead];
      next.table->Prefetch(in.hash[next.row]);
    }
    const Target& target = targets_[i];
    bool inserted;
    uint8_t* entry =
        target.table->FindOrInsert(kernels, in.columns, target.row, in.hash[target.row], &inserted);
    entries_[i] = entry;
    if (tracking_ && target.table->MarkChanged(entry)) ++unsaved_;
    Touch(target, entry, inserted, &before);
  }
}

void StreamAggregate::Touch(const Target& target, uint8_t* entry, bool inserted, int32_t* before) {
  if (!target.visible) return;
  if (!GroupTable::Touch(entry)) return;
  dirty_.push_back({target.table, entry, target.window, inserted ? -1 : (*before)++});
  if (inserted) return;
  touched_.push_back(entry);
  touched_windows_.push_back(target.window);
}

void StreamAggregate::RememberBefore(const AggregateKernels& kernels) {
  for (size_t i = 0; i < touched_.size(); i += kBatchRows) {
    int32_t count = static_cast<int32_t>(std::min<size_t>(kBatchRows, touched_.size() - i));
    Finish(kernels, &touched_[i], &touched_windows_[i], count);
    for (int32_t row = 0; row < count; ++row) before_.AppendRow(scratch_, row);
  }
}

void StreamAggregate::Update(const AggregateKernels& kernels, const AggregateInput& in) {
  updates_ += static_cast<int64_t>(targets_.size());
  if (targets_.empty()) return;
  if (one_target_a_row_ && !uses_arena_) {
    kernels.update(kernels.self, entries_.data(), in.columns, in.weights, in.rows,
                   targets_[0].table->arena().abi());
    return;
  }
  if (one_target_a_row_) {
    // Memory of long MIN and MAX strings belongs to a zone of the table; where rows go to several,
    // each run of one zone is updated alone.
    size_t begin = 0;
    while (begin < targets_.size()) {
      Arena* arena = &targets_[begin].table->arena(entries_[begin]);
      size_t end = begin + 1;
      while (end < targets_.size() && &targets_[end].table->arena(entries_[end]) == arena) ++end;
      ShiftColumns(in.columns, input_widths_, static_cast<int32_t>(begin), &shifted_);
      kernels.update(kernels.self, &entries_[begin], shifted_.data(),
                     in.weights != nullptr ? in.weights + begin : nullptr,
                     static_cast<int32_t>(end - begin), arena->abi());
      begin = end;
    }
    return;
  }
  for (size_t i = 0; i < targets_.size(); ++i) {
    int32_t row = targets_[i].row;
    ShiftColumns(in.columns, input_widths_, row, &shifted_);
    kernels.update(kernels.self, &entries_[i], shifted_.data(),
                   in.weights != nullptr ? in.weights + row : nullptr, 1,
                   targets_[i].table->arena(entries_[i]).abi());
  }
}

void StreamAggregate::Process(const AggregateInput& in) {
  if (in.rows == 0) return;
  const AggregateKernels& kernels = *spec_->kernels->Load();
  Resolve(in);
  FindEntries(kernels, in);
  RememberBefore(kernels);
  Update(kernels, in);
  spec_->kernels->CountRows(kernels.tier, in.rows);
}

void StreamAggregate::Merge(const PartialAggregate& partial, int owner, int owners) {
  const AggregateKernels& kernels = *spec_->kernels->Load();
  std::vector<const uint8_t*> from;
  for (const auto& [cell, table] : partial.cells()) {
    targets_.clear();
    if (sliced()) {
      ResolveSliced(cell.start, cell.skip, 0);
    } else {
      WindowTable* window = WindowFor(cell.start);
      targets_.push_back({window->groups.get(), cell.start, 0, window->visible});
    }
    for (const Target& target : targets_) {
      entries_.clear();
      from.clear();
      touched_.clear();
      touched_windows_.clear();
      int32_t before = before_.rows;
      table->ForEach([&](const uint8_t* entry) {
        if (KeyPartition(EntryHash(entry), owners) == owner) from.push_back(entry);
      });
      FetchEntries(kernels, target.table, from.data(), from.size());
      for (const uint8_t* entry : from) {
        bool inserted;
        uint8_t* into = target.table->FindOrInsertEntry(kernels, entry, &inserted);
        if (tracking_ && target.table->MarkChanged(into)) ++unsaved_;
        Touch(target, into, inserted, &before);
        entries_.push_back(into);
      }
      RememberBefore(kernels);
      for (size_t i = 0; i < from.size(); ++i) {
        kernels.merge(kernels.self, entries_[i], from[i], target.table->arena(entries_[i]).abi());
      }
    }
  }
}

void StreamAggregate::Finish(const AggregateKernels& kernels, const uint8_t* const* entries,
                             const int64_t* windows, int32_t count) {
  scratch_.Clear();
  scratch_.rows = count;
  kernels.finish(kernels.self, entries, count, scratch_.columns(), scratch_.arena().abi());
  if (!spec_->window) return;
  FillWindowColumns(*spec_, windows, count, &scratch_);
}

void StreamAggregate::Push(const Batch& from, int32_t row, int64_t weight) {
  out_.AppendRow(from, row);
  out_.weights.resize(static_cast<size_t>(out_.rows), 1);
  out_.weights.back() = weight;
  if (out_.rows >= kBatchRows) Flush();
}

void StreamAggregate::Flush() {
  if (out_.rows == 0) return;
  if (ranked_) {
    ranked_->Expand(out_, *emit_);
  } else {
    (*emit_)(out_);
  }
  out_.Clear();
}

void StreamAggregate::EmitDirty(const AggregateKernels& kernels) {
  std::vector<const uint8_t*> entries;
  std::vector<int64_t> windows;
  for (size_t begin = 0; begin < dirty_.size(); begin += kBatchRows) {
    size_t end = std::min(dirty_.size(), begin + kBatchRows);
    entries.clear();
    windows.clear();
    for (size_t i = begin; i < end; ++i) {
      entries.push_back(dirty_[i].entry);
      windows.push_back(dirty_[i].window);
    }
    Finish(kernels, entries.data(), windows.data(), static_cast<int32_t>(entries.size()));
    for (size_t i = begin; i < end; ++i) {
      const Dirty& dirty = dirty_[i];
      int32_t row = static_cast<int32_t>(i - begin);
      bool alive =
          !spec_->updating_input || spec_->global || kernels.live(kernels.self, dirty.entry) > 0;
      if (alive && dirty.before >= 0 && RowsEqual(before_, dirty.before, scratch_, row)) continue;
#ifndef FLOW_MUTANT_NO_RETRACTION
      if (dirty.before >= 0) Push(before_, dirty.before, -1);
#endif
      if (alive) Push(scratch_, row, 1);
    }
  }
  for (const Dirty& dirty : dirty_) {
    GroupTable::Untouch(dirty.entry);
    if (spec_->updating_input && !spec_->global && kernels.live(kernels.self, dirty.entry) == 0) {
      if (tracking_) {
        removed_.push_back(WindowPrefix(dirty.window));
        AppendEntryKey(*spec_, dirty.entry, &removed_.back());
      }
      cold_.Erasing(dirty.table, dirty.entry);
      dirty.table->Erase(dirty.entry);
    }
  }
  Note(cold_.FinishErasing());
  dirty_.clear();
  before_.Clear();
}

template <typename F>
void StreamAggregate::ForEachChunk(const AggregateKernels& kernels, GroupTable* table, F f) {
  std::vector<const uint8_t*> entries;
  table->ForEach([&](const uint8_t* entry) {
    entries.push_back(entry);
    if (entries.size() < static_cast<size_t>(kBatchRows)) return;
    f(entries.data(), entries.size());
    entries.clear();
  });
  if (!entries.empty()) f(entries.data(), entries.size());
  Note(cold_.ForEach(kernels, table, [&](const uint8_t* const* chunk, size_t count) {
    f(chunk, count);
    return OkStatus();
  }));
}

void StreamAggregate::EmitTable(const AggregateKernels& kernels, GroupTable* table, int64_t window,
                                int64_t weight) {
  std::vector<const uint8_t*> alive;
  const std::vector<int64_t> windows(kBatchRows, window);
  ForEachChunk(kernels, table, [&](const uint8_t* const* entries, size_t count) {
    alive.clear();
    for (size_t i = 0; i < count; ++i) {
      if (spec_->updating_input && kernels.live(kernels.self, entries[i]) <= 0) continue;
      alive.push_back(entries[i]);
    }
    if (alive.empty()) return;
    Finish(kernels, alive.data(), windows.data(), static_cast<int32_t>(alive.size()));
    for (int32_t row = 0; row < scratch_.rows; ++row) Push(scratch_, row, weight);
  });
}

void StreamAggregate::MergeInto(const AggregateKernels& kernels, GroupTable* from,
                                GroupTable* window) {
  if (window->size() == 0) window->Reserve(from->size());
  ForEachChunk(kernels, from, [&](const uint8_t* const* entries, size_t count) {
    FetchEntries(kernels, window, entries, count);
    for (size_t i = 0; i < count; ++i) {
      bool inserted;
      uint8_t* merged = window->FindOrInsertEntry(kernels, entries[i], &inserted);
      if (tracking_ && window->MarkChanged(merged)) ++unsaved_;
      kernels.merge(kernels.self, merged, entries[i], window->arena(merged).abi());
    }
    // A window may have more keys than there is room for.
    if (room_.store != nullptr && !tracking_ && bytes() > room_.bytes) {
      Note(cold_.Evict({window}, account_, room_.bytes / 4 * 3));
    }
  });
}

GroupTable* StreamAggregate::BlockAt(const AggregateKernels& kernels, int64_t at) {
  if (room_.store != nullptr && bytes() > room_.bytes / 2) {
    blocks_.Clear();
    return nullptr;
  }
  return blocks_.Get(at, slices_, [&](const auto& slice, GroupTable* block) {
    ForEachChunk(kernels, slice.get(), [&](const uint8_t* const* entries, size_t count) {
      for (size_t i = 0; i < count; ++i) {
        bool inserted;
        uint8_t* merged = block->FindOrInsertEntry(kernels, entries[i], &inserted);
        kernels.merge(kernels.self, merged, entries[i], block->arena().abi());
      }
    });
  });
}

void StreamAggregate::CloseSlices(const AggregateKernels& kernels, int64_t watermark) {
  const program::Window& window = *spec_->window;
  while (!open_.empty() && Passed(watermark, *open_.begin() + window.size, 0)) {
    int64_t start = *open_.begin();
    open_.erase(open_.begin());
    WindowTable* target = WindowFor(start);
    target->visible = true;
    int64_t first = window.start(start);
#ifdef FLOW_MUTANT_CUMULATE_DOES_NOT_GROW
    if (window.kind == program::WindowKind::kCumulate) first = start + window.size - window.slide;
#endif
    GroupTable* groups = target->groups.get();
    ForEachPart(
        window, start, first, blocks_.span(), slices_,
        [&](const std::unique_ptr<GroupTable>& slice) { MergeInto(kernels, slice.get(), groups); },
        [&](int64_t at) {
          GroupTable* block = BlockAt(kernels, at);
          if (block != nullptr) MergeInto(kernels, block, groups);
          return block != nullptr;
        });
    EmitTable(kernels, target->groups.get(), start);
  }
  // A slice is needed until the last window that holds it is closed.
  while (!slices_.empty()) {
    int64_t slice = slices_.begin()->first.slice;
    if (!Passed(watermark, LastWindowOfSlice(window, slice) + window.size, 0)) break;
    Drop(*slices_.begin()->second);
    slices_.erase(slices_.begin());
    last_slice_ = nullptr;
  }
  blocks_.DropBefore(slices_.empty() ? kMaxTime : slices_.begin()->first.slice);
}

void StreamAggregate::CloseWindows(const AggregateKernels& kernels, int64_t watermark) {
  const program::Window& window = *spec_->window;
  if (sliced()) {
    CloseSlices(kernels, watermark);
  } else if (spec_->on_close) {
    for (auto& [start, table] : windows_) {
      if (!Passed(watermark, start + window.size, 0)) break;
      if (table.visible) continue;
      table.visible = true;
      EmitTable(kernels, table.groups.get(), start);
    }
  }
  closed_ = std::max(closed_, watermark);
  if (keep_until_left_) return;  // Leave frees them
  int64_t kept = spec_->state_lateness;
#ifdef FLOW_MUTANT_FREED_AT_CLOSE
  kept = 0;
#endif
  while (!windows_.empty() && Passed(watermark, windows_.begin()->first + window.size, kept)) {
    Drop(*windows_.begin()->second.groups);
    windows_.erase(windows_.begin());
    last_table_ = nullptr;
  }
}

void StreamAggregate::EndTick(int64_t watermark, const Emit& emit) {
  const AggregateKernels& kernels = *spec_->kernels->Load();
  emit_ = &emit;
  EmitDirty(kernels);
  if (spec_->window && watermark != kMinTime) CloseWindows(kernels, watermark);
  Flush();
  emit_ = nullptr;
}

void StreamAggregate::TrackChanges() {
  tracking_ = true;
  for (auto& [start, table] : windows_) {
    GroupTable* groups = table.groups.get();
    groups->ForEach([&](uint8_t* entry) { unsaved_ += groups->MarkChanged(entry) ? 1 : 0; });
  }
}

void StreamAggregate::Restore(int64_t watermark) {
  closed_ = watermark;
  // The row over nothing that the constructor made: the state has it.
  for (const Dirty& made : dirty_) made.table->Erase(made.entry);
  dirty_.clear();
}

void StreamAggregate::SaveChanges(StateSink* out) {
#ifndef FLOW_MUTANT_DROPS_NOT_SAVED
  for (const std::string& prefix : dropped_) out->Drop(prefix);
#endif
#ifndef FLOW_MUTANT_REMOVES_NOT_SAVED
  for (const std::string& key : removed_) out->Remove(key);
#endif
  dropped_.clear();
  removed_.clear();
  unsaved_ = 0;
  std::string key, value;
  auto save = [&](GroupTable* table) {
    table->TakeChanged([&](const uint8_t* entry) {
      key = table->prefix();
      value.clear();
      AppendEntryKey(*spec_, entry, &key);
      AppendEntryValue(*spec_, entry, &value);
      out->Put(key, value);
    });
  };
  for (auto& [start, table] : windows_) save(table.groups.get());
  for (auto& [at, table] : slices_) save(table.get());
}

Result<GroupTable*> StreamAggregate::TableOf(std::string_view key, size_t* prefix) {
  std::optional<TableKey> at = ParseTableKey(key);
  if (!at || (at->slice && !sliced())) {
    return DataError("damaged state: a key of " + spec_->name + " can not be read");
  }
  *prefix = at->size;
  return at->slice ? SliceFor(at->start, at->skip) : WindowFor(at->start)->groups.get();
}

Status StreamAggregate::Load(std::string_view key, std::string_view value) {
  size_t prefix;
  FLOW_TRY(GroupTable * table, TableOf(key, &prefix));
  key.remove_prefix(prefix);
  uint8_t* entry = table->InsertNew(EntryKeyHash(key));
  return ReadEntry(*spec_, key, value, entry, &table->arena(entry));
}

Status StreamAggregate::LoadNewestFirst(const Saved* records, size_t count) {
  constexpr size_t kAhead = 16;  // probes in flight
  loading_.clear();
  size_t prefix = 0;
  for (size_t i = 0; i < count + kAhead; ++i) {
    if (i < count) {
      const std::string_view key = records[i].key;
      GroupTable* table = loading_.empty() ? nullptr : loading_.back();
      if (table == nullptr || key.substr(0, prefix) != table->prefix()) {
        FLOW_TRY(table, TableOf(key, &prefix));
      }
      table->Prefetch(records[i].hash);
      loading_.push_back(table);
    }
    if (i < kAhead) continue;
    const Saved& record = records[i - kAhead];
    GroupTable* table = loading_[i - kAhead];
    const std::string_view key = record.key.substr(table->prefix().size());
    uint8_t* entry = table->InsertSaved(record.hash, key);
    if (entry == nullptr) continue;
    FLOW_RETURN_IF_ERROR(ReadEntry(*spec_, key, record.value, entry, &table->arena(entry)));
  }
  return OkStatus();
}

void StreamAggregate::Leave(int64_t watermark, const Emit& emit) {
  const AggregateKernels& kernels = *spec_->kernels->Load();
  emit_ = &emit;
  while (!windows_.empty() && watermark != kMinTime) {
    const auto& [start, table] = *windows_.begin();
    if (!Passed(watermark, start + spec_->window->size - 1, *spec_->retain)) break;
    EmitTable(kernels, table.groups.get(), start, -1);
    Drop(*table.groups);
    windows_.erase(windows_.begin());
    last_table_ = nullptr;
  }
  Flush();
  emit_ = nullptr;
}

void StreamAggregate::EmitAll(const Emit& emit) {
  const AggregateKernels& kernels = *spec_->kernels->Load();
  emit_ = &emit;
  for (auto& [start, table] : windows_) {
    if (table.visible) EmitTable(kernels, table.groups.get(), start, 1);
  }
  Flush();
  emit_ = nullptr;
}

void StreamAggregate::Evict(int64_t goal) {
  if (room_.store == nullptr || bytes() <= goal || !dirty_.empty()) return;
  blocks_.Clear();
  std::vector<GroupTable*> tables;
  for (auto& [at, table] : slices_) tables.push_back(table.get());
  for (auto& [start, table] : windows_) tables.push_back(table.groups.get());
  Note(cold_.Evict(tables, account_, goal));
}

bool StreamAggregate::changed() const {
  if (!dropped_.empty() || !removed_.empty()) return true;
  for (const auto& [start, table] : windows_) {
    if (table.groups->changed()) return true;
  }
  for (const auto& [at, table] : slices_) {
    if (table->changed()) return true;
  }
  return false;
}

int64_t StreamAggregate::groups() const {
  int64_t groups = cold_groups();
  for (const auto& [start, table] : windows_) groups += table.groups->size();
  for (const auto& [key, table] : slices_) groups += table->size();
  return groups;
}

int64_t StreamAggregate::cold_groups() const {
  int64_t groups = 0;
  for (const auto& [start, table] : windows_) groups += table.groups->cold();
  for (const auto& [key, table] : slices_) groups += table->cold();
  return groups;
}

}  // namespace flow
