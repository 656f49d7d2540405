// How a program is run, and what a run says of itself.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/batch.h"
#include "runtime/connector/connector.h"
#include "runtime/program/log_record.h"
#include "runtime/program/program.h"

namespace flow {

class RecordFeed;

enum class RunMode { kStream, kBatch };

// Rows of a view as they are emitted: weight +1 upserts or appends, -1 deletes.
using RowCallback =
    std::function<void(const program::View& view, const Batch& changes, int64_t revision)>;

// What tests decide in the place of arrival and the wall clock.
struct TestSchedule {
  bool decides() const { return silent != nullptr || shed != nullptr; }
  // How many morsels of partition `index` (in order of opening) to read in this tick; 0: none.
  std::function<int(int index, int64_t tick)> morsels;
  // Is this partition declared silent at the end of this tick? If set, a bounded stream takes
  // decisions as a live one does, and writes the decision log.
  std::function<bool(int index, int64_t tick)> silent;
  // How many records (or fewer) of this partition are shed at the end of this tick; 0: none. If
  // set, decisions are taken as with `silent`.
  std::function<int64_t(int index, int64_t tick)> shed;
  // Does the run break off after this tick (a batch: in this step), as if it had crashed there?
  std::function<bool(int64_t tick)> crash;
  // A durable batch: rows that views hold before an epoch is due; 0: as much as is good.
  int64_t held_bytes = 0;
};

// The sources give dead letters instead of their logs: see replay.h.
struct ReplayOptions {
  std::string letters;  // a state directory, a file, kafka://brokers/topic; empty: no replay
  std::string view;     // only letters that died on the way to it; for all paths
  bool on() const { return !letters.empty(); }
};

struct RunOptions {
  TestSchedule schedule;
  // These sources have this log, in the place of what their connectors have.
  const program::Logs* logs = nullptr;
  // These are fed while they are read.
  std::map<std::string, RecordFeed*> feeds;
  ReplayOptions replay;
  RunMode mode = RunMode::kStream;
  bool until_end = false;  // end where the sources end now; W = +inf there
  std::string to;          // frontier or time: --stop-at and --to
  std::string from;        // "", "earliest", "latest", frontier or time
  bool partial = false;    // a batch from F reports incomplete windows too
  std::string decisions;   // file of the decision log
  int workers = 0;         // 0: one a core
  int32_t batch_rows = kBatchRows;
  uint64_t hash_mask = ~uint64_t{0};  // 0 in tests: all keys collide
  int64_t tick_us = 2000;             // the pause of an idle stream
  // Streams: for state in memory; the rest of it is on disk. 0: half of the machine's.
  int64_t memory_bytes = 0;

  // Durable state: the directory; empty: none, and output is at least once.
  std::string state_directory;
  bool reset_state = false;
  int64_t epoch_us = 100'000;  // an epoch is cut about so often
  bool resume = false;         // a batch: there must be something to go on with
  // A batch: the state directory of a stream over the same log, if there is one. Its decisions
  // count, unless `decisions` is given, and `to` = "stream" is where it stands.
  std::string stream_state;

  // False: only on_rows, print and digests; no sinks and no dead letters are written.
  bool use_sinks = true;
  bool print = false;     // wanted views go to STDOUT
  bool to_stdout = true;  // false: what would go to STDOUT is for on_rows alone
  bool changes = false;   // STDOUT and on_rows get every revision, not the final table
  bool digest = false;    // fill RunReport::digests
  bool profile = false;   // fill RunReport::profile
  std::string format;     // of STDOUT: table, json, csv
  RowCallback on_rows;    // every wanted view
  // Called after each tick (stream) or every ~100 ms (batch) from the job's thread.
  std::function<void(const struct Progress&)> on_progress;
  std::function<void(const std::string&)> on_notice;  // one line for people, on stderr
  // Every dead letter that goes to no sink and that no state keeps; from any thread, one at a time.
  std::function<void(const DeadLetterRecord&)> on_dead;
  const std::atomic<bool>* stop = nullptr;  // set: drain and end
};

struct Progress {
  int64_t rows = 0;
  int64_t bytes = 0;
  int64_t ticks = 0;
  int64_t watermark = INT64_MIN;
  int64_t lag = -1;  // records or bytes that are not read yet, as far as known
  int64_t total_bytes = -1;
};

struct SourceLedger {
  std::string name;
  // `shed` counts offsets, and is part of `read`.
  int64_t read = 0, decoded = 0, duplicate = 0, held = 0, dead = 0, shed = 0;
  bool balanced() const { return read == decoded + duplicate + held + dead + shed; }
};

struct PathLedger {
  std::string name;
  std::string source;
  int64_t decoded = 0, accepted = 0, filtered = 0, late = 0, dead = 0;
  int64_t late_windows = 0;  // windows missed by accepted rows; not part of the sum
  // UNNEST: elements of the arrays of rows that came so far, and what became of them.
  bool unnests = false;
  int64_t elements = 0;
  int64_t elements_accepted = 0, elements_filtered = 0, elements_late = 0, elements_dead = 0;
  bool balanced() const {
    return decoded == accepted + filtered + late + dead &&
           elements == elements_accepted + elements_filtered + elements_late + elements_dead;
  }
};

struct ViewDigest {
  std::string view;
  int64_t rows = 0;
  unsigned __int128 hash = 0;
};

struct TaskStats {
  std::string name;
  int worker = 0;
  int64_t busy_us = 0, idle_us = 0, backpressured_us = 0;
  int64_t rows = 0;
};

struct PartitionStats {
  std::string source;
  std::string partition;
  std::string frontier;  // as text: NAME:P=OFFSET or FILE=BYTES
  int64_t watermark = INT64_MIN;
  int64_t lag = -1;
  bool out = false;
};

struct KernelStats {
  std::string name;
  int64_t interpreter_rows = 0, baseline_rows = 0, optimized_rows = 0;
};

// What a part of the program took. Rows and times of all workers together.
struct PartProfile {
  int64_t rows_in = 0, rows_out = 0;
  int64_t cpu_us = 0;  // its own, without what it calls
  int64_t bytes = 0;   // of state, at most
};

// By the indexes of program::Program.
struct RunProfile {
  std::vector<PartProfile> sources;     // rows: read, and those that are neither dead nor duplicate
  std::vector<PartProfile> pipelines;   // rows: given to the kernel, and made by it
  std::vector<PartProfile> aggregates;  // taking rows
  std::vector<PartProfile> finals;      // making rows
  std::vector<PartProfile> views;       // rows: as they came (with revisions), and at the end
};

struct RunReport {
  std::vector<SourceLedger> sources;
  std::vector<PathLedger> paths;
  std::vector<ViewDigest> digests;  // of wanted views, declared order
  std::vector<PartitionStats> partitions;
  std::vector<TaskStats> tasks;
  std::vector<KernelStats> kernels;
  std::map<std::string, int64_t> key_errors;  // by view: keys in error at the end
  int64_t rows = 0, bytes = 0, ticks = 0, state_updates = 0, groups = 0;
  // Of the groups, those on disk at the end; how often one went there, was looked for, was found.
  int64_t cold_groups = 0, evictions = 0, cold_lookups = 0, cold_reads = 0;
  int64_t wall_us = 0, cpu_us = 0, first_row_us = -1, peak_rss = 0;
  bool stopped = false;        // by `stop`
  bool had_ended = false;      // the state says that the input had ended before: nothing was done
  int64_t state_load_us = -1;  // what putting the state back took; -1: there was none
  int64_t epoch = -1;          // the last one that is durable; -1: no state
  std::optional<RunProfile> profile;  // with RunOptions::profile
  bool balanced() const;
  std::string frontier() const;
};

}  // namespace flow
