// What makes a batch durable. It rests every few seconds, and an epoch has what it did since: how
// far each partition is read, the groups that changed, rows of views, dead letters, counts. When
// all is read, aggregates are finished and their rows go to epochs too; the epoch that has the
// last of them says so (`computed`). Then the sinks get all of it, and one more epoch says that
// (`published`): the next run begins anew.
#include <algorithm>
#include <thread>

#include "runtime/checkpoint/state_view.h"
#include "runtime/exec/batch_job.h"
#include "runtime/exec/epoch_parts.h"
#include "runtime/time/windows.h"

namespace flow {

namespace {

constexpr int64_t kDiskWaitUs = 500'000;
constexpr uint32_t kRewrittenPart = UINT32_MAX;

std::string RangeText(const RunOptions& options) {
  std::string text = "--from " + (options.from.empty() ? "earliest" : options.from);
  if (!options.to.empty()) text += " --to " + options.to;
  if (options.partial) text += " --partial";
  return text;
}

// Which of the sources are not those of the stream; empty: all are.
std::string OtherSources(const program::Program& program, const std::vector<PlanPart>& stream) {
  std::string others;
  for (const program::Source& source : program.sources) {
    const PlanPart* theirs = nullptr;
    const program::Definition* ours = nullptr;
    for (const PlanPart& part : stream) {
      if (part.kind == "source" && part.name == source.name) theirs = &part;
    }
    for (const program::Definition& part : program.definitions) {
      if (part.kind == "source" && part.name == source.name) ours = &part;
    }
    if (theirs != nullptr && ours != nullptr && theirs->text == ours->text) continue;
    others += (others.empty() ? "" : ", ") + source.name;
  }
  return others;
}

}  // namespace

Status BatchJob::OpenStream() {
  const bool to_stream = options_.to == "stream";
  const std::string& root = options_.stream_state;
  if (root.empty() || !Files::System()->Exists(root + "/CURRENT")) {
    if (!to_stream) return OkStatus();
    return UserError(
        "--to stream: there is no state of a stream" + (root.empty() ? "" : " in " + root),
        "run the stream with state first, or name the frontier: --to NAME:P=OFFSET,...");
  }
  if (!to_stream && !options_.decisions.empty()) return OkStatus();
  FLOW_TRY(StateView view, ReadStateView(Files::System(), root));
  const std::string others = OtherSources(program_, view.plan);
  if (!others.empty()) {
    if (to_stream) {
      return Error{ErrorDomain::kState,
                   "--to stream: the stream in " + root + " reads other sources: " + others,
                   "name the frontier: --to NAME:P=OFFSET,..."};
    }
    if (!view.manifest.decisions.empty() && options_.on_notice) {
      options_.on_notice("the decisions of the stream in " + root +
                         " are not used: it reads other sources than this program: " + others);
    }
    return OkStatus();
  }
  stream_ = std::make_unique<Manifest>(std::move(view.manifest));
  if (options_.on_notice && to_stream) {
    options_.on_notice("--to stream is epoch " + std::to_string(stream_->epoch) + " in " + root);
  }
  if (options_.on_notice && options_.decisions.empty() && !stream_->decisions.empty()) {
    options_.on_notice("taking the decisions of the stream in " + root + ": " +
                       std::to_string(stream_->decisions.size()));
  }
  return OkStatus();
}

Status BatchJob::OpenState() {
  dead_view_ = DeadLetterViews(program_);
  EpochStore::Options store_options;
  store_options.reset = options_.reset_state;
  store_options.plan = PlanParts(program_);
  store_options.replace_done = true;
  const std::string& root = options_.state_directory;
  FLOW_TRY(store_, EpochStore::Open(Files::System(), root, store_options));
  last_cut_ = store_->current();
  if (last_cut_.epoch > 0 && !last_cut_.batch) {
    return Error{ErrorDomain::kState, "the state in " + root + " is of a stream",
                 "give the batch a --state of its own"};
  }
  resumed_ = last_cut_.batch && !last_cut_.batch->published;
  if (options_.resume && !resumed_) {
    return Error{ErrorDomain::kState, "--resume: there is no unfinished batch in " + root,
                 "leave --resume out to begin one"};
  }
  if (resumed_) {
    run_ = *last_cut_.batch;
    if (run_.range != RangeText(options_)) {
      return Error{ErrorDomain::kState,
                   "the state in " + root + " is of a batch over another range:\n  state:   " +
                       run_.range + "\n  now:     " + RangeText(options_),
                   "run it with that range to its end, or forget it with --reset-state"};
    }
  } else {
    run_.range = RangeText(options_);
    run_.begin = last_cut_.epoch + 1;
  }
  // What was before this run is with the sinks.
  store_->SetApplied(run_.begin - 1);
  FLOW_RETURN_IF_ERROR(store_->RemoveLeftovers());
  FLOW_TRY(sinks_, BatchSinks::Open(program_, options_, store_.get()));
  FLOW_RETURN_IF_ERROR(sinks_->Attach(resumed_ ? &run_ : nullptr));
  first_part_ = static_cast<uint32_t>(last_cut_.epoch & 0xffffff) << 8;
  if (resumed_ && options_.on_notice) {
    options_.on_notice("state " + root + ": going on from epoch " +
                       std::to_string(last_cut_.epoch) +
                       (run_.computed       ? ", with which all was computed"
                        : run_.scanned != 0 ? ", with which all was read"
                                            : ""));
  }
  return OkStatus();
}

Manifest BatchJob::Describe() const {
  Manifest manifest;
  manifest.owners = StateOwners(program_);
  for (const auto& partition : sources_->partitions()) {
    manifest.partitions.push_back(DescribePosition(program_, partition.get()));
  }
  for (size_t v = 0; v < program_.views.size(); ++v) {
    const program::View& view = program_.views[v];
    manifest.watermarks[ViewOwner(view)] =
        sources_->Watermark(view.watermark_sources, /*by_log=*/true);
  }
  for (const Decision& decision : sources_->decisions()) {
    manifest.decisions.push_back(DecisionJson(decision));
  }
  DescribeResult(&manifest);
  return manifest;
}

void BatchJob::DescribeResult(Manifest* manifest) const {
  manifest->sources.clear();
  manifest->paths.clear();
  std::vector<const WorkerCounts*> counts;
  for (const auto& worker : workers_) counts.push_back(&worker->counts);
  DescribeCounts(program_, routes_, counts, manifest);
  for (size_t v = 0; v < program_.views.size(); ++v) {
    DescribeDigest(*outputs_[v], DigestOf(v), manifest);
  }
}

int64_t BatchJob::HeldBytes() const {
  int64_t held = 0;
  for (const auto& output : outputs_) held += output->outbox_bytes() + output->pending_bytes();
  return held;
}

Status BatchJob::Step() {
  ++steps_;
  if (!options_.schedule.crash || !options_.schedule.crash(steps_)) return OkStatus();
  return InternalError("crashed by a test");
}

Status BatchJob::AddRows(EpochData* data) {
  for (size_t v = 0; v < outputs_.size(); ++v) {
    std::shared_ptr<const Batch> rows = outputs_[v]->TakeOutbox();
    if (rows == nullptr) continue;
    auto refusal = [&](const Batch& batch, int32_t row) {
      return sinks_->Refusal(static_cast<int>(v), batch, row);
    };
    FLOW_RETURN_IF_ERROR(AddOutbox(program_.views[v], *rows, refusal, data));
  }
  return OkStatus();
}

Status BatchJob::Commit(EpochData* data) {
  data->manifest.epoch = last_cut_.epoch + 1;
  data->manifest.wall_us = WallUs();
  data->manifest.batch = run_;
  bool told = false;
  while (true) {
    Status status = store_->Commit(data);
    if (status.ok()) break;
    const bool stop = options_.stop != nullptr && options_.stop->load();
    if (!OutOfSpace(status.error()) || stop) return status;
    if (!told && options_.on_notice) {
      options_.on_notice(status.error().message + "; waiting for space");
    }
    told = true;
    std::this_thread::sleep_for(std::chrono::microseconds(kDiskWaitUs));
  }
  last_cut_ = data->manifest;
  // What can not be folded for want of space is folded later.
  while (true) {
    Result<bool> folded = store_->Fold();
    if (!folded.ok() && !OutOfSpace(folded.error())) return std::move(folded.error());
    if (!folded.ok() || !folded.value()) break;
  }
  FLOW_RETURN_IF_ERROR(store_->CollectGarbage());
  return Step();
}

Status BatchJob::Cut() {
  CollectViews();
  EpochData data;
  data.manifest = Describe();
  data.forget = last_cut_.epoch + 1 == run_.begin;
  data.deltas.resize(workers_.size() + 1);
  pool_->Run([&](int w) {
    for (size_t a = 0; a < partials_.size(); ++a) {
      OwnerSink sink(&data.deltas[static_cast<size_t>(w)], a);
      partials_[a][static_cast<size_t>(w)]->SaveChanges(first_part_ | static_cast<uint32_t>(w),
                                                        &sink);
    }
  });
  for (size_t a = 0; rewrite_parts_ && a < partials_.size(); ++a) {
    OwnerSink sink(&data.deltas.back(), a);
    sink.Drop("");
    partials_[a].back()->SaveChanges(kRewrittenPart, &sink);
  }
  rewrite_parts_ = false;
  SaveUnique(&data.deltas.back());
  for (auto& worker : workers_) {
    if (worker->dead.empty()) continue;
    data.deltas.push_back(std::move(worker->dead));
    worker->dead = StateWriter();
  }
  FLOW_RETURN_IF_ERROR(AddRows(&data));
  return Commit(&data);
}

Status BatchJob::CutRows() {
  for (size_t v = 0; v < outputs_.size(); ++v) outputs_[v]->EndTick(kMinTime, NowUs(), 1, true);
  EpochData data;
  data.manifest = last_cut_;
  FLOW_RETURN_IF_ERROR(AddRows(&data));
  return Commit(&data);
}

Status BatchJob::CutComputed() {
  EpochData data;
  data.manifest = last_cut_;
  data.manifest.ended = true;
  DescribeResult(&data.manifest);
  FLOW_RETURN_IF_ERROR(AddRows(&data));
  run_.computed = true;
  return Commit(&data);
}

Status BatchJob::Publish() {
  FLOW_TRY(bool published, sinks_->Publish(run_));
  if (!published) {
    stopped_.store(true);
    if (options_.on_notice) {
      options_.on_notice("all is computed, but not with all sinks: they get it at the next start");
    }
    return OkStatus();
  }
  FLOW_RETURN_IF_ERROR(Step());
  EpochData data;
  data.manifest = last_cut_;
  for (const std::string& name : sinks_->names()) data.manifest.applied[name] = last_cut_.epoch;
  run_.published = true;
  store_->SetApplied(last_cut_.epoch);
  return Commit(&data);
}

Status BatchJob::BeginRun() {
  for (const auto& partition : sources_->partitions()) {
    run_.ranges.push_back({program_.sources[static_cast<size_t>(partition->source)].name,
                           partition->partition, partition->begin, partition->to,
                           partition->complete, partition->from_event_time});
  }
  FLOW_RETURN_IF_ERROR(Cut());
  return sinks_->Begin({store_->epoch(), store_->hash()});
}

Status BatchJob::RestoreRun() {
  RestoreCounts(program_, routes_, last_cut_, &workers_[0]->counts);
  for (size_t v = 0; v < program_.views.size(); ++v) {
    RestoreDigest(last_cut_, program_.views[v], &workers_[0]->views[v]);
  }
  if (run_.computed) return OkStatus();
  // A crash may have come between the first epoch and this.
  if (last_cut_.epoch == run_.begin) {
    FLOW_RETURN_IF_ERROR(sinks_->Begin({store_->epoch(), store_->hash()}));
  }
  return LoadAggregates();
}

Status BatchJob::LoadAggregates() {
  const std::vector<int> places = PlacesOf(last_cut_.owners, program_);
  const int aggregates = static_cast<int>(program_.aggregates.size());
  for (size_t a = 0; a < partials_.size(); ++a) {
    partials_[a].push_back(
        std::make_unique<PartialAggregate>(&program_.aggregates[a], &state_account_));
  }
  int64_t records = 0;
  FLOW_RETURN_IF_ERROR(store_->Load([&](const StateRecord& record) -> Status {
    if (record.owner >= places.size()) {
      return DataError("damaged state: a record of an unknown operator");
    }
    const int owner = places[record.owner];
    if (owner >= aggregates) return LoadUnique(record, owner);
    if (owner < 0) return OkStatus();
    ++records;
    return partials_[static_cast<size_t>(owner)].back()->Load(record.key, record.value);
  }));
  for (auto& unique : uniques_) {
    if (unique != nullptr) unique->FinishLoad();
  }
  FLOW_RETURN_IF_ERROR(RereadHeld(program_, last_cut_, sources_.get(), uniques_, &state_account_));
  int64_t groups = 0;
  for (auto& partials : partials_) groups += partials.back()->groups();
  // Each run of a batch leaves a part of each group: many of them are written again as one.
  if (records <= 4 * groups + 1000 || run_.scanned != 0) return OkStatus();
  rewrite_parts_ = true;
  for (auto& partials : partials_) partials.back()->MarkAll();
  return OkStatus();
}

}  // namespace flow
