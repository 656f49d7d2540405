// Binder::BindSink: which view goes where, and whether it may.
#include <algorithm>

#include "compiler/bind/binder.h"
#include "runtime/program/text_template.h"

namespace flow {

namespace {

using program::Connector;

// Why changes need a key there.
const char* WhyKey(Connector connector) {
  switch (connector) {
    case Connector::kKafka:
      return "KAFKA takes its changes as messages of a key";
    case Connector::kPostgres:
      return "POSTGRES writes its changes to the row of a key";
    case Connector::kRedis:
      return "REDIS holds a value for each key";
    case Connector::kFile:
    case Connector::kNexmark:
    case Connector::kDatagen:
    case Connector::kInline:
    case Connector::kHttp:
    case Connector::kStdout:
    case Connector::kNull:
    case Connector::kChecksum:
      break;
  }
  return "";
}

const ast::Option* FindOption(const ast::ConnectorClause& clause, const std::string& name) {
  for (const ast::Option& option : clause.options) {
    if (option.name.text == name && !option.secret) return &option;
  }
  return nullptr;
}

// false, after a report.
bool BadOption(Diagnostics* out, Span span, std::string message, std::string label,
               std::string hint) {
  Diagnostic& d = out->Error(span, std::move(message));
  d.label = std::move(label);
  d.hint = std::move(hint);
  d.code = "bad-option";
  return false;
}

std::vector<std::string> ColumnNames(const bound::View& view) {
  std::vector<std::string> names;
  for (const bound::Column& column : view.schema.columns) names.push_back(column.name);
  return names;
}

// key = 'pm:{page}:{window_start}' has each column of the view's key, and no other: then two rows
// of the view have two keys in Redis, always the same ones.
bool CheckRedisKey(const ast::Option& option, const bound::View& view, Diagnostics* out) {
  const Result<program::TextTemplate> parsed = program::ParseTextTemplate(option.value);
  if (!parsed.ok()) {
    return BadOption(out, option.value_span, "wrong key: " + parsed.error().message, "",
                     parsed.error().hint);
  }
  const std::vector<std::string> columns = ColumnNames(view);
  const std::vector<std::string>& places = parsed.value().columns;
  std::vector<std::string> key;
  for (int k : view.schema.key) key.push_back(columns[static_cast<size_t>(k)]);
  for (const std::string& place : places) {
    if (HasName(key, place)) continue;
    const std::string hint = Suggest(place, key,
                                     key.empty() ? "the view has one row: its key has no columns"
                                                 : "the view's key: " + ListOf(key));
    if (!HasName(columns, place)) {
      return BadOption(out, option.value_span, "unknown column " + Quoted(place),
                       "not a column of view " + view.name, hint);
    }
    return BadOption(
        out, option.value_span,
        "column " + Quoted(place) + " is not part of the key of view " + Quoted(view.name),
        "it would change while the row stays the same", hint);
  }
  for (const std::string& name : key) {
    if (HasName(places, name)) continue;
    return BadOption(out, option.value_span, "the key leaves out the column " + Quoted(name),
                     "rows that differ in it would overwrite each other",
                     "add {" + name + "} to it");
  }
  if (parsed.value().texts[0].starts_with("flowc:")) {
    return BadOption(out, option.value_span, "keys that begin with `flowc:` are the sinks' own",
                     "its markers are there", "begin it with another text");
  }
  return true;
}

bool CheckRedis(const ast::SinkStmt& statement, const bound::View& view, Diagnostics* out) {
  bool ok = true;
  const ast::Option* key = FindOption(statement.into, "key");
  if (key != nullptr && view.schema.has_key) ok = CheckRedisKey(*key, view, out);
  const ast::Option* value = FindOption(statement.into, "value");
  const ast::Option* field = FindOption(statement.into, "field");
  const bool string = value != nullptr && value->value == "string";
  const std::vector<std::string> columns = ColumnNames(view);
  if (string && field == nullptr) {
    ok = BadOption(out, value->value_span, "a string needs the option `field`",
                   "which column is the value?", "add field = 'column'");
  } else if (field != nullptr && !string) {
    ok = BadOption(out, field->name.span, "option `field` goes with value = 'string'",
                   "a hash and JSON have all columns", "");
  } else if (field != nullptr && !HasName(columns, field->value)) {
    ok = BadOption(out, field->value_span, "unknown column " + Quoted(field->value),
                   "not a column of view " + view.name,
                   Suggest(field->value, columns, "columns: " + ListOf(columns)));
  }
  if (statement.mode == ast::SinkMode::kAppend) {
    ok = BadOption(out, statement.mode_span, "REDIS has nothing to add rows to",
                   "a row is a key with its value", "leave APPEND out");
  }
  return ok;
}

bool CheckPostgres(const ast::SinkStmt& statement, Diagnostics* out) {
  const ast::Option* merge = FindOption(statement.into, "merge");
  const ast::Option* refused = FindOption(statement.into, "on_refused");
  if (merge == nullptr || refused == nullptr || merge->value != "merge" ||
      refused->value != "record") {
    return true;
  }
  return BadOption(
      out, refused->value_span, "on_refused = 'record' does not go with merge = 'merge'",
      "it needs savepoints, which merge = 'merge' does without", "leave one of them out");
}

bool CheckHttp(const ast::SinkStmt& statement, Diagnostics* out) {
  const ast::Option* on_refused = FindOption(statement.into, "on_refused");
  const ast::Option* refused = FindOption(statement.into, "refused");
  const bool record = on_refused != nullptr && on_refused->value == "record";
  if (record && refused == nullptr) {
    return BadOption(out, on_refused->value_span,
                     "on_refused = 'record' needs the option `refused`", "where are they written?",
                     "add refused = 'FILE'");
  }
  if (refused != nullptr && !record) {
    return BadOption(out, refused->name.span, "option `refused` goes with on_refused = 'record'",
                     "else a refused row ends the run", "");
  }
  return true;
}

}  // namespace

void Binder::BindSink(const ast::SinkStmt& statement) {
  program::Sink sink;
  sink.name = statement.name.text;
  if (index != nullptr) {
    index->symbols.push_back({SymbolKind::kSink, sink.name, statement.name.span});
  }
  auto [taken, fresh] = sinks.emplace(sink.name, statement.name.span);
  if (!fresh) {
    Diagnostic& d = out->Error(statement.name.span, "duplicate sink " + Quoted(sink.name));
    d.code = "duplicate-name";
    d.related.push_back({taken->second, "first declared"});
  }
  bool ok = BindConnector(statement.into, ConnectorUse::kSink, out, &sink.connector, &sink.options,
                          &sink.secrets);
  program::Options format_options;
  if (ok) {
    ok = BindFormat(statement.format, statement.into.connector, ConnectorUse::kSink, out,
                    &sink.format, &format_options);
  }

  auto found = names.find(statement.from.text);
  if (found == names.end()) {
    std::vector<std::string> views;
    for (const bound::View& view : script.views) views.push_back(view.name);
    if (out->Asked(statement.from.span)) {
      out->Answer({Offer::Kind::kRelation, CandidatesOf(views)});
    }
    Diagnostic& d = out->Error(statement.from.span, "unknown view " + Quoted(statement.from.text));
    d.label = "not declared before";
    d.hint = Suggest(statement.from.text, views, views.empty() ? "" : "there is " + ListOf(views));
    d.code = "unknown-relation";
    return;
  }
  found->second.used = true;
  if (index != nullptr) index->uses.push_back({statement.from.span, found->second.span});
  if (found->second.broken) return;
  if (found->second.kind != bound::RelationKind::kView) {
    const char* what =
        found->second.kind == bound::RelationKind::kSource ? "a source" : "late rows";
    Diagnostic& d = out->Error(statement.from.span, Quoted(statement.from.text) + " is no view");
    d.label = std::string("this is ") + what;
    d.hint = "a sink takes a view: VIEW name AS SELECT * FROM " + statement.from.text;
    d.code = "not-a-view";
    return;
  }
  size_t index = static_cast<size_t>(found->second.index);
  const bound::View& view = script.views[index];
  sunk[index] = true;
  if (statement.mode == ast::SinkMode::kAppend && !view.append_only) {
    Diagnostic& d = out->Error(statement.mode_span, "this view updates its rows");
    d.label = "APPEND can only add rows";
    d.hint = view.windowed && view.emit != program::EmitKind::kOnClose
                 ? "with EMIT ON CLOSE and no lateness its rows would be final"
                 : "leave it out: the changes are written";
    d.code = "updating-view";
    ok = false;
  }
  bool upsert = statement.mode == ast::SinkMode::kUpsert;
  bool redis = sink.connector == Connector::kRedis;
  bool keyed = sink.connector == Connector::kKafka || sink.connector == Connector::kPostgres;
  bool needs_key = redis || (keyed && (upsert || !view.append_only));
  if ((upsert || needs_key) && !view.schema.has_key) {
    Diagnostic& d = out->Error(upsert ? statement.mode_span : statement.from.span,
                               "view " + Quoted(view.name) + " has no key");
    d.label = upsert ? "UPSERT replaces the row of a key" : WhyKey(sink.connector);
    d.hint = !view.append_only ? "select every GROUP BY column as it is"
             : redis           ? "only a view with GROUP BY has one"
                               : "leave UPSERT out: its rows are only added";
    d.code = "no-key";
    ok = false;
  }
  if (redis && ok) ok = CheckRedis(statement, view, out);
  if (sink.connector == Connector::kPostgres && ok) ok = CheckPostgres(statement, out);
  if (sink.connector == Connector::kHttp && ok) ok = CheckHttp(statement, out);
  if (!ok) return;
  sink.view = found->second.index;
  sink.upsert = redis || statement.mode == ast::SinkMode::kUpsert ||
                (statement.mode == ast::SinkMode::kDefault && !view.append_only);
  script.sinks.push_back(std::move(sink));
}

}  // namespace flow
