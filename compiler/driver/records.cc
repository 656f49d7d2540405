// SourceOfPlace, ReadSome.
#include "compiler/driver/records.h"

#include <algorithm>

namespace flow {

namespace {

constexpr int64_t kMorselRows = 1024;
constexpr int64_t kMorselBytes = 1 << 20;
constexpr std::string_view kTopic = "kafka://";

// Until the share is used, or the partition ends as it was when it was opened.
Result<int64_t> ReadPartition(SourceConnector& connector, const PartitionInfo& partition,
                              int64_t share,
                              const std::function<Result<int64_t>(const Morsel&)>& use) {
  int64_t read = 0;
  if (partition.end >= 0 && partition.begin >= partition.end) return read;
  FLOW_TRY(std::unique_ptr<PartitionReader> reader,
           connector.Open(partition.id, partition.begin, partition.end));
  Morsel morsel;
  while (share < 0 || read < share) {
    const int64_t want = share < 0 ? kMorselRows : std::min(kMorselRows, share - read);
    FLOW_TRY(ReadState state, reader->Read(want, kMorselBytes, &morsel));
    if (state == ReadState::kEnd) break;
    if (state == ReadState::kIdle) {
      if (partition.end < 0) break;  // a file that is followed: nobody waits for more
      continue;
    }
    FLOW_TRY(int64_t used, use(morsel));
    read += used;
  }
  return read;
}

}  // namespace

Result<program::Source> SourceOfPlace(const std::string& place) {
  program::Source source;
  source.name = place;
  if (!place.starts_with(kTopic)) {
    source.connector = program::Connector::kFile;
    source.options["path"] = place;
    std::string name = place;
    for (std::string_view packed : {".gz", ".zst"}) {
      if (name.ends_with(packed)) name.resize(name.size() - packed.size());
    }
    if (name.ends_with(".csv")) {
      source.format = program::Format::kCsv;
      source.format_options["header"] = "false";
    }
    return source;
  }
  const std::string rest = place.substr(kTopic.size());
  const size_t slash = rest.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == rest.size()) {
    return UserError("`" + place + "` names no topic", "write it as kafka://host:9092/topic");
  }
  source.connector = program::Connector::kKafka;
  source.options["brokers"] = rest.substr(0, slash);
  source.options["topic"] = rest.substr(slash + 1);
  return source;
}

Status ReadSome(SourceConnector& connector, int64_t limit,
                const std::function<Result<int64_t>(const Morsel&)>& use) {
  const auto& partitions = connector.partitions();
  int64_t left = limit;
  for (size_t i = 0; i < partitions.size(); ++i) {
    const auto behind = static_cast<int64_t>(partitions.size() - i);
    const int64_t share = limit < 0 ? -1 : (left + behind - 1) / behind;
    if (share == 0) break;
    FLOW_TRY(int64_t read, ReadPartition(connector, partitions[i], share, use));
    if (limit >= 0) left -= read;
  }
  return OkStatus();
}

}  // namespace flow
