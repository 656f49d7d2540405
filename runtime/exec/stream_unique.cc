// UNIQUE BY in a stream: rows are held when they are read, released when all partitions have been
// read and the decisions of the tick are taken, and only then go on to what reads the source.
#include <atomic>

#include "runtime/exec/epoch_parts.h"
#include "runtime/exec/stream_job.h"
#include "runtime/time/windows.h"

namespace flow {

bool StreamJob::Holds(int source) const {
  const Unique* unique = uniques_[static_cast<size_t>(source)].get();
  return unique != nullptr && !unique->Immediate(*sources_, source);
}

void StreamJob::MarkWaiting() {
  for (auto& partition : sources_->partitions()) {
    partition->waits = HoldsTooMuch(*sources_, *partition);
  }
}

void StreamJob::ReleaseHeld(bool at_end) {
  released_ = 0;
  std::vector<ReleasedRows> all;
  for (size_t s = 0; s < uniques_.size(); ++s) {
    const int source = static_cast<int>(s);
    if (!Holds(source)) continue;
    std::map<PartitionId, int64_t> offsets;
    if (!decides_) offsets = sources_->Offsets();
    auto blocks = [&](const PartitionState& partition) {
      return !at_end && sources_->IsIn(partition, !decides_, offsets);
    };
    UniqueCounts counts;
    std::vector<ReleasedRows> released =
        uniques_[s]->Release(PartitionsOf(*sources_, source), blocks, &counts);
    counts.Release(&workers_[0]->counts.sources[s]);
    released_ += counts.total();
    std::move(released.begin(), released.end(), std::back_inserter(all));
  }
  if (all.empty()) return;
  std::atomic<size_t> next{0};
  pool_->Run([&](int index) {
    Worker* worker = workers_[static_cast<size_t>(index)].get();
    const int64_t begin = NowUs();
    for (size_t i = next.fetch_add(1); i < all.size(); i = next.fetch_add(1)) {
      RunPaths(all[i].partition, &all[i].held->rows, all[i].runs, worker);
    }
    worker->source_us += NowUs() - begin;
  });
}

void StreamJob::SaveUnique(StateWriter* writer) {
  for (size_t s = 0; s < uniques_.size(); ++s) {
    if (uniques_[s] == nullptr) continue;
    OwnerSink sink(writer, aggregates_.size() + outputs_.size() + uniques_.size() + s);
#ifndef FLOW_MUTANT_UNIQUE_FORGOTTEN
    uniques_[s]->SaveChanges(last_cut_.epoch + 1, &sink);
#endif
  }
}

Status StreamJob::RestoreUnique() {
  for (size_t s = 0; s < uniques_.size(); ++s) {
    if (uniques_[s] == nullptr) continue;
    auto found = last_cut_.watermarks.find(UniqueOwner(program_.sources[s]));
    if (found != last_cut_.watermarks.end()) uniques_[s]->RestoreClock(found->second);
  }
  return RereadHeld(program_, last_cut_, sources_.get(), uniques_, &state_account_);
}

}  // namespace flow
