// ParseJsonPath: the place of a column in a record, '$.a.b[0]', '$."odd name"', "$['a']".
#include <cctype>

#include "compiler/bind/binder.h"

namespace flow {

namespace {

constexpr int kMaxIndex = 1000000;

class PathParser {
 public:
  explicit PathParser(const std::string& text) : text_(text) {}

  // nullopt with `error` set where the text goes wrong.
  std::optional<std::vector<program::PathStep>> Parse() {
    if (!Take('$')) return Fail("a path begins with `$`");
    std::vector<program::PathStep> steps;
    while (at_ < text_.size()) {
      program::PathStep step;
      bool ok = Take('.') ? ParseKey(&step) : Take('[') ? ParseBracket(&step) : false;
      if (!ok) return Fail(error.empty() ? "expected `.name` or `[index]`" : error);
      steps.push_back(std::move(step));
    }
    if (steps.empty()) return Fail("a path names at least one field: '$.name'");
    return steps;
  }

  std::string error;

 private:
  std::nullopt_t Fail(std::string why) {
    error = std::move(why);
    return std::nullopt;
  }
  bool Take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool ParseQuoted(char quote, std::string* key) {
    while (at_ < text_.size() && text_[at_] != quote) *key += text_[at_++];
    if (Take(quote)) return true;
    error = "the quoted name does not end";
    return false;
  }
  bool ParseKey(program::PathStep* step) {
    if (Take('"')) return ParseQuoted('"', &step->key);
    while (at_ < text_.size() && text_[at_] != '.' && text_[at_] != '[') step->key += text_[at_++];
    if (!step->key.empty()) return true;
    error = "a name is missing after `.`";
    return false;
  }
  bool ParseBracket(program::PathStep* step) {
    for (char quote : {'"', '\''}) {
      if (Take(quote)) return ParseQuoted(quote, &step->key) && Close();
    }
    int index = 0;
    size_t begin = at_;
    while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])) != 0) {
      index = index * 10 + (text_[at_++] - '0');
      if (index > kMaxIndex) {
        error = "the index is too large";
        return false;
      }
    }
    if (begin == at_) {
      error = "an index is a number: `[0]`";
      return false;
    }
    step->index = index;
    return Close();
  }
  bool Close() {
    if (Take(']')) return true;
    error = "`]` is missing";
    return false;
  }

  const std::string& text_;
  size_t at_ = 0;
};

}  // namespace

std::optional<std::vector<program::PathStep>> ParseJsonPath(const std::string& text, Span span,
                                                            Diagnostics* out) {
  PathParser parser(text);
  std::optional<std::vector<program::PathStep>> steps = parser.Parse();
  if (!steps.has_value()) {
    Diagnostic& d = out->Error(span, "not a path into a record: '" + text + "'");
    d.label = parser.error;
    d.hint = "a path looks like '$.payment.items[0].price'";
    d.code = "bad-path";
  }
  return steps;
}

}  // namespace flow
