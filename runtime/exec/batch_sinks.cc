// BatchSinks.
#include "runtime/exec/batch_sinks.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "runtime/exec/run_common.h"
#include "runtime/exec/stdout_sink.h"
#include "runtime/format/row_codec.h"

namespace flow {

namespace {

// Reads the rows of one view out of outboxes, a frame at a time.
class OutboxRows {
 public:
  OutboxRows(const EpochStore* store, const program::View* view,
             std::vector<const OutboxInfo*> outboxes)
      : store_(store), view_(view), outboxes_(std::move(outboxes)) {}

  Result<const Batch*> Next() {
    while (true) {
      if (reader_ == nullptr) {
        if (next_ == outboxes_.size()) return static_cast<const Batch*>(nullptr);
        FLOW_TRY(reader_,
                 SegmentReader::Open(store_->files(), store_->root(), outboxes_[next_++]->info));
      }
      FLOW_TRY(std::string_view frame, reader_->Next());
      if (frame.empty()) {
        reader_.reset();
        continue;
      }
      rows_ = Batch(view_->types, kBatchRows);
      FLOW_RETURN_IF_ERROR(ReadRowBytes(frame, &rows_));
      return static_cast<const Batch*>(&rows_);
    }
  }

 private:
  const EpochStore* store_;
  const program::View* view_;
  const std::vector<const OutboxInfo*> outboxes_;
  size_t next_ = 0;
  std::unique_ptr<SegmentReader> reader_;
  Batch rows_;
};

}  // namespace

Result<std::unique_ptr<BatchSinks>> BatchSinks::Open(const program::Program& program,
                                                     const RunOptions& options, EpochStore* store) {
  std::unique_ptr<BatchSinks> sinks(new BatchSinks(program, options, store));
  if (!options.use_sinks) return sinks;
  FLOW_TRY(auto targets, OpenEpochTargets(program, {store->uid(), /*replaces=*/true},
                                          [s = sinks.get()] { return s->stopped(); }));
  for (auto& target : targets) sinks->places_.push_back({std::move(target), {}});
  for (size_t i = 0; i < program.sinks.size(); ++i) {
    if (program.sinks[i].connector == program::Connector::kStdout) {
      sinks->printed_.push_back(static_cast<int>(i));
    }
  }
  return sinks;
}

std::vector<std::string> BatchSinks::names() const {
  std::vector<std::string> names;
  for (const Place& place : places_) {
    for (int index : place.target->sinks()) names.push_back(sink(index).name);
  }
  return names;
}

std::string BatchSinks::NamesOf(const Place& place) const {
  std::string names;
  for (int index : place.target->sinks()) names += (names.empty() ? "" : ", ") + sink(index).name;
  return names;
}

Status BatchSinks::Patiently(const Place& place, const std::function<Status()>& f) {
  int64_t wait = kFirstWaitUs;
  bool told = false;
  auto tell = [&](const std::string& line) {
    if (options_.on_notice) options_.on_notice(line);
  };
  while (true) {
    Status status = f();
    if (status.ok()) {
      if (told) tell("sink " + NamesOf(place) + ": going on");
      return status;
    }
    if (status.error().domain != ErrorDomain::kExternal) return status;
    if (!told) {
      tell("waiting for sink " + NamesOf(place) + ": " + status.error().message + "; trying again");
    }
    told = true;
    for (int64_t slept = 0; slept < wait && !stopped(); slept += kFirstWaitUs) {
      std::this_thread::sleep_for(std::chrono::microseconds(kFirstWaitUs));
    }
    if (stopped()) return status;
    wait = std::min(wait * 2, kLongestWaitUs);
  }
}

Status BatchSinks::CheckAppended(int index, const std::optional<EpochMarker>& marker,
                                 const BatchProgress* run) const {
  auto refuse = [&](const std::string& what, const std::string& hint) -> Status {
    return Error{ErrorDomain::kState, "sink " + sink(index).name + " " + what, hint};
  };
  if (run == nullptr) {
    if (!marker) return OkStatus();
    return refuse(
        "has the rows of an earlier batch: it is only appended to, so they can not be "
        "replaced",
        "give it a new topic or table; with --reset-state that batch is forgotten, and "
        "this one's rows are appended to what is there");
  }
  if (!marker) {
    if (!run->computed) return OkStatus();
    return refuse("has lost its marker: it is known to the state, but does not know it",
                  "give it a new topic or table and start again with --reset-state");
  }
  std::optional<std::string> hash;
  if (marker->epoch >= run->begin && marker->epoch <= store_->epoch()) {
    FLOW_TRY(hash, store_->HashOf(marker->epoch));
  }
  if (hash != marker->manifest) {
    return refuse("holds epoch " + std::to_string(marker->epoch) + ", which is not of this batch",
                  "its content was made by another run: give it a new topic or table and start "
                  "again with --reset-state");
  }
  return OkStatus();
}

Status BatchSinks::Attach(const BatchProgress* run) {
  for (Place& place : places_) {
    if (!place.target->KeepsMarkers()) continue;
    FLOW_RETURN_IF_ERROR(Patiently(place, [&]() -> Status {
      FLOW_TRY(place.markers, place.target->Attach());
      return OkStatus();
    }));
    for (size_t i = 0; i < place.markers.size(); ++i) {
      const int index = place.target->sinks()[i];
      if (place.target->CanResync(index)) continue;
      FLOW_RETURN_IF_ERROR(CheckAppended(index, place.markers[i], run));
    }
  }
  return OkStatus();
}

Status BatchSinks::Begin(const EpochMarker& begin) {
  for (Place& place : places_) {
    if (!place.target->KeepsMarkers()) continue;
    bool again = false;
    FLOW_RETURN_IF_ERROR(Patiently(place, [&]() -> Status {
      if (again) {
        FLOW_TRY(place.markers, place.target->Attach());
      }
      again = true;
      for (size_t i = 0; i < place.markers.size(); ++i) {
        const int index = place.target->sinks()[i];
        if (place.target->CanResync(index) || place.markers[i]) continue;
        FLOW_RETURN_IF_ERROR(place.target->Create(index, begin));
        place.markers[i] = begin;
      }
      return OkStatus();
    }));
  }
  return OkStatus();
}

std::optional<std::string> BatchSinks::Refusal(int view, const Batch& rows, int32_t row) {
  for (Place& place : places_) {
    for (int index : place.target->sinks()) {
      if (sink(index).view != view) continue;
      if (auto why = place.target->Refusal(index, rows, row)) return why;
    }
  }
  return std::nullopt;
}

Status BatchSinks::FindParts(const BatchProgress& run) {
  parts_.clear();
  FLOW_RETURN_IF_ERROR(
      store_->RetainedFrom(run.begin, [&](Manifest manifest, const std::string& hash) {
        // What was finished before a crash has been made again.
        if (manifest.epoch > run.scanned && manifest.epoch < run.finish) return;
        parts_.push_back({{manifest.epoch, hash}, std::move(manifest.outboxes)});
      }));
  std::reverse(parts_.begin(), parts_.end());
  return OkStatus();
}

std::function<Result<const Batch*>()> BatchSinks::RowsOf(int view, size_t begin, size_t end) const {
  const program::View& spec = program_.views[static_cast<size_t>(view)];
  std::vector<const OutboxInfo*> outboxes;
  for (size_t p = begin; p < end; ++p) {
    for (const OutboxInfo& outbox : parts_[p].outboxes) {
      if (outbox.view == spec.name) outboxes.push_back(&outbox);
    }
  }
  auto rows = std::make_shared<OutboxRows>(store_, &spec, std::move(outboxes));
  return [rows]() { return rows->Next(); };
}

Status BatchSinks::AppendTo(Place* place, size_t at) {
  const int index = place->target->sinks()[at];
  const program::View& view = program_.views[static_cast<size_t>(sink(index).view)];
  for (size_t p = 0; p < parts_.size(); ++p) {
    EpochMarker& marker = *place->markers[at];
    if (parts_[p].marker.epoch <= marker.epoch) continue;
    Batch rows(view.types, kBatchRows);
    auto next = RowsOf(sink(index).view, p, p + 1);
    while (true) {
      FLOW_TRY(const Batch* some, next());
      if (some == nullptr) break;
      for (int32_t row = 0; row < some->rows; ++row) rows.AppendRow(*some, row);
    }
    // The last epoch's marker says that all is there.
    if (rows.rows == 0 && p + 1 != parts_.size()) continue;
    SinkStep step;
    step.sink = index;
    step.from = marker;
    step.to = parts_[p].marker;
    step.rows = rows.rows == 0 ? nullptr : &rows;
    FLOW_RETURN_IF_ERROR(place->target->Apply({step}));
    marker = step.to;
  }
  return OkStatus();
}

Status BatchSinks::PublishTo(Place* place, const BatchProgress& run) {
  if (!place->target->KeepsMarkers()) {
    // All of it, each epoch as it was cut: at least once. What this call has sent is known.
    FLOW_TRY(const auto none, place->target->Attach());
    if (place->markers.empty()) place->markers.assign(none.size(), EpochMarker());
    for (size_t i = 0; i < none.size(); ++i) FLOW_RETURN_IF_ERROR(AppendTo(place, i));
    return OkStatus();
  }
  // Reading may have taken hours: whoever was attached then need not be so any more.
  FLOW_TRY(place->markers, place->target->Attach());
  const EpochMarker& last = parts_.back().marker;
  for (size_t i = 0; i < place->markers.size(); ++i) {
    const int index = place->target->sinks()[i];
    if (place->markers[i] == last) continue;  // it has all of it
    if (place->target->CanResync(index)) {
      FLOW_RETURN_IF_ERROR(
          place->target->Resync(index, last, RowsOf(sink(index).view, 0, parts_.size())));
      place->markers[i] = last;
      continue;
    }
    FLOW_RETURN_IF_ERROR(CheckAppended(index, place->markers[i], &run));
    FLOW_RETURN_IF_ERROR(AppendTo(place, i));
  }
  return OkStatus();
}

Status BatchSinks::Print(int index) {
  const program::View& view = program_.views[static_cast<size_t>(sink(index).view)];
  StdoutOptions stdout_options;
  auto format = sink(index).options.find("format");
  stdout_options.format = !options_.format.empty()              ? options_.format
                          : format != sink(index).options.end() ? format->second
                                                                : "json";
  stdout_options.several_views =
      std::count_if(program_.views.begin(), program_.views.end(), [](const program::View& other) {
        return other.wanted && !other.dead_letters;
      }) > 1;
  stdout_options.changes = options_.changes;
  std::unique_ptr<SinkConnector> out = MakeStdoutSink(view, stdout_options);
  auto next = RowsOf(sink(index).view, 0, parts_.size());
  while (true) {
    FLOW_TRY(const Batch* rows, next());
    if (rows == nullptr) break;
    ChangeBatch changes;
    changes.rows = rows;
    changes.revision = 1;
    FLOW_RETURN_IF_ERROR(out->Write(changes));
  }
  FLOW_RETURN_IF_ERROR(out->Flush());
  return out->Close();
}

Result<bool> BatchSinks::Publish(const BatchProgress& run) {
  FLOW_RETURN_IF_ERROR(FindParts(run));
  for (Place& place : places_) {
    Status status = Patiently(place, [&] { return PublishTo(&place, run); });
    if (status.ok()) continue;
    if (status.error().domain == ErrorDomain::kExternal && stopped()) return false;
    return status.error();
  }
  for (int index : printed_) FLOW_RETURN_IF_ERROR(Print(index));
  return true;
}

}  // namespace flow
