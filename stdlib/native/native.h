// What the bodies in stdlib/native share. They are called as native code by both engines and are
// not in the bitcode, so they may use C++ and libraries; no exception may leave them.
#pragma once

#include <string_view>

#include "stdlib/function.h"

namespace flow_native {

inline std::string_view View(const FlowString* s) { return {flow_string_data(s), s->size}; }

// A result that is made elsewhere: copied, within the longest string.
inline uint8_t Give(std::string_view text, FlowArena* arena, FlowString* out) {
  if (text.size() > kFlowStringMax) return kFlowErrTooLong;
  flow_string_copy(out, text.data(), static_cast<uint32_t>(text.size()), arena);
  return kFlowValue;
}

// A result that is a part of an argument.
inline uint8_t Borrow(std::string_view text, FlowString* out) {
  flow_string_set(out, text.data(), static_cast<uint32_t>(text.size()));
  return kFlowValue;
}

}  // namespace flow_native
