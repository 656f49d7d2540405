// links: runtime/connector
// labels: asan kafka tsan
// KAFKA against a real broker: offsets, transactions, lost ranges, new partitions, errors; and
// sinks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "runtime/abi/error_code.h"
#include "runtime/connector/connector.h"
#include "runtime/connector/kafka/group_offsets.h"
#include "tests/support/kafka.h"  // finds tools/kafka by FLOW_SOURCE_DIR

namespace flow {
namespace {

using testing::FreshTopic;
using ::testing::HasSubstr;
using testing::KafkaAddress;
using testing::TestProducer;

program::Source TopicSource(const std::string& topic) {
  program::Source source;
  source.name = "s";
  source.connector = program::Connector::kKafka;
  source.format = program::Format::kJson;
  source.options = {{"brokers", KafkaAddress()}, {"topic", topic}};
  auto add = [&](const char* name, Type type, program::ColumnFrom from) {
    program::SourceColumn column;
    column.name = name;
    column.type = std::move(type);
    column.from = from;
    column.path = {{name, -1}};
    source.columns.push_back(column);
  };
  add("v", TypeKind::kString, program::ColumnFrom::kField);
  add("k", TypeKind::kString, program::ColumnFrom::kKey);
  add("t", TypeKind::kTimestamp, program::ColumnFrom::kTimestamp);
  add("p", TypeKind::kInt, program::ColumnFrom::kPartition);
  add("o", TypeKind::kBigint, program::ColumnFrom::kOffset);
  source.declared = {source.columns[0]};
  return source;
}

std::string Value(int i) { return "{\"v\":\"" + std::to_string(i) + "\"}"; }

std::unique_ptr<SourceConnector> MustOpen(const program::Source& source) {
  auto opened = OpenSource(source);
  EXPECT_TRUE(opened.ok()) << opened.error().message;
  return opened.ok() ? std::move(opened).value() : nullptr;
}

// The records of [from, to) as "offset:v", separated by blanks; or the error.
std::string Read(SourceConnector* source, int partition, int64_t from, int64_t to,
                 int64_t max_records = 1000) {
  auto reader = source->Open(partition, from, to);
  if (!reader.ok()) return reader.error().message;
  std::string out;
  DecodedRows rows;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (std::chrono::steady_clock::now() < deadline) {
    Morsel morsel;
    auto state = reader.value()->Read(max_records, 1 << 20, &morsel);
    if (!state.ok()) return out + state.error().message;
    if (state.value() == ReadState::kEnd) {
      EXPECT_EQ(reader.value()->next_offset(), to);
      return out;
    }
    if (state.value() == ReadState::kIdle) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      continue;
    }
    EXPECT_LE(morsel.row_count, max_records);
    source->decoder().Decode(morsel, &rows);
    for (int32_t i = 0; i < rows.batch.rows; ++i) {
      out += (out.empty() ? "" : " ") + std::to_string(rows.offsets[static_cast<size_t>(i)]) + ":" +
             ReadCell(rows.batch.column(0), TypeKind::kString, i).s;
    }
  }
  return out + " (never ended)";
}

TEST(KafkaSource, ReadsARangeWithMetadata) {
  TestProducer producer;
  const std::string topic = FreshTopic("range");
  producer.CreateTopic(topic, 2);
  for (int i = 0; i < 10; ++i) {
    producer.Write(topic, 1, Value(i), i % 2 == 0 ? "key" : nullptr, 1672531200000 + i);
  }
  producer.Flush();
  const program::Source spec = TopicSource(topic);
  auto source = MustOpen(spec);
  ASSERT_EQ(source->partitions().size(), 2u);
  EXPECT_EQ(source->partitions()[0].end, 0);
  EXPECT_EQ(source->partitions()[1].end, 10);
  EXPECT_FALSE(source->partitions()[1].bounded);
  EXPECT_EQ(Read(source.get(), 0, 0, 0), "");
  EXPECT_EQ(Read(source.get(), 1, 3, 6), "3:3 4:4 5:5");
  EXPECT_EQ(Read(source.get(), 1, 8, 10, 1), "8:8 9:9");  // the same partition again
  auto reader = source->Open(1, 4, 6);
  ASSERT_TRUE(reader.ok());
  Morsel morsel;
  while (reader.value()->Read(2, 1 << 20, &morsel).value() == ReadState::kIdle) {
  }
  DecodedRows rows;
  source->decoder().Decode(morsel, &rows);
  auto cell = [&](int column, int32_t row) {
    return ToSql(
        ReadCell(rows.batch.column(column), spec.columns[static_cast<size_t>(column)].type, row));
  };
  EXPECT_EQ(cell(1, 0), "'key'");
  EXPECT_EQ(cell(2, 0), "TIMESTAMP '2023-01-01 00:00:00.004'");
  EXPECT_EQ(cell(3, 0), "1");
  EXPECT_EQ(cell(4, 0), "4");
  EXPECT_EQ(source->decoder().Raw(morsel, 0), Value(4));
}

TEST(KafkaSource, GivesTheHeadersOfRecords) {
  TestProducer producer;
  const std::string topic = FreshTopic("headers");
  producer.CreateTopic(topic, 1);
  producer.Write(topic, 0, Value(0));
  producer.Write(topic, 0, Value(1), nullptr, 0, {{"trace", "b"}, {"a", nullptr}, {"trace", "c"}});
  producer.Write(topic, 0, Value(2), nullptr, 0, {{"a", "\xff"}});
  producer.Write(topic, 0, Value(3), nullptr, 0, {{"\xff", "a"}});
  producer.Flush();
  program::Source spec = TopicSource(topic);
  program::SourceColumn column;
  column.name = "h";
  column.type = Type::Map(TypeKind::kString);
  column.from = program::ColumnFrom::kHeaders;
  spec.columns = {spec.columns[0], column};
  auto source = MustOpen(spec);
  auto reader = source->Open(0, 0, 4);
  ASSERT_TRUE(reader.ok());
  std::vector<std::string> seen;
  Morsel morsel;
  DecodedRows rows;
  while (seen.size() < 4) {
    if (reader.value()->Read(2, 1 << 20, &morsel).value() != ReadState::kData) continue;
    source->decoder().Decode(morsel, &rows);
    for (int32_t i = 0; i < rows.batch.rows; ++i) {
      seen.push_back(ToSql(ReadCell(rows.batch.column(1), column.type, i)));
    }
  }
  EXPECT_EQ(seen[0], "MAP(ARRAY[], ARRAY[])");
  EXPECT_EQ(seen[1], "MAP(ARRAY['a', 'trace'], ARRAY[NULL, 'c'])");
  EXPECT_THAT(seen[2], ::testing::HasSubstr("does not fit"));
  EXPECT_EQ(seen[3], seen[2]);
}

TEST(KafkaSource, TwoReadersOfOnePartition) {
  TestProducer producer;
  const std::string topic = FreshTopic("twice");
  producer.CreateTopic(topic, 1);
  for (int i = 0; i < 6; ++i) producer.Write(topic, 0, Value(i));
  producer.Flush();
  const program::Source spec = TopicSource(topic);
  auto source = MustOpen(spec);
  auto first = source->Open(0, 3, 6);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(Read(source.get(), 0, 0, 3), "0:0 1:1 2:2");
  Morsel morsel;
  int64_t rows = 0;
  for (;;) {
    const ReadState state = first.value()->Read(10, 1 << 20, &morsel).value();
    if (state == ReadState::kEnd) break;
    if (state == ReadState::kData) rows += morsel.row_count;
  }
  EXPECT_EQ(rows, 3);
}

TEST(KafkaSource, SeesCommittedRecordsOnlyAndReachesTheEndBehindControlRecords) {
  const std::string topic = FreshTopic("transactions");
  TestProducer producer(topic);
  producer.CreateTopic(topic, 1);
  std::string expected;
  int64_t offset = 0;
  for (int t = 0; t < 6; ++t) {
    producer.Begin();
    for (int i = 0; i < 3; ++i) producer.Write(topic, 0, Value(t * 10 + i));
    producer.Flush();  // an abort throws away what was not sent
    const bool commit = t % 3 != 2;
    commit ? producer.Commit() : producer.Abort();
    for (int i = 0; i < 3 && commit; ++i) {
      expected += (expected.empty() ? "" : " ") + std::to_string(offset + i) + ":" +
                  std::to_string(t * 10 + i);
    }
    offset += 4;  // three records and the marker
  }
  const program::Source spec = TopicSource(topic);
  {
    auto source = MustOpen(spec);
    ASSERT_EQ(source->partitions()[0].end, 24);
    EXPECT_EQ(Read(source.get(), 0, 0, 24), expected);
    EXPECT_EQ(Read(source.get(), 0, 20, 24), "");  // aborted records and a marker
  }
  // An open transaction: its records are not there yet.
  producer.Begin();
  producer.Write(topic, 0, Value(77));
  producer.Flush();
  {
    auto source = MustOpen(spec);
    EXPECT_EQ(source->partitions()[0].end, 24);
    auto reader = source->Open(0, 24, -1);
    ASSERT_TRUE(reader.ok());
    Morsel morsel;
    for (int i = 0; i < 300; ++i) {
      ASSERT_EQ(reader.value()->Read(10, 1 << 20, &morsel).value(), ReadState::kIdle);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    producer.Commit();
    while (reader.value()->Read(10, 1 << 20, &morsel).value() == ReadState::kIdle) {
    }
    EXPECT_EQ(morsel.row_count, 1);
    EXPECT_EQ(morsel.begin_offset, 24);
    EXPECT_EQ(source->decoder().Raw(morsel, 0), Value(77));
  }
}

TEST(KafkaSource, ALostRangeIsAnErrorThatNamesIt) {
  TestProducer producer;
  const std::string topic = FreshTopic("lost");
  producer.CreateTopic(topic, 1);
  for (int i = 0; i < 100; ++i) producer.Write(topic, 0, Value(i));
  producer.Flush();
  producer.DeleteBefore(topic, 0, 40);
  const program::Source spec = TopicSource(topic);
  auto source = MustOpen(spec);
  EXPECT_EQ(source->partitions()[0].begin, 40);
  const std::string error = Read(source.get(), 0, 10, 50);
  EXPECT_THAT(error, HasSubstr("topic " + topic + " partition 0"));
  EXPECT_THAT(error, HasSubstr("from offset 10 to 40 are gone: offsets 40 to 100 are there"));
  EXPECT_THAT(Read(source.get(), 0, 40, 200), HasSubstr("there is no offset 200"));
  EXPECT_EQ(Read(source.get(), 0, 98, 100), "98:98 99:99");
}

TEST(KafkaSource, ARangeThatIsLostWhileItIsReadIsAnError) {
  TestProducer producer;
  const std::string topic = FreshTopic("lost-later");
  producer.CreateTopic(topic, 1);
  const std::string filler(100000, 'x');
  for (int i = 0; i < 400; ++i) {
    producer.Write(topic, 0, "{\"v\":\"" + std::to_string(i) + filler + "\"}");
  }
  producer.Flush();
  program::Source spec = TopicSource(topic);
  spec.options["queued.max.messages.kbytes"] = "500";
  auto source = MustOpen(spec);
  auto reader = source->Open(0, 0, 400);
  ASSERT_TRUE(reader.ok());
  Morsel morsel;
  while (reader.value()->Read(1, 1 << 20, &morsel).value() == ReadState::kIdle) {
  }
  producer.DeleteBefore(topic, 0, 399);
  std::string error;
  int64_t next = 1;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (error.empty() && std::chrono::steady_clock::now() < deadline) {
    auto state = reader.value()->Read(100, 1 << 20, &morsel);
    if (!state.ok()) {
      error = state.error().message;
    } else if (state.value() == ReadState::kData) {
      // What was fetched before is whole; nothing is skipped.
      EXPECT_EQ(morsel.begin_offset, next);
      next = morsel.next_offset;
      ASSERT_LT(next, 399);
    }
  }
  EXPECT_THAT(error, HasSubstr("the records from offset " + std::to_string(next) +
                               " to 399 are gone: offsets 399 to 400 are there"));
}

TEST(KafkaSource, FindsNewPartitionsAndOffsetsAtTimes) {
  TestProducer producer;
  const std::string topic = FreshTopic("grows");
  producer.CreateTopic(topic, 1);
  for (int i = 0; i < 10; ++i) producer.Write(topic, 0, Value(i), nullptr, 1000000 + i * 1000);
  producer.Flush();
  const program::Source spec = TopicSource(topic);
  auto source = MustOpen(spec);
  EXPECT_TRUE(source->has_log_timestamps());
  EXPECT_EQ(source->OffsetAtTime(0, 0).value(), 0);
  EXPECT_EQ(source->OffsetAtTime(0, 1003000000).value(), 3);
  EXPECT_EQ(source->OffsetAtTime(0, 1003000001).value(), 4);
  EXPECT_EQ(source->OffsetAtTime(0, 2000000000).value(), 10);
  EXPECT_EQ(source->OffsetToText(0, 7), "0=7");
  EXPECT_EQ(source->ParseOffset("0", 7), (std::pair<int, int64_t>(0, 7)));
  EXPECT_EQ(source->ParseOffset("1", 7), std::nullopt);
  EXPECT_TRUE(source->NewPartitions().value().empty());
  producer.AddPartitions(topic, 3);
  TestProducer later;  // knows of them from the start
  later.Write(topic, 2, Value(42));
  later.Flush();
  std::vector<PartitionInfo> added;
  for (int i = 0; i < 50 && added.empty(); ++i) added = source->NewPartitions().value();
  ASSERT_EQ(added.size(), 2u);
  EXPECT_EQ(added[1].id, 2);
  EXPECT_EQ(source->partitions().size(), 3u);
  EXPECT_EQ(Read(source.get(), 2, 0, 1), "0:42");
}

// Reads up to `records`; the next offset and the last record's fingerprint.
std::pair<int64_t, RecordFingerprint> ReadSome(SourceConnector* source, int64_t records) {
  auto reader = source->Open(0, source->partitions()[0].begin, -1);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.value()->last_record(), std::nullopt);
  while (records > 0) {
    Morsel morsel;
    auto state = reader.value()->Read(records, 1 << 20, &morsel);
    EXPECT_TRUE(state.ok());
    if (!state.ok()) break;
    records -= morsel.row_count;
  }
  const auto last = reader.value()->last_record();
  EXPECT_TRUE(last.has_value());
  return {reader.value()->next_offset(), last.value_or(RecordFingerprint())};
}

TEST(KafkaSource, ATopicMadeAnewIsAnError) {
  TestProducer producer;
  const std::string topic = FreshTopic("anew");
  const program::Source spec = TopicSource(topic);
  auto fill = [&](int records, int first, int64_t timestamp) {
    producer.CreateTopic(topic, 1);
    for (int i = 0; i < records; ++i) {
      producer.Write(topic, 0, Value(first + i), "k", timestamp + i);
    }
    producer.Flush();
  };
  fill(10, 0, 1000);
  const auto [next, last] = [&] {
    auto source = MustOpen(spec);
    return ReadSome(source.get(), 6);
  }();
  EXPECT_EQ(next, 6);
  EXPECT_EQ(last.offset, 5);
  EXPECT_EQ(last.log_timestamp, 1005000);
  auto verify = [&](int64_t next_offset, const RecordFingerprint& record) {
    const Status status = MustOpen(spec)->VerifyFingerprint(0, next_offset, record);
    return status.ok() ? "" : status.error().message;
  };
  EXPECT_EQ(verify(next, last), "");
  EXPECT_EQ(verify(10, last), "");
  EXPECT_THAT(verify(11, last), HasSubstr("it was read up to offset 11 and ends at 10"));
  RecordFingerprint other = last;
  other.hash ^= 1;
  EXPECT_THAT(verify(next, other), HasSubstr("the record at offset 5 is another one"));
  other = last;
  other.log_timestamp += 1000;
  EXPECT_THAT(verify(next, other), HasSubstr("the record at offset 5 is another one"));
  // Expired: it proves nothing any more.
  producer.DeleteBefore(topic, 0, 6);
  EXPECT_EQ(verify(next, other), "");

  producer.DeleteTopic(topic);
  fill(3, 0, 1000);
  EXPECT_THAT(verify(next, last), HasSubstr("it was read up to offset 6 and ends at 3"));
  producer.DeleteTopic(topic);
  fill(20, 0, 2000);  // the same content at other times
  EXPECT_THAT(verify(next, last), HasSubstr("topic " + topic + " partition 0 is not the log"));
  producer.DeleteTopic(topic);
  fill(20, 7, 1000);
  EXPECT_THAT(verify(next, last), HasSubstr("the record at offset 5 is another one"));
}

TEST(KafkaSource, ATopicMadeAnewWhileItIsReadIsAnError) {
  TestProducer producer;
  const std::string topic = FreshTopic("anew-later");
  producer.CreateTopic(topic, 1);
  for (int i = 0; i < 10; ++i) producer.Write(topic, 0, Value(i));
  producer.Flush();
  const program::Source spec = TopicSource(topic);
  auto source = MustOpen(spec);
  auto reader = source->Open(0, 0, -1);
  ASSERT_TRUE(reader.ok());
  Morsel morsel;
  while (reader.value()->next_offset() < 10) {
    ASSERT_TRUE(reader.value()->Read(100, 1 << 20, &morsel).ok());
  }
  producer.DeleteTopic(topic);
  producer.CreateTopic(topic, 1);
  for (int i = 0; i < 5; ++i) producer.Write(topic, 0, Value(i));
  producer.Flush();
  std::string error;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (error.empty() && std::chrono::steady_clock::now() < deadline) {
    auto state = reader.value()->Read(100, 1 << 20, &morsel);
    if (!state.ok()) {
      error = state.error().message;
    } else {
      ASSERT_NE(state.value(), ReadState::kData);
    }
  }
  EXPECT_THAT(error, HasSubstr("topic " + topic + " partition 0"));
}

TEST(KafkaSource, LagGrowsAlsoWhileNothingIsTaken) {
  TestProducer producer;
  const std::string topic = FreshTopic("lag");
  producer.CreateTopic(topic, 1);
  for (int i = 0; i < 10; ++i) producer.Write(topic, 0, Value(i));
  producer.Flush();
  program::Source spec = TopicSource(topic);
  spec.options["queued.min.messages"] = "1";
  spec.options["queued.max.messages.kbytes"] = "1";
  auto source = MustOpen(spec);
  auto reader = source->Open(0, 0, -1);
  ASSERT_TRUE(reader.ok());
  Morsel morsel;
  while (reader.value()->next_offset() < 4) {
    ASSERT_TRUE(reader.value()->Read(4, 1 << 20, &morsel).ok());
  }
  EXPECT_EQ(reader.value()->lag(), 6);
  for (int i = 0; i < 5000; ++i) producer.Write(topic, 0, Value(i));
  producer.Flush();
  ASSERT_TRUE(source->NewPartitions().ok());  // asks for ends as well
  EXPECT_EQ(reader.value()->lag(), 5006);
}

TEST(KafkaSource, TellsAGroupHowFarItIsRead) {
  TestProducer producer;
  const std::string topic = FreshTopic("group");
  producer.CreateTopic(topic, 2);
  const program::Source spec = TopicSource(topic);
  auto source = MustOpen(spec);
  const std::string group = topic + "-readers";
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::vector<int64_t> committed;
  int64_t offset = 5;
  while (committed != std::vector<int64_t>{7, 9} && std::chrono::steady_clock::now() < deadline) {
    const auto start = std::chrono::steady_clock::now();
    source->CommitInformational(group, {{0, offset}, {1, offset + 2}});
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    offset = 7;
    committed = testing::CommittedOffsets(group, topic, 2);
  }
  EXPECT_EQ(committed, (std::vector<int64_t>{7, 9}));
}

TEST(KafkaSource, AGroupThatCanNotBeToldHoldsNothingUp) {
  const auto start = std::chrono::steady_clock::now();
  {
    auto client = kafka::Client::Create("test", kafka::Role::kConsumer, "127.0.0.1:1",
                                        {{{"group.id", "none"}}});
    ASSERT_TRUE(client.ok());
    kafka::GroupOffsets offsets(client.value());
    for (int i = 0; i < 20; ++i) {
      offsets.Commit("nobody", "nothing", {{0, i}});
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    offsets.Commit("somebody", "nothing", {{0, 1}});
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(KafkaSource, PartitionsWaitAloneWithinABound) {
  TestProducer producer;
  const std::string topic = FreshTopic("backpressure");
  producer.CreateTopic(topic, 2, {{"max.message.bytes", "10000000"}});
  const std::string filler(1 << 20, 'x');
  constexpr int kRecords = 60;  // of 1 MiB: more than a partition may prefetch
  for (int i = 0; i < kRecords; ++i) {
    producer.Write(topic, 0, "{\"v\":\"" + std::to_string(i) + filler + "\"}");
    producer.Write(topic, 1, Value(i));
  }
  producer.Flush();
  const program::Source spec = TopicSource(topic);
  auto source = MustOpen(spec);
  auto waiting = source->Open(0, 0, kRecords);
  ASSERT_TRUE(waiting.ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_THAT(Read(source.get(), 1, 0, kRecords), HasSubstr("59:59"));
  Morsel morsel;
  int64_t rows = 0;
  for (;;) {
    const ReadState state = waiting.value()->Read(1000, 4 << 20, &morsel).value();
    if (state == ReadState::kEnd) break;
    if (state != ReadState::kData) continue;
    rows += morsel.row_count;
    EXPECT_LT(morsel.bytes, 16 << 20);
  }
  EXPECT_EQ(rows, kRecords);
}

TEST(KafkaSource, MorselsOutliveTheirSource) {
  TestProducer producer;
  const std::string topic = FreshTopic("outlive");
  producer.CreateTopic(topic, 1);
  for (int i = 0; i < 3; ++i) producer.Write(topic, 0, Value(i));
  producer.Flush();
  const program::Source spec = TopicSource(topic);
  auto source = MustOpen(spec);
  auto reader = source->Open(0, 0, 3);
  ASSERT_TRUE(reader.ok());
  Morsel morsel;
  while (reader.value()->Read(10, 1 << 20, &morsel).value() == ReadState::kIdle) {
  }
  reader.value().reset();
  source.reset();
  ASSERT_GE(morsel.row_count, 1);
  EXPECT_EQ(std::string(morsel.records[0].data, morsel.records[0].size), Value(0));
}

TEST(KafkaSource, ErrorsSayWhatIsWrong) {
  TestProducer producer;
  const std::string topic = FreshTopic("exists");
  producer.CreateTopic(topic, 1);
  program::Source spec = TopicSource(topic + "-not");
  auto unknown = OpenSource(spec);
  ASSERT_FALSE(unknown.ok());
  EXPECT_THAT(unknown.error().message, HasSubstr("there is no topic " + topic + "-not"));
  EXPECT_THAT(unknown.error().hint, HasSubstr("its topics are"));

  spec = TopicSource(topic);
  spec.options["brokers"] = "127.0.0.1:1";
  const auto start = std::chrono::steady_clock::now();
  auto unreachable = OpenSource(spec);
  ASSERT_FALSE(unreachable.ok());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  EXPECT_THAT(unreachable.error().message,
              ::testing::AllOf(HasSubstr("can not be reached at 127.0.0.1:1"),
                               HasSubstr("Connection refused")));

  spec = TopicSource(topic);
  for (const char* option :
       {"plugin.library.paths", "ssl.engine.location", "ssl.engine.id", "ssl.providers",
        "sasl.kerberos.kinit.cmd", "sasl.oauthbearer.token.endpoint.url", "enable.auto.commit",
        "isolation.level", "auto.offset.reset", "check.crcs", "group.id", "group.instance.id",
        "transactional.id", "opaque"}) {
    spec.options[option] = "x";
    EXPECT_THAT(OpenSource(spec).error().message, HasSubstr(option));
    spec.options.erase(option);
  }
  spec.options["fetch.min.bytes"] = "nonsense";
  EXPECT_THAT(OpenSource(spec).error().message, HasSubstr("fetch.min.bytes"));
  spec.options.erase("brokers");
  EXPECT_THAT(OpenSource(spec).error().message, HasSubstr("needs the option brokers"));
}

// --- Sinks -------------------------------------------------------------------------------------

struct Written {
  std::string key;
  std::string value;
};

// Everything in partition 0 of a topic; "(null)" for null.
std::vector<Written> ReadBack(const std::string& topic) {
  const program::Source spec = TopicSource(topic);
  auto source = MustOpen(spec);
  auto reader = source->Open(0, 0, source->partitions()[0].end);
  EXPECT_TRUE(reader.ok());
  std::vector<Written> out;
  for (;;) {
    Morsel morsel;
    const ReadState state = reader.value()->Read(1000, 1 << 20, &morsel).value();
    if (state == ReadState::kEnd) return out;
    for (const RawRecord& record : morsel.records) {
      out.push_back({record.key == nullptr ? "(null)" : std::string(record.key, record.key_size),
                     record.size == 0 ? "(null)" : std::string(record.data, record.size)});
    }
  }
}

program::View CountsView() {
  program::View view;
  view.name = "v";
  view.columns = {"name", "n"};
  view.types = {TypeKind::kString, TypeKind::kBigint};
  view.key = {0};
  return view;
}

program::Sink TopicSink(const std::string& topic) {
  program::Sink sink;
  sink.name = "out";
  sink.connector = program::Connector::kKafka;
  sink.options = {{"brokers", KafkaAddress()}, {"topic", topic}};
  return sink;
}

Batch Rows(const std::vector<std::pair<std::string, int64_t>>& rows) {
  Batch batch({TypeKind::kString, TypeKind::kBigint}, 8);
  for (const auto& [name, weight] : rows) {
    batch.Reserve(batch.rows + 1);
    WriteCell(batch.column(0), batch.rows, Datum::String(name), batch.arena().abi());
    WriteCell(batch.column(1), batch.rows, Datum::Int(TypeKind::kBigint, 5), batch.arena().abi());
    batch.weights.push_back(weight);
    ++batch.rows;
  }
  return batch;
}

TEST(KafkaSink, UpsertsDeletesAndAppends) {
  TestProducer producer;
  const std::string topic = FreshTopic("sink");
  producer.CreateTopic(topic, 1);
  program::View view = CountsView();
  {
    auto sink = OpenSink(TopicSink(topic), view, SinkContext());
    ASSERT_TRUE(sink.ok()) << sink.error().message;
    const Batch rows = Rows({{"a", 1}, {"b", -1}});
    ASSERT_TRUE(sink.value()->Write({&rows, 1}).ok());
    ASSERT_TRUE(sink.value()->Flush().ok());
    view.append_only = true;
    auto appending = OpenSink(TopicSink(topic), view, SinkContext());
    const Batch appended = Rows({{"c", 2}});
    ASSERT_TRUE(appending.value()->Write({&appended, 1}).ok());
    ASSERT_TRUE(appending.value()->Close().ok());
  }
  const std::vector<Written> written = ReadBack(topic);
  ASSERT_EQ(written.size(), 4u);
  EXPECT_EQ(written[0].key, "{\"name\":\"a\"}");
  EXPECT_EQ(written[0].value, "{\"name\":\"a\",\"n\":5}");
  EXPECT_EQ(written[1].key, "{\"name\":\"b\"}");
  EXPECT_EQ(written[1].value, "(null)");
  EXPECT_EQ(written[2].key, "(null)");
  EXPECT_EQ(written[2].value, "{\"name\":\"c\",\"n\":5}");
  EXPECT_EQ(written[3].value, "{\"name\":\"c\",\"n\":5}");
}

TEST(KafkaSink, AFullQueueWaits) {
  TestProducer producer;
  const std::string topic = FreshTopic("full");
  producer.CreateTopic(topic, 1);
  program::Sink spec = TopicSink(topic);
  spec.options["queue.buffering.max.kbytes"] = "100";
  auto sink = OpenSink(spec, CountsView(), SinkContext());
  ASSERT_TRUE(sink.ok()) << sink.error().message;
  std::vector<std::pair<std::string, int64_t>> names;
  for (int i = 0; i < 2000; ++i) names.emplace_back(std::to_string(i) + std::string(500, 'x'), 1);
  const Batch rows = Rows(names);
  ASSERT_TRUE(sink.value()->Write({&rows, 1}).ok());
  ASSERT_TRUE(sink.value()->Close().ok());
  EXPECT_EQ(ReadBack(topic).size(), 2000u);
}

TEST(KafkaSink, ErrorsAreSaid) {
  TestProducer producer;
  const std::string topic = FreshTopic("sink-errors");
  EXPECT_THAT(OpenSink(TopicSink(topic), CountsView(), SinkContext()).error().message,
              HasSubstr("there is no topic"));
  producer.CreateTopic(topic, 1, {{"max.message.bytes", "1000"}});
  auto sink = OpenSink(TopicSink(topic), CountsView(), SinkContext());
  ASSERT_TRUE(sink.ok());
  const Batch rows = Rows({{std::string(5000, 'x'), 1}});
  ASSERT_TRUE(sink.value()->Write({&rows, 1}).ok());
  EXPECT_THAT(sink.value()->Flush().error().message,
              HasSubstr("a record of topic " + topic + " was not written"));
}

TEST(KafkaDeadLetters, HaveAStableKey) {
  TestProducer producer;
  const std::string topic = FreshTopic("dead");
  producer.CreateTopic(topic, 1);
  program::DeadLetter spec;
  spec.connector = program::Connector::kKafka;
  spec.options = {{"brokers", KafkaAddress()}, {"topic", topic}};
  auto sink = OpenDeadLetter(spec);
  ASSERT_TRUE(sink.ok()) << sink.error().message;
  ASSERT_TRUE(sink.value()->Write({"s", 3, 17, "", "malformed", "{\xff"}).ok());
  ASSERT_TRUE(sink.value()->Flush().ok());
  ASSERT_TRUE(sink.value()->Write({"s", 3, 18, "v", "division by zero", "{}"}).ok());
  ASSERT_TRUE(sink.value()->Close().ok());
  EXPECT_EQ(testing::ReadCommitted(KafkaAddress(), topic, 0),
            (std::vector<std::string>{
                "s:3:17:={\"source\":\"s\",\"partition\":3,\"offset\":17,\"view\":null,\"error\":"
                "\"malformed\",\"raw_base64\":\"e/8=\"}",
                "s:3:18:v={\"source\":\"s\",\"partition\":3,\"offset\":18,\"view\":\"v\","
                "\"error\":\"division by zero\",\"raw\":\"{}\"}"}));
  spec.options["topic"] = topic + "-not";
  EXPECT_THAT(OpenDeadLetter(spec).error().message,
              HasSubstr("DEAD LETTER TO KAFKA: there is no topic"));
  spec.options = {{"brokers", KafkaAddress()}};
  EXPECT_THAT(OpenDeadLetter(spec).error().message, HasSubstr("needs the option topic"));
}

TEST(TopicWriter, WritesToThePartitionsOfTheSource) {
  TestProducer producer;
  const std::string topic = FreshTopic("datagen");
  producer.CreateTopic(topic, 2);
  auto writer = OpenTopicWriter(KafkaAddress(), topic);
  ASSERT_TRUE(writer.ok());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(writer.value()->Write(i % 2, Value(i)).ok());
  EXPECT_THAT(writer.value()->Write(2, "x").error().message, HasSubstr("no partition 2"));
  ASSERT_TRUE(writer.value()->Close().ok());
  const program::Source spec = TopicSource(topic);
  auto source = MustOpen(spec);
  EXPECT_EQ(Read(source.get(), 1, 0, 5), "0:1 1:3 2:5 3:7 4:9");
}

}  // namespace
}  // namespace flow
