// UNIQUE BY in a batch: a worker that has read a morsel adds it to what its partition holds, in the
// partition's order, and takes what waits no more with it.
#include <atomic>

#include "runtime/exec/batch_job.h"
#include "runtime/exec/epoch_parts.h"
#include "runtime/time/windows.h"

namespace flow {

bool BatchJob::Holds(int source) const {
  const Unique* unique = uniques_[static_cast<size_t>(source)].get();
  return unique != nullptr && !unique->Immediate(*sources_, source);
}

void BatchJob::JudgeUnique(PartitionState* partition, SourceRows* rows, int worker) {
  Worker& self = *workers_[static_cast<size_t>(worker)];
  SourceFront& front = *self.fronts[static_cast<size_t>(partition->source)];
  SourceLedger& ledger = self.counts.sources[static_cast<size_t>(partition->source)];
  Unique* unique = uniques_[static_cast<size_t>(partition->source)].get();
  const int64_t after = front.Judge(partition->max_event_time, rows);
  front.DropBadKeys(
      rows, [&](int32_t row, uint8_t code) { Dead(*partition, *rows, row, code, "", worker); });
  if (!Holds(partition->source)) {
    const UniqueCounts counts = unique->FilterNow(*partition, rows);
    ledger.decoded += counts.kept;
    ledger.duplicate += counts.duplicate;
    partition->max_event_time = after;
    return;
  }
  ledger.dead += rows->dead_rows;
  FillWaiting(self.held.get(), &state_account_);
  std::lock_guard lock(unique->mutex);
  ledger.held += unique->Hold(partition, std::move(self.held));
  // Others look at these two under the mutex.
  partition->max_event_time = after;
  --partition->in_flight;
}

// While it reads, it may wait for who turns out not to count: at the end that is known.
bool BatchJob::Blocks(const PartitionState& partition) const {
  return !(partition.ended && partition.in_flight == 0 && run_.to_end);
}

void BatchJob::ReleaseHeld(int source, int worker) {
  Worker& self = *workers_[static_cast<size_t>(worker)];
  Unique* unique = uniques_[static_cast<size_t>(source)].get();
  UniqueCounts counts;
  std::vector<ReleasedRows> released;
  {
    std::lock_guard lock(unique->mutex);
    released = unique->Release(
        PartitionsOf(*sources_, source),
        [this](const PartitionState& partition) { return Blocks(partition); }, &counts);
  }
  counts.Release(&self.counts.sources[static_cast<size_t>(source)]);
  for (const ReleasedRows& rows : released) {
    RunPaths(rows.partition, rows.held->rows, rows.runs, worker);
  }
}

void BatchJob::ReleaseAtEnd() {
  const bool at_end = run_.to_end && !stopped_.load();
  const std::map<PartitionId, int64_t> offsets = sources_->Offsets();
  for (size_t s = 0; s < uniques_.size(); ++s) {
    const int source = static_cast<int>(s);
    if (!Holds(source)) continue;
    UniqueCounts counts;
    const std::vector<ReleasedRows> released = uniques_[s]->Release(
        PartitionsOf(*sources_, source),
        [&](const PartitionState& partition) {
          return !at_end && sources_->IsIn(partition, /*by_log=*/true, offsets);
        },
        &counts);
    counts.Release(&workers_[0]->counts.sources[s]);
    std::atomic<size_t> next{0};
    pool_->Run([&](int worker) {
      for (size_t i = next.fetch_add(1); i < released.size(); i = next.fetch_add(1)) {
        RunPaths(released[i].partition, released[i].held->rows, released[i].runs, worker);
      }
    });
  }
}

void BatchJob::SaveUnique(StateWriter* writer) {
  for (size_t s = 0; s < uniques_.size(); ++s) {
    if (uniques_[s] == nullptr) continue;
    OwnerSink sink(writer, partials_.size() + outputs_.size() + uniques_.size() + s);
    uniques_[s]->SaveChanges(last_cut_.epoch + 1, &sink);
  }
}

Status BatchJob::LoadUnique(const StateRecord& record, int place) {
  const int unique = place - static_cast<int>(partials_.size() + outputs_.size() + uniques_.size());
  if (unique < 0 || uniques_[static_cast<size_t>(unique)] == nullptr) return OkStatus();
  return uniques_[static_cast<size_t>(unique)]->Load(record.key, record.value);
}

}  // namespace flow
