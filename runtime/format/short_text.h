// Texts of the shapes that nearly all fields have. Each function says no to any other shape, and to
// what is out of range: runtime/abi/convert.h reads all of them, and tells what is wrong.
#pragma once

#include <cstddef>
#include <cstdint>

namespace flow {

// A plain decimal of up to 18 digits: value / 10^fraction.
struct ShortNumber {
  int64_t value = 0;  // without its sign
  int digits = 0;     // in all
  int fraction = 0;   // of them after the point; 0: there is no point
  bool negative = false;
  int64_t integer() const { return negative ? -value : value; }
};

// 10^n, n up to 18.
inline int64_t ShortPower(int n) {
  static constexpr int64_t kPowers[19] = {1,
                                          10,
                                          100,
                                          1000,
                                          10000,
                                          100000,
                                          1000000,
                                          10000000,
                                          100000000,
                                          1000000000,
                                          10000000000,
                                          100000000000,
                                          1000000000000,
                                          10000000000000,
                                          100000000000000,
                                          1000000000000000,
                                          10000000000000000,
                                          100000000000000000,
                                          1000000000000000000};
  return kPowers[n];
}

// Optional minus, digits, optionally a point and digits.
bool ReadShortNumber(const char* text, size_t size, ShortNumber* out);

// YYYY-MM-DD HH:MM:SS or with T; then nothing, 3 or 6 digits after a point; then nothing or Z.
// Microseconds since 1970.
bool ReadShortTimestamp(const char* text, size_t size, int64_t* out);

}  // namespace flow
