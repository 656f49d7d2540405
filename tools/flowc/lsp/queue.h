// Messages between the thread that reads and the one that answers, and which of them are not wanted
// any more.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "tools/flowc/lsp/transport.h"

namespace flowc::lsp {

class Queue {
 public:
  // From the thread that reads. `$/cancelRequest` counts at once.
  void Push(Received received);
  // Waits for the next one.
  Received Pop();
  bool empty() const;
  // Was the request with this id cancelled before now? Asked once, when it is its turn.
  bool TakeCancelled(const Json& id);

 private:
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Received> waiting_;
  std::set<std::string> cancelled_;  // ids that are in `waiting_`
};

}  // namespace flowc::lsp
