// The length of a duration literal.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace flow::parse {

// "10s" -> 10,000,000 microseconds; nothing if it exceeds an INT64.
std::optional<int64_t> ReadDuration(std::string_view text);

// Microseconds of an INTERVAL's unit: SECOND, SECONDS, ...; 0 if there is no such unit of fixed
// length.
int64_t UnitLength(std::string_view unit);

// Does it speak of months or years? They have no fixed length.
bool NamesMonths(std::string_view text);

// The text of INTERVAL '...' in units: an integer or a decimal, with a sign or not. A part of a
// microsecond is rounded away. Nothing if it is no number or too large.
std::optional<int64_t> ReadInterval(std::string_view text, int64_t unit);

}  // namespace flow::parse
