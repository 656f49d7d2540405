// Window arithmetic of the plan: slice_size and max_windows.
#include <numeric>

#include "runtime/program/program.h"

namespace flow::program {

int64_t Window::slice_size() const { return std::gcd(size, slide); }

int Window::max_windows() const { return static_cast<int>((size + slide - 1) / slide); }

}  // namespace flow::program
