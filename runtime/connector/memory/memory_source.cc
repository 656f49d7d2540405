// Gives OpenMemorySource.
#include "runtime/connector/memory/memory_source.h"

#include <algorithm>

#include "runtime/connector/record_decoder.h"

namespace flow {

namespace {

class MemoryReader : public PartitionReader {
 public:
  MemoryReader(const std::vector<program::LogRecord>& records, int partition, int64_t from,
               int64_t to)
      : records_(records), partition_(partition), next_(from), to_(to) {}

  Result<ReadState> Read(int64_t max_records, int64_t max_bytes, Morsel* out) override {
    out->partition = partition_;
    out->Clear();
    out->begin_offset = next_;
    while (next_ < to_ &&
           static_cast<int64_t>(out->records.size()) < std::max<int64_t>(max_records, 1) &&
           (out->records.empty() || out->bytes < max_bytes)) {
      const program::LogRecord& record = records_[static_cast<size_t>(next_)];
      RawRecord raw;
      raw.data = record.value.data();
      raw.size = static_cast<uint32_t>(record.value.size());
      if (record.key) {
        raw.key = record.key->data();
        raw.key_size = static_cast<uint32_t>(record.key->size());
      }
      raw.offset = next_++;
      raw.log_timestamp = record.timestamp.value_or(kNoTime);
      out->bytes += raw.size;
      out->records.push_back(raw);
    }
    out->row_count = static_cast<int64_t>(out->records.size());
    out->next_offset = next_;
    return out->row_count == 0 ? ReadState::kEnd : ReadState::kData;
  }
  int64_t next_offset() const override { return next_; }
  int64_t lag() const override { return std::max<int64_t>(to_ - next_, 0); }

 private:
  const std::vector<program::LogRecord>& records_;
  const int partition_;
  int64_t next_;
  const int64_t to_;
};

class MemorySource : public SourceConnector {
 public:
  MemorySource(const program::Log& log, std::unique_ptr<RecordDecoder> decoder)
      : log_(log), decoder_(std::move(decoder)) {
    for (size_t p = 0; p < log.size(); ++p) {
      PartitionInfo info;
      info.id = static_cast<int>(p);
      info.name = std::to_string(p);
      info.end = static_cast<int64_t>(log[p].size());
      info.bounded = true;
      partitions_.push_back(std::move(info));
    }
  }

  const std::vector<PartitionInfo>& partitions() const override { return partitions_; }
  const Decoder& decoder() const override { return *decoder_; }
  bool has_log_timestamps() const override { return true; }

  Result<std::unique_ptr<PartitionReader>> Open(int partition, int64_t from, int64_t to) override {
    const int64_t end = partitions_[static_cast<size_t>(partition)].end;
    return std::unique_ptr<PartitionReader>(new MemoryReader(log_[static_cast<size_t>(partition)],
                                                             partition, std::min(from, end),
                                                             to < 0 ? end : std::min(to, end)));
  }

 private:
  const program::Log& log_;
  const std::unique_ptr<RecordDecoder> decoder_;
  std::vector<PartitionInfo> partitions_;
};

}  // namespace

Result<std::unique_ptr<SourceConnector>> OpenMemorySource(const program::Source& source,
                                                          const program::Log& log) {
  // Records have no header: fields stand in the order of the columns.
  FLOW_TRY(std::unique_ptr<RecordDecoder> decoder, MakeRecordDecoder(source, false));
  return std::unique_ptr<SourceConnector>(new MemorySource(log, std::move(decoder)));
}

}  // namespace flow
