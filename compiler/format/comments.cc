// ReadComments: between two tokens there are only spaces, comments and the `;` of empty statements.
#include "compiler/format/comments.h"

#include <algorithm>
#include <utility>

namespace flow::format {

namespace {

std::string TrimRight(std::string_view text) {
  size_t end = text.find_last_not_of(" \t\r");
  return std::string(text.substr(0, end == std::string_view::npos ? 0 : end + 1));
}

struct Gap {
  std::vector<Comment> comments;
  bool new_line = false, space = false, blank_at_end = false;
};

Gap ReadGap(std::string_view text) {
  Gap gap;
  int lines = 0;  // new lines since the last comment or token
  for (size_t i = 0; i < text.size();) {
    bool line = text.substr(i).starts_with("--");
    if (!line && !text.substr(i).starts_with("/*")) {
      if (text[i] == '\n') {
        ++lines;
        gap.new_line = true;
        if (!gap.comments.empty()) gap.comments.back().joins_next = false;
      }
      gap.space = true;
      ++i;
      continue;
    }
    size_t end = line ? text.find('\n', i) : text.find("*/", i + 2) + 2;
    if (end == std::string_view::npos) end = text.size();
    Comment comment;
    comment.text = TrimRight(text.substr(i, end - i));
    comment.line = line;
    comment.same_line = !gap.new_line;
    comment.joins_next = true;
    comment.blank_before = lines > 1;
    // What follows a comment of several lines is not on the line of the token before.
    gap.new_line = gap.new_line || comment.text.find('\n') != std::string::npos;
    gap.comments.push_back(std::move(comment));
    lines = 0;
    i = end;
  }
  gap.blank_at_end = lines > 1;
  return gap;
}

// `a -- of a` and a comma on the next line: the comma moves up, before the comment. What stood
// between moves on to what follows.
void MoveBehindComma(std::vector<TokenComments>* comments, size_t comma) {
  std::vector<Comment>& behind_item = (*comments)[comma - 1].behind;
  auto first = std::find_if(behind_item.begin(), behind_item.end(),
                            [](const Comment& comment) { return comment.line; });
  TokenComments& at = (*comments)[comma];
  if (first == behind_item.end() && at.before.empty()) return;
  std::vector<Comment> all(first, behind_item.end());
  behind_item.erase(first, behind_item.end());
  all.insert(all.end(), at.before.begin(), at.before.end());
  all.insert(all.end(), at.behind.begin(), at.behind.end());
  at.before.clear();
  at.behind.clear();
  std::vector<Comment>& next = (*comments)[comma + 1].before;
  std::vector<Comment> moved;
  for (Comment& comment : all) {
    bool open = moved.empty() && (at.behind.empty() || !at.behind.back().line);
    if (comment.same_line && open) {
      at.behind.push_back(std::move(comment));
    } else {
      comment.joins_next = false;
      moved.push_back(std::move(comment));
    }
  }
  next.insert(next.begin(), moved.begin(), moved.end());
}

// A comment on the last line of a statement whose `;` is on the next.
void MoveBehindEnd(std::vector<TokenComments>* comments, size_t end) {
  std::vector<Comment>& last = (*comments)[end - 1].behind;
  TokenComments& at = (*comments)[end];
  if (!at.before.empty() || last.empty() || !last.back().line) return;
  if (!at.behind.empty()) {
    // One line has room for one of them.
    std::vector<Comment>& next = (*comments)[end + 1].before;
    for (Comment& comment : at.behind) comment.joins_next = false;
    next.insert(next.begin(), at.behind.begin(), at.behind.end());
  }
  at.behind.assign(1, last.back());
  last.pop_back();
}

bool IsOpening(std::string_view token) {
  return token == "(" || token == "[" || token == "." || token == "::";
}

}  // namespace

std::vector<TokenComments> ReadComments(const SourceFile& file, const Syntax& syntax) {
  const std::string_view text = file.text();
  const size_t count = syntax.tokens.size();
  std::vector<TokenComments> comments(count + 1);
  uint32_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  for (size_t i = 0; i <= count; ++i) {
    uint32_t begin = i < count ? syntax.tokens[i].begin : static_cast<uint32_t>(text.size());
    Gap gap = ReadGap(text.substr(at, begin - at));
    if (i < count) at = syntax.tokens[i].end;
    comments[i].new_line_before = gap.new_line;
    comments[i].space_before = gap.space || !gap.comments.empty();
    comments[i].blank_before = gap.blank_at_end;
    const std::string_view token = i < count ? file.Text(syntax.tokens[i]) : "";
    const bool opened = i > 0 && IsOpening(file.Text(syntax.tokens[i - 1]));
    for (Comment& comment : gap.comments) {
      bool behind = i > 0 && comments[i].before.empty() && comment.same_line;
      if (opened && !comment.line && comment.joins_next && token != ")") behind = false;
      // `x /* a */ )` however it was broken.
      if (i > 0 && comments[i].before.empty() && token == ")" && !comment.line &&
          comment.joins_next) {
        behind = true;
      }
      (behind ? comments[i - 1].behind : comments[i].before).push_back(std::move(comment));
    }
  }
  for (size_t i = 1; i + 1 < count; ++i) {
    if (file.Text(syntax.tokens[i]) == ",") MoveBehindComma(&comments, i);
  }
  for (const SyntaxStatement& statement : syntax.statements) {
    MoveBehindEnd(&comments, statement.end);
  }
  return comments;
}

std::vector<std::string> CommentTexts(const std::vector<TokenComments>& comments) {
  std::vector<std::string> texts;
  for (const TokenComments& at : comments) {
    for (const Comment& comment : at.before) texts.push_back(comment.text);
    for (const Comment& comment : at.behind) texts.push_back(comment.text);
  }
  return texts;
}

}  // namespace flow::format
