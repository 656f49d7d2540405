// Gives Client: librdkafka's handle and its callbacks.
#include "runtime/connector/kafka/client.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace flow::kafka {

namespace {

struct DestroyTopic {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using TopicHandle = std::unique_ptr<rd_kafka_topic_t, DestroyTopic>;

struct DestroyMetadata {
  void operator()(const rd_kafka_metadata_t* metadata) const {
    rd_kafka_metadata_destroy(metadata);
  }
};
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, DestroyMetadata>;

// A few of the cluster's topics, for hints.
std::string SomeTopics(rd_kafka_t* handle) {
  const rd_kafka_metadata_t* raw = nullptr;
  if (rd_kafka_metadata(handle, 1, nullptr, &raw, 2000) != RD_KAFKA_RESP_ERR_NO_ERROR) return "";
  const Metadata metadata(raw);
  std::vector<std::string> names;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const std::string name = metadata->topics[i].topic;
    if (name.rfind("__", 0) != 0) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  std::string list;
  constexpr size_t kShown = 10;
  for (size_t i = 0; i < names.size() && i < kShown; ++i) list += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kShown) list += ", ...";
  return list;
}

}  // namespace

int64_t SteadyMillis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Result<std::shared_ptr<Client>> Client::Create(
    const std::string& who, Role role, const std::string& brokers,
    const std::vector<std::map<std::string, std::string>>& settings) {
  std::shared_ptr<Client> client(new Client(who, brokers));
  char error[512] = "";
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  auto set = [&](const std::string& name, const std::string& value) {
    return rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof error) ==
           RD_KAFKA_CONF_OK;
  };
  bool good = set("bootstrap.servers", brokers);
  for (const auto& map : settings) {
    for (const auto& [name, value] : map) good = good && set(name, value);
  }
  if (!good) {
    rd_kafka_conf_destroy(conf);
    return UserError(who + ": " + error);
  }
  rd_kafka_conf_set_opaque(conf, client.get());
  rd_kafka_conf_set_error_cb(conf, OnError);
  rd_kafka_conf_set_log_cb(conf, OnLog);
  if (role == Role::kProducer) rd_kafka_conf_set_dr_msg_cb(conf, OnDelivery);
  client->handle_ = rd_kafka_new(role == Role::kConsumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER,
                                 conf, error, sizeof error);
  if (client->handle_ == nullptr) {
    rd_kafka_conf_destroy(conf);
    return UserError(who + ": " + error);
  }
  return client;
}

Client::~Client() {
  // No group was ever joined, so there is nothing to leave.
  if (handle_ != nullptr) rd_kafka_destroy_flags(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void Client::OnError(rd_kafka_t* handle, int code, const char* reason, void* opaque) {
  Client* self = static_cast<Client*>(opaque);
  const auto error = static_cast<rd_kafka_resp_err_t>(code);
  if (error == RD_KAFKA_RESP_ERR__FATAL) {
    char text[512] = "";
    const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(handle, text, sizeof text);
    self->Fail(
        ExternalError(self->who_ + ": Kafka: " + text + " (" + rd_kafka_err2name(fatal) + ")"));
    return;
  }
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    int64_t up = 0;
    self->down_since_ms_.compare_exchange_strong(up, SteadyMillis());
    return;
  }
  std::lock_guard<std::mutex> lock(self->mutex_);
  self->last_error_ = reason;
}

void Client::OnLog(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
  // Errors come through OnError too, where they are judged. What is asked for by `debug` is shown.
  constexpr int kDebug = 7;
  if (level >= kDebug) std::fprintf(stderr, "kafka: %s: %s\n", facility, text);
  (void)handle;
}

void Client::OnDelivery(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message, void* opaque) {
  Client* self = static_cast<Client*>(opaque);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    self->delivered_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (message->err == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT && self->down_since_ms() != 0) {
    return self->Fail(self->Unreachable());
  }
  Error failed = self->Failure(
      "a record of topic " + std::string(rd_kafka_topic_name(message->rkt)) + " was not written",
      message->err);
  if (message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
      message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT) {
    std::lock_guard<std::mutex> lock(self->mutex_);
    if (self->dropped_.ok()) self->dropped_ = Status(std::move(failed));
    return;
  }
  if (message->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
    failed.domain = ErrorDomain::kData;
    failed.hint = "the topic's max.message.bytes is too small for it";
  }
  self->Fail(std::move(failed));
}

void Client::TellDown() {
  const int64_t since = down_since_ms();
  if (since == 0 || told_down_ms_.exchange(since) == since) return;
  std::fprintf(stderr, "flowc: %s; trying again\n", Unreachable().message.c_str());
}

Status Client::failure() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return failure_;
}

Status Client::dropped() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return dropped_;
}

void Client::Fail(Error error) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (failure_.ok()) failure_ = Status(std::move(error));
}

Error Client::Unreachable() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return ExternalError(who_ + ": Kafka can not be reached at " + brokers_ +
                           (last_error_.empty() ? "" : " (" + last_error_ + ")"),
                       "is a broker listening there, and does it advertise an address that can be "
                       "reached from here?");
}

Error Client::Failure(const std::string& what, rd_kafka_resp_err_t code) const {
  return ExternalError(who_ + ": " + what + ": " + rd_kafka_err2str(code) + " (" +
                       rd_kafka_err2name(code) + ")");
}

Result<int> Client::PartitionCount(const std::string& topic, int timeout_ms) {
  const TopicHandle handle(rd_kafka_topic_new(handle_, topic.c_str(), nullptr));
  if (handle == nullptr) {
    return UserError(who_ + ": '" + topic + "' is not a name of a topic");
  }
  const int64_t deadline = SteadyMillis() + timeout_ms;
  for (;;) {
    const rd_kafka_metadata_t* raw = nullptr;
    const int left = static_cast<int>(std::max<int64_t>(deadline - SteadyMillis(), 1));
    const rd_kafka_resp_err_t code = rd_kafka_metadata(handle_, 0, handle.get(), &raw, left);
    const Metadata metadata(raw);
    Poll(0);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT) {
        return Unreachable();
      }
      return Failure("Kafka was asked about topic " + topic, code);
    }
    rd_kafka_resp_err_t of_topic = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    int partitions = 0;
    if (metadata->topic_cnt == 1) {
      of_topic = metadata->topics[0].err;
      partitions = metadata->topics[0].partition_cnt;
    }
    if (of_topic == RD_KAFKA_RESP_ERR_NO_ERROR && partitions > 0) return partitions;
    const bool soon = of_topic == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
                      of_topic == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (soon && SteadyMillis() < deadline) {
      Poll(100);
      continue;
    }
    if (of_topic == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
      const std::string topics = SomeTopics(handle_);
      return ExternalError(who_ + ": there is no topic " + topic + " at " + brokers_,
                           topics.empty() ? "create it first" : "its topics are " + topics);
    }
    return Failure("topic " + topic, of_topic);
  }
}

Result<std::pair<int64_t, int64_t>> Client::Range(const std::string& topic, int partition) {
  int64_t low = 0;
  int64_t high = 0;
  const rd_kafka_resp_err_t code =
      rd_kafka_query_watermark_offsets(handle_, topic.c_str(), partition, &low, &high, kQuestionMs);
  if (code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT) {
    Poll(0);
    return Unreachable();
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Failure("topic " + topic + " partition " + std::to_string(partition), code);
  }
  return std::pair<int64_t, int64_t>(low, high);
}

}  // namespace flow::kafka
