// Rename: every place of a name, and what keeps the outside as it was: the record's fields, the
// columns of views. The result is analysed again: each name must mean what it meant.
#include <algorithm>

#include "compiler/bind/expr_binder.h"
#include "compiler/language/analysis.h"

namespace flow::language {

namespace {

using libflow::language::Edit;
using libflow::language::Renaming;

Renaming Refused(std::string why) {
  Renaming renaming;
  renaming.refused = std::move(why);
  return renaming;
}

bool IsPlain(const std::string& name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9') || u == '_' ||
           u >= 0x80;
  });
}

std::string Quoted(const std::string& name) {
  std::string text = "\"";
  for (char c : name) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + "\"";
}

// As it was written at its declaration: quoted or not.
std::string Written(const Analysis& analysis, const Symbol& symbol) {
  return std::string(analysis.file.Text(symbol.span));
}

std::vector<Edit> EditsFor(const Analysis& analysis, const Symbol& symbol,
                           const std::string& written) {
  std::vector<Edit> edits;
  // What an output without AS is called that is named after it.
  std::string old = Written(analysis, symbol);
  if (symbol.naming == Symbol::Naming::kImplied || symbol.kind == SymbolKind::kFunction) {
    old = symbol.kind == SymbolKind::kFunction ? LowerCase(symbol.name) : symbol.name;
    if (!IsPlain(old)) old = Quoted(old);
  }
  auto insert = [&](uint32_t at, const std::string& text) { edits.push_back({{at, at}, text}); };
  if (symbol.naming == Symbol::Naming::kImplied) {
    insert(symbol.end, " AS " + written);
  } else {
    edits.push_back({ToRange(symbol.span), written});
  }
  if (symbol.naming == Symbol::Naming::kField) {
    const std::string step = IsPlain(symbol.name) ? symbol.name : "\"" + symbol.name + "\"";
    insert(symbol.end, " FROM '$." + step + "'");
  }
  for (const NameUse& use : analysis.index.uses) {
    if (!Same(use.declared, symbol.span) || Same(use.span, symbol.span)) continue;
    edits.push_back({ToRange(use.span), written});
    if (symbol.kind != SymbolKind::kColumn && symbol.kind != SymbolKind::kFunction) continue;
    for (const Index::NamedAfter& output : analysis.index.outputs) {
      if (Same(output.name, use.span)) insert(output.end, " AS " + old);
    }
  }
  // A place is replaced before something is inserted behind it; an expression that was bound twice
  // is there twice.
  std::stable_sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) {
    return std::pair(a.range.end, a.range.begin) < std::pair(b.range.end, b.range.begin);
  });
  edits.erase(std::unique(edits.begin(), edits.end(),
                          [](const Edit& a, const Edit& b) {
                            return a.range.begin == b.range.begin && a.range.end == b.range.end;
                          }),
              edits.end());
  return edits;
}

std::string Applied(const std::string& text, const std::vector<Edit>& edits) {
  std::string result;
  uint32_t at = 0;
  for (const Edit& edit : edits) {
    result += text.substr(at, edit.range.begin - at) + edit.text;
    at = edit.range.end;
  }
  return result + text.substr(at);
}

// What each name of the text means, in their order: the number of a declaration. Renaming moves
// names and declarations, but keeps their order.
std::vector<ptrdiff_t> MeaningsOf(const Index& index) {
  auto by_place = [](auto places) {
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    return places;
  };
  std::vector<uint32_t> declarations;
  for (const Symbol& symbol : index.symbols) declarations.push_back(symbol.span.begin);
  declarations = by_place(std::move(declarations));
  std::vector<std::pair<uint32_t, ptrdiff_t>> uses;
  for (const NameUse& use : index.uses) {
    auto found = std::lower_bound(declarations.begin(), declarations.end(), use.declared.begin);
    uses.emplace_back(use.span.begin, found - declarations.begin());
  }
  std::vector<ptrdiff_t> meanings;
  for (const auto& [place, declaration] : by_place(std::move(uses))) {
    meanings.push_back(declaration);
  }
  meanings.push_back(static_cast<ptrdiff_t>(declarations.size()));
  return meanings;
}

// "": every name means what it did.
std::string WhatChanges(const Analysis& before, const std::vector<Edit>& edits) {
  auto after = Analyse(before.file.name(), Applied(before.file.text(), edits), before.variables);
  for (const Diagnostic& d : after->diagnostics.all()) {
    if (d.severity == Severity::kError) return "with this name: " + d.message;
  }
  return MeaningsOf(before.index) == MeaningsOf(after->index)
             ? ""
             : "another name would come to mean something else";
}

// The symbol to rename; `refused` says why there is none.
const Symbol* Renamable(const Analysis& analysis, uint32_t byte, std::string* refused) {
  std::optional<Span> declared = DeclaredAt(analysis, byte);
  const Symbol* symbol = declared ? SymbolAt(analysis, *declared) : nullptr;
  if (symbol == nullptr) {
    *refused = "there is no name here that this file declares";
    return nullptr;
  }
  if (analysis.diagnostics.has_errors()) {
    *refused = "the file has errors: what its names mean is not certain";
  } else if (symbol->naming == Symbol::Naming::kWindow) {
    *refused = "the window call gives this column its name";
  } else if (symbol->naming == Symbol::Naming::kHeader) {
    *refused = "the column is found in the record by this name";
  } else if (symbol->naming == Symbol::Naming::kField &&
             symbol->name.find_first_of("'\"") != std::string::npos) {
    *refused = "the field's name can not be written as a path";
  } else if (symbol->kind == SymbolKind::kColumn && !symbol->type.is(TypeKind::kNull) &&
             std::any_of(analysis.index.starred.begin(), analysis.index.starred.end(),
                         [&](Span span) { return Same(span, symbol->span); })) {
    *refused = "a `*` in SELECT passes the column on under this name: name the columns there first";
  }
  return refused->empty() ? symbol : nullptr;
}

}  // namespace

Renaming CanRename(const Analysis& analysis, uint32_t byte, Span* name) {
  std::string refused;
  const Symbol* symbol = Renamable(analysis, byte, &refused);
  if (symbol == nullptr) return Refused(refused);
  const NameUse* use = UseAt(analysis, byte);
  *name = use != nullptr ? use->span : symbol->span;
  return {};
}

Renaming Rename(const Analysis& analysis, uint32_t byte, const std::string& name) {
  std::string refused;
  const Symbol* symbol = Renamable(analysis, byte, &refused);
  if (symbol == nullptr) return Refused(refused);
  if (name.empty() || name.find('\n') != std::string::npos) return Refused("this is no name");
  if (name == symbol->name) return {};
  std::string why;
  for (bool quoted : {false, true}) {
    if (!quoted && !IsPlain(name)) continue;
    Renaming renaming;
    renaming.edits = EditsFor(analysis, *symbol, quoted ? Quoted(name) : name);
    std::string changes = WhatChanges(analysis, renaming.edits);
    if (changes.empty()) return renaming;
    why = changes;
  }
  return Refused(why);
}

}  // namespace flow::language
