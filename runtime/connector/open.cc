// Gives OpenSource and OpenSink: the explicit lists of connectors. And what sources do by default.
#include <memory>

#include "runtime/connector/connector.h"
#include "runtime/connector/datagen/datagen_source.h"
#include "runtime/connector/file/file_sink.h"
#include "runtime/connector/file/file_source.h"
#include "runtime/connector/inline/inline_source.h"
#include "runtime/connector/kafka/kafka_sink.h"
#include "runtime/connector/kafka/kafka_source.h"
#include "runtime/connector/nexmark/nexmark_source.h"

namespace flow {

Result<std::unique_ptr<SourceConnector>> OpenSource(const program::Source& source) {
  switch (source.connector) {
    case program::Connector::kFile:
      return OpenFileSource(source);
    case program::Connector::kInline:
      return OpenInlineSource(source);
    case program::Connector::kNexmark:
      return OpenNexmarkSource(source);
    case program::Connector::kDatagen:
      return OpenDatagenSource(source);
    case program::Connector::kKafka:
      return OpenKafkaSource(source);
    case program::Connector::kPostgres:
    case program::Connector::kRedis:
    case program::Connector::kHttp:
    case program::Connector::kStdout:
    case program::Connector::kNull:
    case program::Connector::kChecksum:
      break;
  }
  return InternalError("source " + source.name + " has a connector that gives no rows");
}

Result<std::unique_ptr<SinkConnector>> OpenSink(const program::Sink& sink,
                                                const program::View& view,
                                                const SinkContext& context) {
  switch (sink.connector) {
    case program::Connector::kFile:
      return OpenFileSink(sink, view, context.replace);
    case program::Connector::kKafka:
      return OpenKafkaSink(sink, view);
    // Exactly once only: see epoch_target.h.
    case program::Connector::kPostgres:
    case program::Connector::kRedis:
      return UserError("sink " + sink.name + " needs state: it is written with a marker in it",
                       "leave --state none out, or name a folder: --state DIR");
    case program::Connector::kHttp:
      return UserError(
          "sink " + sink.name + " needs state: its requests carry the number of their epoch",
          "leave --state none out, or name a folder: --state DIR");
    case program::Connector::kNexmark:
    case program::Connector::kDatagen:
    case program::Connector::kInline:
    // The runtime's own: see runtime/exec.
    case program::Connector::kStdout:
    case program::Connector::kNull:
    case program::Connector::kChecksum:
      break;
  }
  return InternalError("sink " + sink.name + " has a connector that takes no rows");
}

Result<int64_t> SourceConnector::OffsetAtTime(int partition, int64_t /*time_us*/) {
  const std::string name = partition >= 0 && static_cast<size_t>(partition) < partitions().size()
                               ? partitions()[static_cast<size_t>(partition)].name
                               : std::to_string(partition);
  return UserError("partition " + name + " has no log timestamps, so no offset belongs to a time",
                   "name an offset instead");
}

std::string SourceConnector::OffsetToText(int partition, int64_t offset) const {
  return std::to_string(partition) + "=" + std::to_string(offset);
}

std::optional<std::pair<int, int64_t>> SourceConnector::ParseOffset(const std::string& partition,
                                                                    int64_t value) const {
  for (const PartitionInfo& info : partitions()) {
    if (info.name == partition || std::to_string(info.id) == partition) {
      return std::pair<int, int64_t>(info.id, value);
    }
  }
  return std::nullopt;
}

}  // namespace flow
