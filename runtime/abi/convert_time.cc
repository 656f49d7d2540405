// Dates, timestamps and intervals: text to value and back; the civil calendar.
#include "runtime/abi/convert.h"
#include "runtime/abi/convert_text.h"
#include "runtime/abi/error_code.h"

namespace {

using flow::abi::EqualsIgnoreCase;
using flow::abi::IsBlank;
using flow::abi::IsDigit;
using flow::abi::Text;

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Takes `least` to `most` digits off the text; false if there are fewer. Further digits stay.
bool TakeNumber(Text* text, size_t least, size_t most, int32_t* out) {
  size_t n = 0;
  int32_t value = 0;
  while (n < text->size() && n < most && IsDigit((*text)[n])) {
    value = value * 10 + ((*text)[n] - '0');
    ++n;
  }
  if (n < least) return false;
  text->remove_prefix(n);
  *out = value;
  return true;
}

bool TakeChar(Text* text, char c) {
  if (text->empty() || text->front() != c) return false;
  text->remove_prefix(1);
  return true;
}

int32_t DaysInMonth(int32_t year, int32_t month) {
  constexpr int8_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

uint8_t TakeDate(Text* text, int32_t* days) {
  int32_t year, month, day;
  if (!TakeNumber(text, 4, 9, &year) || !TakeChar(text, '-') || !TakeNumber(text, 1, 2, &month) ||
      !TakeChar(text, '-') || !TakeNumber(text, 1, 2, &day)) {
    return kFlowErrCast;
  }
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 ||
      day > DaysInMonth(year, month)) {
    return kFlowErrOutOfRange;
  }
  *days = flow_days_from_civil(year, month, day);
  return kFlowValue;
}

// hh:mm[:ss[.fraction]]. As in PostgreSQL 24:00:00 is the next day, second 60 the next minute.
uint8_t TakeTime(Text* text, int64_t* us) {
  int32_t hour, minute, second = 0;
  if (!TakeNumber(text, 1, 2, &hour) || !TakeChar(text, ':') || !TakeNumber(text, 2, 2, &minute)) {
    return kFlowErrCast;
  }
  int64_t fraction = 0;
  if (TakeChar(text, ':')) {
    if (!TakeNumber(text, 2, 2, &second)) return kFlowErrCast;
    if (TakeChar(text, '.')) {
      int64_t unit = kSecond / 10;
      for (int i = 0; !text->empty() && IsDigit(text->front()); ++i, text->remove_prefix(1)) {
        const int digit = text->front() - '0';
        if (i < 6) fraction += digit * unit;
        if (i == 6 && digit >= 5) ++fraction;
        unit /= 10;
      }
    }
  }
  *us = hour * kHour + minute * kMinute + second * kSecond + fraction;
  if (hour > 24 || minute > 59 || second > 60 || *us > kDay + kSecond ||
      (hour == 24 && *us != kDay)) {
    return kFlowErrOutOfRange;
  }
  return kFlowValue;
}

// Nothing, Z, UTC, GMT, or +hh[[:]mm[:ss]]: how far local time is ahead of UTC.
uint8_t TakeZone(Text* text, int64_t* us) {
  *us = 0;
  *text = flow::abi::TrimLeft(*text);
  if (text->empty()) return kFlowValue;
  if (EqualsIgnoreCase(*text, "z") || EqualsIgnoreCase(*text, "utc") ||
      EqualsIgnoreCase(*text, "gmt")) {
    *text = Text();
    return kFlowValue;
  }
  const bool negative = text->front() == '-';
  if (!negative && text->front() != '+') return kFlowErrCast;
  text->remove_prefix(1);
  int32_t hour, minute = 0, second = 0;
  if (!TakeNumber(text, 1, 2, &hour)) return kFlowErrCast;
  if (!text->empty()) {
    TakeChar(text, ':');
    if (!TakeNumber(text, 2, 2, &minute)) return kFlowErrCast;
    if (TakeChar(text, ':') && !TakeNumber(text, 2, 2, &second)) return kFlowErrCast;
  }
  if (!text->empty()) return kFlowErrCast;
  if (hour > 15 || minute > 59 || second > 59) return kFlowErrOutOfRange;
  *us = hour * kHour + minute * kMinute + second * kSecond;
  if (negative) *us = -*us;
  return kFlowValue;
}

// A date, or a date and a time with or without a zone.
uint8_t ParseMoment(const char* data, size_t size, int32_t* days, int64_t* time, int64_t* zone) {
  *time = 0;
  *zone = 0;
  Text text = flow::abi::Trim(data, size);
  if (uint8_t code = TakeDate(&text, days); code != kFlowValue) return code;
  if (text.empty()) return kFlowValue;
  if (text.front() == 'T' || text.front() == 't') {
    text.remove_prefix(1);
  } else if (IsBlank(text.front())) {
    text = flow::abi::TrimLeft(text);
  } else {
    return kFlowErrCast;
  }
  if (uint8_t code = TakeTime(&text, time); code != kFlowValue) return code;
  return TakeZone(&text, zone);
}

char* PutDigits(char* at, uint32_t value, int width) {
  for (int i = width - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return at + width;
}

char* PutDate(char* at, int32_t days) {
  int32_t year, month, day;
  flow_civil_from_days(days, &year, &month, &day);
  if (year < 0) {  // outside the type, but a cell may hold any bits
    *at++ = '-';
    year = -year;
  }
  at = PutDigits(at, static_cast<uint32_t>(year), year > 9999 ? 8 : 4);
  *at++ = '-';
  at = PutDigits(at, static_cast<uint32_t>(month), 2);
  *at++ = '-';
  return PutDigits(at, static_cast<uint32_t>(day), 2);
}

// mm:ss of a day's second.
char* PutMinutes(char* at, uint32_t seconds) {
  at = PutDigits(at, seconds / 60 % 60, 2);
  *at++ = ':';
  return PutDigits(at, seconds % 60, 2);
}

// Nothing, milliseconds or microseconds.
char* PutFraction(char* at, uint32_t fraction) {
  if (fraction == 0) return at;
  *at++ = '.';
  return fraction % 1000 == 0 ? PutDigits(at, fraction / 1000, 3) : PutDigits(at, fraction, 6);
}

char* PutTimestamp(char* at, int64_t us, char separator) {
  const int64_t days = FloorDivide(us, kDay);
  const int64_t rest = us % kDay + (us % kDay < 0 ? kDay : 0);
  at = PutDate(at, static_cast<int32_t>(days));
  *at++ = separator;
  const auto seconds = static_cast<uint32_t>(rest / kSecond);
  at = PutDigits(at, seconds / 3600, 2);
  *at++ = ':';
  at = PutMinutes(at, seconds);
  return PutFraction(at, static_cast<uint32_t>(rest % kSecond));
}

}  // namespace

extern "C" {

// Both count years from March, so that the leap day is the last day of a year, in cycles of 400
// years (146,097 days). A cycle has 97 leap days: one in each 4 years, but for 3 of 4 centuries.
int32_t flow_days_from_civil(int32_t year, int32_t month, int32_t day) {
  const int64_t y = static_cast<int64_t>(year) - (month <= 2 ? 1 : 0);
  const int64_t cycle = FloorDivide(y, 400);
  const int64_t year_of_cycle = y - cycle * 400;
  const int64_t month_from_march = (month + 9) % 12;
  // 31, 30, 31, 30, 31 days, twice and a bit: 153 days every 5 months.
  const int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
  const int64_t day_of_cycle =
      year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
  // 0000-03-01 is 719,468 days before 1970-01-01.
  return static_cast<int32_t>(cycle * 146097 + day_of_cycle - 719468);
}

void flow_civil_from_days(int32_t days, int32_t* year, int32_t* month, int32_t* day) {
  const int64_t from_march_0000 = static_cast<int64_t>(days) + 719468;
  const int64_t cycle = FloorDivide(from_march_0000, 146097);
  const int64_t day_of_cycle = from_march_0000 - cycle * 146097;
  // Taking out the leap days before this day leaves years of 365 days.
  const int64_t year_of_cycle =
      (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 - day_of_cycle / 146096) / 365;
  const int64_t day_of_year =
      day_of_cycle - (year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100);
  const int64_t month_from_march = (5 * day_of_year + 2) / 153;
  *day = static_cast<int32_t>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  *month =
      static_cast<int32_t>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  *year = static_cast<int32_t>(cycle * 400 + year_of_cycle + (*month <= 2 ? 1 : 0));
}

// A time after the date must be right, and is left out, as in PostgreSQL.
uint8_t flow_parse_date(const char* text, size_t size, int32_t* out) {
  int64_t time, zone;
  return ParseMoment(text, size, out, &time, &zone);
}

uint8_t flow_parse_timestamp(const char* text, size_t size, int64_t* out) {
  int32_t days;
  int64_t time, zone;
  if (uint8_t code = ParseMoment(text, size, &days, &time, &zone); code != kFlowValue) return code;
  const int64_t us = days * kDay + time - zone;
  if (us < FLOW_TIMESTAMP_MIN || us > FLOW_TIMESTAMP_MAX) return kFlowErrOutOfRange;
  *out = us;
  return kFlowValue;
}

size_t flow_format_date(int32_t days, char* out) {
  return static_cast<size_t>(PutDate(out, days) - out);
}

size_t flow_format_timestamp(int64_t us, char* out) {
  return static_cast<size_t>(PutTimestamp(out, us, ' ') - out);
}

size_t flow_format_timestamp_iso(int64_t us, char* out) {
  char* at = PutTimestamp(out, us, 'T');
  *at++ = 'Z';
  return static_cast<size_t>(at - out);
}

size_t flow_format_interval(int64_t us, char* out) {
  char* at = out;
  const int64_t days = us / kDay;
  if (days != 0) {
    at += flow_format_bigint(days, at);
    at += flow::abi::Put(at, " days ");
  }
  int64_t rest = us % kDay;
  if (rest < 0) {
    *at++ = '-';
    rest = -rest;
  }
  at += flow_format_bigint(rest / kHour, at);
  *at++ = ':';
  at = PutMinutes(at, static_cast<uint32_t>(rest / kSecond));
  at = PutFraction(at, static_cast<uint32_t>(rest % kSecond));
  return static_cast<size_t>(at - out);
}

}  // extern "C"
