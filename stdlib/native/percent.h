// Percent-encoding (RFC 3986), read.
#pragma once

#include <string>
#include <string_view>

namespace flow_native {

// 0 to 15, or -1.
inline int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

// A % that no two hexadecimal digits follow stays. `plus`: + is a blank, as in a query.
inline std::string PercentDecoded(std::string_view text, bool plus) {
  std::string bytes;
  bytes.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
        HexDigit(text[i + 2]) >= 0) {
      bytes += static_cast<char>(HexDigit(text[i + 1]) << 4 | HexDigit(text[i + 2]));
      i += 2;
    } else {
      bytes += plus && text[i] == '+' ? ' ' : text[i];
    }
  }
  return bytes;
}

}  // namespace flow_native
