// Gives Transactions. What librdkafka's transactions do when things go wrong:
// docs/adr/0006-kafka-transactions.md.
#include "runtime/connector/kafka/transactions.h"

#include <algorithm>

namespace flow::kafka {

namespace {

constexpr int64_t kStandstillMs = 10000;
// A call is given up after this long, and then made again: an endless one may hang for ever.
constexpr int kSliceMs = 500;

std::map<std::string, std::string> OwnSettings(const TransactionSettings& settings) {
  std::map<std::string, std::string> own = {
      {"queue.buffering.max.kbytes", "32768"},
      {"queue.buffering.max.messages", "100000"},
      {"linger.ms", "2"},
      // librdkafka wants it within the transaction's time.
      {"socket.timeout.ms", std::to_string(std::min(settings.timeout_ms, 10000))},
      {"reconnect.backoff.max.ms", "1000"},
      {"partitioner", "murmur2_random"},
  };
  if (settings.largest_message > 0) {
    own["message.max.bytes"] = std::to_string(settings.largest_message);
  }
  if (settings.largest_batch > 0) own["batch.size"] = std::to_string(settings.largest_batch);
  return own;
}

bool IsFence(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
         code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

}  // namespace

Result<std::unique_ptr<Transactions>> Transactions::Open(const TransactionSettings& settings) {
  std::unique_ptr<Transactions> opened(new Transactions(settings));
  const std::map<std::string, std::string> fixed = {
      {"transactional.id", settings.id},
      {"transaction.timeout.ms", std::to_string(settings.timeout_ms)},
  };
  FLOW_TRY(opened->client_, Client::Create(settings.who, Role::kProducer, settings.brokers,
                                           {OwnSettings(settings), settings.passed, fixed}));
  FLOW_RETURN_IF_ERROR(opened->Init());
  return opened;
}

Transactions::~Transactions() {
  for (const auto& [name, handle] : topics_) rd_kafka_topic_destroy(handle);
  if (client_ == nullptr) return;
  // Nothing is waited for: whoever opens the id again finds out what became of it.
  rd_kafka_purge(client_->handle(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                        RD_KAFKA_PURGE_F_NON_BLOCKING);
}

// The order matters: a fatal error may also ask for an abort, one that asks for an abort may also
// be retriable, and one without any flag can not be recovered from.
Error Transactions::Judge(const std::string& what, rd_kafka_error_t* error, bool* retriable) {
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
  const std::string text = rd_kafka_error_string(error);
  *retriable = rd_kafka_error_is_fatal(error) == 0 &&
               rd_kafka_error_txn_requires_abort(error) == 0 &&
               rd_kafka_error_is_retriable(error) != 0;
  rd_kafka_error_destroy(error);
  if (IsFence(code)) fenced_ = true;
  FLOW_RETURN_IF_ERROR(*retriable ? OkStatus() : Check());
  return ExternalError(who_ + ": " + what + ": " + text + " (" + rd_kafka_err2name(code) + ")");
}

Status Transactions::Check() {
  client_->Poll(0);
  char text[512] = "";
  const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(client_->handle(), text, sizeof text);
  if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (IsFence(fatal)) fenced_ = true;
    if (began_ms_ != 0 && SteadyMillis() - began_ms_ > Allowed()) too_slow_ = true;
    return ExternalError(who_ + ": Kafka: " + text + " (" + rd_kafka_err2name(fatal) + ")");
  }
  return client_->failure();
}

Status Transactions::Standstill(const char* what) {
  const int64_t now = SteadyMillis();
  const int64_t delivered = client_->delivered();
  if (delivered != seen_delivered_) {
    seen_delivered_ = delivered;
    moved_ms_ = now;
  }
  if (now - moved_ms_ > kStandstillMs) {
    if (client_->down_since_ms() != 0) return client_->Unreachable();
    return ExternalError(who_ + ": " + what + ": the brokers at " + client_->brokers() +
                         " did not answer for " + std::to_string(kStandstillMs / 1000) + " s");
  }
  if (now - began_ms_ > Allowed()) {
    too_slow_ = true;
    return ExternalError(who_ + ": " + what + ": " + std::to_string(written_) +
                         " records are not written within three quarters of " +
                         std::to_string(timeout_ms_) + " ms, the transaction's time");
  }
  return OkStatus();
}

Status Transactions::Init() {
  const int64_t deadline = SteadyMillis() + kStandstillMs;
  for (;;) {
    rd_kafka_error_t* error = rd_kafka_init_transactions(client_->handle(), kSliceMs);
    if (error == nullptr) return OkStatus();
    bool retriable = false;
    Error judged = Judge("starting transactions", error, &retriable);
    if (!retriable) return judged;
    client_->Poll(0);
    if (SteadyMillis() > deadline) {
      if (client_->down_since_ms() != 0) return client_->Unreachable();
      return judged;
    }
  }
}

Status Transactions::Begin() {
  FLOW_RETURN_IF_ERROR(Check());
  rd_kafka_error_t* error = rd_kafka_begin_transaction(client_->handle());
  if (error != nullptr) {
    bool retriable = false;
    return Judge("beginning a transaction", error, &retriable);
  }
  began_ms_ = moved_ms_ = SteadyMillis();
  written_ = 0;
  delivered_before_ = seen_delivered_ = client_->delivered();
  return OkStatus();
}

rd_kafka_topic_t* Transactions::HandleOf(const std::string& topic) {
  rd_kafka_topic_t*& handle = topics_[topic];
  if (handle == nullptr) handle = rd_kafka_topic_new(client_->handle(), topic.c_str(), nullptr);
  return handle;
}

Status Transactions::Write(const std::string& topic, std::string_view key, std::string_view value) {
  rd_kafka_topic_t* handle = HandleOf(topic);
  for (;;) {
    const int code = rd_kafka_produce(handle, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                                      const_cast<char*>(value.data()), value.size(), key.data(),
                                      key.size(), nullptr);
    if (code == 0) break;
    const rd_kafka_resp_err_t error = rd_kafka_last_error();
    FLOW_RETURN_IF_ERROR(Check());
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      // A transaction that has failed takes nothing more: what it failed of is on its way.
      rd_kafka_flush(client_->handle(), kSliceMs);
      FLOW_RETURN_IF_ERROR(Check());
      return client_->Failure("a record of " + std::to_string(key.size() + value.size()) +
                                  " bytes was not taken for topic " + topic,
                              error);
    }
    FLOW_RETURN_IF_ERROR(Standstill("writing"));
    client_->Poll(10);
  }
  ++written_;
  if (++since_poll_ >= 256) {
    since_poll_ = 0;
    FLOW_RETURN_IF_ERROR(Check());
  }
  return OkStatus();
}

Status Transactions::Flush() {
  moved_ms_ = SteadyMillis();
  for (;;) {
    const rd_kafka_resp_err_t code = rd_kafka_flush(client_->handle(), 100);
    FLOW_RETURN_IF_ERROR(Check());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) break;
    if (code != RD_KAFKA_RESP_ERR__TIMED_OUT) return client_->Failure("flushing", code);
    FLOW_RETURN_IF_ERROR(Standstill("writing"));
  }
  if (Status dropped = client_->dropped(); !dropped.ok()) {
    if (SteadyMillis() - began_ms_ > Allowed()) too_slow_ = true;
    return dropped;
  }
  const int64_t delivered = client_->delivered() - delivered_before_;
  if (delivered != written_) {
    return InternalError(who_ + ": " + std::to_string(written_) + " records were written and " +
                         std::to_string(delivered) + " delivered");
  }
  return OkStatus();
}

Status Transactions::Commit() {
  FLOW_RETURN_IF_ERROR(Flush());
  if (observer_) observer_(Moment::kFlushed);
  const int64_t deadline = SteadyMillis() + kStandstillMs;
  for (;;) {
    if (observer_) observer_(Moment::kCommitting);
    rd_kafka_error_t* error = rd_kafka_commit_transaction(client_->handle(), kSliceMs);
    if (error == nullptr) return OkStatus();
    bool retriable = false;
    Error judged = Judge("committing", error, &retriable);
    if (!retriable) return judged;
    client_->Poll(0);
    if (SteadyMillis() > deadline) {
      judged.message += "; whether it is committed is not known";
      return judged;
    }
  }
}

}  // namespace flow::kafka
