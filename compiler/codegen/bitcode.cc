// Gives StandardBitcode(): the file FLOW_STDLIB_BITCODE as it was when this was built.
#include "compiler/codegen/bitcode.h"

// The section is read-only data; 16-aligned, as the bitcode reader wants at least 4.
asm(".section .rodata\n"
    ".balign 16\n"
    "flow_standard_bitcode_begin:\n"
    ".incbin \"" FLOW_STDLIB_BITCODE
    "\"\n"
    "flow_standard_bitcode_end:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" {
extern const char flow_standard_bitcode_begin[];
extern const char flow_standard_bitcode_end[];
}

namespace flow::codegen {

std::string_view StandardBitcode() {
  return {flow_standard_bitcode_begin,
          static_cast<size_t>(flow_standard_bitcode_end - flow_standard_bitcode_begin)};
}

}  // namespace flow::codegen
