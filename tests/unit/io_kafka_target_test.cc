// links: runtime/connector
// labels: kafka long
// Exactly-once Kafka sinks against a real broker: rows and markers move together, fences, doubts,
// resync. Faults of the broker itself: tests/kafka/faults_test.py.
#include "runtime/connector/kafka/kafka_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <thread>

#include "runtime/connector/kafka/markers.h"
#include "tests/support/kafka.h"  // finds tools/kafka by FLOW_SOURCE_DIR

namespace flow {
namespace {

using testing::FreshTopic;
using ::testing::HasSubstr;
using testing::KafkaAddress;
using testing::TestProducer;

using Rows = std::vector<std::pair<std::string, int64_t>>;  // name, weight
using Markers = std::vector<std::optional<EpochMarker>>;

EpochMarker At(int64_t epoch) { return {epoch, epoch == 0 ? "" : "ab" + std::to_string(epoch)}; }

Batch RowsOf(const Rows& rows, int64_t n = 5) {
  Batch batch({TypeKind::kString, TypeKind::kBigint}, 8);
  for (const auto& [name, weight] : rows) {
    batch.Reserve(batch.rows + 1);
    WriteCell(batch.column(0), batch.rows, Datum::String(name), batch.arena().abi());
    WriteCell(batch.column(1), batch.rows, Datum::Int(TypeKind::kBigint, n), batch.arena().abi());
    batch.weights.push_back(weight);
    ++batch.rows;
  }
  return batch;
}

// A pipeline with an updating view and an append-only one, each with a sink.
class Pipeline {
 public:
  explicit Pipeline(const std::string& stem, int partitions = 1) {
    counts = FreshTopic(stem + "-counts");
    log = FreshTopic(stem + "-log");
    identity.uid = FreshTopic("uid");
    TestProducer producer;
    producer.CreateTopic(counts, partitions);
    producer.CreateTopic(log, partitions);
    for (const bool append : {false, true}) {
      program::View view;
      view.name = append ? "l" : "c";
      view.columns = {"name", "n"};
      view.types = {TypeKind::kString, TypeKind::kBigint};
      view.append_only = append;
      if (!append) view.key = {0};
      program.views.push_back(view);
      program::Sink sink;
      sink.name = append ? "log_out" : "counts_out";
      sink.view = append ? 1 : 0;
      sink.connector = program::Connector::kKafka;
      sink.options = {{"brokers", KafkaAddress()}, {"topic", append ? log : counts}};
      sink.upsert = !append;
      program.sinks.push_back(sink);
    }
  }

  std::unique_ptr<EpochTarget> Open(const KafkaTargetOptions& options = {}) const {
    auto targets = OpenKafkaTargets(program, identity, options);
    EXPECT_TRUE(targets.ok()) << targets.error().message;
    EXPECT_EQ(targets.value().size(), 1u);
    return std::move(targets.value().front());
  }
  // A target that is attached, with both markers at epoch 0.
  std::unique_ptr<EpochTarget> Start(const KafkaTargetOptions& options = {}) const {
    auto target = Open(options);
    EXPECT_EQ(Attached(target.get()), (Markers{std::nullopt, std::nullopt}));
    for (const int sink : target->sinks()) {
      const Status created = target->Create(sink, At(0));
      EXPECT_TRUE(created.ok()) << created.error().message;
    }
    return target;
  }
  static Markers Attached(EpochTarget* target) {
    auto markers = target->Attach();
    EXPECT_TRUE(markers.ok()) << markers.error().message;
    return markers.ok() ? markers.value() : Markers{};
  }

  program::Program program;
  PipelineIdentity identity;
  std::string counts;
  std::string log;
};

Status ApplyBoth(EpochTarget* target, int64_t from, int64_t to, const Batch* counts,
                 const Batch* log) {
  return target->Apply({{0, At(from), At(to), counts}, {1, At(from), At(to), log}});
}

#define EXPECT_OK(expression)                                                  \
  do {                                                                         \
    const Status status = (expression);                                        \
    EXPECT_TRUE(status.ok()) << #expression << ": " << status.error().message; \
  } while (false)

// What a read_committed consumer of its own sees, partition by partition: "key=value" each.
std::vector<std::string> Committed(const std::string& topic, int partition = 0,
                                   const std::string& broker = KafkaAddress()) {
  return testing::ReadCommitted(broker, topic, partition);
}

TEST(KafkaTarget, RowsAndMarkersMoveTogether) {
  const Pipeline pipeline("together");
  auto target = pipeline.Start();
  EXPECT_EQ(target->sinks(), (std::vector<int>{0, 1}));
  const Batch first = RowsOf({{"a", 1}, {"b", 1}});
  const Batch appended = RowsOf({{"x", 1}, {"y", 2}});
  EXPECT_OK(ApplyBoth(target.get(), 0, 1, &first, &appended));
  const Batch second = RowsOf({{"a", -1}, {"b", 1}}, 6);
  EXPECT_OK(ApplyBoth(target.get(), 1, 3, &second, nullptr));
  EXPECT_OK(target->Apply({{1, At(3), At(4), nullptr}}));
  EXPECT_EQ(
      Committed(pipeline.counts),
      (std::vector<std::string>{
          "{\"name\":\"a\"}={\"name\":\"a\",\"n\":5}", "{\"name\":\"b\"}={\"name\":\"b\",\"n\":5}",
          "{\"name\":\"a\"}=(null)", "{\"name\":\"b\"}={\"name\":\"b\",\"n\":6}"}));
  EXPECT_EQ(Committed(pipeline.log), (std::vector<std::string>{"(null)={\"name\":\"x\",\"n\":5}",
                                                               "(null)={\"name\":\"y\",\"n\":5}",
                                                               "(null)={\"name\":\"y\",\"n\":5}"}));
  // Another run of the pipeline finds them.
  auto later = pipeline.Open();
  EXPECT_EQ(Pipeline::Attached(later.get()), (Markers{At(3), At(4)}));
  EXPECT_EQ(Pipeline::Attached(later.get()), (Markers{At(3), At(4)}));
}

TEST(KafkaTarget, AWrongMarkerChangesNothing) {
  const Pipeline pipeline("wrong");
  auto target = pipeline.Start();
  const Batch rows = RowsOf({{"a", 1}});
  EXPECT_OK(ApplyBoth(target.get(), 0, 1, &rows, &rows));
  for (const SinkStep& wrong :
       {SinkStep{1, At(0), At(2), &rows}, SinkStep{1, {1, "cd"}, At(2), &rows}}) {
    const Status status = target->Apply({{0, At(1), At(2), &rows}, wrong});
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().domain, ErrorDomain::kData);
    EXPECT_THAT(status.error().message, HasSubstr("sink log_out"));
    EXPECT_THAT(status.error().message, HasSubstr("{\"epoch\":1,\"manifest\":\"ab1\"}"));
  }
  EXPECT_EQ(Committed(pipeline.counts).size(), 1u);
  EXPECT_OK(ApplyBoth(target.get(), 1, 2, &rows, &rows));  // it is still attached
  EXPECT_EQ(target->Create(0, At(0)).error().domain, ErrorDomain::kData);
  EXPECT_OK(target->Create(0, At(2)));
}

TEST(KafkaTarget, NotAttachedIsAnError) {
  const Pipeline pipeline("unattached");
  auto target = pipeline.Open();
  EXPECT_THAT(target->Apply({{0, At(0), At(1), nullptr}}).error().message,
              HasSubstr("not attached"));
}

TEST(KafkaTarget, AZombieIsFencedAndToldWhoTookOver) {
  const Pipeline pipeline("zombie");
  auto zombie = pipeline.Start();
  const Batch rows = RowsOf({{"a", 1}});
  EXPECT_OK(ApplyBoth(zombie.get(), 0, 1, &rows, &rows));
  auto heir = pipeline.Open();
  EXPECT_EQ(Pipeline::Attached(heir.get()), (Markers{At(1), At(1)}));
  const Status fenced = ApplyBoth(zombie.get(), 1, 2, &rows, &rows);
  ASSERT_FALSE(fenced.ok());
  EXPECT_EQ(fenced.error().domain, ErrorDomain::kData) << fenced.error().message;
  EXPECT_THAT(fenced.error().message, HasSubstr("another instance of this pipeline took over"));
  EXPECT_THAT(fenced.error().message, HasSubstr("process " + std::to_string(getpid())));
  // It does not fence its heir by attaching again.
  auto again = zombie->Attach();
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().domain, ErrorDomain::kData);
  EXPECT_OK(ApplyBoth(heir.get(), 1, 2, &rows, &rows));
  EXPECT_EQ(Committed(pipeline.counts).size(), 2u);
}

// The heir comes while the zombie's records are with the broker and not committed.
TEST(KafkaTarget, AZombieInTheMiddleOfItsTransactionIsUndone) {
  const Pipeline pipeline("midway");
  std::unique_ptr<EpochTarget> heir;
  int64_t epoch = 0;
  KafkaTargetOptions options;
  options.observer = [&](kafka::Transactions::Moment moment) {
    if (moment != kafka::Transactions::Moment::kFlushed || epoch != 2 || heir != nullptr) return;
    heir = pipeline.Open();
    EXPECT_EQ(Pipeline::Attached(heir.get()), (Markers{At(1), At(1)}));
  };
  auto zombie = pipeline.Start(options);
  const Batch rows = RowsOf({{"a", 1}});
  epoch = 1;
  EXPECT_OK(ApplyBoth(zombie.get(), 0, 1, &rows, &rows));
  epoch = 2;
  const Status fenced = ApplyBoth(zombie.get(), 1, 2, &rows, &rows);
  ASSERT_FALSE(fenced.ok());
  EXPECT_EQ(fenced.error().domain, ErrorDomain::kData) << fenced.error().message;
  const Batch other = RowsOf({{"b", 1}});
  EXPECT_OK(ApplyBoth(heir.get(), 1, 2, &other, &other));
  EXPECT_EQ(Committed(pipeline.counts),
            (std::vector<std::string>{"{\"name\":\"a\"}={\"name\":\"a\",\"n\":5}",
                                      "{\"name\":\"b\"}={\"name\":\"b\",\"n\":5}"}));
}

// The brokers give up a transaction that takes too long: that is no other instance.
TEST(KafkaTarget, ATransactionThatRanOutOfTimeIsWrittenAgain) {
  const Pipeline pipeline("timeout");
  int64_t pause_ms = 0;
  KafkaTargetOptions options;
  options.transaction_timeout_ms = 1000;
  options.observer = [&](kafka::Transactions::Moment moment) {
    if (moment != kafka::Transactions::Moment::kFlushed) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
  };
  auto target = pipeline.Start(options);
  const Batch rows = RowsOf({{"a", 1}});
  pause_ms = 13000;  // brokers look every ten seconds
  const Status late = ApplyBoth(target.get(), 0, 1, &rows, &rows);
  pause_ms = 0;
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().domain, ErrorDomain::kExternal) << late.error().message;
  EXPECT_EQ(Pipeline::Attached(target.get()), (Markers{At(0), At(0)}));
  EXPECT_OK(ApplyBoth(target.get(), 0, 1, &rows, &rows));
  EXPECT_EQ(Committed(pipeline.counts).size(), 1u);
}

Batch ManyRows(int count) {
  Rows names;
  for (int i = 0; i < count; ++i) names.emplace_back("name " + std::to_string(i), 1);
  return RowsOf(names);
}

TEST(KafkaTarget, AMillionRowsAreOneTransaction) {
  const Pipeline pipeline("million", 2);
  auto target = pipeline.Start();
  constexpr int kRows = 1000000;
  const Batch rows = ManyRows(kRows);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_OK(ApplyBoth(target.get(), 0, 1, &rows, nullptr));
  RecordProperty("apply_ms", static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                                  std::chrono::steady_clock::now() - start)
                                                  .count()));
  EXPECT_EQ(Committed(pipeline.counts, 0).size() + Committed(pipeline.counts, 1).size(),
            static_cast<size_t>(kRows));
}

// Not enough time for so many records: the next transaction has more.
TEST(KafkaTarget, ASlowTransactionGetsTheTimeItNeeds) {
  Pipeline pipeline("slow");
  pipeline.program.sinks[0].options["batch.num.messages"] = "5";
  KafkaTargetOptions options;
  options.transaction_timeout_ms = 1000;
  auto target = pipeline.Start(options);
  size_t written = 0;
  int tries = 0;
  // A broker that has run for long is fast: so many rows that they take longer than that.
  for (int epoch = 1, count = 20000; tries < 2; ++epoch, count *= 2) {
    ASSERT_LT(count, 5'000'000);
    const Batch rows = ManyRows(count);
    for (tries = 1;; ++tries) {
      const Status status = ApplyBoth(target.get(), epoch - 1, epoch, &rows, nullptr);
      if (status.ok()) break;
      // Given up by us, or by the brokers, who look every ten seconds.
      ASSERT_EQ(status.error().domain, ErrorDomain::kExternal) << status.error().message;
      ASSERT_EQ(Pipeline::Attached(target.get()), (Markers{At(epoch - 1), At(epoch - 1)}));
      ASSERT_LT(tries, 10);
    }
    written += static_cast<size_t>(count);
  }
  EXPECT_EQ(Committed(pipeline.counts).size(), written);
}

TEST(KafkaTarget, RowsThatTheTopicDoesNotTakeAreRefused) {
  Pipeline pipeline("refusal");
  const std::string small = FreshTopic("refusal-small");
  {
    TestProducer producer;
    producer.CreateTopic(small, 1, {{"max.message.bytes", "2000"}});
    producer.CreateTopic(small + "-large", 1, {{"max.message.bytes", "4000000"}});
  }
  pipeline.program.sinks[0].options["topic"] = small;
  pipeline.program.sinks[1].options["topic"] = small + "-large";
  auto target = pipeline.Start();
  auto refusal = [&](int sink, const Batch& rows) { return target->Refusal(sink, rows, 0); };
  // The longest that each takes is delivered, with small ones around it in one batch.
  Rows names;
  for (int i = 0; i < 100; ++i) names.emplace_back("small" + std::to_string(i), 1);
  for (int sink = 0; sink < 2; ++sink) {
    size_t length = 1;
    while (!refusal(sink, RowsOf({{std::string(length * 2, 'x'), 1}})).has_value()) length *= 2;
    for (size_t step = length; step > 0; step /= 2) {
      if (!refusal(sink, RowsOf({{std::string(length + step, 'x'), 1}}))) length += step;
    }
    EXPECT_GT(length, sink == 0 ? 800u : 3900000u);  // key and value hold it at sink 0
    Rows all = names;
    all.emplace_back(std::string(length, 'x'), 1);
    all.insert(all.end(), names.begin(), names.end());
    const Batch rows = RowsOf(all);
    EXPECT_OK(target->Apply({{sink, At(0), At(1), &rows}}));
    EXPECT_THAT(*refusal(sink, RowsOf({{std::string(length + 1, 'x'), 1}})),
                HasSubstr("max.message.bytes"));
  }
  EXPECT_EQ(refusal(0, RowsOf({{std::string(300, '\x01'), 1}})).has_value(), true);  // \u0001
  // A row that was not asked about is a data error, and nothing of its epoch is written.
  // (Several times: what is dropped with it may be reported before it.)
  const Batch rows = RowsOf({{"last", 1}, {std::string(5000, 'x'), 1}});
  for (int i = 0; i < 8; ++i) {
    const Status status = target->Apply({{0, At(1), At(2), &rows}});
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().domain, ErrorDomain::kData);
    EXPECT_THAT(status.error().message, HasSubstr("topic " + small));
    EXPECT_EQ(Pipeline::Attached(target.get()), (Markers{At(1), At(1)}));
  }
  EXPECT_EQ(Committed(small).size(), 201u);
}

TEST(KafkaTarget, ResyncReplacesTheContent) {
  const Pipeline pipeline("resync", 3);
  auto target = pipeline.Start();
  EXPECT_TRUE(target->CanResync(0));
  EXPECT_FALSE(target->CanResync(1));
  const Batch old = RowsOf({{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}});
  EXPECT_OK(target->Apply({{0, At(0), At(1), &old}}));
  const Batch gone = RowsOf({{"d", -1}});
  EXPECT_OK(target->Apply({{0, At(1), At(2), &gone}}));
  auto table = [&] {
    std::map<std::string, std::string> rows;
    for (int p = 0; p < 3; ++p) {
      for (const std::string& record : Committed(pipeline.counts, p)) {
        const size_t equal = record.find('=');
        rows[record.substr(0, equal)] = record.substr(equal + 1);
      }
    }
    return rows;
  };
  const std::vector<Batch> content = [] {
    std::vector<Batch> batches;
    batches.push_back(RowsOf({{"b", 1}, {"e", 1}}, 9));
    batches.push_back(RowsOf({{"f", 1}}, 9));
    return batches;
  }();
  // Cut short: no marker.
  size_t at = 0;
  auto failing = [&]() -> Result<const Batch*> {
    if (at == 1) return ExternalError("cut short");
    return &content[at++];
  };
  EXPECT_EQ(target->Resync(0, At(7), failing).error().message, "cut short");
  EXPECT_EQ(Pipeline::Attached(target.get()), (Markers{std::nullopt, At(0)}));
  at = 0;
  auto next = [&]() -> Result<const Batch*> {
    return at < content.size() ? &content[at++] : nullptr;
  };
  EXPECT_OK(target->Resync(0, At(7), next));
  auto value = [](const char* name) { return "{\"name\":\"" + std::string(name) + "\",\"n\":9}"; };
  EXPECT_EQ(table(), (std::map<std::string, std::string>{{"{\"name\":\"a\"}", "(null)"},
                                                         {"{\"name\":\"b\"}", value("b")},
                                                         {"{\"name\":\"c\"}", "(null)"},
                                                         {"{\"name\":\"d\"}", "(null)"},
                                                         {"{\"name\":\"e\"}", value("e")},
                                                         {"{\"name\":\"f\"}", value("f")}}));
  EXPECT_EQ(Pipeline::Attached(target.get()), (Markers{At(7), At(0)}));
  EXPECT_OK(target->Apply({{0, At(7), At(8), &old}}));
}

TEST(KafkaTarget, MarkersAreReadFromACompactedTopic) {
  const Pipeline pipeline("markers");
  auto target = pipeline.Start();
  for (int64_t epoch = 0; epoch < 300; ++epoch) {
    EXPECT_OK(ApplyBoth(target.get(), epoch, epoch + 1, nullptr, nullptr));
  }
  EXPECT_EQ(Pipeline::Attached(target.get()), (Markers{At(300), At(300)}));
  EXPECT_EQ(kafka::ParseMarker(kafka::MarkerText(At(3))), At(3));
  EXPECT_EQ(kafka::ParseMarker(kafka::MarkerText(At(0))), At(0));
  for (const char* text :
       {"", "{}", "{\"epoch\":1}", "{\"epoch\":1,\"manifest\":\"ab\"} ",
        "{\"epoch\":01,\"manifest\":\"ab\"}", "{\"epoch\":1,\"manifest\":\"AB\"}"}) {
    EXPECT_EQ(kafka::ParseMarker(text), std::nullopt) << text;
  }
  TestProducer stranger;
  stranger.Write(kafka::MarkerTopicName(pipeline.identity), 0, "5", "log_out");
  stranger.Flush();
  auto broken = target->Attach();
  ASSERT_FALSE(broken.ok());
  EXPECT_THAT(broken.error().message, HasSubstr("the marker of sink log_out is not one: 5"));
}

TEST(KafkaTarget, ErrorsSayWhatIsWrong) {
  Pipeline pipeline("errors");
  auto attach_error = [&]() -> Error {
    auto targets = OpenKafkaTargets(pipeline.program, pipeline.identity);
    if (!targets.ok()) return targets.error();
    for (auto& target : targets.value()) {
      if (auto markers = target->Attach(); !markers.ok()) return markers.error();
    }
    return InternalError("none");
  };
  pipeline.program.sinks[1].options["topic"] = pipeline.log + "-not";
  EXPECT_THAT(attach_error().message, HasSubstr("there is no topic " + pipeline.log + "-not"));
  pipeline.program.sinks[1].options["topic"] = pipeline.log;

  // One cluster by two names.
  std::string other = KafkaAddress();
  other.replace(0, other.find(':'), "localhost");
  pipeline.program.sinks[1].options["brokers"] = other;
  EXPECT_THAT(attach_error().message, HasSubstr("another sink of this pipeline names in another"));

  pipeline.program.sinks[1].options["brokers"] = "127.0.0.1:1";
  const auto start = std::chrono::steady_clock::now();
  const Error unreachable = attach_error();
  EXPECT_EQ(unreachable.domain, ErrorDomain::kExternal);
  EXPECT_THAT(unreachable.message, HasSubstr("can not be reached at 127.0.0.1:1"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(15));
  pipeline.program.sinks[1].options["brokers"] = KafkaAddress();

  pipeline.program.sinks[0].options["compression.type"] = "zstd";
  pipeline.program.sinks[1].options["compression.type"] = "lz4";
  EXPECT_THAT(attach_error().message, HasSubstr("another compression.type"));
  pipeline.program.sinks[1].options.erase("compression.type");
  pipeline.program.sinks[0].options["transactional.id"] = "mine";
  EXPECT_THAT(attach_error().message, HasSubstr("no option 'transactional.id'"));
  pipeline.program.sinks[0].options.erase("transactional.id");

  pipeline.program.sinks[0].secrets["sasl.password"] = "FLOW_TEST_SECRET";
  unsetenv("FLOW_TEST_SECRET");
  EXPECT_THAT(attach_error().message, HasSubstr("no variable FLOW_TEST_SECRET"));
  setenv("FLOW_TEST_SECRET", "hush", 1);
  EXPECT_EQ(attach_error().message, "none");
  pipeline.program.sinks[0].name = "@instance";
  EXPECT_THAT(attach_error().message, HasSubstr("this name is taken"));
}

}  // namespace
}  // namespace flow
