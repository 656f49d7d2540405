// RowText: one place that knows what FILE sinks write.
#include "runtime/connector/file/row_text.h"

#include "runtime/connector/dead_rows.h"
#include "runtime/format/encode.h"

namespace flow {

namespace {
const std::vector<int> kAll;
}

RowText::RowText(program::Format format, const program::View& view)
    : csv_(format == program::Format::kCsv),
      changes_(!view.append_only),
      omit_nulls_(view.dead_letters),
      view_(view.name),
      columns_(view.columns),
      structs_(view.structs),
      shown_(ShownColumns(view)),
      names_(ShownNames(view)) {}

std::string RowText::Header() const {
  std::string out;
  if (!csv_) return out;
  std::vector<std::string> header = names_;
  if (changes_) header.insert(header.begin(), {"op", "rev"});
  AppendCsvHeader(header, &out);
  return out;
}

void RowText::Append(const Batch& rows, int32_t row, int64_t revision, std::string* out) const {
  if (changes_) {
    AppendChange(rows, row, revision, out);
    return;
  }
  // Equal rows may come as one with a multiplicity.
  for (int64_t i = 0; i < rows.weight(row); ++i) {
    if (csv_) {
      AppendCsvRow(rows, row, shown_, out);
    } else {
      AppendJsonRow(rows, row, columns_, omit_nulls_ ? DeadLetterColumns(rows, row) : kAll,
                    structs_, out);
      *out += '\n';
    }
  }
}

void RowText::AppendChange(const Batch& rows, int32_t row, int64_t revision,
                           std::string* out) const {
  const char* op = rows.weight(row) > 0 ? "upsert" : "delete";
  const std::string rev = std::to_string(revision);
  if (csv_) {
    *out += op + ("," + rev) + ",";
    AppendCsvRow(rows, row, shown_, out);
    return;
  }
  *out += "{\"view\":";
  AppendJsonString(view_.data(), view_.size(), out);
  *out += std::string(",\"op\":\"") + op + "\",\"rev\":" + rev + ",\"row\":";
  AppendJsonRow(rows, row, columns_, {}, structs_, out);
  *out += "}\n";
}

}  // namespace flow
