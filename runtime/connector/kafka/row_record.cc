// Gives RowEncoder.
#include "runtime/connector/kafka/row_record.h"

#include "runtime/abi/error_code.h"
#include "runtime/connector/dead_rows.h"
#include "runtime/format/encode.h"

namespace flow::kafka {

namespace {

// The longest text of a cell that is not a string: DECIMAL(38), a TIMESTAMP, a DOUBLE.
constexpr int64_t kCellBound = 48;
// A byte of a string is at most \u00XX.
constexpr int64_t kEscapeBound = 6;

int64_t NameBound(const std::string& name) {
  return static_cast<int64_t>(name.size()) * kEscapeBound + 4;  // quotes, colon, comma
}

}  // namespace

RowEncoder::RowEncoder(const program::Sink& sink, const program::View& view)
    : upserts_(sink.upsert || !view.append_only),
      columns_(view.columns),
      types_(view.types),
      structs_(view.structs),
      key_(view.key),
      dead_letters_(view.dead_letters) {
  fixed_bound_ = 4;
  for (const std::string& name : columns_) fixed_bound_ += NameBound(name) + kCellBound;
  for (const int column : key_) {
    fixed_bound_ += NameBound(columns_[static_cast<size_t>(column)]) + kCellBound;
  }
}

void RowEncoder::Encode(const Batch& rows, int32_t row, Record* out) const {
  out->key.clear();
  out->value.clear();
  out->has_key = upserts_;
  out->has_value = !upserts_ || rows.weight(row) > 0;
  if (upserts_) {
    if (key_.empty()) {
      out->key = "{}";  // AppendJsonRow takes no columns as all
    } else {
      AppendJsonRow(rows, row, columns_, key_, structs_, &out->key);
    }
  }
  if (!out->has_value) return;
  AppendJsonRow(rows, row, columns_,
                dead_letters_ ? DeadLetterColumns(rows, row) : std::vector<int>(), structs_,
                &out->value);
}

int64_t RowEncoder::SizeBound(const Batch& rows, int32_t row) const {
  auto string_bytes = [&](int column) -> int64_t {
    if (!types_[static_cast<size_t>(column)].is_variable()) return 0;
    if (rows.column(column).status[row] != kFlowValue) return 0;
    return static_cast<int64_t>(rows.values<FlowString>(column)[row].size) * kEscapeBound;
  };
  int64_t bound = fixed_bound_;
  for (int32_t i = 0; i < rows.column_count(); ++i) bound += string_bytes(i);
  for (const int column : key_) bound += string_bytes(column);
  return bound;
}

}  // namespace flow::kafka
