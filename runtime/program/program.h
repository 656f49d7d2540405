// A compiled program as plain data: the border between compiler and runtime.
//
// The parts (sources, pipelines, aggregates, views, sinks) are shared by the two plans. A plan is
// an ordered list of nodes that name parts; inputs come before their consumers.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/datum.h"
#include "runtime/base/type.h"
#include "runtime/program/kernels.h"

namespace flow::program {

// --- Sources -----------------------------------------------------------------------------------
enum class Connector {
  kKafka,
  kFile,
  kNexmark,
  kInline,
  kPostgres,
  kRedis,
  kHttp,
  kStdout,
  kNull,
  kChecksum,
  kDatagen
};
enum class Format { kJson, kCsv, kRows };  // kRows: the connector makes typed rows itself

// One step of a JSON path: a key, or an index into an array when `index` >= 0.
struct PathStep {
  std::string key;
  int index = -1;
};

enum class ColumnFrom {
  kField,      // decoded from the record: `path` (JSON), `name` (CSV header), or by position (rows)
  kPresence,   // BOOLEAN: is there a non-null value at `path`? (IS NULL of a STRUCT)
  kPartition,  // INT
  kOffset,     // BIGINT
  kTimestamp,  // TIMESTAMP, the log's; NULL where the log has none
  kKey,        // STRING, NULL if none
  kHeaders,    // MAP<STRING, STRING>; NULL where records have none
};

// A physical column: what the decoder produces. Only columns that some pipeline needs are here.
struct SourceColumn {
  std::string name;
  Type type;
  ColumnFrom from = ColumnFrom::kField;
  std::vector<PathStep> path;
  int struct_depth = 0;  // so many places above it are STRUCTs (a presence's own place is one, too)
  int position = -1;     // index among the declared field columns (CSV without header, INLINE)
  bool not_null = false;
  bool late = false;  // decoded only for rows that Source::late_filter lets through
};

// Options as written, expanded. Those given as SECRET('X') are in `secrets` only, as the name X. A
// run looks it up and opens connectors with a copy of the program that has the value in `options`
// too (runtime/connector/secrets.h): who prints, hashes or keeps options leaves out what `secrets`
// has.
using Options = std::map<std::string, std::string>;

struct DeadLetter {
  Connector connector = Connector::kFile;
  Options options;
  Options secrets;  // option -> name of the secret
};

// What a source does when it is read slower than it grows.
enum class Overload {
  kSlow,  // it is read later
  kShed,  // whole ranges of offsets are skipped: a decision, counted
};

struct Source {
  std::string name;
  Connector connector = Connector::kFile;
  Format format = Format::kJson;
  Options options;         // of the connector
  Options secrets;         // option -> name of the secret
  Options format_options;  // delimiter, header, null, timestamp_unit ...
  std::vector<SourceColumn> columns;
  std::vector<SourceColumn>
      declared;  // all declared leaf fields, in order (datagen, CSV positions)

  // Event time: a column, or a pipeline with one TIMESTAMP output over `columns`; neither: none.
  int event_time_column = -1;
  int event_time_pipeline = -1;
  // A pipeline that lets through the rows that the filter of at least one path lets through; -1: no
  // column is late.
  int late_filter = -1;
  // UNIQUE BY: a pipeline whose outputs over `columns` are the key; -1: none.
  int unique_pipeline = -1;
  std::optional<int64_t> unique_within;  // us
  bool unique_per_partition = false;
  int64_t watermark_delay = 0;      // us
  std::optional<int64_t> idle;      // us
  std::optional<int64_t> ahead;     // us
  std::optional<int64_t> max_rate;  // rows a second
  Overload overload = Overload::kSlow;
  int64_t shed_after = 0;  // us that a record may wait; kShed

  std::optional<DeadLetter> dead_letter;
  // INLINE: rows by partition; a row has one datum a declared field column.
  std::vector<std::vector<std::vector<Datum>>> inline_rows;

  bool unique() const { return unique_pipeline >= 0; }
  bool has_event_time() const { return event_time_column >= 0 || event_time_pipeline >= 0; }
};

// --- Pipelines ---------------------------------------------------------------------------------
enum class WindowKind { kTumble, kHop, kCumulate, kSession };
enum class WindowMode {
  kExpand,  // one output row for each window that accepts the row; out_window = its start
  kSlice,   // one output row; out_window = start of the slice, out_skip = first accepting window
};

// Windows are [w, w + size) with w = offset + k * slide. Microseconds. Those of CUMULATE have that
// w + size as their end too, and are called by that w, but begin where their cycle does, the
// last offset + k * cycle before the end. What SESSION puts together depends on other rows: `size`
// is the gap, and a row alone is in the window w = its time - size, so that it is late as
// everywhere.
struct Window {
  WindowKind kind = WindowKind::kTumble;
  int64_t size = 0;   // CUMULATE: at most
  int64_t slide = 0;  // TUMBLE: = size
  int64_t offset = 0;
  int64_t cycle = 0;  // CUMULATE only: a multiple of slide
  int64_t lateness = 0;
  WindowMode mode = WindowMode::kExpand;

  int64_t slice_size() const;      // gcd(size, slide)
  int max_windows() const;         // windows that can hold one row: ceil(size / slide)
  int64_t start(int64_t w) const;  // where window w begins
  bool operator==(const Window&) const = default;
};

// UNNEST: each row becomes one row an element of an array. Behind the columns so far come the
// element and its number (BIGINT, from 1).
struct Unnest {
  int pipeline = 0;  // over the columns so far; its one output is the array
  Type element;
  bool outer = false;        // a row without elements gives one whose element and number are NULL
  std::vector<int> carried;  // of the columns so far, those that something behind reads
};

// { filter -> unnest } -> filter -> late-only -> window -> outputs. See SEMANTICS of rows in
// docs/semantics.md. A kernel has one filter: what is before an UNNEST is a pipeline of its own,
// which yields the array.
struct Pipeline {
  std::string name;               // of the path: "clicks -> page_metrics"
  std::vector<std::string> text;  // for EXPLAIN: one line a step
  std::vector<Unnest> unnests;    // what rows pass before the kernel
  // Columns of the source, or output columns of an aggregate; then two for each UNNEST.
  std::vector<Type> input;
  std::vector<Type> output;
  std::optional<Window> late_of;  // keep only rows late for all windows of this call (LATE TO)
  std::optional<Window> window;
  bool judges_lateness = false;  // needs FlowPipelineArgs::watermark
  bool hashes = false;           // writes out_hash over the first `key_count` outputs
  int key_count = 0;
  // A row is dead if an output marked here is in error; the others carry errors on.
  std::vector<bool> checked;
  std::shared_ptr<KernelSlot<PipelineKernel>> kernel =
      std::make_shared<KernelSlot<PipelineKernel>>();

  int max_output_rows_per_input() const {
    return window && window->mode == WindowMode::kExpand ? window->max_windows() : 1;
  }
};

// --- Aggregates --------------------------------------------------------------------------------
// Durable state names them by number.
enum class AggregateFn {
  kCountRows,
  kCount,
  kSum,
  kAvg,
  kMin,
  kMax,
  kVarPop,
  kVarSamp,
  kArgMin,  // MIN of sort keys (runtime/abi/sort_key.h), and of the result the value that ends it
  kArgMax,
  kStringAgg,  // of strings, or of sort keys that end with one
  kQuantile,
  kApproxCountDistinct,
  kBest,  // the least sort keys, as many as the ranking keeps, packed (flow_multiset_best)
};

struct AggregateCall {
  AggregateFn fn = AggregateFn::kCountRows;
  int argument = -1;  // input column (after the keys); -1: kCountRows
  Type argument_type;
  Type result_type;
  std::string text;        // for EXPLAIN: "SUM(revenue)"
  bool distinct = false;   // of equal values one counts
  bool sort_keys = false;  // kStringAgg: the arguments are sort keys
  // kStringAgg: the separator; kQuantile: a DOUBLE from 0 to 1; kBest: how many, a BIGINT
  Datum parameter;
};

// One bit of an entry: set if its cell is NULL. A mask of 0: never NULL.
struct NullBit {
  int32_t offset = 0;
  uint8_t mask = 0;
};

// Where a cell of an entry stands.
struct Cell {
  Type type;
  int32_t offset = 0;
  NullBit null;
};

// What the accumulator of a call is:
enum class Keeps {
  kCount,     // COUNT: int64 at `count`
  kSum,       // SUM, AVG
  kValue,     // MIN, MAX, ARG_MIN, ARG_MAX of append-only input
  kMultiset,  // those of updating input, STRING_AGG and quantiles: FlowMultiset* at `offset`
              // (runtime/abi/multiset.h)
  kBounded,   // STRING_AGG of append-only input: the same, by flow_multiset_new_bounded
  kLeast,     // kBest of append-only input: the same, by flow_multiset_new_least
  kMoments,   // VAR_POP, VAR_SAMP: FlowMoments* at `offset` (runtime/abi/moments.h)
  kSketch,    // APPROX_COUNT_DISTINCT: FlowSketch* at `offset` (runtime/abi/sketch.h)
};

// Where it stands:
//   kSum         `size` bytes at `offset`. INT, BIGINT and DECIMAL: see runtime/abi/compact_sum.h;
//                DOUBLE: flow_double_sum_* of runtime/abi/exact_sum.h. AVG, and SUM of updating
//                input: the number of values, int64 at `count`; others say by the sum itself
//                whether there is one
// DISTINCT, but for STRING_AGG: FlowMultiset* at `distinct` too; the rest is over what is in it.
//   kValue       the value at `offset`, NULL by `null` (STRING: FlowString whose memory is the
//                state's, see flow_state_string_assign)
struct Accumulator {
  Keeps keeps = Keeps::kCount;
  int32_t offset = -1;
  int32_t size = 0;
  int32_t count = -1;
  NullBit null;
  int32_t distinct = -1;
  bool shared =
      false;  // somebody else keeps it: COUNT(*) of updating input is the count of live rows
};

struct AggregateLayout {
  std::vector<Cell> keys;
  std::vector<Accumulator> accumulators;
  int32_t nulls_offset = 0;  // bytes of bits beyond those of the header
  int32_t nulls_size = 0;
  int32_t live_offset = -1;    // updating input: int64 sum of weights
  int32_t entry_size = 0;      // multiple of 8, at least 16
  bool needs_destroy = false;  // every entry owns memory
  bool may_spill = false;      // an entry may own memory: flow_spill_new
  // SESSION: int64 start and end, and 8 bytes that are the operator's; -1: none.
  int32_t session_offset = -1;
};

// --- Wiring ------------------------------------------------------------------------------------
enum class PartKind { kSource, kAggregate };

// Rows come from a source or an aggregate, through a pipeline.
struct Edge {
  PartKind from = PartKind::kSource;
  int index = 0;     // into sources or aggregates
  int pipeline = 0;  // into pipelines
  // The rows are those of a view with RETAIN: they leave after a while. False for what is part of
  // that view itself: its sinks keep them.
  bool leaves = false;
};

// The groups of an aggregate are not rows, but the first `limit` rows of each are: its one call,
// kBest, gives their sort keys, which are made of `parts`.
struct Ranking {
  int64_t limit = 0;
  struct Part {
    Type type;
    bool descending = false;
  };
  std::vector<Part> parts;
  std::vector<Type> finished;  // what the kernels write: keys, the call's result, window bounds
};

struct Aggregate {
  std::string name;  // identity: the view's name and the path in its bound tree
  std::vector<Edge> inputs;
  std::vector<Type> key_types;
  std::vector<std::string> key_names;
  std::vector<AggregateCall> calls;
  AggregateLayout layout;
  // Windowed: the output columns are keys, results, then window_start, window_end (TIMESTAMP).
  // Otherwise keys, results.
  std::optional<Window> window;
  // Only windows with end <= W(F) are part of the output (EMIT ON CLOSE).
  bool on_close = false;
  // W of the windows: the least over these sources; freed at end + state_lateness.
  std::vector<int> watermark_sources;
  bool no_watermark = false;  // fed by late rows: W = -inf
  int64_t state_lateness = 0;
  std::optional<int64_t> retain;  // us: groups whose time is this far behind W leave
  bool updating_input = false;
  bool updating_output = true;
  bool global = false;  // no keys and no window: always one row
  bool partial = true;  // pre-aggregate before the exchange
  // The output columns are then keys, parts, the row's place from 1 (BIGINT), window_start and
  // window_end.
  std::optional<Ranking> ranking;
  std::vector<Type> output;
  std::vector<std::string> output_names;
  std::shared_ptr<KernelSlot<AggregateKernels>> kernels =
      std::make_shared<KernelSlot<AggregateKernels>>();
  // What the kernels write.
  const std::vector<Type>& finished() const { return ranking ? ranking->finished : output; }
};

// --- Views and sinks ---------------------------------------------------------------------------
// Columns [begin, end) of a view are one STRUCT: first BOOLEAN "is it there at all?", then the
// fields, inner STRUCTs in the same way. A column in it is called `name`.FIELD.
struct StructColumns {
  std::string name;  // as the columns call it
  std::string key;   // its own name, without those of the STRUCTs around it
  int begin = 0;
  int end = 0;
};

enum class EmitKind { kOnClose, kEvery, kChanges };

struct View {
  std::string name;
  std::vector<Edge> inputs;  // UNION ALL: several
  std::vector<std::string> columns;
  std::vector<Type> types;
  std::vector<StructColumns> structs;  // outer ones first
  std::vector<int> key;  // columns of the key; empty: append-only rows, or a global row
  bool append_only = false;
  bool windowed = false;
  int window_end_column = -1;  // output column with window_end; -1: none
  int window_start_column = -1;
  int64_t window_size = 0;  // windowed: to know a window's end from its start
  int64_t lateness = 0;
  EmitKind emit = EmitKind::kChanges;
  int64_t emit_every = 0;         // us
  std::optional<int64_t> retain;  // us; sinks keep what leaves
  std::vector<int> watermark_sources;
  bool no_watermark = false;
  bool wanted = false;  // has a sink, or is printed
  // Made by the runtime: the dead letters of a source on their way to the DEAD LETTER sink.
  bool dead_letters = false;
};

struct Sink {
  std::string name;
  int view = 0;
  Connector connector = Connector::kStdout;
  Format format = Format::kJson;
  Options options;
  Options secrets;      // option -> name of the secret
  bool upsert = false;  // stated or derived; else append
};

// --- Plans -------------------------------------------------------------------------------------
enum class StreamOp { kSource, kPipeline, kExchange, kAggregate, kView, kSink };
struct StreamNode {
  StreamOp op = StreamOp::kSource;
  int part = 0;             // index of the source, pipeline, aggregate, view or sink
  std::vector<int> inputs;  // nodes
};
struct StreamGraph {
  std::vector<StreamNode> nodes;
};

enum class BatchOp {
  kScan,       // morsels of a source: decode
  kPrefixMax,  // event time's prefix maximum, in order of morsels
  kPipeline,
  kPartialAggregate,
  kFinalAggregate,  // exchange by key and merge
  kView,
  kSink,
};
struct BatchNode {
  BatchOp op = BatchOp::kScan;
  int part = 0;
  std::vector<int> inputs;
};
struct BatchPlan {
  std::vector<BatchNode> nodes;
};

// A source, view or sink as it was written, in a canonical form without addresses and secrets: what
// a state belongs to. Nothing that only the optimizer decides is in it.
struct Definition {
  std::string kind, name, text;
};

struct Program {
  std::string file;
  std::vector<Definition> definitions;
  std::vector<Source> sources;
  std::vector<std::string> unread_sources;  // declared, but no wanted view reads them
  std::vector<Pipeline> pipelines;
  std::vector<Aggregate> aggregates;  // in topological order
  std::vector<View> views;            // in declared order
  std::vector<Sink> sinks;
  StreamGraph stream;
  BatchPlan batch;
  uint64_t fingerprint = 0;  // of the plan, without addresses and secrets
};

// The plans as text, one node a line; EXPLAIN prints exactly this.
// With `note`, what it says of a node stands on a line of its own below it.
std::string PrintStream(const Program& program,
                        const std::function<std::string(const StreamNode&)>& note = nullptr);
std::string PrintBatch(const Program& program,
                       const std::function<std::string(const BatchNode&)>& note = nullptr);

}  // namespace flow::program
