// Times as text: strftime by a pattern; names of months and days.
#include "stdlib/civil.h"
#include "stdlib/function.h"
#include "stdlib/time_names.h"

using namespace flow_time;

namespace {

enum { kLongestPiece = 10 };  // %F

char* Digits(char* o, int64_t value, int width) {
  auto left = static_cast<uint32_t>(value);
  for (int i = width - 1; i >= 0; --i) {
    o[i] = static_cast<char>('0' + left % 10);
    left /= 10;
  }
  return o + width;
}

char* Text(char* o, const char* text, size_t most) {
  while (most-- > 0 && *text != 0) *o++ = *text++;
  return o;
}

int64_t Hour(int64_t of_day) { return of_day / kHour; }
int64_t Minute(int64_t of_day) { return of_day % kHour / kMinute; }
int64_t Second(int64_t of_day) { return of_day % kMinute / kSecond; }

// Writes one part of the time; returns the end of it, or nullptr for an unknown directive.
char* Piece(char* o, char directive, int64_t of_day, const Civil& civil, int64_t day) {
  switch (directive) {
    case 'Y':
      return Digits(o, civil.year, 4);
    case 'y':
      return Digits(o, civil.year % 100, 2);
    case 'm':
      return Digits(o, civil.month, 2);
    case 'd':
      return Digits(o, civil.day, 2);
    case 'H':
      return Digits(o, Hour(of_day), 2);
    case 'I':
      return Digits(o, (Hour(of_day) + 11) % 12 + 1, 2);
    case 'M':
      return Digits(o, Minute(of_day), 2);
    case 'S':
      return Digits(o, Second(of_day), 2);
    case 'f':
      return Digits(o, of_day % kSecond, 6);
    case 'g':
      return Digits(o, of_day % kSecond / 1000, 3);
    case 'p':
      return Text(o, Hour(of_day) < 12 ? "AM" : "PM", 2);
    case 'j':
      return Digits(o, DayOfYear(day), 3);
    case 'u':
      return Digits(o, IsoDayOfWeek(day), 1);
    case 'w':
      return Digits(o, IsoDayOfWeek(day) % 7, 1);
    case 'V':
      return Digits(o, IsoWeek(day), 2);
    case 'G':
      return Digits(o, IsoYear(day), 4);
    case 'B':
      return Text(o, kMonths[civil.month - 1], 9);
    case 'b':
      return Text(o, kMonths[civil.month - 1], 3);
    case 'A':
      return Text(o, kDays[IsoDayOfWeek(day) % 7], 9);
    case 'a':
      return Text(o, kDays[IsoDayOfWeek(day) % 7], 3);
    case 'F':
      o = Digits(o, civil.year, 4);
      *o++ = '-';
      o = Digits(o, civil.month, 2);
      *o++ = '-';
      return Digits(o, civil.day, 2);
    case 'T':
      o = Digits(o, Hour(of_day), 2);
      *o++ = ':';
      o = Digits(o, Minute(of_day), 2);
      *o++ = ':';
      return Digits(o, Second(of_day), 2);
    case '%':
      *o = '%';
      return o + 1;
    default:
      return nullptr;
  }
}

void SetName(const char* name, FlowString* out) {
  uint32_t size = 0;
  while (size < 9 && name[size] != 0) ++size;
  flow_string_set(out, name, size);
}

}  // namespace

FLOW_FUNCTION(
    "strftime(timestamp, string) -> string",
    "The time by a pattern of %Y %y %m %d %H %I %M %S %f (microseconds) %g (milliseconds) "
    "%p %j %u %w %V %G %B %b %A %a %F %T %%.",
    "strftime(TIMESTAMP '2026-01-31 10:20:30', '%Y-%m-%d %H:%M')")
FLOW_LARGE uint8_t flow_strftime(FlowArena* arena, int64_t ts, const FlowString* pattern,
                                 FlowString* out) {
  if (ts < FLOW_TIMESTAMP_MIN || ts > FLOW_TIMESTAMP_MAX) return kFlowErrOutOfRange;
  const char* p = flow_string_data(pattern);
  const char* end = p + pattern->size;
  size_t room = 0;
  for (const char* q = p; q < end; ++q, ++room) {
    if (*q != '%') continue;
    if (++q == end) return kFlowErrArgument;
    room += kLongestPiece;
  }
  if (room > kFlowStringMax) return kFlowErrTooLong;
  char small[256];
  char* text = room <= sizeof small ? small : flow_arena_allocate(arena, room);
  int64_t day = DayOf(ts);
  int64_t of_day = FloorModulo(ts, kDay);
  Civil civil = CivilFromDays(day);
  char* o = text;
  for (; p < end; ++p) {
    if (*p != '%') {
      *o++ = *p;
      continue;
    }
    o = Piece(o, *++p, of_day, civil, day);
    if (o == nullptr) return kFlowErrArgument;
  }
  if (text == small) {
    flow_string_copy(out, text, static_cast<uint32_t>(o - text), arena);
  } else {
    flow_string_set(out, text, static_cast<uint32_t>(o - text));
  }
  return kFlowValue;
}

FLOW_FUNCTION("monthname(timestamp) -> string", "The month by its English name.",
              "monthname(DATE '2026-01-31')")
FLOW_LARGE uint8_t flow_monthname(FlowArena*, int64_t ts, FlowString* out) {
  SetName(kMonths[CivilFromDays(DayOf(ts)).month - 1], out);
  return kFlowValue;
}

FLOW_FUNCTION("dayname(timestamp) -> string", "The day of the week by its English name.",
              "dayname(DATE '2026-01-31')")
FLOW_LARGE uint8_t flow_dayname(FlowArena*, int64_t ts, FlowString* out) {
  SetName(kDays[IsoDayOfWeek(DayOf(ts)) % 7], out);
  return kFlowValue;
}
