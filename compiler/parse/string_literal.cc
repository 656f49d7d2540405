// ReadString: unquoting and replacing variables.
#include "compiler/parse/string_literal.h"

#include <string_view>

namespace flow::parse {

namespace {

bool IsNameCharacter(char c, bool first) {
  bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  return letter || (!first && c >= '0' && c <= '9');
}

std::string Unquoted(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    plain += text[i];
    if (text[i] == '\'') ++i;
  }
  return plain;
}

class LiteralReader {
 public:
  LiteralReader(std::string_view raw, uint32_t begin, const ParseOptions& options, Diagnostics& out)
      : raw_(raw), begin_(begin), options_(options), out_(out) {}

  bool Read(std::string* text) {
    size_t at = 0;
    while (at < raw_.size()) {
      size_t next = raw_.find("${", at);
      if (next == std::string_view::npos) next = raw_.size();
      bool escaped = next < raw_.size() && next > at && raw_[next - 1] == '$';
      *text += Unquoted(raw_.substr(at, next - at - (escaped ? 1 : 0)));
      if (next == raw_.size()) break;
      if (escaped) {
        *text += "${";
        at = next + 2;
        continue;
      }
      size_t close = raw_.find('}', next);
      if (close == std::string_view::npos) {
        return Fail(next, next + 2, "this `${` is not closed", "a plain `${` is written `$${`");
      }
      if (!Replace(next, close + 1, text)) return false;
      at = close + 1;
    }
    return true;
  }

 private:
  // raw_[begin..end) is ${...}.
  bool Replace(size_t begin, size_t end, std::string* text) {
    std::string_view inside = raw_.substr(begin + 2, end - begin - 3);
    size_t length = 0;
    while (length < inside.size() && IsNameCharacter(inside[length], length == 0)) ++length;
    std::string name(inside.substr(0, length));
    std::string_view rest = inside.substr(length);
    bool has_default = rest.starts_with(":-");
    bool has_message = rest.starts_with(":?");
    if (name.empty() || !(rest.empty() || has_default || has_message)) {
      return Fail(begin, end,
                  "`" + std::string(raw_.substr(begin, end - begin)) + "` is not a variable",
                  "write ${NAME}, ${NAME:-default} or ${NAME:?message}");
    }
    std::optional<std::string> value;
    if (options_.variable) value = options_.variable(name);
    // As in a shell, the forms with a colon take an empty value for a missing one.
    bool missing = !value || (value->empty() && !rest.empty());
    if (!missing) {
      *text += *value;
      return true;
    }
    if (has_default) {
      *text += Unquoted(rest.substr(2));
      return true;
    }
    std::string message = "variable `" + name + "` is not set";
    if (has_message && rest.size() > 2) message += ": " + Unquoted(rest.substr(2));
    return Fail(begin, end, message, "set it in the environment or with --set " + name + "=...");
  }

  bool Fail(size_t begin, size_t end, std::string message, std::string hint) {
    Diagnostic& d =
        out_.Error({begin_ + static_cast<uint32_t>(begin), begin_ + static_cast<uint32_t>(end)},
                   std::move(message));
    d.code = "variable";
    d.hint = std::move(hint);
    return false;
  }

  std::string_view raw_;
  uint32_t begin_;  // of raw_ in the file
  const ParseOptions& options_;
  Diagnostics& out_;
};

}  // namespace

bool ReadString(const SourceFile& file, Span span, const ParseOptions& options, Diagnostics& out,
                std::string* text) {
  std::string_view raw = file.Text(span);
  raw = raw.substr(1, raw.size() - 2);
  return LiteralReader(raw, span.begin + 1, options, out).Read(text);
}

}  // namespace flow::parse
