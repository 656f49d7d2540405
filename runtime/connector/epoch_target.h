// Sinks that take whole epochs, exactly once.
//
// A *target* is one place with one atomic commit: a Kafka cluster (all of the pipeline's topics in
// it move together), one table of a database, one folder of files. Beside the data it keeps a
// *marker* a sink: the last epoch that it holds and the hash of that epoch's manifest. Data and
// marker move together or not at all, so whoever restarts reads the marker and knows what is left
// to do.
//
// The protocol around it (outbox, recovery, fencing, resync) is runtime/checkpoint's. A target is
// used by one thread at a time. Calls may block, but not for ever: what can not be reached is an
// external error after a few seconds; the caller tells the user, waits, and calls Attach again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/batch.h"
#include "runtime/base/status.h"
#include "runtime/program/program.h"

namespace flow {

// What a sink holds: everything up to and including `epoch` of the lineage that `manifest` names.
struct EpochMarker {
  int64_t epoch = 0;     // 0: attached, nothing yet
  std::string manifest;  // hash of the epoch's manifest, hex; at most 32 characters
  bool operator==(const EpochMarker&) const = default;
};

// One sink's part of an Apply.
struct SinkStep {
  int sink = 0;      // index into Program::sinks
  EpochMarker from;  // what the sink holds now, as Attach or the last Apply said
  EpochMarker to;
  // The view's columns. An updating view: at most one change a key, weight +1 upserts, -1 deletes.
  // An append-only view: rows with weight > 0 (their multiplicity). Null: no rows, the marker
  // alone.
  const Batch* rows = nullptr;
};

class EpochTarget {
 public:
  virtual ~EpochTarget() = default;

  // The sinks served here: indices into Program::sinks, ascending.
  virtual const std::vector<int>& sinks() const = 0;

  // False: nothing outside says what it holds (STDOUT, HTTP): at least once. The state's word
  // counts instead, Attach gives no markers, and each Apply is one epoch exactly as it was cut, so
  // that what is sent again after a crash is what was sent before it.
  virtual bool KeepsMarkers() const { return true; }

  // Connects, fences every earlier instance of this pipeline (no write of theirs can happen when
  // it returns) and reads the markers, in the order of sinks(); nullopt: never attached. Any
  // transaction that was in doubt is decided when it returns. May be called again at any time;
  // after an error of Apply it must be.
  virtual Result<std::vector<std::optional<EpochMarker>>> Attach() = 0;

  // First use of a sink: makes what it needs (a table) and its marker. Idempotent.
  virtual Status Create(int sink, const EpochMarker& marker) = 0;

  // Moves all `steps` at once: their rows and their markers in one atomic commit. Fails with a data
  // error, and changes nothing, if a marker is not at `from` or this instance has been fenced.
  virtual Status Apply(const std::vector<SinkStep>& steps) = 0;

  // Why this row can never be delivered (a NUL in text for Postgres, a record larger than the
  // broker takes); nullopt: it can. Asked before the epoch that holds it is committed, from another
  // thread than Apply's, and while that is at work.
  virtual std::optional<std::string> Refusal(int sink, const Batch& rows, int32_t row) = 0;

  // Can the sink be made anew from a view's whole content? Then Resync replaces what it holds: all
  // keys that `rows` does not have are gone afterwards, and the marker is `to`. `next` gives the
  // rows in batches, null at the end. Need not be atomic for readers, but a Resync that was cut
  // short must be found by Attach (as a missing marker).
  virtual bool CanResync(int sink) const = 0;
  virtual Status Resync(int sink, const EpochMarker& to,
                        const std::function<Result<const Batch*>()>& next) = 0;
};

// Which pipeline this is, for markers and fences: stable over restarts.
struct PipelineIdentity {
  std::string uid;  // 32 hex digits, made with the state directory
  // A batch: it only ever resyncs the sinks that can be, so what they hold now is not of interest.
  bool replaces = false;
};

// One target for each place that the sinks of `program` write to; STDOUT and those without an
// outside (NULL, CHECKSUM) have none. Nothing is connected yet. `interrupted` may be empty; it is
// asked, from the thread of the call, by calls that can wait for long: once it is true they return
// soon, with an external error.
Result<std::vector<std::unique_ptr<EpochTarget>>> OpenEpochTargets(
    const program::Program& program, const PipelineIdentity& pipeline,
    const std::function<bool()>& interrupted = nullptr);

}  // namespace flow
