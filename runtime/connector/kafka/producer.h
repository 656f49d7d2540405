// Writes records to a topic, at least once: idempotent, so retries neither lose nor reorder, and
// with bounded queues, so that a slow broker slows the caller.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/connector/kafka/client.h"

namespace flow::kafka {

class Producer {
 public:
  // Fails if the brokers can not be reached or there is no such topic.
  static Result<std::unique_ptr<Producer>> Open(const std::string& who, const std::string& brokers,
                                                const std::string& topic,
                                                const std::map<std::string, std::string>& passed);
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  int partitions() const { return partitions_; }
  // `partition` < 0: by the key's hash, as Java's clients do it; `key` and `value` with data()
  // nullptr are null. Blocks while the queue is full; an earlier record that was not delivered is
  // an error here.
  Status Write(int partition, std::string_view key, std::string_view value);
  // Everything written is with the brokers when it returns OK.
  Status Flush();

 private:
  Producer(std::shared_ptr<Client> client, std::string topic, int partitions)
      : client_(std::move(client)), topic_(std::move(topic)), partitions_(partitions) {}

  const std::shared_ptr<Client> client_;
  const std::string topic_;
  const int partitions_;
  rd_kafka_topic_t* handle_ = nullptr;
  int64_t since_poll_ = 0;
};

}  // namespace flow::kafka
