// The end of the graph: what a view's rows turn into. Workers collect; once a tick the job's thread
// folds what they collected by the view's emission policy and hands it to sinks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/exec/options.h"
#include "runtime/exec/path_runner.h"
#include "runtime/exec/sink_thread.h"
#include "runtime/format/row_table.h"
#include "runtime/operator/state_sink.h"

namespace flow {

// One worker's share of a view's rows in a tick.
class ViewCollector {
 public:
  // `keep_rows`: somebody wants to see rows; else they are only counted and, if `hash`, hashed.
  ViewCollector(const program::View* view, bool keep_rows, bool hash);
  void Add(const PathRunner::Output& output) { Add(output, keep_rows_, true); }
  // RETAIN: rows that sinks keep, but that are no longer part of the view; or that leave it.
  void AddLeft(const PathRunner::Output& output) { Add(output, keep_rows_, false); }
  void Leave(const PathRunner::Output& output) { Add(output, false, true); }
  Batch& rows() { return rows_; }
  const ViewDigest& digest() const { return digest_; }
  // Counts go on from those of an earlier run.
  void Restore(int64_t rows, unsigned __int128 hash) {
    digest_.rows = rows;
    digest_.hash = hash;
  }

 private:
  void Add(const PathRunner::Output& output, bool keep, bool count);

  bool keep_rows_;
  bool hash_;
  Batch rows_;
  ViewDigest digest_;
};

class ViewOutput {
 public:
  // Opens the view's sinks. `bounded`: the run ends by itself.
  static Result<std::unique_ptr<ViewOutput>> Open(const program::Program& program, int view,
                                                  const RunOptions& options, bool bounded,
                                                  SinkThread* thread);

  bool keeps_rows() const {
    return !final_.empty() || !changes_.empty() || callback_ || outbox_wanted_;
  }
  bool hashes() const { return hashes_; }
  const program::View& view() const { return view_; }
  // Takes the rows that a worker collected; changes of one key come in order.
  void Add(const Batch& rows);
  // Emits what is due. `watermark`: W of the view now. `last`: the run ends after this.
  void EndTick(int64_t watermark, int64_t now_us, int64_t revision, bool last);
  int64_t emitted_rows() const { return emitted_; }

  // With state kept, rows go to the epoch's outbox instead of to sinks.
  int64_t outbox_bytes() const;
  int64_t pending_bytes() const;  // of what EndTick has not emitted
  // What the epoch hands to the view's sinks, folded; null: nothing.
  std::shared_ptr<const Batch> TakeOutbox();
  // What waits for EMIT EVERY is state.
  void SaveChanges(StateSink* out);
  Status Load(std::string_view row);
  // Flushes and closes the sinks; CHECKSUM and NULL lines go to stderr.
  Status Close(const ViewDigest& digest);
  const std::vector<SinkConnector*>& sinks() const { return all_; }

 private:
  ViewOutput(const program::View& view, const RunOptions& options, SinkThread* thread)
      : view_(view), options_(options), thread_(thread) {}
  void Emit(Batch batch, const std::vector<SinkConnector*>& sinks, int64_t revision);
  bool Due(int64_t watermark, int64_t now_us, bool last) const;
  // Folds pending_ by key if it has grown much since it was folded: EMIT EVERY may hold the changes
  // of hours.
  void FoldPending();
  // pending_ is no longer what the state has of it.
  void ForgetSaved();

  static constexpr int64_t kFoldBytes = 16 << 20;
  const program::View& view_;
  const RunOptions& options_;
  SinkThread* thread_;
  std::vector<std::unique_ptr<SinkConnector>> owned_;
  std::vector<SinkConnector*> all_;
  std::vector<SinkConnector*> final_;    // get rows when they can change no more
  std::vector<SinkConnector*> changes_;  // get every (folded) change
  bool callback_ = false;
  bool hashes_ = false;
  std::vector<std::string> checksums_;  // names of CHECKSUM sinks
  std::vector<std::string> nulls_;      // names of NULL sinks
  std::unique_ptr<RowTable> table_;     // for final_
  Batch pending_;
  int64_t fold_at_ = kFoldBytes;
  int64_t pending_since_us_ = 0;
  int64_t least_pending_end_ = INT64_MAX;
  int64_t least_table_end_ = INT64_MAX;  // of the windows in table_
  int64_t emitted_ = 0;
  bool outbox_wanted_ = false;
  Batch outbox_;
  int32_t saved_rows_ = 0;      // of pending_: they are in the state
  bool saved_cleared_ = false;  // what the state has is no longer pending
};

}  // namespace flow
