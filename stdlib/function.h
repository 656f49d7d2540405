// How a function of the standard library is written.
//
//   FLOW_FUNCTION("starts_with(string, string) -> boolean", "one line of help",
//                 "starts_with('abc', 'ab')")
//   uint8_t flow_starts_with(FlowArena*, const FlowString* s, const FlowString* prefix,
//                            uint8_t* out) { ... }
//
// The body stands directly below and has the C form of compiler/catalog/function.h. It is called
// only with values (no NULL, no error) and returns kFlowValue, kFlowNull or an error code; *out is
// read only after kFlowValue. tools/collect_functions reads the macro's text; the same file is
// built natively and to bitcode, so it includes nothing but runtime/abi and plain C headers, and
// keeps no state. A body that needs a library, or is never worth inlining, stands in stdlib/native:
// not in the bitcode, always called (native/native.h).
#pragma once

#include <stdint.h>
#include <string.h>

#include "runtime/abi/abi.h"
#include "runtime/abi/error_code.h"

#define FLOW_FUNCTION(signature, help, example) extern "C"

// Stands before a body that is too long to gain from being inlined: optimised code calls it
// natively, and need not compile it once more.
#define FLOW_LARGE __attribute__((noinline))

// FLOW_ALIAS("pow", "power"): another name for every overload of a function of this file.
#define FLOW_ALIAS(name, function) static_assert(true)

// The longest string that a function makes.
enum { kFlowStringMax = 1 << 30 };
