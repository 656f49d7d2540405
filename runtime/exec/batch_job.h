// The batch plan at work, as a class: batch_job.cc reads and finishes, batch_epochs.cc makes it
// durable, batch_unique.cc holds what UNIQUE BY holds.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/exec/batch_sinks.h"
#include "runtime/exec/profile.h"
#include "runtime/exec/run_common.h"
#include "runtime/exec/unique.h"
#include "runtime/exec/view_output.h"
#include "runtime/exec/worker_pool.h"
#include "runtime/operator/batch_aggregate.h"

namespace flow {

class BatchJob {
 public:
  // `program` has the views and sinks of dead letters, if state is kept: see WithDeadLetters.
  BatchJob(const program::Program& program, const RunOptions& options)
      : program_(program), options_(options), routes_(program) {}
  Status Open();
  Result<RunReport> Run();

 private:
  // The order of a partition's morsels: who is next to read, and next to learn M.
  struct PartitionTurn {
    std::mutex read;
    int64_t next_sequence = 0;  // guarded by read
    std::mutex judge;
    std::condition_variable judged;
    int64_t judge_sequence = 0;  // guarded by judge
  };
  struct Worker {
    Worker(const program::Program& program, const Routes& routes, bool profile)
        : counts(program, routes), profiler(program, routes, profile) {}
    WorkerCounts counts;
    Profiler profiler;
    std::vector<std::unique_ptr<PathRunner>> runners;
    std::vector<std::unique_ptr<SourceFront>> fronts;
    std::vector<ViewCollector> views;
    SourceRows rows;
    std::shared_ptr<HeldRows> held;  // in its place where rows may have to wait
    StateWriter dead;                // rows of sources without DEAD LETTER: the state keeps them
    Status status;
    int64_t scan_us = 0, final_us = 0;
  };

  Status OpenWorkers();
  Status SkipPrefix();
  // Reads until all has been read, or it is time for an epoch.
  Status ScanAll();
  void Scan(int worker);
  Status ScanOne(size_t partition, std::unique_lock<std::mutex> lock, Worker* worker, bool* read);
  void ProcessMorsel(PartitionState* partition, PartitionTurn* turn, int64_t sequence,
                     SourceRows* rows, int worker);
  void RunPaths(PartitionState* partition, const SourceRows& rows, const RowRuns& runs, int worker);
  void Dead(const PartitionState& partition, const SourceRows& rows, int32_t row, uint8_t code,
            const std::string& view, int worker);
  void Consume(int path, int worker, const PathRunner::Output& output);
  bool Large(int view, Worker* worker) const;
  Status FlushView(int view, Worker* worker);
  Status FinishAll();
  void FinishAggregate(int aggregate, int worker);
  bool HasLeft(const program::Aggregate& aggregate, const Batch& rows) const;
  WindowRange RangeOf(const program::Aggregate& aggregate) const;
  int64_t Watermark(const std::vector<int>& sources, bool none) const;
  bool failed() const { return failed_.load(std::memory_order_relaxed); }
  Status WorkerStatus() const;
  void CollectViews();
  ViewDigest DigestOf(size_t view) const;
  void Progress(bool force);
  RunReport Report();

  // UNIQUE BY: batch_unique.cc.
  bool Holds(int source) const;  // do rows of this source wait for other partitions?
  // In its turn.
  void JudgeUnique(PartitionState* partition, SourceRows* rows, int worker);
  bool Blocks(const PartitionState& partition) const;
  void ReleaseHeld(int source, int worker);
  // All has been read.
  void ReleaseAtEnd();
  // What came before a range, for M_p and the keys that it left; nothing of it is counted.
  struct Prefix;
  Status PassPrefix(Prefix* prefix);
  void SaveUnique(StateWriter* writer);
  Status LoadUnique(const StateRecord& record, int place);

  // Durable state: batch_epochs.cc.
  bool durable() const { return !options_.state_directory.empty(); }
  Status OpenState();
  // The state of the stream whose log this is, if there is one.
  Status OpenStream();
  // Begins a run, or puts what an earlier one had in place.
  Status BeginRun();
  Status RestoreRun();
  Status LoadAggregates();
  // Makes durable what was read since the last epoch. Everything is at rest.
  Status Cut();
  // While aggregates are finished: rows alone, which the next attempt would make again.
  Status CutRows();
  Status CutComputed();
  Status Publish();
  Manifest Describe() const;
  void DescribeResult(Manifest* manifest) const;
  Status AddRows(EpochData* data);
  Status Commit(EpochData* data);
  int64_t HeldBytes() const;  // by views, for the next epoch
  Status Step();              // where tests crash it

  const program::Program& program_;
  const RunOptions& options_;
  Routes routes_;
  bool from_frontier_ = false;
  std::unique_ptr<SourceSet> sources_;  // null: all had been read and computed before
  std::vector<std::unique_ptr<PartitionTurn>> turns_;
  Uniques uniques_;
  std::unique_ptr<WorkerPool> pool_;
  std::vector<std::unique_ptr<Worker>> workers_;
  // Before those whose memory they count.
  MemoryAccount state_account_{"state", MemoryAccount::Process()};
  std::vector<std::unique_ptr<MemoryAccount>> aggregate_accounts_;  // of which it is the sum
  // [aggregate][worker]; after a resume one more: what there was.
  std::vector<std::vector<std::unique_ptr<PartialAggregate>>> partials_;
  std::vector<int64_t> start_event_time_;  // by aggregate: M(from)
  std::vector<std::unique_ptr<ViewOutput>> outputs_;
  std::vector<bool> streams_through_;  // views that only sources feed: flushed as they come
  std::mutex output_mutex_;
  std::unique_ptr<DeadLetters> dead_letters_;
  SinkThread sink_thread_;
  std::atomic<bool> failed_{false};
  std::atomic<bool> stopped_{false};
  std::atomic<bool> full_{false};  // views hold enough for an epoch
  std::atomic<int64_t> read_rows_{0}, read_bytes_{0}, last_progress_us_{0};
  int64_t pause_at_us_ = INT64_MAX;
  int64_t started_us_ = 0;
  std::atomic<int64_t> first_row_us_{-1};

  // Durable state.
  std::unique_ptr<Manifest> stream_;   // of the stream over the same log
  std::unique_ptr<EpochStore> store_;  // null: no state is kept
  std::unique_ptr<BatchSinks> sinks_;
  std::vector<int> dead_view_;  // by source: the view of its dead letters; -1: none
  BatchProgress run_;
  bool resumed_ = false;
  bool finishing_ = false;
  Manifest last_cut_;
  uint32_t first_part_ = 0;  // of the entries that this process saves; see PartialAggregate
  bool rewrite_parts_ = false;
  int64_t steps_ = 0;
};

}  // namespace flow
