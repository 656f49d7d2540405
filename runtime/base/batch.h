// A batch: up to a few thousand rows as columns, with an optional weight per row.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/abi/abi.h"
#include "runtime/base/arena.h"
#include "runtime/base/type.h"

namespace flow {

// The default number of rows that sources and operators put into a batch.
inline constexpr int32_t kBatchRows = 1024;

// Columns of fixed capacity. Moves, never copies. One thread at a time.
class Batch {
 public:
  Batch() = default;
  Batch(std::vector<Type> types, int32_t capacity) { Reset(std::move(types), capacity); }
  Batch(Batch&&) = default;
  Batch& operator=(Batch&&) = default;

  // Makes room for `capacity` rows of these types; row count 0, statuses kFlowValue.
  void Reset(std::vector<Type> types, int32_t capacity);
  // Forgets the rows, the strings and the kept buffers; keeps the columns' memory.
  void Clear();
  // Grows the columns, keeping the rows.
  void Reserve(int32_t capacity);

  int32_t rows = 0;
  // +1 or -1 (any multiplicity) per row; empty means every row weighs +1.
  std::vector<int64_t> weights;
  // Buffers that strings of this batch borrow from.
  std::vector<std::shared_ptr<const void>> kept;

  int32_t capacity() const { return capacity_; }
  int32_t column_count() const { return static_cast<int32_t>(columns_.size()); }
  const std::vector<Type>& types() const { return types_; }
  FlowColumn* columns() { return columns_.data(); }
  const FlowColumn* columns() const { return columns_.data(); }
  FlowColumn& column(int32_t i) { return columns_[static_cast<size_t>(i)]; }
  const FlowColumn& column(int32_t i) const { return columns_[static_cast<size_t>(i)]; }
  template <typename T>
  T* values(int32_t i) {
    return static_cast<T*>(columns_[static_cast<size_t>(i)].values);
  }
  template <typename T>
  const T* values(int32_t i) const {
    return static_cast<const T*>(columns_[static_cast<size_t>(i)].values);
  }
  int64_t weight(int32_t row) const {
    return weights.empty() ? 1 : weights[static_cast<size_t>(row)];
  }
  // Where strings made for this batch live.
  Arena& arena() { return *arena_; }
  int64_t string_bytes() const { return arena_->allocated_bytes(); }

  // Appends a copy of row `row` of `from` (the same types); strings are copied into this arena.
  void AppendRow(const Batch& from, int32_t row);
  // Overwrites row `at` (< rows) with a copy of row `row` of `from`; weights stay. What the old
  // row's strings held stays in the arena.
  void SetRow(int32_t at, const Batch& from, int32_t row);

 private:
  std::vector<Type> types_;
  int32_t capacity_ = 0;
  std::vector<FlowColumn> columns_;
  std::vector<std::unique_ptr<char[]>> memory_;
  std::unique_ptr<Arena> arena_ = std::make_unique<Arena>();
};

}  // namespace flow
