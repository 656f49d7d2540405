// Functions that measure, cut and change a text. Positions count characters, from 1.
#include "stdlib/function.h"
#include "stdlib/utf8.h"

using flow_text::Count;
using flow_text::Next;
using flow_text::Previous;
using flow_text::Skip;
using flow_text::SkipBack;

namespace {

const char* End(const FlowString* s) { return flow_string_data(s) + s->size; }

void Borrow(FlowString* out, const char* begin, const char* end) {
  flow_string_set(out, begin, static_cast<uint32_t>(end - begin));
}

// The other case of a two-byte character: Latin-1, Latin Extended-A, Greek and Cyrillic letters
// whose partner has two bytes too. Others are their own partner.
uint32_t LowerOf(uint32_t c) {
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 0x20;
  if ((c >= 0x100 && c <= 0x12F) || (c >= 0x132 && c <= 0x137) || (c >= 0x14A && c <= 0x177))
    return c | 1;
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return c + (c & 1);
  if (c == 0x178) return 0xFF;
  if (c == 0x386) return 0x3AC;
  if (c >= 0x388 && c <= 0x38A) return c + 37;
  if (c == 0x38C) return 0x3CC;
  if (c == 0x38E || c == 0x38F) return c + 63;
  if (c >= 0x391 && c <= 0x3AB && c != 0x3A2) return c + 0x20;
  if (c >= 0x400 && c <= 0x40F) return c + 0x50;
  if (c >= 0x410 && c <= 0x42F) return c + 0x20;
  if (c >= 0x460 && c <= 0x481) return c | 1;
  return c;
}

uint32_t UpperOf(uint32_t c) {
  if (c == 0xB5) return 0x39C;
  if (c >= 0xE0 && c <= 0xFE && c != 0xF7) return c - 0x20;
  if (c == 0xFF) return 0x178;
  if ((c >= 0x100 && c <= 0x12F) || (c >= 0x132 && c <= 0x137) || (c >= 0x14A && c <= 0x177))
    return c & ~1u;
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return c - (1 - (c & 1));
  if (c == 0x3AC) return 0x386;
  if (c >= 0x3AD && c <= 0x3AF) return c - 37;
  if (c == 0x3C2) return 0x3A3;
  if (c >= 0x3B1 && c <= 0x3CB) return c - 0x20;
  if (c == 0x3CC) return 0x38C;
  if (c == 0x3CD || c == 0x3CE) return c - 63;
  if (c >= 0x430 && c <= 0x44F) return c - 0x20;
  if (c >= 0x450 && c <= 0x45F) return c - 0x50;
  if (c >= 0x460 && c <= 0x481) return c & ~1u;
  return c;
}

bool IsTwoByte(const char* p, const char* end) {
  return (static_cast<unsigned char>(*p) & 0xE0) == 0xC0 && end - p >= 2 &&
         flow_text::IsContinuation(p[1]);
}

template <typename Ascii, typename Wide>
void ChangeCase(FlowArena* arena, const FlowString* s, FlowString* out, Ascii ascii, Wide wide) {
  char small[kFlowStringInline];
  char* to = s->size <= kFlowStringInline ? small : flow_arena_allocate(arena, s->size);
  const char* p = flow_string_data(s);
  const char* end = End(s);
  for (char* o = to; p < end;) {
    if (static_cast<unsigned char>(*p) < 0x80) {
      *o++ = ascii(*p++);
    } else if (IsTwoByte(p, end)) {
      uint32_t c = wide((static_cast<uint32_t>(p[0] & 0x1F) << 6) | (p[1] & 0x3F));
      *o++ = static_cast<char>(0xC0 | (c >> 6));
      *o++ = static_cast<char>(0x80 | (c & 0x3F));
      p += 2;
    } else {
      *o++ = *p++;
    }
  }
  flow_string_set(out, to, s->size);
}

bool IsOneOf(const char* c, const char* c_end, const FlowString* set) {
  const char* end = End(set);
  for (const char* p = flow_string_data(set); p < end;) {
    const char* next = Next(p, end);
    if (next - p == c_end - c && memcmp(p, c, static_cast<size_t>(next - p)) == 0) return true;
    p = next;
  }
  return false;
}

void Trim(const FlowString* s, const FlowString* set, bool left, bool right, FlowString* out) {
  const char* begin = flow_string_data(s);
  const char* end = End(s);
  while (left && begin < end) {
    const char* next = Next(begin, end);
    if (!IsOneOf(begin, next, set)) break;
    begin = next;
  }
  while (right && begin < end) {
    const char* last = Previous(end, begin);
    if (!IsOneOf(last, end, set)) break;
    end = last;
  }
  Borrow(out, begin, end);
}

void TrimBlanks(const FlowString* s, bool left, bool right, FlowString* out) {
  const char* begin = flow_string_data(s);
  const char* end = End(s);
  while (left && begin < end && *begin == ' ') ++begin;
  while (right && begin < end && end[-1] == ' ') --end;
  Borrow(out, begin, end);
}

// Characters [from, to) of s, counted from 1; the range may stick out on both sides.
void Slice(const FlowString* s, int64_t from, int64_t to, FlowString* out) {
  if (from < 1) from = 1;
  const char* end = End(s);
  const char* begin = Skip(flow_string_data(s), end, from - 1);
  Borrow(out, begin, to > from ? Skip(begin, end, to - from) : begin);
}

}  // namespace

FLOW_FUNCTION("length(string) -> int", "How many characters.", "length('abc')")
uint8_t flow_length(FlowArena*, const FlowString* s, int32_t* out) {
  *out = Count(flow_string_data(s), End(s));
  return kFlowValue;
}

FLOW_FUNCTION("octet_length(string) -> int", "How many bytes.", "octet_length('abc')")
uint8_t flow_octet_length(FlowArena*, const FlowString* s, int32_t* out) {
  *out = static_cast<int32_t>(s->size);
  return kFlowValue;
}

FLOW_FUNCTION("upper(string) -> string",
              "In upper case: ASCII, Latin, Greek and Cyrillic letters, one for one.",
              "upper('abc')")
FLOW_LARGE uint8_t flow_upper(FlowArena* arena, const FlowString* s, FlowString* out) {
  ChangeCase(
      arena, s, out, [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; },
      UpperOf);
  return kFlowValue;
}

FLOW_FUNCTION("lower(string) -> string",
              "In lower case: ASCII, Latin, Greek and Cyrillic letters, one for one.",
              "lower('ABC')")
FLOW_LARGE uint8_t flow_lower(FlowArena* arena, const FlowString* s, FlowString* out) {
  ChangeCase(
      arena, s, out, [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; },
      LowerOf);
  return kFlowValue;
}

FLOW_FUNCTION("trim(string) -> string", "Without blanks at both ends.", "trim('  abc ')")
uint8_t flow_trim(FlowArena*, const FlowString* s, FlowString* out) {
  TrimBlanks(s, true, true, out);
  return kFlowValue;
}

FLOW_FUNCTION("trim(string, string) -> string", "Without any of these characters at both ends.",
              "trim('xyabcx', 'xy')")
FLOW_LARGE uint8_t flow_trim_set(FlowArena*, const FlowString* s, const FlowString* set,
                                 FlowString* out) {
  Trim(s, set, true, true, out);
  return kFlowValue;
}

FLOW_FUNCTION("ltrim(string) -> string", "Without blanks at the start.", "ltrim('  abc')")
uint8_t flow_ltrim(FlowArena*, const FlowString* s, FlowString* out) {
  TrimBlanks(s, true, false, out);
  return kFlowValue;
}

FLOW_FUNCTION("ltrim(string, string) -> string", "Without any of these characters at the start.",
              "ltrim('xyabc', 'xy')")
FLOW_LARGE uint8_t flow_ltrim_set(FlowArena*, const FlowString* s, const FlowString* set,
                                  FlowString* out) {
  Trim(s, set, true, false, out);
  return kFlowValue;
}

FLOW_FUNCTION("rtrim(string) -> string", "Without blanks at the end.", "rtrim('abc  ')")
uint8_t flow_rtrim(FlowArena*, const FlowString* s, FlowString* out) {
  TrimBlanks(s, false, true, out);
  return kFlowValue;
}

FLOW_FUNCTION("rtrim(string, string) -> string", "Without any of these characters at the end.",
              "rtrim('abcxy', 'xy')")
FLOW_LARGE uint8_t flow_rtrim_set(FlowArena*, const FlowString* s, const FlowString* set,
                                  FlowString* out) {
  Trim(s, set, false, true, out);
  return kFlowValue;
}

FLOW_FUNCTION("substring(string, int) -> string", "From a character on; the first one is 1.",
              "substring('abcdef', 3)")
uint8_t flow_substring_from(FlowArena*, const FlowString* s, int32_t from, FlowString* out) {
  Slice(s, from, static_cast<int64_t>(s->size) + 1, out);
  return kFlowValue;
}

FLOW_FUNCTION("substring(string, int, int) -> string",
              "So many characters from one on; the first one is 1.", "substring('abcdef', 3, 2)")
uint8_t flow_substring(FlowArena*, const FlowString* s, int32_t from, int32_t count,
                       FlowString* out) {
  if (count < 0) return kFlowErrArgument;
  Slice(s, from, static_cast<int64_t>(from) + count, out);
  return kFlowValue;
}

FLOW_FUNCTION("left(string, int) -> string",
              "The first n characters; without the last -n if n is negative.", "left('abcdef', 2)")
uint8_t flow_left(FlowArena*, const FlowString* s, int32_t n, FlowString* out) {
  const char* begin = flow_string_data(s);
  const char* end = End(s);
  Borrow(out, begin, n >= 0 ? Skip(begin, end, n) : SkipBack(end, begin, -static_cast<int64_t>(n)));
  return kFlowValue;
}

FLOW_FUNCTION("right(string, int) -> string",
              "The last n characters; without the first -n if n is negative.", "right('abcdef', 2)")
uint8_t flow_right(FlowArena*, const FlowString* s, int32_t n, FlowString* out) {
  const char* begin = flow_string_data(s);
  const char* end = End(s);
  Borrow(out, n >= 0 ? SkipBack(end, begin, n) : Skip(begin, end, -static_cast<int64_t>(n)), end);
  return kFlowValue;
}

FLOW_FUNCTION("concat(string, string) -> string", "One after the other, as ||.",
              "concat('ab', 'cd')")
uint8_t flow_concat(FlowArena* arena, const FlowString* a, const FlowString* b, FlowString* out) {
  if (b->size == 0) {
    *out = *a;
    return kFlowValue;
  }
  if (a->size == 0) {
    *out = *b;
    return kFlowValue;
  }
  uint64_t size = static_cast<uint64_t>(a->size) + b->size;
  if (size > kFlowStringMax) return kFlowErrTooLong;
  char small[kFlowStringInline];
  char* to = size <= kFlowStringInline ? small : flow_arena_allocate(arena, size);
  memcpy(to, flow_string_data(a), a->size);
  memcpy(to + a->size, flow_string_data(b), b->size);
  flow_string_set(out, to, static_cast<uint32_t>(size));
  return kFlowValue;
}

FLOW_FUNCTION("repeat(string, int) -> string", "The text n times; empty if n is below 1.",
              "repeat('ab', 3)")
FLOW_LARGE uint8_t flow_repeat(FlowArena* arena, const FlowString* s, int32_t n, FlowString* out) {
  if (n < 1 || s->size == 0) {
    flow_string_set(out, nullptr, 0);
    return kFlowValue;
  }
  uint64_t size = static_cast<uint64_t>(s->size) * static_cast<uint64_t>(n);
  if (size > kFlowStringMax) return kFlowErrTooLong;
  char small[kFlowStringInline];
  char* to = size <= kFlowStringInline ? small : flow_arena_allocate(arena, size);
  for (uint64_t i = 0; i < size; i += s->size) memcpy(to + i, flow_string_data(s), s->size);
  flow_string_set(out, to, static_cast<uint32_t>(size));
  return kFlowValue;
}

FLOW_FUNCTION("reverse(string) -> string", "The characters from last to first.", "reverse('abc')")
FLOW_LARGE uint8_t flow_reverse(FlowArena* arena, const FlowString* s, FlowString* out) {
  char small[kFlowStringInline];
  char* to = s->size <= kFlowStringInline ? small : flow_arena_allocate(arena, s->size);
  const char* end = End(s);
  char* o = to + s->size;
  for (const char* p = flow_string_data(s); p < end;) {
    const char* next = Next(p, end);
    o -= next - p;
    memcpy(o, p, static_cast<size_t>(next - p));
    p = next;
  }
  flow_string_set(out, to, s->size);
  return kFlowValue;
}

FLOW_ALIAS("char_length", "length");
FLOW_ALIAS("substr", "substring");
FLOW_ALIAS("btrim", "trim");
FLOW_ALIAS("character_length", "length");
FLOW_ALIAS("len", "length");
FLOW_ALIAS("strlen", "octet_length");
FLOW_ALIAS("ucase", "upper");
FLOW_ALIAS("lcase", "lower");
