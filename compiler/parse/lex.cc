// Lex: runs the generated lexer, cuts at `;`, guards the limits.
#include "compiler/parse/lex.h"

#include "FlowParser.h"
#include "compiler/parse/duration.h"
#include "compiler/parse/limits.h"
#include "compiler/parse/parse.h"
#include "compiler/parse/text_check.h"

namespace flow::parse {

namespace {

using grammar::FlowLexer;
using grammar::FlowParser;

void ReportBadNumber(Span span, std::string_view text, Diagnostics& out) {
  Diagnostic& d = out.Error(span, "`" + Shorten(text) + "` is neither a number nor a duration");
  d.code = "bad-number";
  size_t unit = text.find_first_not_of("0123456789.");
  if (text.substr(0, unit).find('.') != std::string_view::npos) {
    d.hint = "durations are whole numbers of ms, s, m, h, d or w: 1500ms, 90m";
  } else if (text[unit] == '_') {
    d.hint = "digits are not grouped: write 1000000";
  } else {
    d.hint = "durations end in ms, s, m, h, d or w: 250ms, 10s, 5m";
  }
}

void ReportUnknown(const SourceFile& file, Span span, Diagnostics& out) {
  char c = file.text()[span.begin];
  bool visible = c > ' ' && c < 0x7F;
  Diagnostic& d = out.Error(
      span, visible ? "unexpected character `" + std::string(1, c) + "`"
                    : "unexpected control character " + HexByte(static_cast<unsigned char>(c)));
  d.code = "unexpected-character";
  if (c == '`') d.hint = "names are quoted with double quotes: \"name\"";
  if (c == '!') d.hint = "not equal is written `<>`, negation NOT";
  if (c == '&') d.hint = "write AND; of the bits of two numbers it is bitwise_and(a, b)";
  if (c == '~') d.hint = "a regular expression is regexp_matches(text, 'pattern')";
  if (c == '^') d.hint = "a power is pow(a, b); of the bits of two numbers it is bitwise_xor(a, b)";
  if (c == '|') d.hint = "write OR; `||` joins strings";
  if (c == '#') d.hint = "comments begin with `--`";
  if (c == '$') d.hint = "${NAME} is replaced inside string literals only: '${NAME}'";
}

// Reports what is wrong with the token itself; false if nothing is.
bool ReportBadToken(const SourceFile& file, size_t type, Span span, Diagnostics& out) {
  // A form that is not closed runs to the end of the file: its beginning is what matters.
  auto not_closed = [&](uint32_t length, const char* what, const char* hint) {
    Diagnostic& d = out.Error({span.begin, span.begin + length}, what);
    d.code = "not-closed";
    d.hint = hint;
    return true;
  };
  switch (type) {
    case FlowLexer::BAD_NUMBER:
      ReportBadNumber(span, file.Text(span), out);
      return true;
    case FlowLexer::UNKNOWN:
      ReportUnknown(file, span, out);
      return true;
    case FlowLexer::UNCLOSED_STRING:
      return not_closed(1, "this string is not closed",
                        "a quote inside a string is written twice: 'it''s'");
    case FlowLexer::UNCLOSED_QUOTED:
      if (file.text().substr(span.begin, 2) == "\"\"") {
        return not_closed(2, "this quoted name is empty", "a string has single quotes: ''");
      }
      return not_closed(1, "this quoted name is not closed",
                        "a quoted name ends on its line: \"name\"; strings have single quotes");
    case FlowLexer::UNCLOSED_COMMENT:
      return not_closed(2, "this comment is not closed", "close it with `*/`");
    case FlowLexer::IDENTIFIER:
      return ReportLookalike(file, span, out);
    default:
      return false;
  }
}

// Is the name behind INTERVAL '...' its unit? Of a number anything is, or should be one.
bool IsUnit(std::string_view name, std::string_view string) {
  const bool amount = string.find_first_not_of("'+-. 0123456789") == std::string_view::npos;
  return amount || UnitLength(name) > 0 || NamesMonths(name);
}

// Words whose meaning depends on what stands beside them: is one among the last three tokens?
void Retype(const SourceFile& file, const Tokens& tokens, size_t begin) {
  if (tokens.size() < begin + 3) return;
  const auto* last = &tokens.back();
  const size_t first = last[-2]->getType();
  antlr4::CommonToken& second = *last[-1];
  antlr4::CommonToken& third = *last[0];
  if (first == FlowLexer::INTERVAL && second.getType() == FlowLexer::STRING &&
      third.getType() == FlowLexer::IDENTIFIER &&
      IsUnit(file.Text(SpanOf(third)), file.Text(SpanOf(second)))) {
    third.setType(FlowParser::UNIT);
  }
  if (first == FlowLexer::DOUBLE_COLON && second.getType() == FlowLexer::IDENTIFIER &&
      third.getType() == FlowLexer::LESS) {
    const std::string_view name = file.Text(SpanOf(second));
    for (const char* nested : {"ARRAY", "MAP", "STRUCT"}) {
      if (EqualsIgnoringCase(name, nested)) second.setType(FlowParser::NESTED);
    }
  }
}

bool EndsTheFile(size_t type) {
  return type == FlowLexer::UNCLOSED_STRING || type == FlowLexer::UNCLOSED_COMMENT;
}

}  // namespace

Lexed Lex(const SourceFile& file, Diagnostics& out) {
  Lexed result;
  std::optional<size_t> begin = CheckText(file, out);
  if (!begin) return result;
  result.stream = std::make_unique<ByteStream>(file.text(), *begin);
  result.lexer = std::make_unique<FlowLexer>(result.stream.get());
  result.lexer->removeErrorListeners();

  StatementTokens statement;
  LimitGuard guard;
  int count = 0;
  bool stop = false;
  while (true) {
    std::unique_ptr<antlr4::Token> next = result.lexer->nextToken();
    std::unique_ptr<antlr4::CommonToken> token(static_cast<antlr4::CommonToken*>(next.release()));
    Span span = SpanOf(*token);
    size_t type = token->getType();
    if (!stop && ++count > kMaxTokens) {
      Diagnostic& d =
          out.Error(span, "the file has more than " + std::to_string(kMaxTokens) + " tokens");
      d.code = "too-large";
      d.hint = "keep large data in files, and read it with a SOURCE";
      stop = true;
    }
    if (stop && type != antlr4::Token::EOF) {
      // The end of the file follows at once.
      statement.broken = true;
      result.stream->seek(file.text().size());
      continue;
    }
    if (type == FlowLexer::SEMICOLON || type == antlr4::Token::EOF) {
      bool last = type == antlr4::Token::EOF;
      statement.end = result.tokens.size();
      statement.closed = !last;
      token->setType(antlr4::Token::EOF);
      token->setTokenIndex(result.tokens.size());
      result.tokens.push_back(std::move(token));
      if (statement.end > statement.begin) result.statements.push_back(statement);
      if (last) return result;
      statement = StatementTokens();
      statement.begin = result.tokens.size();
      guard = LimitGuard();
      continue;
    }
    if (statement.broken) continue;
    if (out.error_count() >= kMaxErrors) {
      // Two tokens are enough to know what the statement declares.
      statement.broken = result.tokens.size() - statement.begin >= 2;
    } else if (ReportBadToken(file, type, span, out) ||
               guard.ReportExcess(type, span, file.Text(span), out)) {
      statement.broken = true;
      stop = EndsTheFile(type);
      continue;
    }
    token->setTokenIndex(result.tokens.size());
    result.tokens.push_back(std::move(token));
    Retype(file, result.tokens, statement.begin);
  }
}

}  // namespace flow::parse
