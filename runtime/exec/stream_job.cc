// The stream plan at work. A tick: every worker reads source partitions and runs the paths from
// them; rows for keyed state cross an exchange; then each aggregate, in topological order, takes
// its rows and emits its changes, on all workers; then the views emit. Between ticks everything
// is at rest: that is the consistent cut at which views are shown.
#include <algorithm>
#include <atomic>
#include <thread>

#include "runtime/exec/epoch_parts.h"
#include "runtime/exec/job.h"
#include "runtime/exec/replay.h"
#include "runtime/exec/stream_job.h"
#include "runtime/operator/rows.h"
#include "runtime/time/windows.h"

namespace flow {

bool AllSourcesBounded(const program::Program& program) {
  for (const program::Source& source : program.sources) {
    if (source.connector == program::Connector::kKafka) return false;
    const auto follow = source.options.find("follow");
    if (follow != source.options.end() && follow->second == "true") return false;
    const bool makes_rows = source.connector == program::Connector::kNexmark ||
                            source.connector == program::Connector::kDatagen;
    if (makes_rows && source.options.count("events") == 0) {
      return false;
    }
  }
  return true;
}

namespace {

constexpr int kMinMorsels = 2;  // a partition and tick
constexpr int kMaxMorsels = 64;
constexpr int64_t kRowBytes = 128;  // what a row counts at least: generated ones have no bytes
constexpr int64_t kQuietUs = 10'000'000;  // without output: say what holds the watermark
constexpr int64_t kNewPartitionsUs = 5'000'000;

}  // namespace

StreamJob::StreamJob(const program::Program& program, const RunOptions& options)
    : program_(program),
      options_(options),
      routes_(program),
      rates_(program),
      morsels_(kMinMorsels) {}

Status StreamJob::Open() {
  bounded_ = options_.until_end || !options_.to.empty() || AllSourcesBounded(program_);
  decides_ = !bounded_ || options_.schedule.decides();
  const Manifest* resume = nullptr;
  if (durable()) {
    FLOW_RETURN_IF_ERROR(OpenState());
    if (last_cut_.epoch > 0) resume = &last_cut_;
    if (resume != nullptr && !options_.from.empty() && options_.from != "earliest") {
      return UserError("--from " + options_.from + ": the state in " + options_.state_directory +
                           " has a position of its own",
                       "leave --from out, or start again with --reset-state");
    }
  }
  FLOW_TRY(sources_, SourceSet::Open(program_, options_, bounded_, resume));
  uniques_ = MakeUniques(program_, &state_account_);
  FLOW_TRY(dead_letters_, DeadLetters::Open(program_, options_));
  int workers = options_.workers > 0 ? options_.workers
                                     : static_cast<int>(std::thread::hardware_concurrency());
  workers = std::clamp(workers, 1, kKeyGroups);
  OpenMemory();
  for (size_t v = 0; v < program_.views.size(); ++v) {
    FLOW_TRY(std::unique_ptr<ViewOutput> output,
             ViewOutput::Open(program_, static_cast<int>(v), options_, bounded_, &sink_thread_));
    outputs_.push_back(std::move(output));
  }
  for (const program::Aggregate& aggregate : program_.aggregates) {
    aggregate_accounts_.push_back(
        std::make_unique<MemoryAccount>("state of " + aggregate.name, &state_account_));
  }
  for (int w = 0; w < workers; ++w) {
    auto worker = std::make_unique<Worker>(program_, routes_, options_.profile);
    for (const Route& route : routes_.all) {
      const program::Pipeline& pipeline = program_.pipelines[static_cast<size_t>(route.pipeline)];
      worker->runners.push_back(
          std::make_unique<PathRunner>(program_, route.pipeline, options_.hash_mask));
      worker->exchange.emplace_back();
      worker->partial.emplace_back();
      if (route.to != Route::To::kAggregate || workers == 1) continue;
      const program::Aggregate& spec = program_.aggregates[static_cast<size_t>(route.index)];
      if (spec.partial && !spec.updating_input && route.from_source) {
        worker->partial.back() = std::make_unique<PartialAggregate>(
            &spec, aggregate_accounts_[static_cast<size_t>(route.index)].get());
        continue;
      }
      for (int owner = 0; owner < workers; ++owner) {
        worker->exchange.back().emplace_back(pipeline.output);
      }
    }
    for (size_t s = 0; s < program_.sources.size(); ++s) {
      worker->fronts.push_back(std::make_unique<SourceFront>(
          &program_, static_cast<int>(s), &sources_->connector(static_cast<int>(s)).decoder()));
    }
    for (size_t v = 0; v < program_.views.size(); ++v) {
      worker->views.emplace_back(&program_.views[v], outputs_[v]->keeps_rows(),
                                 outputs_[v]->hashes());
    }
    workers_.push_back(std::move(worker));
  }
  for (const program::Aggregate& aggregate : program_.aggregates) {
    aggregates_.emplace_back();
    uint64_t global_hash = GlobalHash() & options_.hash_mask;
    for (int w = 0; w < workers; ++w) {
      aggregates_.back().push_back(MakeStreamOperator(
          &aggregate, aggregate_accounts_[aggregates_.size() - 1].get(),
          KeyPartition(global_hash, workers) == w ? std::optional(global_hash) : std::nullopt,
          RoomFor(aggregates_.size() - 1, w, workers)));
    }
  }
  aggregate_watermark_.assign(program_.aggregates.size(), kMinTime);
  leave_watermark_.assign(program_.aggregates.size(), kMinTime);
  for (size_t a = 0; a < program_.aggregates.size(); ++a) {
    leaves_.push_back(IsLeft(static_cast<int>(a)));
    for (auto& share : aggregates_[a]) {
      if (leaves_[a]) share->KeepUntilLeft();
    }
  }
  view_watermark_.assign(program_.views.size(), kMinTime);
  come_back_.assign(program_.sources.size(), kMinTime);
  if (decides_ && !options_.decisions.empty()) {
    decision_file_.open(options_.decisions, std::ios::app);
    if (!decision_file_) {
      return ExternalError("can not write the decision log " + options_.decisions);
    }
  }
  pool_ = std::make_unique<WorkerPool>(workers);
  return durable() ? Restore() : OkStatus();
}

// Does anybody want to hear of rows that leave?
bool StreamJob::IsLeft(int aggregate) const {
  if (!program_.aggregates[static_cast<size_t>(aggregate)].retain) return false;
  for (int path : routes_.of_aggregate[static_cast<size_t>(aggregate)]) {
    const Route& route = routes_.all[static_cast<size_t>(path)];
    if (route.leaves) return true;
    if (route.to == Route::To::kView && outputs_[static_cast<size_t>(route.index)]->hashes()) {
      return true;
    }
  }
  return false;
}

void StreamJob::Consume(int path, Worker* worker, const PathRunner::Output& output) {
  const Route& route = routes_.all[static_cast<size_t>(path)];
  PathCounts* counts = &worker->counts.paths[static_cast<size_t>(path)];
  const Profiler::Timed timed(
      &worker->profiler,
      route.to == Route::To::kView ? Profiler::Part::kView : Profiler::Part::kUpdate, route.index);
  if (route.to == Route::To::kView) {
    worker->views[static_cast<size_t>(route.index)].Add(output);
    output.CountAccepted(counts);
    return;
  }
  auto& owners = aggregates_[static_cast<size_t>(route.index)];
  if (owners.size() == 1) {
    owners[0]->Process(output.rows);
    output.CountAccepted(counts);
    return;
  }
  if (PartialAggregate* partial = worker->partial[static_cast<size_t>(path)].get()) {
    partial->Process(output.rows);
    output.CountAccepted(counts);
    return;
  }
  std::vector<Exchange>& buffers = worker->exchange[static_cast<size_t>(path)];
  for (int32_t row = 0; row < output.rows.rows; ++row) {
    int owner = KeyPartition(output.rows.hash[row], static_cast<int>(owners.size()));
    buffers[static_cast<size_t>(owner)].Append(output, row);
  }
}

void StreamJob::Dead(PartitionState* partition, const SourceRows& rows, int32_t row, uint8_t code,
                     const std::string& view, Worker* worker) {
  const program::Source& source = program_.sources[static_cast<size_t>(partition->source)];
  const Decoder& decoder = sources_->connector(partition->source).decoder();
  if (epochs_ != nullptr) KeepDead(source, *partition, decoder, rows, row, code, view, worker);
  if (epochs_ != nullptr && dead_view_[static_cast<size_t>(partition->source)] >= 0) return;
  dead_letters_->Write(source, partition->source, *partition, decoder, rows, row, code, view);
}

void StreamJob::ProcessMorsel(PartitionState* partition, SourceRows* from, Worker* worker) {
  SourceFront& front = *worker->fronts[static_cast<size_t>(partition->source)];
  SourceRows& rows = *from;
  if (partition->out) ComeBack(partition, rows.morsel.begin_offset);
  rows.raises.clear();
  partition->TakeRaises(rows.morsel.next_offset, &rows.raises);
  auto dead = [&](int32_t row, uint8_t code) { Dead(partition, rows, row, code, "", worker); };
  front.Decode(&rows, dead);
  partition->max_event_time = front.Judge(partition->max_event_time, &rows);

  SourceLedger& ledger = worker->counts.sources[static_cast<size_t>(partition->source)];
  if (Unique* unique = uniques_[static_cast<size_t>(partition->source)].get()) {
    front.DropBadKeys(&rows, dead);
    if (!Holds(partition->source)) {
      const UniqueCounts counts = unique->FilterNow(*partition, &rows);
      ledger.decoded += counts.kept;
      ledger.duplicate += counts.duplicate;
    }
  } else {
    ledger.decoded += rows.alive_rows;
  }
  ledger.read += rows.morsel.row_count;
  ledger.dead += rows.dead_rows;
  worker->counts.rows += rows.morsel.row_count;
  worker->counts.bytes += rows.morsel.bytes;
  if (!Holds(partition->source)) return RunPaths(partition, &rows, rows.alive, worker);
  FillWaiting(worker->held.get(), &state_account_);
  ledger.held +=
      uniques_[static_cast<size_t>(partition->source)]->Hold(partition, std::move(worker->held));
}

void StreamJob::RunPaths(PartitionState* partition, SourceRows* from, const RowRuns& runs,
                         Worker* worker) {
  const program::Source& source = program_.sources[static_cast<size_t>(partition->source)];
  SourceRows& rows = *from;
  const int64_t* watermark = source.has_event_time() ? rows.watermark.data() : nullptr;
  for (int path : routes_.of_source[static_cast<size_t>(partition->source)]) {
    const std::string& view = PathView(program_, routes_.all[static_cast<size_t>(path)]);
    const Profiler::Timed timed(&worker->profiler, Profiler::Part::kPath, path);
    rows.ForEachRun(runs, view, [&](int32_t first, int32_t count) {
      worker->runners[static_cast<size_t>(path)]->Run(
          rows.decoded.batch.columns(), watermark, nullptr, first, count,
          &worker->counts.paths[static_cast<size_t>(path)],
          [&](int32_t row, uint8_t code) { Dead(partition, rows, row, code, view, worker); },
          [&](const PathRunner::Output& output) { Consume(path, worker, output); });
    });
  }
}

Status StreamJob::ReadPartition(PartitionState* partition, int morsels, Worker* worker) {
  const Profiler::Timed timed(&worker->profiler, Profiler::Part::kSource, partition->source);
  for (int i = 0; i < morsels; ++i) {
    const int64_t rows = rates_.Take(partition->source, options_.batch_rows);
    if (rows == 0) {
      // There may be more to read: it is not silent.
      partition->silent_since_us = 0;
      return OkStatus();
    }
    if (Holds(partition->source) && worker->held == nullptr) {
      worker->held = std::make_shared<HeldRows>();
    }
    SourceRows* into = Holds(partition->source) ? &worker->held->rows : &worker->rows;
    const Morsel& morsel = into->morsel;
    FLOW_TRY(ReadState state, partition->reader->Read(rows, kMorselBytes, &into->morsel));
    CountShed(partition, worker);
    const int64_t count = state == ReadState::kData ? morsel.row_count : 0;
    rates_.GiveBack(partition->source, rows - count);
    if (state == ReadState::kEnd) {
      partition->ended = true;
      partition->next_offset = std::max(partition->next_offset, partition->reader->next_offset());
      return OkStatus();
    }
    if (state == ReadState::kIdle) {
      if (partition->silent_since_us == 0) partition->silent_since_us = NowUs();
      return OkStatus();
    }
    partition->silent_since_us = 0;
    partition->next_offset = morsel.next_offset;
    read_rows_.fetch_add(count, std::memory_order_relaxed);
    const int64_t bytes = std::max(morsel.bytes, count * kRowBytes);
    ProcessMorsel(partition, into, worker);
    if (read_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes > tick_bytes_) break;
  }
  full_.store(true, std::memory_order_relaxed);
  return OkStatus();
}

void StreamJob::ReadPartitions(int index) {
  Worker* worker = workers_[static_cast<size_t>(index)].get();
  auto& partitions = sources_->partitions();
  int64_t begin = NowUs();
  for (auto& partial : worker->partial) {
    if (partial != nullptr) partial->Free();  // what the last tick's owners have merged
  }
  while (worker->status.ok() && !stopped_) {
    size_t next = next_partition_.fetch_add(1, std::memory_order_relaxed);
    if (next >= partitions.size()) break;
    // Another one begins each tick, so that those of a limited source get their turns.
    next = (next + static_cast<size_t>(ticks_)) % partitions.size();
    PartitionState* partition = partitions[next].get();
    if (partition->ended || partition->waits) continue;
    int morsels = options_.schedule.morsels
                      ? options_.schedule.morsels(static_cast<int>(next), ticks_)
                      : morsels_;
    worker->status = ReadPartition(partition, morsels, worker);
  }
  worker->source_us += NowUs() - begin;
}

void StreamJob::RunAggregate(int aggregate, int index) {
  Worker* worker = workers_[static_cast<size_t>(index)].get();
  int64_t begin = NowUs();
  StreamOperator& owned = *aggregates_[static_cast<size_t>(aggregate)][static_cast<size_t>(index)];
  if (workers_.size() > 1) {
    const Profiler::Timed timed(&worker->profiler, Profiler::Part::kUpdate, aggregate);
    for (size_t path = 0; path < routes_.all.size(); ++path) {
      const Route& route = routes_.all[path];
      if (route.to != Route::To::kAggregate || route.index != aggregate) continue;
      for (auto& from : workers_) {
        if (PartialAggregate* partial = from->partial[path].get()) {
          owned.Merge(*partial, index, static_cast<int>(workers_.size()));
          continue;
        }
        Exchange& buffer = from->exchange[path][static_cast<size_t>(index)];
        if (buffer.empty()) continue;
        owned.Process(buffer.input());
        worker->counts.paths[path].accepted += buffer.accepted();
        worker->counts.paths[path].elements_accepted += buffer.elements();
        buffer.Clear();
      }
    }
  }
  const Profiler::Timed timed(&worker->profiler, Profiler::Part::kFinish, aggregate);
  int64_t watermark = aggregate_watermark_[static_cast<size_t>(aggregate)];
  owned.EndTick(watermark, [&](const Batch& changes) {
    const int64_t* weights = changes.weights.empty() ? nullptr : changes.weights.data();
    for (int path : routes_.of_aggregate[static_cast<size_t>(aggregate)]) {
      const Profiler::Timed path_timed(&worker->profiler, Profiler::Part::kPath, path);
      worker->runners[static_cast<size_t>(path)]->Run(
          changes.columns(), nullptr, weights, 0, changes.rows,
          &worker->counts.paths[static_cast<size_t>(path)],
          [&](int32_t row, uint8_t) {
            worker->counts.key_errors[static_cast<size_t>(path)] += changes.weight(row);
          },
          [&](const PathRunner::Output& output) { Consume(path, worker, output); });
    }
  });
  if (leaves_[static_cast<size_t>(aggregate)]) Leave(aggregate, worker, &owned);
  worker->operator_us += NowUs() - begin;
}

// Rows leave a view with RETAIN: for its readers they are taken back, its sinks keep them.
void StreamJob::Leave(int aggregate, Worker* worker, StreamOperator* owned) {
  owned->Leave(leave_watermark_[static_cast<size_t>(aggregate)], [&](const Batch& rows) {
    for (int path : routes_.of_aggregate[static_cast<size_t>(aggregate)]) {
      const Route& route = routes_.all[static_cast<size_t>(path)];
      if (!route.leaves && route.to == Route::To::kAggregate) continue;
      const Profiler::Timed path_timed(&worker->profiler, Profiler::Part::kPath, path);
      worker->runners[static_cast<size_t>(path)]->Run(
          rows.columns(), nullptr, rows.weights.data(), 0, rows.rows,
          &worker->counts.paths[static_cast<size_t>(path)],
          [&](int32_t row, uint8_t) {
            worker->counts.key_errors[static_cast<size_t>(path)] += rows.weight(row);
          },
          [&](const PathRunner::Output& output) {
            if (route.leaves) return Consume(path, worker, output);
            worker->views[static_cast<size_t>(route.index)].Leave(output);
          });
    }
  });
}

bool StreamJob::AtEnd(bool last) const {
  // With state, only input that has really ended is closed: the rest goes on next time.
  return last && options_.to.empty() && !stopped_ &&
         (epochs_ == nullptr || AllSourcesBounded(program_));
}

bool StreamJob::Watermarks(bool last) {
  const std::vector<int64_t> before = aggregate_watermark_;
  const bool at_end = AtEnd(last);
  auto of = [&](const std::vector<int>& sources, bool none) {
    if (at_end) return kMaxTime;
    if (none) return kMinTime;
    return sources_->Watermark(sources, !decides_);
  };
  for (size_t a = 0; a < program_.aggregates.size(); ++a) {
    const program::Aggregate& aggregate = program_.aggregates[a];
    aggregate_watermark_[a] =
        std::max(aggregate_watermark_[a], of(aggregate.watermark_sources, aggregate.no_watermark));
    if (!leaves_[a]) continue;
    // As if more could come.
    leave_watermark_[a] =
        std::max(leave_watermark_[a], sources_->Watermark(aggregate.watermark_sources, !decides_));
  }
  for (size_t v = 0; v < program_.views.size(); ++v) {
    const program::View& view = program_.views[v];
    view_watermark_[v] =
        std::max(view_watermark_[v], of(view.watermark_sources, view.no_watermark));
  }
  SetComeBack();
  return before != aggregate_watermark_;
}

// What a partition that returns starts with: nobody's watermark has passed it.
void StreamJob::SetComeBack() {
  for (size_t s = 0; s < program_.sources.size(); ++s) {
    auto raise = [&](const std::vector<int>& sources, int64_t watermark) {
      if (watermark == kMinTime || watermark == kMaxTime) return;
      if (std::find(sources.begin(), sources.end(), static_cast<int>(s)) == sources.end()) return;
      come_back_[s] = std::max(come_back_[s], watermark + program_.sources[s].watermark_delay + 1);
    };
    for (size_t a = 0; a < program_.aggregates.size(); ++a) {
      raise(program_.aggregates[a].watermark_sources, aggregate_watermark_[a]);
    }
    for (size_t v = 0; v < program_.views.size(); ++v) {
      raise(program_.views[v].watermark_sources, view_watermark_[v]);
    }
    if (uniques_[s] == nullptr || uniques_[s]->released_clock() == kMinTime) continue;
    come_back_[s] = std::max(come_back_[s], uniques_[s]->released_clock() + 1);
  }
}

Status StreamJob::EmitViews(bool last) {
  int64_t now = NowUs();
  int64_t emitted = 0;
  for (size_t v = 0; v < outputs_.size(); ++v) {
    // The job's thread is the first worker's.
    const Profiler::Timed timed(&workers_[0]->profiler, Profiler::Part::kView, static_cast<int>(v));
    for (auto& worker : workers_) {
      Batch& rows = worker->views[v].rows();
      outputs_[v]->Add(rows);
      rows.Clear();
      emitted += worker->views[v].digest().rows;
    }
    outputs_[v]->EndTick(view_watermark_[v], now, ticks_, last);
    emitted += outputs_[v]->emitted_rows();
  }
  if (emitted != emitted_) {
    if (first_row_us_ < 0) first_row_us_ = now - started_us_;
    emitted_ = emitted;
    quiet_since_us_ = now;
  }
  return sink_thread_.status();
}

Status StreamJob::WaitForSinks() {
  if (sink_thread_.HasRoom()) return OkStatus();
  int64_t begin = NowUs();
  while (!sink_thread_.WaitForRoom(100'000)) {
    if (options_.stop != nullptr && options_.stop->load()) break;
  }
  backpressured_us_ += NowUs() - begin;
  return sink_thread_.status();
}

void StreamJob::NoticeQuiet() {
  int64_t now = NowUs();
  if (bounded_ || !options_.on_notice || now - quiet_since_us_ < kQuietUs) return;
  quiet_since_us_ = now;
  const PartitionState* slowest = nullptr;
  for (const auto& partition : sources_->partitions()) {
    const program::Source& source = program_.sources[static_cast<size_t>(partition->source)];
    if (!source.has_event_time() || partition->out) continue;
    if (slowest == nullptr ||
        sources_->PartitionWatermark(*partition) < sources_->PartitionWatermark(*slowest)) {
      slowest = partition.get();
    }
  }
  if (slowest == nullptr) return;
  const program::Source& source = program_.sources[static_cast<size_t>(slowest->source)];
  options_.on_notice("nothing emitted for 10 s: partition " + slowest->name + " of " + source.name +
                     " holds the watermark" +
                     (slowest->max_event_time == kMinTime ? " (it has no events yet)" : "") +
                     (source.idle ? "" : "; IDLE 30s on the source would leave out a silent one"));
}

Status StreamJob::Tick(bool* finished) {
  FLOW_RETURN_IF_ERROR(WaitForSinks());
  ++ticks_;
  int64_t now = NowUs();
  if (!bounded_ && now - last_partitions_us_ > kNewPartitionsUs) {
    last_partitions_us_ = now;
    FLOW_TRY(std::vector<PartitionState*> added, sources_->AddNewPartitions());
    for (PartitionState* partition : added) partition->out = true;  // comes in with its first row
  }
  rates_.Refill(NowUs());
  next_partition_.store(0);
  read_rows_.store(0);
  read_bytes_.store(0);
  full_.store(false);
  stopped_ = options_.stop != nullptr && options_.stop->load();
  MarkWaiting();
  pool_->Run([this](int worker) { ReadPartitions(worker); });
  for (auto& worker : workers_) FLOW_RETURN_IF_ERROR(Status(worker->status));
  if (had_ended_ && read_rows_.load() > 0) {
    return Error{ErrorDomain::kState,
                 "the state in " + options_.state_directory +
                     " has seen the end of its input, and now there is more",
                 "all its windows are closed: start again with --reset-state"};
  }
  FLOW_RETURN_IF_ERROR(Decide());
  bool all_ended = true;
  for (auto& partition : sources_->partitions()) all_ended = all_ended && partition->ended;
  *finished = all_ended || stopped_;
  ReleaseHeld(AtEnd(*finished));
  const bool moved = Watermarks(*finished);
  // A tick that read nothing and moved no watermark changes no state.
  const bool quiet = read_rows_.load() == 0 && released_ == 0 && !moved && !*finished && ticks_ > 1;
  for (size_t a = 0; !quiet && a < aggregates_.size(); ++a) {
    pool_->Run([this, a](int worker) { RunAggregate(static_cast<int>(a), worker); });
  }
  FLOW_RETURN_IF_ERROR(StateStatus());
  FLOW_RETURN_IF_ERROR(EmitViews(*finished));
  if (epochs_ != nullptr) FLOW_RETURN_IF_ERROR(CutIfDue(*finished));
  if (!*finished) FLOW_RETURN_IF_ERROR(KeepBudget());
  if (options_.schedule.crash && options_.schedule.crash(ticks_)) {
    return InternalError("crashed by a test");
  }
  // Long ticks while there is a backlog, short ones when latency counts.
  morsels_ = full_.load() ? std::min(morsels_ * 2, kMaxMorsels) : kMinMorsels;
  if (options_.on_progress) {
    Progress progress;
    for (auto& worker : workers_) {
      progress.rows += worker->counts.rows;
      progress.bytes += worker->counts.bytes;
    }
    progress.ticks = ticks_;
    for (int64_t watermark : view_watermark_) {
      progress.watermark = std::max(progress.watermark, watermark);
    }
    for (const auto& partition : sources_->partitions()) {
      const int64_t lag = partition->ended ? 0 : partition->reader->lag();
      if (lag >= 0) progress.lag = std::max<int64_t>(0, progress.lag) + lag;
    }
    options_.on_progress(progress);
  }
  if (!*finished && read_rows_.load() == 0) {
    NoticeQuiet();
    int64_t begin = NowUs();
    std::this_thread::sleep_for(std::chrono::microseconds(options_.tick_us));
    idle_us_ += NowUs() - begin;
  }
  return OkStatus();
}

Result<RunReport> StreamJob::Run() {
  started_us_ = quiet_since_us_ = last_partitions_us_ = NowUs();
  bool finished = false;
  while (!finished) FLOW_RETURN_IF_ERROR(Tick(&finished));
  if (epochs_ != nullptr) FLOW_RETURN_IF_ERROR(FinishState());
  for (size_t v = 0; v < outputs_.size(); ++v) {
    ViewDigest sum;
    for (auto& worker : workers_) {
      sum.rows += worker->views[v].digest().rows;
      sum.hash += worker->views[v].digest().hash;
    }
    FLOW_RETURN_IF_ERROR(outputs_[v]->Close(sum));
  }
  FLOW_RETURN_IF_ERROR(dead_letters_->Close());
  return Report();
}

RunReport StreamJob::Report() {
  RunReport report;
  std::vector<WorkerCounts*> counts;
  for (auto& worker : workers_) counts.push_back(&worker->counts);
  FillReport(program_, routes_, sources_.get(), counts, &report);
  for (size_t v = 0; v < program_.views.size(); ++v) {
    if (!program_.views[v].wanted || program_.views[v].dead_letters) continue;
    ViewDigest digest;
    digest.view = program_.views[v].name;
    for (auto& worker : workers_) {
      digest.rows += worker->views[v].digest().rows;
      digest.hash += worker->views[v].digest().hash;
    }
    report.digests.push_back(std::move(digest));
  }
  for (size_t a = 0; a < aggregates_.size(); ++a) {
    for (auto& share : aggregates_[a]) {
      report.state_updates += share->updates();
      report.groups += share->groups();
      report.cold_groups += share->cold_groups();
    }
  }
  report.evictions = cold_->written();
  report.cold_lookups = cold_->looked_up();
  report.cold_reads = cold_->read_back();
  report.ticks = ticks_;
  report.wall_us = NowUs() - started_us_;
  for (size_t w = 0; w < workers_.size(); ++w) {
    Worker& worker = *workers_[w];
    int64_t waited = report.wall_us - worker.source_us - worker.operator_us - backpressured_us_;
    report.tasks.push_back({"sources and paths", static_cast<int>(w), worker.source_us,
                            std::max<int64_t>(0, waited), backpressured_us_, worker.counts.rows});
    report.tasks.push_back({"aggregates", static_cast<int>(w), worker.operator_us,
                            std::max<int64_t>(0, waited), backpressured_us_, 0});
  }
  report.first_row_us = first_row_us_;
  report.stopped = stopped_;
  report.had_ended = had_ended_;
  if (epochs_ != nullptr) report.epoch = epochs_->store().epoch();
  report.state_load_us = load_us_;
  report.cpu_us = ProcessCpuUs();
  report.peak_rss = PeakRss();
  if (options_.profile) {
    std::vector<const Profiler*> profilers;
    for (auto& worker : workers_) profilers.push_back(&worker->profiler);
    std::vector<int64_t> bytes, view_rows(program_.views.size(), 0);
    for (const auto& account : aggregate_accounts_) bytes.push_back(account->peak());
    for (size_t v = 0; v < program_.views.size(); ++v) {
      for (auto& worker : workers_) view_rows[v] += worker->views[v].digest().rows;
    }
    FillProfile(program_, routes_, profilers, counts, bytes, view_rows, &report);
  }
  return report;
}

Result<RunReport> RunStream(const program::Program& program, const RunOptions& options) {
  program::Program own;
  if (!options.state_directory.empty()) own = WithDeadLetters(program);
  if (options.replay.on()) {
    FLOW_TRY(own, ForReplay(own, options));
  }
  StreamJob job(options.state_directory.empty() ? program : own, options);
  const int64_t begin = NowUs();
  Status opened = job.Open();
  if (opened.ok()) return job.Run();
  const bool stopped = options.stop != nullptr && options.stop->load();
  if (!stopped || opened.error().domain != ErrorDomain::kExternal) return opened.error();
  // Told to stop while it waited for somebody: nothing was read, and the next start goes on here.
  if (options.on_notice) options.on_notice("stopped while waiting: " + opened.error().message);
  RunReport report;
  report.stopped = true;
  report.wall_us = NowUs() - begin;
  return report;
}

}  // namespace flow
