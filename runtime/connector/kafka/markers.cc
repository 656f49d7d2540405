// Gives MarkerTopic and the text of markers.
#include "runtime/connector/kafka/markers.h"

#include "runtime/connector/kafka/admin.h"
#include "runtime/connector/kafka/topic_scan.h"

namespace flow::kafka {

namespace {

constexpr int64_t kFetchKbytes = 4096;

// Small segments, as only closed ones are compacted: what a restart has to read is a few MB,
// however many epochs there were.
const std::map<std::string, std::string>& TopicSettings() {
  static const std::map<std::string, std::string> settings = {
      {"cleanup.policy", "compact"},
      {"segment.bytes", "4194304"},
      {"min.cleanable.dirty.ratio", "0.1"},
  };
  return settings;
}

}  // namespace

std::string MarkerTopicName(const PipelineIdentity& pipeline) {
  return "flowc." + pipeline.uid + ".markers";
}

std::string MarkerText(const EpochMarker& marker) {
  return "{\"epoch\":" + std::to_string(marker.epoch) + ",\"manifest\":\"" + marker.manifest +
         "\"}";
}

std::optional<EpochMarker> ParseMarker(const std::string& text) {
  EpochMarker marker;
  char manifest[33] = "";
  long long epoch = 0;
  if (std::sscanf(text.c_str(), "{\"epoch\":%lld,\"manifest\":\"%32[0-9a-f]", &epoch, manifest) <
      1) {
    return std::nullopt;
  }
  marker.epoch = epoch;
  marker.manifest = manifest;
  if (MarkerText(marker) != text) return std::nullopt;
  return marker;
}

Result<std::unique_ptr<MarkerTopic>> MarkerTopic::Open(
    const std::string& who, const std::string& brokers,
    const std::map<std::string, std::string>& passed, const std::string& name) {
  FLOW_TRY(std::shared_ptr<Client> questions,
           Client::Create(who, Role::kConsumer, brokers, {ReaderSettings(kFetchKbytes), passed}));
  FLOW_TRY(std::shared_ptr<Client> uncommitted,
           Client::Create(
               who, Role::kConsumer, brokers,
               {ReaderSettings(kFetchKbytes), passed, {{"isolation.level", "read_uncommitted"}}}));
  auto new_fetcher = [who, brokers, passed] {
    return Client::Create(who, Role::kConsumer, brokers, {ReaderSettings(kFetchKbytes), passed});
  };
  auto topic = std::make_shared<Topic>(name, std::move(questions), new_fetcher);
  return std::unique_ptr<MarkerTopic>(
      new MarkerTopic(std::move(uncommitted), std::move(topic), std::move(new_fetcher)));
}

std::shared_ptr<Topic> MarkerTopic::Other(const std::string& topic) const {
  return std::make_shared<Topic>(topic, topic_->shared_questions(), new_fetcher_);
}

Status MarkerTopic::Prepare() {
  FLOW_RETURN_IF_ERROR(CreateTopic(&client(), name(), TopicSettings()));
  FLOW_TRY(const int partitions, client().PartitionCount(name(), kQuestionMs));
  if (partitions != 1) {
    return DataError(client().who() + ": topic " + name() + " has " + std::to_string(partitions) +
                         " partitions, not one: markers in it have no order",
                     "it is this pipeline's own: who changed it?");
  }
  return OkStatus();
}

Result<std::map<std::string, std::string>> MarkerTopic::Read(UpTo up_to) {
  int64_t end = 0;
  if (up_to == UpTo::kWritten) {
    FLOW_TRY(const auto written, uncommitted_->Range(name(), 0));
    end = written.second;
  }
  const int64_t deadline = SteadyMillis() + kScanPatienceMs;
  int64_t begin = 0;
  for (;;) {
    FLOW_TRY(const auto committed, client().Range(name(), 0));
    begin = committed.first;
    if (up_to == UpTo::kCommitted) end = committed.second;
    if (committed.second >= end) break;
    if (SteadyMillis() > deadline) {
      return ExternalError(client().who() + ": topic " + name() +
                           " has a transaction that does not end (offset " +
                           std::to_string(committed.second) + " of " + std::to_string(end) + ")");
    }
    client().Poll(20);
  }
  std::map<std::string, std::string> values;
  FLOW_RETURN_IF_ERROR(Scan(topic_, 0, begin, end, [&](const RawRecord& record) -> Status {
    const std::string key(record.key == nullptr ? "" : record.key, record.key_size);
    if (record.size == 0) {
      values.erase(key);
    } else {
      values[key].assign(record.data, record.size);
    }
    return OkStatus();
  }));
  return values;
}

}  // namespace flow::kafka
