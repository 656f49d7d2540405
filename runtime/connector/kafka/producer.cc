// Gives Producer.
#include "runtime/connector/kafka/producer.h"

namespace flow::kafka {

namespace {

// Delivery reports are counted in with what is queued.
const std::map<std::string, std::string>& OwnSettings() {
  static const std::map<std::string, std::string> settings = {
      {"enable.idempotence", "true"},
      {"queue.buffering.max.kbytes", "32768"},
      {"queue.buffering.max.messages", "100000"},
      {"linger.ms", "5"},
      {"message.timeout.ms", "60000"},
      {"reconnect.backoff.max.ms", "1000"},
      {"partitioner", "murmur2_random"},
  };
  return settings;
}

}  // namespace

Result<std::unique_ptr<Producer>> Producer::Open(const std::string& who, const std::string& brokers,
                                                 const std::string& topic,
                                                 const std::map<std::string, std::string>& passed) {
  FLOW_TRY(std::shared_ptr<Client> client,
           Client::Create(who, Role::kProducer, brokers, {OwnSettings(), passed}));
  FLOW_TRY(const int partitions, client->PartitionCount(topic, kQuestionMs));
  std::unique_ptr<Producer> producer(new Producer(std::move(client), topic, partitions));
  producer->handle_ = rd_kafka_topic_new(producer->client_->handle(), topic.c_str(), nullptr);
  if (producer->handle_ == nullptr) return InternalError(who + ": no handle for topic " + topic);
  return producer;
}

Producer::~Producer() {
  // What was not flushed is not waited for.
  rd_kafka_purge(client_->handle(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  if (handle_ != nullptr) rd_kafka_topic_destroy(handle_);
}

Status Producer::Write(int partition, std::string_view key, std::string_view value) {
  for (;;) {
    FLOW_RETURN_IF_ERROR(client_->failure());
    const int code = rd_kafka_produce(handle_, partition < 0 ? RD_KAFKA_PARTITION_UA : partition,
                                      RD_KAFKA_MSG_F_COPY, const_cast<char*>(value.data()),
                                      value.size(), key.data(), key.size(), nullptr);
    if (code == 0) break;
    const rd_kafka_resp_err_t error = rd_kafka_last_error();
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return client_->Failure("a record of " + std::to_string(value.size()) +
                                  " bytes was not taken for topic " + topic_,
                              error);
    }
    client_->TellDown();
    client_->Poll(10);
  }
  if (++since_poll_ >= 256) {
    since_poll_ = 0;
    client_->Poll(0);
  }
  return OkStatus();
}

Status Producer::Flush() {
  for (;;) {
    FLOW_RETURN_IF_ERROR(client_->failure());
    // Each record ends as delivered or as failed, at the latest after message.timeout.ms.
    const rd_kafka_resp_err_t code = rd_kafka_flush(client_->handle(), 100);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return client_->failure();
    if (code != RD_KAFKA_RESP_ERR__TIMED_OUT) {
      return client_->Failure("topic " + topic_ + ": flushing", code);
    }
    client_->TellDown();
  }
}

}  // namespace flow::kafka
