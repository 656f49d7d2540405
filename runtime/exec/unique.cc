// Unique: a merge of what the partitions hold by (clock, partition), and the keys that it has kept.
#include "runtime/exec/unique.h"

#include <algorithm>

#include "runtime/abi/abi.h"
#include "runtime/base/ordered_bytes.h"
#include "runtime/exec/epoch_parts.h"
#include "runtime/time/windows.h"

namespace flow {

namespace {

constexpr int64_t kMostHeld = 64 << 10;  // rows of a partition that waits for another
constexpr int64_t kHeldRowBytes = 64;    // of decoded columns, about
constexpr int kNoPartition = 0;

// What stands before what.
std::pair<int64_t, int> Place(int64_t clock, const PartitionState& partition) {
  return {clock, partition.partition};
}

std::pair<int64_t, int> HeadOf(const PartitionState& partition) {
  const HeldRows& held = *partition.held.front();
  const int32_t row = held.waiting[held.next];
  return Place(held.rows.clock[static_cast<size_t>(row)], partition);
}

void AddRun(int32_t row, RowRuns* runs) {
  if (!runs->empty() && runs->back().first + runs->back().second == row) {
    ++runs->back().second;
  } else {
    runs->emplace_back(row, 1);
  }
}

bool BeforeRange(const PartitionState& partition, const SourceRows& rows, int32_t row) {
  return rows.decoded.offsets[static_cast<size_t>(row)] < partition.begin;
}

bool Keep(const SourceRows& rows, int32_t row, KeptKeys* keys) {
  const auto i = static_cast<size_t>(row);
  // As in SQL, NULL is like nothing.
  if (rows.unique_status[i] != kFlowValue) return true;
  return keys->Keep(rows.clock[i], rows.unique_key[i]);
}

}  // namespace

Unique::Unique(const program::Source& source, MemoryAccount* account)
    : within_(*source.unique_within),
      per_partition_(source.unique_per_partition),
      account_(account) {}

bool Unique::Immediate(const SourceSet& sources, int source) const {
  if (per_partition_) return true;
  int partitions = 0;
  for (const auto& partition : sources.partitions()) partitions += partition->source == source;
  return partitions == 1;
}

KeptKeys* Unique::KeysOf(int partition) {
  std::lock_guard lock(keys_mutex_);
  return &keys_.try_emplace(per_partition_ ? partition : kNoPartition, within_, account_)
              .first->second;
}

UniqueCounts Unique::FilterNow(const PartitionState& partition, SourceRows* rows) {
  UniqueCounts counts;
  RowRuns kept;
  KeptKeys* keys = KeysOf(partition.partition);
  for (auto [first, count] : rows->alive) {
    for (int32_t row = first; row < first + count; ++row) {
      const bool keep = Keep(*rows, row, keys);
      if (!per_partition_) released_clock_ = rows->clock[static_cast<size_t>(row)];
      if (BeforeRange(partition, *rows, row)) continue;
      ++(keep ? counts.kept : counts.duplicate);
      if (keep) AddRun(row, &kept);
    }
  }
  rows->alive = std::move(kept);
  return counts;
}

int64_t Unique::Hold(PartitionState* partition, std::shared_ptr<HeldRows> held) {
  int64_t counted = 0;
  for (int32_t row : held->waiting) counted += !BeforeRange(*partition, held->rows, row);
  if (held->waiting.empty()) return 0;
  partition->held_rows += static_cast<int64_t>(held->waiting.size());
  partition->held.push_back(std::move(held));
  return counted;
}

std::vector<ReleasedRows> Unique::Release(const std::vector<PartitionState*>& partitions,
                                          const std::function<bool(const PartitionState&)>& blocks,
                                          UniqueCounts* counts) {
  // The two least of those that block: each partition waits for the least but itself.
  std::pair<int64_t, int> least = {kMaxTime, INT32_MAX}, second = least;
  for (const PartitionState* partition : partitions) {
#ifdef FLOW_MUTANT_UNIQUE_ARRIVAL
    if (partition != nullptr) continue;
#endif
    if (!blocks(*partition)) continue;
    const auto place = Place(partition->max_event_time, *partition);
    if (place < least) {
      second = std::exchange(least, place);
    } else {
      second = std::min(second, place);
    }
  }
  KeptKeys* keys = KeysOf(kNoPartition);
  std::vector<ReleasedRows> released;
  std::map<const HeldRows*, size_t> at;  // of `released`
  while (true) {
    PartitionState* first = nullptr;
    for (PartitionState* partition : partitions) {
      if (partition->held.empty()) continue;
      if (first == nullptr || HeadOf(*partition) < HeadOf(*first)) first = partition;
    }
    if (first == nullptr) break;
    const auto bound = least.second == first->partition ? second : least;
    // As far as no other head comes before.
    std::pair<int64_t, int> other = bound;
    for (const PartitionState* partition : partitions) {
      if (partition != first && !partition->held.empty())
        other = std::min(other, HeadOf(*partition));
    }
    if (HeadOf(*first) >= other) break;
    std::shared_ptr<HeldRows> held = first->held.front();
    auto [place, fresh] = at.try_emplace(held.get(), released.size());
    if (fresh) released.push_back({first, held, {}});
    RowRuns* runs = &released[place->second].runs;
    for (; held->next < held->waiting.size(); ++held->next) {
      const int32_t row = held->waiting[held->next];
      const int64_t clock = held->rows.clock[static_cast<size_t>(row)];
      if (Place(clock, *first) >= other) break;
      released_clock_ = clock;
      --first->held_rows;
      const bool keep = Keep(held->rows, row, keys);
      if (BeforeRange(*first, held->rows, row)) continue;
      ++(keep ? counts->kept : counts->duplicate);
      if (keep) AddRun(row, runs);
    }
    if (held->next == held->waiting.size()) first->held.pop_front();
  }
  std::erase_if(released, [](const ReleasedRows& rows) { return rows.runs.empty(); });
  return released;
}

void Unique::SaveChanges(int64_t tag, StateSink* sink) {
  for (auto& [partition, keys] : keys_) {
    std::string prefix;
    AppendOrdered(static_cast<uint32_t>(partition), 4, &prefix);
    keys.SaveChanges(prefix, tag, sink);
  }
}

Status Unique::Load(std::string_view key, std::string_view value) {
  if (key.size() < 4) return DataError("damaged state: no keys of UNIQUE BY");
  return KeysOf(static_cast<int>(ReadOrdered(key.substr(0, 4))))->Load(key.substr(4), value);
}

void Unique::FinishLoad() {
  for (auto& [partition, keys] : keys_) keys.FinishLoad();
}

void UniqueCounts::Release(SourceLedger* ledger) const {
  ledger->held -= total();
  ledger->decoded += kept;
  ledger->duplicate += duplicate;
}

Uniques MakeUniques(const program::Program& program, MemoryAccount* account) {
  Uniques uniques;
  for (const program::Source& source : program.sources) {
    uniques.push_back(source.unique() ? std::make_unique<Unique>(source, account) : nullptr);
  }
  return uniques;
}

std::string UniqueOwner(const program::Source& source) { return "unique " + source.name; }

void FillWaiting(HeldRows* held, MemoryAccount* account) {
  held->waiting.clear();
  held->next = 0;
  for (auto [first, count] : held->rows.alive) {
    for (int32_t row = first; row < first + count; ++row) held->waiting.push_back(row);
  }
  held->charge =
      MemoryCharge(account, held->rows.morsel.bytes + held->rows.morsel.row_count * kHeldRowBytes);
}

bool HoldsTooMuch(const SourceSet& sources, const PartitionState& partition) {
  if (partition.held_rows < kMostHeld) return false;
  const auto head = HeadOf(partition);
  for (const auto& other : sources.partitions()) {
    if (other.get() == &partition || other->source != partition.source) continue;
    if (other->ended || other->out) continue;
    if (Place(other->max_event_time, *other) <= head) return true;
  }
  return false;
}

std::vector<PartitionState*> PartitionsOf(const SourceSet& sources, int source) {
  std::vector<PartitionState*> partitions;
  for (const auto& partition : sources.partitions()) {
    if (partition->source == source) partitions.push_back(partition.get());
  }
  return partitions;
}

Status RereadHeld(const program::Program& program, const Manifest& manifest, SourceSet* sources,
                  const Uniques& uniques, MemoryAccount* account) {
#ifdef FLOW_MUTANT_HELD_FORGOTTEN
  if (!uniques.empty()) return OkStatus();
#endif
  std::vector<Decision> decisions;
  for (const std::string& text : manifest.decisions) {
    if (auto decision = ParseDecision(text)) decisions.push_back(*decision);
  }
  for (const PartitionPosition& position : manifest.partitions) {
    if (position.held_from < 0) continue;
    PartitionState* partition = nullptr;
    for (const auto& candidate : sources->partitions()) {
      const bool same =
          program.sources[static_cast<size_t>(candidate->source)].name == position.source &&
          candidate->partition == position.partition;
      if (same) partition = candidate.get();
    }
    if (partition == nullptr) continue;  // SourceSet has looked at that
    const auto source = static_cast<size_t>(partition->source);
    if (uniques[source] == nullptr) continue;
    FLOW_TRY(auto reader,
             sources->OpenReader(*partition, position.held_from, position.next_offset, &decisions));
    SourceFront front(&program, partition->source,
                      &sources->connector(partition->source).decoder());
    int64_t clock = position.held_event_time;
    const auto nobody = [](int32_t, uint8_t) {};
    while (true) {
      auto held = std::make_shared<HeldRows>();
      FLOW_TRY(const ReadState state, reader->Read(kBatchRows, kMorselBytes, &held->rows.morsel));
      if (state == ReadState::kEnd) break;
      if (state == ReadState::kIdle) continue;
      for (const Decision& decision : decisions) {
        if (decision.kind != Decision::Kind::kBack ||
            decision.partition != PartitionId{position.source, position.partition} ||
            decision.offset < held->rows.morsel.begin_offset ||
            decision.offset >= held->rows.morsel.next_offset) {
          continue;
        }
        held->rows.raises.emplace_back(decision.offset, decision.event_time);
      }
      std::sort(held->rows.raises.begin(), held->rows.raises.end());
      front.Decode(&held->rows, nobody);
      clock = front.Judge(clock, &held->rows);
      front.DropBadKeys(&held->rows, nobody);
      FillWaiting(held.get(), account);
      uniques[source]->Hold(partition, std::move(held));
    }
    if (clock == partition->max_event_time) continue;
    return Error{ErrorDomain::kState,
                 "source " + position.source + " partition " + position.name +
                     " has other records than it had from offset " +
                     std::to_string(position.held_from) + " on",
                 "bring its log back, or start again with --reset-state"};
  }
  return OkStatus();
}

}  // namespace flow
