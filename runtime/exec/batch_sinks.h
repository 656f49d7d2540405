// What a durable batch publishes: the rows in its epochs' outboxes, to all sinks, once and at its
// end. A sink that can be made anew gets the whole content in the place of what it held; one that
// can only be appended to gets the epochs one by one, each with its marker, and only once.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/checkpoint/epoch_store.h"
#include "runtime/connector/connector.h"
#include "runtime/connector/epoch_target.h"
#include "runtime/exec/options.h"

namespace flow {

class BatchSinks {
 public:
  // Nothing is connected yet. All must outlive it.
  static Result<std::unique_ptr<BatchSinks>> Open(const program::Program& program,
                                                  const RunOptions& options, EpochStore* store);

  // Reaches every place, waiting for those that are away, and refuses sinks that could not get this
  // run's rows. `run`: the run that goes on; null: a new one begins.
  Status Attach(const BatchProgress* run);
  // The run's first epoch is committed: sinks that are appended to stand there.
  Status Begin(const EpochMarker& begin);
  // Why this row can never reach a sink of its view; nullopt: it can.
  std::optional<std::string> Refusal(int view, const Batch& rows, int32_t row);
  // Everything of the run, of which CURRENT is the last epoch, to all sinks. False: it was stopped
  // while it waited for one.
  Result<bool> Publish(const BatchProgress& run);
  std::vector<std::string> names() const;

 private:
  struct Place {
    std::unique_ptr<EpochTarget> target;
    std::vector<std::optional<EpochMarker>> markers;  // by the target's sinks
  };
  // An epoch whose rows are a part of the result.
  struct Part {
    EpochMarker marker;
    std::vector<OutboxInfo> outboxes;
  };

  BatchSinks(const program::Program& program, const RunOptions& options, EpochStore* store)
      : program_(program), options_(options), store_(store) {}
  const program::Sink& sink(int index) const { return program_.sinks[static_cast<size_t>(index)]; }
  std::string NamesOf(const Place& place) const;
  // Calls f until it gives no external error; waits longer and longer, and says what for.
  Status Patiently(const Place& place, const std::function<Status()>& f);
  Status CheckAppended(int sink, const std::optional<EpochMarker>& marker,
                       const BatchProgress* run) const;
  Status PublishTo(Place* place, const BatchProgress& run);
  Status AppendTo(Place* place, size_t at);
  Status Print(int sink);
  // Fills parts_.
  Status FindParts(const BatchProgress& run);
  // The rows of a view in parts_[begin, end), a batch at a time; null at the end.
  std::function<Result<const Batch*>()> RowsOf(int view, size_t begin, size_t end) const;
  bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }

  const program::Program& program_;
  const RunOptions& options_;
  EpochStore* store_;
  std::vector<Place> places_;
  std::vector<int> printed_;  // STDOUT sinks
  std::vector<Part> parts_;   // oldest first
};

}  // namespace flow
