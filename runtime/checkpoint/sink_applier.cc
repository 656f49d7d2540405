// SinkApplier: what a marker means, and how a target is brought forward.
#include "runtime/checkpoint/sink_applier.h"

#include <algorithm>

#include "runtime/format/row_codec.h"
#include "runtime/format/row_table.h"

namespace flow {

SinkApplier::SinkApplier(const program::Program* program, EpochStore* store, EpochTarget* target,
                         std::function<void(const std::string&)> on_notice)
    : program_(program), store_(store), target_(target), on_notice_(std::move(on_notice)) {}

const program::Sink& SinkApplier::sink(size_t i) const {
  return program_->sinks[static_cast<size_t>(target_->sinks()[i])];
}

const program::View& SinkApplier::view(size_t i) const {
  return program_->views[static_cast<size_t>(sink(i).view)];
}

std::string SinkApplier::Names() const {
  std::string names;
  for (size_t i = 0; i < target_->sinks().size(); ++i) {
    names += (names.empty() ? "" : ", ") + sink(i).name;
  }
  return names;
}

int64_t SinkApplier::applied() const {
  int64_t least = INT64_MAX;
  for (size_t i = 0; i < markers_.size(); ++i) {
    if (!lost_[i]) least = std::min(least, markers_[i].epoch);
  }
  return least;
}

std::vector<int> SinkApplier::lost() const {
  std::vector<int> sinks;
  for (size_t i = 0; i < lost_.size(); ++i) {
    if (lost_[i]) sinks.push_back(target_->sinks()[i]);
  }
  return sinks;
}

Status SinkApplier::Refuse(size_t i, const std::string& what) const {
  return Error{ErrorDomain::kState, "sink " + sink(i).name + " " + what,
               "its content was made by another run, or was changed; give the sink a new place, or "
               "start again with --reset-state"};
}

bool SinkApplier::CanBeMadeAnew(size_t i) const {
  // The state does not hold the rows that an append-only view has given away.
  return !view(i).append_only && target_->CanResync(target_->sinks()[i]);
}

Status SinkApplier::Lose(size_t i, const std::string& what) {
  if (!CanBeMadeAnew(i)) return Refuse(i, what);
  if (!lost_[i] && on_notice_) {
    on_notice_("sink " + sink(i).name + " " + what + ": it is made anew from what the state holds");
  }
  lost_[i] = true;
  return OkStatus();
}

Status SinkApplier::MakeAnew(size_t i, const CommittedEpoch& epoch) {
  const std::shared_ptr<const Batch>& content = epoch.content.at(sink(i).view);
  bool given = content->rows == 0;
  FLOW_RETURN_IF_ERROR(
      target_->Resync(target_->sinks()[i], epoch.marker, [&]() -> Result<const Batch*> {
        const Batch* rows = given ? nullptr : content.get();
        given = true;
        return rows;
      }));
  markers_[i] = epoch.marker;
  lost_[i] = false;
  return OkStatus();
}

Result<std::vector<std::optional<EpochMarker>>> SinkApplier::ReadMarkers() {
  FLOW_TRY(auto found, target_->Attach());
  if (target_->KeepsMarkers()) return found;
  const Manifest current = store_->current();
  for (size_t i = 0; i < found.size(); ++i) {
    auto applied = current.applied.find(sink(i).name);
    if (applied == current.applied.end()) continue;
    FLOW_TRY(std::optional<std::string> hash, store_->HashOf(applied->second));
    found[i] = EpochMarker{applied->second, hash.value_or("")};
  }
  return found;
}

Status SinkApplier::Attach() {
  FLOW_TRY(auto found, ReadMarkers());
  markers_.assign(found.size(), EpochMarker());
  lost_.assign(found.size(), false);
  const Manifest current = store_->current();
  for (size_t i = 0; i < found.size(); ++i) {
    if (found[i]) {
      markers_[i] = *found[i];
      continue;
    }
#ifndef FLOW_MUTANT_LOST_MARKER
    if (current.applied.contains(sink(i).name)) {
      FLOW_RETURN_IF_ERROR(Lose(i, "has lost what it held"));
      continue;
    }
#endif
    // First use. Where the state holds more than nothing the sink is filled from it, and has no
    // marker until that is done.
    markers_[i] = {current.epoch, store_->hash()};
    lost_[i] = current.epoch > 0 && CanBeMadeAnew(i);
    if (!lost_[i]) {
      // The marker is there before any manifest names the sink.
      FLOW_RETURN_IF_ERROR(target_->Create(target_->sinks()[i], markers_[i]));
    }
    if (current.epoch == 0 || !on_notice_) continue;
    on_notice_("sink " + sink(i).name +
               (lost_[i] ? " is new: it is filled from what the state holds"
                         : " is new: it gets what changes from now on"));
  }
  return OkStatus();
}

Status SinkApplier::RollForward() {
  for (size_t i = 0; i < markers_.size(); ++i) {
    if (lost_[i] || markers_[i].epoch != store_->epoch() + 1) continue;
    FLOW_TRY(bool done, store_->RollForward(markers_[i].manifest));
    if (!done) {
      return Refuse(i, "holds epoch " + std::to_string(markers_[i].epoch) +
                           ", which this state does not have");
    }
  }
  return OkStatus();
}

Status SinkApplier::CatchUp() {
  const int64_t current = store_->epoch();
  for (size_t i = 0; i < markers_.size(); ++i) {
    if (lost_[i]) continue;
#ifndef FLOW_MUTANT_ROLLBACK_ACCEPTED
    if (markers_[i].epoch > current) {
      return Refuse(i, "holds epoch " + std::to_string(markers_[i].epoch) + "; the state is at " +
                           std::to_string(current));
    }
#endif
    FLOW_TRY(std::optional<std::string> hash, store_->HashOf(markers_[i].epoch));
    if (!hash) {
      FLOW_RETURN_IF_ERROR(Lose(i, "holds epoch " + std::to_string(markers_[i].epoch) +
                                       ", and what followed is not retained"));
      continue;
    }
#ifndef FLOW_MUTANT_OTHER_LINEAGE
    if (hash != markers_[i].manifest) {
      return Refuse(i, "holds epoch " + std::to_string(markers_[i].epoch) + " of another lineage");
    }
#endif
  }
#ifdef FLOW_MUTANT_ONLY_NEWEST
  if (applied() < current) return ApplyRetained(current);
#endif
  // (If all have lost what they held, nothing is to be caught up with.)
  for (int64_t epoch = std::min(applied(), current) + 1; epoch <= current; ++epoch) {
    Status status = ApplyRetained(epoch);
    if (status.ok()) continue;
    if (status.error().domain != ErrorDomain::kState) return status;
    // The rows are gone: those that still need them start anew, or refuse.
    for (size_t i = 0; i < markers_.size(); ++i) {
      if (lost_[i] || markers_[i].epoch >= epoch) continue;
      FLOW_RETURN_IF_ERROR(Lose(i, "holds epoch " + std::to_string(markers_[i].epoch) +
                                       ", and what followed is not retained"));
    }
  }
  return OkStatus();
}

Status SinkApplier::ApplyRetained(int64_t epoch) {
  FLOW_TRY(Manifest manifest, store_->Retained(epoch));
  FLOW_TRY(std::optional<std::string> hash, store_->HashOf(epoch));
  CommittedEpoch committed;
  committed.marker = {epoch, hash.value_or("")};
  committed.rows.resize(program_->views.size());
  for (const OutboxInfo& outbox : manifest.outboxes) {
    for (size_t v = 0; v < program_->views.size(); ++v) {
      if (program_->views[v].name != outbox.view) continue;
      auto rows = std::make_shared<Batch>(program_->views[v].types,
                                          static_cast<int32_t>(std::max<int64_t>(1, outbox.rows)));
      FLOW_RETURN_IF_ERROR(store_->ReadOutbox(
          outbox, [&](std::string_view frame) { return ReadRowBytes(frame, rows.get()); }));
      committed.rows[v] = std::move(rows);
    }
  }
  return Apply({std::move(committed)});
}

Status SinkApplier::Apply(const std::vector<CommittedEpoch>& epochs) {
  if (!target_->KeepsMarkers() && epochs.size() > 1) {
    for (const CommittedEpoch& epoch : epochs) FLOW_RETURN_IF_ERROR(Apply({epoch}));
    return OkStatus();
  }
  std::vector<SinkStep> steps;
  std::vector<std::unique_ptr<Batch>> folded;
  size_t first = 0;  // of the epochs that are to be applied
  for (size_t e = 0; e < epochs.size(); ++e) {
    for (size_t i = 0; i < markers_.size(); ++i) {
      if (!lost_[i] || !epochs[e].content.contains(sink(i).view)) continue;
      // What is before it goes to the others first.
      if (e > first) {
        FLOW_RETURN_IF_ERROR(Apply({epochs.begin() + static_cast<ptrdiff_t>(first),
                                    epochs.begin() + static_cast<ptrdiff_t>(e)}));
        first = e;
      }
      FLOW_RETURN_IF_ERROR(MakeAnew(i, epochs[e]));
    }
  }
  for (size_t i = 0; i < markers_.size(); ++i) {
    if (lost_[i]) continue;
    SinkStep step;
    step.sink = target_->sinks()[i];
    step.from = markers_[i];
    step.to = epochs.back().marker;
    if (step.to.epoch <= step.from.epoch) continue;  // it is ahead of the others
    const size_t v = static_cast<size_t>(sink(i).view);
    std::vector<const Batch*> parts;
    for (const CommittedEpoch& epoch : epochs) {
#ifndef FLOW_MUTANT_APPLY_AGAIN
      if (epoch.marker.epoch <= step.from.epoch) continue;
#endif
      if (epoch.rows[v] != nullptr && epoch.rows[v]->rows > 0) parts.push_back(epoch.rows[v].get());
    }
    if (parts.size() == 1) {
      step.rows = parts[0];
    } else if (!parts.empty()) {
      Batch all(view(i).types, 64);
      for (const Batch* part : parts) {
        for (int32_t row = 0; row < part->rows; ++row) all.AppendRow(*part, row);
      }
      folded.push_back(view(i).append_only ? std::make_unique<Batch>(std::move(all))
                                           : std::make_unique<Batch>(Consolidate(view(i), all)));
      step.rows = folded.back().get();
    }
    steps.push_back(step);
  }
  if (steps.empty()) return OkStatus();
  FLOW_RETURN_IF_ERROR(target_->Apply(steps));
  for (size_t i = 0; i < markers_.size(); ++i) {
    if (!lost_[i] && markers_[i].epoch < epochs.back().marker.epoch)
      markers_[i] = epochs.back().marker;
  }
  return OkStatus();
}

Status SinkApplier::Recover() {
  FLOW_TRY(auto found, target_->Attach());
  if (!target_->KeepsMarkers()) return OkStatus();  // what was applied in this run is known
  for (size_t i = 0; i < found.size(); ++i) {
    if (!found[i]) {
      FLOW_RETURN_IF_ERROR(Lose(i, "has lost what it held"));
      continue;
    }
    if (lost_[i]) continue;
#ifdef FLOW_MUTANT_DOUBT_FORGOTTEN
    continue;
#endif
    if (found[i]->epoch < markers_[i].epoch) {
      FLOW_RETURN_IF_ERROR(Lose(i, "has gone back to epoch " + std::to_string(found[i]->epoch)));
      continue;
    }
    markers_[i] = *found[i];
  }
  return OkStatus();
}

}  // namespace flow
