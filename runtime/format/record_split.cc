// Gives RecordSplitter.
#include "runtime/format/record_split.h"

#include <emmintrin.h>

#include <cstring>

namespace flow {

namespace {

// The first quote or line end at or after `at`; `size` if there is none.
size_t FindQuoteOrEnd(const char* text, size_t at, size_t size) {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i newline = _mm_set1_epi8('\n');
  for (; at + 16 <= size; at += 16) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + at));
    const int mask =
        _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, newline)));
    if (mask != 0) return at + static_cast<size_t>(__builtin_ctz(static_cast<unsigned>(mask)));
  }
  while (at < size && text[at] != '"' && text[at] != '\n') ++at;
  return at;
}

}  // namespace

size_t RecordSplitter::Find(const char* record, size_t size) {
  if (csv_) return FindCsv(record, size);
  if (scanned_ < size) {
    const void* end = std::memchr(record + scanned_, '\n', size - scanned_);
    if (end != nullptr) {
      scanned_ = 0;
      return static_cast<size_t>(static_cast<const char*>(end) - record) + 1;
    }
    scanned_ = size;
  }
  return kIncomplete;
}

size_t RecordSplitter::FindCsv(const char* record, size_t size) {
  size_t at = scanned_;
  while (at < size) {
    if (quoted_) {
      const void* found = std::memchr(record + at, '"', size - at);
      if (found == nullptr) {
        at = size;
        break;
      }
      at = static_cast<size_t>(static_cast<const char*>(found) - record);
      if (at + 1 == size) break;  // closing, or the first of a doubled one: the next byte tells
      if (record[at + 1] == '"') {
        at += 2;
      } else {
        quoted_ = false;
        ++at;
      }
      continue;
    }
    at = FindQuoteOrEnd(record, at, size);
    if (at == size) break;
    if (record[at] == '\n') {
      Restart();
      return at + 1;
    }
    // A quote opens a field only at its beginning; elsewhere it is a byte of a malformed field.
    quoted_ = at == 0 || record[at - 1] == delimiter_;
    ++at;
  }
  scanned_ = at;
  return kIncomplete;
}

}  // namespace flow
