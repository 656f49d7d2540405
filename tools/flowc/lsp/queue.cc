// Queue: first in, first out.
#include "tools/flowc/lsp/queue.h"

#include <algorithm>

namespace flowc::lsp {

void Queue::Push(Received received) {
  {
    const std::lock_guard lock(mutex_);
    const Json& message = received.message;
    if (message.is_object() && message.value("method", Json()) == "$/cancelRequest" &&
        message.contains("params") && message["params"].is_object() &&
        message["params"].contains("id")) {
      const Json& id = message["params"]["id"];
      const bool waits = std::any_of(waiting_.begin(), waiting_.end(), [&](const Received& other) {
        return other.message.is_object() && other.message.contains("method") &&
               other.message.contains("id") && other.message["id"] == id;
      });
      if (waits) cancelled_.insert(id.dump());
      return;
    }
    waiting_.push_back(std::move(received));
  }
  filled_.notify_one();
}

Received Queue::Pop() {
  std::unique_lock lock(mutex_);
  filled_.wait(lock, [&] { return !waiting_.empty(); });
  Received received = std::move(waiting_.front());
  waiting_.pop_front();
  return received;
}

bool Queue::empty() const {
  const std::lock_guard lock(mutex_);
  return waiting_.empty();
}

bool Queue::TakeCancelled(const Json& id) {
  const std::lock_guard lock(mutex_);
  return cancelled_.erase(id.dump()) > 0;
}

}  // namespace flowc::lsp
