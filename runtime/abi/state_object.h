// Objects that entries own by their address (multisets, moments, sketches): made in memory that is
// counted in the account of an arena, and counted on as they grow. C++ only.
#pragma once

#include <cstdint>
#include <new>
#include <utility>

#include "runtime/abi/compact_sum.h"

extern "C" {
// Counts `bytes` more (or less) with memory of flow_spill_new, until it is freed.
void flow_spill_charge(void* memory, int64_t bytes);
}

namespace flow {

// T is a base of what is made; the object begins at its address.
template <typename T, typename... Args>
T* NewObject(FlowArena* arena, Args&&... args) {
  return new (flow_spill_new(arena, sizeof(T))) T(std::forward<Args>(args)...);
}
template <typename T>
void FreeObject(T* object) {
  if (object == nullptr) return;
  object->~T();
  flow_spill_free(object);
}

// What an object has grown by, told in steps.
class Growth {
 public:
  void Add(void* object, int64_t bytes) {
    constexpr int64_t kStep = 512;
    untold_ += bytes;
    if (untold_ < kStep && untold_ > -kStep) return;
    flow_spill_charge(object, untold_);
    untold_ = 0;
  }

 private:
  int64_t untold_ = 0;
};

constexpr int64_t kHeapBlock = 16;  // what malloc keeps for itself

}  // namespace flow
