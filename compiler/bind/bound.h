// The bound tree: a script whose names and types have been found. Expressions are over the columns
// of the relation below them, by number.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/bind/expr.h"
#include "compiler/bind/rewrite.h"
#include "compiler/source/diagnostic.h"
#include "runtime/program/program.h"

namespace flow::bound {

// A column that a window call made and nothing has turned into something else since.
enum class WindowRole { kNone, kStart, kEnd };

struct Column {
  std::string name;
  Type type;
  WindowRole role = WindowRole::kNone;
  // Equal for the two bounds of the window of one GROUP BY, also in views above; else nullptr.
  std::shared_ptr<const int> window_group;
  ExprSize size;  // of what it stands for when the stateless steps below are written out
  Span declared;
};

// What a name stands for: an expression over the relation's columns, or a STRUCT of such.
struct Visible {
  std::string name;
  Type type;
  BoundExprPtr expr;      // nullptr for a STRUCT
  BoundExprPtr presence;  // STRUCT: BOOLEAN, is the record there at all?
  BoundExprPtr whole;     // STRUCT that is one value; nullptr: its leaves are
  std::vector<Visible> fields;
  Span declared;  // where its name comes from; empty: nowhere in the text
};

// The columns of a relation and the names that users have for them.
struct Schema {
  std::vector<Column> columns;
  std::vector<Visible> names;
  // Of a query: the output columns that are STRUCTs as whole values, with their types.
  std::vector<program::StructColumns> structs;
  std::vector<Type> struct_types;
  // The columns that tell rows apart (none: there is one row), if any do.
  bool has_key = false;
  std::vector<int> key;
};

// What is known about the rows of a relation inside one view.
struct Facts {
  bool has_time = false;
  // Some rows come straight from a source and have met no window: a window call judges them.
  bool straight = false;
  // Some rows came too late elsewhere: there is no watermark.
  bool late = false;
  // The rows are those of a view with RETAIN: they leave it.
  bool retained = false;
  // All rows leave, so that what is kept for them is not kept for ever.
  bool forgets = false;
  // Some source below never ends.
  bool endless = false;
  // The rows carry a window that no GROUP BY has used.
  bool open_window = false;
  // The window of the columns with a role; of_aggregate: they come out of a GROUP BY of this view.
  std::optional<program::Window> window;
  bool window_of_aggregate = false;
  // Each row is a group of a windowed GROUP BY of this very view.
  bool windowed = false;
  // Some rows come from a GROUP BY or DISTINCT of this view; are the others append-only?
  bool grouped = false;
  bool append_only_inputs = true;
  // A row can change until the watermark has passed its time by so much.
  int64_t lateness = 0;
  // How many ways rows take through UNION ALL from the last GROUP BY or source to here.
  double paths = 1;
};

struct Query;

enum class RelationKind { kSource, kView, kLate, kWindow, kUnnest, kQuery };

// What UNNEST adds to the columns of a relation, under a name of its own.
struct Unnested {
  std::string name;
  Span declared;
  size_t begin = 0;  // Schema::names [begin, end)
  size_t end = 0;
};

struct Relation {
  RelationKind kind = RelationKind::kSource;
  int index = -1;                      // kSource: the source; kView, kLate: the view
  std::shared_ptr<Relation> inner;     // kWindow, kUnnest
  program::Window window;              // kWindow; adds two columns to those of `inner`
  bool judges_lateness = false;        // kWindow
  std::vector<BoundExprPtr> session;   // kWindow, SESSION: BY, over the columns of `inner`
  std::shared_ptr<const Query> query;  // kQuery
  // kUnnest: over the columns of `inner`. Adds its elements, and their numbers if `ordinality`.
  BoundExprPtr array;
  bool ordinality = false;
  bool outer = false;              // a row without elements gives one with NULLs
  Span span;                       // kUnnest
  std::vector<Unnested> unnested;  // those of `inner` too
  std::string name;                // as it is called in the text
  Schema schema;
  Facts facts;
  BoundExprPtr event_time;  // of a source and a window over it
  BoundExprPtr log_time;
  Span declared;  // where `name` is
};

struct AggregateCall {
  program::AggregateFn fn = program::AggregateFn::kCountRows;
  BoundExprPtr argument;  // nullptr: kCountRows
  bool distinct = false;
  bool sort_keys = false;
  Datum parameter;
  Type result;
  std::string text;
};

// GROUP BY (or DISTINCT: no calls). Columns: keys, results, then window_start and window_end if
// there is a window.
struct Grouping {
  std::vector<BoundExprPtr> keys;
  std::vector<std::string> key_names;
  std::vector<AggregateCall> calls;
  std::optional<program::Window> window;
  bool inherited = false;  // the window is that of the GROUP BY below
  bool by_start = false;   // window_start is among the keys as written
  bool by_end = false;
};

// The first `limit` rows of each group (QUALIFY, ORDER BY ... LIMIT). The groups' one call keeps
// the sort keys of their rows. Columns: keys, parts, the row's place from 1, then window_start and
// window_end if there is a window.
struct Ranking {
  Grouping groups;
  int64_t limit = 0;
  struct Part {
    BoundExprPtr expr;
    bool descending = false;
    bool nulls_first = false;
    std::string name;
  };
  std::vector<Part> parts;
  // Which columns tell rows apart, if some do.
  bool has_key = false;
  std::vector<int> key;
};

struct Select {
  std::shared_ptr<const Relation> from;
  BoundExprPtr where;
  std::optional<Grouping> grouping;
  BoundExprPtr having;             // over the grouping's columns
  std::optional<Ranking> ranking;  // over the grouping's columns, else those of `from`
  // Over the ranking's columns, else the grouping's, else those of `from`.
  std::vector<BoundExprPtr> outputs;
  std::vector<std::string> names;
  // SELECT DISTINCT: a grouping over `outputs`, then the outputs again.
  std::optional<Grouping> distinct;
  std::vector<BoundExprPtr> distinct_outputs;
};

struct Query {
  std::vector<Select> selects;  // UNION ALL; all have the same types
  Schema schema;
  Facts facts;
};

struct Source {
  // Everything but what lower decides: `columns` has every physical column, event_time_* are unset.
  program::Source spec;
  Schema schema;  // the columns are the physical ones
  BoundExprPtr event_time;
  BoundExprPtr log_time;
  std::vector<BoundExprPtr> unique_keys;  // UNIQUE BY; the rest of it is in `spec`
  Span span;
  bool bounded = false;
};

// A FUNCTION: an expression whose column i stands for parameter i.
struct SqlFunction {
  struct Parameter {
    std::string name;
    Type type;
    Span span;
  };
  std::string name;
  Span span;
  std::vector<Parameter> parameters;
  Type result;
  BoundExprPtr body;              // nullptr: it is being bound, or has errors
  bool broken = false;            // its declaration has errors: calls are silent
  std::string Signature() const;  // net(amount DECIMAL(12,2), rate DECIMAL(4,4)) -> DECIMAL(12,2)
};

struct View {
  std::string name;
  Span span;
  std::shared_ptr<const Query> query;
  Schema schema;  // for readers
  Facts facts;    // for readers
  bool windowed = false;
  bool append_only = false;
  program::EmitKind emit = program::EmitKind::kChanges;
  int64_t emit_every = 0;
  int64_t lateness = 0;  // as stated
  std::optional<int64_t> retain;
  // LATE TO: the name of the relation, and the window call that it is about.
  std::string late_name;
  std::shared_ptr<const Relation> late_window;
};

struct Script {
  std::vector<Source> sources;
  std::vector<std::shared_ptr<const SqlFunction>> functions;
  std::vector<View> views;
  std::vector<program::Sink> sinks;  // `view` is an index into views
};

}  // namespace flow::bound

namespace flow {
using BoundScript = bound::Script;
}
