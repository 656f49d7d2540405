// strptime: a time from text by a pattern.
#include <string_view>

#include "stdlib/civil.h"
#include "stdlib/native/native.h"
#include "stdlib/time_names.h"

using namespace flow_time;
using flow_native::View;

namespace {

struct Fields {
  int64_t year = 1900;
  int64_t month = 1;
  int64_t day = 1;
  int64_t day_of_year = 0;  // 0: not given
  int64_t hour = 0;
  int64_t minute = 0;
  int64_t second = 0;
  int64_t microsecond = 0;
  int64_t offset = 0;     // of the zone, microseconds
  bool half_day = false;  // the hour is one of 12
  bool afternoon = false;
};

// Takes up to `width` digits from the front.
bool Number(std::string_view* text, size_t width, int64_t least, int64_t most, int64_t* out) {
  int64_t value = 0;
  size_t digits = 0;
  while (digits < width && digits < text->size() && (*text)[digits] >= '0' &&
         (*text)[digits] <= '9') {
    value = value * 10 + ((*text)[digits++] - '0');
  }
  if (digits == 0 || value < least || value > most) return false;
  text->remove_prefix(digits);
  *out = value;
  return true;
}

bool Fraction(std::string_view* text, int width, int64_t* out) {
  int64_t value = 0;
  int digits = 0;
  while (digits < width && !text->empty() && text->front() >= '0' && text->front() <= '9') {
    value = value * 10 + (text->front() - '0');
    text->remove_prefix(1);
    ++digits;
  }
  if (digits == 0) return false;
  for (; digits < 6; ++digits) value *= 10;
  *out = value;
  return true;
}

bool TakeWord(std::string_view* text, std::string_view word) {
  if (text->size() < word.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    const char a = (*text)[i];
    const char low = a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a;
    const char b = word[i];
    if (low != (b >= 'A' && b <= 'Z' ? static_cast<char>(b + 32) : b)) return false;
  }
  text->remove_prefix(word.size());
  return true;
}

template <size_t kCount>
bool Name(std::string_view* text, const char (&names)[kCount][10], bool full, int64_t* out) {
  for (size_t i = 0; i < kCount; ++i) {
    const std::string_view name = names[i];
    if (!TakeWord(text, full ? name : name.substr(0, 3))) continue;
    *out = static_cast<int64_t>(i);
    return true;
  }
  return false;
}

// Z, +02, +0230 or +02:30.
bool Offset(std::string_view* text, int64_t* out) {
  if (TakeWord(text, "Z")) {
    *out = 0;
    return true;
  }
  if (text->empty() || (text->front() != '+' && text->front() != '-')) return false;
  const bool west = text->front() == '-';
  text->remove_prefix(1);
  int64_t hours;
  int64_t minutes = 0;
  if (!Number(text, 2, 0, 15, &hours)) return false;
  const bool colon = !text->empty() && text->front() == ':';
  if (colon) text->remove_prefix(1);
  const bool more = !text->empty() && text->front() >= '0' && text->front() <= '9';
  if ((colon || more) && !Number(text, 2, 0, 59, &minutes)) return false;
  *out = (hours * kHour + minutes * kMinute) * (west ? -1 : 1);
  return true;
}

enum class Outcome { kOk, kNoMatch, kBadPattern };

Outcome Take(std::string_view* text, char directive, Fields* f) {
  int64_t ignored;
  bool ok = false;
  switch (directive) {
    case 'Y':
      ok = Number(text, 4, 1, 9999, &f->year);
      break;
    case 'y':
      ok = Number(text, 2, 0, 99, &f->year);
      f->year += f->year < 69 ? 2000 : 1900;
      break;
    case 'm':
      ok = Number(text, 2, 1, 12, &f->month);
      break;
    case 'd':
      ok = Number(text, 2, 1, 31, &f->day);
      break;
    case 'j':
      ok = Number(text, 3, 1, 366, &f->day_of_year);
      break;
    case 'H':
      ok = Number(text, 2, 0, 23, &f->hour);
      f->half_day = false;
      break;
    case 'I':
      ok = Number(text, 2, 1, 12, &f->hour);
      f->half_day = true;
      break;
    case 'p':
      f->afternoon = TakeWord(text, "PM");
      ok = f->afternoon || TakeWord(text, "AM");
      break;
    case 'M':
      ok = Number(text, 2, 0, 59, &f->minute);
      break;
    case 'S':
      ok = Number(text, 2, 0, 59, &f->second);
      break;
    case 'f':
      ok = Fraction(text, 6, &f->microsecond);
      break;
    case 'g':
      ok = Fraction(text, 3, &f->microsecond);
      break;
    case 'B':
    case 'b':
      ok = Name(text, kMonths, directive == 'B', &f->month);
      f->month += 1;
      break;
    case 'A':
    case 'a':
      ok = Name(text, kDays, directive == 'A', &ignored);
      break;
    case 'z':
      ok = Offset(text, &f->offset);
      break;
    case '%':
      ok = TakeWord(text, "%");
      break;
    default:
      return Outcome::kBadPattern;
  }
  return ok ? Outcome::kOk : Outcome::kNoMatch;
}

Outcome Parse(std::string_view text, std::string_view pattern, Fields* f) {
  Outcome outcome = Outcome::kOk;
  // A bad pattern is one whatever the text: it is read to its end.
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      if (outcome == Outcome::kOk && (text.empty() || text.front() != pattern[i])) {
        outcome = Outcome::kNoMatch;
      }
      if (!text.empty()) text.remove_prefix(1);
      continue;
    }
    if (++i == pattern.size()) return Outcome::kBadPattern;
    std::string_view directives(&pattern[i], 1);
    if (pattern[i] == 'F') directives = "Y-m-d";
    if (pattern[i] == 'T') directives = "H:M:S";
    for (char directive : directives) {
      Outcome one = Outcome::kOk;
      if (directive == '-' || directive == ':') {
        one = TakeWord(&text, {&directive, 1}) ? Outcome::kOk : Outcome::kNoMatch;
      } else {
        one = Take(&text, directive, f);
      }
      if (one == Outcome::kBadPattern) return one;
      if (outcome == Outcome::kOk) outcome = one;
    }
  }
  return outcome == Outcome::kOk && !text.empty() ? Outcome::kNoMatch : outcome;
}

uint8_t Strptime(const FlowString* text, const FlowString* pattern, uint8_t otherwise,
                 int64_t* out) {
  Fields f;
  const Outcome outcome = Parse(View(text), View(pattern), &f);
  if (outcome == Outcome::kBadPattern) return kFlowErrArgument;
  if (outcome == Outcome::kNoMatch) return otherwise;
  if (f.half_day) f.hour = f.hour % 12 + (f.afternoon ? 12 : 0);
  int64_t days = 0;
  if (f.day_of_year > 0) {
    if (f.day_of_year == 366 && !IsLeap(f.year)) return otherwise;
    days = DaysFromCivil(f.year, 1, 1) + f.day_of_year - 1;
  } else {
    const auto month = static_cast<int32_t>(f.month);
    if (f.day > DaysInMonth(f.year, month)) return otherwise;
    days = DaysFromCivil(f.year, month, static_cast<int32_t>(f.day));
  }
  const int64_t ts = days * kDay + f.hour * kHour + f.minute * kMinute + f.second * kSecond +
                     f.microsecond - f.offset;
  if (ts < FLOW_TIMESTAMP_MIN || ts > FLOW_TIMESTAMP_MAX) return otherwise;
  *out = ts;
  return kFlowValue;
}

}  // namespace

FLOW_FUNCTION("strptime(string, string) -> timestamp",
              "The time that the text says by a pattern of %Y %y %m %d %j %H %I %p %M %S %f %g %B "
              "%b %A %a %F %T %z %%; what is not said is of 1900-01-01 00:00:00.",
              "strptime('31.01.2026 10:20', '%d.%m.%Y %H:%M')")
uint8_t flow_strptime(FlowArena*, const FlowString* text, const FlowString* pattern, int64_t* out) {
  return Strptime(text, pattern, kFlowErrCast, out);
}

FLOW_FUNCTION("try_strptime(string, string) -> timestamp",
              "As strptime; NULL if the text is not of the pattern.",
              "try_strptime('31.01.2026', '%d.%m.%Y')")
uint8_t flow_try_strptime(FlowArena*, const FlowString* text, const FlowString* pattern,
                          int64_t* out) {
  return Strptime(text, pattern, kFlowNull, out);
}
