// The marker topic of a pipeline: which epoch each of its sinks on this cluster holds. One
// partition, compacted, so it stays small; written in the transactions that hold the rows.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "runtime/connector/epoch_target.h"
#include "runtime/connector/kafka/client.h"
#include "runtime/connector/kafka/kafka_reader.h"

namespace flow::kafka {

std::string MarkerTopicName(const PipelineIdentity& pipeline);
// {"epoch":7,"manifest":"0f..."}
std::string MarkerText(const EpochMarker& marker);
// nullopt: not what MarkerText makes.
std::optional<EpochMarker> ParseMarker(const std::string& text);

// Consumer handles on a cluster. `passed` are the options of the connection.
class MarkerTopic {
 public:
  static Result<std::unique_ptr<MarkerTopic>> Open(const std::string& who,
                                                   const std::string& brokers,
                                                   const std::map<std::string, std::string>& passed,
                                                   const std::string& name);

  const std::string& name() const { return topic_->name(); }
  // A handle for questions and administration; its reads are read_committed.
  Client& client() const { return topic_->questions(); }
  // Another topic of the cluster.
  std::shared_ptr<Topic> Other(const std::string& topic) const;
  // Makes it if it is not there.
  Status Prepare();
  // The last value of each key; keys with a null value are left out.
  enum class UpTo {
    kWritten,    // all that was written when this was called: waits for transactions that are open
    kCommitted,  // what can be read now: stops at the first transaction that is open
  };
  Result<std::map<std::string, std::string>> Read(UpTo up_to);

 private:
  MarkerTopic(std::shared_ptr<Client> uncommitted, std::shared_ptr<Topic> topic,
              std::function<Result<std::shared_ptr<Client>>()> new_fetcher)
      : uncommitted_(std::move(uncommitted)),
        topic_(std::move(topic)),
        new_fetcher_(std::move(new_fetcher)) {}

  const std::shared_ptr<Client> uncommitted_;  // is told ends that open transactions are before
  const std::shared_ptr<Topic> topic_;
  const std::function<Result<std::shared_ptr<Client>>()> new_fetcher_;
};

}  // namespace flow::kafka
