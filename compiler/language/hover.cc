// HoverAt: what the name, the call or the expression at a place is.
#include <algorithm>

#include "compiler/language/analysis.h"

namespace flow::language {

namespace {

using libflow::language::Hover;

std::string Code(const std::string& text) { return "```flow\n" + text + "\n```"; }

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

std::string Columns(const std::vector<bound::Visible>& names) {
  std::string text = "(";
  for (const bound::Visible& visible : names) {
    text += (text.size() > 1 ? ",\n  " : "\n  ") + visible.name + " " + visible.type.ToString();
  }
  return text + "\n)";
}

std::string SourceText(const Analysis& analysis, const bound::Source& source) {
  std::string text = Code("SOURCE " + source.spec.name + " " + Columns(source.schema.names));
  for (const ast::Statement& statement : analysis.script.statements) {
    if (statement.source == nullptr || !Same(statement.source->name.span, source.span)) continue;
    text += "\n\nfrom " + statement.source->from.connector.text;
    if (!statement.source->event_time || !statement.source->watermark) continue;
    text += "; event time `" + statement.source->event_time->text + "`, watermark " +
            std::string(analysis.file.Text(statement.source->watermark->span));
  }
  return text;
}

// The key, the time, and whether rows change: what `flowc explain` says of the view.
std::string ViewText(const Analysis& analysis, const bound::View& view, size_t number) {
  std::string text = Code("VIEW " + view.name + " " + Columns(view.schema.names));
  if (!analysis.plan) return text;
  const logical::Node& root = *analysis.plan->views[number].root;
  auto name_of = [&](int column) {
    return "`" + root.columns[static_cast<size_t>(column)].name + "`";
  };
  std::vector<std::string> parts;
  if (root.has_key) {
    std::string key;
    for (int column : root.key) key += (key.empty() ? "key " : ", ") + name_of(column);
    parts.push_back(key.empty() ? "one row" : key);
  } else {
    parts.emplace_back("no key");
  }
  if (root.has_time && root.time_column >= 0) {
    parts.push_back("time " + name_of(root.time_column));
  } else if (root.has_time && root.window_end >= 0) {
    parts.push_back("time " + name_of(root.window_end) + " - 1us");
  } else if (root.has_time) {
    parts.emplace_back("time kept");
  }
  parts.emplace_back(view.append_only ? "append-only" : "updating");
  switch (view.emit) {
    case program::EmitKind::kOnClose:
      parts.emplace_back("emitted when windows close");
      break;
    case program::EmitKind::kEvery:
      parts.emplace_back("emitted at intervals");
      break;
    case program::EmitKind::kChanges:
      parts.emplace_back("emitted as it changes");
      break;
  }
  text += "\n\n";
  for (size_t i = 0; i < parts.size(); ++i) text += (i > 0 ? "; " : "") + parts[i];
  return text;
}

std::string FunctionText(const Analysis& analysis, Span declared) {
  for (const ast::Statement& statement : analysis.script.statements) {
    if (statement.function == nullptr || !Same(statement.function->name.span, declared)) continue;
    return Code(std::string(analysis.file.Text(statement.function->span)));
  }
  return "";
}

std::string RelationText(const Analysis& analysis, Span declared) {
  for (const bound::Source& source : analysis.bound.sources) {
    if (Same(source.span, declared)) return SourceText(analysis, source);
  }
  for (size_t i = 0; i < analysis.bound.views.size(); ++i) {
    const bound::View& view = analysis.bound.views[i];
    if (Same(view.span, declared)) return ViewText(analysis, view, i);
  }
  return "";
}

// The least expression that holds the place.
const Index::Typed* ExpressionAt(const Analysis& analysis, uint32_t byte) {
  const Index::Typed* best = nullptr;
  for (const Index::Typed& typed : analysis.index.expressions) {
    if (typed.span.begin > byte || byte >= typed.span.end) continue;
    if (best == nullptr || typed.span.end - typed.span.begin < best->span.end - best->span.begin) {
      best = &typed;
    }
  }
  return best;
}

std::string SymbolText(const Analysis& analysis, const Symbol& symbol, uint32_t byte) {
  switch (symbol.kind) {
    case SymbolKind::kSource:
    case SymbolKind::kView:
      return RelationText(analysis, symbol.span);
    case SymbolKind::kLate:
      return Code(symbol.name) + "\n\nrows that came too late";
    case SymbolKind::kSink:
      return Code("SINK " + symbol.name);
    case SymbolKind::kQuery:
      return Code(symbol.name) + "\n\na query of WITH";
    case SymbolKind::kAlias:
      return Code(symbol.name) + "\n\nanother name of a relation";
    case SymbolKind::kFunction:
      return FunctionText(analysis, symbol.span);
    case SymbolKind::kParameter:
      return Code(symbol.name + " " + symbol.type.ToString()) + "\n\na parameter";
    case SymbolKind::kColumn:
      break;
  }
  std::string name = symbol.name;
  if (symbol.naming == Symbol::Naming::kWindow) {
    name = std::string(analysis.file.Text(WordAt(analysis.file.text(), byte)));
  }
  std::optional<ColumnFact> fact = ColumnAt(analysis, symbol.span);
  const Index::Typed* typed = ExpressionAt(analysis, byte);
  std::string type = fact ? fact->type.ToString()
                     : typed != nullptr
                         ? typed->type.ToString()
                         : (symbol.type.is(TypeKind::kNull) ? "" : symbol.type.ToString());
  std::string of = fact && symbol.naming != Symbol::Naming::kWindow
                       ? "\n\na column of `" + fact->relation + "`"
                       : "";
  if (symbol.naming == Symbol::Naming::kWindow) of = "\n\na bound of the window";
  return Code(name + (type.empty() ? "" : " " + type)) + of;
}

}  // namespace

std::optional<Hover> HoverAt(const Analysis& analysis, uint32_t byte) {
  uint32_t begin = 0;
  const Inside inside = InsideOf(analysis.file.text(), byte, &begin);
  if (inside == Inside::kComment) return std::nullopt;
  const Span word = WordAt(analysis.file.text(), byte);
  if (std::optional<Span> declared = DeclaredAt(analysis, byte)) {
    const Symbol* symbol = SymbolAt(analysis, *declared);
    std::string text = symbol != nullptr ? SymbolText(analysis, *symbol, byte) : "";
    const NameUse* use = UseAt(analysis, byte);
    if (!text.empty()) return Hover{ToRange(use != nullptr ? use->span : *declared), text};
  }
  if (inside == Inside::kCode && word.end > word.begin) {
    const std::string& text = analysis.file.text();
    const size_t next = text.find_first_not_of(" \t\r\n", word.end);
    if (next != std::string::npos && text[next] == '(') {
      const FunctionHelp* help = FindHelp(Lower(analysis.file.Text(word)));
      if (help != nullptr) return Hover{ToRange(word), Markdown(*help)};
    }
  }
  if (const Index::Typed* typed = ExpressionAt(analysis, byte)) {
    std::string written(analysis.file.Text(typed->span));
    constexpr size_t kShown = 200;
    if (written.size() > kShown) written = "...";
    return Hover{ToRange(typed->span), Code(written + " :: " + typed->type.ToString())};
  }
  return std::nullopt;
}

}  // namespace flow::language
