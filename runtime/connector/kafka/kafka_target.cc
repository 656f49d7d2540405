// Gives OpenKafkaTargets.
//
// A transaction holds the rows of its steps and, in the pipeline's marker topic, a marker for each
// of their sinks. So markers say what is committed, and nothing else has to be remembered: whatever
// goes wrong, Attach opens the producer anew, which decides the last transaction, and reads them.
//
// The marker topic also names the instance that attached last. A producer that is fenced looks
// there whether another instance took over or only its own transaction ran out of time.
#include "runtime/connector/kafka/kafka_target.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <random>
#include <set>

#include "runtime/connector/kafka/admin.h"
#include "runtime/connector/kafka/key_sweep.h"
#include "runtime/connector/kafka/markers.h"
#include "runtime/connector/kafka/row_record.h"
#include "runtime/connector/options.h"

namespace flow {

namespace {

using kafka::MarkerTopic;
using kafka::RowEncoder;
using kafka::Transactions;
using kafka::TransactionSettings;

// The key of the record that names the instance, among those that are sinks' names.
constexpr const char* kInstanceKey = "@instance";
// What brokers allow unless told otherwise (transaction.max.timeout.ms).
constexpr int kLongestTimeoutMs = 900000;
// librdkafka's default of message.max.bytes.
constexpr int64_t kDefaultMessageBytes = 1000000;
// A batch of one record is larger than its key and value by its own and the record's header.
constexpr int64_t kFraming = 128;
// A resync writes as many records at a time.
constexpr int64_t kResyncChunk = 100000;

// Names this instance to people and to nobody else's.
std::string NewInstance() {
  char host[64] = "";
  gethostname(host, sizeof host - 1);
  std::random_device random;
  const uint64_t number = uint64_t{random()} << 32 | random();
  return std::to_string(number) + " (process " + std::to_string(getpid()) + " on " + host + ")";
}

// One of the target's sinks.
struct TargetSink {
  int index = 0;  // of Program::sinks
  std::string name;
  std::string topic;
  RowEncoder encoder;
  std::optional<EpochMarker> marker;  // while attached
  // Of a record's key and value; any thread may ask.
  std::atomic<int64_t> largest{kDefaultMessageBytes - kFraming};
};

// Which targets of one pipeline are on which cluster: two of them would fence each other for ever.
using Clusters = std::map<std::string, const void*>;

class KafkaTarget : public EpochTarget {
 public:
  KafkaTarget(TransactionSettings settings, std::string marker_topic,
              std::vector<std::unique_ptr<TargetSink>> sinks, std::shared_ptr<Clusters> clusters,
              const KafkaTargetOptions& options)
      : settings_(std::move(settings)),
        marker_topic_(std::move(marker_topic)),
        sinks_(std::move(sinks)),
        clusters_(std::move(clusters)),
        observer_(options.observer),
        instance_(NewInstance()) {
    settings_.timeout_ms = options.transaction_timeout_ms;
    for (const auto& sink : sinks_) indices_.push_back(sink->index);
  }

  const std::vector<int>& sinks() const override { return indices_; }

  Result<std::vector<std::optional<EpochMarker>>> Attach() override {
    Reset();
    FLOW_RETURN_IF_ERROR(Connect());
    // If another took over since we attached, it is not to be fenced.
    if (claimed_) FLOW_RETURN_IF_ERROR(CheckInstance());
    FLOW_RETURN_IF_ERROR(Learn());
    FLOW_TRY(transactions_, Transactions::Open(settings_));
    transactions_->set_observer(observer_);
    // No write of an earlier instance can come after these are read.
    FLOW_TRY(const auto values, markers_->Read(MarkerTopic::UpTo::kWritten));
    // It may have come in between. It is fenced now, but finds its name and attaches again.
    if (claimed_) FLOW_RETURN_IF_ERROR(CompareInstance(values));
    std::vector<std::optional<EpochMarker>> found;
    for (const auto& sink : sinks_) {
      sink->marker.reset();
      if (auto it = values.find(sink->name); it != values.end()) {
        sink->marker = kafka::ParseMarker(it->second);
        if (!sink->marker.has_value()) {
          return DataError(settings_.who + ": topic " + marker_topic_ + ": the marker of sink " +
                               sink->name + " is not one: " + it->second,
                           "the topic is this pipeline's own: who wrote to it?");
        }
      }
      found.push_back(sink->marker);
    }
    FLOW_RETURN_IF_ERROR(Decide(
        [&]() -> Status { return transactions_->Write(marker_topic_, kInstanceKey, instance_); }));
    claimed_ = true;
    attached_ = true;
    return found;
  }

  Status Create(int sink, const EpochMarker& marker) override {
    FLOW_TRY(TargetSink* const of, Find(sink));
    if (of->marker == marker) return OkStatus();
    if (of->marker.has_value()) {
      return DataError(Place(*of) + " is attached already, at epoch " +
                       std::to_string(of->marker->epoch));
    }
    FLOW_RETURN_IF_ERROR(Decide([&] { return WriteMarker(*of, marker); }));
    of->marker = marker;
    return OkStatus();
  }

  Status Apply(const std::vector<SinkStep>& steps) override {
    std::set<int> seen;
    for (const SinkStep& step : steps) {
      FLOW_TRY(const TargetSink* const sink, Find(step.sink));
      if (!seen.insert(step.sink).second) {
        return InternalError(Place(*sink) + " has two steps in one transaction");
      }
      if (sink->marker == step.from) continue;
      return DataError(
          Place(*sink) + " holds " +
          (sink->marker.has_value() ? kafka::MarkerText(*sink->marker) : "nothing of ours") +
          " and not " + kafka::MarkerText(step.from));
    }
    if (steps.empty()) return OkStatus();
    FLOW_RETURN_IF_ERROR(Decide([&]() -> Status {
      for (const SinkStep& step : steps) {
        FLOW_TRY(const TargetSink* const sink, Find(step.sink));
        if (step.rows != nullptr) FLOW_RETURN_IF_ERROR(WriteRows(*sink, *step.rows));
        FLOW_RETURN_IF_ERROR(WriteMarker(*sink, step.to));
      }
      return OkStatus();
    }));
    for (const SinkStep& step : steps) {
      FLOW_TRY(TargetSink* const sink, Find(step.sink));
      sink->marker = step.to;
    }
    return OkStatus();
  }

  std::optional<std::string> Refusal(int sink, const Batch& rows, int32_t row) override {
    const auto it = std::lower_bound(indices_.begin(), indices_.end(), sink);
    if (it == indices_.end() || *it != sink) return std::nullopt;
    const TargetSink& of = *sinks_[static_cast<size_t>(it - indices_.begin())];
    const int64_t largest = of.largest.load(std::memory_order_relaxed);
    if (of.encoder.SizeBound(rows, row) <= largest) return std::nullopt;
    RowEncoder::Record record;
    of.encoder.Encode(rows, row, &record);
    const int64_t size = static_cast<int64_t>(record.key.size() + record.value.size());
    if (size <= largest) return std::nullopt;
    return "its record has " + std::to_string(size) + " bytes, and topic " + of.topic +
           " takes at most " + std::to_string(largest) + " (max.message.bytes)";
  }

  // The keys of the topic can be read, so those that are too many can be deleted; appended rows
  // have none.
  bool CanResync(int sink) const override {
    for (const auto& of : sinks_) {
      if (of->index == sink) return of->encoder.upserts();
    }
    return false;
  }

  Status Resync(int sink, const EpochMarker& to,
                const std::function<Result<const Batch*>()>& next) override {
    FLOW_TRY(TargetSink* const of, Find(sink));
    if (!of->encoder.upserts()) {
      return InternalError(Place(*of) + " appends: it can not be made anew");
    }
    // From here on the marker is missing until all is done.
    FLOW_RETURN_IF_ERROR(Decide([&]() -> Status {
      return transactions_->Write(marker_topic_, of->name, std::string_view());
    }));
    of->marker.reset();
    kafka::KeySweep sweep(markers_->Other(of->topic));
    FLOW_RETURN_IF_ERROR(sweep.Begin());
    bool more = true;
    while (more) {
      FLOW_RETURN_IF_ERROR(Decide([&]() -> Status {
        for (int64_t rows = 0; rows < kResyncChunk;) {
          FLOW_TRY(const Batch* const batch, next());
          more = batch != nullptr;
          if (!more) return OkStatus();
          FLOW_RETURN_IF_ERROR(WriteRows(*of, *batch, &sweep));
          rows += batch->rows;
        }
        return OkStatus();
      }));
    }
    // Not in a transaction: reading the topic may take longer than one may.
    FLOW_TRY(const std::vector<std::string> stale, sweep.Stale());
    for (size_t at = 0; at < stale.size();) {
      FLOW_RETURN_IF_ERROR(Decide([&]() -> Status {
        const size_t end = std::min(stale.size(), at + static_cast<size_t>(kResyncChunk));
        for (; at < end; ++at) {
          FLOW_RETURN_IF_ERROR(transactions_->Write(of->topic, stale[at], std::string_view()));
        }
        return OkStatus();
      }));
    }
    FLOW_RETURN_IF_ERROR(Decide([&] { return WriteMarker(*of, to); }));
    of->marker = to;
    return OkStatus();
  }

 private:
  std::string Place(const TargetSink& sink) const {
    return "sink " + sink.name + " (topic " + sink.topic + ")";
  }

  void Reset() {
    attached_ = false;
    if (transactions_ != nullptr && transactions_->too_slow()) {
      settings_.timeout_ms = std::min(settings_.timeout_ms * 2, kLongestTimeoutMs);
    }
    transactions_.reset();
  }

  Result<TargetSink*> Find(int sink) {
    if (!attached_) return ExternalError(settings_.who + ": not attached");
    const auto it = std::lower_bound(indices_.begin(), indices_.end(), sink);
    if (it == indices_.end() || *it != sink) {
      return InternalError(settings_.who + ": no sink " + std::to_string(sink) + " here");
    }
    return sinks_[static_cast<size_t>(it - indices_.begin())].get();
  }

  // The handles for questions; they outlive producers.
  Status Connect() {
    if (markers_ == nullptr) {
      FLOW_TRY(markers_,
               MarkerTopic::Open(settings_.who, settings_.brokers,
                                 kafka::ConnectionOptions(settings_.passed), marker_topic_));
    }
    if (cluster_.empty()) {
      char* id = rd_kafka_clusterid(markers_->client().handle(), kafka::kQuestionMs);
      markers_->client().Poll(0);
      if (id == nullptr) return markers_->client().Unreachable();
      cluster_ = id;
      rd_kafka_mem_free(markers_->client().handle(), id);
    }
    const auto [it, fresh] = clusters_->emplace(cluster_, this);
    if (it->second != this) {
      return UserError(settings_.who + ": brokers = '" + settings_.brokers +
                           "' is a cluster that another sink of this pipeline names in another way",
                       "write the brokers alike in all sinks of one cluster: they share one "
                       "transactional producer");
    }
    return markers_->Prepare();
  }

  // What the topics take.
  Status Learn() {
    std::vector<std::string> topics;
    for (const auto& sink : sinks_) {
      FLOW_TRY([[maybe_unused]] const int partitions,
               markers_->client().PartitionCount(sink->topic, kafka::kQuestionMs));
      topics.push_back(sink->topic);
    }
    std::sort(topics.begin(), topics.end());
    topics.erase(std::unique(topics.begin(), topics.end()), topics.end());
    const auto limits = kafka::MaxMessageBytes(&markers_->client(), topics);
    auto of_topic = [&](const std::string& topic) {
      const auto it = limits.find(topic);
      return it == limits.end() ? kDefaultMessageBytes : it->second;
    };
    int64_t largest = kDefaultMessageBytes;
    int64_t smallest = kDefaultMessageBytes;
    for (const std::string& topic : topics) {
      largest = std::max(largest, of_topic(topic));
      smallest = std::min(smallest, of_topic(topic));
    }
    // What a user says about the producer stays.
    if (const auto it = settings_.passed.find("message.max.bytes"); it != settings_.passed.end()) {
      largest = std::strtoll(it->second.c_str(), nullptr, 10);
    }
    constexpr int64_t kMost = 1000000000;  // librdkafka's
    settings_.largest_message = std::clamp<int64_t>(largest, 1000, kMost);
    settings_.largest_batch = smallest;
    for (const auto& sink : sinks_) {
      sink->largest.store(std::min(settings_.largest_message, of_topic(sink->topic)) - kFraming);
    }
    return OkStatus();
  }

  // A data error if another instance attached since we did. If it did, our last transaction was
  // decided before it committed its name; if not, ours may still be open.
  Status CheckInstance() {
    FLOW_TRY(const auto values, markers_->Read(MarkerTopic::UpTo::kCommitted));
    return CompareInstance(values);
  }

  Status CompareInstance(const std::map<std::string, std::string>& values) const {
    const auto it = values.find(kInstanceKey);
    if (it != values.end() && it->second == instance_) return OkStatus();
    return DataError(settings_.who + ": another instance of this pipeline took over" +
                         (it == values.end() ? "" : ": " + it->second),
                     "one state directory belongs to one running pipeline; nothing was written "
                     "after the other came");
  }

  // One transaction. An error leaves us detached.
  template <typename F>
  Status Decide(const F& write) {
    Status status = transactions_->Begin();
    if (status.ok()) status = write();
    if (status.ok()) status = transactions_->Commit();
    if (status.ok()) return status;
    const bool fenced = transactions_->fenced();
    Reset();
    if (fenced && claimed_) {
      Status instance = CheckInstance();
      if (!instance.ok() && instance.error().domain == ErrorDomain::kData) return instance;
    }
    return status;
  }

  Status WriteRows(const TargetSink& sink, const Batch& rows, kafka::KeySweep* sweep = nullptr) {
    RowEncoder::Record record;
    for (int32_t row = 0; row < rows.rows; ++row) {
      sink.encoder.Encode(rows, row, &record);
      if (sweep != nullptr) sweep->Keep(record.key);
      const int64_t copies = sink.encoder.Copies(rows, row);
      for (int64_t i = 0; i < copies; ++i) {
        FLOW_RETURN_IF_ERROR(
            transactions_->Write(sink.topic, record.key_view(), record.value_view()));
      }
    }
    return OkStatus();
  }

  Status WriteMarker(const TargetSink& sink, const EpochMarker& marker) {
    return transactions_->Write(marker_topic_, sink.name, kafka::MarkerText(marker));
  }

  TransactionSettings settings_;
  const std::string marker_topic_;
  const std::vector<std::unique_ptr<TargetSink>> sinks_;
  std::vector<int> indices_;
  const std::shared_ptr<Clusters> clusters_;
  const std::function<void(Transactions::Moment)> observer_;
  const std::string instance_;
  std::string cluster_;
  std::unique_ptr<MarkerTopic> markers_;
  std::unique_ptr<Transactions> transactions_;
  bool attached_ = false;
  bool claimed_ = false;  // the marker topic has named this instance
};

// Adds the options of one more sink of the target.
Status MergeOptions(const std::string& who, const std::map<std::string, std::string>& more,
                    std::map<std::string, std::string>* passed) {
  for (const auto& [name, value] : more) {
    const auto [it, fresh] = passed->emplace(name, value);
    if (it->second == value) continue;
    std::string message = who;
    message += ": another sink of these brokers has another ";
    message += name;
    return UserError(std::move(message),
                     "sinks of one cluster share one transactional producer: give them the same "
                     "options");
  }
  return OkStatus();
}

}  // namespace

Result<std::vector<std::unique_ptr<EpochTarget>>> OpenKafkaTargets(
    const program::Program& program, const PipelineIdentity& pipeline,
    const KafkaTargetOptions& options) {
  struct Group {
    TransactionSettings settings;
    std::vector<std::unique_ptr<TargetSink>> sinks;
  };
  std::map<std::string, Group> groups;  // by brokers
  for (size_t i = 0; i < program.sinks.size(); ++i) {
    const program::Sink& sink = program.sinks[i];
    if (sink.connector != program::Connector::kKafka) continue;
    const std::string who = "sink " + sink.name;
    if (sink.name == kInstanceKey) {
      return UserError(who + ": this name is taken by the pipeline's own record among its markers");
    }
    FLOW_TRY(const program::Options given, WithSecrets(who, sink.options, sink.secrets));
    FLOW_TRY(const std::string brokers, RequiredOption(who, given, "brokers"));
    FLOW_TRY(const std::string topic, RequiredOption(who, given, "topic"));
    if (sink.format != program::Format::kJson) {
      return UserError(who + ": not supported yet: INTO KAFKA in another format than JSON");
    }
    FLOW_TRY(const auto passed, kafka::PassedOptions(who, kafka::Role::kProducer, given));
    Group& group = groups[brokers];
    FLOW_RETURN_IF_ERROR(MergeOptions(who, passed, &group.settings.passed));
    group.settings.who += group.sinks.empty() ? "sink " : ", ";
    group.settings.who += sink.name;
    group.settings.brokers = brokers;
    // The same wherever the brokers are reached: an instance that reaches them by another address
    // must be fenced too.
    group.settings.id = "flowc-" + pipeline.uid + "-sinks";
    group.sinks.push_back(std::unique_ptr<TargetSink>(new TargetSink{
        static_cast<int>(i), sink.name, topic,
        RowEncoder(sink, program.views[static_cast<size_t>(sink.view)]), std::nullopt}));
  }
  const auto clusters = std::make_shared<Clusters>();
  std::vector<std::unique_ptr<EpochTarget>> targets;
  targets.reserve(groups.size());
  for (auto& [brokers, group] : groups) {
    targets.push_back(std::make_unique<KafkaTarget>(std::move(group.settings),
                                                    kafka::MarkerTopicName(pipeline),
                                                    std::move(group.sinks), clusters, options));
  }
  return targets;
}

}  // namespace flow
