// The C functions that generated code may call, with their types and native addresses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flow::codegen {

// `signature` is "result:arguments" in letters: v void, b uint8_t, i int32_t, l int64_t, d double,
// p pointer. Empty for functions that only LLVM itself calls (memcpy, __divti3).
struct Native {
  std::string name;
  void* address = nullptr;
  std::string signature;
};

// Operators' helpers (stdlib/support), the runtime's C functions, the standard functions and what
// LLVM lowers instructions to. Sorted by name; built once.
const std::vector<Native>& Natives();

// nullptr if there is no such function.
const Native* FindNative(std::string_view name);

}  // namespace flow::codegen
