// Functions that look for one text in another. All by bytes, which for UTF-8 is by characters too.
#include "stdlib/function.h"
#include "stdlib/utf8.h"

namespace {

const char* End(const FlowString* s) { return flow_string_data(s) + s->size; }

// The first place of `what` (not empty) in [p, end), or nullptr.
const char* Find(const char* p, const char* end, const char* what, size_t size) {
  while (static_cast<size_t>(end - p) >= size) {
    size_t starts = static_cast<size_t>(end - p) - size + 1;
    p = static_cast<const char*>(memchr(p, what[0], starts));
    if (p == nullptr) return nullptr;
    if (memcmp(p, what, size) == 0) return p;
    ++p;
  }
  return nullptr;
}

void Borrow(FlowString* out, const char* begin, const char* end) {
  flow_string_set(out, begin, static_cast<uint32_t>(end - begin));
}

}  // namespace

FLOW_FUNCTION("starts_with(string, string) -> boolean", "Does the text begin with the other?",
              "starts_with('abc', 'ab')")
uint8_t flow_starts_with(FlowArena*, const FlowString* s, const FlowString* prefix, uint8_t* out) {
  *out = s->size >= prefix->size &&
         memcmp(flow_string_data(s), flow_string_data(prefix), prefix->size) == 0;
  return kFlowValue;
}

FLOW_FUNCTION("ends_with(string, string) -> boolean", "Does the text end with the other?",
              "ends_with('abc', 'bc')")
uint8_t flow_ends_with(FlowArena*, const FlowString* s, const FlowString* suffix, uint8_t* out) {
  *out = s->size >= suffix->size &&
         memcmp(End(s) - suffix->size, flow_string_data(suffix), suffix->size) == 0;
  return kFlowValue;
}

FLOW_FUNCTION("contains(string, string) -> boolean", "Does the text hold the other?",
              "contains('abc', 'b')")
FLOW_LARGE uint8_t flow_contains(FlowArena*, const FlowString* s, const FlowString* what,
                                 uint8_t* out) {
  *out = what->size == 0 ||
         Find(flow_string_data(s), End(s), flow_string_data(what), what->size) != nullptr;
  return kFlowValue;
}

FLOW_FUNCTION("strpos(string, string) -> int",
              "At which character the other text first stands, from 1; 0 if nowhere.",
              "strpos('abcb', 'b')")
FLOW_LARGE uint8_t flow_strpos(FlowArena*, const FlowString* s, const FlowString* what,
                               int32_t* out) {
  const char* begin = flow_string_data(s);
  if (what->size == 0) {
    *out = 1;
    return kFlowValue;
  }
  const char* place = Find(begin, End(s), flow_string_data(what), what->size);
  *out = place == nullptr ? 0 : flow_text::Count(begin, place) + 1;
  return kFlowValue;
}

FLOW_FUNCTION("replace(string, string, string) -> string",
              "Every occurrence of the second text replaced by the third.",
              "replace('abcabc', 'b', 'xy')")
FLOW_LARGE uint8_t flow_replace(FlowArena* arena, const FlowString* s, const FlowString* from,
                                const FlowString* to, FlowString* out) {
  const char* p = flow_string_data(s);
  const char* end = End(s);
  const char* what = flow_string_data(from);
  int64_t count = 0;
  if (from->size != 0) {
    for (const char* q = p; (q = Find(q, end, what, from->size)) != nullptr; q += from->size)
      ++count;
  }
  if (count == 0) {
    *out = *s;
    return kFlowValue;
  }
  int64_t size = s->size + count * (static_cast<int64_t>(to->size) - from->size);
  if (size > kFlowStringMax) return kFlowErrTooLong;
  char small[kFlowStringInline];
  char* result =
      size <= kFlowStringInline ? small : flow_arena_allocate(arena, static_cast<size_t>(size));
  char* o = result;
  while (const char* q = Find(p, end, what, from->size)) {
    memcpy(o, p, static_cast<size_t>(q - p));
    o += q - p;
    memcpy(o, flow_string_data(to), to->size);
    o += to->size;
    p = q + from->size;
  }
  memcpy(o, p, static_cast<size_t>(end - p));
  flow_string_set(out, result, static_cast<uint32_t>(size));
  return kFlowValue;
}

FLOW_FUNCTION("split_part(string, string, int) -> string",
              "The n-th piece between separators, from 1, or from the end if n is negative; empty "
              "if there is none.",
              "split_part('a,b,c', ',', 2)")
FLOW_LARGE uint8_t flow_split_part(FlowArena*, const FlowString* s, const FlowString* separator,
                                   int32_t n, FlowString* out) {
  if (n == 0) return kFlowErrArgument;
  const char* p = flow_string_data(s);
  const char* end = End(s);
  const char* what = flow_string_data(separator);
  uint32_t size = separator->size;
  int64_t wanted = n;
  if (n < 0) {
    int64_t pieces = 1;
    if (size != 0) {
      for (const char* q = p; (q = Find(q, end, what, size)) != nullptr; q += size) ++pieces;
    }
    wanted = pieces + n + 1;
  }
  if (size == 0) {
    Borrow(out, p, wanted == 1 ? end : p);
    return kFlowValue;
  }
  for (int64_t piece = 1; wanted >= 1; ++piece) {
    const char* q = Find(p, end, what, size);
    if (piece == wanted) {
      Borrow(out, p, q == nullptr ? end : q);
      return kFlowValue;
    }
    if (q == nullptr) break;
    p = q + size;
  }
  flow_string_set(out, nullptr, 0);
  return kFlowValue;
}

// A pattern is matched greedily: after a % only its last position can be retried, because an
// earlier % can swallow whatever a later one gives back.
FLOW_FUNCTION("like(string, string) -> boolean",
              "Does the text match the pattern? % is any text, _ one character, \\ takes the next "
              "one literally.",
              "'abc' LIKE 'a%'")
FLOW_LARGE uint8_t flow_like(FlowArena*, const FlowString* text, const FlowString* pattern,
                             uint8_t* out) {
  const char* t = flow_string_data(text);
  const char* t_end = End(text);
  const char* p = flow_string_data(pattern);
  const char* p_end = End(pattern);
  for (const char* q = p; q < p_end; ++q) {
    if (*q == '\\' && ++q == p_end) return kFlowErrArgument;
  }
  const char* retry_t = nullptr;
  const char* retry_p = nullptr;
  while (t < t_end) {
    if (p < p_end && *p == '%') {
      retry_p = ++p;
      retry_t = t;
      continue;
    }
    if (p < p_end && *p == '_') {
      ++p;
      t = flow_text::Next(t, t_end);
      continue;
    }
    const char* literal = p < p_end && *p == '\\' ? p + 1 : p;
    if (p < p_end && *literal == *t) {
      p = literal + 1;
      ++t;
      continue;
    }
    if (retry_p == nullptr) {
      *out = 0;
      return kFlowValue;
    }
    p = retry_p;
    retry_t = flow_text::Next(retry_t, t_end);
    t = retry_t;
  }
  while (p < p_end && *p == '%') ++p;
  *out = p == p_end;
  return kFlowValue;
}

FLOW_ALIAS("instr", "strpos");
FLOW_ALIAS("prefix", "starts_with");
FLOW_ALIAS("suffix", "ends_with");
