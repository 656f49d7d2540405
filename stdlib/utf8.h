// Characters of UTF-8 text. Broken sequences count one character a leading byte and never make a
// reader run past the end.
#pragma once

#include <stdint.h>

namespace flow_text {

inline bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Where the character after the one at `p` begins.
inline const char* Next(const char* p, const char* end) {
  ++p;
  while (p < end && IsContinuation(*p)) ++p;
  return p;
}

// Where the character before `p` begins.
inline const char* Previous(const char* p, const char* begin) {
  --p;
  while (p > begin && IsContinuation(*p)) --p;
  return p;
}

inline int32_t Count(const char* p, const char* end) {
  int32_t n = 0;
  for (; p < end; ++p) n += !IsContinuation(*p);
  return n;
}

// Steps over up to `n` characters.
inline const char* Skip(const char* p, const char* end, int64_t n) {
  while (n > 0 && p < end) {
    p = Next(p, end);
    --n;
  }
  return p;
}

inline const char* SkipBack(const char* p, const char* begin, int64_t n) {
  while (n > 0 && p > begin) {
    p = Previous(p, begin);
    --n;
  }
  return p;
}

}  // namespace flow_text
