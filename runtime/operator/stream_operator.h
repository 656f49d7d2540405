// A GROUP BY of the stream graph, as the job sees it: one share of the keys. Windows and plain keys
// are StreamAggregate's, sessions StreamSessions'.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "runtime/base/batch.h"
#include "runtime/base/status.h"
#include "runtime/operator/aggregate_input.h"
#include "runtime/operator/batch_aggregate.h"
#include "runtime/operator/cold_side.h"
#include "runtime/operator/state_sink.h"

namespace flow {

class StreamOperator {
 public:
  using Emit = std::function<void(const Batch&)>;

  virtual ~StreamOperator() = default;

  // Adds rows. All rows of a tick come before its EndTick.
  virtual void Process(const AggregateInput& in) = 0;
  // Adds what another worker aggregated in this tick: the entries whose key share `owner` (of
  // `owners`) owns. `partial` is only read.
  virtual void Merge(const PartialAggregate& partial, int owner, int owners) = 0;
  // Emits the changelog of the tick: rows with weights -1 (as it was) and +1 (as it is). Then
  // closes and frees what `watermark` allows.
  virtual void EndTick(int64_t watermark, const Emit& emit) = 0;

  // Durable state. From TrackChanges on, SaveChanges hands over what changed since it was called
  // last; both between ticks. Restore gives the watermark that closed windows, before any Load;
  // each Load gives one record of a fold of what was saved (of this share's keys only).
  virtual void TrackChanges() = 0;
  virtual void SaveChanges(StateSink* out) = 0;
  virtual void Restore(int64_t watermark) = 0;
  virtual Status Load(std::string_view key, std::string_view value) = 0;
  // Or many records that are in no order, newest first: one whose key is here already is older, and
  // left out. Not after something went to disk.
  struct Saved {
    uint64_t hash;  // HashOfKey(key)
    std::string_view key, value;
  };
  virtual Status LoadNewestFirst(const Saved* records, size_t count) = 0;
  // The hash in a saved key: it says which share loads it.
  static Result<uint64_t> HashOfKey(std::string_view key);

  // RETAIN. Must be said before the first row, if somebody is to hear of rows that leave: windows
  // are kept until then.
  virtual void KeepUntilLeft() = 0;
  // After EndTick: emits with weight -1 the rows of windows that are `retain` behind `watermark`
  // (which is never +inf), and frees them. They are closed: RETAIN is longer than the lateness.
  virtual void Leave(int64_t watermark, const Emit& emit) = 0;

  // Emits all rows that are part of the output now. Between ticks.
  virtual void EmitAll(const Emit& emit) = 0;
  // The first error of reading or writing cold entries: what came after it is not to be used.
  virtual const Status& status() const = 0;
  // Between ticks: lets go of memory until this share holds no more than `goal` bytes, if that is
  // possible. Entries that are not saved yet stay.
  virtual void Evict(int64_t goal) = 0;
  virtual int64_t bytes() const = 0;
  // Is something not saved yet?
  virtual bool changed() const = 0;
  // About as many bytes as SaveChanges would hand over.
  virtual int64_t unsaved_bytes() const = 0;

  virtual int64_t groups() const = 0;
  virtual int64_t cold_groups() const = 0;
  virtual int64_t updates() const = 0;  // state updates made by rows

 protected:
  static constexpr int64_t kSavedBytes = 24;  // of a record, beyond what an entry has
};

// `global_hash`: of the one row of an aggregate without keys, if this share makes it. `account`:
// what this share holds is counted there too.
std::unique_ptr<StreamOperator> MakeStreamOperator(const program::Aggregate* spec,
                                                   MemoryAccount* account,
                                                   std::optional<uint64_t> global_hash,
                                                   const StateRoom& room);

}  // namespace flow
