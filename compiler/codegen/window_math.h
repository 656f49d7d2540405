// The windows and slices of a row as IR. Times are i64 microseconds.
#pragma once

#include "compiler/codegen/module.h"
#include "runtime/program/program.h"

namespace flow::codegen {

// time - ((time - offset) mod step), rounding down.
llvm::Value* FloorTo(FunctionBuilder& b, llvm::Value* time, int64_t offset, int64_t step);

// The windows of a row, by their names in program::Window, ascending: first, first + slide, ...
// (`count` of them).
struct RowWindows {
  llvm::Value* first;  // i64
  llvm::Value* count;  // i64; 0 is possible only where slide > size
};
RowWindows WindowsOf(FunctionBuilder& b, const program::Window& window, llvm::Value* time);

// Where window `w` begins.
llvm::Value* WindowStart(FunctionBuilder& b, const program::Window& window, llvm::Value* w);

// How many of the row's windows are late under `watermark`; these are the first ones (i64).
llvm::Value* LateCount(FunctionBuilder& b, const program::Window& window, const RowWindows& windows,
                       llvm::Value* watermark);

// Can a row lie between two windows?
inline bool HasGaps(const program::Window& window) { return window.slide > window.size; }
// Does every row lie in exactly one window, or none?
inline bool IsSingle(const program::Window& window) { return window.slide >= window.size; }

}  // namespace flow::codegen
