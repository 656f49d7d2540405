// The syntax tree of a .flow file: what was written, nothing looked up.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/source/diagnostic.h"
#include "runtime/base/type.h"

namespace flow::ast {

struct Name {
  std::string text;
  Span span;
};

struct Expr;
struct Query;
using ExprPtr = std::unique_ptr<Expr>;
using QueryPtr = std::unique_ptr<Query>;

enum class ExprKind {
  kNull,
  kBool,      // bool_value
  kNumber,    // text as written: 12, 1.50, 1e3
  kString,    // text: unquoted, ${VAR} already expanded
  kDuration,  // number = microseconds (10s, INTERVAL '10' SECOND)
  kTyped,     // DATE '2026-01-01', TIMESTAMP '...': type, text
  kColumn,    // path: a, t.a, bid.price, t.bid.price
  kField,     // children[0], path[0]: a field of a STRUCT that is no column
  kStar,      // only as a select item or in COUNT(*); path: the qualifier of t.*, if any
  kUnary,     // op "-", "+", "NOT"; children[0]
  kBinary,    // op "+ - * / % || = <> < <= > >="; children[0], [1]
  kAnd,       // n-ary, flattened as written: a AND b AND c has three children
  kOr,
  kIsNull,      // children[0]; negated: IS NOT NULL
  kIsTruth,     // children[0] IS [NOT] TRUE / FALSE: bool_value, negated
  kIsDistinct,  // children[0] IS [NOT] DISTINCT FROM children[1]; negated: NOT DISTINCT
  kIn,          // children[0] [NOT] IN (children[1..])
  kBetween,     // children[0] [NOT] BETWEEN children[1] AND children[2]
  kLike,        // children[0] [NOT] LIKE children[1]
  kCase,        // has_operand: children[0] is the operand; then WHEN, THEN pairs; has_else: last
  kCast,        // children[0], type; try_cast
  kCall,   // path[0] = function name; distinct; filter; children = arguments (COUNT(*): kStar),
           // kOrder; over: `number` of PARTITION BY, kOrder; STRUCT(x AS name): path[1 + i] is the
           // name of children[i], empty if it was not written; FIELD('$.a' AS type): type
  kOrder,  // behind the arguments of a call, ORDER BY: children[0]; negated: DESC; bool_value: NULL
           // comes first
};

struct Expr {
  ExprKind kind = ExprKind::kNull;
  Span span;
  std::string text;
  std::string op;
  Span op_span;
  std::vector<Name> path;
  std::vector<ExprPtr> children;
  Type type;
  int64_t number = 0;
  int height = 1;  // levels from here down to the deepest leaf; Parse keeps it <= kMaxHeight
  bool bool_value = false;
  bool negated = false;
  bool try_cast = false;
  bool has_operand = false;
  bool has_else = false;
  bool distinct = false;
  bool over = false;  // OVER (...)
  ExprPtr filter;     // FILTER (WHERE ...)
};

// A duration as written, in microseconds.
struct Duration {
  int64_t us = 0;
  Span span;
};

struct SelectItem {
  ExprPtr expr;  // kStar for * and t.*
  std::optional<Name> alias;
};

enum class RelationKind { kTable, kWindow, kSubquery };

struct Relation {
  RelationKind kind = RelationKind::kTable;
  Span span;
  Name name;           // kTable; for kWindow the name inside, unless it is a subquery
  QueryPtr subquery;   // kSubquery; kWindow over (SELECT ...)
  std::string window;  // kWindow: "TUMBLE", "HOP", "CUMULATE" or "SESSION" (upper case)
  Span window_span;
  Duration size;  // TUMBLE(r, size), HOP(r, size EVERY slide), CUMULATE(r, size EVERY slide)
  Duration slide;
  std::optional<Duration> offset;
  std::vector<ExprPtr> by;  // SESSION(r, GAP size BY ...)
  std::optional<Name> alias;
};

// CROSS JOIN UNNEST(array) [WITH ORDINALITY] [AS alias [(columns)]]
struct Unnest {
  Span span;
  ExprPtr array;
  bool ordinality = false;
  bool outer = false;  // LEFT JOIN ... ON TRUE
  std::optional<Name> alias;
  std::vector<Name> columns;  // at most two
};

struct Select {
  Span span;
  bool distinct = false;
  std::vector<SelectItem> items;
  Relation from;
  std::vector<Unnest> unnests;  // in the order written
  ExprPtr where;
  bool group_by_all = false;
  std::vector<ExprPtr> group_by;
  Span group_by_span;
  ExprPtr having;
  ExprPtr qualify;
};

struct Cte {
  Name name;
  QueryPtr query;
};

// [WITH ...] select UNION ALL select ... [ORDER BY ...] [LIMIT n]
struct Query {
  Span span;
  std::vector<Cte> ctes;
  std::vector<Select> selects;
  std::vector<ExprPtr> order;  // kOrder
  Span order_span;
  std::optional<int64_t> limit;
  Span limit_span;
};

// --- Statements --------------------------------------------------------------------------------
// A value of an option: a string, number, duration, boolean or a bare word.
struct Option {
  Name name;            // lower case
  std::string value;    // as text; durations as written
  bool secret = false;  // SECRET('NAME'): value is the NAME
  bool unset = false;   // a variable in it is not set, and need not be: value is anything
  Span value_span;
};

struct ConnectorClause {
  Name connector;  // upper case: KAFKA, FILE, ...
  std::vector<Option> options;
  Span span;
};

struct FormatClause {
  Name format;  // upper case: JSON, CSV
  std::vector<Option> options;
};

struct ColumnDef {
  Name name;
  Type type;
  Span type_span;
  bool not_null = false;
  std::optional<std::string> path;  // FROM '$.a.b'
  Span path_span;
  ExprPtr computed;          // AS expr
  std::optional<Name> meta;  // META partition
};

struct InlineRows {
  std::vector<std::vector<std::vector<ExprPtr>>> partitions;  // [partition][row][value]
  Span span;
};

// UNIQUE BY a, b WITHIN 1h [PER PARTITION]
struct UniqueClause {
  std::vector<ExprPtr> keys;
  Duration within;
  bool per_partition = false;
  Span span;
};

struct SourceStmt {
  Span span;
  Name name;
  std::vector<ColumnDef> columns;
  ConnectorClause from;
  std::optional<InlineRows> inline_rows;  // FROM INLINE (VALUES ...)
  std::optional<FormatClause> format;
  std::optional<Name> event_time;
  std::optional<Duration> watermark;
  std::optional<Duration> idle;
  std::optional<Duration> ahead;
  std::optional<UniqueClause> unique;
  std::optional<int64_t> max_rate;  // rows a second
  Span max_rate_span;
  std::optional<Name> overload;  // upper case: SLOW, SHED
  std::optional<Duration> shed_after;
  std::optional<ConnectorClause> dead_letter;
};

struct Parameter {
  Name name;
  Type type;
  Span type_span;
};

struct FunctionStmt {
  Span span;
  Name name;
  std::vector<Parameter> parameters;
  Type returns;
  Span returns_span;
  ExprPtr body;
};

enum class Emit { kDefault, kOnClose, kEvery, kChanges };

struct ViewStmt {
  Span span;
  Name name;
  QueryPtr query;
  std::optional<Duration> lateness;
  std::optional<Name> late_to;
  Emit emit = Emit::kDefault;
  Span emit_span;
  Duration emit_every;
  std::optional<Duration> retain;
};

enum class SinkMode { kDefault, kAppend, kUpsert };

struct SinkStmt {
  Span span;
  Name name;
  Name from;
  ConnectorClause into;
  std::optional<FormatClause> format;
  SinkMode mode = SinkMode::kDefault;
  Span mode_span;
};

// A column that a TEST names: a, a.b, or META key.
struct TestColumn {
  std::vector<Name> path;
  bool meta = false;  // path[0] is what follows META
  Span span;
};

// What a record holds in the columns of its GIVEN, or its whole text: RECORD '...'.
struct GivenRow {
  std::vector<ExprPtr> values;
  std::optional<std::string> record;
  Span span;
};

struct GivenClause {
  Span span;
  Name source;
  std::vector<TestColumn> columns;  // none: all fields, as declared
  std::vector<std::vector<GivenRow>> partitions;
};

struct TestRow {
  std::vector<ExprPtr> values;
  Span span;
};

enum class ExpectKind {
  kRows,         // all rows of a view, a source or what is late
  kDeadLetters,  // all dead letters of a source
  kCounts,       // of the ledger
};

struct ExpectedCount {
  Name what;  // upper case: LATE
  int64_t count = 0;
};

struct ExpectClause {
  Span span;
  ExpectKind kind = ExpectKind::kRows;
  Name name;
  std::optional<Name> from;         // kCounts: only rows of this source
  std::vector<TestColumn> columns;  // none: all
  std::vector<TestRow> rows;        // none: EMPTY
  std::vector<ExpectedCount> counts;
};

struct TestStmt {
  Span span;
  Name name;
  std::vector<GivenClause> given;
  std::vector<ExpectClause> expected;
};

struct Statement {
  // Exactly one is set.
  std::unique_ptr<SourceStmt> source;
  std::unique_ptr<FunctionStmt> function;
  std::unique_ptr<ViewStmt> view;
  std::unique_ptr<SinkStmt> sink;
  std::unique_ptr<TestStmt> test;
};

struct Script {
  std::vector<Statement> statements;
  // What the statements declare that are not above, because they have syntax errors or are not
  // supported yet. An error was reported for each: a use of such a name needs no second one.
  std::vector<Name> refused;
};

// The tree as text, one node a line, indented; parsing what ToSql prints gives the same tree.
std::string Print(const Script& script);
std::string ToSql(const Expr& expr);

}  // namespace flow::ast
