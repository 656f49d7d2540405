// A real Kafka for tests: where it is, topics, and records in and out of transactions.
#pragma once

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace flow::testing {

// The broker's address: FLOW_KAFKA, or that of the one that tools/kafka/start starts.
inline const std::string& KafkaAddress() {
  static const std::string address = [] {
    if (const char* given = std::getenv("FLOW_KAFKA"); given != nullptr && *given != '\0') {
      return std::string(given);
    }
    std::string output;
    FILE* pipe = popen((std::string(FLOW_SOURCE_DIR) + "/tools/kafka/start").c_str(), "r");
    if (pipe == nullptr) std::abort();
    std::array<char, 256> line;
    while (fgets(line.data(), line.size(), pipe) != nullptr) output = line.data();
    if (pclose(pipe) != 0) {
      std::fprintf(stderr, "tools/kafka/start failed: %s\n", output.c_str());
      std::abort();
    }
    while (!output.empty() && output.back() == '\n') output.pop_back();
    return output;
  }();
  return address;
}

// A producer of the test's own, transactional if it has an id.
class TestProducer {
 public:
  explicit TestProducer(const std::string& transactional_id = "") {
    char error[512] = "";
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", KafkaAddress().c_str(), error, sizeof error);
    rd_kafka_conf_set(conf, "message.max.bytes", "16000000", error, sizeof error);
    if (!transactional_id.empty()) {
      rd_kafka_conf_set(conf, "transactional.id", transactional_id.c_str(), error, sizeof error);
    }
    handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    if (!transactional_id.empty()) Check(rd_kafka_init_transactions(handle_, 30000));
  }
  ~TestProducer() {
    rd_kafka_flush(handle_, 10000);
    rd_kafka_destroy(handle_);
  }

  void Begin() { Check(rd_kafka_begin_transaction(handle_)); }
  void Commit() { Check(rd_kafka_commit_transaction(handle_, 30000)); }
  void Abort() { Check(rd_kafka_abort_transaction(handle_, 30000)); }
  void Flush() { EXPECT_EQ(rd_kafka_flush(handle_, 30000), RD_KAFKA_RESP_ERR_NO_ERROR); }

  void Write(const std::string& topic, int partition, const std::string& value,
             const char* key = nullptr, int64_t timestamp_ms = 0,
             const std::vector<std::pair<std::string, const char*>>& headers = {}) {
    rd_kafka_resp_err_t code;
    const size_t key_size = key == nullptr ? 0 : std::string_view(key).size();
    do {
      rd_kafka_headers_t* written = rd_kafka_headers_new(headers.size());
      for (const auto& [name, text] : headers) {
        rd_kafka_header_add(written, name.data(), static_cast<ssize_t>(name.size()), text, -1);
      }
      code = rd_kafka_producev(handle_, RD_KAFKA_V_TOPIC(topic.c_str()),
                               RD_KAFKA_V_PARTITION(partition),
                               RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                               RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                               RD_KAFKA_V_KEY(key, key_size), RD_KAFKA_V_TIMESTAMP(timestamp_ms),
                               RD_KAFKA_V_HEADERS(written), RD_KAFKA_V_END);
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_headers_destroy(written);
      rd_kafka_poll(handle_, code == RD_KAFKA_RESP_ERR__QUEUE_FULL ? 10 : 0);
    } while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL);
    EXPECT_EQ(code, RD_KAFKA_RESP_ERR_NO_ERROR) << rd_kafka_err2str(code);
  }

  // Makes a topic; waits until it can be written.
  void CreateTopic(const std::string& topic, int partitions,
                   const std::vector<std::pair<std::string, std::string>>& settings = {}) {
    char error[512] = "";
    rd_kafka_NewTopic_t* spec =
        rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, error, sizeof error);
    for (const auto& [name, value] : settings) {
      rd_kafka_NewTopic_set_config(spec, name.c_str(), value.c_str());
    }
    Admin([&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
      rd_kafka_CreateTopics(handle_, &spec, 1, options, queue);
    });
    rd_kafka_NewTopic_destroy(spec);
  }
  // Removes a topic; another of its name may be made after that.
  void DeleteTopic(const std::string& topic) {
    rd_kafka_DeleteTopic_t* spec = rd_kafka_DeleteTopic_new(topic.c_str());
    Admin([&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
      rd_kafka_DeleteTopics(handle_, &spec, 1, options, queue);
    });
    rd_kafka_DeleteTopic_destroy(spec);
  }
  void AddPartitions(const std::string& topic, int total) {
    char error[512] = "";
    rd_kafka_NewPartitions_t* spec =
        rd_kafka_NewPartitions_new(topic.c_str(), static_cast<size_t>(total), error, sizeof error);
    Admin([&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
      rd_kafka_CreatePartitions(handle_, &spec, 1, options, queue);
    });
    rd_kafka_NewPartitions_destroy(spec);
  }
  // Removes the records before an offset, as retention does.
  void DeleteBefore(const std::string& topic, int partition, int64_t offset) {
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = offset;
    rd_kafka_DeleteRecords_t* spec = rd_kafka_DeleteRecords_new(list);
    Admin([&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
      rd_kafka_DeleteRecords(handle_, &spec, 1, options, queue);
    });
    rd_kafka_DeleteRecords_destroy(spec);
    rd_kafka_topic_partition_list_destroy(list);
  }

 private:
  static void Check(rd_kafka_error_t* error) {
    if (error == nullptr) return;
    ADD_FAILURE() << rd_kafka_error_string(error);
    rd_kafka_error_destroy(error);
  }
  template <typename F>
  void Admin(const F& request) {
    rd_kafka_AdminOptions_t* options = rd_kafka_AdminOptions_new(handle_, RD_KAFKA_ADMIN_OP_ANY);
    rd_kafka_queue_t* queue = rd_kafka_queue_new(handle_);
    request(options, queue);
    rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 30000);
    EXPECT_NE(event, nullptr);
    if (event != nullptr) {
      EXPECT_EQ(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR)
          << rd_kafka_event_error_string(event);
      rd_kafka_event_destroy(event);
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    usleep(200000);  // until brokers have heard of it
  }

  rd_kafka_t* handle_ = nullptr;
};

// What is committed in a partition, "key=value" a record, "(null)" for null: by a consumer of its
// own that has nothing in common with the runtime's.
inline std::vector<std::string> ReadCommitted(const std::string& broker, const std::string& topic,
                                              int partition) {
  char error[512] = "";
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] :
       std::vector<std::pair<const char*, const char*>>{{"bootstrap.servers", broker.c_str()},
                                                        {"group.id", "flow-tests"},
                                                        {"enable.auto.commit", "false"},
                                                        {"isolation.level", "read_committed"},
                                                        {"enable.partition.eof", "true"}}) {
    EXPECT_EQ(rd_kafka_conf_set(conf, name, value, error, sizeof error), RD_KAFKA_CONF_OK) << error;
  }
  rd_kafka_t* handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
  rd_kafka_poll_set_consumer(handle);
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset =
      RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(handle, list);
  rd_kafka_topic_partition_list_destroy(list);
  std::vector<std::string> records;
  for (bool end = false; !end;) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(handle, 20000);
    if (message == nullptr) {
      ADD_FAILURE() << "topic " << topic << " does not end";
      break;
    }
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      auto text = [](const void* data, size_t size) {
        return data == nullptr ? "(null)" : std::string(static_cast<const char*>(data), size);
      };
      records.push_back(text(message->key, message->key_len) + "=" +
                        text(message->payload, message->len));
    }
    end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    EXPECT_TRUE(end || message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        << rd_kafka_message_errstr(message);
    rd_kafka_message_destroy(message);
  }
  rd_kafka_consumer_close(handle);
  rd_kafka_destroy(handle);
  return records;
}

// The offsets that a group has committed, by partition; -1: none.
inline std::vector<int64_t> CommittedOffsets(const std::string& group, const std::string& topic,
                                             int partitions) {
  char error[512] = "";
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", KafkaAddress().c_str(), error, sizeof error);
  rd_kafka_conf_set(conf, "group.id", group.c_str(), error, sizeof error);
  rd_kafka_t* handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(partitions);
  rd_kafka_topic_partition_list_add_range(list, topic.c_str(), 0, partitions - 1);
  EXPECT_EQ(rd_kafka_committed(handle, list, 10000), RD_KAFKA_RESP_ERR_NO_ERROR);
  std::vector<int64_t> offsets;
  for (int i = 0; i < list->cnt; ++i)
    offsets.push_back(std::max<int64_t>(list->elems[i].offset, -1));
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_destroy(handle);
  return offsets;
}

// A name that no other test or run has used.
inline std::string FreshTopic(const std::string& stem) {
  static int next = 0;
  return stem + "-" + std::to_string(getpid()) + "-" + std::to_string(time(nullptr)) + "-" +
         std::to_string(next++);
}

}  // namespace flow::testing
