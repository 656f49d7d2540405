// What could have stood where a syntax error is, in words.
#pragma once

#include <string>
#include <vector>

#include "FlowParser.h"

namespace flow::parse {

struct Expected {
  bool expression = false;
  bool value = false;  // of an option
  bool name = false;
  bool duration = false;
  bool end = false;        // of the statement
  bool operators = false;  // an expression may go on
  bool close = false;      // `)`
  // Keywords and punctuation in the order of the grammar, as written: "FROM", ",".
  std::vector<std::string> words;
  // Every keyword that fits, for "did you mean".
  std::vector<std::string> keywords;
  // Those of them that lead to something that is supported.
  std::vector<std::string> offered;

  // "`,` or `FROM`"
  std::string ToString() const;
};

Expected ExpectedAt(grammar::FlowParser& parser, const std::vector<size_t>& states);

// Is it a keyword, and one that cannot be a name?
bool IsKeyword(size_t type);
bool IsReserved(size_t type);

}  // namespace flow::parse
