// Gives RecordFeed and OpenFeedSource.
#include "runtime/connector/memory/feed.h"

#include <algorithm>
#include <chrono>

#include "runtime/connector/record_decoder.h"

namespace flow {

RecordFeed::RecordFeed(int partitions, int64_t capacity) : capacity_(capacity) {
  for (int p = 0; p < std::max(partitions, 1); ++p) parts_.push_back(std::make_unique<Part>());
}

RecordFeed::Pushed RecordFeed::Push(int partition, int64_t offset, std::string_view record,
                                    std::optional<std::string_view> key, int64_t timestamp_us) {
  Part& part = *parts_[static_cast<size_t>(partition)];
  Record pushed{offset, timestamp_us, std::string(record), std::nullopt};
  if (key) pushed.key.emplace(*key);
  std::lock_guard lock(part.mutex);
  if (part.ended) return Pushed::kOver;
  if (offset <= part.pushed || offset < part.next) return Pushed::kTaken;
  const int64_t size = pushed.size();
  if (!part.records.empty() && part.bytes + size > capacity_) return Pushed::kFull;
  part.bytes += size;
  part.pushed = offset;
  part.records.push_back(std::move(pushed));
  return Pushed::kTaken;
}

void RecordFeed::End() {
  for (auto& part : parts_) {
    std::lock_guard lock(part->mutex);
    part->ended = true;
  }
}

int64_t RecordFeed::NextOffset(int partition) const {
  const Part& part = *parts_[static_cast<size_t>(partition)];
  std::lock_guard lock(part.mutex);
  return part.next;
}

void RecordFeed::ReadFrom(int partition, int64_t offset) {
  Part& part = *parts_[static_cast<size_t>(partition)];
  std::lock_guard lock(part.mutex);
  part.next = offset;
  while (!part.records.empty() && part.records.front().offset < offset) {
    part.bytes -= part.records.front().size();
    part.records.pop_front();
  }
}

ReadState RecordFeed::Take(int partition, int64_t to, int64_t max_records, int64_t max_bytes,
                           Morsel* out) {
  Part& part = *parts_[static_cast<size_t>(partition)];
  auto taken = std::make_shared<std::vector<Record>>();
  out->partition = partition;
  out->Clear();
  bool past = false;
  {
    std::lock_guard lock(part.mutex);
    out->begin_offset = part.next;
    while (!part.records.empty() &&
           static_cast<int64_t>(taken->size()) < std::max<int64_t>(max_records, 1) &&
           (taken->empty() || out->bytes < max_bytes)) {
      Record& record = part.records.front();
      past = to >= 0 && record.offset >= to;
      if (past) break;
      part.bytes -= record.size();
      part.next = record.offset + 1;
      out->bytes += static_cast<int64_t>(record.value.size());
      taken->push_back(std::move(record));
      part.records.pop_front();
    }
    out->next_offset = part.next;
    if (taken->empty()) {
      out->row_count = 0;
      const bool over = part.ended && part.records.empty();
      return past || over || (to >= 0 && part.next >= to) ? ReadState::kEnd : ReadState::kIdle;
    }
  }
  out->begin_offset = taken->front().offset;
  for (const Record& record : *taken) {
    RawRecord raw;
    raw.data = record.value.data();
    raw.size = static_cast<uint32_t>(record.value.size());
    if (record.key) {
      raw.key = record.key->data();
      raw.key_size = static_cast<uint32_t>(record.key->size());
    }
    raw.offset = record.offset;
    raw.log_timestamp = record.timestamp;
    out->records.push_back(raw);
  }
  out->row_count = static_cast<int64_t>(out->records.size());
  out->arrival_us = std::chrono::duration_cast<std::chrono::microseconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count();
  out->keep = std::move(taken);
  return ReadState::kData;
}

int64_t RecordFeed::waiting(int partition) const {
  const Part& part = *parts_[static_cast<size_t>(partition)];
  std::lock_guard lock(part.mutex);
  return static_cast<int64_t>(part.records.size());
}

namespace {

class FeedReader : public PartitionReader {
 public:
  FeedReader(RecordFeed* feed, int partition, int64_t from, int64_t to)
      : feed_(feed), partition_(partition), next_(from), to_(to) {
    feed_->ReadFrom(partition, from);
  }
  Result<ReadState> Read(int64_t max_records, int64_t max_bytes, Morsel* out) override {
    const ReadState state = feed_->Take(partition_, to_, max_records, max_bytes, out);
    next_ = std::max(next_, out->next_offset);
    return state;
  }
  int64_t next_offset() const override { return next_; }
  int64_t lag() const override { return feed_->waiting(partition_); }

 private:
  RecordFeed* const feed_;
  const int partition_;
  int64_t next_;
  const int64_t to_;
};

class FeedSource : public SourceConnector {
 public:
  FeedSource(RecordFeed* feed, std::unique_ptr<RecordDecoder> decoder)
      : feed_(feed), decoder_(std::move(decoder)) {
    for (int p = 0; p < feed->partitions(); ++p) {
      PartitionInfo info;
      info.id = p;
      info.name = std::to_string(p);
      info.bounded = true;  // by the feed's end, wherever that will be
      partitions_.push_back(std::move(info));
    }
  }
  const std::vector<PartitionInfo>& partitions() const override { return partitions_; }
  const Decoder& decoder() const override { return *decoder_; }
  bool has_log_timestamps() const override { return true; }
  Result<std::unique_ptr<PartitionReader>> Open(int partition, int64_t from, int64_t to) override {
    return std::unique_ptr<PartitionReader>(new FeedReader(feed_, partition, from, to));
  }

 private:
  RecordFeed* const feed_;
  const std::unique_ptr<RecordDecoder> decoder_;
  std::vector<PartitionInfo> partitions_;
};

}  // namespace

Result<std::unique_ptr<SourceConnector>> OpenFeedSource(const program::Source& source,
                                                        RecordFeed* feed) {
  if (source.format == program::Format::kRows) {
    return UserError("source " + source.name + " makes its rows itself: it can not be fed",
                     "a source with FORMAT JSON or CSV can");
  }
  // Records have no header: fields stand in the order of the columns.
  FLOW_TRY(std::unique_ptr<RecordDecoder> decoder, MakeRecordDecoder(source, false));
  return std::unique_ptr<SourceConnector>(new FeedSource(feed, std::move(decoder)));
}

}  // namespace flow
