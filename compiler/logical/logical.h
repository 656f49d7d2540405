// The logical plan: one node an operator, one tree a view, views that name each other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/bind/bound.h"
#include "compiler/bind/expr.h"
#include "runtime/program/program.h"

namespace flow::logical {

enum class NodeKind {
  kScan,       // the physical columns of a source
  kFilter,     // `predicate`; drops FALSE and NULL, an error is a dead row
  kProject,    // `exprs`
  kWindow,     // the input's columns, then window_start and window_end
  kUnnest,     // the input's columns, then the elements of `exprs[0]`, and their numbers
  kAggregate,  // keys, results, then window_start and window_end if `window`
  kUnionAll,
  kViewRef,  // the rows of another view
  kLateRef,  // what came too late for the window call of another view
};

struct Column {
  std::string name;
  Type type;
};

struct Node;
// Nodes may be shared (a WITH query that is read twice); rules make new ones and never change one.
using NodePtr = std::shared_ptr<const Node>;

struct Node {
  NodeKind kind = NodeKind::kScan;
  std::vector<NodePtr> inputs;
  std::vector<Column> columns;

  int source = -1;                          // kScan
  std::vector<int> needed;                  // kScan: columns that are read above; set by a rule
  int view = -1;                            // kViewRef, kLateRef
  BoundExprPtr predicate;                   // kFilter
  std::vector<BoundExprPtr> exprs;          // kProject; kAggregate: the keys; kUnnest: the array
  bool outer = false;                       // kUnnest: a row without elements gives one of NULLs
  std::vector<bound::AggregateCall> calls;  // kAggregate
  std::optional<program::Window> window;    // kWindow, kAggregate
  bool judges_lateness = false;             // kWindow
  // kWindow: the groups below have this window already; each row stays in its own.
  bool inherited = false;
  const void* call = nullptr;  // kWindow: which call of the text, for kLateRef
  bool on_close = false;       // kAggregate: only windows that are closed are in the output
  bool by_start = false;       // kAggregate: window_start is among the keys as written
  bool by_end = false;
  bool partial = false;  // kAggregate: pre-aggregate before the exchange
  bool slices = false;   // kAggregate: one update a row, windows are put together from slices
  // kAggregate: the first rows of each group; in place of results come the parts of the rows and
  // the place.
  std::optional<bound::Ranking> ranking;

  // Derived, over `columns`.
  bool has_time = false;  // rows keep an event time
  int time_column = -1;   // the column that is it, if one is
  bool append_only = false;
  bool has_key = false;  // `key` tells rows apart (empty: there is one row)
  std::vector<int> key;
  // Columns that are the bounds of the window whose group the row is.
  int window_start = -1;
  int window_end = -1;
  int64_t window_size = 0;  // 0: each has its own
  int64_t lateness = 0;     // a row can change until the watermark has passed its time by so much
};

struct View {
  std::string name;
  NodePtr root;
  bool windowed = false;
  program::EmitKind emit = program::EmitKind::kChanges;
  int64_t emit_every = 0;
  std::optional<int64_t> retain;
  std::vector<program::StructColumns> structs;  // of the root's columns
  std::string late_name;
  const void* late_call = nullptr;  // the window call that late_name is about
};

struct Plan {
  std::vector<bound::Source> sources;
  std::vector<View> views;
  std::vector<program::Sink> sinks;
  // Set by rules.
  bool prune_columns = false;  // sources decode only what is read
  bool late_decoding = false;  // ... and columns that no filter reads only for rows that pass one
  bool common_subexpressions = false;
};

}  // namespace flow::logical

namespace flow {

logical::Plan BuildLogical(const BoundScript& script);

// One node a line, inputs indented below.
std::string PrintLogical(const logical::Plan& plan);

}  // namespace flow

namespace flow::logical {

// Fills the derived fields of a node from its inputs. `plan` has the views that it may name.
void Derive(const Plan& plan, Node* node);

// A copy of `node` over other inputs, derived anew.
NodePtr WithInputs(const Plan& plan, const Node& node, std::vector<NodePtr> inputs);
NodePtr MakeFilter(const Plan& plan, NodePtr input, BoundExprPtr predicate);

std::vector<std::string> NamesOf(const Node& node);
// "TUMBLE 1m", "HOP 5m EVERY 1m OFFSET 10s".
std::string WindowText(const program::Window& window);

}  // namespace flow::logical
