// Time zones by their IANA names, from the system's tzdata. A TIMESTAMP is UTC; what a clock in a
// zone shows is a TIMESTAMP too, and only these functions know that it is.
#include <cctz/time_zone.h>

#include <chrono>
#include <string>

#include "stdlib/civil.h"
#include "stdlib/native/native.h"
#include "stdlib/time_unit.h"

using namespace flow_time;
using flow_native::View;

extern "C" uint8_t flow_date_trunc(FlowArena*, const FlowString*, int64_t, int64_t*);

namespace {

using Seconds = cctz::time_point<cctz::seconds>;

// Only names: cctz would also read files by their path and ask for the machine's own zone.
bool IsName(std::string_view name) {
  if (name.empty() || name == "localtime" || name.find("..") != std::string_view::npos)
    return false;
  if (name.front() < 'A' || name.front() > 'Z') return false;
  for (char c : name) {
    const bool good = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
                      c == '_' || c == '+' || c == '-' || c == '/';
    if (!good) return false;
  }
  return true;
}

// nullptr: there is no such zone. The last one is kept, so that a literal is looked up once a
// thread.
const cctz::time_zone* Find(const FlowString* name) {
  thread_local std::string last;
  thread_local cctz::time_zone zone;
  thread_local bool found = false;
  if (View(name) != last) {
    last = View(name);
    found = IsName(last) && cctz::load_time_zone(last, &zone);
  }
  return found ? &zone : nullptr;
}

uint8_t InRange(int64_t ts, int64_t* out) {
  if (ts < FLOW_TIMESTAMP_MIN || ts > FLOW_TIMESTAMP_MAX) return kFlowErrOutOfRange;
  *out = ts;
  return kFlowValue;
}

uint8_t ToLocal(const cctz::time_zone& zone, int64_t ts, int64_t* out) {
  const Seconds at{cctz::seconds(FloorDivide(ts, kSecond))};
  return InRange(ts + zone.lookup(at).offset * kSecond, out);
}

// A time that the clock skips is read with the offset before the change; of one that it shows
// twice, the later is meant. So do PostgreSQL and ICU.
uint8_t ToUtc(const cctz::time_zone& zone, int64_t local, int64_t* out) {
  const int64_t day = DayOf(local);
  const Civil c = CivilFromDays(day);
  const int64_t second = (local - day * kDay) / kSecond;
  const cctz::civil_second civil(c.year, c.month, c.day, second / 3600, second / 60 % 60,
                                 second % 60);
  const cctz::time_zone::civil_lookup found = zone.lookup(civil);
#ifdef FLOW_MUTANT_ZONE_EARLIER
  const Seconds at = found.pre;
#else
  const Seconds at = found.kind == cctz::time_zone::civil_lookup::REPEATED ? found.post : found.pre;
#endif
  return InRange(at.time_since_epoch().count() * kSecond + FloorModulo(local, kSecond), out);
}

}  // namespace

FLOW_FUNCTION("from_utc_timestamp(timestamp, string) -> timestamp",
              "What the clocks of a time zone show at that time.",
              "from_utc_timestamp(TIMESTAMP '2026-07-01 10:00:00', 'Europe/Berlin')")
uint8_t flow_from_utc_timestamp(FlowArena*, int64_t ts, const FlowString* zone, int64_t* out) {
  const cctz::time_zone* found = Find(zone);
  if (found == nullptr) return kFlowErrArgument;
  return ToLocal(*found, ts, out);
}

FLOW_FUNCTION("to_utc_timestamp(timestamp, string) -> timestamp",
              "The time at which the clocks of a time zone show this; the later one of two.",
              "to_utc_timestamp(TIMESTAMP '2026-07-01 12:00:00', 'Europe/Berlin')")
uint8_t flow_to_utc_timestamp(FlowArena*, int64_t local, const FlowString* zone, int64_t* out) {
  const cctz::time_zone* found = Find(zone);
  if (found == nullptr) return kFlowErrArgument;
  return ToUtc(*found, local, out);
}

FLOW_FUNCTION("date_trunc(string, timestamp, string) -> timestamp",
              "The start of the day, month ... that holds the time, as the clocks of a time zone "
              "have it.",
              "date_trunc('day', TIMESTAMP '2026-07-01 10:00:00', 'Europe/Berlin')")
uint8_t flow_date_trunc_zone(FlowArena* arena, const FlowString* name, int64_t ts,
                             const FlowString* zone, int64_t* out) {
  const cctz::time_zone* found = Find(zone);
  if (found == nullptr) return kFlowErrArgument;
  int64_t local;
  int64_t start;
  uint8_t code = ToLocal(*found, ts, &local);
  if (code == kFlowValue) code = flow_date_trunc(arena, name, local, &start);
  if (code != kFlowValue) return code;
  // Within a day the zone's offset stays, also in an hour that its clocks show twice.
  Unit unit;
  if (FindUnit(name, &unit) && unit <= Unit::kHour) return InRange(ts - (local - start), out);
  return ToUtc(*found, start, out);
}
