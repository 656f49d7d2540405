// Which windows hold a moment, and which of them a watermark has closed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "runtime/program/program.h"

namespace flow::interpret {

// The greatest multiple of `unit` (shifted by `offset`) that is not after `time`.
inline int64_t FloorTo(int64_t time, int64_t unit, int64_t offset) {
  const int64_t since = time - offset;
  int64_t count = since / unit;
  if (since % unit < 0) --count;
  return offset + count * unit;
}

// The starts of the windows with start <= from and to <= start + size, ascending.
inline std::vector<int64_t> WindowsOver(const program::Window& window, int64_t from, int64_t to) {
  std::vector<int64_t> starts;
  for (int64_t start = FloorTo(from, window.slide, window.offset); to <= start + window.size;
       start -= window.slide) {
    starts.push_back(start);
  }
  std::reverse(starts.begin(), starts.end());
  return starts;
}

// The windows that hold the moment `time`.
inline std::vector<int64_t> WindowsOf(const program::Window& window, int64_t time) {
#ifdef FLOW_MUTANT_WINDOW_END_INCLUSIVE
  --time;
#endif
  return WindowsOver(window, time, time + 1);
}

inline int64_t SliceSize(const program::Window& window) {
  return std::gcd(window.size, window.slide);
}

// Late for [start, start + size) iff the watermark is at or past its end plus the lateness.
inline bool IsLate(const program::Window& window, int64_t start, int64_t watermark) {
  if (watermark == std::numeric_limits<int64_t>::min()) return false;  // none yet
#ifdef FLOW_MUTANT_LATE_AFTER
  --watermark;
#endif
  return static_cast<__int128>(watermark) >=
         static_cast<__int128>(start) + window.size + window.lateness;
}

}  // namespace flow::interpret
