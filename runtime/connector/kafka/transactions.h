// A transactional producer: short transactions, one after the other, each decided when Commit
// returns OK. After any error it is of no use: destroy it and open another with the same id, which
// fences this one and decides its last transaction (docs/adr/0006-kafka-transactions.md).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/connector/kafka/client.h"

namespace flow::kafka {

struct TransactionSettings {
  std::string who;  // for messages
  std::string brokers;
  std::string id;  // transactional.id
  std::map<std::string, std::string> passed;
  int timeout_ms = 60000;       // transaction.timeout.ms
  int64_t largest_message = 0;  // message.max.bytes, unless passed
  int64_t largest_batch = 0;    // batch.size, unless passed
};

// One thread at a time. No call blocks for ever: what stands still is an external error after about
// ten seconds.
class Transactions {
 public:
  // When it returns, no write of an earlier producer with this id can happen any more, and its last
  // transaction is committed or aborted for good.
  static Result<std::unique_ptr<Transactions>> Open(const TransactionSettings& settings);
  ~Transactions();
  Transactions(const Transactions&) = delete;
  Transactions& operator=(const Transactions&) = delete;

  Status Begin();
  // By the key's hash, as Java's clients do it; data() == nullptr is null.
  Status Write(const std::string& topic, std::string_view key, std::string_view value);
  // All delivery reports are in and good before the commit is asked for. An error leaves it open
  // whether the transaction is committed.
  Status Commit();

  // Another producer with this id came, or the brokers gave up the transaction: they look alike.
  bool fenced() const { return fenced_; }
  // The last transaction took most of its time or more, and failed: it needs a longer timeout.
  bool too_slow() const { return too_slow_; }

  // Called when all records are with the brokers, and before each request to commit: for tests.
  enum class Moment { kFlushed, kCommitting };
  void set_observer(std::function<void(Moment)> observer) { observer_ = std::move(observer); }

 private:
  explicit Transactions(const TransactionSettings& settings)
      : who_(settings.who), timeout_ms_(settings.timeout_ms) {}
  Status Init();
  Status Flush();
  // Why the handle is of no use any more, if so.
  Status Check();
  // What a transaction's records may take; the rest is for the commit.
  int64_t Allowed() const { return int64_t{timeout_ms_} * 3 / 4; }
  Status Standstill(const char* what);
  Error Judge(const std::string& what, rd_kafka_error_t* error, bool* retriable);
  rd_kafka_topic_t* HandleOf(const std::string& topic);

  const std::string who_;
  const int timeout_ms_;
  std::shared_ptr<Client> client_;
  std::map<std::string, rd_kafka_topic_t*, std::less<>> topics_;
  std::function<void(Moment)> observer_;
  int64_t began_ms_ = 0;
  int64_t written_ = 0;           // in this transaction
  int64_t delivered_before_ = 0;  // by the handle, when it began
  int64_t seen_delivered_ = 0;
  int64_t moved_ms_ = 0;  // when a delivery was last seen
  int64_t since_poll_ = 0;
  bool fenced_ = false;
  bool too_slow_ = false;
};

}  // namespace flow::kafka
