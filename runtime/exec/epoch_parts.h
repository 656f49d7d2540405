// What the epochs of a stream and of a batch have in common: names of state, counts, positions,
// dead letters and rows for sinks, to and from a manifest.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/checkpoint/epoch_store.h"
#include "runtime/exec/run_common.h"
#include "runtime/exec/view_output.h"
#include "runtime/operator/state_sink.h"

namespace flow {

// Owners of state, by name: what numbers mean in segments, now and in a later run. Aggregates come
// first, then views, then sources (their dead letters), then sources (the keys of UNIQUE BY).
std::string AggregateOwner(const program::Aggregate& aggregate);
std::string ViewOwner(const program::View& view);
std::vector<std::string> StateOwners(const program::Program& program);
// For each owner of `saved` its place in StateOwners; -1: it is no longer there.
std::vector<int> PlacesOf(const std::vector<std::string>& saved, const program::Program& program);

class OwnerSink : public StateSink {
 public:
  OwnerSink(StateWriter* writer, size_t owner)
      : writer_(writer), owner_(static_cast<uint16_t>(owner)) {}
  void Put(std::string_view key, std::string_view value) override {
    writer_->Put(owner_, key, value);
  }
  void Remove(std::string_view key) override { writer_->Remove(owner_, key); }
  void Drop(std::string_view prefix) override { writer_->Drop(owner_, prefix); }

 private:
  StateWriter* writer_;
  uint16_t owner_;
};

// Ledgers and digests, summed over workers.
void DescribeCounts(const program::Program& program, const Routes& routes,
                    const std::vector<const WorkerCounts*>& counts, Manifest* manifest);
void DescribeDigest(const ViewOutput& output, const ViewDigest& sum, Manifest* manifest);
void RestoreCounts(const program::Program& program, const Routes& routes, const Manifest& manifest,
                   WorkerCounts* counts);
void RestoreDigest(const Manifest& manifest, const program::View& view, ViewCollector* collector);

// Where a partition stands; keeps the fingerprint of its last record.
PartitionPosition DescribePosition(const program::Program& program, PartitionState* partition);

// By source: the view that WithDeadLetters made for its dead letters; -1: it has none.
std::vector<int> DeadLetterViews(const program::Program& program);
// A record that ends here, for the epoch that holds it: a row of `collector`, or, if that is null,
// kept by the state.
void KeepDeadLetter(const program::Program& program, int source, const DeadLetterRecord& record,
                    ViewCollector* collector, StateWriter* state);

// Adds rows of a view to what sinks get. A data error names a row that `refusal` refuses.
Status AddOutbox(
    const program::View& view, const Batch& rows,
    const std::function<std::optional<std::string>(const Batch& rows, int32_t row)>& refusal,
    EpochData* data);

// What a state of this program belongs to.
std::vector<PlanPart> PlanParts(const program::Program& program);

// The program with a view and a sink for the dead letters of each source that has a DEAD LETTER
// clause: they ride in epochs as any other rows do.
program::Program WithDeadLetters(const program::Program& program);

}  // namespace flow
