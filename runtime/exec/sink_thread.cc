// SinkThread: one consumer, many ticks.
#include "runtime/exec/sink_thread.h"

#include <chrono>

namespace flow {

SinkThread::SinkThread() : thread_([this] { Loop(); }) {}

SinkThread::~SinkThread() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SinkThread::Push(SinkConnector* sink, std::shared_ptr<const Batch> rows, int64_t bytes,
                      int64_t revision) {
  {
    std::lock_guard lock(mutex_);
    bytes_ += bytes;
    items_.push_back({sink, std::move(rows), bytes, revision});
  }
  changed_.notify_all();
}

bool SinkThread::HasRoom() {
  std::lock_guard lock(mutex_);
  return !Full();
}

bool SinkThread::WaitForRoom(int64_t us) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::microseconds(us),
                           [&] { return !Full() || !status_.ok(); });
}

Status SinkThread::status() {
  std::lock_guard lock(mutex_);
  return status_;
}

Status SinkThread::Drain(const std::vector<SinkConnector*>& sinks) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return (items_.empty() && !busy_) || !status_.ok(); });
    if (!status_.ok()) return status_;
  }
  for (SinkConnector* sink : sinks) FLOW_RETURN_IF_ERROR(sink->Flush());
  return OkStatus();
}

void SinkThread::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stop_ || !items_.empty(); });
    if (items_.empty()) return;
    if (!status_.ok()) {  // nothing is written past an error
      items_.clear();
      continue;
    }
    Item item = std::move(items_.front());
    items_.pop_front();
    busy_ = true;
    lock.unlock();
    ChangeBatch changes;
    changes.rows = item.rows.get();
    changes.revision = item.revision;
    Status status = item.sink->Write(changes);
    lock.lock();
    busy_ = false;
    bytes_ -= item.bytes;
    if (!status.ok()) status_ = std::move(status);
    changed_.notify_all();
  }
}

}  // namespace flow
