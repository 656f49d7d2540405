// MakeSnippet and Printable: source text made fit for a terminal.
#include "compiler/source/snippet.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace flow {

namespace {

constexpr int kTabWidth = 4;
// A line wider than this is cut to a stretch around the span.
constexpr int kMaxWidth = 160;
constexpr int kContext = 60;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// A character: its bytes and the terminal columns it takes.
struct Glyph {
  std::string text;
  uint32_t byte = 0;  // where it begins in the line
  int width = 1;
};

// Decodes the character at `at`; gives its length, or 0 if the bytes are no UTF-8.
size_t Decode(std::string_view text, size_t at, uint32_t* code) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char lead = byte(at);
  if (lead < 0x80) {
    *code = lead;
    return 1;
  }
  size_t length = lead >= 0xF0 && lead < 0xF5 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (lead >= 0xF5 || length == 0 || at + length > text.size()) return 0;
  uint32_t value = lead & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
    value = value << 6 | (byte(at + i) & 0x3F);
  }
  *code = value;
  return length;
}

bool In(uint32_t code, uint32_t first, uint32_t last) { return code >= first && code <= last; }

// As wcwidth for the scripts that matter; no locale is asked.
int WidthOf(uint32_t code) {
  if (In(code, 0x300, 0x36F) || In(code, 0x200B, 0x200F) || In(code, 0xFE00, 0xFE0F)) return 0;
  bool wide = In(code, 0x1100, 0x115F) || In(code, 0x2E80, 0xA4CF) || In(code, 0xAC00, 0xD7A3) ||
              In(code, 0xF900, 0xFAFF) || In(code, 0xFE30, 0xFE6F) || In(code, 0xFF00, 0xFF60) ||
              In(code, 0xFFE0, 0xFFE6) || In(code, 0x1F300, 0x1FAFF) || In(code, 0x20000, 0x3FFFD);
  return wide ? 2 : 1;
}

bool DisturbsTerminal(uint32_t code) {
  return code < 0x20 || In(code, 0x7F, 0x9F) || In(code, 0x202A, 0x202E) ||
         In(code, 0x2066, 0x2069) || In(code, 0xD800, 0xDFFF) || code > 0x10FFFF;
}

std::vector<Glyph> GlyphsOf(std::string_view line) {
  std::vector<Glyph> glyphs;
  size_t at = 0;
  while (at < line.size()) {
    uint32_t code = 0;
    size_t length = Decode(line, at, &code);
    Glyph glyph;
    glyph.byte = static_cast<uint32_t>(at);
    if (length == 0) {
      glyph.text = kReplacement;
      length = 1;
    } else if (code == '\t') {
      glyph.text = std::string(kTabWidth, ' ');
      glyph.width = kTabWidth;
    } else if (DisturbsTerminal(code)) {
      glyph.text = kReplacement;
    } else {
      glyph.text = line.substr(at, length);
      glyph.width = WidthOf(code);
    }
    glyphs.push_back(std::move(glyph));
    at += length;
  }
  return glyphs;
}

int WidthBetween(const std::vector<Glyph>& glyphs, size_t begin, size_t end) {
  int width = 0;
  for (size_t i = begin; i < end; ++i) width += glyphs[i].width;
  return width;
}

}  // namespace

Snippet MakeSnippet(const SourceFile& file, Span span) {
  SourceFile::Place place = file.PlaceOf(span.begin);
  std::string_view whole = file.Line(place.line);
  uint32_t line_begin = static_cast<uint32_t>(whole.data() - file.text().data());
  uint32_t begin = std::min<uint32_t>(span.begin - std::min(span.begin, line_begin),
                                      static_cast<uint32_t>(whole.size()));
  uint32_t end = std::clamp<uint32_t>(span.end - std::min(span.end, line_begin), begin,
                                      static_cast<uint32_t>(whole.size()));

  // Lines of megabytes exist (garbage): look only at the neighbourhood of the span.
  constexpr uint32_t kNear = 4096;
  uint32_t near_begin = begin > kNear ? begin - kNear : 0;
  while (near_begin > 0 && (static_cast<unsigned char>(whole[near_begin]) & 0xC0) == 0x80) {
    --near_begin;
  }
  std::vector<Glyph> glyphs = GlyphsOf(whole.substr(near_begin, begin - near_begin + kNear));
  auto index_of = [&](uint32_t byte) {
    size_t i = 0;
    while (i < glyphs.size() && glyphs[i].byte + near_begin < byte) ++i;
    return i;
  };
  size_t first = index_of(begin);
  size_t last = std::max(index_of(end), first);

  size_t shown_begin = 0;
  size_t shown_end = glyphs.size();
  if (near_begin > 0 || WidthBetween(glyphs, 0, shown_end) > kMaxWidth) {
    if (near_begin > 0 || WidthBetween(glyphs, 0, first) > kContext) {
      shown_begin = first;
      for (int w = 0; shown_begin > 0 && w < kContext; --shown_begin) {
        w += glyphs[shown_begin - 1].width;
      }
    }
    shown_end = shown_begin;
    for (int w = 0; shown_end < glyphs.size() && w < kMaxWidth; ++shown_end) {
      w += glyphs[shown_end].width;
    }
    last = std::min(last, shown_end);
  }

  Snippet snippet;
  bool cut_before = shown_begin > 0 || near_begin > 0;
  bool cut_after = shown_end < glyphs.size();
  if (cut_before) snippet.line += "... ";
  for (size_t i = shown_begin; i < shown_end; ++i) snippet.line += glyphs[i].text;
  if (cut_after) snippet.line += " ...";
  snippet.indent = (cut_before ? 4 : 0) + WidthBetween(glyphs, shown_begin, first);
  snippet.width = std::max(1, WidthBetween(glyphs, first, last));
  return snippet;
}

std::string Printable(std::string_view text) {
  std::string out;
  for (const Glyph& glyph : GlyphsOf(text)) out += glyph.text;
  return out;
}

}  // namespace flow
