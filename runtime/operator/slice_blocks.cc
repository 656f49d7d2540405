// SliceBlocks.
#include "runtime/operator/slice_blocks.h"

namespace flow {

namespace {
constexpr int64_t kFewSlices = 16;
}  // namespace

SliceBlocks::SliceBlocks(const program::Aggregate* spec, MemoryAccount* account)
    : spec_(spec), account_(account) {
  if (!spec->window || spec->window->mode != program::WindowMode::kSlice) return;
  const int64_t size = spec->window->slice_size();
  const int64_t slices = spec->window->size / size;
  if (slices < kFewSlices) return;
  int64_t count = 1;
  while ((count + 1) * (count + 1) <= slices) ++count;
  span_ = count * size;
}

void SliceBlocks::DropBefore(int64_t slice) {
  blocks_.erase(blocks_.begin(), blocks_.lower_bound(slice));
}

}  // namespace flow
