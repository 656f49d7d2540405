// ParseDuration.
#include "runtime/program/duration_text.h"

#include <string>
#include <utility>

namespace flow::program {

std::optional<int64_t> ParseDuration(std::string_view text) {
  static constexpr std::pair<std::string_view, int64_t> kUnits[] = {
      {"ms", 1000},         {"s", 1'000'000},      {"m", 60'000'000},
      {"h", 3'600'000'000}, {"d", 86'400'000'000}, {"w", 604'800'000'000}};
  size_t at = 0;
  int64_t count = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    if (__builtin_mul_overflow(count, 10, &count) ||
        __builtin_add_overflow(count, text[at] - '0', &count)) {
      return std::nullopt;
    }
  }
  std::string unit(text.substr(at));
  for (char& c : unit) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  for (const auto& [name, length] : kUnits) {
    int64_t value = 0;
    if (at == 0 || unit != name) continue;
    if (__builtin_mul_overflow(count, length, &value)) break;
    return value;
  }
  return std::nullopt;
}

}  // namespace flow::program
