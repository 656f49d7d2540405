// Gives the rarer pieces of the JSON scanner: UTF-8, escapes, values that nobody wants.
#include "runtime/format/json_scan.h"

namespace flow::json {

namespace {

bool IsContinuation(const char* p) { return (static_cast<unsigned char>(*p) & 0xC0) == 0x80; }

// Four hex digits at p; -1 if they are not.
int Hex4(const char* p, const char* end) {
  if (end - p < 4) return -1;
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    int c = static_cast<unsigned char>(p[i]);
    int digit;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
      digit = (c | 0x20) - 'a' + 10;
    } else {
      return -1;
    }
    value = value * 16 + digit;
  }
  return value;
}

}  // namespace

const char* SkipUtf8(const char* p, const char* end) {
  const unsigned char lead = static_cast<unsigned char>(p[0]);
  const auto left = end - p;
  if (lead < 0xC2) return nullptr;
  if (lead < 0xE0) {
    return left >= 2 && IsContinuation(p + 1) ? p + 2 : nullptr;
  }
  if (lead < 0xF0) {
    if (left < 3 || !IsContinuation(p + 1) || !IsContinuation(p + 2)) return nullptr;
    const unsigned char second = static_cast<unsigned char>(p[1]);
    if (lead == 0xE0 && second < 0xA0) return nullptr;
    if (lead == 0xED && second > 0x9F) return nullptr;
    return p + 3;
  }
  if (lead > 0xF4 || left < 4) return nullptr;
  if (!IsContinuation(p + 1) || !IsContinuation(p + 2) || !IsContinuation(p + 3)) return nullptr;
  const unsigned char second = static_cast<unsigned char>(p[1]);
  if (lead == 0xF0 && second < 0x90) return nullptr;
  if (lead == 0xF4 && second > 0x8F) return nullptr;
  return p + 4;
}

const char* SkipEscape(const char* p, const char* end) {
  if (p == end) return nullptr;
  switch (*p) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      return p + 1;
    case 'u': {
      int code = Hex4(p + 1, end);
      if (code < 0 || (code >= 0xDC00 && code <= 0xDFFF)) return nullptr;
      p += 5;
      if (code < 0xD800 || code > 0xDBFF) return p;
      if (end - p < 6 || p[0] != '\\' || p[1] != 'u') return nullptr;
      int low = Hex4(p + 2, end);
      return low >= 0xDC00 && low <= 0xDFFF ? p + 6 : nullptr;
    }
    default:
      return nullptr;
  }
}

const char* SkipValue(const char* p, const Text& text, int depth) {
  const char* const end = text.end;
  // One bit an open container: 1 is an object.
  uint64_t objects[kMaxDepth / 64] = {};
  const int floor = depth;
  bool escaped = false;
  for (;;) {
    // A value.
    p = SkipBlanks(p, end);
    if (p == end) return nullptr;
    switch (*p) {
      case '{':
        if (++depth > kMaxDepth) return nullptr;
        p = SkipBlanks(p + 1, end);
        if (p == end) return nullptr;
        objects[(depth - 1) / 64] |= uint64_t{1} << ((depth - 1) % 64);
        if (*p != '}') goto key;
        break;
      case '[':
        if (++depth > kMaxDepth) return nullptr;
        p = SkipBlanks(p + 1, end);
        if (p == end) return nullptr;
        objects[(depth - 1) / 64] &= ~(uint64_t{1} << ((depth - 1) % 64));
        if (*p != ']') continue;
        break;
      case '"':
        p = ScanString(p + 1, text, &escaped);
        if (p == nullptr) return nullptr;
        ++p;
        break;
      case 't':
        if (!StartsWith(p, end, "true", 4)) return nullptr;
        p += 4;
        break;
      case 'f':
        if (!StartsWith(p, end, "false", 5)) return nullptr;
        p += 5;
        break;
      case 'n':
        if (!StartsWith(p, end, "null", 4)) return nullptr;
        p += 4;
        break;
      default:
        p = ScanNumber(p, end);
        if (p == nullptr) return nullptr;
        break;
    }
    // What follows a value, or stands in an empty container: closings, then a comma.
    for (;;) {
      if (depth == floor) return p;
      p = SkipBlanks(p, end);
      if (p == end) return nullptr;
      const bool object = (objects[(depth - 1) / 64] >> ((depth - 1) % 64)) & 1;
      if (*p == (object ? '}' : ']')) {
        ++p;
        --depth;
        continue;
      }
      if (*p != ',') return nullptr;
      ++p;
      if (!object) break;
      p = SkipBlanks(p, end);
      goto key;
    }
    continue;
  key:
    if (p == end || *p != '"') return nullptr;
    p = ScanString(p + 1, text, &escaped);
    if (p == nullptr) return nullptr;
    p = SkipBlanks(p + 1, end);
    if (p == end || *p != ':') return nullptr;
    ++p;
  }
}

size_t Unescape(const char* text, size_t size, char* out) {
  const char* p = text;
  const char* end = text + size;
  char* o = out;
  while (p < end) {
    const char* backslash =
        static_cast<const char*>(std::memchr(p, '\\', static_cast<size_t>(end - p)));
    const char* stop = backslash == nullptr ? end : backslash;
    std::memmove(o, p, static_cast<size_t>(stop - p));
    o += stop - p;
    if (backslash == nullptr) break;
    p = backslash + 2;
    switch (backslash[1]) {
      case 'b':
        *o++ = '\b';
        break;
      case 'f':
        *o++ = '\f';
        break;
      case 'n':
        *o++ = '\n';
        break;
      case 'r':
        *o++ = '\r';
        break;
      case 't':
        *o++ = '\t';
        break;
      case 'u': {
        uint32_t code = static_cast<uint32_t>(Hex4(p, end));
        p += 4;
        if (code >= 0xD800 && code <= 0xDBFF) {
          code = 0x10000 + ((code - 0xD800) << 10) +
                 (static_cast<uint32_t>(Hex4(p + 2, end)) - 0xDC00);
          p += 6;
        }
        auto put = [&o](uint32_t byte) { *o++ = static_cast<char>(byte); };
        if (code < 0x80) {
          put(code);
        } else if (code < 0x800) {
          put(0xC0 | code >> 6);
          put(0x80 | (code & 0x3F));
        } else if (code < 0x10000) {
          put(0xE0 | code >> 12);
          put(0x80 | (code >> 6 & 0x3F));
          put(0x80 | (code & 0x3F));
        } else {
          put(0xF0 | code >> 18);
          put(0x80 | (code >> 12 & 0x3F));
          put(0x80 | (code >> 6 & 0x3F));
          put(0x80 | (code & 0x3F));
        }
        break;
      }
      default:
        *o++ = backslash[1];
        break;
    }
  }
  return static_cast<size_t>(o - out);
}

}  // namespace flow::json
