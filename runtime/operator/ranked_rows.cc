// RankedRows.
#include "runtime/operator/ranked_rows.h"

#include <cstring>

#include "runtime/abi/error_code.h"
#include "runtime/abi/sort_key.h"
#include "runtime/base/cell.h"

namespace flow {

RankedRows::RankedRows(const program::Aggregate& spec)
    : spec_(spec),
      keys_(static_cast<int32_t>(spec.key_types.size())),
      parts_(static_cast<int32_t>(spec.ranking->parts.size())) {
  out_.Reset(spec.output, kBatchRows);
}

// Strings are borrowed: `from` is there until the rows have been emitted.
void RankedRows::Copy(const Batch& from, int32_t from_column, int32_t from_row, int32_t column,
                      int32_t row) {
  const auto width = static_cast<size_t>(out_.types()[static_cast<size_t>(column)].width());
  CopyCell(from.column(from_column), from_row, width, out_.column(column), row);
}

int32_t RankedRows::Begin(const Batch& groups, int32_t group) {
  const int32_t row = out_.rows++;
  for (int32_t i = 0; i < keys_; ++i) Copy(groups, i, group, i, row);
  for (int32_t i = 1; spec_.window && i <= 2; ++i) {
    Copy(groups, keys_ + i, group, keys_ + parts_ + i, row);
  }
#ifndef FLOW_MUTANT_RANKING_ADDS_ONLY
  if (!groups.weights.empty()) out_.weights.push_back(groups.weight(group));
#endif
  return row;
}

void RankedRows::Read(std::string_view key, int32_t row) {
  for (int32_t i = 0; i < parts_; ++i) {
    const program::Ranking::Part& part = spec_.ranking->parts[static_cast<size_t>(i)];
    FlowColumn& column = out_.column(keys_ + i);
    const auto width = static_cast<size_t>(part.type.width());
    column.status[row] = flow_sort_key_next(
        &key, static_cast<int32_t>(part.type.storage()), part.descending,
        static_cast<char*>(column.values) + width * static_cast<size_t>(row), out_.arena().abi());
  }
}

void RankedRows::Expand(const Batch& groups, const std::function<void(const Batch&)>& emit) {
  const FlowColumn& packed = groups.column(keys_);
  const int32_t place = keys_ + parts_;
  auto flush = [&] {
    if (out_.rows > 0) emit(out_);
    out_.Clear();
  };
  for (int32_t group = 0; group < groups.rows; ++group) {
    if (packed.status[group] == kFlowNull) continue;
    if (packed.status[group] != kFlowValue) {
      const int32_t row = Begin(groups, group);
      for (int32_t i = 0; i <= parts_; ++i) {
        out_.column(keys_ + i).status[row] = packed.status[group];
      }
      if (out_.rows == kBatchRows) flush();
      continue;
    }
    const FlowString& text = groups.values<FlowString>(keys_)[group];
    std::string_view left(flow_string_data(&text), text.size);
    for (int64_t number = 1; !left.empty(); ++number) {
      uint32_t size;
      std::memcpy(&size, left.data(), sizeof size);
      const int32_t row = Begin(groups, group);
      Read(left.substr(sizeof size, size), row);
      left.remove_prefix(sizeof size + size);
      out_.column(place).status[row] = kFlowValue;
      out_.values<int64_t>(place)[row] = number;
      if (out_.rows == kBatchRows) flush();
    }
  }
  flush();
}

}  // namespace flow
