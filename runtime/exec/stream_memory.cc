// The budget of a stream's state: who gets how much, and what is done when there is too much of it.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/exec/stream_job.h"

namespace flow {

namespace {

constexpr int64_t kMaxTickBytes = 32 << 20;  // each partition may read one morsel more
constexpr int64_t kMinTickBytes = 256 << 10;
constexpr int64_t kMinStoreBytes = 2 << 20, kMaxStoreBytes = 256 << 20;
constexpr int64_t kMaxRestBytes = 64 << 20;
constexpr int64_t kMaxFoldBytes = 32 << 20;  // for who writes epochs and folds segments
constexpr int64_t kMinZoneBytes = 32 << 10;
constexpr int64_t kSavedParts = 8;  // of the state in memory, about, that an epoch saves
constexpr int64_t kMinSaved = 256 << 10;
constexpr int64_t kZones = 64;  // of a share, about: what goes at once is a small part of it

int64_t MachineBytes() {
  return static_cast<int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGE_SIZE);
}

}  // namespace

void StreamJob::OpenMemory() {
  const int64_t memory = options_.memory_bytes > 0 ? options_.memory_bytes : MachineBytes() / 2;
  ColdStore::Options options;
  if (durable()) options.folder = options_.state_directory + "/live";
  options.memory = std::clamp(memory / 4, kMinStoreBytes, kMaxStoreBytes);
  // A tick may bring as much new state as it reads.
  tick_bytes_ = std::clamp(memory / 32, kMinTickBytes, kMaxTickBytes);
  // A quarter is for what nobody counts: batches on their way to disk, its library, fragments.
  hot_bytes_ = std::max<int64_t>(0, memory - options.memory - 2 * tick_bytes_ -
                                        std::min(memory / 4, kMaxRestBytes) -
                                        (durable() ? std::min(memory / 8, kMaxFoldBytes) : 0));
  cold_ = std::make_unique<ColdStore>(std::move(options));
}

StateRoom StreamJob::RoomFor(size_t aggregate, int worker, int workers) const {
  const int64_t share = hot_bytes_ / workers;
  StateRoom room;
  room.store = cold_.get();
  room.owner = static_cast<uint32_t>(aggregate) * kKeyGroups + static_cast<uint32_t>(worker);
  room.bytes = share;
  room.zone_bytes = std::max(share / kZones, kMinZoneBytes);
  return room;
}

Status StreamJob::StateStatus() const {
  for (const auto& shares : aggregates_) {
    for (const auto& share : shares) FLOW_RETURN_IF_ERROR(Status(share->status()));
  }
  return OkStatus();
}

void StreamJob::Evict() {
  const int64_t used = state_account_.used();
  if (used <= hot_bytes_) return;
  // To clearly less: many at once are cheaper. Each share gives in proportion.
  const double kept = static_cast<double>(hot_bytes_ / 4 * 3) / static_cast<double>(used);
  pool_->Run([&](int worker) {
    for (auto& shares : aggregates_) {
      StreamOperator& share = *shares[static_cast<size_t>(worker)];
      share.Evict(static_cast<int64_t>(static_cast<double>(share.bytes()) * kept));
    }
  });
  // What was freed lies in pieces between what stays; the allocator alone gives back only its end.
  ::malloc_trim(0);
}

int64_t StreamJob::UnsavedBytes() const {
  int64_t bytes = 0;
  for (const auto& shares : aggregates_) {
    for (const auto& share : shares) bytes += share->unsaved_bytes();
  }
  return bytes;
}

Status StreamJob::KeepBudget() {
  // Only what is saved may go, and what is being saved is in memory twice: so it is saved in parts.
  if (epochs_ != nullptr && UnsavedBytes() > std::max(hot_bytes_ / kSavedParts, kMinSaved)) {
    cut_early_ = true;
    FLOW_RETURN_IF_ERROR(CutIfDue(false));
  }
  if (state_account_.used() <= hot_bytes_) return OkStatus();
  Evict();
  FLOW_RETURN_IF_ERROR(StateStatus());
  if (epochs_ == nullptr || state_account_.used() <= hot_bytes_) return OkStatus();
  bool changed = false;
  for (const auto& shares : aggregates_) {
    for (const auto& share : shares) changed = changed || share->changed();
  }
  if (!changed) return OkStatus();
  // Only what is saved may go.
  cut_early_ = true;
  FLOW_RETURN_IF_ERROR(CutIfDue(false));
  Evict();
  return StateStatus();
}

}  // namespace flow
