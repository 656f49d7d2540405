// Finds statements, their names and file names by the tokens of the language alone: whether they
// mean anything is for the compiler.
#include "tools/flowc/repl/statements.h"

#include <algorithm>
#include <cctype>

namespace flowc::repl {

namespace {

bool IsWordByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
}

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// Behind the quote that ends what begins at `at`; npos: nothing does. A doubled quote is one of
// its characters.
size_t QuoteEnd(const std::string& text, size_t at) {
  const char quote = text[at];
  for (++at; at < text.size(); ++at) {
    if (text[at] != quote) continue;
    if (at + 1 >= text.size() || text[at + 1] != quote) return at + 1;
    ++at;
  }
  return std::string::npos;
}

std::string WithoutQuotes(const std::string& text, const Token& token) {
  std::string inside = text.substr(token.begin + 1, token.end - token.begin - 2);
  const char quote = text[token.begin];
  std::string out;
  for (size_t i = 0; i < inside.size(); ++i) {
    out += inside[i];
    if (inside[i] == quote) ++i;
  }
  return out;
}

}  // namespace

std::vector<Token> Tokens(const std::string& text) {
  std::vector<Token> tokens;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    size_t end = at + 1;
    Token::Kind kind = Token::Kind::kMark;
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      at = end;
      continue;
    }
    if (text.compare(at, 2, "--") == 0) {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (text.compare(at, 2, "/*") == 0) {
      end = text.find("*/", at + 2);
      if (end != std::string::npos) {
        at = end + 2;
        continue;
      }
      kind = Token::Kind::kUnclosed;
      end = text.size();
    } else if (c == '\'' || c == '"') {
      end = QuoteEnd(text, at);
      kind = c == '"' ? Token::Kind::kName : Token::Kind::kString;
      if (end == std::string::npos) {
        kind = Token::Kind::kUnclosed;
        end = text.size();
      }
    } else if (IsWordByte(c)) {
      while (end < text.size() && IsWordByte(text[end])) ++end;
      kind = Token::Kind::kWord;
    }
    tokens.push_back({kind, at, end});
    at = end;
  }
  return tokens;
}

size_t StatementEnd(const std::string& text) {
  for (const Token& token : Tokens(text)) {
    if (token.kind == Token::Kind::kMark && text[token.begin] == ';') return token.end;
  }
  return std::string::npos;
}

bool IsBlank(const std::string& text) { return Tokens(text).empty(); }

Heading HeadingOf(const std::string& statement) {
  const std::vector<Token> tokens = Tokens(statement);
  Heading heading;
  if (tokens.empty() || tokens[0].kind != Token::Kind::kWord) return heading;
  auto text = [&](const Token& token) {
    return statement.substr(token.begin, token.end - token.begin);
  };
  heading.keyword = Upper(text(tokens[0]));
  if (heading.keyword == "SELECT" || heading.keyword == "WITH" || tokens.size() < 2) {
    return heading;
  }
  if (tokens[1].kind == Token::Kind::kName) heading.name = WithoutQuotes(statement, tokens[1]);
  if (tokens[1].kind == Token::Kind::kWord) heading.name = text(tokens[1]);
  return heading;
}

std::vector<FileName> FilesIn(const std::string& query) {
  const std::vector<Token> tokens = Tokens(query);
  std::vector<FileName> files;
  auto is = [&](size_t i, const char* word) {
    return Upper(query.substr(tokens[i].begin, tokens[i].end - tokens[i].begin)) == word;
  };
  for (size_t i = 1; i < tokens.size(); ++i) {
    if (tokens[i].kind != Token::Kind::kString) continue;
    // FROM '...', FROM TUMBLE('...'
    const bool named =
        is(i - 1, "FROM") ||
        (i >= 3 && is(i - 1, "(") && tokens[i - 2].kind == Token::Kind::kWord && is(i - 3, "FROM"));
    if (!named) continue;
    files.push_back({tokens[i].begin, tokens[i].end, WithoutQuotes(query, tokens[i])});
  }
  return files;
}

}  // namespace flowc::repl
