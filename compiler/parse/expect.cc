// ExpectAt: parses the statement up to a token that fits nowhere, and asks what would have fitted.
#include "compiler/parse/expect.h"

#include <algorithm>

#include "FlowParser.h"
#include "compiler/parse/expected.h"
#include "compiler/parse/first_error.h"
#include "compiler/parse/lex.h"
#include "compiler/parse/token_range.h"

namespace flow {

namespace {

using grammar::FlowParser;

// The tokens before the place, and one that fits nowhere, but where the grammar takes any token
// (what it only skips): there it would be taken for ever.
class Before : public parse::TokenRange {
 public:
  using TokenRange::TokenRange;
  void consume() override {
    taken = index() + 1 == size();
    if (taken) throw antlr4::ParseCancellationException();
    TokenRange::consume();
  }
  bool taken = false;
};

std::vector<std::string> WordsOf(size_t first, size_t last) {
  Diagnostics none;
  const SourceFile empty("", "");
  parse::Lexed lexed = parse::Lex(empty, none);
  std::vector<std::string> words;
  for (size_t type = first; type <= last; ++type) {
    std::string literal = lexed.lexer->getVocabulary().getLiteralName(type);
    words.push_back(literal.substr(1, literal.size() - 2));
  }
  return words;
}

}  // namespace

Expectation ExpectAt(const SourceFile& file, uint32_t byte) {
  // A `;` more, so that the text ends in a statement of at least one token.
  const SourceFile before(file.name(), std::string(file.Text({0, byte})) + "\n;");
  Diagnostics ignored;
  parse::Lexed lexed = parse::Lex(before, ignored);
  Expectation result;
  const bool fresh = lexed.statements.empty() || !lexed.statements.back().closed ||
                     parse::SpanOf(*lexed.tokens[lexed.statements.back().end]).begin <= byte;
  if (fresh) {
    result.keywords = {"SOURCE", "FUNCTION", "VIEW", "SINK"};
    return result;
  }
  const parse::StatementTokens statement = lexed.statements.back();
  if (statement.broken) return result;
  lexed.tokens[statement.end]->setType(FlowParser::UNKNOWN);
  Before stream(lexed.tokens, statement.begin, statement.end);
  FlowParser parser(&stream);
  parser.removeErrorListeners();
  auto first_error = std::make_shared<parse::FirstError>();
  parser.setErrorHandler(first_error);
  try {
    parser.statement();
  } catch (const antlr4::ParseCancellationException&) {
    if (stream.taken || first_error->token_index() != statement.end) return result;
    parse::Expected expected = parse::ExpectedAt(parser, first_error->states());
    for (std::string& word : expected.offered) {
      if (std::find(result.keywords.begin(), result.keywords.end(), word) ==
          result.keywords.end()) {
        result.keywords.push_back(std::move(word));
      }
    }
    result.expression = expected.expression;
    result.operators = expected.operators;
  }
  return result;
}

std::vector<std::string> ReservedWords() { return WordsOf(FlowParser::ALL, FlowParser::WITH); }
std::vector<std::string> SoftWords() { return WordsOf(FlowParser::AHEAD, FlowParser::ZONE); }

}  // namespace flow
