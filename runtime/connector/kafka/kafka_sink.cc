// Gives OpenKafkaSink and OpenTopicWriter.
#include "runtime/connector/kafka/kafka_sink.h"

#include "runtime/connector/kafka/producer.h"
#include "runtime/connector/options.h"
#include "runtime/format/encode.h"

namespace flow {

namespace {

using kafka::Producer;

class KafkaSink : public SinkConnector {
 public:
  KafkaSink(std::unique_ptr<Producer> producer, const program::View& view)
      : producer_(std::move(producer)),
        append_only_(view.append_only),
        columns_(view.columns),
        structs_(view.structs),
        key_(view.key) {}

  Status Write(const ChangeBatch& changes) override {
    for (int32_t row = 0; row < changes.rows->rows; ++row) {
      const int64_t weight = changes.rows->weight(row);
      key_text_.clear();
      value_text_.clear();
      if (append_only_) {
        AppendJsonRow(*changes.rows, row, columns_, {}, structs_, &value_text_);
        for (int64_t i = 0; i < weight; ++i) {
          FLOW_RETURN_IF_ERROR(producer_->Write(-1, {}, value_text_));
        }
        continue;
      }
      if (key_.empty()) {
        key_text_ = "{}";  // the one row of a global aggregate
      } else {
        AppendJsonRow(*changes.rows, row, columns_, key_, structs_, &key_text_);
      }
      if (weight > 0) AppendJsonRow(*changes.rows, row, columns_, {}, structs_, &value_text_);
      FLOW_RETURN_IF_ERROR(producer_->Write(
          -1, key_text_, weight > 0 ? std::string_view(value_text_) : std::string_view()));
    }
    return OkStatus();
  }
  Status Flush() override { return producer_->Flush(); }
  Status Close() override { return producer_->Flush(); }

 private:
  const std::unique_ptr<Producer> producer_;
  const bool append_only_;
  const std::vector<std::string> columns_;
  const std::vector<program::StructColumns> structs_;
  const std::vector<int> key_;
  std::string key_text_;
  std::string value_text_;
};

class TopicWriter : public RecordWriter {
 public:
  TopicWriter(std::unique_ptr<Producer> producer, std::string topic)
      : producer_(std::move(producer)), topic_(std::move(topic)) {}

  Status Write(int partition, const std::string& record) override {
    if (partition >= producer_->partitions()) {
      return UserError("topic " + topic_ + " has " + std::to_string(producer_->partitions()) +
                           " partitions; there is no partition " + std::to_string(partition),
                       "each partition of the source is written to that of the same number");
    }
    return producer_->Write(partition, {}, record);
  }
  Status Close() override { return producer_->Flush(); }

 private:
  const std::unique_ptr<Producer> producer_;
  const std::string topic_;
};

}  // namespace

Result<std::unique_ptr<SinkConnector>> OpenKafkaSink(const program::Sink& sink,
                                                     const program::View& view) {
  const std::string who = "sink " + sink.name;
  FLOW_TRY(const std::string brokers, RequiredOption(who, sink.options, "brokers"));
  FLOW_TRY(const std::string topic, RequiredOption(who, sink.options, "topic"));
  if (sink.format != program::Format::kJson) {
    return UserError(who + ": not supported yet: INTO KAFKA in another format than JSON");
  }
  FLOW_TRY(const auto passed, kafka::PassedOptions(who, kafka::Role::kProducer, sink.options));
  FLOW_TRY(std::unique_ptr<Producer> producer, Producer::Open(who, brokers, topic, passed));
  return std::unique_ptr<SinkConnector>(new KafkaSink(std::move(producer), view));
}

Result<std::unique_ptr<RecordWriter>> OpenTopicWriter(const std::string& brokers,
                                                      const std::string& topic) {
  FLOW_TRY(std::unique_ptr<Producer> producer, Producer::Open("datagen", brokers, topic, {}));
  return std::unique_ptr<RecordWriter>(new TopicWriter(std::move(producer), topic));
}

}  // namespace flow
