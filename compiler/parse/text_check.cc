// CheckText, ReportLookalike and helpers on text.
#include "compiler/parse/text_check.h"

#include <algorithm>
#include <array>
#include <utility>

#include "compiler/parse/parse.h"

namespace flow::parse {

namespace {

unsigned char ByteAt(std::string_view text, size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// Length of the well-formed UTF-8 character at `at`; 0 if it is not one (overlong forms, surrogates
// and what lies beyond U+10FFFF are not).
size_t CharacterLength(std::string_view text, size_t at) {
  unsigned char lead = ByteAt(text, at);
  if (lead < 0x80) return 1;
  size_t length = 0;
  unsigned char least = 0x80;
  unsigned char most = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) least = 0xA0;
    if (lead == 0xED) most = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) least = 0x90;
    if (lead == 0xF4) most = 0x8F;
  }
  if (length == 0 || at + length > text.size()) return 0;
  unsigned char second = ByteAt(text, at + 1);
  if (second < least || second > most) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((ByteAt(text, at + i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

// The first byte that text cannot have.
std::optional<size_t> FirstBadByte(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    size_t length = text[at] == 0 ? 0 : CharacterLength(text, at);
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

struct Lookalike {
  std::string_view text;
  std::string_view name;
  std::string_view hint;
};

constexpr std::array kLookalikes = {
    Lookalike{"\u2018", "a curly quote", "strings have straight single quotes: 'text'"},
    Lookalike{"\u2019", "a curly quote", "strings have straight single quotes: 'text'"},
    Lookalike{"\u201C", "a curly quote", "strings have straight single quotes: 'text'"},
    Lookalike{"\u201D", "a curly quote", "strings have straight single quotes: 'text'"},
    Lookalike{"\u00A0", "a no-break space", "replace it by a plain space"},
    Lookalike{"\u200B", "an invisible space", "remove it"},
    Lookalike{"\uFEFF", "a byte order mark", "remove it"},
    Lookalike{"\u2013", "a dash", "minus is written `-`"},
    Lookalike{"\u2014", "a dash", "minus is written `-`"},
};

}  // namespace

std::optional<size_t> CheckText(const SourceFile& file, Diagnostics& out) {
  std::string_view text = file.text();
  if (text.size() > kMaxFileBytes) {
    Diagnostic& d = out.Error(
        {0, 0}, "the file is larger than " + std::to_string(kMaxFileBytes >> 20) + " MiB");
    d.code = "too-large";
    return std::nullopt;
  }
  if (std::optional<size_t> bad = FirstBadByte(text)) {
    uint32_t at = static_cast<uint32_t>(*bad);
    Diagnostic& d =
        out.Error({at, at + 1}, "the file is not UTF-8 text: byte " + HexByte(ByteAt(text, at)) +
                                    " at offset " + std::to_string(at));
    d.code = "not-text";
    return std::nullopt;
  }
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  return text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
}

bool ReportLookalike(const SourceFile& file, Span span, Diagnostics& out) {
  std::string_view text = file.Text(span);
  if (std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; })) return false;
  for (const Lookalike& lookalike : kLookalikes) {
    size_t at = text.find(lookalike.text);
    if (at == std::string_view::npos) continue;
    uint32_t begin = span.begin + static_cast<uint32_t>(at);
    Diagnostic& d = out.Error({begin, begin + static_cast<uint32_t>(lookalike.text.size())},
                              "unexpected character: " + std::string(lookalike.name));
    d.code = "unexpected-character";
    d.hint = lookalike.hint;
    return true;
  }
  return false;
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ToUpper(a) == ToUpper(b);
}

std::string ToUpper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string Shorten(std::string_view text) {
  constexpr size_t kLongest = 40;
  if (text.size() <= kLongest) return std::string(text);
  size_t end = kLongest - 3;
  while (end > 0 && (ByteAt(text, end) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

std::string HexByte(unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  return {'0', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
}

}  // namespace flow::parse
