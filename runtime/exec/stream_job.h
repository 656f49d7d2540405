// The stream plan at work, as a class: stream_job.cc has the tick, stream_decisions.cc what is
// decided between ticks, stream_epochs.cc what makes it durable, stream_memory.cc what keeps its
// state within the budget, stream_unique.cc what UNIQUE BY holds.
#pragma once

#include <atomic>
#include <fstream>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/exec/epochs.h"
#include "runtime/exec/exchange.h"
#include "runtime/exec/profile.h"
#include "runtime/exec/rate_limit.h"
#include "runtime/exec/run_common.h"
#include "runtime/exec/unique.h"
#include "runtime/exec/view_output.h"
#include "runtime/exec/worker_pool.h"
#include "runtime/operator/stream_operator.h"

namespace flow {

class StreamJob {
 public:
  // `program` has the views and sinks of dead letters, if state is kept: see WithDeadLetters.
  StreamJob(const program::Program& program, const RunOptions& options);

  Status Open();
  Result<RunReport> Run();

 private:
  struct Worker {
    Worker(const program::Program& program, const Routes& routes, bool profile)
        : counts(program, routes), profiler(program, routes, profile) {}
    WorkerCounts counts;
    Profiler profiler;
    std::vector<std::unique_ptr<PathRunner>> runners;  // by path
    std::vector<std::unique_ptr<SourceFront>> fronts;  // by source
    std::vector<ViewCollector> views;
    std::vector<std::vector<Exchange>> exchange;  // [path][owner]
    // By path: what this worker aggregated in the tick before the exchange; null: rows cross it.
    std::vector<std::unique_ptr<PartialAggregate>> partial;
    SourceRows rows;
    std::shared_ptr<HeldRows> held;  // in its place where rows may have to wait
    StateWriter dead;                // rows of sources without DEAD LETTER: the state keeps them
    Status status;
    int64_t source_us = 0, operator_us = 0;
    int64_t busy_us = 0;
  };

  void ReadPartitions(int worker);
  Status ReadPartition(PartitionState* partition, int morsels, Worker* worker);
  void ProcessMorsel(PartitionState* partition, SourceRows* rows, Worker* worker);
  void RunPaths(PartitionState* partition, SourceRows* rows, const RowRuns& runs, Worker* worker);
  void Dead(PartitionState* partition, const SourceRows& rows, int32_t row, uint8_t code,
            const std::string& view, Worker* worker);
  void Consume(int path, Worker* worker, const PathRunner::Output& output);
  void RunAggregate(int aggregate, int worker);
  void Leave(int aggregate, Worker* worker, StreamOperator* owned);
  bool IsLeft(int aggregate) const;
  void ComeBack(PartitionState* partition, int64_t offset);
  Status Decide();
  // OVERLOAD SHED: what a partition leaves out from now on, as a decision.
  Status Shed(size_t index);
  Result<int64_t> ShedEnd(size_t index);
  void CountShed(PartitionState* partition, Worker* worker);
  Status Tick(bool* finished);
  Status EmitViews(bool last);
  Status WaitForSinks();
  // Takes the watermarks of this tick; says whether one has changed.
  bool Watermarks(bool last);
  // Is this the end of all input, after which nothing is late or waits?
  bool AtEnd(bool last) const;
  void SetComeBack();
  void NoticeQuiet();
  RunReport Report();

  // The budget: stream_memory.cc.
  void OpenMemory();
  StateRoom RoomFor(size_t aggregate, int worker, int workers) const;
  Status StateStatus() const;
  // Between ticks: moves state to disk if there is too much of it in memory.
  Status KeepBudget();
  int64_t UnsavedBytes() const;
  void Evict();

  // UNIQUE BY: stream_unique.cc.
  bool Holds(int source) const;  // do rows of this source wait for other partitions?
  void MarkWaiting();
  // After a tick's reading and decisions: what no longer waits goes its ways.
  void ReleaseHeld(bool at_end);
  void SaveUnique(StateWriter* writer);
  Status RestoreUnique();

  // Durable state: stream_epochs.cc.
  bool durable() const { return !options_.state_directory.empty(); }
  Status OpenState();
  // After everything is open: puts the state of CURRENT in place. stream_restore.cc.
  Status Restore();
  bool StateFits() const;
  // A record that ends here, on its way to the epoch that holds it.
  void KeepDead(const program::Source& source, const PartitionState& partition,
                const Decoder& decoder, const SourceRows& rows, int32_t row, uint8_t code,
                const std::string& view, Worker* worker);
  // Cuts an epoch if one is due. Waits only where output must not grow, and at the end.
  Status CutIfDue(bool last);
  Status Cut(bool ended);
  // All rows of a view that the state holds now.
  std::shared_ptr<const Batch> ViewContent(size_t view);
  bool ChangedSinceCut() const;
  Manifest DescribeCut(bool ended);
  Status FinishState();

  const program::Program& program_;
  const RunOptions& options_;
  Routes routes_;
  bool bounded_ = false;
  bool decides_ = false;  // takes decisions (else reads them)
  MemoryAccount state_account_{"state", MemoryAccount::Process()};
  std::vector<std::unique_ptr<MemoryAccount>> aggregate_accounts_;  // of which it is the sum
  std::unique_ptr<ColdStore> cold_;
  int64_t hot_bytes_ = 0;   // of state in memory
  int64_t tick_bytes_ = 0;  // of input
  bool cut_early_ = false;  // what is not saved yet leaves no room
  std::unique_ptr<SourceSet> sources_;
  Uniques uniques_;
  std::unique_ptr<WorkerPool> pool_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::vector<std::unique_ptr<StreamOperator>>> aggregates_;  // [aggregate][owner]
  std::vector<std::unique_ptr<ViewOutput>> outputs_;
  std::unique_ptr<DeadLetters> dead_letters_;
  std::unique_ptr<Epochs> epochs_;  // null: no state is kept
  SinkThread sink_thread_;

  // Of the current tick.
  RateLimits rates_;
  std::atomic<size_t> next_partition_{0};
  std::atomic<int64_t> read_rows_{0};
  std::atomic<int64_t> read_bytes_{0};
  std::atomic<bool> full_{false};
  int64_t released_ = 0;  // rows that waited
  int morsels_ = 0;
  std::vector<int64_t> aggregate_watermark_;
  std::vector<int64_t> leave_watermark_;  // by aggregate: never +inf
  std::vector<bool> leaves_;              // by aggregate: rows that leave are told
  std::vector<int64_t> view_watermark_;
  std::vector<int64_t> come_back_;  // by source: event time that a returning partition starts with
  std::mutex decisions_mutex_;
  std::vector<Decision> new_decisions_;
  std::ofstream decision_file_;

  int64_t ticks_ = 0;
  int64_t backpressured_us_ = 0, idle_us_ = 0;
  int64_t started_us_ = 0, first_row_us_ = -1;
  int64_t quiet_since_us_ = 0, last_partitions_us_ = 0;
  int64_t emitted_ = 0;
  bool stopped_ = false;

  // Durable state.
  std::vector<int> dead_view_;  // by source: the view of its dead letters; -1: none
  std::vector<std::string> decided_;
  Manifest last_cut_;
  int64_t last_cut_us_ = 0;
  bool had_ended_ = false;
  int64_t load_us_ = -1;
};

}  // namespace flow
