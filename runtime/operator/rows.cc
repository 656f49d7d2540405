// Helpers over rows: shifting, comparing, window columns.
#include "runtime/operator/rows.h"

#include <cstring>

namespace flow {

std::vector<int> AggregateInputWidths(const program::Aggregate& spec) {
  std::vector<int> widths;
  for (const Type& type : spec.key_types) widths.push_back(type.width());
  for (const program::AggregateCall& call : spec.calls) {
    if (call.argument < 0) continue;
    size_t column = static_cast<size_t>(call.argument);
    if (widths.size() <= column) widths.resize(column + 1, 0);
    widths[column] = call.argument_type.width();
  }
  return widths;
}

bool AccumulatorsUseArena(const program::Aggregate& spec) {
  for (const program::AggregateCall& call : spec.calls) {
    if (call.argument >= 0 && call.argument_type.is_variable()) return true;
  }
  return false;
}

void ShiftColumns(const FlowColumn* columns, const std::vector<int>& widths, int32_t row,
                  std::vector<FlowColumn>* out) {
  out->resize(widths.size() + 1);
  for (size_t i = 0; i < widths.size(); ++i) {
    (*out)[i].values =
        static_cast<char*>(columns[i].values) + static_cast<ptrdiff_t>(row) * widths[i];
    (*out)[i].status = columns[i].status + row;
  }
}

void FillWindowColumns(const program::Aggregate& spec, const int64_t* windows, int32_t count,
                       Batch* out) {
  int32_t start = out->column_count() - 2;
  int64_t* starts = out->values<int64_t>(start);
  int64_t* ends = out->values<int64_t>(start + 1);
  for (int32_t i = 0; i < count; ++i) {
    starts[i] = spec.window->start(windows[i]);
    ends[i] = windows[i] + spec.window->size;
    out->column(start).status[i] = kFlowValue;
    out->column(start + 1).status[i] = kFlowValue;
  }
}

bool RowsEqual(const Batch& a, int32_t row_a, const Batch& b, int32_t row_b) {
  for (int32_t i = 0; i < a.column_count(); ++i) {
    const FlowColumn& x = a.column(i);
    const FlowColumn& y = b.column(i);
    if (x.status[row_a] != y.status[row_b]) return false;
    if (x.status[row_a] != kFlowValue) continue;
    const Type& type = a.types()[static_cast<size_t>(i)];
    if (type.is_variable()) {
      if (!flow_string_equal(&a.values<FlowString>(i)[row_a], &b.values<FlowString>(i)[row_b])) {
        return false;
      }
      continue;
    }
    size_t width = static_cast<size_t>(type.width());
    if (std::memcmp(static_cast<const char*>(x.values) + width * static_cast<size_t>(row_a),
                    static_cast<const char*>(y.values) + width * static_cast<size_t>(row_b),
                    width) != 0) {
      return false;
    }
  }
  return true;
}

}  // namespace flow
