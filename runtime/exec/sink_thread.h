// The thread that feeds sinks, with a bounded queue before it: a slow sink makes the job wait at
// the start of its next tick, which stops reading; nothing grows.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "runtime/base/batch.h"
#include "runtime/connector/connector.h"

namespace flow {

class SinkThread {
 public:
  SinkThread();
  ~SinkThread();
  // Hands a batch to a sink. Never blocks; callers ask HasRoom before a tick.
  // `bytes`: about how much memory the rows hold.
  void Push(SinkConnector* sink, std::shared_ptr<const Batch> rows, int64_t bytes,
            int64_t revision);
  bool HasRoom();
  // Waits up to `us` for room.
  bool WaitForRoom(int64_t us);
  // Everything pushed is written and flushed; returns the first error of any sink.
  Status Drain(const std::vector<SinkConnector*>& sinks);
  Status status();

 private:
  struct Item {
    SinkConnector* sink;
    std::shared_ptr<const Batch> rows;
    int64_t bytes;
    int64_t revision;
  };
  static constexpr size_t kMaxItems = 64;
  static constexpr int64_t kMaxBytes = 32 << 20;
  void Loop();
  bool Full() const { return items_.size() >= kMaxItems || bytes_ >= kMaxBytes; }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  int64_t bytes_ = 0;  // of items_ and what is being written
  bool busy_ = false;
  bool stop_ = false;
  Status status_;
  std::thread thread_;
};

}  // namespace flow
