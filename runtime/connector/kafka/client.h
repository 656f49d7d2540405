// One librdkafka handle: its settings, its errors, and the questions that every user of it asks.
#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/program/program.h"

namespace flow::kafka {

enum class Role { kConsumer, kProducer };

// Options of the connector that go to librdkafka as they are, by an allow-list; anything else is a
// user's error. `brokers` and `topic` are the connector's own.
Result<std::map<std::string, std::string>> PassedOptions(const std::string& who, Role role,
                                                         const program::Options& options);

// Those of them that say how the brokers are reached: for any other handle on the same cluster.
std::map<std::string, std::string> ConnectionOptions(
    const std::map<std::string, std::string>& passed);

// Thread-safe. Messages and queues of the handle must be gone before it is: who holds some holds
// it.
class Client {
 public:
  // `settings` in this order, later ones win.
  static Result<std::shared_ptr<Client>> Create(
      const std::string& who, Role role, const std::string& brokers,
      const std::vector<std::map<std::string, std::string>>& settings);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  rd_kafka_t* handle() const { return handle_; }
  const std::string& who() const { return who_; }
  const std::string& brokers() const { return brokers_; }

  // Serves callbacks: errors, delivery reports.
  void Poll(int timeout_ms) { rd_kafka_poll(handle_, timeout_ms); }
  // How many partitions the topic has; says what is wrong if it can not be asked or is not there.
  Result<int> PartitionCount(const std::string& topic, int timeout_ms);
  // The first offset, and the one after the last that a read_committed consumer can get.
  Result<std::pair<int64_t, int64_t>> Range(const std::string& topic, int partition);

  // Since when no broker can be reached, in ms of the steady clock; 0: one can.
  int64_t down_since_ms() const { return down_since_ms_.load(std::memory_order_relaxed); }
  void NoteAlive() {
    if (down_since_ms() != 0) down_since_ms_.store(0, std::memory_order_relaxed);
  }
  // Says on stderr that no broker can be reached and that it goes on trying, once an outage.
  void TellDown();
  // Records of a producer that are with the brokers.
  int64_t delivered() const { return delivered_.load(std::memory_order_relaxed); }
  // The first error that ends everything (a failed delivery, a fatal error).
  Status failure() const;
  // The first record that was dropped because of something else. What that was has been reported
  // when nothing is under way any more; until then failure() may not know it yet.
  Status dropped() const;
  void Fail(Error error);
  // An error that says that the brokers can not be reached, and why.
  Error Unreachable() const;
  // `what` failed with `code`.
  Error Failure(const std::string& what, rd_kafka_resp_err_t code) const;

 private:
  Client(std::string who, std::string brokers)
      : who_(std::move(who)), brokers_(std::move(brokers)) {}
  static void OnError(rd_kafka_t* handle, int code, const char* reason, void* self);
  static void OnLog(const rd_kafka_t* handle, int level, const char* facility, const char* text);
  static void OnDelivery(rd_kafka_t* handle, const rd_kafka_message_t* message, void* self);

  const std::string who_;
  const std::string brokers_;
  rd_kafka_t* handle_ = nullptr;
  std::atomic<int64_t> down_since_ms_{0};
  std::atomic<int64_t> told_down_ms_{0};  // the outage that was told
  std::atomic<int64_t> delivered_{0};
  mutable std::mutex mutex_;
  std::string last_error_;
  Status failure_;
  Status dropped_;
};

// How long a question to the brokers may take before they count as unreachable.
inline constexpr int kQuestionMs = 7000;

int64_t SteadyMillis();

}  // namespace flow::kafka
