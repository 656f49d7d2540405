// Gives OpenKafkaDeadLetter.
#include "runtime/connector/kafka/kafka_dead_letter.h"

#include <mutex>

#include "runtime/connector/kafka/producer.h"
#include "runtime/connector/options.h"

namespace flow {

namespace {

using kafka::Producer;

class KafkaDeadLetterSink : public DeadLetterSink {
 public:
  explicit KafkaDeadLetterSink(std::unique_ptr<Producer> producer)
      : producer_(std::move(producer)) {}

  Status Write(const DeadLetterRecord& record) override {
    const std::string key = DeadLetterKey(record);
    const std::string value = DeadLetterJson(record);
    std::lock_guard<std::mutex> lock(mutex_);
    return producer_->Write(-1, key, value);
  }
  Status Flush() override {
    std::lock_guard<std::mutex> lock(mutex_);
    return producer_->Flush();
  }
  Status Close() override { return Flush(); }

 private:
  std::mutex mutex_;
  const std::unique_ptr<Producer> producer_;
};

}  // namespace

Result<std::unique_ptr<DeadLetterSink>> OpenKafkaDeadLetter(const program::DeadLetter& spec) {
  const std::string who = "DEAD LETTER TO KAFKA";
  FLOW_TRY(const program::Options options, WithSecrets(who, spec.options, spec.secrets));
  FLOW_TRY(const std::string brokers, RequiredOption(who, options, "brokers"));
  FLOW_TRY(const std::string topic, RequiredOption(who, options, "topic"));
  FLOW_TRY(const auto passed, kafka::PassedOptions(who, kafka::Role::kProducer, options));
  FLOW_TRY(std::unique_ptr<Producer> producer, Producer::Open(who, brokers, topic, passed));
  return std::unique_ptr<DeadLetterSink>(new KafkaDeadLetterSink(std::move(producer)));
}

}  // namespace flow
