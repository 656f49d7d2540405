// How much a test does: all of it, or what a test of two minutes has time for (tools/test without
// --all).
#pragma once

#include <cstdint>
#include <cstdlib>

namespace flow::test {

inline int64_t AllOr(int64_t all, int64_t quick) {
  return std::getenv("FLOW_QUICK") == nullptr ? all : quick;
}

}  // namespace flow::test
