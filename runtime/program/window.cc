// Window arithmetic of the plan: slice_size, max_windows and start.
#include <numeric>

#include "runtime/program/program.h"

namespace flow::program {

int64_t Window::slice_size() const { return std::gcd(size, slide); }

int Window::max_windows() const { return static_cast<int>((size + slide - 1) / slide); }

int64_t Window::start(int64_t w) const {
  if (kind != WindowKind::kCumulate) return w;
  const int64_t last = w + size - 1;
  const int64_t into = (last - offset) % cycle;
  return last - (into < 0 ? into + cycle : into);
}

}  // namespace flow::program
