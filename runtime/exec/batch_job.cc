// The batch plan at work. All workers take morsels of all partitions: decode in parallel, take the
// prefix maximum of event time in the order of the morsels, run the paths, aggregate into tables of
// their own. When the range is read, each aggregate is merged by shares of its keys, in topological
// order. No timers, no watermark channels: W is known at the end.
#include "runtime/exec/batch_job.h"

#include <algorithm>
#include <thread>

#include "runtime/exec/epoch_parts.h"
#include "runtime/exec/job.h"
#include "runtime/operator/rows.h"
#include "runtime/time/windows.h"

namespace flow {

namespace {

constexpr int64_t kMorselRows = 1024;  // few: workers on one file wait for each other in turn
constexpr int64_t kFlushBytes = 8 << 20;
constexpr int32_t kFlushRows = 16 * 1024;  // of append-only views that sources feed
constexpr int64_t kProgressUs = 100'000;
// Rows that views hold, with state, before an epoch is due: also what a sink that is only appended
// to gets at once.
constexpr int64_t kHeldBytes = 32 << 20;

}  // namespace

Status BatchJob::Open() {
  from_frontier_ = !options_.from.empty() && options_.from != "earliest";
  if (durable()) FLOW_RETURN_IF_ERROR(OpenState());
  if (!resumed_) FLOW_RETURN_IF_ERROR(OpenStream());
  if (!run_.computed) {
    FLOW_TRY(sources_, SourceSet::Open(program_, options_, /*bounded=*/true,
                                       resumed_ ? &last_cut_ : nullptr, stream_.get()));
  }
  uniques_ = MakeUniques(program_, &state_account_);
  FLOW_TRY(dead_letters_, DeadLetters::Open(program_, options_));
  FLOW_RETURN_IF_ERROR(OpenWorkers());
  return OkStatus();
}

Status BatchJob::OpenWorkers() {
  int workers = options_.workers > 0 ? options_.workers
                                     : static_cast<int>(std::thread::hardware_concurrency());
  workers = std::clamp(workers, 1, kKeyGroups);
  for (size_t v = 0; v < program_.views.size(); ++v) {
    FLOW_TRY(std::unique_ptr<ViewOutput> output,
             ViewOutput::Open(program_, static_cast<int>(v), options_, true, &sink_thread_));
    outputs_.push_back(std::move(output));
    // With state, rows wait in outboxes, and what comes from sources must be there.
    bool only_sources = program_.views[v].append_only || durable();
    for (const program::Edge& edge : program_.views[v].inputs) {
      only_sources = only_sources && (durable() || edge.from == program::PartKind::kSource);
    }
    streams_through_.push_back(only_sources);
  }
  for (int w = 0; w < workers; ++w) {
    auto worker = std::make_unique<Worker>(program_, routes_, options_.profile);
    for (const Route& route : routes_.all) {
      worker->runners.push_back(
          std::make_unique<PathRunner>(program_, route.pipeline, options_.hash_mask));
    }
    for (size_t s = 0; sources_ != nullptr && s < program_.sources.size(); ++s) {
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
    partials_.emplace_back();
    aggregate_accounts_.push_back(
        std::make_unique<MemoryAccount>("state of " + aggregate.name, &state_account_));
    for (int w = 0; w < workers; ++w) {
      partials_.back().push_back(
          std::make_unique<PartialAggregate>(&aggregate, aggregate_accounts_.back().get()));
      if (durable()) partials_.back().back()->TrackChanges();
    }
    if (aggregate.global) partials_.back()[0]->MakeGlobal(options_.hash_mask);
  }
  for (size_t p = 0; sources_ != nullptr && p < sources_->partitions().size(); ++p) {
    turns_.push_back(std::make_unique<PartitionTurn>());
  }
  pool_ = std::make_unique<WorkerPool>(workers);
  return OkStatus();
}

struct BatchJob::Prefix {
  PartitionState* partition;
  SourceFront front;
  std::unique_ptr<PartitionReader> reader;
  bool done = false;
};

// Lateness depends on what came before `from`, and so do duplicates: the records from the first
// readable one are decoded for their event times and keys only.
Status BatchJob::SkipPrefix() {
  std::vector<Prefix> prefixes;
  for (auto& partition : sources_->partitions()) {
    const program::Source& source = program_.sources[static_cast<size_t>(partition->source)];
    if (!source.has_event_time()) continue;
    SourceConnector& connector = sources_->connector(partition->source);
    int64_t begin = 0;
    for (const PartitionInfo& info : connector.partitions()) {
      if (info.id == partition->partition) begin = info.begin;
    }
    if (options_.on_notice && begin > 0) {
      options_.on_notice("source " + source.name + " partition " + partition->name +
                         ": the first readable offset " + std::to_string(begin) +
                         " is taken as the beginning of the log");
    }
    if (begin >= partition->from) continue;
    FLOW_TRY(auto reader, sources_->OpenReader(*partition, begin, partition->from));
    prefixes.push_back({partition.get(),
                        SourceFront(&program_, partition->source, &connector.decoder()),
                        std::move(reader)});
  }
  // In turns, as partitions may wait for each other; for one that is done nobody waits long.
  for (bool read = true, all = false; read || !all;) {
    all = !read;
    read = false;
    for (Prefix& prefix : prefixes) {
      if (prefix.done || (!all && HoldsTooMuch(*sources_, *prefix.partition))) continue;
      FLOW_RETURN_IF_ERROR(PassPrefix(&prefix));
      read = true;
    }
  }
  return OkStatus();
}

// One morsel of it.
Status BatchJob::PassPrefix(Prefix* prefix) {
  PartitionState* partition = prefix->partition;
  const auto nobody = [](int32_t, uint8_t) {};
  auto held = std::make_shared<HeldRows>();
  SourceRows& rows = held->rows;
  FLOW_TRY(ReadState state, prefix->reader->Read(kMorselRows, kMorselBytes, &rows.morsel));
  prefix->done = state == ReadState::kEnd;
  if (state != ReadState::kData) return OkStatus();
  partition->TakeRaises(rows.morsel.next_offset, &rows.raises);
  prefix->front.Decode(&rows, nobody);
  Unique* unique = uniques_[static_cast<size_t>(partition->source)].get();
  if (unique == nullptr) {
    partition->max_event_time = std::max(partition->max_event_time, rows.greatest);
    return OkStatus();
  }
  partition->max_event_time = prefix->front.Judge(partition->max_event_time, &rows);
  prefix->front.DropBadKeys(&rows, nobody);
  if (!Holds(partition->source)) {
    unique->FilterNow(*partition, &rows);
    return OkStatus();
  }
  FillWaiting(held.get(), &state_account_);
  unique->Hold(partition, std::move(held));
  UniqueCounts counts;
  unique->Release(
      PartitionsOf(*sources_, partition->source), [](const PartitionState&) { return true; },
      &counts);
  return OkStatus();
}

void BatchJob::Consume(int path, int worker, const PathRunner::Output& output) {
  const Route& route = routes_.all[static_cast<size_t>(path)];
  Worker& self = *workers_[static_cast<size_t>(worker)];
  const Profiler::Timed timed(
      &self.profiler,
      route.to == Route::To::kView ? Profiler::Part::kView : Profiler::Part::kUpdate, route.index);
  if (route.to == Route::To::kView) {
    self.views[static_cast<size_t>(route.index)].Add(output);
  } else {
    partials_[static_cast<size_t>(route.index)][static_cast<size_t>(worker)]->Process(output.rows);
  }
  output.CountAccepted(&self.counts.paths[static_cast<size_t>(path)]);
}

void BatchJob::Dead(const PartitionState& partition, const SourceRows& rows, int32_t row,
                    uint8_t code, const std::string& view, int worker) {
  Worker& self = *workers_[static_cast<size_t>(worker)];
  const program::Source& source = program_.sources[static_cast<size_t>(partition.source)];
  const Decoder& decoder = sources_->connector(partition.source).decoder();
  if (store_ != nullptr) {
    const int dead_view = dead_view_[static_cast<size_t>(partition.source)];
    KeepDeadLetter(
        program_, partition.source, DeadLetterOf(source, partition, decoder, rows, row, code, view),
        dead_view < 0 ? nullptr : &self.views[static_cast<size_t>(dead_view)], &self.dead);
    if (dead_view >= 0) return;
  }
  dead_letters_->Write(source, partition.source, partition, decoder, rows, row, code, view);
}

void BatchJob::ProcessMorsel(PartitionState* partition, PartitionTurn* turn, int64_t sequence,
                             SourceRows* rows, int worker) {
  Worker& self = *workers_[static_cast<size_t>(worker)];
  const program::Source& source = program_.sources[static_cast<size_t>(partition->source)];
  SourceFront& front = *self.fronts[static_cast<size_t>(partition->source)];
  front.Decode(rows,
               [&](int32_t row, uint8_t code) { Dead(*partition, *rows, row, code, "", worker); });
  const int64_t count = rows->morsel.row_count, bytes = rows->morsel.bytes;
  if (source.has_event_time()) {
    int64_t before;
    {
      std::unique_lock lock(turn->judge);
      turn->judged.wait(lock, [&] { return turn->judge_sequence == sequence; });
      before = partition->max_event_time;
      if (source.unique()) {
        JudgeUnique(partition, rows, worker);
      } else {
        partition->max_event_time = std::max(before, rows->greatest);
      }
      ++turn->judge_sequence;
    }
    turn->judged.notify_all();
#ifdef FLOW_MUTANT_MORSEL_FORGETS
    before = kMinTime;
#endif
    if (!source.unique()) front.Judge(before, rows);
  }
  SourceLedger& ledger = self.counts.sources[static_cast<size_t>(partition->source)];
  ledger.read += count;
  self.counts.rows += count;
  self.counts.bytes += bytes;
  if (Holds(partition->source)) return ReleaseHeld(partition->source, worker);
  if (!source.unique()) ledger.decoded += rows->alive_rows;
  ledger.dead += rows->dead_rows;
  RunPaths(partition, *rows, rows->alive, worker);
}

void BatchJob::RunPaths(PartitionState* partition, const SourceRows& rows, const RowRuns& runs,
                        int worker) {
  Worker& self = *workers_[static_cast<size_t>(worker)];
  const program::Source& source = program_.sources[static_cast<size_t>(partition->source)];
  const int64_t* watermark = source.has_event_time() ? rows.watermark.data() : nullptr;
  for (int path : routes_.of_source[static_cast<size_t>(partition->source)]) {
    std::string view = PathView(program_, routes_.all[static_cast<size_t>(path)]);
    const Profiler::Timed timed(&self.profiler, Profiler::Part::kPath, path);
    for (auto [first, count] : runs) {
      self.runners[static_cast<size_t>(path)]->Run(
          rows.decoded.batch.columns(), watermark, nullptr, first, count,
          &self.counts.paths[static_cast<size_t>(path)],
          [&](int32_t row, uint8_t code) { Dead(*partition, rows, row, code, view, worker); },
          [&](const PathRunner::Output& output) { Consume(path, worker, output); });
    }
  }
}

bool BatchJob::Large(int view, Worker* worker) const {
  const Batch& rows = worker->views[static_cast<size_t>(view)].rows();
  if (!streams_through_[static_cast<size_t>(view)] || rows.rows == 0) return false;
  if (options_.schedule.held_bytes > 0) return true;
  return rows.rows >= kFlushRows || rows.string_bytes() >= kFlushBytes;
}

Status BatchJob::FlushView(int view, Worker* worker) {
  ViewOutput& output = *outputs_[static_cast<size_t>(view)];
  Batch& rows = worker->views[static_cast<size_t>(view)].rows();
  if (durable()) {
    std::lock_guard lock(output_mutex_);
    output.Add(rows);
    rows.Clear();
    const int64_t limit = options_.schedule.held_bytes;
    if (HeldBytes() < (limit > 0 ? limit : kHeldBytes)) return OkStatus();
    if (finishing_) return CutRows();
    full_.store(true);
    return OkStatus();
  }
  while (!sink_thread_.WaitForRoom(100'000)) {
    if (stopped_.load()) break;
  }
  FLOW_RETURN_IF_ERROR(sink_thread_.status());
  std::lock_guard lock(output_mutex_);
  output.Add(rows);
  rows.Clear();
  output.EndTick(kMinTime, NowUs(), 1, true);
  if (first_row_us_ < 0 && output.emitted_rows() > 0) first_row_us_ = NowUs() - started_us_;
  return OkStatus();
}

// `lock` holds the partition's turn to be read, and is released when its morsel has been.
Status BatchJob::ScanOne(size_t index, std::unique_lock<std::mutex> lock, Worker* worker,
                         bool* read) {
  PartitionState* partition = sources_->partitions()[index].get();
  PartitionTurn& turn = *turns_[index];
  if (Unique* unique = uniques_[static_cast<size_t>(partition->source)].get()) {
    std::lock_guard others(unique->mutex);
    if (HoldsTooMuch(*sources_, *partition)) return OkStatus();
  }
  const Profiler::Timed timed(&worker->profiler, Profiler::Part::kSource, partition->source);
  int64_t max_rows =
      std::max<int64_t>(options_.batch_rows == kBatchRows ? kMorselRows : options_.batch_rows, 1);
  const bool holds = Holds(partition->source);
  if (holds && worker->held == nullptr) worker->held = std::make_shared<HeldRows>();
  SourceRows* rows = holds ? &worker->held->rows : &worker->rows;
  FLOW_TRY(ReadState state, partition->reader->Read(max_rows, kMorselBytes, &rows->morsel));
  if (const int64_t shed = partition->reader->TakeShed(); shed > 0) {
    // Counted and passed: an epoch has both.
    partition->next_offset = std::max(partition->next_offset, partition->reader->next_offset());
    SourceLedger& ledger = worker->counts.sources[static_cast<size_t>(partition->source)];
    ledger.read += shed;
    ledger.shed += shed;
  }
  Unique* unique = uniques_[static_cast<size_t>(partition->source)].get();
  std::unique_lock<std::mutex> others;
  if (unique != nullptr) others = std::unique_lock(unique->mutex);
  if (state == ReadState::kEnd) {
    partition->ended = true;
    partition->next_offset = std::max(partition->next_offset, partition->reader->next_offset());
    return OkStatus();
  }
  if (state == ReadState::kIdle) return OkStatus();
  if (unique != nullptr) ++partition->in_flight;
  if (others.owns_lock()) others.unlock();
  rows->raises.clear();
  partition->TakeRaises(rows->morsel.next_offset, &rows->raises);
  partition->next_offset = rows->morsel.next_offset;
  int64_t sequence = turn.next_sequence++;
  lock.unlock();
  *read = true;
  read_rows_.fetch_add(rows->morsel.row_count, std::memory_order_relaxed);
  read_bytes_.fetch_add(rows->morsel.bytes, std::memory_order_relaxed);
  size_t self = 0;
  while (workers_[self].get() != worker) ++self;
  ProcessMorsel(partition, &turn, sequence, rows, static_cast<int>(self));
  return OkStatus();
}

void BatchJob::Scan(int index) {
  Worker* worker = workers_[static_cast<size_t>(index)].get();
  int64_t begin = NowUs();
  const size_t count = sources_->partitions().size();
  size_t next = static_cast<size_t>(index);
  while (!failed() && !stopped_.load(std::memory_order_relaxed)) {
    bool all_ended = true;
    bool read = false;
    std::mutex* taken = nullptr;  // by another worker, which reads there
    for (size_t i = 0; i < count && !read; ++i) {
      size_t at = (next + i) % count;
      std::unique_lock lock(turns_[at]->read, std::try_to_lock);
      if (lock.owns_lock() && sources_->partitions()[at]->ended) continue;
      all_ended = false;
      if (!lock.owns_lock()) {
        taken = &turns_[at]->read;
        continue;
      }
      worker->status = ScanOne(at, std::move(lock), worker, &read);
      if (!worker->status.ok()) {
        failed_.store(true);
        break;
      }
      if (read) next = at + 1;
    }
    if (all_ended || failed()) break;
    if (!read && taken != nullptr) {
      const std::lock_guard until_it_has_read(*taken);
    } else if (!read) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    for (size_t v = 0; v < outputs_.size(); ++v) {
      if (!Large(static_cast<int>(v), worker)) continue;
      worker->status = FlushView(static_cast<int>(v), worker);
      if (!worker->status.ok()) failed_.store(true);
    }
    if (options_.stop != nullptr && options_.stop->load()) stopped_.store(true);
    if (index == 0) Progress(false);
    if (NowUs() >= pause_at_us_ || full_.load(std::memory_order_relaxed)) break;
  }
  worker->scan_us += NowUs() - begin;
}

void BatchJob::Progress(bool force) {
  if (!options_.on_progress) return;
  int64_t now = NowUs();
  if (!force && now - last_progress_us_.load() < kProgressUs) return;
  last_progress_us_.store(now);
  flow::Progress progress;
  progress.rows = read_rows_.load();
  progress.bytes = read_bytes_.load();
  options_.on_progress(progress);
}

int64_t BatchJob::Watermark(const std::vector<int>& sources, bool none) const {
  if (run_.to_end && !stopped_.load()) return kMaxTime;
  if (none) return kMinTime;
  return sources_->Watermark(sources, true);
}

WindowRange BatchJob::RangeOf(const program::Aggregate& aggregate) const {
  WindowRange range;
  int64_t watermark = Watermark(aggregate.watermark_sources, aggregate.no_watermark);
  bool complete_only = from_frontier_ && !options_.partial;
  if (aggregate.on_close || complete_only) range.last_end = watermark;
  if (complete_only) {
    range.first_start =
        start_event_time_[static_cast<size_t>(&aggregate - program_.aggregates.data())];
  }
  if (aggregate.retain) {
    const int64_t leaves = sources_->Watermark(aggregate.watermark_sources, true);
    if (leaves != kMinTime) range.left_end = SaturatingAdd(leaves, 1 - *aggregate.retain);
  }
  return range;
}

// RETAIN, by the watermark as if more could come.
bool BatchJob::HasLeft(const program::Aggregate& aggregate, const Batch& rows) const {
  if (!aggregate.retain || rows.rows == 0) return false;
  const int64_t watermark = sources_->Watermark(aggregate.watermark_sources, true);
  const int64_t end = rows.values<int64_t>(rows.column_count() - 1)[0];
  return watermark != kMinTime && Passed(watermark, end - 1, *aggregate.retain);
}

void BatchJob::FinishAggregate(int aggregate, int index) {
  Worker& worker = *workers_[static_cast<size_t>(index)];
  int64_t begin = NowUs();
  const program::Aggregate& spec = program_.aggregates[static_cast<size_t>(aggregate)];
  const Profiler::Timed timed(&worker.profiler, Profiler::Part::kFinish, aggregate);
  FinalizeAggregate(
      spec, partials_[static_cast<size_t>(aggregate)], index, static_cast<int>(workers_.size()),
      RangeOf(spec), aggregate_accounts_[static_cast<size_t>(aggregate)].get(),
      [&](const Batch& rows) {
        // These have left or not together. If they have, only the view's
        // sinks have it.
        const bool left = HasLeft(spec, rows);
        for (int path : routes_.of_aggregate[static_cast<size_t>(aggregate)]) {
          const Route& route = routes_.all[static_cast<size_t>(path)];
          if (left && route.leaves) continue;
          const bool own = left && route.to == Route::To::kView;
          const Profiler::Timed path_timed(&worker.profiler, Profiler::Part::kPath, path);
          worker.runners[static_cast<size_t>(path)]->Run(
              rows.columns(), nullptr, nullptr, 0, rows.rows,
              &worker.counts.paths[static_cast<size_t>(path)],
              [&](int32_t, uint8_t) {
                if (!own) ++worker.counts.key_errors[static_cast<size_t>(path)];
              },
              [&](const PathRunner::Output& output) {
                if (!own) return Consume(path, index, output);
                worker.views[static_cast<size_t>(route.index)].AddLeft(output);
              });
          if (!durable() || route.to != Route::To::kView || failed()) continue;
          if (!Large(route.index, &worker)) continue;
          worker.status = FlushView(route.index, &worker);
          if (!worker.status.ok()) failed_.store(true);
        }
      });
  worker.final_us += NowUs() - begin;
}

Status BatchJob::WorkerStatus() const {
  for (const auto& worker : workers_) FLOW_RETURN_IF_ERROR(Status(worker->status));
  return OkStatus();
}

ViewDigest BatchJob::DigestOf(size_t view) const {
  ViewDigest sum;
  sum.view = program_.views[view].name;
  for (const auto& worker : workers_) {
    sum.rows += worker->views[view].digest().rows;
    sum.hash += worker->views[view].digest().hash;
  }
  return sum;
}

void BatchJob::CollectViews() {
  for (size_t v = 0; v < outputs_.size(); ++v) {
    // The job's thread is the first worker's.
    const Profiler::Timed timed(&workers_[0]->profiler, Profiler::Part::kView, static_cast<int>(v));
    for (auto& worker : workers_) {
      Batch& rows = worker->views[v].rows();
      outputs_[v]->Add(rows);
      rows.Clear();
    }
    const program::View& view = program_.views[v];
    outputs_[v]->EndTick(Watermark(view.watermark_sources, view.no_watermark), NowUs(), 1, true);
    if (first_row_us_ < 0 && !durable()) first_row_us_ = NowUs() - started_us_;
  }
}

Status BatchJob::ScanAll() {
  while (true) {
    if (durable()) pause_at_us_ = NowUs() + options_.epoch_us;
    full_.store(false);
    pool_->Run([this](int worker) { Scan(worker); });
    FLOW_RETURN_IF_ERROR(WorkerStatus());
    bool all_ended = true;
    for (auto& partition : sources_->partitions()) all_ended = all_ended && partition->ended;
    if (all_ended || !durable()) ReleaseAtEnd();
    FLOW_RETURN_IF_ERROR(WorkerStatus());
    if (!durable()) return OkStatus();
    FLOW_RETURN_IF_ERROR(Step());
    if (all_ended && !stopped_.load()) run_.scanned = last_cut_.epoch + 1;
    FLOW_RETURN_IF_ERROR(Cut());
    if (all_ended || stopped_.load()) return OkStatus();
  }
}

Status BatchJob::FinishAll() {
  finishing_ = true;
  // What an earlier attempt had finished is made again.
  run_.finish = last_cut_.epoch + 1;
  for (size_t a = 0; a < program_.aggregates.size(); ++a) {
    pool_->Run([this, a](int worker) { FinishAggregate(static_cast<int>(a), worker); });
    for (auto& partial : partials_[a]) partial->Free();
    FLOW_RETURN_IF_ERROR(WorkerStatus());
  }
  return OkStatus();
}

Result<RunReport> BatchJob::Run() {
  started_us_ = NowUs();
  if (!run_.computed) {
    if (!resumed_) {
      run_.to_end =
          options_.to.empty() || (options_.to == "stream" && stream_ != nullptr && stream_->ended);
      if (from_frontier_) FLOW_RETURN_IF_ERROR(SkipPrefix());
      for (auto& partition : sources_->partitions()) {
        partition->from_event_time = partition->max_event_time;
      }
    }
    for (const program::Aggregate& aggregate : program_.aggregates) {
      start_event_time_.push_back(sources_->StartEventTime(aggregate.watermark_sources));
    }
  }
  if (durable()) FLOW_RETURN_IF_ERROR(resumed_ ? RestoreRun() : BeginRun());
  if (run_.scanned == 0) FLOW_RETURN_IF_ERROR(ScanAll());
  Progress(true);
  // With state it has not ended: another run reads the rest.
  if (!durable() || (!stopped_.load() && !run_.computed)) {
    FLOW_RETURN_IF_ERROR(FinishAll());
    CollectViews();
    if (durable()) FLOW_RETURN_IF_ERROR(CutComputed());
  }
  if (durable() && !stopped_.load()) FLOW_RETURN_IF_ERROR(Publish());
  for (size_t v = 0; v < outputs_.size() && (!durable() || !stopped_.load()); ++v) {
    FLOW_RETURN_IF_ERROR(outputs_[v]->Close(DigestOf(v)));
  }
  FLOW_RETURN_IF_ERROR(dead_letters_->Close());
  return Report();
}

RunReport BatchJob::Report() {
  RunReport report;
  std::vector<WorkerCounts*> counts;
  for (auto& worker : workers_) counts.push_back(&worker->counts);
  FillReport(program_, routes_, sources_.get(), counts, &report);
  for (size_t v = 0; v < program_.views.size(); ++v) {
    if (!program_.views[v].wanted || program_.views[v].dead_letters) continue;
    report.digests.push_back(DigestOf(v));
  }
  report.wall_us = NowUs() - started_us_;
  for (size_t w = 0; w < workers_.size(); ++w) {
    Worker& worker = *workers_[w];
    int64_t waited = std::max<int64_t>(0, report.wall_us - worker.scan_us - worker.final_us);
    report.tasks.push_back(
        {"scan and paths", static_cast<int>(w), worker.scan_us, waited, 0, worker.counts.rows});
    report.tasks.push_back(
        {"final aggregates", static_cast<int>(w), worker.final_us, waited, 0, 0});
  }
  report.first_row_us = first_row_us_.load();
  report.stopped = stopped_.load();
  if (store_ != nullptr) report.epoch = store_->epoch();
  report.cpu_us = ProcessCpuUs();
  report.peak_rss = PeakRss();
  if (options_.profile) {
    std::vector<const Profiler*> profilers;
    for (auto& worker : workers_) profilers.push_back(&worker->profiler);
    std::vector<int64_t> bytes, view_rows;
    for (const auto& account : aggregate_accounts_) bytes.push_back(account->peak());
    for (size_t v = 0; v < program_.views.size(); ++v) view_rows.push_back(DigestOf(v).rows);
    FillProfile(program_, routes_, profilers, counts, bytes, view_rows, &report);
  }
  return report;
}

Result<RunReport> RunBatch(const program::Program& program, const RunOptions& options) {
  program::Program own;
  if (!options.state_directory.empty()) own = WithDeadLetters(program);
  BatchJob job(options.state_directory.empty() ? program : own, options);
  FLOW_RETURN_IF_ERROR(job.Open());
  return job.Run();
}

}  // namespace flow
