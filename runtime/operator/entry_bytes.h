// The bytes of accumulators, for who writes them and who shows them. See entry_codec.h.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "runtime/abi/exact_sum.h"
#include "runtime/format/row_codec.h"

namespace flow {

// What is left to read; `ok` turns false at the first thing that does not fit.
struct EntryInput {
  std::string_view bytes;
  bool ok = true;

  // Little-endian two's complement of up to `size` bytes, behind the number of them that stand
  // there.
  bool Trimmed(uint8_t* out, size_t size) {
    if (bytes.empty()) return ok = false;
    size_t n = static_cast<uint8_t>(bytes[0]);
    if (n > size || bytes.size() < n + 1) return ok = false;
    if (n <= 8 && size % 8 == 0) {
      // Most numbers are small: no calls for a byte or two.
      uint64_t value = 0;
      for (size_t i = 0; i < n; ++i) {
        value |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[i + 1])) << (8 * i);
      }
      const unsigned unused = n == 0 ? 0 : static_cast<unsigned>(64 - 8 * n);
      const int64_t number = static_cast<int64_t>(value << unused) >> unused;
      const int64_t sign = number >> 63;
      std::memcpy(out, &number, 8);
      for (size_t at = 8; at < size; at += 8) std::memcpy(out + at, &sign, 8);
      bytes.remove_prefix(n + 1);
      return true;
    }
    uint8_t sign = n > 0 && (bytes[n] & 0x80) != 0 ? 0xff : 0x00;
    std::memcpy(out, bytes.data() + 1, n);
    std::memset(out + n, sign, size - n);
    bytes.remove_prefix(n + 1);
    return true;
  }
  template <typename T>
  T Integer() {
    T value = 0;
    Trimmed(reinterpret_cast<uint8_t*>(&value), sizeof value);
    return value;
  }
};

void ReadExactSum(EntryInput* in, FlowExactSum* sum);

}  // namespace flow
