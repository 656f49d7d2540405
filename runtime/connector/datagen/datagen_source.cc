// Gives OpenDatagenSource. Its reader only counts; the decoder makes the records of a morsel, with
// the fields that are wanted, and decodes them as those of a topic are.
#include "runtime/connector/datagen/datagen_source.h"

#include <algorithm>

#include "runtime/connector/datagen/generator.h"
#include "runtime/connector/record_decoder.h"
#include "runtime/connector/row_reader.h"

namespace flow {

namespace {

using datagen::RecordGenerator;

using Path = std::vector<program::PathStep>;

bool BeginsWith(const Path& path, const Path& start) {
  if (path.size() < start.size()) return false;
  return std::equal(
      start.begin(), start.end(), path.begin(),
      [](const program::PathStep& a, const program::PathStep& b) { return a.key == b.key; });
}

// Declared fields that some column reads, or whose presence it asks for.
std::vector<size_t> WantedFields(const program::Source& source) {
  std::vector<size_t> wanted;
  for (size_t i = 0; i < source.declared.size(); ++i) {
    const Path& path = source.declared[i].path;
    const bool is_wanted = std::any_of(
        source.columns.begin(), source.columns.end(), [&](const program::SourceColumn& column) {
          const bool of_record = column.from == program::ColumnFrom::kField ||
                                 column.from == program::ColumnFrom::kPresence;
          return of_record && (BeginsWith(path, column.path) || BeginsWith(column.path, path));
        });
    if (is_wanted) wanted.push_back(i);
  }
  return wanted;
}

class DatagenDecoder : public Decoder {
 public:
  DatagenDecoder(std::shared_ptr<const RecordGenerator> generator,
                 std::unique_ptr<RecordDecoder> decoder, const std::vector<size_t>& wanted)
      : generator_(std::move(generator)),
        decoder_(std::move(decoder)),
        wanted_(generator_->ShapeOf(wanted)) {}

  void Decode(const Morsel& morsel, DecodedRows* out) const override {
    decoder_->Decode(Made(morsel, nullptr), out);
  }
  void DecodeEarly(const Morsel& morsel, DecodedRows* out) const override {
    decoder_->DecodeEarly(Made(morsel, nullptr), out);
  }
  void DecodeLate(const Morsel& morsel, const std::vector<int32_t>& rows,
                  DecodedRows* out) const override {
    const Morsel made = Made(morsel, &rows);
    decoder_->DecodeLate(made, rows, out);
    out->batch.kept.push_back(made.keep);
  }
  std::string Raw(const Morsel& morsel, int64_t index) const override {
    std::string record;
    generator_->AppendRecord(morsel.partition, morsel.begin_offset + index, generator_->whole(),
                             &record);
    return record;
  }

 private:
  // The morsel with its records; with `rows`, only the texts of these.
  Morsel Made(const Morsel& morsel, const std::vector<int32_t>* rows) const {
    auto text = std::make_shared<std::string>();
    std::vector<size_t> ends;
    Morsel made = morsel;
    made.records.resize(static_cast<size_t>(morsel.row_count));
    for (int64_t i = 0; i < morsel.row_count; ++i) {
      RawRecord& record = made.records[static_cast<size_t>(i)];
      record.offset = morsel.begin_offset + i;
      record.log_timestamp = generator_->LogTime(morsel.partition, record.offset);
      if (rows != nullptr &&
          !std::binary_search(rows->begin(), rows->end(), static_cast<int32_t>(i))) {
        ends.push_back(text->size());
        continue;
      }
      generator_->AppendRecord(morsel.partition, record.offset, wanted_, text.get());
      ends.push_back(text->size());
    }
    for (size_t i = 0, begin = 0; i < ends.size(); begin = ends[i++]) {
      made.records[i].data = text->data() + begin;
      made.records[i].size = static_cast<uint32_t>(ends[i] - begin);
    }
    made.keep = std::move(text);
    made.readable = nullptr;
    return made;
  }

  const std::shared_ptr<const RecordGenerator> generator_;
  const std::unique_ptr<RecordDecoder> decoder_;
  const RecordGenerator::Shape wanted_;
};

class DatagenSource : public SourceConnector {
 public:
  DatagenSource(std::string name, std::shared_ptr<const RecordGenerator> generator,
                std::unique_ptr<Decoder> decoder)
      : name_(std::move(name)), generator_(std::move(generator)), decoder_(std::move(decoder)) {
    for (int64_t p = 0; p < generator_->config().partitions; ++p) {
      PartitionInfo info;
      info.id = static_cast<int>(p);
      info.name = std::to_string(p);
      info.bounded = generator_->config().events.has_value();
      if (info.bounded) info.end = generator_->EventCount(p);
      partitions_.push_back(std::move(info));
    }
  }

  const std::vector<PartitionInfo>& partitions() const override { return partitions_; }
  const Decoder& decoder() const override { return *decoder_; }
  bool has_log_timestamps() const override { return true; }

  Result<int64_t> OffsetAtTime(int partition, int64_t time_us) override {
    FLOW_RETURN_IF_ERROR(Check(partition));
    int64_t low = 0, high = generator_->EventCount(partition);
    while (low < high) {
      const int64_t middle = low + (high - low) / 2;
      if (generator_->LogTime(partition, middle) < time_us) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  Result<std::unique_ptr<PartitionReader>> Open(int partition, int64_t from, int64_t to) override {
    FLOW_RETURN_IF_ERROR(Check(partition));
    const int64_t end = generator_->EventCount(partition);
    if (from < 0 || from > end) {
      return UserError("source " + name_ + ": partition " + std::to_string(partition) + " has " +
                       std::to_string(end) + " events; there is no offset " + std::to_string(from));
    }
    return std::unique_ptr<PartitionReader>(
        new RowReader(partition, from, to < 0 || to > end ? end : to));
  }

 private:
  Status Check(int partition) const {
    if (partition >= 0 && static_cast<size_t>(partition) < partitions_.size()) return OkStatus();
    return UserError("source " + name_ + " has no partition " + std::to_string(partition));
  }

  const std::string name_;
  const std::shared_ptr<const RecordGenerator> generator_;
  const std::unique_ptr<Decoder> decoder_;
  std::vector<PartitionInfo> partitions_;
};

}  // namespace

Result<std::unique_ptr<SourceConnector>> OpenDatagenSource(const program::Source& source) {
  program::Datagen config;
  const auto mistakes = program::ReadDatagen(source.options, source.declared, &config);
  if (!mistakes.empty()) {
    return UserError("source " + source.name + ": " + mistakes[0].message, mistakes[0].hint);
  }
  FLOW_TRY(std::unique_ptr<RecordDecoder> decoder, MakeRecordDecoder(source, false));
  auto generator = std::make_shared<const RecordGenerator>(std::move(config), source.declared);
  std::unique_ptr<Decoder> making(
      new DatagenDecoder(generator, std::move(decoder), WantedFields(source)));
  return std::unique_ptr<SourceConnector>(
      new DatagenSource(source.name, std::move(generator), std::move(making)));
}

}  // namespace flow
