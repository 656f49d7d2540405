// Brings one target to the epochs that are committed: reconciles its markers at the start and after
// every doubt, then applies epoch after epoch. No threads here; see runtime/exec/epochs.h.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/checkpoint/epoch_store.h"
#include "runtime/connector/epoch_target.h"
#include "runtime/program/program.h"

namespace flow {

// The rows of one committed epoch, by view; null: none.
struct CommittedEpoch {
  EpochMarker marker;
  std::vector<std::shared_ptr<const Batch>> rows;
  // The whole content, as of this epoch, of views whose sinks asked to be made anew.
  std::map<int, std::shared_ptr<const Batch>> content;
};

class SinkApplier {
 public:
  // All must outlive it. `on_notice` may be empty.
  SinkApplier(const program::Program* program, EpochStore* store, EpochTarget* target,
              std::function<void(const std::string&)> on_notice);

  // At a start: attaches, then decides for each sink what its marker means: nothing to do, epochs
  // to apply (RollForward), a first use, or a refusal (state error).
  Status Attach();
  // A sink holds an epoch that CURRENT does not name yet: proof that it was committed. Sets
  // CURRENT. Called for every target before anything is applied or loaded.
  Status RollForward();
  // Applies what is retained, until every sink holds CURRENT.
  Status CatchUp();

  // Applies epochs in order, as one step (one by one, where the target keeps no markers); they
  // follow what the sinks hold. After an external error
  // nothing is known: call Recover until it succeeds, then Apply again what `applied` does not
  // cover.
  Status Apply(const std::vector<CommittedEpoch>& epochs);
  // Attaches again after an error. Afterwards applied() is the truth.
  Status Recover();

  // The least epoch that all sinks of this target hold; those to be made anew do not count.
  int64_t applied() const;
  // Sinks (as sinks() counts them) that have lost what they held and can be made anew: the next
  // epoch has to bring the content of their views.
  std::vector<int> lost() const;
  const std::vector<int>& sinks() const { return target_->sinks(); }
  std::string Names() const;  // for messages

 private:
  // Of the target, or of the state where the target keeps none.
  Result<std::vector<std::optional<EpochMarker>>> ReadMarkers();
  Status Refuse(size_t i, const std::string& what) const;
  bool CanBeMadeAnew(size_t i) const;
  // Makes it anew with a coming epoch, or refuses.
  Status Lose(size_t i, const std::string& what);
  Status MakeAnew(size_t i, const CommittedEpoch& epoch);
  Status ApplyRetained(int64_t epoch);
  const program::Sink& sink(size_t i) const;
  const program::View& view(size_t i) const;

  const program::Program* program_;
  EpochStore* store_;
  EpochTarget* target_;
  std::function<void(const std::string&)> on_notice_;
  std::vector<EpochMarker> markers_;  // by the target's sinks
  std::vector<bool> lost_;
};

}  // namespace flow
