// Statements in a text that is typed line by line.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace flowc::repl {

// One token: a word, a text in quotes, or a character. Comments and blanks are none.
struct Token {
  enum class Kind { kWord, kName, kString, kMark, kUnclosed };
  Kind kind = Kind::kMark;
  size_t begin = 0, end = 0;
};
std::vector<Token> Tokens(const std::string& text);

// Where the first statement ends: behind its `;`. npos: it goes on.
size_t StatementEnd(const std::string& text);

// Is there nothing but blanks and comments?
bool IsBlank(const std::string& text);

// What a statement declares: {"SOURCE", "clicks"}. A query has no name.
struct Heading {
  std::string keyword;  // upper case; "": none
  std::string name;     // without its quotes
};
Heading HeadingOf(const std::string& statement);

// A text in quotes that stands where FROM or a window call names what is read: 'clicks.jsonl'.
struct FileName {
  size_t begin = 0, end = 0;  // with its quotes
  std::string path;
};
std::vector<FileName> FilesIn(const std::string& query);

}  // namespace flowc::repl
