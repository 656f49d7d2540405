// Gives GroupOffsets.
#include "runtime/connector/kafka/group_offsets.h"

namespace flow::kafka {

void GroupOffsets::Commit(const std::string& group, const std::string& topic,
                          const std::vector<std::pair<int, int64_t>>& offsets) {
  if (group.empty() || offsets.empty()) return;
  if (client_ == nullptr || group != group_) {
    answers_.reset();
    client_.reset();
    waiting_ = false;
    auto made = Client::Create(who_, Role::kConsumer, brokers_,
                               {{{"group.id", group},
                                 {"enable.auto.commit", "false"},
                                 {"enable.auto.offset.store", "false"},
                                 {"reconnect.backoff.max.ms", "10000"}},
                                passed_});
    if (!made.ok()) return;
    client_ = made.value();
    group_ = group;
    answers_.reset(rd_kafka_queue_new(client_->handle()));
  }
  client_->Poll(0);
  if (waiting_) {
    rd_kafka_event_t* answer = rd_kafka_queue_poll(answers_.get(), 0);
    if (answer == nullptr) return;
    rd_kafka_event_destroy(answer);
    waiting_ = false;
  }
  rd_kafka_topic_partition_list_t* list =
      rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size()));
  for (const auto& [partition, offset] : offsets) {
    rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = offset;
  }
  waiting_ = rd_kafka_commit_queue(client_->handle(), list, answers_.get(), nullptr, nullptr) ==
             RD_KAFKA_RESP_ERR_NO_ERROR;
  rd_kafka_topic_partition_list_destroy(list);
}

}  // namespace flow::kafka
