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

// The first and the last window that contain the slice.
inline int64_t FirstWindowOfSlice(const program::Window& window, int64_t slice) {
  return CeilTo(slice + window.slice_size() - window.size, window.offset, window.slide);
}
inline int64_t LastWindowOfSlice(const program::Window& window, int64_t slice) {
  if (window.kind == program::WindowKind::kCumulate) {
    return FloorTo(slice, window.offset, window.cycle) + window.cycle - window.size;
  }
  return FloorTo(slice, window.offset, window.slide);
}

// Calls f(index, w) for the windows that contain the slice, ascending.
template <typename F>
void ForEachWindowOfSlice(const program::Window& window, int64_t slice, F f) {
  int32_t index = 0;
  const int64_t last = LastWindowOfSlice(window, slice);
  for (int64_t w = FirstWindowOfSlice(window, slice); w <= last; w += window.slide) f(index++, w);
}

}  // namespace flow
