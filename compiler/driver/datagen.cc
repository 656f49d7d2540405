// WriteSource: reads a source and writes its records as they stand, to files or a topic.
#include "compiler/driver/datagen.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "runtime/connector/connector.h"
#include "runtime/connector/secrets.h"
#include "runtime/format/encode.h"

namespace flow {

namespace {

constexpr int64_t kWrittenRows = 4096;
constexpr int64_t kWrittenBytes = 1 << 20;

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdout) std::fclose(file);
  }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

Error FileError(const std::string& path) {
  return ExternalError("can not write " + path + ": " + std::strerror(errno));
}

// Calls `write` with every record of a partition, in order.
template <typename Write>
Status ForEachRecord(SourceConnector& connector, const PartitionInfo& partition, int64_t limit,
                     Write write) {
  FLOW_TRY(std::unique_ptr<PartitionReader> reader,
           connector.Open(partition.id, partition.begin, partition.end));
  Morsel morsel;
  int64_t written = 0;
  while (limit < 0 || written < limit) {
    int64_t want = limit < 0 ? kWrittenRows : std::min(kWrittenRows, limit - written);
    FLOW_TRY(ReadState state, reader->Read(want, kWrittenBytes, &morsel));
    if (state == ReadState::kEnd) break;
    if (state == ReadState::kIdle) continue;
    for (int64_t i = 0; i < morsel.row_count; ++i) {
      FLOW_RETURN_IF_ERROR(write(connector.decoder().Raw(morsel, i)));
    }
    written += morsel.row_count;
  }
  return OkStatus();
}

Status WriteFile(SourceConnector& connector, const PartitionInfo& partition,
                 const std::string& path, int64_t limit) {
  File file(path == "-" ? stdout : std::fopen(path.c_str(), "wb"));
  if (file == nullptr) return FileError(path);
  FLOW_RETURN_IF_ERROR(
      ForEachRecord(connector, partition, limit, [&](std::string record) -> Status {
        record.push_back('\n');
        if (std::fwrite(record.data(), 1, record.size(), file.get()) != record.size()) {
          return FileError(path);
        }
        return OkStatus();
      }));
  if (std::fflush(file.get()) != 0) return FileError(path);
  return OkStatus();
}

// Records go through the Kafka sink as one STRING column would not: they are bytes. So the topic is
// written by the connector's own producer.
Status WriteTopic(SourceConnector& connector, const DatagenOptions& options) {
  FLOW_TRY(std::unique_ptr<RecordWriter> writer, OpenTopicWriter(options.brokers, options.topic));
  for (const PartitionInfo& partition : connector.partitions()) {
    FLOW_RETURN_IF_ERROR(ForEachRecord(
        connector, partition, options.limit,
        [&](const std::string& record) -> Status { return writer->Write(partition.id, record); }));
  }
  return writer->Close();
}

Status WriteOpened(const program::Source& source, const DatagenOptions& options) {
  FLOW_TRY(std::unique_ptr<SourceConnector> connector, OpenSource(source));
  for (const PartitionInfo& partition : connector->partitions()) {
    if (!partition.bounded && options.limit < 0) {
      return UserError("source " + source.name + " never ends", "say how much: --limit N");
    }
  }
  if (!options.topic.empty()) return WriteTopic(*connector, options);
  const bool several = connector->partitions().size() > 1 && options.path != "-";
  for (const PartitionInfo& partition : connector->partitions()) {
    std::string path = options.path;
    if (several) {
      // clicks.jsonl becomes clicks.0.jsonl: the extension says the format.
      size_t slash = path.find_last_of('/');
      size_t dot = path.find_last_of('.');
      if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) {
        dot = path.size();
      }
      path.insert(dot, "." + std::to_string(partition.id));
    }
    FLOW_RETURN_IF_ERROR(WriteFile(*connector, partition, path, options.limit));
  }
  return OkStatus();
}

}  // namespace

Status WriteSource(const BoundScript& script, const DatagenOptions& options) {
  const program::Source* source = nullptr;
  for (const bound::Source& candidate : script.sources) {
    if (options.source.empty() || candidate.spec.name == options.source) {
      if (source != nullptr) {
        return UserError("the file has several sources", "name one with --source");
      }
      source = &candidate.spec;
    }
  }
  if (source == nullptr) {
    return UserError(options.source.empty() ? "the file has no source"
                                            : "there is no source `" + options.source + "`");
  }
  program::Source opened = *source;
  Secrets secrets(options.secrets);
  FLOW_RETURN_IF_ERROR(secrets.Resolve("source " + opened.name, opened.secrets, &opened.options));
  Status written = WriteOpened(opened, options);
  if (!written.ok()) return secrets.Hide(written.error());
  return OkStatus();
}

}  // namespace flow