// Numbers as bytes, most significant first: they sort as the numbers do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace flow {

inline void AppendOrdered(uint64_t value, size_t bytes, std::string* out) {
  for (size_t i = bytes; i-- > 0;) *out += static_cast<char>(value >> (8 * i));
}

inline uint64_t ReadOrdered(std::string_view in) {
  uint64_t value = 0;
  for (char c : in) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

// Of a number with a sign, in 8 bytes.
inline void AppendOrderedSigned(int64_t value, std::string* out) {
  AppendOrdered(static_cast<uint64_t>(value) ^ uint64_t{1} << 63, 8, out);
}
inline int64_t ReadOrderedSigned(std::string_view in) {
  return static_cast<int64_t>(ReadOrdered(in.substr(0, 8)) ^ uint64_t{1} << 63);
}

}  // namespace flow
