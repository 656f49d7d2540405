// The pieces of a JSON scanner: each checks RFC 8259's grammar and returns the place after what it
// read, or nullptr if the text is malformed.
#pragma once

#include <emmintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "runtime/format/short_text.h"

namespace flow::json {

// A record, and the memory around it. What stands outside the record decides nothing.
struct Text {
  const char* begin;
  const char* end;
  const char* readable;  // the end of what may be read: `end` or beyond
};

// Deepest nesting of objects and arrays.
inline constexpr int kMaxDepth = 1024;

inline bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

inline const char* SkipBlanks(const char* p, const char* end) {
  while (p < end && IsBlank(*p)) ++p;
  return p;
}

// The bytes of a string that need a look: quote, backslash, control, not ASCII. One bit a byte.
inline uint32_t SpecialMask(__m128i v) {
  const __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
  // Signed: control characters and bytes >= 0x80 are both less than 0x20.
  const __m128i odd = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));
  return static_cast<uint32_t>(
      _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), odd)));
}

inline __m128i Load16(const char* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}

// One UTF-8 sequence of two to four bytes; overlong forms and surrogates are malformed.
const char* SkipUtf8(const char* p, const char* end);
// After a backslash: one escape; surrogates must come in pairs.
const char* SkipEscape(const char* p, const char* end);

// `p` stands after the opening quote; returns the closing quote.
inline const char* ScanString(const char* p, const Text& text, bool* escaped) {
  const char* const end = text.end;
  for (;;) {
    uint32_t mask;
    if (p + 16 <= text.readable) {
      mask = SpecialMask(Load16(p));
      if (mask == 0) {
        p += 16;
        continue;
      }
    } else if (p >= end) {
      return nullptr;
    } else if (end - text.begin >= 16) {
      // The last 16 bytes of the record, without those before p.
      mask = SpecialMask(Load16(end - 16)) >> (16 - (end - p));
      if (mask == 0) return nullptr;
    } else {
      while (p < end && *p != '"' && *p != '\\' && *p >= 0x20) ++p;
      mask = 1;
    }
    p += __builtin_ctz(mask);
    if (p >= end) return nullptr;
    const unsigned char c = static_cast<unsigned char>(*p);
    if (c == '"') return p;
    if (c == '\\') {
      *escaped = true;
      p = SkipEscape(p + 1, end);
    } else if (c >= 0x80) {
      p = SkipUtf8(p, end);
    } else {
      return nullptr;
    }
    if (p == nullptr) return nullptr;
  }
}

inline bool IsDigit(char c) { return static_cast<unsigned char>(c - '0') <= 9; }

// How many of the 8 bytes at p are digits before the first that is none.
inline int CountDigits8(uint64_t word) {
  // A digit is 0x30..0x39: its high nibble is 3, also after adding 6.
  const uint64_t high = 0xF0F0F0F0F0F0F0F0u;
  const uint64_t odd = ((word & high) ^ 0x3030303030303030u) |
                       (((word + 0x0606060606060606u) & high) ^ 0x3030303030303030u);
  return odd == 0 ? 8 : __builtin_ctzll(odd) / 8;
}

// The value of 8 digits, the first of them the lowest byte.
inline uint64_t Value8(uint64_t word) {
  word -= 0x3030303030303030u;
  word = word * 10 + (word >> 8);
  return ((word & 0x000000FF000000FFu) * 0x000F424000000064u +
          (word >> 16 & 0x000000FF000000FFu) * 0x0000271000000001u) >>
         32;
}

// The value of the first `digits` of 8 bytes.
inline uint64_t ValueOf(uint64_t word, int digits) {
  if (digits == 8) return Value8(word);
  if (digits == 0) return 0;
  // At the high end, zeros before them.
  return Value8(word << (64 - 8 * digits) | 0x3030303030303030u >> (8 * digits));
}

// A number of up to 18 digits, 7 of them after the point, without an exponent. nullptr: it is not
// that (but perhaps another number), or less than 40 bytes are readable; nothing is wrong yet. May
// pass the record's end.
inline __attribute__((always_inline)) const char* ScanShortNumber(const char* p,
                                                                  const char* readable,
                                                                  ShortNumber* out) {
  if (p + 40 > readable) return nullptr;
  out->negative = *p == '-';
  p += out->negative;
  uint64_t word;
  std::memcpy(&word, p, 8);
  int digits = CountDigits8(word);
  if (digits == 0 || (*p == '0' && digits > 1)) return nullptr;
  uint64_t value = ValueOf(word, digits);
  p += digits;
  if (digits == 8) {
    std::memcpy(&word, p, 8);
    const int more = CountDigits8(word);
    value = value * static_cast<uint64_t>(ShortPower(more)) + ValueOf(word, more);
    digits += more;
    p += more;
    if (more == 8 && IsDigit(*p)) return nullptr;
  }
  out->fraction = 0;
  if (*p == '.') {
    std::memcpy(&word, p + 1, 8);
    const int fraction = CountDigits8(word);
    if (fraction == 0 || fraction == 8 || digits + fraction > 18) return nullptr;
    value = value * static_cast<uint64_t>(ShortPower(fraction)) + ValueOf(word, fraction);
    digits += fraction;
    p += 1 + fraction;
    out->fraction = fraction;
  }
  if ((*p | 0x20) == 'e') return nullptr;
  out->value = static_cast<int64_t>(value);
  out->digits = digits;
  return p;
}

// `p` stands at '-' or a digit.
inline const char* ScanNumber(const char* p, const char* end) {
  if (p < end && *p == '-') ++p;
  if (p == end || !IsDigit(*p)) return nullptr;
  if (*p == '0') {
    ++p;
  } else {
    do ++p;
    while (p < end && IsDigit(*p));
  }
  if (p == end || (*p != '.' && (*p | 0x20) != 'e')) return p;
  if (*p == '.') {
    ++p;
    if (p == end || !IsDigit(*p)) return nullptr;
    do ++p;
    while (p < end && IsDigit(*p));
  }
  if (p < end && (*p | 0x20) == 'e') {
    ++p;
    if (p < end && (*p == '+' || *p == '-')) ++p;
    if (p == end || !IsDigit(*p)) return nullptr;
    do ++p;
    while (p < end && IsDigit(*p));
  }
  return p;
}

inline bool StartsWith(const char* p, const char* end, const char* word, size_t size) {
  return static_cast<size_t>(end - p) >= size && std::memcmp(p, word, size) == 0;
}

// `p` stands at the first byte of a value; `depth` containers are open around it.
const char* SkipValue(const char* p, const Text& text, int depth);

// The contents of a string that ScanString accepted, without its escapes. Writes at most
// `size` bytes and returns how many.
size_t Unescape(const char* text, size_t size, char* out);

}  // namespace flow::json
