// Days, civil dates and the parts of a timestamp; proleptic Gregorian, UTC.
#pragma once

#include <stdint.h>

#include "runtime/abi/convert.h"

namespace flow_time {

constexpr int64_t kSecond = 1000000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

inline int64_t FloorDivide(int64_t a, int64_t b) {
  int64_t q = a / b;
  return a % b < 0 ? q - 1 : q;
}
inline int64_t FloorModulo(int64_t a, int64_t b) {
  int64_t r = a % b;
  return r < 0 ? r + b : r;
}

struct Civil {
  int32_t year;
  int32_t month;  // 1..12
  int32_t day;    // 1..31
};

// Counts in 400-year cycles of years that begin in March, so that the leap day is the last.
inline Civil CivilFromDays(int64_t days) {
  int64_t shifted = days + 719468;  // days since 0000-03-01
  int64_t cycle = FloorDivide(shifted, 146097);
  int64_t day = shifted - cycle * 146097;
  int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
  int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
  int64_t march_month = (5 * day_of_year + 2) / 153;
  Civil civil;
  civil.day = static_cast<int32_t>(day_of_year - (153 * march_month + 2) / 5 + 1);
  civil.month = static_cast<int32_t>(march_month < 10 ? march_month + 3 : march_month - 9);
  civil.year = static_cast<int32_t>(year + cycle * 400 + (civil.month <= 2));
  return civil;
}

inline int64_t DaysFromCivil(int64_t year, int32_t month, int32_t day) {
  year -= month <= 2;
  int64_t cycle = FloorDivide(year, 400);
  int64_t year_of_cycle = year - cycle * 400;
  int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return cycle * 146097 + year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 +
         day_of_year - 719468;
}

inline bool IsLeap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

inline int32_t DaysInMonth(int64_t year, int32_t month) {
  if (month == 2) return IsLeap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

inline int64_t DayOf(int64_t ts) { return FloorDivide(ts, kDay); }

// 1 = Monday ... 7 = Sunday.
inline int32_t IsoDayOfWeek(int64_t days) {
  return static_cast<int32_t>(FloorModulo(days + 3, 7)) + 1;
}

inline int32_t DayOfYear(int64_t days) {
  return static_cast<int32_t>(days - DaysFromCivil(CivilFromDays(days).year, 1, 1)) + 1;
}

// The ISO week: the one that holds the Thursday of the date's Monday-to-Sunday week.
inline int32_t IsoWeek(int64_t days) {
  return (DayOfYear(days + 4 - IsoDayOfWeek(days)) - 1) / 7 + 1;
}
inline int32_t IsoYear(int64_t days) { return CivilFromDays(days + 4 - IsoDayOfWeek(days)).year; }

}  // namespace flow_time
