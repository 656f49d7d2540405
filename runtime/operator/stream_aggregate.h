// GROUP BY over a stream: one share of the keys.
//
// State is a table per window, or per slice (slice, first accepting window) where windows overlap
// and only closed windows are shown. A window is *visible* when its rows are part of the output:
// from its first row on, or from its close on (EMIT ON CLOSE). Changes to visible windows are
// collected by tick: the row before the tick's first touch is kept, the row after is read at the
// tick's end. A closed window built from slices gets a table of its own while lateness lasts.
//
// Invariant: a row that is not late finds its window here, because tables are dropped only when W
// has passed end + lateness, and no partition's own watermark is behind W.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/operator/group_table.h"
#include "runtime/operator/ranked_rows.h"
#include "runtime/operator/slice_blocks.h"
#include "runtime/operator/stream_operator.h"

namespace flow {

class StreamAggregate : public StreamOperator {
 public:
  StreamAggregate(const program::Aggregate* spec, MemoryAccount* account,
                  std::optional<uint64_t> global_hash, const StateRoom& room = {});
  ~StreamAggregate() override;

  void Process(const AggregateInput& in) override;
  void Merge(const PartialAggregate& partial, int owner, int owners) override;
  void EndTick(int64_t watermark, const Emit& emit) override;
  void TrackChanges() override;
  void SaveChanges(StateSink* out) override;
  void Restore(int64_t watermark) override;
  Status Load(std::string_view key, std::string_view value) override;
  Status LoadNewestFirst(const Saved* records, size_t count) override;
  void KeepUntilLeft() override { keep_until_left_ = true; }
  void Leave(int64_t watermark, const Emit& emit) override;
  void EmitAll(const Emit& emit) override;
  const Status& status() const override { return status_; }
  void Evict(int64_t goal) override;
  int64_t bytes() const override { return account_.used(); }
  bool changed() const override;
  int64_t unsaved_bytes() const override {
    return unsaved_ * (spec_->layout.entry_size + kSavedBytes);
  }
  int64_t groups() const override;
  int64_t cold_groups() const override;
  int64_t updates() const override { return updates_; }

 private:
  struct WindowTable {
    std::unique_ptr<GroupTable> groups;
    bool visible = false;
  };
  struct SliceKey {
    int64_t slice;
    int32_t skip;
    auto operator<=>(const SliceKey&) const = default;
  };
  struct Dirty {
    GroupTable* table;
    uint8_t* entry;
    int64_t window;
    int32_t before;  // row of before_; -1: the group was not there
  };
  // A row and the table it goes to.
  struct Target {
    GroupTable* table;
    int64_t window;
    int32_t row;
    bool visible;
  };

  bool sliced() const;
  // Is the window's content part of the output already?
  bool Closed(int64_t start) const;
  WindowTable* WindowFor(int64_t start);
  GroupTable* SliceFor(int64_t slice, int32_t skip);
  // The table of a saved key; `*prefix`: how much of it says so.
  Result<GroupTable*> TableOf(std::string_view key, size_t* prefix);
  std::unique_ptr<GroupTable> NewTable(std::string prefix);
  void Drop(const GroupTable& table);
  void Note(Status status);
  // Reads back what targets_ need.
  void FetchRows(const program::AggregateKernels& kernels, const AggregateInput& in);
  void FetchEntries(const program::AggregateKernels& kernels, GroupTable* table,
                    const uint8_t* const* entries, size_t count);
  // All entries of a table, in memory or cold, a chunk at a time.
  template <typename F>
  void ForEachChunk(const program::AggregateKernels& kernels, GroupTable* table, F f);
  // Fills targets_: for each row its table, and for slices the visible windows too.
  void Resolve(const AggregateInput& in);
  void ResolveSliced(int64_t slice, int32_t skip, int32_t row);
  // If this is the tick's first touch of a visible entry: remembers to keep what it was.
  void Touch(const Target& target, uint8_t* entry, bool inserted, int32_t* before);
  // Finds or makes the entries of targets_; keeps what visible ones were before this tick.
  void FindEntries(const program::AggregateKernels& kernels, const AggregateInput& in);
  void Update(const program::AggregateKernels& kernels, const AggregateInput& in);
  void RememberBefore(const program::AggregateKernels& kernels);
  void EmitDirty(const program::AggregateKernels& kernels);
  void EmitTable(const program::AggregateKernels& kernels, GroupTable* table, int64_t window,
                 int64_t weight = 1);
  void CloseWindows(const program::AggregateKernels& kernels, int64_t watermark);
  void CloseSlices(const program::AggregateKernels& kernels, int64_t watermark);
  // Adds what is in `from` to the window's table.
  void MergeInto(const program::AggregateKernels& kernels, GroupTable* from, GroupTable* window);
  // nullptr: there is no room for it.
  GroupTable* BlockAt(const program::AggregateKernels& kernels, int64_t block);
  // Finishes `count` entries into scratch_ and fills the window columns.
  void Finish(const program::AggregateKernels& kernels, const uint8_t* const* entries,
              const int64_t* windows, int32_t count);
  void Push(const Batch& from, int32_t row, int64_t weight);
  void Flush();

  const program::Aggregate* spec_;
  MemoryAccount account_;
  StateRoom room_;
  ColdSide cold_;
  Status status_;
  std::map<int64_t, WindowTable> windows_;  // by start; not windowed: one at 0
  std::map<SliceKey, std::unique_ptr<GroupTable>> slices_;
  SliceBlocks blocks_;
  std::set<int64_t> open_;      // sliced: starts of windows that some slice feeds, not closed yet
  int64_t closed_ = INT64_MIN;  // windows with end <= closed_ are closed
  bool keep_until_left_ = false;
  int64_t updates_ = 0;
  bool tracking_ = false;
  int64_t unsaved_ = 0;               // entries, of tables that are gone too
  std::vector<std::string> dropped_;  // prefixes of tables that are gone
  std::vector<std::string> removed_;  // keys that are gone

  // Of the current call or tick.
  std::vector<Target> targets_;
  std::vector<uint8_t*> entries_;
  std::vector<const uint8_t*> touched_;
  std::vector<int64_t> touched_windows_;
  std::vector<Dirty> dirty_;
  Batch before_;
  Batch scratch_;
  Batch out_;
  std::optional<RankedRows> ranked_;
  const Emit* emit_ = nullptr;
  std::vector<int> input_widths_;  // bytes of one value of each input column
  std::vector<FlowColumn> shifted_;
  std::vector<GroupTable*> loading_;
  bool uses_arena_ = false;       // some accumulator keeps long strings
  bool one_target_a_row_ = true;  // targets_[i].row == i
  int64_t last_window_ = 0;
  WindowTable* last_table_ = nullptr;
  SliceKey last_slice_key_{0, 0};
  GroupTable* last_slice_ = nullptr;
};

}  // namespace flow
