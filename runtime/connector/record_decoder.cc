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
    if (!column.type.is_variable()) continue;
    out->batch.kept.push_back(morsel.keep);
    break;
  }
}

// Which columns a decoder wants.
enum class Part { kAll, kEarly, kLate };

// The columns; those of another part have no field of the record.
std::vector<program::SourceColumn> ColumnsOf(const program::Source& source, Part part) {
  std::vector<program::SourceColumn> columns = source.columns;
  for (program::SourceColumn& column : columns) {
    const bool wanted = part == Part::kAll || column.late == (part == Part::kLate);
    if (!wanted) column.from = program::ColumnFrom::kOffset;
  }
  return columns;
}

class JsonRecordDecoder : public RecordDecoder {
 public:
  JsonRecordDecoder(const program::Source& source, TimestampUnit unit)
      : source_(source),
        all_(Make(source, unit, Part::kAll)),
        early_(Make(source, unit, Part::kEarly)),
        late_(Make(source, unit, Part::kLate)) {}

  void Decode(const Morsel& morsel, DecodedRows* out) const override {
    DecodeWith(all_, morsel, out);
  }
  void DecodeEarly(const Morsel& morsel, DecodedRows* out) const override {
    DecodeWith(early_, morsel, out);
  }
  void DecodeLate(const Morsel& morsel, const std::vector<int32_t>& rows,
                  DecodedRows* out) const override {
    JsonDecoder::Memory memory(late_);
    for (int32_t row : rows) {
      const RawRecord& record = morsel.records[static_cast<size_t>(row)];
      late_.Decode(record.data, record.size, morsel.readable, row, &out->batch, &memory);
    }
  }

 private:
  static JsonDecoder Make(const program::Source& source, TimestampUnit unit, Part part) {
    const bool arrays =
        std::any_of(source.columns.begin(), source.columns.end(), StartsWithIndex) ||
        std::any_of(source.declared.begin(), source.declared.end(), StartsWithIndex);
    return JsonDecoder(ColumnsOf(source, part), unit, arrays);
  }
  void DecodeWith(const JsonDecoder& decoder, const Morsel& morsel, DecodedRows* out) const {
    BeginRows(source_, morsel, out);
    JsonDecoder::Memory memory(decoder);
    for (size_t i = 0; i < morsel.records.size(); ++i) {
      const RawRecord& record = morsel.records[i];
      const int32_t row = static_cast<int32_t>(i);
      if (decoder.Decode(record.data, record.size, morsel.readable, row, &out->batch, &memory)) {
        continue;
      }
      out->record_status[i] = kFlowErrMalformed;
      PresetAbsent(source_.columns, row, 1, &out->batch);
    }
    EndRows(source_, morsel, out);
  }

  const program::Source& source_;
  const JsonDecoder all_;
  const JsonDecoder early_;
  const JsonDecoder late_;
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
    auto layout = [&](Part part) {
      return CsvLayout::FromPositions(static_cast<size_t>(fields), ColumnsOf(source, part),
                                      options_);
    };
    by_position_ = std::make_shared<const Layouts>(
        Layouts{layout(Part::kAll), layout(Part::kEarly), layout(Part::kLate)});
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
    auto layout = [&](Part part) {
      return CsvLayout::FromHeader(header, ColumnsOf(source_, part), options_);
    };
    FLOW_TRY(CsvLayout all, layout(Part::kAll));
    FLOW_TRY(CsvLayout early, layout(Part::kEarly));
    FLOW_TRY(CsvLayout late, layout(Part::kLate));
    std::lock_guard<std::mutex> lock(mutex_);
    layouts_[{partition, file}] =
        std::make_shared<const Layouts>(Layouts{std::move(all), std::move(early), std::move(late)});
    return OkStatus();
  }

  void Decode(const Morsel& morsel, DecodedRows* out) const override {
    DecodeWith(&Layouts::all, morsel, out);
  }
  void DecodeEarly(const Morsel& morsel, DecodedRows* out) const override {
    DecodeWith(&Layouts::early, morsel, out);
  }
  void DecodeLate(const Morsel& morsel, const std::vector<int32_t>& rows,
                  DecodedRows* out) const override {
    const std::shared_ptr<const Layouts> layouts = LayoutsOf(morsel);
    if (layouts == nullptr) return;
    std::vector<CsvField> scratch;
    for (int32_t row : rows) {
      const RawRecord& record = morsel.records[static_cast<size_t>(row)];
      layouts->late.Decode(record.data, record.size, row, &out->batch, &scratch);
    }
  }

 private:
  struct Layouts {
    CsvLayout all;
    CsvLayout early;
    CsvLayout late;
  };

  void DecodeWith(CsvLayout Layouts::* part, const Morsel& morsel, DecodedRows* out) const {
    BeginRows(source_, morsel, out);
    const std::shared_ptr<const Layouts> layouts = LayoutsOf(morsel);
    std::vector<CsvField> scratch;
    for (size_t i = 0; i < morsel.records.size(); ++i) {
      const RawRecord& record = morsel.records[i];
      const int32_t row = static_cast<int32_t>(i);
      if (layouts != nullptr &&
          ((*layouts).*part).Decode(record.data, record.size, row, &out->batch, &scratch)) {
        continue;
      }
      out->record_status[i] = kFlowErrMalformed;
      PresetAbsent(source_.columns, row, 1, &out->batch);
    }
    EndRows(source_, morsel, out);
  }

  // A morsel is of one file.
  std::shared_ptr<const Layouts> LayoutsOf(const Morsel& morsel) const {
    if (by_position_ != nullptr || morsel.records.empty()) return by_position_;
    const int64_t file = FileOfOffset(morsel.records.front().offset);
    std::lock_guard<std::mutex> lock(mutex_);
    const auto it = layouts_.find({morsel.partition, file});
    return it == layouts_.end() ? nullptr : it->second;
  }

  const program::Source& source_;
  const CsvOptions options_;
  std::shared_ptr<const Layouts> by_position_;
  mutable std::mutex mutex_;
  std::map<std::pair<int, int64_t>, std::shared_ptr<const Layouts>> layouts_;
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
        for (size_t i = 0; i < count; ++i) {
          rows->batch.values<int32_t>(index)[i] = morsel.PartitionOf(i);
        }
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
      case program::ColumnFrom::kHeaders:
        for (size_t i = 0; i < count; ++i) {
          const std::optional<std::string>* map =
              morsel.headers == nullptr ? nullptr : &(*morsel.headers)[i];
          const bool is_value = map != nullptr && map->has_value();
          const std::string_view value = is_value ? std::string_view(**map) : std::string_view();
          flow_string_set(&rows->batch.values<FlowString>(index)[i], value.data(),
                          static_cast<uint32_t>(value.size()));
          column.status[i] = is_value         ? uint8_t{kFlowValue}
                             : map == nullptr ? AbsentStatus(columns[c])
                                              : uint8_t{kFlowErrFieldType};
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
