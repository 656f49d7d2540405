// GROUP BY over a bounded range: every worker aggregates what it reads into tables of its own
// (partial), then the shares of the keys are merged in parallel (final). No timers, no changelog.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/batch.h"
#include "runtime/base/status.h"
#include "runtime/operator/aggregate_input.h"
#include "runtime/operator/group_table.h"
#include "runtime/operator/session_table.h"
#include "runtime/operator/state_sink.h"

namespace flow {

// A cell of windowed state: start of the window or slice, and the first accepting window.
struct WindowCell {
  int64_t start;
  int32_t skip;
  auto operator<=>(const WindowCell&) const = default;
};

// One worker's partial tables. Not thread-safe.
class PartialAggregate : private SessionListener {
 public:
  PartialAggregate(const program::Aggregate* spec, MemoryAccount* account);
  void Process(const AggregateInput& in);
  const std::map<WindowCell, std::unique_ptr<GroupTable>>& cells() const { return cells_; }
  // Instead of cells; null: no sessions.
  const SessionTable* sessions() const { return sessions_.get(); }
  void Free();
  // The row of an aggregate without keys; made even over nothing.
  void MakeGlobal(uint64_t hash_mask);

  // Durable state. From TrackChanges on, SaveChanges hands over the entries that changed since it
  // was called last. Parts of one group are told apart by `part`, the end of their keys: the part
  // of each worker of each run has a number of its own. Load merges parts.
  void TrackChanges() { tracking_ = true; }
  void SaveChanges(uint32_t part, StateSink* out);
  Status Load(std::string_view key, std::string_view value);
  // All that is there counts as changed.
  void MarkAll();
  int64_t groups() const;

 private:
  void Made(uint8_t* session) override { Changing(session); }
  void Changing(uint8_t* session) override;
  void Moving(uint8_t* session) override;
  void Merging(uint8_t*) override {}
  void Gone(uint8_t* session) override { sessions_->Erase(session); }
  void ProcessSessions(const program::AggregateKernels& kernels, const AggregateInput& in);

  GroupTable* CellFor(WindowCell cell);
  WindowCell CellOf(const AggregateInput& in, int32_t row) const;
  // The table of all rows, if they go into one.
  GroupTable* OnlyTable(const AggregateInput& in);
  // The entries of all rows.
  template <typename TableOf>
  void Find(const program::AggregateKernels& kernels, const AggregateInput& in, TableOf table_of);
  bool sliced() const;

  const program::Aggregate* spec_;
  MemoryAccount* account_;
  std::map<WindowCell, std::unique_ptr<GroupTable>> cells_;
  std::unique_ptr<SessionTable> sessions_;
  std::vector<std::string> removed_;  // saved keys of sessions, without the part
  WindowCell last_cell_{0, 0};
  GroupTable* last_ = nullptr;
  std::vector<GroupTable*> tables_;
  std::vector<uint8_t*> entries_;
  std::vector<int> input_widths_;
  std::vector<FlowColumn> shifted_;
  bool uses_arena_ = false;
  bool tracking_ = false;
  std::unique_ptr<GroupTable> loading_;  // one entry at a time
  int64_t loaded_ = 0;
};

// Which windows a batch reports.
struct WindowRange {
  int64_t first_start = INT64_MIN;  // windows with start >= this
  int64_t last_end = INT64_MAX;     // and end <= this
  // Sessions that end by then are emitted apart from the others.
  int64_t left_end = INT64_MIN;
};

// Merges share `partition` of `partitions` and emits its rows, windows in ascending order.
// Different shares may run on different threads.
void FinalizeAggregate(const program::Aggregate& spec,
                       const std::vector<std::unique_ptr<PartialAggregate>>& partials,
                       int partition, int partitions, const WindowRange& range,
                       MemoryAccount* account, const std::function<void(const Batch&)>& emit);

}  // namespace flow
