// libflow: compile a .flow text to a program or diagnostics, run it as a stream or a batch, read
// rows out, stop it. `flowc` is a thin client of this header.
//
// Nothing throws. A Program may be run several times, one run at a time. Stop may be called from
// any thread and from a signal handler.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#if defined(__GNUC__)
#define FLOW_EXPORT __attribute__((visibility("default")))
#else
#define FLOW_EXPORT
#endif

namespace libflow {

enum class Engine { kJit, kInterpreter };
enum class Mode { kStream, kBatch };

// Exit codes of flowc; also RunResult::code.
enum Code { kOk = 0, kCheckFailed = 1, kUsage = 2, kRunFailed = 3, kStateMismatch = 4 };

struct CompileOptions {
  std::map<std::string, std::string> variables;  // --set; the environment is looked at after them
  Engine engine = Engine::kJit;
  std::vector<std::string> views;           // want only these; empty: those with sinks
  bool all_views = false;                   // want every view
  std::vector<std::string> disabled_rules;  // of the optimizer, by name
  bool baseline = true;                     // JIT: FastISel code first
  bool optimize = true;                     // JIT: O2 code swapped in
  bool background = true;                   // JIT: O2 on a thread of its own
  bool kernels = true;                      // false: check and explain only
  bool tests = false;                       // check the TESTs too
  // Whole lines that stand before the text: their warnings are not told, and they are not counted.
  std::string prelude;
};

struct Diagnostic {
  bool is_error = true;
  std::string code, message, label, hint;
  int line = 0, column = 0, end_line = 0, end_column = 0;
};

struct ExplainOptions {
  std::string plan = "both";    // stream, batch, both
  std::string stage;            // ast, bound, logical, optimized, program, ir; empty: program
  std::string format = "text";  // text, json, dot
  bool optimized_ir = false;
};

class ProgramImpl;

class FLOW_EXPORT Program {
 public:
  explicit Program(std::unique_ptr<ProgramImpl> impl);
  ~Program();
  std::vector<std::string> views() const;  // the wanted ones
  // Does a run of it write to places where a restart must go on rather than begin again (a sink on
  // a server, or an endless input)? Then it should be given RunOptions::state.
  bool wants_state() const;
  // Is stdout, with a single view, all that a run writes to? And does it never end by itself?
  bool only_prints_one_view() const;
  bool endless() const;
  ProgramImpl& impl() { return *impl_; }

 private:
  std::unique_ptr<ProgramImpl> impl_;
};

struct CompileResult {
  std::unique_ptr<Program> program;  // null if there are errors
  Code code = kOk;                   // kCheckFailed; kUsage if the options are wrong
  std::vector<Diagnostic> diagnostics;
  std::string text;  // the diagnostics as people read them
  std::string json;  // one object a line
};

// `name` is what diagnostics call the text. `color`: for a terminal.
FLOW_EXPORT CompileResult Compile(const std::string& name, const std::string& text,
                                  const CompileOptions& options, bool color = false);

// A stage of the compilation as text. The text must compile; else the result is empty and
// `diagnostics` says why.
FLOW_EXPORT std::string Explain(const std::string& name, const std::string& text,
                                const CompileOptions& options, const ExplainOptions& explain,
                                CompileResult* diagnostics);

// Some rows of a view as they were emitted. Valid during the callback.
class FLOW_EXPORT Rows {
 public:
  virtual ~Rows() = default;
  virtual const std::string& view() const = 0;
  virtual int64_t revision() const = 0;
  virtual int count() const = 0;
  virtual const std::vector<std::string>& columns() const = 0;
  // The columns that tell the view's rows apart; none: it only adds rows, or has a single one.
  virtual const std::vector<int>& key() const = 0;
  // True: rows are only added. The columns to show to people (a STRUCT has one that is not).
  virtual bool append_only() const = 0;
  virtual const std::vector<int>& shown() const = 0;
  // True: the row is new or replaces the one with its key. False: the row of this key is gone.
  virtual bool is_upsert(int row) const = 0;
  virtual bool is_null(int row, int column) const = 0;
  virtual std::string text(int row, int column) const = 0;  // the value as text
  virtual int64_t integer(int row,
                          int column) const = 0;  // INT, BIGINT, DATE, TIMESTAMP (us), BOOLEAN
  virtual double number(int row, int column) const = 0;  // any number
  virtual std::string json(int row) const = 0;           // the row as a JSON object
};

struct Progress {
  int64_t rows = 0, bytes = 0, ticks = 0;
  int64_t watermark_us = INT64_MIN;
  int64_t lag = -1;  // records or bytes that are not read yet; -1: unknown
};

class FeedImpl;

// A log that the host writes while a run reads it, in the place of what a source's FROM names:
// records as bytes in the source's FORMAT (CSV: without a header). For one run. Any thread may
// push, and to a partition one at a time.
class FLOW_EXPORT Feed {
 public:
  enum class Pushed {
    kTaken,    // or left out: the run, or its state, has it already
    kFull,     // not taken: the run is behind. Push it again later
    kRefused,  // no such partition, an offset below 0, or the feed has ended
  };
  // So many bytes of a partition may wait to be read (and always one record).
  explicit Feed(int partitions = 1, int64_t capacity = 16 << 20);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  // Offsets of a partition ascend; gaps are allowed, and who pushes a record again does no harm.
  // Never blocks. `timestamp_us`: the log's, since 1970; INT64_MIN: none.
  Pushed Push(int partition, int64_t offset, std::string_view record,
              int64_t timestamp_us = INT64_MIN);
  Pushed Push(int partition, int64_t offset, std::string_view record, std::string_view key,
              int64_t timestamp_us);
  // No partition gets more: a stream without other input ends when it has read what there is.
  void End();
  // The offset from which the run reads on; after a restart with state that is where the last
  // epoch ended, and who pushes begins there. -1: no run has opened the feed yet.
  int64_t NextOffset(int partition) const;
  FeedImpl& impl() { return *impl_; }

 private:
  std::unique_ptr<FeedImpl> impl_;
};

struct RunOptions {
  // By source. Whoever pushes keeps what is not in a durable epoch: a run that goes on asks for it.
  std::map<std::string, std::shared_ptr<Feed>> feeds;
  Mode mode = Mode::kStream;
  bool until_end = false;  // stop where the sources end now
  std::string to;          // frontier or time: --stop-at, --to
  std::string from;        // earliest, latest, frontier or time
  bool partial = false;
  std::string decisions;
  // The state directory: with it the sinks of a stream get every epoch exactly once, over restarts;
  // a batch that was killed goes on, and its sinks get everything once, at its end. Empty: no
  // state, output is at least once.
  std::string state;
  bool reset_state = false;    // forget what is there
  bool resume = false;         // a batch: fail if there is none to go on with
  int64_t epoch_us = 100'000;  // an epoch becomes durable about so often
  // A batch: where a stream over the same log keeps its state. Its decisions (IDLE) count, unless
  // `decisions` is given, and `to` = "stream" is the frontier that it has reached.
  std::string stream_state;
  // Not empty: the sources give what these dead letters hold, and the run ends where they end; what
  // the state has replayed is not replayed again. A state directory, a file, or
  // kafka://brokers/topic.
  std::string letters;
  std::string letters_of;  // only those that died on the way to this view, for all views
  int64_t memory = 0;      // bytes for a stream's state; 0: half of the machine's
  int workers = 0;         // 0: one a core
  int batch_rows = 1024;
  bool collide_hashes = false;  // tests: every key has the same hash
  bool use_sinks = true;        // write the file's sinks and dead letters
  bool print = false;           // write wanted views to stdout
  bool to_stdout = true;        // false: what would go to stdout is for on_rows alone
  bool changes = false;
  bool digest = false;
  // Where SECRET('NAME') is looked up before the environment: a file NAME in this folder.
  std::string secrets;
  std::string format;  // of rows on stdout: table, json, csv
  std::function<void(const Rows&)> on_rows;
  std::function<void(const Progress&)> on_progress;
  std::function<void(const std::string&)> on_notice;
};

struct Digest {
  std::string view;
  int64_t rows = 0;
  std::string hash;  // 32 hex digits
};

struct RunResult {
  Code code = kOk;
  std::string error, hint;  // if code is not kOk
  std::vector<Digest> digests;
  std::string ledger_json;  // {"ledger":{...},"frontier":...}: one line
  std::string ledger_text;  // the same for people
  std::string stats_text, stats_json;
  int64_t rows = 0, bytes = 0, ticks = 0, wall_us = 0, cpu_us = 0, first_row_us = -1, peak_rss = 0;
  std::string frontier;
  bool balanced = true;
  bool stopped = false;
  int64_t epoch = -1;  // the last durable one; -1: no state
};

FLOW_EXPORT RunResult Run(Program& program, const RunOptions& options);

// Runs the plans that `explain` names, as a stream until the end of its input and as a batch,
// writes no sinks, and explains them (text or json) with the rows, CPU time and state of each node.
// Of `options` count: to, decisions, memory, workers, secrets, on_notice.
FLOW_EXPORT RunResult Analyze(Program& program, const RunOptions& options,
                              const ExplainOptions& explain, std::string* explained);
// Ends the current run after the tick it is in; what was read is emitted.
FLOW_EXPORT void Stop(Program& program);

// Writes what a source of the program holds as JSON lines, one file a partition, or as CSV.
struct DatagenOptions {
  std::string source;   // empty: the only one
  std::string path;     // a file; with several partitions PATH.0, PATH.1, ...; "-": stdout
  std::string brokers;  // with `topic`: to Kafka instead
  std::string topic;
  int64_t limit = -1;   // rows a partition
  std::string secrets;  // as in RunOptions
};
FLOW_EXPORT RunResult Datagen(Program& program, const DatagenOptions& options);

// Questions to a state directory; a run may use it meanwhile.
struct StateQuery {
  enum class What { kStatus, kList, kInspect, kDiff, kDeadList, kDeadShow };
  What what = What::kStatus;
  std::string state, other;  // directories; `other` for kDiff
  std::string name;          // kInspect: the operator; kDeadShow: the source; empty: any
  std::string match;         // kInspect: only entries whose text contains it
  int64_t limit = 100;
  bool json = false;
};
// Lines go to `out`. kDiff: the code is kCheckFailed if the states differ.
FLOW_EXPORT RunResult QueryState(const StateQuery& query,
                                 const std::function<void(const std::string&)>& out);

// The TESTs of a text: each is run in many ways, and all have to give what it expects.
struct TestOptions {
  uint64_t seed = 1;  // of the first random way of running; the next has the next one
  int runs = 20;      // random ways, after the fixed ones
  std::function<bool(const std::string& name)> wanted;  // null: all
  const std::atomic<bool>* stop = nullptr;              // set: end soon
};

struct TestResult {
  std::string name;
  int line = 0;
  bool passed = false;
  int runs = 0;
  int64_t wall_us = 0;
  std::string failure;  // what differs, and in which run, for people
  bool seeded = false;  // the run that failed was a random one: with `seed` it comes first
  uint64_t seed = 0;
  std::string json;  // all of it on one line
};

struct TestsResult {
  Code code = kOk;   // kCheckFailed: a test failed, or the text does not compile
  int declared = 0;  // tests in the text
  std::vector<TestResult> results;
  CompileResult diagnostics;
};
FLOW_EXPORT TestsResult Test(const std::string& name, const std::string& text,
                             const CompileOptions& options, const TestOptions& tests,
                             const std::function<void(const TestResult&)>& on_result,
                             bool color = false);

struct FormatResult {
  Code code = kOk;   // kCheckFailed: the text has syntax errors; kRunFailed: `error`
  std::string text;  // the canonical layout, if the code is kOk
  std::vector<Diagnostic> diagnostics;
  std::string errors;  // the diagnostics as people read them
  std::string error;
};

// The text in its canonical layout: for `flowc fmt` and editors. Formatting the result changes
// nothing.
FLOW_EXPORT FormatResult Format(const std::string& name, const std::string& text,
                                bool color = false);

// The standard library: a table for people, or JSON; `name` empty: all. Empty if there is none.
FLOW_EXPORT std::string Functions(const std::string& name, bool json);
FLOW_EXPORT std::string Version();

}  // namespace libflow
