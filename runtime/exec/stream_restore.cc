// How a durable stream gets its state back at the start.
#include <algorithm>

#include "runtime/checkpoint/state_load.h"
#include "runtime/exec/epoch_parts.h"
#include "runtime/exec/stream_job.h"

namespace flow {

namespace {

// The shares of all aggregates and the views' outputs, as a target.
class Restorer : public StateTarget {
 public:
  using Shares = std::vector<std::vector<std::unique_ptr<StreamOperator>>>;

  Restorer(std::vector<int> places, int workers, Shares* aggregates,
           std::vector<std::unique_ptr<ViewOutput>>* outputs, Uniques* uniques)
      : places_(std::move(places)),
        workers_(workers),
        aggregates_(aggregates),
        outputs_(outputs),
        uniques_(uniques),
        saved_(static_cast<size_t>(workers)) {}

  Result<int> Route(uint16_t owner, std::string_view key, uint64_t* hash) override {
    FLOW_TRY(int place, PlaceOf(owner));
    if (place < 0) return kNobody;
    if (place >= Aggregates()) return kRest;
    FLOW_TRY(*hash, StreamOperator::HashOfKey(key));
    return KeyPartition(*hash, workers_);
  }

  Status Load(int worker, const LoadedRecord* records, size_t count) override {
    std::vector<StreamOperator::Saved>& saved = saved_[static_cast<size_t>(worker)];
    for (size_t i = 0; i < count;) {
      saved.clear();
      const uint16_t owner = records[i].owner;
      for (; i < count && records[i].owner == owner; ++i) {
        saved.push_back({records[i].hash, records[i].key, records[i].value});
      }
      FLOW_RETURN_IF_ERROR(Share(owner, worker).LoadNewestFirst(saved.data(), saved.size()));
    }
    return OkStatus();
  }

  Status LoadRest(const LoadedRecord& record) override {
    const int view = places_[record.owner] - Aggregates();
    const int unique = places_[record.owner] - FirstUnique();
    if (unique >= 0)
      return (*uniques_)[static_cast<size_t>(unique)]->Load(record.key, record.value);
    return (*outputs_)[static_cast<size_t>(view)]->Load(record.value);
  }

  // The same for a record of a fold.
  Status LoadFolded(const StateRecord& record) {
    uint64_t hash;
    FLOW_TRY(int worker, Route(record.owner, record.key, &hash));
    if (worker == kRest) return LoadRest({0, record.owner, record.key, record.value});
    if (worker == kNobody) return OkStatus();
    return Share(record.owner, worker).Load(record.key, record.value);
  }

 private:
  int Aggregates() const { return static_cast<int>(aggregates_->size()); }
  // What a number in the segments means here; negative: kept on disk only.
  Result<int> PlaceOf(uint16_t owner) const {
    if (owner >= places_.size()) {
      return DataError("damaged state: a record of an unknown operator");
    }
    const int place = places_[owner];
    if (place < Aggregates() + static_cast<int>(outputs_->size())) return place;
    const int unique = place - FirstUnique();
    return unique >= 0 && (*uniques_)[static_cast<size_t>(unique)] != nullptr ? place : -1;
  }
  int FirstUnique() const {
    return Aggregates() + static_cast<int>(outputs_->size() + uniques_->size());
  }
  StreamOperator& Share(uint16_t owner, int worker) {
    return *(*aggregates_)[static_cast<size_t>(places_[owner])][static_cast<size_t>(worker)];
  }

  const std::vector<int> places_;
  const int workers_;
  Shares* aggregates_;
  std::vector<std::unique_ptr<ViewOutput>>* outputs_;
  Uniques* uniques_;
  std::vector<std::vector<StreamOperator::Saved>> saved_;  // by worker
};

}  // namespace

// Is there room for all of the state in memory? Counts what older segments repeat, too.
bool StreamJob::StateFits() const {
  constexpr int64_t kSlots = 24;  // of a table that has just grown, for an entry
  int64_t entry = 0;
  for (const program::Aggregate& aggregate : program_.aggregates) {
    entry = std::max<int64_t>(entry, aggregate.layout.entry_size + kSlots);
  }
  int64_t bytes = 0;
  for (const StateSegment& segment : last_cut_.segments) {
    bytes += segment.records * entry + segment.info.size;
  }
  return bytes <= hot_bytes_;
}

Status StreamJob::Restore() {
  for (auto& shares : aggregates_) {
    for (auto& share : shares) share->TrackChanges();
  }
  const Manifest& manifest = last_cut_;
  if (manifest.epoch == 0) return OkStatus();
  const int64_t begin = NowUs();
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
  FLOW_RETURN_IF_ERROR(RestoreUnique());
#ifndef FLOW_MUTANT_COME_BACK_FORGOTTEN
  SetComeBack();
#endif
#ifndef FLOW_MUTANT_LEDGER_FORGOTTEN
  RestoreCounts(program_, routes_, manifest, &workers_[0]->counts);
#endif
  for (size_t v = 0; v < program_.views.size(); ++v) {
    RestoreDigest(manifest, program_.views[v], &workers_[0]->views[v]);
  }

  const int workers = static_cast<int>(workers_.size());
  Restorer target(PlacesOf(manifest.owners, program_), workers, &aggregates_, &outputs_, &uniques_);
  Status status;
  if (StateFits()) {
    LoadWorkers threads{workers, [&](const std::function<void(int)>& f) { pool_->Run(f); }};
    status = epochs_->store().Load(threads, &target);
  } else {
    // What has no room goes to disk on the way, so each key must come once.
    constexpr int64_t kRecords = 4096;
    int64_t loaded = 0;
    status = epochs_->store().Load([&](const StateRecord& record) -> Status {
      if (++loaded % kRecords == 0) {
        Evict();
        FLOW_RETURN_IF_ERROR(StateStatus());
      }
      return target.LoadFolded(record);
    });
  }
  for (auto& unique : uniques_) {
    if (unique != nullptr) unique->FinishLoad();
  }
  load_us_ = NowUs() - begin;
  return status;
}

}  // namespace flow
