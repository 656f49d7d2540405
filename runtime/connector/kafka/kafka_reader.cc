// Gives Reader, and the handles that readers share.
#include "runtime/connector/kafka/kafka_reader.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>

#include "runtime/base/elements.h"
#include "runtime/format/utf8.h"

namespace flow::kafka {

namespace {

struct DestroyList {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, DestroyList>;

PartitionList One(const std::string& topic, int partition, int64_t offset) {
  PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  return list;
}

// What the records of a morsel borrow from.
struct Messages {
  explicit Messages(std::shared_ptr<Client> c) : client(std::move(c)) {}
  ~Messages() {
    for (rd_kafka_message_t* message : list) rd_kafka_message_destroy(message);
  }
  Messages(const Messages&) = delete;
  Messages& operator=(const Messages&) = delete;

  const std::shared_ptr<Client> client;  // must outlive its messages
  std::vector<rd_kafka_message_t*> list;
};

// As MAP<STRING, STRING>; of equal names the last counts, as Kafka's own clients have it. nullopt:
// not UTF-8.
std::optional<std::string> HeadersOf(const rd_kafka_message_t* message) {
  std::map<std::string_view, std::optional<std::string_view>> entries;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return "";
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    const char* text = static_cast<const char*>(value);
    if (!IsUtf8(name, std::strlen(name)) || (text != nullptr && !IsUtf8(text, size))) {
      return std::nullopt;
    }
    entries[name] =
        text == nullptr ? std::nullopt : std::optional<std::string_view>(std::in_place, text, size);
  }
  std::string map;
  for (const auto& [key, entry] : entries) {
    AppendStringPart(key, &map);
    if (entry) {
      AppendStringPart(*entry, &map);
    } else {
      map += '~';
    }
  }
  return map;
}

std::string Available(std::pair<int64_t, int64_t> range) {
  return "offsets " + std::to_string(range.first) + " to " + std::to_string(range.second) +
         " are there";
}

// How long a bounded read waits for brokers that are gone.
constexpr int64_t kPatienceMs = 60000;

}  // namespace

std::map<std::string, std::string> ReaderSettings(int64_t prefetch_kbytes) {
  return {
      // Never joined: it only gives the handle assign().
      {"group.id", "flowc"},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"isolation.level", "read_committed"},
      {"auto.offset.reset", "error"},
      {"check.crcs", "true"},
      {"enable.partition.eof", "true"},
      {"queued.max.messages.kbytes", std::to_string(prefetch_kbytes)},
      // A partition that is opened while others have nothing to give waits for the fetch that
      // waits for these.
      {"fetch.wait.max.ms", "50"},
      {"fetch.error.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "1000"},
      {"allow.auto.create.topics", "false"},
  };
}

Result<std::shared_ptr<Client>> Topic::Take(int partition) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!fetched_.insert(partition).second) return new_fetcher_();
  if (fetcher_ == nullptr) {
    auto made = new_fetcher_();
    if (!made.ok()) {
      fetched_.erase(partition);
      return made;
    }
    fetcher_ = made.value();
  }
  return fetcher_;
}

int64_t Topic::end(int partition) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto it = ends_.find(partition);
  return it == ends_.end() ? -1 : it->second;
}

void Topic::NoteEnd(int partition, int64_t end) {
  std::lock_guard<std::mutex> lock(mutex_);
  ends_[partition] = end;
}

void Topic::Return(const Client* client, int partition) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (client == fetcher_.get()) fetched_.erase(partition);
}

Result<std::unique_ptr<Reader>> Reader::Open(std::shared_ptr<Topic> topic, int partition,
                                             int64_t from, int64_t to) {
  FLOW_TRY(const auto range, topic->questions().Range(topic->name(), partition));
  std::unique_ptr<Reader> reader(new Reader(topic, partition, from, to));
  if (from < range.first && !reader->Finished()) return reader->Lost(range);
  if (from > range.second || to > range.second) {
    return DataError(reader->Place() + ": there is no offset " +
                     std::to_string(std::max(from, to)) + ": " + Available(range));
  }
  if (reader->Finished()) return reader;
  FLOW_TRY(reader->client_, topic->Take(partition));
  rd_kafka_t* handle = reader->client_->handle();
  // Before it is assigned, so that no record goes to the consumer's common queue.
  reader->queue_ = rd_kafka_queue_get_partition(handle, topic->name().c_str(), partition);
  if (reader->queue_ == nullptr) return InternalError(reader->Place() + ": no queue");
  rd_kafka_queue_forward(reader->queue_, nullptr);
  const PartitionList list = One(topic->name(), partition, from);
  rd_kafka_error_t* error = rd_kafka_incremental_assign(handle, list.get());
  if (error != nullptr) {
    const std::string text = rd_kafka_error_string(error);
    rd_kafka_error_destroy(error);
    return InternalError(reader->Place() + ": " + text);
  }
  reader->assigned_ = true;
  return reader;
}

Reader::~Reader() {
  if (client_ == nullptr) return;
  if (assigned_) {
    const PartitionList list = One(topic_->name(), partition_, RD_KAFKA_OFFSET_INVALID);
    rd_kafka_error_t* error = rd_kafka_incremental_unassign(client_->handle(), list.get());
    if (error != nullptr) rd_kafka_error_destroy(error);
  }
  if (queue_ != nullptr) rd_kafka_queue_destroy(queue_);
  topic_->Return(client_.get(), partition_);
}

std::string Reader::Place() const {
  return topic_->questions().who() + ": topic " + topic_->name() + " partition " +
         std::to_string(partition_);
}

Error Reader::Lost(std::pair<int64_t, int64_t> range) const {
  return DataError(Place() + ": the records from offset " + std::to_string(next_offset_) + " to " +
                       std::to_string(range.first) + " are gone: " + Available(range),
                   "the topic's retention removed them; to go on without them, start from a "
                   "frontier that is there");
}

RecordFingerprint Reader::FingerprintOf(const RawRecord& record) {
  RecordFingerprint print;
  print.offset = record.offset;
  print.log_timestamp = record.log_timestamp;
  print.size = int64_t{record.size} + record.key_size;
  print.hash = HashRecord(std::string_view(record.key, record.key_size),
                          std::string_view(record.data, record.size));
  return print;
}

int64_t Reader::lag() const {
  if (to_ >= 0) return std::max<int64_t>(to_ - next_offset_, 0);
  int64_t low = 0;
  int64_t high = RD_KAFKA_OFFSET_INVALID;
  rd_kafka_get_watermark_offsets(client_->handle(), topic_->name().c_str(), partition_, &low,
                                 &high);
  // What the last fetch said; older than what was asked when the reader has not fetched for long.
  high = std::max(high, topic_->end(partition_));
  return high < 0 ? -1 : std::max<int64_t>(high - next_offset_, 0);
}

// What the queue holds besides records.
Status Reader::OnEvent(const rd_kafka_message_t& message) {
  switch (message.err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      // Control and aborted records have no message: only this says that they are passed.
      next_offset_ = std::max(next_offset_, message.offset);
      return OkStatus();
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE: {
      // The fetcher was refused; what can be had is asked on another handle, and may tell more.
      auto range = topic_->questions().Range(topic_->name(), partition_);
      if (range.ok() && next_offset_ < range.value().first) return Lost(range.value());
      return DataError(Place() + ": there is no offset " + std::to_string(next_offset_) +
                           " any more" + (range.ok() ? ": " + Available(range.value()) : ""),
                       "was the topic deleted and made anew? nothing was skipped");
    }
    case RD_KAFKA_RESP_ERR__BAD_MSG:
      return DataError(Place() + ": a corrupt record at or after offset " +
                       std::to_string(next_offset_) + " (" + rd_kafka_message_errstr(&message) +
                       ")");
    default:
      break;
  }
  return client_->Failure(Place(), message.err);
}

// Nothing came: is anybody there?
Status Reader::CheckConnection() {
  client_->Poll(0);
  FLOW_RETURN_IF_ERROR(client_->failure());
  const int64_t down_since = client_->down_since_ms();
  if (down_since == 0) return OkStatus();
  client_->TellDown();
  if (to_ >= 0 && SteadyMillis() - down_since > kPatienceMs) return client_->Unreachable();
  return OkStatus();
}

Result<ReadState> Reader::Read(int64_t max_records, int64_t max_bytes, Morsel* out) {
  out->partition = partition_;
  out->Clear();
  out->next_offset = next_offset_;
  if (Finished()) return ReadState::kEnd;
  const int64_t count =
      std::clamp<int64_t>(std::min(max_records, max_bytes / mean_bytes_), 1, 100000);
  auto messages = std::make_shared<Messages>(client_);
  messages->list.resize(static_cast<size_t>(count));
  // What is here: who calls sleeps when no partition has anything.
  const ssize_t got =
      rd_kafka_consume_batch_queue(queue_, 0, messages->list.data(), static_cast<size_t>(count));
  messages->list.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  if (got <= 0) {
    FLOW_RETURN_IF_ERROR(CheckConnection());
    return ReadState::kIdle;
  }
  client_->NoteAlive();
  out->records.reserve(messages->list.size());
  auto headers =
      topic_->headers() ? std::make_shared<std::vector<std::optional<std::string>>>() : nullptr;
  for (const rd_kafka_message_t* message : messages->list) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      FLOW_RETURN_IF_ERROR(OnEvent(*message));
      continue;
    }
    if (message->offset < next_offset_) continue;
    next_offset_ = message->offset + 1;
    if (to_ >= 0 && message->offset >= to_) break;
    RawRecord record;
    record.data = message->payload == nullptr ? "" : static_cast<const char*>(message->payload);
    record.size = static_cast<uint32_t>(message->len);
    record.key = static_cast<const char*>(message->key);
    record.key_size = static_cast<uint32_t>(message->key_len);
    record.offset = message->offset;
    rd_kafka_timestamp_type_t type;
    const int64_t timestamp_ms = rd_kafka_message_timestamp(message, &type);
    if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE) record.log_timestamp = timestamp_ms * 1000;
    out->bytes += static_cast<int64_t>(message->len + message->key_len);
    out->records.push_back(record);
    if (headers != nullptr) headers->push_back(HeadersOf(message));
  }
  out->headers = std::move(headers);
  if (to_ >= 0) next_offset_ = std::min(next_offset_, to_);
  out->next_offset = next_offset_;
  if (out->records.empty()) return Finished() ? ReadState::kEnd : ReadState::kIdle;
  out->keep = std::move(messages);
  out->row_count = static_cast<int64_t>(out->records.size());
  out->begin_offset = out->records.front().offset;
  last_record_ = FingerprintOf(out->records.back());
  out->arrival_us = std::chrono::duration_cast<std::chrono::microseconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count();
  mean_bytes_ = std::max<int64_t>(out->bytes / out->row_count, 1);
  return ReadState::kData;
}

}  // namespace flow::kafka
