// Offsets committed to a consumer group for people and lag tools. The group is never joined and its
// offsets are never read: what a pipeline has read stands in its own manifest.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/connector/kafka/client.h"

namespace flow::kafka {

// One thread at a time.
class GroupOffsets {
 public:
  explicit GroupOffsets(std::shared_ptr<Client> client) : client_(std::move(client)) {}

  // Sends (partition, next offset) and does not wait. While an earlier answer is missing nothing is
  // sent: a later call tells more anyway. Fails silently: nothing depends on it.
  void Commit(const std::string& group, const std::string& topic,
              const std::vector<std::pair<int, int64_t>>& offsets);

 private:
  struct DestroyQueue {
    void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  };

  std::shared_ptr<Client> client_;
  std::unique_ptr<rd_kafka_queue_t, DestroyQueue> answers_;
  bool waiting_ = false;
};

}  // namespace flow::kafka
