// Gives MakeRecordDecoder, and what all decoders share.
#include "runtime/connector/record_decoder.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>

#include "runtime/abi/error_code.h"
#include "runtime/connector/file/file_offset.h"
#include "runtime/format/csv_decoder.h"
#include "runtime/format/field.h"
#include "runtime/format/json_decoder.h"
#include "runtime/format/utf8.h"

namespace flow {

namespace {

bool StartsWithIndex(const program::SourceColumn& column) {
  return !column.path.empty() && column.path.front().index >= 0;
}

// Row i of `out` stands for record i: offset and timestamp; also the room, and what absent means.
void BeginRows(const program::Source& source, const Morsel& morsel, DecodedRows* out) {
  const size_t count = morsel.records.size();
  PrepareRows(source.columns, static_cast<int64_t>(count), out);
  PresetAbsent(source.columns, 0, static_cast<int32_t>(count), &out->batch);
  for (size_t i = 0; i < count; ++i) {
    out->offsets[i] = morsel.records[i].offset;
    out->log_timestamps[i] = morsel.records[i].log_timestamp;
  }
}

void EndRows(const program::Source& source, const Morsel& morsel, DecodedRows* out) {
  FillMetadata(source.columns, morsel, out);
  for (const program::SourceColumn& column : source.columns) {
    if (!column.type.is(TypeKind::kString)) continue;
    out->batch.kept.push_back(morsel.keep);
    break;
  }
}

class JsonRecordDecoder : public RecordDecoder {
 public:
  JsonRecordDecoder(const program::Source& source, TimestampUnit unit)
      : source_(source),
        decoder_(source.columns, unit,
                 std::any_of(source.columns.begin(), source.columns.end(), StartsWithIndex) ||
                     std::any_of(source.declared.begin(), source.declared.end(), StartsWithIndex)) {
  }

  void Decode(const Morsel& morsel, DecodedRows* out) const override {
    BeginRows(source_, morsel, out);
    JsonDecoder::Memory memory(decoder_);
    for (size_t i = 0; i < morsel.records.size(); ++i) {
      const RawRecord& record = morsel.records[i];
      const int32_t row = static_cast<int32_t>(i);
      if (decoder_.Decode(record.data, record.size, row, &out->batch, &memory)) continue;
      out->record_status[i] = kFlowErrMalformed;
      PresetAbsent(source_.columns, row, 1, &out->batch);
    }
    EndRows(source_, morsel, out);
  }

 private:
  const program::Source& source_;
  const JsonDecoder decoder_;
};

class CsvRecordDecoder : public RecordDecoder {
 public:
  CsvRecordDecoder(const program::Source& source, CsvOptions options)
      : source_(source), options_(std::move(options)) {
    if (options_.header) return;
    const auto fields = std::count_if(source.declared.begin(), source.declared.end(),
                                      [](const program::SourceColumn& column) {
                                        return column.from == program::ColumnFrom::kField;
                                      });
    by_position_ = std::make_shared<const CsvLayout>(
        CsvLayout::FromPositions(static_cast<size_t>(fields), source.columns, options_));
  }

  bool has_header() const override { return options_.header; }
  bool is_csv() const override { return true; }
  RecordSplitter splitter() const override { return RecordSplitter::Csv(options_.delimiter); }

  Status SetHeader(int partition, int64_t file, std::string_view header) override {
    FLOW_TRY(const CsvLayout declared, CsvLayout::FromHeader(header, source_.declared, options_));
    if (declared.empty() && !source_.declared.empty()) {
      return DataError(
          "none of the declared columns is in the header: " + std::string(header.substr(0, 200)),
          "the options delimiter and header = 'false' say what the file is like");
    }
    FLOW_TRY(CsvLayout layout, CsvLayout::FromHeader(header, source_.columns, options_));
    std::lock_guard<std::mutex> lock(mutex_);
    layouts_[{partition, file}] = std::make_shared<const CsvLayout>(std::move(layout));
    return OkStatus();
  }

  void Decode(const Morsel& morsel, DecodedRows* out) const override {
    BeginRows(source_, morsel, out);
    // A morsel is of one file.
    const std::shared_ptr<const CsvLayout> layout =
        morsel.records.empty()
            ? nullptr
            : LayoutOf(morsel.partition, FileOfOffset(morsel.records.front().offset));
    std::vector<CsvField> scratch;
    for (size_t i = 0; i < morsel.records.size(); ++i) {
      const RawRecord& record = morsel.records[i];
      const int32_t row = static_cast<int32_t>(i);
      if (layout != nullptr &&
          layout->Decode(record.data, record.size, row, &out->batch, &scratch)) {
        continue;
      }
      out->record_status[i] = kFlowErrMalformed;
      PresetAbsent(source_.columns, row, 1, &out->batch);
    }
    EndRows(source_, morsel, out);
  }

 private:
  std::shared_ptr<const CsvLayout> LayoutOf(int partition, int64_t file) const {
    if (by_position_ != nullptr) return by_position_;
    std::lock_guard<std::mutex> lock(mutex_);
    const auto it = layouts_.find({partition, file});
    return it == layouts_.end() ? nullptr : it->second;
  }

  const program::Source& source_;
  const CsvOptions options_;
  std::shared_ptr<const CsvLayout> by_position_;
  mutable std::mutex mutex_;
  std::map<std::pair<int, int64_t>, std::shared_ptr<const CsvLayout>> layouts_;
};

}  // namespace

void DecodedRows::Clear() {
  batch.Clear();
  offsets.clear();
  log_timestamps.clear();
  record_status.clear();
}

void PrepareRows(const std::vector<program::SourceColumn>& columns, int64_t count,
                 DecodedRows* rows) {
  const bool same =
      rows->batch.types().size() == columns.size() && rows->batch.capacity() >= count &&
      std::equal(columns.begin(), columns.end(), rows->batch.types().begin(),
                 [](const program::SourceColumn& c, const Type& type) { return c.type == type; });
  if (same) {
    rows->batch.Clear();
  } else {
    std::vector<Type> types;
    for (const program::SourceColumn& column : columns) types.push_back(column.type);
    rows->batch.Reset(std::move(types), static_cast<int32_t>(std::max<int64_t>(count, kBatchRows)));
  }
  const size_t n = static_cast<size_t>(count);
  rows->batch.rows = static_cast<int32_t>(count);
  rows->offsets.resize(n);
  rows->log_timestamps.assign(n, kNoTime);
  rows->record_status.assign(n, kFlowValue);
}

void FillMetadata(const std::vector<program::SourceColumn>& columns, const Morsel& morsel,
                  DecodedRows* rows) {
  for (size_t c = 0; c < columns.size(); ++c) {
    const int32_t index = static_cast<int32_t>(c);
    FlowColumn& column = rows->batch.column(index);
    const size_t count = rows->offsets.size();
    switch (columns[c].from) {
      case program::ColumnFrom::kField:
      case program::ColumnFrom::kPresence:
        break;
      case program::ColumnFrom::kPartition:
        std::fill_n(rows->batch.values<int32_t>(index), count, morsel.partition);
        std::memset(column.status, kFlowValue, count);
        break;
      case program::ColumnFrom::kOffset:
        std::copy_n(rows->offsets.data(), count, rows->batch.values<int64_t>(index));
        std::memset(column.status, kFlowValue, count);
        break;
      case program::ColumnFrom::kTimestamp:
        for (size_t i = 0; i < count; ++i) {
          const bool none = rows->log_timestamps[i] == kNoTime;
          rows->batch.values<int64_t>(index)[i] = none ? 0 : rows->log_timestamps[i];
          column.status[i] = none ? AbsentStatus(columns[c]) : uint8_t{kFlowValue};
        }
        break;
      case program::ColumnFrom::kKey:
        for (size_t i = 0; i < count; ++i) {
          const RawRecord* record = morsel.records.empty() ? nullptr : &morsel.records[i];
          const bool none = record == nullptr || record->key == nullptr;
          if (!none && !IsUtf8(record->key, record->key_size)) {
            column.status[i] = kFlowErrFieldType;
            continue;
          }
          flow_string_set(&rows->batch.values<FlowString>(index)[i], none ? "" : record->key,
                          none ? 0 : record->key_size);
          column.status[i] = none ? AbsentStatus(columns[c]) : uint8_t{kFlowValue};
        }
        break;
    }
  }
}

Status RecordDecoder::SetHeader(int /*partition*/, int64_t /*file*/, std::string_view /*header*/) {
  return OkStatus();
}

std::string RecordDecoder::Raw(const Morsel& morsel, int64_t index) const {
  const RawRecord& record = morsel.records[static_cast<size_t>(index)];
  return std::string(record.data, record.size);
}

Result<std::unique_ptr<RecordDecoder>> MakeRecordDecoder(const program::Source& source,
                                                         bool files) {
  const std::string who = "source " + source.name;
  switch (source.format) {
    case program::Format::kJson: {
      for (const auto& [name, value] : source.format_options) {
        if (name == "timestamp_unit") continue;
        return UserError(who + ": FORMAT JSON has no option '" + name + "'",
                         "its option is timestamp_unit");
      }
      FLOW_TRY(std::optional<TimestampUnit> unit, ParseTimestampUnit(source.format_options));
      return std::unique_ptr<RecordDecoder>(
          new JsonRecordDecoder(source, unit.value_or(TimestampUnit::kMillis)));
    }
    case program::Format::kCsv: {
      FLOW_TRY(CsvOptions options, ReadCsvOptions(who, source.format_options, files));
      if (!files && options.header) {
        return UserError(who + ": messages of a topic have no header", "leave header out");
      }
      return std::unique_ptr<RecordDecoder>(new CsvRecordDecoder(source, std::move(options)));
    }
    case program::Format::kRows:
      break;
  }
  return InternalError(who + " has no records to decode");
}

}  // namespace flow
