// The durable side of a run: epochs become durable on a thread of their own while processing goes
// on, then each target gets them on a thread of its own, in order. The job's thread only hands a
// cut over and asks whether it may.
//
// Threads: the writer (one epoch at a time), the folder (folds segments, removes what is not
// needed), and an applier for each target. The first error ends the run: status() has it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "runtime/checkpoint/sink_applier.h"
#include "runtime/exec/options.h"

namespace flow {

class Epochs {
 public:
  // Opens the state directory and every target, and reconciles them: afterwards all sinks hold what
  // CURRENT names. Waits for targets that can not be reached, and says so.
  static Result<std::unique_ptr<Epochs>> Open(const program::Program& program,
                                              const RunOptions& options);
  ~Epochs();

  EpochStore& store() { return *store_; }
  // Why this row can never reach a sink of its view; nullopt: it can. The job's thread only.
  std::optional<std::string> Refusal(int view, const Batch& rows, int32_t row);

  // May the job cut now? No: an epoch is still being written, or a sink lags too far behind.
  bool Ready();
  // Waits up to `us` until Ready or an error.
  bool WaitReady(int64_t us);
  // Views of which some sink has lost what it held: the next cut should bring their content.
  std::set<int> ViewsToMakeAnew();
  // Hands over a cut; `rows` by view are what the sinks get once it is durable, `content` the whole
  // of those views that ViewsToMakeAnew named.
  void Cut(EpochData data, std::vector<std::shared_ptr<const Batch>> rows,
           std::map<int, std::shared_ptr<const Batch>> content);
  // Everything that was cut is durable and with the sinks, or an error, or `stop_waiting` says so.
  Status Drain(const std::function<bool()>& stop_waiting);
  Status status();

  // The newest epoch that every sink holds.
  int64_t applied();
  std::map<std::string, int64_t> applied_by_sink();
  int64_t commits() const { return commits_; }
  int64_t commit_us() const { return commit_us_; }  // time spent writing, in total

 private:
  struct Target {
    std::unique_ptr<EpochTarget> target;
    std::unique_ptr<SinkApplier> applier;
    std::deque<CommittedEpoch> queue;
    int64_t applied = 0;
    std::vector<int> lost;  // sinks
    std::string waiting;    // what for; empty: it does not
    std::thread thread;
  };

  explicit Epochs(const program::Program& program, const RunOptions& options)
      : program_(program), options_(options) {}
  Status Reconcile();
  // Calls f until it gives no external error; waits longer and longer, and says what for.
  Status Patiently(Target* target, const std::function<Status()>& f);
  // For `flowc status`: what this process waits for. Not durable.
  void WriteStatus();
  void WriteLoop();
  void FoldLoop();
  void ApplyLoop(Target* target);
  void Fail(Status status);
  bool ReadyLocked() const;
  bool Sleep(int64_t us);  // false: the run is ending
  bool Interrupted() const;
  void Notice(const std::string& line) const;

  const program::Program& program_;
  const RunOptions& options_;
  std::unique_ptr<EpochStore> store_;
  std::vector<std::unique_ptr<Target>> targets_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  std::atomic<bool> ending_{false};
  std::atomic<bool> running_{false};  // the sinks are reconciled
  bool has_cut_ = false;
  EpochData cut_;
  std::vector<std::shared_ptr<const Batch>> cut_rows_;
  std::map<int, std::shared_ptr<const Batch>> cut_content_;
  bool fold_due_ = false;
  std::string disk_waiting_;
  std::string status_text_;  // as it was written last
  int64_t committed_ = 0;
  Status status_;
  int64_t commits_ = 0, commit_us_ = 0;
  std::thread writer_;
  std::thread folder_;
};

}  // namespace flow
