// Binder::BindSink: which view goes where, and whether it may.
#include "compiler/bind/binder.h"

namespace flow {

void Binder::BindSink(const ast::SinkStmt& statement) {
  program::Sink sink;
  sink.name = statement.name.text;
  auto [taken, fresh] = sinks.emplace(sink.name, statement.name.span);
  if (!fresh) {
    Diagnostic& d = out->Error(statement.name.span, "duplicate sink " + Quoted(sink.name));
    d.code = "duplicate-name";
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
    Diagnostic& d = out->Error(statement.from.span, "unknown view " + Quoted(statement.from.text));
    d.label = "not declared before";
    d.hint = Suggest(statement.from.text, views, views.empty() ? "" : "there is " + ListOf(views));
    d.code = "unknown-relation";
    return;
  }
  found->second.used = true;
  if (found->second.kind != bound::RelationKind::kView) {
    const char* what =
        found->second.kind == bound::RelationKind::kSource ? "a source" : "late rows";
    Diagnostic& d = out->Error(statement.from.span, Quoted(statement.from.text) + " is no view");
    d.label = std::string("this is ") + what;
    d.hint = "a sink takes a view: VIEW name AS SELECT * FROM " + statement.from.text;
    d.code = "not-a-view";
    return;
  }
  if (found->second.broken) return;
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
  bool needs_key = sink.connector == program::Connector::kKafka && (upsert || !view.append_only);
  if ((upsert || needs_key) && !view.schema.has_key) {
    Diagnostic& d = out->Error(upsert ? statement.mode_span : statement.from.span,
                               "view " + Quoted(view.name) + " has no key");
    d.label = upsert ? "UPSERT replaces the row of a key"
                     : "KAFKA takes its changes as messages of a key";
    d.hint = view.append_only ? "leave UPSERT out: its rows are only added"
                              : "select every GROUP BY column as it is";
    d.code = "no-key";
    ok = false;
  }
  if (!ok) return;
  sink.view = found->second.index;
  sink.upsert = statement.mode == ast::SinkMode::kUpsert ||
                (statement.mode == ast::SinkMode::kDefault && !view.append_only);
  script.sinks.push_back(std::move(sink));
}

}  // namespace flow
