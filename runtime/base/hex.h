// Bytes as hexadecimal digits.
#pragma once

#include <string>
#include <string_view>

namespace flow {

// Two lower-case digits a byte.
inline void AppendHex(std::string_view bytes, std::string* out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : bytes) {
    *out += kDigits[static_cast<unsigned char>(c) >> 4];
    *out += kDigits[static_cast<unsigned char>(c) & 15];
  }
}

}  // namespace flow
