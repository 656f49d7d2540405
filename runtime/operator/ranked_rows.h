// The first rows of each group as rows: what a ranking's groups, with their sort keys packed into
// one text, turn into on the way out of the operator.
#pragma once

#include <functional>
#include <string_view>

#include "runtime/base/batch.h"
#include "runtime/program/program.h"

namespace flow {

class RankedRows {
 public:
  explicit RankedRows(const program::Aggregate& spec);
  // `groups`: rows as the kernels finish them. Each row of a group has the group's weight; a group
  // that could not be packed is one row in error.
  void Expand(const Batch& groups, const std::function<void(const Batch&)>& emit);

 private:
  // Begins a row of group `group`: everything but its parts and its place.
  int32_t Begin(const Batch& groups, int32_t group);
  void Copy(const Batch& from, int32_t from_column, int32_t from_row, int32_t column, int32_t row);
  void Read(std::string_view key, int32_t row);

  const program::Aggregate& spec_;
  int32_t keys_, parts_;
  Batch out_;
};

}  // namespace flow
