// Gives CreateTopic and MaxMessageBytes.
#include "runtime/connector/kafka/admin.h"

#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>

namespace flow::kafka {

namespace {

struct DestroyEvent {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using Event = std::unique_ptr<rd_kafka_event_t, DestroyEvent>;

// Sends a request and waits for its answer; null: none came.
Event Ask(rd_kafka_t* handle,
          const std::function<void(const rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>& request) {
  char error[256] = "";
  rd_kafka_AdminOptions_t* options = rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_ANY);
  rd_kafka_AdminOptions_set_request_timeout(options, kQuestionMs, error, sizeof error);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(handle);
  request(options, queue);
  Event event(rd_kafka_queue_poll(queue, kQuestionMs + 1000));
  rd_kafka_queue_destroy(queue);
  rd_kafka_AdminOptions_destroy(options);
  return event;
}

}  // namespace

Status CreateTopic(Client* client, const std::string& topic,
                   const std::map<std::string, std::string>& settings) {
  char error[256] = "";
  rd_kafka_NewTopic_t* spec = rd_kafka_NewTopic_new(topic.c_str(), 1, -1, error, sizeof error);
  if (spec == nullptr) return InternalError(client->who() + ": topic " + topic + ": " + error);
  for (const auto& [name, value] : settings) {
    rd_kafka_NewTopic_set_config(spec, name.c_str(), value.c_str());
  }
  const Event event = Ask(client->handle(), [&](auto* options, auto* queue) {
    rd_kafka_CreateTopics(client->handle(), &spec, 1, options, queue);
  });
  rd_kafka_NewTopic_destroy(spec);
  client->Poll(0);
  if (event == nullptr) return client->Unreachable();
  rd_kafka_resp_err_t code = rd_kafka_event_error(event.get());
  size_t count = 0;
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const rd_kafka_topic_result_t** results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event.get()), &count);
    if (count == 1) code = rd_kafka_topic_result_error(results[0]);
  }
  if (code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT) {
    return client->Unreachable();
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
    Error failed = client->Failure("topic " + topic + " was not made", code);
    if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
        code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED) {
      failed.hint =
          "let this user make it, or make it yourself: one partition, "
          "cleanup.policy=compact";
    }
    return failed;
  }
  // Other brokers hear of it a little later.
  const int64_t deadline = SteadyMillis() + kQuestionMs;
  for (;;) {
    auto partitions = client->PartitionCount(topic, kQuestionMs);
    if (partitions.ok()) return OkStatus();
    if (SteadyMillis() > deadline) return std::move(partitions.error());
    client->Poll(50);
  }
}

std::map<std::string, int64_t> MaxMessageBytes(Client* client,
                                               const std::vector<std::string>& topics) {
  std::map<std::string, int64_t> limits;
  std::vector<rd_kafka_ConfigResource_t*> asked;
  for (const std::string& topic : topics) {
    asked.push_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  }
  const Event event = Ask(client->handle(), [&](auto* options, auto* queue) {
    rd_kafka_DescribeConfigs(client->handle(), asked.data(), asked.size(), options, queue);
  });
  for (rd_kafka_ConfigResource_t* resource : asked) rd_kafka_ConfigResource_destroy(resource);
  if (event == nullptr || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return limits;
  }
  size_t count = 0;
  const rd_kafka_ConfigResource_t** found = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  for (size_t i = 0; i < count; ++i) {
    size_t entries = 0;
    const rd_kafka_ConfigEntry_t** entry = rd_kafka_ConfigResource_configs(found[i], &entries);
    for (size_t j = 0; j < entries; ++j) {
      const char* value = rd_kafka_ConfigEntry_value(entry[j]);
      if (value == nullptr ||
          std::strcmp(rd_kafka_ConfigEntry_name(entry[j]), "max.message.bytes") != 0) {
        continue;
      }
      const int64_t bytes = std::strtoll(value, nullptr, 10);
      if (bytes > 0) limits[rd_kafka_ConfigResource_name(found[i])] = bytes;
    }
  }
  return limits;
}

}  // namespace flow::kafka
