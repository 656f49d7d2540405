// Rows on their way from the worker that read them to the worker that owns their key: one buffer
// for each path and pair of workers. Written in one phase, read in a later one.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/base/batch.h"
#include "runtime/exec/path_runner.h"
#include "runtime/operator/aggregate_input.h"

namespace flow {

class Exchange {
 public:
  explicit Exchange(const std::vector<Type>& types) { rows_.Reset(types, 64); }
  void Append(const PathRunner::Output& output, int32_t row);
  AggregateInput input() const;
  // How many input rows, and elements of them, the rows here stand for.
  int64_t accepted() const { return accepted_; }
  int64_t elements() const { return elements_; }
  bool empty() const { return rows_.rows == 0; }
  void Clear();

 private:
  Batch rows_;
  std::vector<int64_t> window_;
  std::vector<int32_t> skip_;
  std::vector<uint64_t> hash_;
  bool windowed_ = false;
  bool sliced_ = false;
  int64_t accepted_ = 0;
  int64_t elements_ = 0;
};

}  // namespace flow
