// A whole number times a power of two, of any length, that grows where digits are added: sums of
// numbers of any magnitude without rounding. C++ only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flow {

class LongNumber {
 public:
  // Its value as sign and digits: digit[i] is worth 2^(32 * (first + i)); the first and the last
  // are not 0. No digits: 0.
  struct Digits {
    bool negative = false;
    int32_t first = 0;
    std::vector<uint32_t> digit;
  };

  // Adds, or subtracts, digits * 2^position * times.
  void Add(const uint32_t* digits, int count, int position, uint64_t times, bool negative);
  void Add(const Digits& digits, uint64_t times, bool negative) {
    Add(digits.digit.data(), static_cast<int>(digits.digit.size()), 32 * digits.first, times,
        digits.negative != negative);
  }
  void Merge(const LongNumber& other);
  Digits Canonical() const;
  int64_t heap_bytes() const { return static_cast<int64_t>(chunk_.capacity() * sizeof(int64_t)); }

 private:
  void MakeRoom(int from, int to);
  void Carry();

  // The sum of chunk[i] * 2^(32 * (first_ + i)). A digit of 32 bits and room for carries: no chunk
  // passes 2^32 * (pending_ + 1).
  int first_ = 0;
  std::vector<int64_t> chunk_;
  int64_t pending_ = 0;
};

// Bytes that are the same for the same number. Read takes them from the front of `bytes`; false:
// there are none.
void AppendDigits(const LongNumber::Digits& digits, std::string* out);
bool ReadDigits(std::string_view* bytes, LongNumber::Digits* digits);

// digits / divisor, rounded; infinite if that is past the greatest DOUBLE.
double Quotient(const LongNumber::Digits& digits, double divisor);

}  // namespace flow
