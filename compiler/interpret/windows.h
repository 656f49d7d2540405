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

// The windows that hold [from, to), ascending, by the names of program::Window.
inline std::vector<int64_t> WindowsOver(const program::Window& window, int64_t from, int64_t to) {
  std::vector<int64_t> starts;
  if (window.kind == program::WindowKind::kSession) return {from - window.size};
  if (window.kind == program::WindowKind::kCumulate) {
    const int64_t cycle_end = FloorTo(from, window.cycle, window.offset) + window.cycle;
    int64_t end = FloorTo(from, window.slide, window.offset) + window.slide;
    for (; end <= cycle_end && end - window.size <= from; end += window.slide) {
      if (to <= end) starts.push_back(end - window.size);
    }
    return starts;
  }
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

// Where window `w` begins.
inline int64_t StartOf(const program::Window& window, int64_t w) {
#ifndef FLOW_MUTANT_CUMULATE_STARTS_APART
  if (window.kind == program::WindowKind::kCumulate) {
    return FloorTo(w + window.size - 1, window.cycle, window.offset);
  }
#endif
  return w;
}

inline int64_t SliceSize(const program::Window& window) {
  return std::gcd(window.size, window.slide);
}

// Late for the window that ends at start + size iff the watermark is at or past its end plus the
// lateness.
inline bool IsLate(const program::Window& window, int64_t start, int64_t watermark) {
  if (watermark == std::numeric_limits<int64_t>::min()) return false;  // none yet
#ifdef FLOW_MUTANT_LATE_AFTER
  --watermark;
#endif
  return static_cast<__int128>(watermark) >=
         static_cast<__int128>(start) + window.size + window.lateness;
}

}  // namespace flow::interpret
