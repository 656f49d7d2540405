// Gives ReadShortNumber and ReadShortTimestamp.
#include "runtime/format/short_text.h"

#include <cstring>

namespace flow {

namespace {

// 8 bytes at a time, the first of them the lowest. A pattern has a '0' where a digit must stand,
// and else the byte that must.
struct Pattern {
  constexpr explicit Pattern(const char* text) {
    for (int i = 0; i < 8; ++i) {
      bytes |= uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
      if (text[i] != '0') separators |= uint64_t{0xFF} << (8 * i);
    }
  }
  uint64_t bytes = 0;
  uint64_t separators = 0;  // ones where they stand
};

// The digits' values, with zeros between them. `*wrong` gets a bit if that is not what is there.
uint64_t Load8(const char* text, const Pattern& pattern, uint64_t* wrong) {
  uint64_t values;
  std::memcpy(&values, text, sizeof values);
  values ^= pattern.bytes;
  const uint64_t above_9 = (values | (values + 0x7676767676767676u)) & 0x8080808080808080u;
  *wrong |= above_9 | (values & pattern.separators);
  return values;
}

// At byte i the number that digits i and i + 1 make.
uint64_t Pairs(uint64_t values) { return values * 10 + (values >> 8); }

int Byte(uint64_t word, int at) { return static_cast<int>(word >> (8 * at) & 0xFF); }

// Days from 0000-03-01 to 1970-01-01.
constexpr int64_t kToEpoch = 719468;

bool IsDay(int year, int month, int day) {
  static constexpr int8_t kDays[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year & 3) == 0 && (year % 100 != 0 || year % 400 == 0);
  return day <= kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

// flow_days_from_civil for years from 1.
int64_t Days(int year, int month, int day) {
  const int y = year - (month <= 2 ? 1 : 0);
  const int from_march = month <= 2 ? month + 9 : month - 3;
  return y * 365 + y / 4 - y / 100 + y / 400 + (153 * from_march + 2) / 5 + day - 1 - kToEpoch;
}

}  // namespace

bool ReadShortNumber(const char* text, size_t size, ShortNumber* out) {
  const char* p = text;
  const char* end = text + size;
  out->negative = p < end && *p == '-';
  if (out->negative) ++p;
  if (end - p > 19) return false;
  uint64_t value = 0;  // has room for the 19 digits that come in
  int digits = 0;
  int point = -1;  // how many digits stand before it
  for (; p < end; ++p) {
    const unsigned digit = static_cast<unsigned char>(*p) - unsigned{'0'};
    if (digit > 9) {
      if (*p != '.' || point >= 0) return false;
      point = digits;
      continue;
    }
    value = value * 10 + digit;
    ++digits;
  }
  if (digits == 0 || digits > 18 || point == digits) return false;
  out->value = static_cast<int64_t>(value);
  out->digits = digits;
  out->fraction = point < 0 ? 0 : digits - point;
  return true;
}

bool ReadShortTimestamp(const char* text, size_t size, int64_t* out) {
  if (size > 0 && text[size - 1] == 'Z') --size;
  if (size != 19 && size != 23 && size != 26) return false;
  static constexpr Pattern kDate("0000-00-"), kHours("00 00:00"), kHoursT("00T00:00"),
      kSeconds("00:00:00"), kMillis("0:00.000"), kMicros("0.000000");
  uint64_t wrong = 0;
  const uint64_t date = Load8(text, kDate, &wrong);
  const uint64_t hours = Load8(text + 8, text[10] == 'T' ? kHoursT : kHours, &wrong);
  const uint64_t seconds = Load8(text + 11, kSeconds, &wrong);
  uint64_t fraction = 0;
  if (size > 19) fraction = Load8(text + size - 8, size == 23 ? kMillis : kMicros, &wrong);
  if (wrong != 0) return false;
  const int year = Byte(Pairs(date), 0) * 100 + Byte(Pairs(date), 2);
  const int month = Byte(Pairs(date), 5);
  const int day = Byte(Pairs(hours), 0);
  const int hour = Byte(Pairs(hours), 3);
  const int minute = Byte(Pairs(hours), 6);
  const int second = Byte(Pairs(seconds), 6);
  // Leap seconds and 24:00 are the full parser's.
  if (year < 1 || !IsDay(year, month, day) || hour > 23 || minute > 59 || second > 59) return false;
  // The six last digits; of milliseconds there are three.
  const uint64_t pairs = Pairs(fraction);
  const int micros = size == 23 ? (Byte(fraction, 5) * 100 + Byte(pairs, 6)) * 1000
                                : (Byte(pairs, 2) * 100 + Byte(pairs, 4)) * 100 + Byte(pairs, 6);
  const int64_t minutes = (Days(year, month, day) * 24 + hour) * 60 + minute;
  *out = (minutes * 60 + second) * 1000000 + micros;
  return true;
}

}  // namespace flow
