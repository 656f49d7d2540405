// SourceFile: the text of a .flow file and the places in it.
#include <algorithm>

#include "compiler/source/diagnostic.h"

namespace flow {

namespace {

bool IsContinuationByte(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

SourceFile::SourceFile(std::string name, std::string text, size_t prelude)
    : name_(std::move(name)), text_(std::move(text)), prelude_(prelude) {
  line_starts_.push_back(0);
  for (size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] != '\n') continue;
    line_starts_.push_back(static_cast<uint32_t>(i + 1));
    if (i < prelude_) ++prelude_lines_;
  }
}

std::string_view SourceFile::Text(Span span) const {
  size_t begin = std::min<size_t>(span.begin, text_.size());
  size_t end = std::clamp<size_t>(span.end, begin, text_.size());
  return std::string_view(text_).substr(begin, end - begin);
}

SourceFile::Place SourceFile::PlaceOf(uint32_t byte) const {
  byte = static_cast<uint32_t>(std::min<size_t>(byte, text_.size()));
  auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), byte);
  uint32_t start = *(next - 1);
  auto starts_character = [](char c) { return !IsContinuationByte(c); };
  auto characters = std::count_if(text_.begin() + start, text_.begin() + byte, starts_character);
  return {static_cast<int>(next - line_starts_.begin()) - prelude_lines_,
          static_cast<int>(characters) + 1};
}

std::string_view SourceFile::Line(int line) const {
  line += prelude_lines_;
  if (line < 1 || static_cast<size_t>(line) > line_starts_.size()) return {};
  size_t begin = line_starts_[line - 1];
  size_t end =
      static_cast<size_t>(line) < line_starts_.size() ? line_starts_[line] - 1 : text_.size();
  if (end > begin && text_[end - 1] == '\r') --end;
  return std::string_view(text_).substr(begin, end - begin);
}

}  // namespace flow
