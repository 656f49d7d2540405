// Gives OpenDeadLetter, and the text and key of dead letters.
#include <mutex>

#include "runtime/connector/connector.h"
#include "runtime/connector/file/file_writer.h"
#include "runtime/connector/kafka/kafka_dead_letter.h"
#include "runtime/connector/options.h"
#include "runtime/format/base64.h"
#include "runtime/format/encode.h"
#include "runtime/format/utf8.h"

namespace flow {

namespace {

class FileDeadLetterSink : public DeadLetterSink {
 public:
  explicit FileDeadLetterSink(std::unique_ptr<FileWriter> file) : file_(std::move(file)) {}

  Status Write(const DeadLetterRecord& record) override {
    const std::string line = DeadLetterJson(record) + "\n";
    std::lock_guard<std::mutex> lock(mutex_);
    // At once: they are few, and somebody may be looking for them.
    file_->buffer() += line;
    return file_->Flush();
  }
  Status Close() override {
    std::lock_guard<std::mutex> lock(mutex_);
    return file_->Close();
  }

 private:
  std::mutex mutex_;
  const std::unique_ptr<FileWriter> file_;
};

void AppendField(const char* name, const std::string& value, std::string* out) {
  *out += std::string(",\"") + name + "\":";
  AppendJsonString(value.data(), value.size(), out);
}

}  // namespace

std::string DeadLetterJson(const DeadLetterRecord& record) {
  std::string out = "{\"source\":";
  AppendJsonString(record.source.data(), record.source.size(), &out);
  out += ",\"partition\":" + std::to_string(record.partition) +
         ",\"offset\":" + std::to_string(record.offset);
  if (record.view.empty()) {
    out += ",\"view\":null";
  } else {
    AppendField("view", record.view, &out);
  }
  AppendField("error", record.error, &out);
  if (IsUtf8(record.raw.data(), record.raw.size())) {
    AppendField("raw", record.raw, &out);
  } else {
    AppendField("raw_base64", Base64(record.raw), &out);
  }
  return out + "}";
}

std::string DeadLetterKey(const DeadLetterRecord& record) {
  return record.source + ":" + std::to_string(record.partition) + ":" +
         std::to_string(record.offset) + ":" + record.view;
}

Result<std::unique_ptr<DeadLetterSink>> OpenDeadLetter(const program::DeadLetter& spec) {
  if (spec.connector == program::Connector::kKafka) return OpenKafkaDeadLetter(spec);
  if (spec.connector != program::Connector::kFile) {
    return UserError("not supported yet: dead letters to anything but FILE and KAFKA",
                     "DEAD LETTER TO FILE (path = '...')");
  }
  FLOW_RETURN_IF_ERROR(CheckOptions("FILE (dead letters)", spec.options, {"path"}));
  FLOW_TRY(const std::string path, RequiredOption("DEAD LETTER TO FILE", spec.options, "path"));
  FLOW_TRY(std::unique_ptr<FileWriter> file, FileWriter::Create("dead letters", path));
  return std::unique_ptr<DeadLetterSink>(new FileDeadLetterSink(std::move(file)));
}

}  // namespace flow
