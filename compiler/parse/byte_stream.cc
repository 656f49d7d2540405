// ByteStream: bytes to lexer symbols.
#include "compiler/parse/byte_stream.h"

#include <algorithm>

namespace flow::parse {

namespace {

constexpr size_t kBeyondAscii = 0x7F;
constexpr size_t kNoCharacter = 0x01;

size_t SymbolOf(unsigned char c) {
  if (c >= 'a' && c <= 'z') return c - 'a' + 'A';
  if (c >= 0x80) return kBeyondAscii;
  if (c == kBeyondAscii) return kNoCharacter;  // the real DEL is no letter
  return c;
}

}  // namespace

void ByteStream::consume() {
  if (at_ < text_.size()) ++at_;
}

size_t ByteStream::LA(ssize_t i) {
  if (i == 0) return 0;
  ssize_t at = static_cast<ssize_t>(at_) + (i > 0 ? i - 1 : i);
  if (at < 0 || at >= static_cast<ssize_t>(text_.size())) return EOF;
  return SymbolOf(static_cast<unsigned char>(text_[at]));
}

std::string ByteStream::getText(const antlr4::misc::Interval& interval) {
  if (interval.a < 0 || interval.b < interval.a) return "";
  size_t begin = std::min<size_t>(interval.a, text_.size());
  size_t end = std::min<size_t>(interval.b + 1, text_.size());
  return std::string(text_.substr(begin, end - begin));
}

}  // namespace flow::parse
