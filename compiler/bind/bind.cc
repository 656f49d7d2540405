// Bind: the statements of a script in order, and warnings about what nothing uses.
#include "compiler/bind/bind.h"

#include "compiler/bind/binder.h"

namespace flow {

bool Binder::Declare(const ast::Name& name, RelationName entry) {
  if (index != nullptr) {
    SymbolKind kind = entry.kind == bound::RelationKind::kSource ? SymbolKind::kSource
                      : entry.kind == bound::RelationKind::kView ? SymbolKind::kView
                                                                 : SymbolKind::kLate;
    index->symbols.push_back({kind, name.text, name.span});
  }
  auto [found, fresh] = names.emplace(name.text, entry);
  if (fresh) return true;
  if (found->second.broken && found->second.index < 0) {
    // Declared by a statement that was refused: the name is free for what could be read.
    found->second = entry;
    return true;
  }
  Diagnostic& d = out->Error(name.span, "duplicate name " + Quoted(name.text));
  d.label = "already declared above";
  d.code = "duplicate-name";
  d.related.push_back({found->second.span, "first declared"});
  return false;
}

std::vector<std::string> Binder::KnownNames() const {
  std::vector<std::string> known;
  for (const auto& [name, entry] : names) known.push_back(name);
  return known;
}

void Binder::WarnUnused() {
  for (const auto& [name, entry] : names) {
    if (entry.used || entry.broken) continue;
    switch (entry.kind) {
      case bound::RelationKind::kSource: {
        Diagnostic& d = out->Warning(entry.span, "source " + Quoted(name) + " is never used");
        d.label = "no view reads it";
        d.code = "unused";
        break;
      }
      case bound::RelationKind::kView: {
        // Without sinks any view may be asked for.
        if (script.sinks.empty() || sunk[static_cast<size_t>(entry.index)]) break;
        Diagnostic& d = out->Warning(entry.span, "view " + Quoted(name) + " is never used");
        d.label = "neither a view nor a sink reads it";
        d.code = "unused";
        break;
      }
      case bound::RelationKind::kLate:
      case bound::RelationKind::kWindow:
      case bound::RelationKind::kUnnest:
      case bound::RelationKind::kQuery:
        break;
    }
  }
}

BoundScript Bind(const ast::Script& script, Diagnostics& out, std::vector<bound::Test>* tests,
                 Index* index) {
  Binder binder(&out, index);
  // What syntax errors hid: uses of these names are not reported again.
  for (const ast::Name& name : script.refused) {
    RelationName entry;
    entry.span = name.span;
    entry.broken = true;
    binder.names.emplace(name.text, entry);
    auto function = std::make_shared<bound::SqlFunction>();
    function->broken = true;
    binder.functions.emplace(LowerCase(name.text), std::move(function));
  }
  for (const ast::Statement& statement : script.statements) {
    if (statement.source != nullptr) binder.BindSource(*statement.source);
    if (statement.function != nullptr) binder.BindFunction(*statement.function);
    if (statement.view != nullptr) binder.BindView(*statement.view);
    if (statement.sink != nullptr) binder.BindSink(*statement.sink);
  }
  // What a test looks at is used, whether tests are bound or not.
  for (const ast::Statement& statement : script.statements) {
    if (statement.test == nullptr) continue;
    for (const ast::ExpectClause& expected : statement.test->expected) {
      auto found = binder.names.find(expected.name.text);
      if (found != binder.names.end()) found->second.used = true;
    }
  }
  binder.CheckFiles(script);
  if (!out.has_errors()) binder.WarnUnused();
  for (const ast::Statement& statement : script.statements) {
    if (tests != nullptr && statement.test != nullptr) binder.BindTest(*statement.test);
  }
  if (tests != nullptr) *tests = std::move(binder.tests);
  return std::move(binder.script);
}

}  // namespace flow
