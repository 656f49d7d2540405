// Functions that pad, exchange and spell out the characters of a text.
#include <string>

#include "stdlib/native/native.h"
#include "stdlib/utf8.h"

using flow_native::Borrow;
using flow_native::Give;
using flow_native::View;
using flow_text::Count;
using flow_text::Next;
using flow_text::Skip;

extern "C" {
uint8_t flow_like(FlowArena*, const FlowString*, const FlowString*, uint8_t*);
uint8_t flow_lower(FlowArena*, const FlowString*, FlowString*);
uint8_t flow_upper(FlowArena*, const FlowString*, FlowString*);
}

namespace {

const char* Begin(const FlowString* s) { return flow_string_data(s); }
const char* End(const FlowString* s) { return flow_string_data(s) + s->size; }

// `wanted` characters: s cut at its end, or filled up on one side.
uint8_t Pad(FlowArena* arena, const FlowString* s, int64_t wanted, std::string_view fill, bool left,
            FlowString* out) {
  if (wanted < 0) wanted = 0;
  const int64_t have = Count(Begin(s), End(s));
  if (have >= wanted || fill.empty()) {
    const char* end = Skip(Begin(s), End(s), wanted);
    return Borrow({Begin(s), static_cast<size_t>(end - Begin(s))}, out);
  }
  const char* fill_end = fill.data() + fill.size();
  const int64_t missing = wanted - have;
  const int64_t each = Count(fill.data(), fill_end);
  if (each == 0) return kFlowErrArgument;  // nothing but the rest of a broken character
  const char* rest_end = Skip(fill.data(), fill_end, missing % each);
  const size_t rest = static_cast<size_t>(rest_end - fill.data());
  const auto times = static_cast<size_t>(missing / each);
  if (times > kFlowStringMax / fill.size()) return kFlowErrTooLong;
  const size_t size = s->size + times * fill.size() + rest;
  if (size > kFlowStringMax) return kFlowErrTooLong;
  std::string text;
  text.reserve(size);
  if (!left) text += View(s);
  for (size_t i = 0; i < times; ++i) text += fill;
  text += fill.substr(0, rest);
#ifdef FLOW_MUTANT_LPAD_RIGHT
  if (left) text.insert(0, View(s));
#else
  if (left) text += View(s);
#endif
  return Give(text, arena, out);
}

bool IsWordCharacter(const char* p) {
  const auto c = static_cast<unsigned char>(*p);
  return c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

uint8_t Digits(FlowArena* arena, uint64_t x, int bits, FlowString* out) {
  char digits[64];
  char* p = digits + sizeof digits;
  do {
    *--p = "0123456789abcdef"[x & ((1u << bits) - 1)];
    x >>= bits;
  } while (x != 0);
  return Give({p, static_cast<size_t>(digits + sizeof digits - p)}, arena, out);
}

}  // namespace

FLOW_FUNCTION("lpad(string, int, string) -> string",
              "Filled up on the left to n characters with the other text, or cut to n.",
              "lpad('7', 3, '0')")
uint8_t flow_lpad(FlowArena* arena, const FlowString* s, int32_t n, const FlowString* fill,
                  FlowString* out) {
  return Pad(arena, s, n, View(fill), true, out);
}

FLOW_FUNCTION("lpad(string, int) -> string",
              "Filled up on the left to n characters with blanks, or cut to n.", "lpad('7', 3)")
uint8_t flow_lpad_blanks(FlowArena* arena, const FlowString* s, int32_t n, FlowString* out) {
  return Pad(arena, s, n, " ", true, out);
}

FLOW_FUNCTION("rpad(string, int, string) -> string",
              "Filled up on the right to n characters with the other text, or cut to n.",
              "rpad('7', 3, '0')")
uint8_t flow_rpad(FlowArena* arena, const FlowString* s, int32_t n, const FlowString* fill,
                  FlowString* out) {
  return Pad(arena, s, n, View(fill), false, out);
}

FLOW_FUNCTION("rpad(string, int) -> string",
              "Filled up on the right to n characters with blanks, or cut to n.", "rpad('7', 3)")
uint8_t flow_rpad_blanks(FlowArena* arena, const FlowString* s, int32_t n, FlowString* out) {
  return Pad(arena, s, n, " ", false, out);
}

FLOW_FUNCTION("initcap(string) -> string",
              "The first letter of each word in upper case, the others in lower case.",
              "initcap('hello WORLD')")
uint8_t flow_initcap(FlowArena* arena, const FlowString* s, FlowString* out) {
  FlowString low;
  FlowString high;
  uint8_t code = flow_lower(arena, s, &low);
  if (code != kFlowValue) return code;
  code = flow_upper(arena, s, &high);
  if (code != kFlowValue) return code;
  // A change of case keeps every character's bytes where they are.
  std::string text(View(&low));
  bool inside = false;
  for (const char* p = text.data(); p < text.data() + text.size();) {
    const char* next = Next(p, text.data() + text.size());
    const bool word = IsWordCharacter(p);
    const auto at = static_cast<size_t>(p - text.data());
    const auto size = static_cast<size_t>(next - p);
    if (word && !inside) memcpy(text.data() + at, flow_string_data(&high) + at, size);
    inside = word;
    p = next;
  }
  return Give(text, arena, out);
}

FLOW_FUNCTION("translate(string, string, string) -> string",
              "Each character that is in the second text becomes the one at its place in the "
              "third; without a partner it goes.",
              "translate('12345', '143', 'ax')")
uint8_t flow_translate(FlowArena* arena, const FlowString* s, const FlowString* from,
                       const FlowString* to, FlowString* out) {
  std::string text;
  for (const char* p = Begin(s); p < End(s);) {
    const char* next = Next(p, End(s));
    const std::string_view c(p, static_cast<size_t>(next - p));
    const char* partner = Begin(to);
    bool found = false;
    for (const char* q = Begin(from); q < End(from) && !found;) {
      const char* q_next = Next(q, End(from));
      found = std::string_view(q, static_cast<size_t>(q_next - q)) == c;
      if (!found && partner < End(to)) partner = Next(partner, End(to));
      q = q_next;
    }
    if (!found) {
      text += c;
    } else if (partner < End(to)) {
      text.append(partner, Next(partner, End(to)));
    }
    if (text.size() > kFlowStringMax) return kFlowErrTooLong;
    p = next;
  }
  return Give(text, arena, out);
}

FLOW_FUNCTION("overlay(string, string, int, int) -> string",
              "The other text in place of n characters from a position on, from 1.",
              "overlay('Txxxxas', 'hom', 2, 4)")
uint8_t flow_overlay_count(FlowArena* arena, const FlowString* s, const FlowString* text,
                           int32_t from, int32_t n, FlowString* out) {
  if (from < 1) return kFlowErrArgument;
  const char* head = Skip(Begin(s), End(s), static_cast<int64_t>(from) - 1);
  // n may be negative: then the characters before the place stand there once more.
  const int64_t after = static_cast<int64_t>(from) - 1 + n;
  const char* tail = Skip(Begin(s), End(s), after < 0 ? 0 : after);
  std::string result(Begin(s), head);
  result += View(text);
  result.append(tail, End(s));
  return Give(result, arena, out);
}

FLOW_FUNCTION("overlay(string, string, int) -> string",
              "The other text in place of as many characters from a position on, from 1.",
              "overlay('abcdef', 'XY', 3)")
uint8_t flow_overlay(FlowArena* arena, const FlowString* s, const FlowString* text, int32_t from,
                     FlowString* out) {
  return flow_overlay_count(arena, s, text, from, Count(Begin(text), End(text)), out);
}

FLOW_FUNCTION("ilike(string, string) -> boolean", "As like, with upper and lower case the same.",
              "ilike('ABC', 'a%')")
uint8_t flow_ilike(FlowArena* arena, const FlowString* s, const FlowString* pattern, uint8_t* out) {
  FlowString text;
  FlowString wanted;
  uint8_t code = flow_lower(arena, s, &text);
  if (code != kFlowValue) return code;
  code = flow_lower(arena, pattern, &wanted);
  if (code != kFlowValue) return code;
  return flow_like(arena, &text, &wanted, out);
}

FLOW_FUNCTION("ascii(string) -> int", "The number of the first character; 0 of an empty text.",
              "ascii('A')")
uint8_t flow_ascii(FlowArena*, const FlowString* s, int32_t* out) {
  *out = 0;
  if (s->size == 0) return kFlowValue;
  const auto* p = reinterpret_cast<const unsigned char*>(Begin(s));
  const auto size = Next(Begin(s), End(s)) - Begin(s);
  if (*p < 0x80) {
    *out = *p;
  } else {
    *out = *p & (0x3F >> (size - 1));
    for (int i = 1; i < size && i < 4; ++i) *out = *out << 6 | (p[i] & 0x3F);
  }
  return kFlowValue;
}

FLOW_FUNCTION("chr(int) -> string", "The character with this number.", "chr(65)")
uint8_t flow_chr(FlowArena*, int32_t n, FlowString* out) {
  if (n <= 0 || n > 0x10FFFF || (n >= 0xD800 && n <= 0xDFFF)) return kFlowErrArgument;
  char text[kFlowStringInline];  // few bytes: they are put into the value itself
  size_t size = 0;
  const auto put = [&](int32_t byte) { text[size++] = static_cast<char>(byte); };
  if (n < 0x80) {
    put(n);
  } else if (n < 0x800) {
    put(0xC0 | n >> 6);
    put(0x80 | (n & 0x3F));
  } else {
    if (n < 0x10000) {
      put(0xE0 | n >> 12);
    } else {
      put(0xF0 | n >> 18);
      put(0x80 | (n >> 12 & 0x3F));
    }
    put(0x80 | (n >> 6 & 0x3F));
    put(0x80 | (n & 0x3F));
  }
  return Borrow({text, size}, out);
}

FLOW_FUNCTION("to_hex(int) -> string", "In hexadecimal; a negative number as its 32 bits.",
              "to_hex(255)")
uint8_t flow_to_hex_int(FlowArena* arena, int32_t x, FlowString* out) {
  return Digits(arena, static_cast<uint32_t>(x), 4, out);
}

FLOW_FUNCTION("to_hex(bigint) -> string", "In hexadecimal; a negative number as its 64 bits.",
              "to_hex(5000000000)")
uint8_t flow_to_hex_bigint(FlowArena* arena, int64_t x, FlowString* out) {
  return Digits(arena, static_cast<uint64_t>(x), 4, out);
}

FLOW_FUNCTION("to_oct(int) -> string", "In octal; a negative number as its 32 bits.", "to_oct(8)")
uint8_t flow_to_oct_int(FlowArena* arena, int32_t x, FlowString* out) {
  return Digits(arena, static_cast<uint32_t>(x), 3, out);
}

FLOW_FUNCTION("to_oct(bigint) -> string", "In octal; a negative number as its 64 bits.",
              "to_oct(5000000000)")
uint8_t flow_to_oct_bigint(FlowArena* arena, int64_t x, FlowString* out) {
  return Digits(arena, static_cast<uint64_t>(x), 3, out);
}

FLOW_FUNCTION("to_bin(int) -> string", "In binary; a negative number as its 32 bits.", "to_bin(5)")
uint8_t flow_to_bin_int(FlowArena* arena, int32_t x, FlowString* out) {
  return Digits(arena, static_cast<uint32_t>(x), 1, out);
}

FLOW_FUNCTION("to_bin(bigint) -> string", "In binary; a negative number as its 64 bits.",
              "to_bin(5000000000)")
uint8_t flow_to_bin_bigint(FlowArena* arena, int64_t x, FlowString* out) {
  return Digits(arena, static_cast<uint64_t>(x), 1, out);
}

FLOW_FUNCTION("bit_length(string) -> int", "How many bits: 8 a byte.", "bit_length('abc')")
uint8_t flow_bit_length(FlowArena*, const FlowString* s, int32_t* out) {
  if (__builtin_mul_overflow(s->size, 8, out)) return kFlowErrOverflow;
  return kFlowValue;
}

FLOW_ALIAS("ord", "ascii");
FLOW_ALIAS("bin", "to_bin");
