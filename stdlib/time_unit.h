// The names of units of time, as PostgreSQL has them.
#pragma once

#include <stdint.h>
#include <string.h>

#include "runtime/abi/abi.h"

namespace flow_time {

enum class Unit {
  kMicroseconds,
  kMilliseconds,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kQuarter,
  kYear,
  kDecade,
  kCentury,
  kMillennium,
  kDayOfWeek,
  kIsoDayOfWeek,
  kDayOfYear,
  kIsoYear,
  kEpoch,
};

// A name as the two words of an inline string with every letter in lower case. Comparing words lets
// the optimiser decide at once which unit a literal names.
struct Words {
  uint64_t head;  // size and four characters
  uint64_t tail;
  constexpr bool operator==(const Words& other) const = default;
};

// Turns an upper-case letter into the lower-case one, and nothing but letters into letters. The
// unused bytes of a name become blanks.
constexpr uint64_t kLower = 0x2020202020202020;

constexpr Words WordsOf(const char* name) {
  Words words = {0, 0};
  uint64_t size = 0;
  for (; name[size] != 0; ++size) {
    auto letter = static_cast<uint64_t>(static_cast<unsigned char>(name[size]));
    if (size < 4) {
      words.head |= letter << (8 * size + 32);
    } else {
      words.tail |= letter << (8 * size - 32);
    }
  }
  return {words.head | size | kLower << 32, words.tail | kLower};
}

struct UnitName {
  Words words;
  Unit unit;
};

// The names that PostgreSQL takes, in lower case.
constexpr UnitName kUnits[] = {
    {WordsOf("microseconds"), Unit::kMicroseconds},
    {WordsOf("microsecond"), Unit::kMicroseconds},
    {WordsOf("milliseconds"), Unit::kMilliseconds},
    {WordsOf("millisecond"), Unit::kMilliseconds},
    {WordsOf("second"), Unit::kSecond},
    {WordsOf("seconds"), Unit::kSecond},
    {WordsOf("minute"), Unit::kMinute},
    {WordsOf("minutes"), Unit::kMinute},
    {WordsOf("hour"), Unit::kHour},
    {WordsOf("hours"), Unit::kHour},
    {WordsOf("day"), Unit::kDay},
    {WordsOf("days"), Unit::kDay},
    {WordsOf("week"), Unit::kWeek},
    {WordsOf("weeks"), Unit::kWeek},
    {WordsOf("month"), Unit::kMonth},
    {WordsOf("months"), Unit::kMonth},
    {WordsOf("quarter"), Unit::kQuarter},
    {WordsOf("year"), Unit::kYear},
    {WordsOf("years"), Unit::kYear},
    {WordsOf("decade"), Unit::kDecade},
    {WordsOf("century"), Unit::kCentury},
    {WordsOf("millennium"), Unit::kMillennium},
    {WordsOf("dow"), Unit::kDayOfWeek},
    {WordsOf("isodow"), Unit::kIsoDayOfWeek},
    {WordsOf("doy"), Unit::kDayOfYear},
    {WordsOf("isoyear"), Unit::kIsoYear},
    {WordsOf("epoch"), Unit::kEpoch},
};

inline bool FindUnit(const FlowString* name, Unit* unit) {
  if (name->size > kFlowStringInline) return false;
  Words words;
  memcpy(&words, name, sizeof words);
  words.head |= kLower << 32;
  words.tail |= kLower;
#pragma GCC unroll 32
  for (const UnitName& candidate : kUnits) {
    if (words == candidate.words) {
      *unit = candidate.unit;
      return true;
    }
  }
  return false;
}

}  // namespace flow_time
