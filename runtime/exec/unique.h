// UNIQUE BY: of the records of a source that share a key within a time of each other, the one with
// the least (clock, partition, offset) is kept. With several partitions a record waits until none
// of the others can still bring a lesser one. docs/semantics.md has the rule.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/exec/run_common.h"
#include "runtime/operator/kept_keys.h"

namespace flow {

// A decoded morsel some of whose rows wait.
struct HeldRows {
  SourceRows rows;
  std::vector<int32_t> waiting;  // its alive rows, ascending
  size_t next = 0;               // of `waiting`: the first that still waits
  MemoryCharge charge;
};

// Rows that wait no more and are no duplicates.
struct ReleasedRows {
  PartitionState* partition;
  std::shared_ptr<HeldRows> held;
  RowRuns runs;
};

// What becomes of rows. Those that stand before the beginning of a batch's range are not counted.
struct UniqueCounts {
  int64_t kept = 0, duplicate = 0;
  int64_t total() const { return kept + duplicate; }
  // They were held, and are not any more.
  void Release(SourceLedger* ledger) const;
};

// One source. One thread at a time, but FilterNow of different partitions PER PARTITION.
class Unique {
 public:
  Unique(const program::Source& source, MemoryAccount* account);

  // Nobody waits: each row is judged when it is read.
  bool Immediate(const SourceSet& sources, int source) const;
  // Leaves only those to be kept in rows->alive.
  UniqueCounts FilterNow(const PartitionState& partition, SourceRows* rows);

  // Queues a morsel behind those that its partition holds. Returns how many rows there are now that
  // count as held.
  int64_t Hold(PartitionState* partition, std::shared_ptr<HeldRows> held);
  // Releases what no partition that blocks(partition) holds up, in order.
  std::vector<ReleasedRows> Release(const std::vector<PartitionState*>& partitions,
                                    const std::function<bool(const PartitionState&)>& blocks,
                                    UniqueCounts* counts);

  // The greatest clock of a released row; kMinTime: none yet.
  int64_t released_clock() const { return released_clock_; }
  void RestoreClock(int64_t clock) { released_clock_ = clock; }

  void SaveChanges(int64_t tag, StateSink* sink);
  Status Load(std::string_view key, std::string_view value);
  void FinishLoad();

  std::mutex mutex;  // a batch's workers share it

 private:
  KeptKeys* KeysOf(int partition);

  const int64_t within_;
  const bool per_partition_;
  MemoryAccount* account_;
  std::mutex keys_mutex_;
  std::map<int, KeptKeys> keys_;  // by partition; not PER PARTITION: one, of 0
  int64_t released_clock_ = INT64_MIN;
};

// By source; null where it has no UNIQUE BY.
using Uniques = std::vector<std::unique_ptr<Unique>>;
Uniques MakeUniques(const program::Program& program, MemoryAccount* account);
std::string UniqueOwner(const program::Source& source);

// Rows that have been judged, as a morsel that waits.
void FillWaiting(HeldRows* held, MemoryAccount* account);
// Should it be read on? Not if it holds much and one that can still be read holds it up.
bool HoldsTooMuch(const SourceSet& sources, const PartitionState& partition);
// Those of one source.
std::vector<PartitionState*> PartitionsOf(const SourceSet& sources, int source);
// Puts back what a partition held: those records are read again, and not counted.
Status RereadHeld(const program::Program& program, const Manifest& manifest, SourceSet* sources,
                  const Uniques& uniques, MemoryAccount* account);

}  // namespace flow
