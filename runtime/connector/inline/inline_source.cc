// Gives OpenInlineSource.
#include "runtime/connector/inline/inline_source.h"

#include "runtime/abi/error_code.h"
#include "runtime/connector/json_form.h"
#include "runtime/connector/record_decoder.h"
#include "runtime/connector/row_reader.h"
#include "runtime/format/field.h"

namespace flow {

namespace {

class InlineDecoder : public Decoder {
 public:
  explicit InlineDecoder(const program::Source& source) : source_(source) {}

  void Decode(const Morsel& morsel, DecodedRows* out) const override {
    PrepareRows(source_.columns, morsel.row_count, out);
    PresetAbsent(source_.columns, 0, static_cast<int32_t>(morsel.row_count), &out->batch);
    for (int64_t i = 0; i < morsel.row_count; ++i) {
      const int64_t offset = morsel.begin_offset + i;
      out->offsets[static_cast<size_t>(i)] = offset;
      const std::vector<Datum>& row = Row(morsel.partition, offset);
      for (size_t c = 0; c < source_.columns.size(); ++c) {
        StoreDatum(row, c, static_cast<int32_t>(i), &out->batch);
      }
    }
    FillMetadata(source_.columns, morsel, out);
  }

  std::string Raw(const Morsel& morsel, int64_t index) const override {
    return JsonForm(source_.declared, Row(morsel.partition, morsel.begin_offset + index));
  }

 private:
  const std::vector<Datum>& Row(int partition, int64_t offset) const {
    return source_.inline_rows[static_cast<size_t>(partition)][static_cast<size_t>(offset)];
  }

  void StoreDatum(const std::vector<Datum>& row, size_t c, int32_t at, Batch* batch) const {
    const program::SourceColumn& wanted = source_.columns[c];
    if (wanted.position < 0 || static_cast<size_t>(wanted.position) >= row.size()) return;
    const Datum& datum = row[static_cast<size_t>(wanted.position)];
    if (datum.is_null()) return;
    FlowColumn& column = batch->column(static_cast<int32_t>(c));
    if (wanted.from == program::ColumnFrom::kPresence) {
      static_cast<uint8_t*>(column.values)[at] = 1;
    } else if (wanted.from == program::ColumnFrom::kField) {
      if (datum.is_value() && datum.type == wanted.type) {
        WriteCell(column, at, datum, batch->arena().abi());
      } else {
        column.status[at] = kFlowErrFieldType;
      }
    }
  }

  const program::Source& source_;
};

class InlineSource : public SourceConnector {
 public:
  explicit InlineSource(const program::Source& source) : source_(source), decoder_(source) {
    for (size_t p = 0; p < source.inline_rows.size(); ++p) {
      PartitionInfo info;
      info.id = static_cast<int>(p);
      info.name = std::to_string(p);
      info.end = static_cast<int64_t>(source.inline_rows[p].size());
      info.bounded = true;
      partitions_.push_back(std::move(info));
    }
  }

  const std::vector<PartitionInfo>& partitions() const override { return partitions_; }
  const Decoder& decoder() const override { return decoder_; }

  Result<std::unique_ptr<PartitionReader>> Open(int partition, int64_t from, int64_t to) override {
    if (partition < 0 || static_cast<size_t>(partition) >= partitions_.size()) {
      return UserError("source " + source_.name + " has no partition " + std::to_string(partition));
    }
    const int64_t end = partitions_[static_cast<size_t>(partition)].end;
    if (from < 0 || from > end) {
      return UserError("source " + source_.name + ": partition " + std::to_string(partition) +
                       " has " + std::to_string(end) + " rows; there is no offset " +
                       std::to_string(from));
    }
    return std::unique_ptr<PartitionReader>(
        new RowReader(partition, from, to < 0 || to > end ? end : to));
  }

 private:
  const program::Source& source_;
  InlineDecoder decoder_;
  std::vector<PartitionInfo> partitions_;
};

}  // namespace

Result<std::unique_ptr<SourceConnector>> OpenInlineSource(const program::Source& source) {
  return std::unique_ptr<SourceConnector>(new InlineSource(source));
}

}  // namespace flow
