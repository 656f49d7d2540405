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

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/batch.h"
#include "runtime/base/status.h"
#include "runtime/operator/aggregate_input.h"
#include "runtime/operator/batch_aggregate.h"
#include "runtime/operator/cold_side.h"
#include "runtime/operator/group_table.h"
#include "runtime/operator/state_sink.h"

namespace flow {

class StreamAggregate {
 public:
  using Emit = std::function<void(const Batch&)>;

  // `global_hash`: of the one row of an aggregate without keys, if this share makes it. `account`:
  // what this share holds is counted there too.
  StreamAggregate(const program::Aggregate* spec, MemoryAccount* account,
                  std::optional<uint64_t> global_hash, const StateRoom& room = {});
  ~StreamAggregate();

  // Adds rows. All rows of a tick come before its EndTick.
  void Process(const AggregateInput& in);
  // Adds what another worker aggregated in this tick: the entries whose key share `owner` (of
  // `owners`) owns. `partial` is only read.
  void Merge(const PartialAggregate& partial, int owner, int owners);
  // Emits the changelog of the tick: rows with weights -1 (as it was) and +1 (as it is). Then
  // closes and frees what `watermark` allows.
  void EndTick(int64_t watermark, const Emit& emit);

  // Durable state. From TrackChanges on, SaveChanges hands over what changed since it was called
  // last; both between ticks. Restore gives the watermark that closed windows, before any Load;
  // each Load gives one record of a fold of what was saved (of this share's keys only).
  void TrackChanges();
  void SaveChanges(StateSink* out);
  void Restore(int64_t watermark);
  Status Load(std::string_view key, std::string_view value);
  // Or many records that are in no order, newest first: one whose key is here already is older, and
  // left out. Not after something went to disk.
  struct Saved {
    uint64_t hash;  // HashOfKey(key)
    std::string_view key, value;
  };
  Status LoadNewestFirst(const Saved* records, size_t count);
  // The hash in a saved key: it says which share loads it.
  static Result<uint64_t> HashOfKey(std::string_view key);

  // RETAIN. Must be said before the first row, if somebody is to hear of rows that leave: windows
  // are kept until then.
  void KeepUntilLeft() { keep_until_left_ = true; }
  // After EndTick: emits with weight -1 the rows of windows that are `retain` behind `watermark`
  // (which is never +inf), and frees them. They are closed: RETAIN is longer than the lateness.
  void Leave(int64_t watermark, const Emit& emit);

  // Emits all rows that are part of the output now. Between ticks.
  void EmitAll(const Emit& emit);
  // The first error of reading or writing cold entries: what came after it is not to be used.
  const Status& status() const { return status_; }
  // Between ticks: lets go of memory until this share holds no more than `goal` bytes, if that is
  // possible. Entries that are not saved yet stay.
  void Evict(int64_t goal);
  int64_t bytes() const { return account_.used(); }
  // Is something not saved yet?
  bool changed() const;
  // About as many bytes as SaveChanges would hand over.
  int64_t unsaved_bytes() const { return unsaved_ * (spec_->layout.entry_size + kSavedBytes); }

  int64_t groups() const;
  int64_t cold_groups() const;
  int64_t updates() const { return updates_; }  // state updates made by rows

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
  std::set<int64_t> open_;      // sliced: starts of windows that some slice feeds, not closed yet
  int64_t closed_ = INT64_MIN;  // windows with end <= closed_ are closed
  bool keep_until_left_ = false;
  int64_t updates_ = 0;
  static constexpr int64_t kSavedBytes = 24;  // of a record, beyond what an entry has
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
