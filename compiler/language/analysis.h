// A text, analysed: what all answers are made of. Nothing outside compiler/language includes this.
#pragma once

#include <flow/language.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "compiler/ast/ast.h"
#include "compiler/bind/bind.h"
#include "compiler/logical/logical.h"
#include "compiler/source/diagnostic.h"

namespace flow::language {

using Variables = std::map<std::string, std::string>;

struct Analysis {
  SourceFile file;
  Variables variables;
  Diagnostics diagnostics;
  std::vector<std::string> unset;  // variables that have no value here
  ast::Script script;
  BoundScript bound;
  Index index;
  std::optional<logical::Plan> plan;  // if there are no errors
};

std::unique_ptr<Analysis> Analyse(std::string name, std::string text, const Variables& variables);

// A column of a source or a view, known by the place that it is declared at.
struct ColumnFact {
  std::string relation;
  Type type;
};
std::optional<ColumnFact> ColumnAt(const Analysis& analysis, Span declared);

// The use of a name at the byte; nullptr: there is none.
const NameUse* UseAt(const Analysis& analysis, uint32_t byte);
// The symbol that is declared there.
const Symbol* SymbolAt(const Analysis& analysis, Span declared);
// The place of the declaration that the name at the byte means, itself or by use.
std::optional<Span> DeclaredAt(const Analysis& analysis, uint32_t byte);

inline bool Covers(Span span, uint32_t byte) { return span.begin <= byte && byte <= span.end; }
inline libflow::language::Range ToRange(Span span) { return {span.begin, span.end}; }
inline bool Same(Span a, Span b) { return a.begin == b.begin && a.end == b.end; }

// The word (letters, digits, `_`, anything beyond ASCII) around the byte; empty: none.
Span WordAt(const std::string& text, uint32_t byte);
enum class Inside { kCode, kString, kQuotedName, kComment };
// The string, name or comment that begins at a byte of code, or the one byte.
struct Piece {
  Inside inside = Inside::kCode;
  uint32_t end = 0;
  bool closed = true;  // its end is outside
};
Piece PieceAt(const std::string& text, uint32_t at);
// What the byte is in; `begin` is where that begins.
Inside InsideOf(const std::string& text, uint32_t byte, uint32_t* begin);

// hover.cc, completion.cc, rename.cc, outline.cc
std::optional<libflow::language::Hover> HoverAt(const Analysis& analysis, uint32_t byte);
libflow::language::Completion CompleteAt(const Analysis& analysis, uint32_t byte);
libflow::language::Renaming CanRename(const Analysis& analysis, uint32_t byte, Span* name);
libflow::language::Renaming Rename(const Analysis& analysis, uint32_t byte,
                                   const std::string& name);
std::vector<libflow::language::Outline> OutlineOf(const Analysis& analysis);

// What a function is: its signatures, a line of help, an example. Aggregates and window calls too.
struct FunctionHelp {
  std::string name;
  std::vector<std::string> signatures;
  std::string help, example;
  bool window = false;  // a call in FROM
};
const std::vector<FunctionHelp>& AllFunctions();  // by name
const FunctionHelp* FindHelp(const std::string& name);
std::string Markdown(const FunctionHelp& help);

}  // namespace flow::language
