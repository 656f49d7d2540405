// Gives OpenKafkaSink and OpenTopicWriter.
#include "runtime/connector/kafka/kafka_sink.h"

#include "runtime/connector/kafka/producer.h"
#include "runtime/connector/kafka/row_record.h"
#include "runtime/connector/options.h"

namespace flow {

namespace {

using kafka::Producer;
using kafka::RowEncoder;

class KafkaSink : public SinkConnector {
 public:
  KafkaSink(std::unique_ptr<Producer> producer, RowEncoder encoder)
      : producer_(std::move(producer)), encoder_(std::move(encoder)) {}

  Status Write(const ChangeBatch& changes) override {
    for (int32_t row = 0; row < changes.rows->rows; ++row) {
      encoder_.Encode(*changes.rows, row, &record_);
      const int64_t copies = encoder_.Copies(*changes.rows, row);
      for (int64_t i = 0; i < copies; ++i) {
        FLOW_RETURN_IF_ERROR(producer_->Write(-1, record_.key_view(), record_.value_view()));
      }
    }
    return OkStatus();
  }
  Status Flush() override { return producer_->Flush(); }
  Status Close() override { return producer_->Flush(); }

 private:
  const std::unique_ptr<Producer> producer_;
  const RowEncoder encoder_;
  RowEncoder::Record record_;
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
  FLOW_TRY(const program::Options options, WithSecrets(who, sink.options, sink.secrets));
  FLOW_TRY(const std::string brokers, RequiredOption(who, options, "brokers"));
  FLOW_TRY(const std::string topic, RequiredOption(who, options, "topic"));
  if (sink.format != program::Format::kJson) {
    return UserError(who + ": not supported yet: INTO KAFKA in another format than JSON");
  }
  FLOW_TRY(const auto passed, kafka::PassedOptions(who, kafka::Role::kProducer, options));
  FLOW_TRY(std::unique_ptr<Producer> producer, Producer::Open(who, brokers, topic, passed));
  return std::unique_ptr<SinkConnector>(new KafkaSink(std::move(producer), RowEncoder(sink, view)));
}

Result<std::unique_ptr<RecordWriter>> OpenTopicWriter(const std::string& brokers,
                                                      const std::string& topic) {
  FLOW_TRY(std::unique_ptr<Producer> producer, Producer::Open("datagen", brokers, topic, {}));
  return std::unique_ptr<RecordWriter>(new TopicWriter(std::move(producer), topic));
}

}  // namespace flow
