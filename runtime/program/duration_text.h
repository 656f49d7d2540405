// Lengths of time in the values of options: ttl = '1h'.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace flow::program {

// 500ms 10s 5m 1h 7d 2w, as durations are written in a .flow file: microseconds. Nothing if it is
// not such a text, or too long.
std::optional<int64_t> ParseDuration(std::string_view text);

}  // namespace flow::program
