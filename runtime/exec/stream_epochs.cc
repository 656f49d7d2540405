// What makes a stream durable: its state opened at the start, and epochs cut between ticks. Why a
// tick is the cut: docs/adr/0002-bulk-synchronous-ticks.md. How state is put back:
// stream_restore.cc.
#include <algorithm>
#include <thread>

#include "runtime/exec/epoch_parts.h"
#include "runtime/exec/job.h"
#include "runtime/exec/stream_job.h"
#include "runtime/time/windows.h"

namespace flow {

namespace {

// An epoch is cut early when it holds so much for the sinks.
constexpr int64_t kOutboxBytes = 64 << 20;
// After a stop: what is not with a sink by then gets there at the next start.
constexpr int64_t kDrainUs = 6'000'000;

}  // namespace

Status StreamJob::OpenState() {
  dead_view_ = DeadLetterViews(program_);
  FLOW_TRY(epochs_, Epochs::Open(program_, options_));
  last_cut_ = epochs_->store().current();
  last_cut_us_ = NowUs();
#ifndef FLOW_MUTANT_DECISIONS_FORGOTTEN
  decided_ = last_cut_.decisions;
#endif
  had_ended_ = last_cut_.ended;
  if (!epochs_->store().fresh() && options_.on_notice) {
    options_.on_notice("state " + options_.state_directory + ": going on from epoch " +
                       std::to_string(last_cut_.epoch) +
                       (had_ended_ ? ", where the input had ended" : ""));
  }
  return OkStatus();
}

void StreamJob::KeepDead(const program::Source& source, const PartitionState& partition,
                         const Decoder& decoder, const SourceRows& rows, int32_t row, uint8_t code,
                         const std::string& view, Worker* worker) {
  const int dead_view = dead_view_[static_cast<size_t>(partition.source)];
  KeepDeadLetter(
      program_, partition.source, DeadLetterOf(source, partition, decoder, rows, row, code, view),
      dead_view < 0 ? nullptr : &worker->views[static_cast<size_t>(dead_view)], &worker->dead);
}

Manifest StreamJob::DescribeCut(bool ended) {
  Manifest manifest;
  manifest.epoch = last_cut_.epoch + 1;
  manifest.ended = ended;
  manifest.tick = ticks_;
  manifest.wall_us = WallUs();
  manifest.owners = StateOwners(program_);
  for (const auto& partition : sources_->partitions()) {
    PartitionPosition position = DescribePosition(program_, partition.get());
#ifdef FLOW_MUTANT_OFFSETS_BEHIND
    for (const PartitionPosition& before : last_cut_.partitions) {
      if (before.name == position.name) position.next_offset = before.next_offset;
    }
#endif
    manifest.partitions.push_back(std::move(position));
  }
  for (size_t a = 0; a < program_.aggregates.size(); ++a) {
    manifest.watermarks[AggregateOwner(program_.aggregates[a])] = aggregate_watermark_[a];
  }
  for (size_t v = 0; v < program_.views.size(); ++v) {
    manifest.watermarks[ViewOwner(program_.views[v])] = view_watermark_[v];
  }
  for (size_t s = 0; s < uniques_.size(); ++s) {
    if (uniques_[s] == nullptr) continue;
    manifest.watermarks[UniqueOwner(program_.sources[s])] = uniques_[s]->released_clock();
  }
  std::vector<const WorkerCounts*> counts;
  for (auto& worker : workers_) counts.push_back(&worker->counts);
  DescribeCounts(program_, routes_, counts, &manifest);
  for (size_t v = 0; v < program_.views.size(); ++v) {
    ViewDigest sum;
    for (auto& worker : workers_) {
      sum.rows += worker->views[v].digest().rows;
      sum.hash += worker->views[v].digest().hash;
    }
    DescribeDigest(*outputs_[v], sum, &manifest);
  }
  manifest.decisions = decided_;
  manifest.applied = epochs_->applied_by_sink();
  return manifest;
}

bool StreamJob::ChangedSinceCut() const {
  if (decided_.size() != last_cut_.decisions.size()) return true;
  const auto& partitions = sources_->partitions();
  if (partitions.size() != last_cut_.partitions.size()) return true;
  for (size_t i = 0; i < partitions.size(); ++i) {
    if (partitions[i]->next_offset != last_cut_.partitions[i].next_offset) return true;
  }
  for (const auto& output : outputs_) {
    if (output->outbox_bytes() > 0) return true;
  }
  return last_cut_.epoch == 0 && ticks_ == 1;  // the row of an aggregate over nothing
}

std::shared_ptr<const Batch> StreamJob::ViewContent(size_t view) {
  auto content = std::make_shared<Batch>(program_.views[view].types, 64);
  PathCounts counts;  // of nothing new: thrown away
  for (size_t p = 0; p < routes_.all.size(); ++p) {
    const Route& route = routes_.all[p];
    if (route.to != Route::To::kView || route.index != static_cast<int>(view)) continue;
    if (route.from_source) continue;  // rows that are kept nowhere
    for (auto& share : aggregates_[static_cast<size_t>(route.from)]) {
      share->EmitAll([&](const Batch& rows) {
        workers_[0]->runners[p]->Run(
            rows.columns(), nullptr, rows.weights.data(), 0, rows.rows, &counts,
            [](int32_t, uint8_t) {},
            [&](const PathRunner::Output& output) {
              for (int32_t row = 0; row < output.batch->rows; ++row) {
                content->AppendRow(*output.batch, row);
              }
            });
      });
    }
  }
  return content;
}

Status StreamJob::Cut(bool ended) {
  EpochData data;
  data.manifest = DescribeCut(ended);
  data.deltas.resize(workers_.size() + 1);
  pool_->Run([&](int w) {
    StateWriter* writer = &data.deltas[static_cast<size_t>(w)];
    for (size_t a = 0; a < aggregates_.size(); ++a) {
      OwnerSink sink(writer, a);
      aggregates_[a][static_cast<size_t>(w)]->SaveChanges(&sink);
    }
  });
  StateWriter* rest = &data.deltas.back();
  std::vector<std::shared_ptr<const Batch>> rows(program_.views.size());
  for (size_t v = 0; v < outputs_.size(); ++v) {
    OwnerSink sink(rest, aggregates_.size() + v);
#ifndef FLOW_MUTANT_PENDING_FORGOTTEN
    outputs_[v]->SaveChanges(&sink);
#endif
    rows[v] = outputs_[v]->TakeOutbox();
    if (rows[v] == nullptr) continue;
    auto refusal = [&](const Batch& batch, int32_t row) {
      return epochs_->Refusal(static_cast<int>(v), batch, row);
    };
    FLOW_RETURN_IF_ERROR(AddOutbox(program_.views[v], *rows[v], refusal, &data));
  }
  SaveUnique(rest);
  for (auto& worker : workers_) {
    if (worker->dead.empty()) continue;
    data.deltas.push_back(std::move(worker->dead));
    worker->dead = StateWriter();
  }
  // They are beside the state until they are on disk, with what sorts them.
  constexpr int64_t kSortBytes = 12;  // of a record
  int64_t bytes = 0;
  for (const StateWriter& delta : data.deltas) {
    bytes += delta.bytes() + delta.records() * kSortBytes;
  }
  data.charge = MemoryCharge(&state_account_, bytes);
  last_cut_ = data.manifest;
  last_cut_us_ = NowUs();
  std::map<int, std::shared_ptr<const Batch>> content;
  for (int view : epochs_->ViewsToMakeAnew()) {
    content[view] = ViewContent(static_cast<size_t>(view));
  }
  epochs_->Cut(std::move(data), std::move(rows), std::move(content));
  return OkStatus();
}

Status StreamJob::CutIfDue(bool last) {
  FLOW_RETURN_IF_ERROR(epochs_->status());
  int64_t held = 0;
  for (const auto& output : outputs_) held += output->outbox_bytes();
  const bool full = held >= kOutboxBytes || cut_early_;
  cut_early_ = false;
  if (!last && !full && NowUs() - last_cut_us_ < options_.epoch_us) return OkStatus();
  if (!last && !full && !epochs_->Ready()) return OkStatus();
  const bool changed = ChangedSinceCut() || !epochs_->ViewsToMakeAnew().empty();
  if (!changed && !last) {
    last_cut_us_ = NowUs();
    return OkStatus();
  }
  // Output must not grow: nothing is read while a sink that lags gets what there is.
  int64_t begin = NowUs();
  while (!epochs_->WaitReady(100'000)) {
    const bool stop = options_.stop != nullptr && options_.stop->load();
    if (stop && !last) return OkStatus();
    if (stop && NowUs() - begin > kDrainUs / 2) break;
  }
  backpressured_us_ += NowUs() - begin;
  FLOW_RETURN_IF_ERROR(epochs_->status());
  // There may be more dead letters the next time.
  const bool ended = last && !stopped_ && options_.to.empty() && AllSourcesBounded(program_) &&
                     !options_.replay.on();
  if (!changed && (!ended || last_cut_.ended)) return OkStatus();
  if (!epochs_->Ready()) return OkStatus();  // stopped: the next start reads this again
  return Cut(ended);
}

Status StreamJob::FinishState() {
  int64_t begin = NowUs();
  FLOW_RETURN_IF_ERROR(epochs_->Drain([&] {
    return options_.stop != nullptr && options_.stop->load() && NowUs() - begin > kDrainUs;
  }));
  const int64_t epoch = epochs_->store().epoch();
  if (epochs_->applied() < epoch && options_.on_notice) {
    options_.on_notice("epoch " + std::to_string(epoch) +
                       " is durable but not with all sinks: they get it at the next start");
  }
  return OkStatus();
}

}  // namespace flow
