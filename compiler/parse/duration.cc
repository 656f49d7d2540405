// ReadDuration, ReadInterval: exact, in integers.
#include "compiler/parse/duration.h"

#include <array>
#include <limits>
#include <string>
#include <utility>

#include "compiler/parse/text_check.h"

namespace flow::parse {

namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

constexpr std::array<std::pair<std::string_view, int64_t>, 6> kSuffixes = {
    {{"MS", 1000}, {"S", kSecond}, {"M", kMinute}, {"H", kHour}, {"D", kDay}, {"W", 7 * kDay}}};

constexpr std::array<std::pair<std::string_view, int64_t>, 6> kUnits = {{{"MILLISECOND", 1000},
                                                                         {"SECOND", kSecond},
                                                                         {"MINUTE", kMinute},
                                                                         {"HOUR", kHour},
                                                                         {"DAY", kDay},
                                                                         {"WEEK", 7 * kDay}}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// 10 * value + digit, unless that exceeds `most`.
bool Append(__int128* value, char digit, __int128 most) {
  *value = *value * 10 + (digit - '0');
  return *value <= most;
}

}  // namespace

std::optional<int64_t> ReadDuration(std::string_view text) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  __int128 count = 0;
  size_t at = 0;
  for (; at < text.size() && IsDigit(text[at]); ++at) {
    if (!Append(&count, text[at], kMost)) return std::nullopt;
  }
  for (const auto& [suffix, length] : kSuffixes) {
    if (!EqualsIgnoringCase(text.substr(at), suffix)) continue;
    __int128 us = count * length;
    if (us > kMost) return std::nullopt;
    return static_cast<int64_t>(us);
  }
  return std::nullopt;
}

int64_t UnitLength(std::string_view unit) {
  std::string name = ToUpper(unit);
  if (name.ends_with('S')) name.pop_back();
  for (const auto& [known, length] : kUnits) {
    if (name == known) return length;
  }
  return 0;
}

bool NamesMonths(std::string_view text) {
  const std::string upper = ToUpper(text);
  return upper.find("MONTH") != std::string::npos || upper.find("YEAR") != std::string::npos;
}

std::optional<int64_t> ReadInterval(std::string_view text, int64_t unit) {
  constexpr __int128 kMost = std::numeric_limits<int64_t>::max();
  size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(' ') - first + 1);
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  __int128 whole = 0;
  size_t at = 0;
  for (; at < text.size() && IsDigit(text[at]); ++at) {
    if (!Append(&whole, text[at], kMost)) return std::nullopt;
  }
  bool any = at > 0;
  __int128 us = whole * unit;
  if (at < text.size() && text[at] == '.') {
    // A week has under 10^12 microseconds: later digits cannot matter.
    constexpr __int128 kFinest = 1'000'000'000'000;
    __int128 fraction = 0;
    __int128 scale = 1;
    for (++at; at < text.size() && IsDigit(text[at]); ++at) {
      any = true;
      if (scale < kFinest) {
        fraction = fraction * 10 + (text[at] - '0');
        scale *= 10;
      }
    }
    us += (fraction * unit + scale / 2) / scale;
  }
  if (!any || at != text.size() || us > kMost) return std::nullopt;
  return static_cast<int64_t>(negative ? -us : us);
}

}  // namespace flow::parse
