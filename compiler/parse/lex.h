// Text to the tokens of each statement.
#pragma once

#include <memory>
#include <vector>

#include "FlowLexer.h"
#include "compiler/parse/byte_stream.h"
#include "compiler/parse/token_range.h"
#include "compiler/source/diagnostic.h"

namespace flow::parse {

// A statement: tokens[begin..end). tokens[end] is its `;`, or the end of the file, and has type
// EOF.
struct StatementTokens {
  size_t begin = 0;
  size_t end = 0;
  bool closed = true;   // by a `;`
  bool broken = false;  // an error in it was reported; its tokens stop there
};

struct Lexed {
  Tokens tokens;
  std::vector<StatementTokens> statements;
  // The tokens point back at these.
  std::unique_ptr<ByteStream> stream;
  std::unique_ptr<grammar::FlowLexer> lexer;
};

// Reports characters that begin no token, what is not closed, and what goes beyond the limits of
// parse.h: the parser behind may recurse as deep as the tokens nest. Time and memory are bounded by
// kMaxTokens whatever the file holds.
Lexed Lex(const SourceFile& file, Diagnostics& out);

}  // namespace flow::parse
