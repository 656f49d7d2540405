// Gives FloorTo, WindowsOf, WindowStart and LateCount: see window_math.h.
#include "compiler/codegen/window_math.h"

namespace flow::codegen {

namespace {

llvm::Value* Constant(FunctionBuilder& b, int64_t value) {
  return b.getInt64(static_cast<uint64_t>(value));
}

}  // namespace

llvm::Value* FloorTo(FunctionBuilder& b, llvm::Value* time, int64_t offset, int64_t step) {
  llvm::Value* relative = b.CreateSub(time, Constant(b, offset));
  llvm::Value* rest = b.CreateSRem(relative, Constant(b, step));
  llvm::Value* negative = b.CreateICmpSLT(rest, Constant(b, 0));
  rest = b.CreateSelect(negative, b.CreateAdd(rest, Constant(b, step)), rest);
  return b.CreateSub(time, rest);
}

RowWindows WindowsOf(FunctionBuilder& b, const program::Window& window, llvm::Value* time) {
  if (window.kind == program::WindowKind::kSession) {
    return {b.CreateSub(time, Constant(b, window.size)), Constant(b, 1)};
  }
  llvm::Value* last = FloorTo(b, time, window.offset, window.slide);
  if (window.size == window.slide) return {last, Constant(b, 1)};
  llvm::Value* into = b.CreateSub(time, last);
  if (IsSingle(window)) {
    llvm::Value* inside = b.CreateICmpSLT(into, Constant(b, window.size));
    return {last, b.CreateZExt(inside, b.getInt64Ty())};
  }
  llvm::Value* count;
  if (window.kind == program::WindowKind::kCumulate) {
    // They end at last + slide, ... up to the end of the cycle.
    llvm::Value* cycle = FloorTo(b, time, window.offset, window.cycle);
    llvm::Value* left = b.CreateSub(Constant(b, window.cycle), b.CreateSub(last, cycle));
    return {b.CreateSub(last, Constant(b, window.size - window.slide)),
            b.CreateUDiv(left, Constant(b, window.slide))};
  }
  if (window.size % window.slide == 0) {
    count = Constant(b, window.size / window.slide);
  } else {
    // Windows start at last, last - slide, ...: those after time - size hold the row.
    count = b.CreateAdd(
        b.CreateUDiv(b.CreateSub(Constant(b, window.size - 1), into), Constant(b, window.slide)),
        Constant(b, 1));
  }
  llvm::Value* back = b.CreateMul(b.CreateSub(count, Constant(b, 1)), Constant(b, window.slide));
  return {b.CreateSub(last, back), count};
}

llvm::Value* LateCount(FunctionBuilder& b, const program::Window& window, const RowWindows& windows,
                       llvm::Value* watermark) {
  // [s, e) is late iff watermark >= e + lateness, so iff s <= watermark - (size + lateness).
  // Saturating: no watermark at all is the least number.
  int64_t patience;
  if (__builtin_add_overflow(window.size, window.lateness, &patience)) patience = INT64_MAX;
  llvm::Value* closes =
      b.CreateBinaryIntrinsic(llvm::Intrinsic::sadd_sat, windows.first, Constant(b, patience));
  llvm::Value* any = b.CreateICmpSGE(watermark, closes);
  if (IsSingle(window)) return b.CreateZExt(any, b.getInt64Ty());

  llvm::BasicBlock* before = b.GetInsertBlock();
  llvm::BasicBlock* some = b.NewBlock("some_late");
  llvm::BasicBlock* join = b.NewBlock("judged");
  b.CreateCondBr(any, some, join);
  b.Enter(some);
  llvm::Value* beyond = b.CreateBinaryIntrinsic(llvm::Intrinsic::ssub_sat, watermark, closes);
  llvm::Value* late = b.CreateAdd(b.CreateUDiv(beyond, Constant(b, window.slide)), Constant(b, 1));
  late = b.CreateBinaryIntrinsic(llvm::Intrinsic::umin, late, windows.count);
  llvm::BasicBlock* end = b.GetInsertBlock();
  b.CreateBr(join);
  b.Enter(join);
  llvm::PHINode* result = b.CreatePHI(b.getInt64Ty(), 2);
  result->addIncoming(Constant(b, 0), before);
  result->addIncoming(late, end);
  return result;
}

llvm::Value* WindowStart(FunctionBuilder& b, const program::Window& window, llvm::Value* w) {
  if (window.kind != program::WindowKind::kCumulate) return w;
  llvm::Value* last = b.CreateAdd(w, Constant(b, window.size - 1));
  return FloorTo(b, last, window.offset, window.cycle);
}

}  // namespace flow::codegen
