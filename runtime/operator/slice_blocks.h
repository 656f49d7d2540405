// Windows of many slices are put together from few tables: runs of neighbouring slices are merged
// once into a table of their own, a block, which every window that holds all of them takes.
//
// n slices a window make blocks of about sqrt(n): a window then merges some 3 sqrt(n) tables, where
// it would merge n. A block has only rows that feed all windows of their slices (skip 0). It is
// made when a window that holds it is put together: the first windows of all its slices are closed
// then, so later rows of these slices are in cells that skip some, and the block stays as it is.
// Blocks are no state: they are made of it, and can be dropped at any time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "runtime/operator/group_table.h"
#include "runtime/time/windows.h"

namespace flow {

class SliceBlocks {
 public:
  // `spec` and `account` must outlive it.
  SliceBlocks(const program::Aggregate* spec, MemoryAccount* account);
  // Microseconds of a block; 0: windows have too few slices.
  int64_t span() const { return span_; }
  // The table of the block that begins there. If it is new, fill(cell, table) merges each cell of
  // `cells`, by (slice, first accepting window), that belongs to it.
  template <typename Cells, typename Fill>
  GroupTable* Get(int64_t block, const Cells& cells, Fill fill) {
    std::unique_ptr<GroupTable>& table = blocks_[block];
    if (table != nullptr) return table.get();
    table = std::make_unique<GroupTable>(spec_, account_);
    for (auto at = cells.lower_bound({block, 0}); at != cells.end(); ++at) {
      const auto& [slice, skip] = at->first;
      if (slice >= block + span_) break;
#ifndef FLOW_MUTANT_BLOCK_OF_ALL
      if (skip != 0) continue;
#endif
      fill(at->second, table.get());
    }
    return table.get();
  }
  // No window that holds an earlier slice is still to come.
  void DropBefore(int64_t slice);
  void Clear() { blocks_.clear(); }

 private:
  const program::Aggregate* spec_;
  MemoryAccount* account_;
  int64_t span_ = 0;
  std::map<int64_t, std::unique_ptr<GroupTable>> blocks_;
};

// Calls cell(value) and block(slice) for what window `start` is put together from, with `cells` by
// (slice, first accepting window) and slices from `first` on; block may answer false, and its cells
// come instead.
template <typename Cells, typename Cell, typename Block>
void ForEachPart(const program::Window& window, int64_t start, int64_t first, int64_t span,
                 const Cells& cells, Cell cell, Block block) {
  const int64_t end = start + window.size;
  int64_t taken = first;  // slices before it are in blocks
  for (auto at = cells.lower_bound({first, 0}); at != cells.end(); ++at) {
    const auto& [slice, skip] = at->first;
    if (slice >= end) return;
    if (span > 0 && slice >= taken) {
      const int64_t begin = FloorTo(slice, window.offset, span);
      if (begin >= first && begin + span <= end && block(begin)) taken = begin + span;
    }
    if (skip == 0 && slice < taken) continue;
#ifndef FLOW_MUTANT_SKIP_IGNORED
    const int64_t index = (start - FirstWindowOfSlice(window, slice)) / window.slide;
    if (index < skip) continue;
#endif
    cell(at->second);
  }
}

}  // namespace flow
