// Analyse, and what the answers share: names and the places they are declared at, words.
#include "compiler/language/analysis.h"

#include <algorithm>
#include <cstdlib>

#include "compiler/parse/parse.h"

namespace flow::language {

namespace {

bool IsWordByte(char c) {
  const auto u = static_cast<unsigned char>(c);
  return (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9') || u == '_' ||
         u >= 0x80;
}

// Stands for a variable without a value: it is a text, and a whole number.
constexpr const char* kUnset = "1";

std::optional<ColumnFact> FindIn(const std::string& relation,
                                 const std::vector<bound::Visible>& names, Span declared) {
  for (const bound::Visible& visible : names) {
    if (Same(visible.declared, declared)) return ColumnFact{relation, visible.type};
  }
  return std::nullopt;
}

}  // namespace

std::unique_ptr<Analysis> Analyse(std::string name, std::string text, const Variables& variables) {
  auto analysis = std::unique_ptr<Analysis>(new Analysis{
      SourceFile(std::move(name), std::move(text)), variables, {}, {}, {}, {}, {}, {}});
  ParseOptions options;
  options.variable = [&](const std::string& variable) -> std::optional<std::string> {
    auto found = variables.find(variable);
    if (found != variables.end()) return found->second;
    if (const char* value = std::getenv(variable.c_str())) return value;
    analysis->unset.push_back(variable);
    return kUnset;
  };
  analysis->script = Parse(analysis->file, options, analysis->diagnostics);
  std::vector<bound::Test> tests;  // for what is wrong with them
  analysis->bound = Bind(analysis->script, analysis->diagnostics, &tests, &analysis->index);
  if (!analysis->diagnostics.has_errors()) analysis->plan = BuildLogical(analysis->bound);
  return analysis;
}

std::optional<ColumnFact> ColumnAt(const Analysis& analysis, Span declared) {
  for (const bound::Source& source : analysis.bound.sources) {
    if (auto found = FindIn(source.spec.name, source.schema.names, declared)) return found;
  }
  for (const bound::View& view : analysis.bound.views) {
    if (auto found = FindIn(view.name, view.schema.names, declared)) return found;
  }
  return std::nullopt;
}

const NameUse* UseAt(const Analysis& analysis, uint32_t byte) {
  const NameUse* best = nullptr;
  for (const NameUse& use : analysis.index.uses) {
    if (Covers(use.span, byte) && (best == nullptr || use.span.begin > best->span.begin)) {
      best = &use;
    }
  }
  return best;
}

const Symbol* SymbolAt(const Analysis& analysis, Span declared) {
  for (const Symbol& symbol : analysis.index.symbols) {
    if (Same(symbol.span, declared)) return &symbol;
  }
  return nullptr;
}

std::optional<Span> DeclaredAt(const Analysis& analysis, uint32_t byte) {
  if (const NameUse* use = UseAt(analysis, byte)) return use->declared;
  const Symbol* best = nullptr;
  for (const Symbol& symbol : analysis.index.symbols) {
    if (!Covers(symbol.span, byte) || symbol.naming == Symbol::Naming::kWindow) continue;
    // Of an expression without AS, only what it is named after is a name.
    if (symbol.naming == Symbol::Naming::kImplied &&
        symbol.span.end - symbol.span.begin != symbol.name.size()) {
      continue;
    }
    if (best == nullptr || symbol.span.begin > best->span.begin) best = &symbol;
  }
  if (best == nullptr) return std::nullopt;
  return best->span;
}

Span WordAt(const std::string& text, uint32_t byte) {
  const auto size = static_cast<uint32_t>(text.size());
  Span word{std::min(byte, size), std::min(byte, size)};
  while (word.begin > 0 && IsWordByte(text[word.begin - 1])) --word.begin;
  while (word.end < size && IsWordByte(text[word.end])) ++word.end;
  return word;
}

Piece PieceAt(const std::string& text, uint32_t at) {
  const auto size = static_cast<uint32_t>(text.size());
  auto to = [&](size_t close, uint32_t more) {
    return close == std::string::npos ? size : static_cast<uint32_t>(close) + more;
  };
  if (text[at] == '\'') {
    const size_t close = text.find('\'', at + 1);
    return {Inside::kString, to(close, 1), close != std::string::npos};
  }
  if (text[at] == '"') {
    const size_t close = text.find_first_of("\"\n", at + 1);
    const bool closed = close != std::string::npos && text[close] == '"';
    return {Inside::kQuotedName, to(close, closed ? 1 : 0), closed};
  }
  // A comment to the end of its line holds that end.
  if (text.compare(at, 2, "--") == 0) return {Inside::kComment, to(text.find('\n', at), 0), false};
  if (text.compare(at, 2, "/*") == 0) {
    const size_t close = text.find("*/", at + 2);
    return {Inside::kComment, to(close, 2), close != std::string::npos};
  }
  return {Inside::kCode, at + 1, true};
}

Inside InsideOf(const std::string& text, uint32_t byte, uint32_t* begin) {
  *begin = byte;
  for (uint32_t at = 0; at < std::min<size_t>(byte, text.size());) {
    const Piece piece = PieceAt(text, at);
    if (piece.inside != Inside::kCode &&
        (byte < piece.end || (byte == piece.end && !piece.closed))) {
      *begin = at;
      return piece.inside;
    }
    at = piece.end;
  }
  return Inside::kCode;
}

}  // namespace flow::language
