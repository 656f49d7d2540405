// Format: statements one below the other, an empty line between them; checked by reading it again.
#include "compiler/format/format.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "compiler/format/comments.h"
#include "compiler/format/doc.h"
#include "compiler/format/layout.h"
#include "compiler/parse/syntax.h"

namespace flow {

namespace {

using format::Comment;
using format::TokenComments;

// Comments between statements, each on lines of its own, with the empty lines between them.
// `separate`: somewhere there has to be one.
void AddComments(const TokenComments& at, bool first, bool separate, std::string* out) {
  bool blank = at.blank_before;
  for (const Comment& comment : at.before) blank = blank || comment.blank_before;
  bool add = separate && !blank && !first;
  for (const Comment& comment : at.before) {
    if (!out->empty() && (add || comment.blank_before)) *out += "\n";
    add = false;
    *out += comment.text + (comment.joins_next && !comment.line ? " " : "\n");
  }
  if (!out->empty() && (add || (at.blank_before && (separate || !at.before.empty())))) *out += "\n";
}

std::string Once(const SourceFile& file, const Syntax& syntax) {
  const std::vector<TokenComments> comments = format::ReadComments(file, syntax);
  std::string out;
  size_t begin = 0;
  for (const SyntaxStatement& statement : syntax.statements) {
    AddComments(comments[begin], begin == 0, true, &out);
    out += format::Render(format::LayOut(file, syntax, comments, statement), kFormatWidth);
    begin = statement.end + 1;
  }
  TokenComments end = comments[begin];
  end.blank_before = false;
  if (!end.before.empty()) end.before.back().joins_next = false;
  AddComments(end, begin == 0, false, &out);
  return out;
}

// What a text says, whatever its layout: tokens without the case of words, and comments.
struct Content {
  std::vector<std::string> tokens;
  std::vector<std::string> comments;
  bool operator==(const Content&) const = default;
};

Content ContentOf(const SourceFile& file, const Syntax& syntax) {
  Content content;
  for (const Span& span : syntax.tokens) {
    std::string token(file.Text(span));
    if (token[0] != '\'' && token[0] != '"') {
      for (char& c : token) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    content.tokens.push_back(std::move(token));
  }
  content.comments = format::CommentTexts(format::ReadComments(file, syntax));
  return content;
}

}  // namespace

Result<std::string> Format(const SourceFile& file, Diagnostics& out) {
  Syntax syntax = ReadSyntax(file, out);
  if (out.has_errors()) return std::string();
  const Content before = ContentOf(file, syntax);
  std::string text = Once(file, syntax);
  // Where a comment moved the lines around it, they settle with the next rounds.
  constexpr int kRounds = 4;
  for (int round = 0; round < kRounds; ++round) {
    const SourceFile written(file.name(), text);
    Diagnostics unexpected;
    syntax = ReadSyntax(written, unexpected);
    if (unexpected.has_errors() || ContentOf(written, syntax) != before) {
      return InternalError("the layout of " + file.name() +
                           " would change what it says; it is left as it is");
    }
    std::string again = Once(written, syntax);
    if (again == text) return text;
    text = std::move(again);
  }
  return InternalError("the layout of " + file.name() + " does not settle; it is left as it is");
}

}  // namespace flow
