// Sources and sinks of rows. A source is a set of partitions; each is a log of records read in
// order by a reader, and turned into columns by a decoder.
//
// Reading is sequential and cheap (find record ends); decoding is a pure function of a morsel and
// may run on any thread. So one partition can be read in parallel.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/batch.h"
#include "runtime/base/status.h"
#include "runtime/program/program.h"

namespace flow {

inline constexpr int64_t kNoTime = std::numeric_limits<int64_t>::min();

// One record as it stands in the log.
struct RawRecord {
  const char* data = nullptr;
  uint32_t size = 0;
  uint32_t key_size = 0;
  const char* key = nullptr;  // nullptr: none
  int64_t offset = 0;
  int64_t log_timestamp = kNoTime;  // us
};

// Of a dead letter that is replayed: where its record stood.
struct LetterOrigin {
  int partition = 0;
  std::string path;  // it goes this way only: the name of a view or aggregate; empty: every way
};

// A run of consecutive records of one partition.
struct Morsel {
  int partition = 0;
  std::vector<RawRecord> records;    // raw sources; empty for kRows sources
  std::shared_ptr<const void> keep;  // what the records point into
  // Bytes up to here may be read behind each record, and change no more; nullptr: none.
  const char* readable = nullptr;
  int64_t row_count = 0;     // records, also for kRows sources (offsets begin_offset + i)
  int64_t begin_offset = 0;  // of the first record
  int64_t next_offset = 0;   // where reading goes on
  int64_t bytes = 0;
  int64_t arrival_us = 0;                                    // wall clock when it was read
  std::shared_ptr<const std::vector<LetterOrigin>> origins;  // by record; null: none is a letter
  // By record, as MAP<STRING, STRING>; what is no UTF-8 is empty and has no value. Null: none.
  std::shared_ptr<const std::vector<std::optional<std::string>>> headers;
  // No records, of no memory: how a reader begins.
  void Clear() {
    records.clear();
    keep = nullptr;
    headers = nullptr;
    readable = nullptr;
    row_count = 0;
    bytes = 0;
  }
  // Where the record stood.
  int PartitionOf(size_t record) const {
    return origins == nullptr ? partition : (*origins)[record].partition;
  }
};

enum class ReadState {
  kData,  // the morsel has records
  kIdle,  // nothing now; more may come
  kEnd,   // the reader's end offset, or the end of bounded input
};

// What a record was, so that it is known again: is the log in which reading goes on the one that
// was read? Kept with the offset at which reading goes on.
struct RecordFingerprint {
  int64_t offset = 0;               // where the record begins
  int64_t log_timestamp = kNoTime;  // us
  int64_t size = 0;                 // bytes (a compressed file: those of its head that are hashed)
  uint64_t hash = 0;                // of the record, and of what the connector adds to it
  bool operator==(const RecordFingerprint&) const = default;
};
// As text, for state; nullopt: it is none.
std::string FingerprintText(const RecordFingerprint& fingerprint);
std::optional<RecordFingerprint> ParseFingerprint(const std::string& text);
// XXH3 of a record; `key` with data() == nullptr is none.
uint64_t HashRecord(std::string_view key, std::string_view value);

// Reads one partition from an offset. One thread at a time; never blocks longer than ~1 ms when
// there is nothing to read.
class PartitionReader {
 public:
  virtual ~PartitionReader() = default;
  // Reads up to max_records or about max_bytes, at least one record if there is one. A record that
  // begins at or after the end offset is not returned.
  virtual Result<ReadState> Read(int64_t max_records, int64_t max_bytes, Morsel* out) = 0;
  virtual int64_t next_offset() const = 0;
  // Records (or bytes) between next_offset and the log's end, as far as known; -1: unknown.
  virtual int64_t lag() const { return -1; }
  // Offsets that were shed since the last call (runtime/exec/shed_reader.h).
  virtual int64_t TakeShed() { return 0; }
  // Leaves out everything before `offset`.
  virtual Status ShedTo(int64_t /*offset*/) { return InternalError("this reader sheds nothing"); }
  // The last record that Read returned; nullopt: none since it was opened, or not known again.
  virtual std::optional<RecordFingerprint> last_record() const { return std::nullopt; }
};

// A decoded morsel: the columns of program::Source::columns, one row a record.
struct DecodedRows {
  Batch batch;
  std::vector<int64_t> offsets;         // by row
  std::vector<int64_t> log_timestamps;  // by row, us; kNoTime: none
  std::vector<uint8_t> record_status;   // kFlowValue, or kFlowErrMalformed
  void Clear();
};

// Turns morsels into columns. Thread-safe; one per source.
class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual void Decode(const Morsel& morsel, DecodedRows* out) const = 0;
  // In two steps: all but the late columns, whose cells are then as for records without the field,
  // and the late columns of these rows (ascending; none of them malformed).
  virtual void DecodeEarly(const Morsel& morsel, DecodedRows* out) const { Decode(morsel, out); }
  virtual void DecodeLate(const Morsel& /*morsel*/, const std::vector<int32_t>& /*rows*/,
                          DecodedRows* /*out*/) const {}
  // The raw record `index` of a morsel, for dead letters: its bytes (kRows sources: as JSON).
  virtual std::string Raw(const Morsel& morsel, int64_t index) const = 0;
};

struct PartitionInfo {
  int id = 0;
  std::string name;      // "0", or the file's base name
  int64_t begin = 0;     // first readable offset
  int64_t end = -1;      // end at opening time (read_committed for Kafka); -1: unknown or endless
  bool bounded = false;  // ends for good at `end` (files, INLINE, NEXMARK or DATAGEN with events)
};

class SourceConnector {
 public:
  virtual ~SourceConnector() = default;
  virtual const std::vector<PartitionInfo>& partitions() const = 0;
  // Names of the partitions that an earlier run had, by their numbers. Where a partition is known
  // by its name (FILE with partitions = 'file') it gets that number again, and what is new comes
  // after. Before anything else is asked.
  virtual void KeepNumbers(const std::vector<std::string>& /*names*/) {}
  // Partitions that appeared since the last call (Kafka); they are also in partitions() then.
  virtual Result<std::vector<PartitionInfo>> NewPartitions() {
    return std::vector<PartitionInfo>{};
  }
  // Where the log of a partition ends now, of one that grows; -1: not known, or it does not grow.
  virtual Result<int64_t> End(int /*partition*/) { return int64_t{-1}; }
  // Reads [from, to). to < 0: without end. An offset that can not be read is an error naming it.
  virtual Result<std::unique_ptr<PartitionReader>> Open(int partition, int64_t from,
                                                        int64_t to) = 0;
  // Before reading goes on at `next_offset`, where a reader had returned `last` as the last record:
  // a data error if the log is not the one that was read (a topic made anew, a file replaced or
  // truncated). A record that is not kept any more proves nothing, and is no error.
  virtual Status VerifyFingerprint(int /*partition*/, int64_t /*next_offset*/,
                                   const RecordFingerprint& /*last*/) {
    return OkStatus();
  }
  // Tells whoever watches the log how far it is read: (partition, next offset). For people and lag
  // tools only, never read back. Never blocks; what fails is forgotten. `group` names the reader.
  virtual void CommitInformational(const std::string& /*group*/,
                                   const std::vector<std::pair<int, int64_t>>& /*offsets*/) {}
  virtual const Decoder& decoder() const = 0;
  virtual bool has_log_timestamps() const { return false; }
  // The first offset with log timestamp >= time_us; error if there are no log timestamps.
  virtual Result<int64_t> OffsetAtTime(int partition, int64_t time_us);
  // Text forms of offsets in frontiers: "P=OFFSET" or "FILEBASENAME=BYTES".
  virtual std::string OffsetToText(int partition, int64_t offset) const;
  // Parses the part after "NAME:" or the whole "FILEBASENAME=BYTES"; nullopt if it is not ours.
  virtual std::optional<std::pair<int, int64_t>> ParseOffset(const std::string& partition,
                                                             int64_t value) const;
};

// The explicit list of sources.
Result<std::unique_ptr<SourceConnector>> OpenSource(const program::Source& source);

// --- Sinks -------------------------------------------------------------------------------------
// A change of a view: weight +1 upserts or appends the row, -1 deletes the key's row. Consolidated:
// at most one change a key and batch (an upsert replaces without a delete before it).
struct ChangeBatch {
  const Batch* rows = nullptr;  // the view's columns; weights +1 / -1
  int64_t revision = 0;         // tick (later: epoch)
};

class SinkConnector {
 public:
  virtual ~SinkConnector() = default;
  // May block for back-pressure; called from the job's sink thread only.
  virtual Status Write(const ChangeBatch& changes) = 0;
  // Everything written so far is with the outside (flushed) when it returns.
  virtual Status Flush() = 0;
  virtual Status Close() = 0;
};

struct SinkContext {
  const program::Program* program = nullptr;
  bool bounded = false;        // the run ends by itself
  bool replace = false;        // a batch: its rows take the place of what a file held, at its end
  bool changes = false;        // --changes
  std::string format;          // --format for STDOUT: table, json, csv
  bool several_views = false;  // JSON rows are wrapped as {"view","row"}
};

// The explicit list of sinks (STDOUT is the driver's: see runtime/exec).
Result<std::unique_ptr<SinkConnector>> OpenSink(const program::Sink& sink,
                                                const program::View& view,
                                                const SinkContext& context);

// Writes records as bytes to the partitions of a topic (`flowc datagen`).
class RecordWriter {
 public:
  virtual ~RecordWriter() = default;
  virtual Status Write(int partition, const std::string& record) = 0;
  virtual Status Close() = 0;  // everything is with the broker
};
Result<std::unique_ptr<RecordWriter>> OpenTopicWriter(const std::string& brokers,
                                                      const std::string& topic);

// --- Dead letters ------------------------------------------------------------------------------
struct DeadLetterRecord {
  std::string source;
  int partition = 0;
  int64_t offset = 0;
  std::string view;  // the path it died on; empty: at decoding
  std::string error;
  std::string raw;  // bytes
};

class DeadLetterSink {
 public:
  virtual ~DeadLetterSink() = default;
  virtual Status Write(const DeadLetterRecord& record) = 0;  // thread-safe
  // Everything written so far is with the outside when it returns.
  virtual Status Flush() { return OkStatus(); }
  virtual Status Close() = 0;
};
Result<std::unique_ptr<DeadLetterSink>> OpenDeadLetter(const program::DeadLetter& spec);
// {"source","partition","offset","view","error","raw"|"raw_base64"}
std::string DeadLetterJson(const DeadLetterRecord& record);
// "source:partition:offset:view", the same whenever the record is written again.
std::string DeadLetterKey(const DeadLetterRecord& record);

}  // namespace flow
