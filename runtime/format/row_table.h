// The rows of a view by key: what a changelog folds to.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "runtime/base/batch.h"
#include "runtime/program/program.h"

namespace flow {

// <0, 0, >0: order of two cells of one type; NULLs last, errors after NULLs.
int CompareCells(const Type& type, const FlowColumn& a, int32_t row_a, const FlowColumn& b,
                 int32_t row_b);

// Row numbers of `batch` ordered by (window end, key columns); the whole row where there is no key.
std::vector<int32_t> SortedRows(const program::View& view, const Batch& batch);

// The end of the window that a row belongs to; INT64_MAX if its view is not windowed.
int64_t RowWindowEnd(const program::View& view, const Batch& batch, int32_t row);

// Applies changes in order and keeps what is there. Without a key a row is its own key and may be
// there several times.
class RowTable {
 public:
  explicit RowTable(const program::View* view);
  void Apply(const Batch& changes);
  // Removes the rows for which `wanted` holds and returns them in order.
  Batch Take(const std::function<bool(const Batch&, int32_t)>& wanted);
  int64_t size() const { return static_cast<int64_t>(rows_.size()); }

 private:
  // Strings of rows that were overwritten or taken stay in the store's arena until it is compacted:
  // at the latest when it is four times as large as after the last time.
  static constexpr int64_t kLeastBytes = 8 << 20;
  static constexpr int64_t kGrowth = 4;
  struct Hash {
    size_t operator()(unsigned __int128 h) const { return static_cast<size_t>(h); }
  };
  struct Place {
    int32_t row;
    int64_t count;
  };
  void Compact();

  const program::View* view_;
  std::unordered_map<unsigned __int128, Place, Hash> rows_;
  Batch store_;
  std::vector<int32_t> free_;
  int64_t compact_at_ = kLeastBytes;
};

// Folds the changes of a tick (or of several) so that each key occurs once: an upsert of its last
// row, or a delete.
Batch Consolidate(const program::View& view, const Batch& changes);

}  // namespace flow
