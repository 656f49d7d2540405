// What makes a stream durable: its state put back at the start, and epochs cut between ticks. Why a
// tick is the cut: docs/adr/0002-bulk-synchronous-ticks.md.
#include <algorithm>
#include <thread>

#include "runtime/abi/error_code.h"
#include "runtime/connector/dead_rows.h"
#include "runtime/exec/job.h"
#include "runtime/exec/stream_job.h"
#include "runtime/format/encode.h"
#include "runtime/format/row_codec.h"
#include "runtime/operator/entry_codec.h"
#include "runtime/time/windows.h"

namespace flow {

namespace {

// An epoch is cut early when it holds so much for the sinks.
constexpr int64_t kOutboxBytes = 64 << 20;
// After a stop: what is not with a sink by then gets there at the next start.
constexpr int64_t kDrainUs = 8'000'000;

// Owners of state, by name: what numbers mean in segments, now and in a later run.
std::string AggregateOwner(const program::Aggregate& aggregate) {
  return "aggregate " + aggregate.name;
}
std::string ViewOwner(const program::View& view) { return "view " + view.name; }
std::string DeadOwner(const program::Source& source) { return "dead " + source.name; }

std::vector<std::string> Owners(const program::Program& program) {
  std::vector<std::string> owners;
  for (const auto& aggregate : program.aggregates) owners.push_back(AggregateOwner(aggregate));
  for (const auto& view : program.views) owners.push_back(ViewOwner(view));
  for (const auto& source : program.sources) owners.push_back(DeadOwner(source));
  return owners;
}

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

std::string PathName(const program::Program& program, const Route& route, size_t index) {
  const std::string from = route.from_source
                               ? program.sources[static_cast<size_t>(route.from)].name
                               : program.aggregates[static_cast<size_t>(route.from)].name;
  return std::to_string(index) + " " + from + " -> " + PathView(program, route);
}

int64_t Count(const LedgerLine& line, const char* name) {
  auto found = line.counts.find(name);
  return found == line.counts.end() ? 0 : found->second;
}

unsigned __int128 HashFromHex(const std::string& text) {
  unsigned __int128 hash = 0;
  for (char c : text) {
    hash = hash << 4 | static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return hash;
}

}  // namespace

program::Program WithDeadLetters(const program::Program& program) {
  program::Program out = program;
  for (const program::Source& source : program.sources) {
    if (!source.dead_letter) continue;
    program::Sink sink;
    sink.name = "dead letters of " + source.name;
    sink.view = static_cast<int>(out.views.size());
    sink.connector = source.dead_letter->connector;
    sink.options = source.dead_letter->options;
    sink.secrets = source.dead_letter->secrets;
    out.views.push_back(DeadLetterView(source));
    out.sinks.push_back(std::move(sink));
  }
  return out;
}

std::vector<PlanPart> PlanParts(const program::Program& program) {
  std::vector<PlanPart> parts;
  for (const program::Definition& part : program.definitions) {
    parts.push_back({part.kind, part.name, part.text});
  }
  for (const program::Aggregate& aggregate : program.aggregates) {
    parts.push_back({"operator", aggregate.name, LayoutText(aggregate)});
    parts.push_back({"layout", AggregateOwner(aggregate), EntryDescriptor(aggregate)});
  }
  return parts;
}

Status StreamJob::OpenState() {
  dead_view_.assign(program_.sources.size(), -1);
  for (size_t s = 0; s < program_.sources.size(); ++s) {
    for (size_t v = 0; v < program_.views.size(); ++v) {
      if (program_.views[v].dead_letters &&
          program_.views[v].name == DeadLetterView(program_.sources[s]).name) {
        dead_view_[s] = static_cast<int>(v);
      }
    }
  }
  FLOW_TRY(epochs_, Epochs::Open(program_, options_));
  last_cut_ = epochs_->store().current();
  last_cut_us_ = NowUs();
  decided_ = last_cut_.decisions;
  had_ended_ = last_cut_.ended;
  if (!epochs_->store().fresh() && options_.on_notice) {
    options_.on_notice("state " + options_.state_directory + ": going on from epoch " +
                       std::to_string(last_cut_.epoch) +
                       (had_ended_ ? ", where the input had ended" : ""));
  }
  return OkStatus();
}

Status StreamJob::Restore() {
  for (auto& shares : aggregates_) {
    for (auto& share : shares) share->TrackChanges();
  }
  const Manifest& manifest = last_cut_;
  if (manifest.epoch == 0) return OkStatus();
  ticks_ = manifest.tick;
  for (size_t a = 0; a < program_.aggregates.size(); ++a) {
    auto found = manifest.watermarks.find(AggregateOwner(program_.aggregates[a]));
    if (found != manifest.watermarks.end()) aggregate_watermark_[a] = found->second;
    for (auto& share : aggregates_[a]) share->Restore(aggregate_watermark_[a]);
  }
  for (size_t v = 0; v < program_.views.size(); ++v) {
    auto found = manifest.watermarks.find(ViewOwner(program_.views[v]));
    if (found != manifest.watermarks.end()) view_watermark_[v] = found->second;
  }
#ifndef FLOW_MUTANT_LEDGER_FORGOTTEN
  FLOW_RETURN_IF_ERROR(RestoreCounts(manifest));
#endif

  // What the numbers of the segments mean here; -1: kept on disk only.
  const std::vector<std::string> owners = Owners(program_);
  std::vector<int> place;
  for (const std::string& owner : manifest.owners) {
    auto found = std::find(owners.begin(), owners.end(), owner);
    place.push_back(found == owners.end() ? -1 : static_cast<int>(found - owners.begin()));
  }
  const int aggregates = static_cast<int>(program_.aggregates.size());
  const int views = static_cast<int>(program_.views.size());
  const int workers = static_cast<int>(workers_.size());
  return epochs_->store().Load([&](const StateRecord& record) -> Status {
    if (record.owner >= place.size()) {
      return DataError("damaged state: a record of an unknown operator");
    }
    int owner = place[record.owner];
    if (owner < 0 || owner >= aggregates + views) return OkStatus();
    if (owner >= aggregates) {
      return outputs_[static_cast<size_t>(owner - aggregates)]->Load(record.value);
    }
    auto& shares = aggregates_[static_cast<size_t>(owner)];
    FLOW_TRY(uint64_t hash, StreamAggregate::HashOfKey(record.key));
    return shares[static_cast<size_t>(KeyPartition(hash, workers))]->Load(record.key, record.value);
  });
}

Status StreamJob::RestoreCounts(const Manifest& manifest) {
  WorkerCounts& counts = workers_[0]->counts;
  for (const LedgerLine& line : manifest.sources) {
    for (size_t s = 0; s < program_.sources.size(); ++s) {
      if (program_.sources[s].name != line.name) continue;
      SourceLedger& ledger = counts.sources[s];
      ledger.read = Count(line, "read");
      ledger.decoded = Count(line, "decoded");
      ledger.duplicate = Count(line, "duplicate");
      ledger.held = Count(line, "held");
      ledger.dead = Count(line, "dead");
      counts.rows += ledger.read;
    }
  }
  for (const LedgerLine& line : manifest.paths) {
    for (size_t p = 0; p < routes_.all.size(); ++p) {
      if (PathName(program_, routes_.all[p], p) != line.name) continue;
      PathCounts& path = counts.paths[p];
      path.decoded = Count(line, "decoded");
      path.accepted = Count(line, "accepted");
      path.filtered = Count(line, "filtered");
      path.late = Count(line, "late");
      path.dead = Count(line, "dead");
      path.late_windows = Count(line, "late_windows");
      counts.key_errors[p] = Count(line, "key_errors");
    }
  }
  for (size_t v = 0; v < program_.views.size(); ++v) {
    auto found = manifest.digests.find(program_.views[v].name);
    if (found == manifest.digests.end()) continue;
    workers_[0]->views[v].Restore(found->second.first, HashFromHex(found->second.second));
  }
  return OkStatus();
}

void StreamJob::KeepDead(const program::Source& source, const PartitionState& partition,
                         const Decoder& decoder, int32_t row, uint8_t code, const std::string& view,
                         Worker* worker) {
  DeadLetterRecord record;
  record.source = source.name;
  record.partition = partition.partition;
  record.offset = worker->rows.decoded.offsets[static_cast<size_t>(row)];
  record.view = view;
  record.error = FlowErrorText(code);
  record.raw = decoder.Raw(worker->rows.morsel, row);
  int dead_view = dead_view_[static_cast<size_t>(partition.source)];
  if (dead_view >= 0) {
    AppendDeadLetter(&worker->views[static_cast<size_t>(dead_view)].rows(), record);
    return;
  }
  // Without a DEAD LETTER clause the state keeps it: flowc dlq shows it.
  Batch one(DeadLetterView(source).types, 1);
  AppendDeadLetter(&one, record);
  std::string key, value;
  for (int shift = 24; shift >= 0; shift -= 8) {
    key += static_cast<char>(static_cast<uint32_t>(record.partition) >> shift);
  }
  for (int shift = 56; shift >= 0; shift -= 8) {
    key += static_cast<char>(static_cast<uint64_t>(record.offset) >> shift);
  }
  key += view;
  AppendRowBytes(one, 0, &value);
  size_t owner =
      program_.aggregates.size() + program_.views.size() + static_cast<size_t>(partition.source);
  worker->dead.Put(static_cast<uint16_t>(owner), key, value);
}

Manifest StreamJob::DescribeCut(bool ended) {
  Manifest manifest;
  manifest.epoch = last_cut_.epoch + 1;
  manifest.ended = ended;
  manifest.tick = ticks_;
  manifest.wall_us = WallUs();
  manifest.owners = Owners(program_);
  for (const auto& partition : sources_->partitions()) {
    PartitionPosition position;
    position.source = program_.sources[static_cast<size_t>(partition->source)].name;
    position.partition = partition->partition;
    position.name = partition->name;
    position.next_offset = partition->next_offset;
#ifdef FLOW_MUTANT_OFFSETS_BEHIND
    for (const PartitionPosition& before : last_cut_.partitions) {
      if (before.name == position.name) position.next_offset = before.next_offset;
    }
#endif
    position.max_event_time = partition->max_event_time;
    position.out = partition->out;
    if (partition->reader != nullptr) {
      position.lag = partition->reader->lag();
      if (auto last = partition->reader->last_record()) {
        partition->fingerprint = FingerprintText(*last);
      }
    }
    position.fingerprint = partition->fingerprint;
    manifest.partitions.push_back(std::move(position));
  }
  for (size_t a = 0; a < program_.aggregates.size(); ++a) {
    manifest.watermarks[AggregateOwner(program_.aggregates[a])] = aggregate_watermark_[a];
  }
  for (size_t v = 0; v < program_.views.size(); ++v) {
    manifest.watermarks[ViewOwner(program_.views[v])] = view_watermark_[v];
  }
  for (size_t s = 0; s < program_.sources.size(); ++s) {
    SourceLedger sum;
    for (auto& worker : workers_) {
      const SourceLedger& part = worker->counts.sources[s];
      sum.read += part.read;
      sum.decoded += part.decoded;
      sum.duplicate += part.duplicate;
      sum.held += part.held;
      sum.dead += part.dead;
    }
    manifest.sources.push_back({program_.sources[s].name,
                                {{"read", sum.read},
                                 {"decoded", sum.decoded},
                                 {"duplicate", sum.duplicate},
                                 {"held", sum.held},
                                 {"dead", sum.dead}}});
  }
  for (size_t p = 0; p < routes_.all.size(); ++p) {
    PathCounts sum;
    int64_t key_errors = 0;
    for (auto& worker : workers_) {
      sum.Add(worker->counts.paths[p]);
      key_errors += worker->counts.key_errors[p];
    }
    manifest.paths.push_back({PathName(program_, routes_.all[p], p),
                              {{"decoded", sum.decoded},
                               {"accepted", sum.accepted},
                               {"filtered", sum.filtered},
                               {"late", sum.late},
                               {"dead", sum.dead},
                               {"late_windows", sum.late_windows},
                               {"key_errors", key_errors}}});
  }
  for (size_t v = 0; v < program_.views.size(); ++v) {
    if (!program_.views[v].wanted) continue;
    int64_t rows = 0;
    unsigned __int128 hash = 0;
    for (auto& worker : workers_) {
      rows += worker->views[v].digest().rows;
      hash += worker->views[v].digest().hash;
    }
    manifest.digests[program_.views[v].name] = {rows, HashText(hash)};
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

Status StreamJob::CheckRefusals(size_t view, const Batch& rows) {
  for (int32_t row = 0; row < rows.rows; ++row) {
    auto why = epochs_->Refusal(static_cast<int>(view), rows, row);
    if (!why) continue;
    std::string text;
    AppendJsonRow(rows, row, program_.views[view].columns, {}, &text);
    return DataError("a row of " + program_.views[view].name + " can not be delivered: " + *why +
                     ": " + text.substr(0, 400));
  }
  return OkStatus();
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
    FLOW_RETURN_IF_ERROR(CheckRefusals(v, *rows[v]));
    EpochData::Outbox outbox;
    outbox.view = program_.views[v].name;
    outbox.rows = rows[v]->rows;
    std::string frame;
    for (int32_t row = 0; row < rows[v]->rows; ++row) {
      AppendRowBytes(*rows[v], row, &frame);
      if (frame.size() < (256 << 10)) continue;
      outbox.frames.push_back(std::move(frame));
      frame.clear();
    }
    if (!frame.empty()) outbox.frames.push_back(std::move(frame));
    data.outboxes.push_back(std::move(outbox));
  }
  for (auto& worker : workers_) {
    if (worker->dead.empty()) continue;
    data.deltas.push_back(std::move(worker->dead));
    worker->dead = StateWriter();
  }
  last_cut_ = data.manifest;
  last_cut_us_ = NowUs();
  epochs_->Cut(std::move(data), std::move(rows));
  return OkStatus();
}

Status StreamJob::CutIfDue(bool last) {
  FLOW_RETURN_IF_ERROR(epochs_->status());
  int64_t held = 0;
  for (const auto& output : outputs_) held += output->outbox_bytes();
  const bool full = held >= kOutboxBytes;
  if (!last && !full && NowUs() - last_cut_us_ < options_.epoch_us) return OkStatus();
  if (!last && !full && !epochs_->Ready()) return OkStatus();
  if (!ChangedSinceCut() && !last) {
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
  const bool ended = last && !stopped_ && options_.to.empty() && AllSourcesBounded(program_);
  if (!ChangedSinceCut() && (!ended || last_cut_.ended)) return OkStatus();
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
