// LongNumber, its bytes, and its quotient.
#include "runtime/abi/long_number.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace flow {

namespace {

constexpr int64_t kMaxPending = int64_t{1} << 29;
constexpr int32_t kMaxDigits = 1 << 10;  // more than any sum has

// Towards the lesser.
int FloorDiv32(int position) { return position >> 5; }

template <typename T>
void AppendRaw(T value, std::string* out) {
  out->append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <typename T>
bool ReadRaw(std::string_view* bytes, T* value) {
  if (bytes->size() < sizeof *value) return false;
  std::memcpy(value, bytes->data(), sizeof *value);
  bytes->remove_prefix(sizeof *value);
  return true;
}

}  // namespace

// Chunks [from, to) will be there.
void LongNumber::MakeRoom(int from, int to) {
  if (chunk_.empty()) {
    first_ = from;
  } else if (from < first_) {
    chunk_.insert(chunk_.begin(), static_cast<size_t>(first_ - from), 0);
    first_ = from;
  }
  const auto size = static_cast<size_t>(to - first_);
  if (chunk_.size() < size) chunk_.resize(size, 0);
}

// Brings all chunks but the top one into [0, 2^32); the top one carries the sign and stays short.
void LongNumber::Carry() {
  for (size_t i = 0; i < chunk_.size(); ++i) {
    const int64_t carry = chunk_[i] >> 32;
    const bool top = i + 1 == chunk_.size();
    if (top && (carry == 0 || carry == -1)) break;
    chunk_[i] -= carry * (int64_t{1} << 32);
    if (top) chunk_.push_back(0);
    chunk_[i + 1] += carry;
  }
  pending_ = 0;
}

void LongNumber::Add(const uint32_t* digits, int count, int position, uint64_t times,
                     bool negative) {
  const int64_t sign = negative ? -1 : 0;
  const int shift = position & 31;
  for (int half = 0; half < 2; ++half) {
    const uint64_t factor = half == 0 ? static_cast<uint32_t>(times) : times >> 32;
    if (factor == 0) continue;
    const int at = FloorDiv32(position) + half;
    MakeRoom(at, at + count + 2);
    int64_t* chunk = &chunk_[static_cast<size_t>(at - first_)];
    uint64_t low = 0;  // the bits that the shift moved out of the digit before
    for (int i = 0; i <= count; ++i) {
      const uint64_t digit = i < count ? uint64_t{digits[i]} << shift : 0;
      const uint64_t product = (static_cast<uint32_t>(digit) | low) * factor;
      low = digit >> 32;
      chunk[i] += (static_cast<int64_t>(product & 0xFFFFFFFF) ^ sign) - sign;
      chunk[i + 1] += (static_cast<int64_t>(product >> 32) ^ sign) - sign;
    }
    pending_ += 2;
  }
  if (pending_ >= kMaxPending) Carry();
}

void LongNumber::Merge(const LongNumber& other) {
  if (other.chunk_.empty()) return;
  if (pending_ + other.pending_ + 1 >= kMaxPending) {
    Add(other.Canonical(), 1, false);
    return;
  }
  const int end = other.first_ + static_cast<int>(other.chunk_.size());
  MakeRoom(other.first_, end);
  for (size_t i = 0; i < other.chunk_.size(); ++i) {
    chunk_[static_cast<size_t>(other.first_ - first_) + i] += other.chunk_[i];
  }
  pending_ += other.pending_ + 1;
}

LongNumber::Digits LongNumber::Canonical() const {
  LongNumber n = *this;
  n.Carry();
  Digits digits;
  digits.negative = !n.chunk_.empty() && n.chunk_.back() < 0;
  if (digits.negative) {
    for (int64_t& chunk : n.chunk_) chunk = -chunk;
    n.Carry();
  }
  while (!n.chunk_.empty() && n.chunk_.back() == 0) n.chunk_.pop_back();
  size_t zeros = 0;
  while (zeros < n.chunk_.size() && n.chunk_[zeros] == 0) ++zeros;
  if (n.chunk_.empty()) return {};
  digits.first = n.first_ + static_cast<int>(zeros);
  for (size_t i = zeros; i < n.chunk_.size(); ++i) {
    digits.digit.push_back(static_cast<uint32_t>(n.chunk_[i]));
  }
  return digits;
}

void AppendDigits(const LongNumber::Digits& digits, std::string* out) {
  const auto count = static_cast<int32_t>(digits.digit.size());
  AppendRaw<int16_t>(static_cast<int16_t>(digits.negative ? -count : count), out);
  if (count == 0) return;
  AppendRaw<int16_t>(static_cast<int16_t>(digits.first), out);
  for (uint32_t digit : digits.digit) AppendRaw(digit, out);
}

bool ReadDigits(std::string_view* bytes, LongNumber::Digits* digits) {
  int16_t count = 0, first = 0;
  if (!ReadRaw(bytes, &count)) return false;
  *digits = {};
  if (count == 0) return true;
  digits->negative = count < 0;
  count = static_cast<int16_t>(std::abs(count));
  if (count > kMaxDigits || !ReadRaw(bytes, &first) || std::abs(first) > kMaxDigits) return false;
  digits->first = first;
  digits->digit.resize(static_cast<size_t>(count));
  for (uint32_t& digit : digits->digit) {
    if (!ReadRaw(bytes, &digit)) return false;
  }
  return digits->digit.front() != 0 && digits->digit.back() != 0;
}

double Quotient(const LongNumber::Digits& digits, double divisor) {
  if (digits.digit.empty()) return 0;
  // The 64 highest bits; the last one also says whether there is any below.
  const auto& digit = digits.digit;
  const size_t top = digit.size() - 1;
  const int zeros = std::countl_zero(digit[top]);
  auto at = [&](size_t below) { return below <= top ? uint64_t{digit[top - below]} : 0; };
  uint64_t bits = at(0) << 32 | at(1);
  if (zeros > 0) bits = bits << zeros | at(2) >> (32 - zeros);
  bool more = zeros > 0 ? static_cast<uint32_t>(at(2) << zeros) != 0 : at(2) != 0;
  for (size_t i = 3; i <= top && !more; ++i) more = digit[top - i] != 0;
  bits |= more ? 1 : 0;
  const int exponent = 32 * (digits.first + static_cast<int>(top) - 1) - zeros;
  const double result = std::ldexp(static_cast<double>(bits) / divisor, exponent);
  return digits.negative ? -result : result;
}

}  // namespace flow
