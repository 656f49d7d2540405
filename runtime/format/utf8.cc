// Gives IsUtf8: sixteen bytes at a time while they are ASCII.
#include "runtime/format/utf8.h"

#include "runtime/format/json_scan.h"

namespace flow {

using json::Load16;
using json::SkipUtf8;

bool IsUtf8(const char* data, size_t size) {
  const char* p = data;
  const char* end = data + size;
  while (p < end) {
    if (p + 16 <= end) {
      const int mask = _mm_movemask_epi8(Load16(p));
      if (mask == 0) {
        p += 16;
        continue;
      }
      p += __builtin_ctz(static_cast<unsigned>(mask));
    } else if (static_cast<unsigned char>(*p) < 0x80) {
      ++p;
      continue;
    }
    p = SkipUtf8(p, end);
    if (p == nullptr) return false;
  }
  return true;
}

}  // namespace flow
