// The opened sources of a run: partitions, where each begins and ends, and its clock.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/checkpoint/manifest.h"
#include "runtime/connector/connector.h"
#include "runtime/exec/options.h"
#include "runtime/program/program.h"
#include "runtime/time/decision_log.h"

namespace flow {

constexpr int64_t kMorselBytes = 1 << 20;  // about as much is read of a partition at once

// One partition of one source in a run. Owned by the worker that processes it in a tick.
struct HeldRows;

struct PartitionState {
  int source = 0;
  int partition = 0;  // id in the connector
  std::string name;
  std::unique_ptr<PartitionReader> reader;
  int64_t from = 0;
  int64_t to = -1;                     // exclusive; -1: without end
  int64_t max_event_time = INT64_MIN;  // M_p
  int64_t next_offset = 0;
  int64_t lag = -1;
  int64_t from_event_time = INT64_MIN;  // M_p at `begin`, of a batch
  int64_t begin = 0;                    // where the range of a batch begins, not of this run of it
  bool ended = false;                   // nothing more comes in this run
  bool leaves_when_ended = false;       // FILE partitions = 'file'
  bool complete = false;                // `to` is the end of the partition itself
  // Decisions: (offset, event time) ascending, and the next one to apply.
  std::vector<std::pair<int64_t, int64_t>> raises;
  size_t next_raise = 0;
  // Those that take effect before the offset, once each.
  void TakeRaises(int64_t before, std::vector<std::pair<int64_t, int64_t>>* out) {
    while (next_raise < raises.size() && raises[next_raise].first < before) {
      out->push_back(raises[next_raise++]);
    }
  }
  std::string fingerprint;  // of the last record read, by this run or the one before
  bool out = false;         // by a decision of this run (live streams)
  // The end of the log as it was seen then, until it is reached: what waits for longer than
  // OVERLOAD SHED allows is shed. -1: not seen.
  int64_t seen_end = -1;
  int64_t seen_end_us = 0;
  int64_t silent_since_us = 0;
  // UNIQUE BY: what waits for other partitions, oldest first, and how many rows that is.
  std::deque<std::shared_ptr<HeldRows>> held;
  int64_t held_rows = 0;
  bool waits = false;     // holds so much that it is not read now
  int64_t in_flight = 0;  // morsels that have been read and are not held yet (batch)
};

class SourceSet {
 public:
  // Opens all sources and readers. `bounded`: every partition gets an end (where it ends now, if
  // nothing else is said); else partitions without an end are read for ever. `resume`: where an
  // earlier run stopped; every partition of it must still be there. A batch goes on over the range
  // that it began with, whatever is there by now. `stream`: the state of a stream over the same
  // log, whose decisions count for this batch, and whose frontier is meant by `--to stream`.
  static Result<std::unique_ptr<SourceSet>> Open(const program::Program& program,
                                                 const RunOptions& options, bool bounded,
                                                 const Manifest* resume = nullptr,
                                                 const Manifest* stream = nullptr);

  std::vector<std::unique_ptr<PartitionState>>& partitions() { return partitions_; }
  const std::vector<std::unique_ptr<PartitionState>>& partitions() const { return partitions_; }
  SourceConnector& connector(int source) { return *connectors_[static_cast<size_t>(source)]; }
  const program::Program& program() const { return program_; }
  std::vector<Decision>& decisions() { return decisions_; }

  // W(F) over the partitions of `sources` as they stand: the least W_p of those that are in, the
  // greatest W_p if none is. `by_log`: who is out follows from the decision log and the offsets
  // (bounded runs); else from PartitionState::out.
  int64_t Watermark(const std::vector<int>& sources, bool by_log) const;
  // Does this partition count for it? `offsets`: of all partitions, where `by_log`.
  bool IsIn(const PartitionState& partition, bool by_log,
            const std::map<PartitionId, int64_t>& offsets) const;
  int64_t PartitionWatermark(const PartitionState& partition) const;
  std::map<PartitionId, int64_t> Offsets() const;
  std::string OffsetText(const PartitionState& partition) const;
  // M at the range's beginning, over all partitions of `sources`: what a batch from a frontier
  // counts as begun.
  int64_t StartEventTime(const std::vector<int>& sources) const;
  // Adds Kafka partitions that appeared; they are read from 0.
  Result<std::vector<PartitionState*>> AddNewPartitions();
  // A reader of [from, to) without what was shed, by `decisions` (nullptr: by those of this run).
  Result<std::unique_ptr<PartitionReader>> OpenReader(
      const PartitionState& partition, int64_t from, int64_t to,
      const std::vector<Decision>* decisions = nullptr);

 private:
  explicit SourceSet(const program::Program& program) : program_(program) {}
  Status ResolveRange(const std::string& text, bool is_end, const RunOptions& options);
  Status ResolveTerms(const std::string& text, bool is_end);
  Status ResolveTime(const std::string& text, bool is_end, const RunOptions& options);
  Status Resume(const std::vector<PartitionPosition>& positions);
  Status ResumeRange(const BatchProgress& batch);
  Status EndAt(const Manifest& stream);
  Status CheckComplete(const std::vector<bool>& named, const std::vector<bool>& set);

  const program::Program& program_;
  std::vector<std::unique_ptr<SourceConnector>> connectors_;
  std::vector<std::unique_ptr<PartitionState>> partitions_;
  std::vector<Decision> decisions_;
  bool test_sheds_ = false;  // any source
};

}  // namespace flow
