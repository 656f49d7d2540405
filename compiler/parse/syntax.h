// Text to concrete syntax: what was written where, by the rules of grammar/Flow.g4. For tools that
// rewrite text; the compiler reads the syntax tree that parse.h gives.
#pragma once

#include <string_view>
#include <vector>

#include "compiler/source/diagnostic.h"

namespace flow {

struct SyntaxNode {
  // The rule's name in the grammar; "": a token. A chain of rules with one child each is its last.
  std::string_view rule;
  size_t token = 0;      // of a token: its place in Syntax::tokens
  bool keyword = false;  // of a token: written in any case, and no name here
  std::vector<SyntaxNode> children;

  bool is(std::string_view name) const { return rule == name; }
};
// The tokens that a node begins and ends with.
size_t FirstToken(const SyntaxNode& node);
size_t LastToken(const SyntaxNode& node);

struct SyntaxStatement {
  SyntaxNode root;  // without the `;`
  size_t end = 0;   // the token of the `;`
};

struct Syntax {
  // In order, without comments and spaces, and without the `;` of empty statements.
  std::vector<Span> tokens;
  std::vector<SyntaxStatement> statements;
};

// Reports every syntax error. What the grammar reads and the language does not have is no error
// here. The result counts only if none was reported. Limits are those of parse.h.
Syntax ReadSyntax(const SourceFile& file, Diagnostics& out);

}  // namespace flow
