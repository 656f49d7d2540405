// Arithmetic of windows and slices. Pure; microseconds.
#pragma once

#include <cstdint>
#include <limits>

#include "runtime/program/program.h"

namespace flow {

inline constexpr int64_t kMinTime = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kMaxTime = std::numeric_limits<int64_t>::max();

// The greatest offset + k * step that is <= t.
inline int64_t FloorTo(int64_t t, int64_t offset, int64_t step) {
  int64_t r = (t - offset) % step;
  return t - (r < 0 ? r + step : r);
}

// The least offset + k * step that is >= t.
inline int64_t CeilTo(int64_t t, int64_t offset, int64_t step) {
  int64_t floor = FloorTo(t, offset, step);
  return floor == t ? t : floor + step;
}

// t + d without overflow.
inline int64_t SaturatingAdd(int64_t t, int64_t d) {
  int64_t sum;
  if (__builtin_add_overflow(t, d, &sum)) return d > 0 ? kMaxTime : kMinTime;
  return sum;
}

// Has the watermark reached `end` + `lateness`? kMinTime: nothing seen yet.
inline bool Passed(int64_t watermark, int64_t end, int64_t lateness) {
#ifdef FLOW_MUTANT_CLOSE_AFTER
  return watermark > SaturatingAdd(end, lateness);
#endif
  return watermark >= SaturatingAdd(end, lateness);
}

// Calls f(index, start) for the windows that contain the slice, by ascending start.
template <typename F>
void ForEachWindowOfSlice(const program::Window& window, int64_t slice, F f) {
  int64_t first = CeilTo(slice + window.slice_size() - window.size, window.offset, window.slide);
  int32_t index = 0;
  for (int64_t start = first; start <= slice; start += window.slide) f(index++, start);
}

// The greatest start of a window that contains the slice.
inline int64_t LastWindowOfSlice(const program::Window& window, int64_t slice) {
  return FloorTo(slice, window.offset, window.slide);
}

}  // namespace flow
