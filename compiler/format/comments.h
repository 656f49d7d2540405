// The comments of a file, each with the token that it belongs to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/parse/syntax.h"

namespace flow::format {

struct Comment {
  std::string text;         // without the spaces at its end
  bool line = false;        // -- to the end of the line
  bool same_line = false;   // as the token before
  bool joins_next = false;  // no new line between it and the next token or comment
  bool blank_before = false;
};

// A comment is behind a token if it begins on that token's line, else it is before the next one.
struct TokenComments {
  std::vector<Comment> before, behind;
  bool new_line_before = false;  // between the token before and this one
  bool space_before = false;
  bool blank_before = false;  // an empty line between this and the comment or token before
};

// One for each token, and one for the end of the file, which has only `before`.
std::vector<TokenComments> ReadComments(const SourceFile& file, const Syntax& syntax);

// Their texts in order: what must be the same before and after.
std::vector<std::string> CommentTexts(const std::vector<TokenComments>& comments);

}  // namespace flow::format
