// Reads one partition of a topic through a queue of its own, so that one partition can wait without
// the others.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "runtime/connector/connector.h"
#include "runtime/connector/kafka/client.h"

namespace flow::kafka {

// Settings of a handle that reads with offsets of its own: committed records only, and never a
// jump. `prefetch_kbytes`: what a partition may hold of records that nobody has taken yet.
std::map<std::string, std::string> ReaderSettings(int64_t prefetch_kbytes);

// A topic and the handles to it. Questions have a handle of their own: on the one that fetches they
// would wait behind a fetch that waits for records.
class Topic {
 public:
  // `headers`: its readers give the headers of records too.
  Topic(std::string name, std::shared_ptr<Client> questions,
        std::function<Result<std::shared_ptr<Client>>()> new_fetcher, bool headers = false)
      : name_(std::move(name)),
        questions_(std::move(questions)),
        new_fetcher_(std::move(new_fetcher)),
        headers_(headers) {}

  const std::string& name() const { return name_; }
  bool headers() const { return headers_; }
  Client& questions() const { return *questions_; }
  const std::shared_ptr<Client>& shared_questions() const { return questions_; }
  // The end of a partition as it was last asked for; -1: never.
  int64_t end(int partition) const;
  void NoteEnd(int partition, int64_t end);
  // A handle on which nobody reads the partition; Return it with the partition.
  Result<std::shared_ptr<Client>> Take(int partition);
  void Return(const Client* client, int partition);

 private:
  const std::string name_;
  const std::shared_ptr<Client> questions_;
  const std::function<Result<std::shared_ptr<Client>>()> new_fetcher_;
  const bool headers_;
  mutable std::mutex mutex_;
  std::map<int, int64_t> ends_;
  std::shared_ptr<Client> fetcher_;  // shared by the first readers of all partitions
  std::set<int> fetched_;            // the partitions that it reads
};

class Reader : public PartitionReader {
 public:
  // Records with offsets in [from, to); to < 0: without end.
  static Result<std::unique_ptr<Reader>> Open(std::shared_ptr<Topic> topic, int partition,
                                              int64_t from, int64_t to);
  ~Reader() override;

  Result<ReadState> Read(int64_t max_records, int64_t max_bytes, Morsel* out) override;
  int64_t next_offset() const override { return next_offset_; }
  int64_t lag() const override;
  std::optional<RecordFingerprint> last_record() const override { return last_record_; }

  static RecordFingerprint FingerprintOf(const RawRecord& record);

 private:
  Reader(std::shared_ptr<Topic> topic, int partition, int64_t from, int64_t to)
      : topic_(std::move(topic)), partition_(partition), to_(to), next_offset_(from) {}
  bool Finished() const { return to_ >= 0 && next_offset_ >= to_; }
  std::string Place() const;
  Error Lost(std::pair<int64_t, int64_t> range) const;
  Status OnEvent(const rd_kafka_message_t& message);
  Status CheckConnection();

  const std::shared_ptr<Topic> topic_;
  std::shared_ptr<Client> client_;
  const int partition_;
  const int64_t to_;
  int64_t next_offset_;
  std::optional<RecordFingerprint> last_record_;
  rd_kafka_queue_t* queue_ = nullptr;
  bool assigned_ = false;
  int64_t mean_bytes_ = 256;  // of a record, lately
};

}  // namespace flow::kafka
