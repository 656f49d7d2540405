// Dead letters as rows: their view, and a record as a row of it.
#include "runtime/connector/dead_rows.h"

#include "runtime/format/base64.h"
#include "runtime/format/utf8.h"

namespace flow {

namespace {

void AppendText(Batch* rows, int column, const std::string& text) {
  flow_string_copy(&rows->values<FlowString>(column)[rows->rows], text.data(),
                   static_cast<uint32_t>(text.size()), rows->arena().abi());
  rows->column(column).status[rows->rows] = kFlowValue;
}

// Columns of the rows of dead letters.
enum DeadColumn {
  kDeadSource,
  kDeadPartition,
  kDeadOffset,
  kDeadView,
  kDeadError,
  kDeadRaw,
  kDeadRaw64
};

}  // namespace

program::View DeadLetterView(const program::Source& source) {
  program::View view;
  view.name = "dead letters of " + source.name;
  view.columns = {"source", "partition", "offset", "view", "error", "raw", "raw_base64"};
  view.types = {TypeKind::kString, TypeKind::kInt,    TypeKind::kBigint, TypeKind::kString,
                TypeKind::kString, TypeKind::kString, TypeKind::kString};
  view.append_only = true;
  view.no_watermark = true;
  view.wanted = true;
  view.dead_letters = true;
  return view;
}

void AppendDeadLetter(Batch* rows, const DeadLetterRecord& record) {
  rows->Reserve(rows->rows + 1);
  for (int c = 0; c < rows->column_count(); ++c) {
    rows->column(c).status[rows->rows] = kFlowNull;
    if (rows->types()[static_cast<size_t>(c)].is_variable()) {
      flow_string_set(&rows->values<FlowString>(c)[rows->rows], "", 0);
    }
  }
  AppendText(rows, kDeadSource, record.source);
  rows->values<int32_t>(kDeadPartition)[rows->rows] = record.partition;
  rows->column(kDeadPartition).status[rows->rows] = kFlowValue;
  rows->values<int64_t>(kDeadOffset)[rows->rows] = record.offset;
  rows->column(kDeadOffset).status[rows->rows] = kFlowValue;
  if (!record.view.empty()) AppendText(rows, kDeadView, record.view);
  AppendText(rows, kDeadError, record.error);
  if (IsUtf8(record.raw.data(), record.raw.size())) {
    AppendText(rows, kDeadRaw, record.raw);
  } else {
    AppendText(rows, kDeadRaw64, Base64(record.raw));
  }
  ++rows->rows;
}

DeadLetterRecord ReadDeadLetter(const Batch& rows, int32_t row) {
  auto text = [&](int column) -> std::string {
    if (rows.column(column).status[row] != kFlowValue) return "";
    const FlowString& value = rows.values<FlowString>(column)[row];
    return std::string(flow_string_data(&value), value.size);
  };
  DeadLetterRecord record;
  record.source = text(kDeadSource);
  record.partition = rows.values<int32_t>(kDeadPartition)[row];
  record.offset = rows.values<int64_t>(kDeadOffset)[row];
  record.view = text(kDeadView);
  record.error = text(kDeadError);
  record.raw = rows.column(kDeadRaw).status[row] == kFlowValue
                   ? text(kDeadRaw)
                   : FromBase64(text(kDeadRaw64)).value_or("");
  return record;
}

std::vector<int> DeadLetterColumns(const Batch& rows, int32_t row) {
  const bool text = rows.column(kDeadRaw).status[row] == kFlowValue;
  return {kDeadSource, kDeadPartition, kDeadOffset,
          kDeadView,   kDeadError,     text ? kDeadRaw : kDeadRaw64};
}

}  // namespace flow
