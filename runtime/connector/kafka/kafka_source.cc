// Gives OpenKafkaSource.
#include "runtime/connector/kafka/kafka_source.h"

#include <algorithm>

#include "runtime/connector/kafka/client.h"
#include "runtime/connector/kafka/group_offsets.h"
#include "runtime/connector/kafka/kafka_reader.h"
#include "runtime/connector/kafka/topic_scan.h"
#include "runtime/connector/options.h"
#include "runtime/connector/record_decoder.h"

namespace flow {

namespace {

using kafka::Client;
using kafka::GroupOffsets;

// What all partitions together may hold of records that nobody has taken yet. Each may exceed its
// share by one fetch (fetch.message.max.bytes, 1 MB).
constexpr int64_t kPrefetchKbytes = 64 << 10;
constexpr int64_t kMostKbytes = 8 << 10;
constexpr int64_t kLeastKbytes = 1 << 10;

class KafkaSource : public SourceConnector {
 public:
  KafkaSource(std::shared_ptr<kafka::Topic> topic, std::unique_ptr<Decoder> decoder)
      : topic_(std::move(topic)),
        decoder_(std::move(decoder)),
        group_offsets_(topic_->shared_questions()) {}

  // Takes in the partitions past those that are known.
  Result<std::vector<PartitionInfo>> Discover(int count) {
    std::vector<PartitionInfo> added;
    for (int p = static_cast<int>(partitions_.size()); p < count; ++p) {
      FLOW_TRY(const auto range, topic_->questions().Range(topic_->name(), p));
      PartitionInfo info;
      info.id = p;
      info.name = std::to_string(p);
      info.begin = range.first;
      info.end = range.second;
      added.push_back(std::move(info));
    }
    partitions_.insert(partitions_.end(), added.begin(), added.end());
    return added;
  }

  const std::vector<PartitionInfo>& partitions() const override { return partitions_; }
  const Decoder& decoder() const override { return *decoder_; }
  bool has_log_timestamps() const override { return true; }

  Result<std::vector<PartitionInfo>> NewPartitions() override {
    constexpr int kQuickMs = 500;
    auto count = topic_->questions().PartitionCount(topic_->name(), kQuickMs);
    // Brokers that are away are the readers' to judge.
    if (!count.ok()) return std::vector<PartitionInfo>{};
    RefreshEnds(kQuickMs);
    return Discover(count.value());
  }

  Result<std::unique_ptr<PartitionReader>> Open(int partition, int64_t from, int64_t to) override {
    if (partition < 0 || static_cast<size_t>(partition) >= partitions_.size()) {
      return UserError(topic_->questions().who() + ": topic " + topic_->name() +
                       " has no partition " + std::to_string(partition));
    }
    FLOW_TRY(std::unique_ptr<kafka::Reader> reader,
             kafka::Reader::Open(topic_, partition, from, to));
    return std::unique_ptr<PartitionReader>(std::move(reader));
  }

  Result<int64_t> End(int partition) override {
    FLOW_TRY(const auto range, topic_->questions().Range(topic_->name(), partition));
    topic_->NoteEnd(partition, range.second);
    return range.second;
  }

  Status VerifyFingerprint(int partition, int64_t next_offset,
                           const RecordFingerprint& last) override {
    FLOW_TRY(const auto range, topic_->questions().Range(topic_->name(), partition));
    const std::string place = topic_->questions().who() + ": topic " + topic_->name() +
                              " partition " + std::to_string(partition);
    const char* const hint =
        "it was deleted and made anew, or brokers lost records; offsets of the old log mean "
        "nothing in this one, so state made from it can not be used";
    if (next_offset > range.second) {
      return DataError(place + " is not the log that was read: it was read up to offset " +
                           std::to_string(next_offset) + " and ends at " +
                           std::to_string(range.second),
                       hint);
    }
    // Expired, with all that was read or with more than that: opening a reader tells the latter.
    if (last.offset < range.first) return OkStatus();
    bool same = true;  // also if compaction removed it
    FLOW_RETURN_IF_ERROR(kafka::Scan(topic_, partition, last.offset, last.offset + 1,
                                     [&](const RawRecord& record) -> Status {
                                       same = kafka::Reader::FingerprintOf(record) == last;
                                       return OkStatus();
                                     }));
    if (same) return OkStatus();
    return DataError(place + " is not the log that was read: the record at offset " +
                         std::to_string(last.offset) + " is another one",
                     hint);
  }

  void CommitInformational(const std::string& group,
                           const std::vector<std::pair<int, int64_t>>& offsets) override {
    group_offsets_.Commit(group, topic_->name(), offsets);
  }

  Result<int64_t> OffsetAtTime(int partition, int64_t time_us) override {
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
    // The least millisecond that is not before the time.
    rd_kafka_topic_partition_list_add(list, topic_->name().c_str(), partition)->offset =
        time_us < 0 ? 0 : (time_us + 999) / 1000;
    const rd_kafka_resp_err_t code =
        rd_kafka_offsets_for_times(topic_->questions().handle(), list, kafka::kQuestionMs);
    const rd_kafka_resp_err_t of_partition = list->elems[0].err;
    const int64_t offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    for (const rd_kafka_resp_err_t failed : {code, of_partition}) {
      if (failed == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      return topic_->questions().Failure("topic " + topic_->name() + " partition " +
                                             std::to_string(partition) + ": the offset at a time",
                                         failed);
    }
    if (offset >= 0) return offset;
    // Nothing is that late yet.
    FLOW_TRY(const auto range, topic_->questions().Range(topic_->name(), partition));
    return range.second;
  }

 private:
  // For readers that do not fetch, because nobody takes what they have: their lag grows all the
  // same.
  void RefreshEnds(int timeout_ms) {
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
    for (const PartitionInfo& info : partitions_) {
      rd_kafka_topic_partition_list_add(list, topic_->name().c_str(), info.id)->offset =
          RD_KAFKA_OFFSET_END;
    }
    if (rd_kafka_offsets_for_times(topic_->questions().handle(), list, timeout_ms) ==
        RD_KAFKA_RESP_ERR_NO_ERROR) {
      for (int i = 0; i < list->cnt; ++i) {
        const rd_kafka_topic_partition_t& of = list->elems[i];
        if (of.err == RD_KAFKA_RESP_ERR_NO_ERROR) topic_->NoteEnd(of.partition, of.offset);
      }
    }
    rd_kafka_topic_partition_list_destroy(list);
  }

  const std::shared_ptr<kafka::Topic> topic_;
  const std::unique_ptr<Decoder> decoder_;
  GroupOffsets group_offsets_;
  std::vector<PartitionInfo> partitions_;
};

}  // namespace

Result<std::unique_ptr<SourceConnector>> OpenKafkaSource(const program::Source& source) {
  const std::string who = "source " + source.name;
  FLOW_TRY(const program::Options options, WithSecrets(who, source.options, source.secrets));
  FLOW_TRY(const std::string brokers, RequiredOption(who, options, "brokers"));
  FLOW_TRY(const std::string topic, RequiredOption(who, options, "topic"));
  FLOW_TRY(const auto passed, kafka::PassedOptions(who, kafka::Role::kConsumer, options));
  FLOW_TRY(std::unique_ptr<RecordDecoder> decoder, MakeRecordDecoder(source, false));
  FLOW_TRY(std::shared_ptr<Client> questions,
           Client::Create(who, kafka::Role::kConsumer, brokers,
                          {kafka::ReaderSettings(kMostKbytes), passed}));
  FLOW_TRY(const int count, questions->PartitionCount(topic, kafka::kQuestionMs));
  const int64_t prefetch = std::clamp(kPrefetchKbytes / count, kLeastKbytes, kMostKbytes);
  auto new_fetcher = [who, brokers, passed, prefetch] {
    return Client::Create(who, kafka::Role::kConsumer, brokers,
                          {kafka::ReaderSettings(prefetch), passed});
  };
  const bool headers = std::any_of(source.columns.begin(), source.columns.end(), [](const auto& c) {
    return c.from == program::ColumnFrom::kHeaders;
  });
  auto opened = std::make_unique<KafkaSource>(
      std::make_shared<kafka::Topic>(topic, std::move(questions), std::move(new_fetcher), headers),
      std::move(decoder));
  FLOW_RETURN_IF_ERROR([&]() -> Status {
    FLOW_TRY(const auto added, opened->Discover(count));
    return added.empty() ? Status(InternalError(who + ": no partitions")) : OkStatus();
  }());
  return std::unique_ptr<SourceConnector>(std::move(opened));
}

}  // namespace flow
