// Gives GroupOffsets.
#include "runtime/connector/kafka/group_offsets.h"

namespace flow::kafka {

namespace {

// Unlike a consumer's commit this request does not keep its handle alive for a minute when no
// coordinator can be found.
constexpr int kAnswerMs = 5000;

}  // namespace

void GroupOffsets::Commit(const std::string& group, const std::string& topic,
                          const std::vector<std::pair<int, int64_t>>& offsets) {
  if (group.empty() || offsets.empty()) return;
  if (answers_ == nullptr) answers_.reset(rd_kafka_queue_new(client_->handle()));
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
  char error[256] = "";
  rd_kafka_AdminOptions_t* options =
      rd_kafka_AdminOptions_new(client_->handle(), RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS);
  rd_kafka_AdminOptions_set_request_timeout(options, kAnswerMs, error, sizeof error);
  rd_kafka_AlterConsumerGroupOffsets_t* request =
      rd_kafka_AlterConsumerGroupOffsets_new(group.c_str(), list);
  rd_kafka_AlterConsumerGroupOffsets(client_->handle(), &request, 1, options, answers_.get());
  waiting_ = true;
  rd_kafka_AlterConsumerGroupOffsets_destroy(request);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_topic_partition_list_destroy(list);
}

}  // namespace flow::kafka
