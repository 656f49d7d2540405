// PartialAggregate and FinalizeAggregate.
#include "runtime/operator/batch_aggregate.h"

#include <optional>
#include <set>

#include "runtime/operator/entry_codec.h"
#include "runtime/operator/ranked_rows.h"
#include "runtime/operator/rows.h"
#include "runtime/operator/slice_blocks.h"
#include "runtime/operator/table_key.h"
#include "runtime/time/windows.h"

namespace flow {

using program::AggregateKernels;

namespace {

constexpr size_t kPartBytes = 4;

void AppendPart(uint32_t part, std::string* key) {
  for (int shift = 24; shift >= 0; shift -= 8) *key += static_cast<char>(part >> shift);
}

}  // namespace

PartialAggregate::PartialAggregate(const program::Aggregate* spec, MemoryAccount* account)
    : spec_(spec), account_(account) {
  input_widths_ = AggregateInputWidths(*spec);
  uses_arena_ = AccumulatorsUseArena(*spec);
  Free();
}

void PartialAggregate::Free() {
  cells_.clear();
  last_ = nullptr;
  if (spec_->layout.session_offset >= 0) {
    sessions_ = std::make_unique<SessionTable>(spec_, account_);
  }
}

void PartialAggregate::Changing(uint8_t* session) {
  if (tracking_) sessions_->table().MarkChanged(session);
}

void PartialAggregate::Moving(uint8_t* session) {
  if (!tracking_) return;
  removed_.push_back(WindowPrefix(0));
  AppendEntryKey(*spec_, session, &removed_.back());
}

void PartialAggregate::ProcessSessions(const AggregateKernels& kernels, const AggregateInput& in) {
  for (int32_t row = 0; row < in.rows; ++row) {
    const int64_t time = in.window[row] + spec_->window->size;
    uint8_t* session = sessions_->Join(kernels, in.columns, row, time, in.hash[row], this);
    ShiftColumns(in.columns, input_widths_, row, &shifted_);
    kernels.update(kernels.self, &session, shifted_.data(), nullptr, 1,
                   sessions_->table().arena().abi());
  }
  spec_->kernels->CountRows(kernels.tier, in.rows);
}

GroupTable* PartialAggregate::CellFor(WindowCell cell) {
  if (last_ != nullptr && last_cell_ == cell) return last_;
  std::unique_ptr<GroupTable>& table = cells_[cell];
  if (table == nullptr) table = std::make_unique<GroupTable>(spec_, account_);
  last_cell_ = cell;
  last_ = table.get();
  return last_;
}

void PartialAggregate::MakeGlobal(uint64_t hash_mask) {
  bool inserted;
  FlowColumn none{};
  CellFor({0, 0})->FindOrInsert(*spec_->kernels->Load(), &none, 0, GlobalHash() & hash_mask,
                                &inserted);
}

GroupTable* PartialAggregate::OnlyTable(const AggregateInput& in) {
  const bool with_skip = sliced();
  const WindowCell cell = CellOf(in, 0);
  for (int32_t row = 1; in.window != nullptr && row < in.rows; ++row) {
    if (in.window[row] != cell.start || (with_skip && in.skip[row] != cell.skip)) return nullptr;
  }
  return CellFor(cell);
}

template <typename TableOf>
void PartialAggregate::Find(const AggregateKernels& kernels, const AggregateInput& in,
                            TableOf table_of) {
  constexpr int32_t kAhead = 12;  // probes in flight
  entries_.resize(static_cast<size_t>(in.rows));
  for (int32_t row = 0; row < in.rows; ++row) {
    if (row + kAhead < in.rows) table_of(row + kAhead)->Prefetch(in.hash[row + kAhead]);
    bool inserted;
    entries_[static_cast<size_t>(row)] =
        table_of(row)->FindOrInsert(kernels, in.columns, row, in.hash[row], &inserted);
  }
  for (int32_t row = 0; tracking_ && row < in.rows; ++row) {
    table_of(row)->MarkChanged(entries_[static_cast<size_t>(row)]);
  }
}

void PartialAggregate::Process(const AggregateInput& in) {
  if (in.rows == 0) return;
  const AggregateKernels& kernels = *spec_->kernels->Load();
  if (sessions_ != nullptr) return ProcessSessions(kernels, in);
  spec_->kernels->CountRows(kernels.tier, in.rows);
  if (GroupTable* only = OnlyTable(in); only != nullptr) {
    Find(kernels, in, [only](int32_t) { return only; });
    kernels.update(kernels.self, entries_.data(), in.columns, in.weights, in.rows,
                   only->arena().abi());
    return;
  }
  tables_.resize(static_cast<size_t>(in.rows));
  for (int32_t row = 0; row < in.rows; ++row) {
    tables_[static_cast<size_t>(row)] = CellFor(CellOf(in, row));
  }
  Find(kernels, in, [this](int32_t row) { return tables_[static_cast<size_t>(row)]; });
  int32_t begin = 0;
  while (begin < in.rows) {
    int32_t end = begin + 1;
    GroupTable* table = tables_[static_cast<size_t>(begin)];
    while (end < in.rows && (!uses_arena_ || tables_[static_cast<size_t>(end)] == table)) ++end;
    ShiftColumns(in.columns, input_widths_, begin, &shifted_);
    kernels.update(kernels.self, &entries_[static_cast<size_t>(begin)], shifted_.data(),
                   in.weights != nullptr ? in.weights + begin : nullptr, end - begin,
                   table->arena().abi());
    begin = end;
  }
}

WindowCell PartialAggregate::CellOf(const AggregateInput& in, int32_t row) const {
  return {in.window != nullptr ? in.window[row] : 0, sliced() ? in.skip[row] : 0};
}

bool PartialAggregate::sliced() const {
  return spec_->window && spec_->window->mode == program::WindowMode::kSlice;
}

void PartialAggregate::SaveChanges(uint32_t part, StateSink* out) {
  for (std::string& key : removed_) {
    AppendPart(part, &key);
    out->Remove(key);
  }
  removed_.clear();
  std::string key, value;
  auto save = [&](const std::string& prefix, GroupTable* table) {
    table->TakeChanged([&](const uint8_t* entry) {
      key = prefix;
      value.clear();
      AppendEntryKey(*spec_, entry, &key);
      AppendEntryValue(*spec_, entry, &value);
      AppendPart(part, &key);
      out->Put(key, value);
    });
  };
  for (auto& [cell, table] : cells_) {
    save(sliced() ? SlicePrefix(cell.start, cell.skip) : WindowPrefix(cell.start), table.get());
  }
  if (sessions_ != nullptr) save(WindowPrefix(0), &sessions_->table());
}

Status PartialAggregate::Load(std::string_view key, std::string_view value) {
  constexpr int64_t kEntriesATable = 16 * 1024;  // their strings stay in its arena
  std::optional<TableKey> at = ParseTableKey(key);
  if (!at || at->slice != sliced() || key.size() < at->size + kEntryHashBytes + kPartBytes) {
    return DataError("damaged state: a key of " + spec_->name + " can not be read");
  }
  key.remove_suffix(kPartBytes);
  key.remove_prefix(at->size);
  if (loading_ == nullptr || ++loaded_ % kEntriesATable == 0) {
    loading_ = std::make_unique<GroupTable>(spec_, account_);
  }
  const AggregateKernels& kernels = *spec_->kernels->Load();
  uint8_t* entry = loading_->InsertNew(EntryKeyHash(key));
  FLOW_RETURN_IF_ERROR(ReadEntry(*spec_, key, value, entry, &loading_->arena()));
  if (sessions_ != nullptr) {
    sessions_->Add(kernels, entry, this);
  } else {
    GroupTable* table = CellFor({at->start, at->skip});
    bool inserted;
    uint8_t* merged = table->FindOrInsertEntry(kernels, entry, &inserted);
    kernels.merge(kernels.self, merged, entry, table->arena().abi());
  }
  loading_->Erase(entry);
  return OkStatus();
}

void PartialAggregate::MarkAll() {
  auto mark = [](GroupTable* table) {
    table->ForEach([&](uint8_t* entry) { table->MarkChanged(entry); });
  };
  for (auto& [cell, table] : cells_) mark(table.get());
  if (sessions_ != nullptr) mark(&sessions_->table());
}

int64_t PartialAggregate::groups() const {
  int64_t groups = sessions_ != nullptr ? sessions_->table().size() : 0;
  for (const auto& [cell, table] : cells_) groups += table->size();
  return groups;
}

namespace {

// Emits the rows of finished groups.
class Finisher {
 public:
  Finisher(const program::Aggregate& spec, const AggregateKernels& kernels,
           const std::function<void(const Batch&)>& emit)
      : spec_(spec), kernels_(kernels), emit_(emit) {
    out_.Reset(spec.finished(), kBatchRows);
    if (spec.ranking) ranked_.emplace(spec);
  }
  void Add(const uint8_t* entry, int64_t window) {
    if (spec_.updating_input && !spec_.global && kernels_.live(kernels_.self, entry) <= 0) return;
    entries_.push_back(entry);
    windows_.push_back(window);
    if (entries_.size() == static_cast<size_t>(kBatchRows)) Flush();
  }
  // Entries must stay until this returns.
  void Flush() {
    if (entries_.empty()) return;
    int32_t count = static_cast<int32_t>(entries_.size());
    out_.Clear();
    out_.rows = count;
    kernels_.finish(kernels_.self, entries_.data(), count, out_.columns(), out_.arena().abi());
    if (spec_.window) FillWindowColumns(spec_, windows_.data(), count, &out_);
    if (ranked_) {
      ranked_->Expand(out_, emit_);
    } else {
      emit_(out_);
    }
    entries_.clear();
    windows_.clear();
  }

 private:
  const program::Aggregate& spec_;
  const AggregateKernels& kernels_;
  const std::function<void(const Batch&)>& emit_;
  Batch out_;
  std::optional<RankedRows> ranked_;
  std::vector<const uint8_t*> entries_;
  std::vector<int64_t> windows_;
};

class Merger {
 public:
  Merger(const AggregateKernels& kernels, int partition, int partitions)
      : kernels_(kernels), partition_(partition), partitions_(partitions) {}
  bool Owns(const uint8_t* entry) const {
    return KeyPartition(EntryHash(entry), partitions_) == partition_;
  }
  // Adds what this share owns of `from` to `to`.
  void Merge(const GroupTable& from, GroupTable* to) const {
    from.ForEach([&](const uint8_t* entry) {
      if (!Owns(entry)) return;
      bool inserted;
      uint8_t* merged = to->FindOrInsertEntry(kernels_, entry, &inserted);
      kernels_.merge(kernels_.self, merged, entry, to->arena().abi());
    });
  }

 private:
  const AggregateKernels& kernels_;
  int partition_;
  int partitions_;
};

bool InRange(const WindowRange& range, const program::Window& window, int64_t w) {
  return window.start(w) >= range.first_start && SaturatingAdd(w, window.size) <= range.last_end;
}

// Sessions of different workers may be one.
void FinalizeSessions(const program::Aggregate& spec, const AggregateKernels& kernels,
                      const std::vector<std::unique_ptr<PartialAggregate>>& partials,
                      const Merger& merger, const WindowRange& range, MemoryAccount* account,
                      const std::function<void(const Batch&)>& emit) {
  class Eraser : public SessionListener {
   public:
    explicit Eraser(SessionTable* table) : table_(table) {}
    void Made(uint8_t*) override {}
    void Changing(uint8_t*) override {}
    void Moving(uint8_t*) override {}
    void Merging(uint8_t*) override {}
    void Gone(uint8_t* session) override { table_->Erase(session); }

   private:
    SessionTable* table_;
  };
  SessionTable merged(&spec, account);
  Eraser eraser(&merged);
  for (const auto& partial : partials) {
    partial->sessions()->table().ForEach([&](const uint8_t* session) {
      if (merger.Owns(session)) merged.Add(kernels, session, &eraser);
    });
  }
  // What began less than a gap after the range did may have begun before it.
  const int64_t first = range.first_start == kMinTime
                            ? kMinTime
                            : SaturatingAdd(range.first_start, spec.window->size);
  std::vector<const uint8_t*> left, others;
  merged.table().ForEach([&](const uint8_t* session) {
    if (merged.start(session) < first || merged.end(session) > range.last_end) return;
    (merged.end(session) <= range.left_end ? left : others).push_back(session);
  });
  Batch out(spec.output, kBatchRows);
  for (const auto& sessions : {left, others}) {
    for (size_t i = 0; i < sessions.size(); i += kBatchRows) {
      const size_t count = std::min<size_t>(kBatchRows, sessions.size() - i);
      FinishSessions(kernels, merged, &sessions[i], count, &out);
      emit(out);
    }
  }
}

}  // namespace

void FinalizeAggregate(const program::Aggregate& spec,
                       const std::vector<std::unique_ptr<PartialAggregate>>& partials,
                       int partition, int partitions, const WindowRange& range,
                       MemoryAccount* account, const std::function<void(const Batch&)>& emit) {
  const AggregateKernels& kernels = *spec.kernels->Load();
  Finisher finisher(spec, kernels, emit);
  Merger merger(kernels, partition, partitions);
  if (spec.layout.session_offset >= 0) {
    return FinalizeSessions(spec, kernels, partials, merger, range, account, emit);
  }
  // The tables of all workers by cell.
  std::map<WindowCell, std::vector<const GroupTable*>> cells;
  for (const auto& partial : partials) {
    for (const auto& [cell, table] : partial->cells()) cells[cell].push_back(table.get());
  }
  if (!spec.window || spec.window->mode != program::WindowMode::kSlice) {
    for (const auto& [cell, tables] : cells) {
      if (spec.window && !InRange(range, *spec.window, cell.start)) continue;
      if (tables.size() == 1) {  // nothing to merge
        tables[0]->ForEach([&, start = cell.start](const uint8_t* entry) {
          if (merger.Owns(entry)) finisher.Add(entry, start);
        });
        finisher.Flush();
        continue;
      }
      GroupTable merged(&spec, account);
      for (const GroupTable* table : tables) merger.Merge(*table, &merged);
      merged.ForEach([&, start = cell.start](const uint8_t* e) { finisher.Add(e, start); });
      finisher.Flush();
    }
    return;
  }
  const program::Window& window = *spec.window;
  std::set<int64_t> starts;
  for (const auto& [cell, tables] : cells) {
    ForEachWindowOfSlice(window, cell.start, [&, skip = cell.skip](int32_t index, int64_t start) {
      if (index >= skip && InRange(range, window, start)) starts.insert(start);
    });
  }
  SliceBlocks blocks(&spec, account);
  int64_t likely = 0;  // groups of a window: as many as the one before has
  for (int64_t start : starts) {
    GroupTable merged(&spec, account);
    merged.Reserve(likely);
    const int64_t first = window.start(start);
    auto merge = [&](const std::vector<const GroupTable*>& tables, GroupTable* into) {
      for (const GroupTable* table : tables) merger.Merge(*table, into);
    };
    ForEachPart(
        window, start, first, blocks.span(), cells,
        [&](const std::vector<const GroupTable*>& tables) { merge(tables, &merged); },
        [&](int64_t at) {
          merger.Merge(*blocks.Get(at, cells, merge), &merged);
          return true;
        });
    // Windows of CUMULATE begin together.
    blocks.DropBefore(first);
    likely = merged.size();
    merged.ForEach([&](const uint8_t* entry) { finisher.Add(entry, start); });
    finisher.Flush();
  }
}

}  // namespace flow
