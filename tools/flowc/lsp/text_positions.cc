// TextPositions: bytes of UTF-8 and units of UTF-16.
#include "tools/flowc/lsp/text_positions.h"

#include <algorithm>

namespace flowc::lsp {

namespace {

struct Character {
  uint32_t bytes = 1;
  int units = 1;
};

Character At(const std::string& text, size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  uint32_t bytes = lead >= 0xF0 && lead < 0xF8   ? 4
                   : lead >= 0xE0 && lead < 0xF0 ? 3
                   : lead >= 0xC0 && lead < 0xE0 ? 2
                                                 : 1;
  if (at + bytes > text.size()) return {};
  for (uint32_t i = 1; i < bytes; ++i) {
    if ((static_cast<unsigned char>(text[at + i]) & 0xC0) != 0x80) return {};
  }
  return {bytes, bytes == 4 ? 2 : 1};
}

constexpr uint32_t kStep = 1024;

}  // namespace

TextPositions::TextPositions(const std::string& text) : text_(text), lines_{0} {
  int64_t units = 0;
  for (uint32_t at = 0; at < text.size();) {
    if (marks_.empty() || at >= marks_.back().byte + kStep) marks_.push_back({at, units});
    const Character character = At(text, at);
    units += character.units;
    at += character.bytes;
  }
  for (size_t i = 0; i < text.size(); ++i) {
    const bool crlf = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (text[i] == '\n' || (text[i] == '\r' && !crlf)) {
      lines_.push_back(static_cast<uint32_t>(i + 1));
    }
  }
}

uint32_t TextPositions::ToByte(Position position) const {
  if (position.line < 0) return 0;
  if (position.line >= static_cast<int64_t>(lines_.size())) {
    return static_cast<uint32_t>(text_.size());
  }
  uint32_t at = lines_[static_cast<size_t>(position.line)];
  int64_t left = position.character;
  while (left > 0 && at < text_.size() && text_[at] != '\n' && text_[at] != '\r') {
    const Character character = At(text_, at);
    if (character.units > left) break;
    left -= character.units;
    at += character.bytes;
  }
  return at;
}

int64_t TextPositions::UnitsBefore(uint32_t byte) const {
  if (marks_.empty()) return 0;
  const auto next = std::upper_bound(marks_.begin(), marks_.end(), byte,
                                     [](uint32_t at, const Mark& mark) { return at < mark.byte; });
  Mark at = *(next - 1);
  while (at.byte < byte) {
    const Character character = At(text_, at.byte);
    if (at.byte + character.bytes > byte) break;
    at.byte += character.bytes;
    at.units += character.units;
  }
  return at.units;
}

Position TextPositions::ToPosition(uint32_t byte) const {
  byte = std::min(byte, static_cast<uint32_t>(text_.size()));
  const auto next = std::upper_bound(lines_.begin(), lines_.end(), byte);
  return {next - lines_.begin() - 1, UnitsBefore(byte) - UnitsBefore(*(next - 1))};
}

}  // namespace flowc::lsp
