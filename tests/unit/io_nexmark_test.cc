// links: runtime/connector
// The NEXMARK source: it replays, agrees with its own JSON form, and has the published shape.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "runtime/abi/error_code.h"
#include "runtime/connector/connector.h"
#include "runtime/connector/nexmark/generator.h"
#include "runtime/connector/record_decoder.h"

namespace flow {
namespace {

using nexmark::Config;
using nexmark::Event;
using nexmark::Field;
using nexmark::Generator;
using nexmark::Kind;

program::SourceColumn Column(std::vector<std::string> path, Type type,
                             program::ColumnFrom from = program::ColumnFrom::kField) {
  program::SourceColumn column;
  for (const std::string& key : path) {
    column.name += (column.name.empty() ? "" : ".") + key;
    column.path.push_back({key, -1});
  }
  column.type = std::move(type);
  column.from = from;
  return column;
}

// Every field, some under types other than their own.
program::Source AllColumns() {
  program::Source source;
  source.name = "nexmark";
  source.connector = program::Connector::kNexmark;
  source.format = program::Format::kRows;
  for (const nexmark::FieldInfo& info : nexmark::Fields()) {
    if (info.field == Field::kDateTime) continue;
    std::vector<std::string> path;
    if (*info.record != '\0') path.push_back(info.record);
    path.push_back(info.name);
    switch (info.shape) {
      case nexmark::Shape::kNumber:
        source.columns.push_back(Column(path, TypeKind::kBigint));
        source.columns.push_back(Column(path, TypeKind::kInt));
        source.columns.push_back(Column(path, Type::Decimal(20, 2)));
        source.columns.push_back(Column(path, TypeKind::kString));
        break;
      case nexmark::Shape::kTime:
        source.columns.push_back(Column(path, TypeKind::kTimestamp));
        source.columns.push_back(Column(path, TypeKind::kString));
        break;
      case nexmark::Shape::kText:
        source.columns.push_back(Column(path, TypeKind::kString));
        source.columns.push_back(Column(path, TypeKind::kBigint));
        break;
      case nexmark::Shape::kRecord:
        break;
    }
    source.columns.push_back(Column(path, TypeKind::kBoolean, program::ColumnFrom::kPresence));
  }
  return source;
}

std::unique_ptr<SourceConnector> MustOpen(const program::Source& source) {
  auto opened = OpenSource(source);
  EXPECT_TRUE(opened.ok()) << opened.error().message;
  return std::move(opened).value();
}

TEST(Nexmark, ColumnsAgreeWithTheJsonForm) {
  program::Source source = AllColumns();
  source.options["events"] = "2000";
  source.options["partitions"] = "3";
  auto nexmark = MustOpen(source);
  program::Source as_json = source;
  as_json.format = program::Format::kJson;
  auto json = MakeRecordDecoder(as_json);
  ASSERT_TRUE(json.ok());
  ASSERT_EQ(nexmark->partitions().size(), 3u);
  EXPECT_EQ(nexmark->partitions()[2].end, 668);
  for (int p = 0; p < 3; ++p) {
    auto reader = nexmark->Open(p, 5, -1);
    ASSERT_TRUE(reader.ok());
    Morsel rows;
    ASSERT_EQ(reader.value()->Read(300, 1 << 20, &rows).value(), ReadState::kData);
    ASSERT_EQ(rows.row_count, 300);
    EXPECT_EQ(rows.begin_offset, 5);
    DecodedRows generated;
    nexmark->decoder().Decode(rows, &generated);
    std::vector<std::string> texts;
    Morsel records;
    records.partition = p;
    for (int64_t i = 0; i < rows.row_count; ++i) {
      texts.push_back(nexmark->decoder().Raw(rows, i));
    }
    for (int64_t i = 0; i < rows.row_count; ++i) {
      RawRecord record;
      record.data = texts[static_cast<size_t>(i)].data();
      record.size = static_cast<uint32_t>(texts[static_cast<size_t>(i)].size());
      record.offset = 5 + i;
      records.records.push_back(record);
    }
    DecodedRows decoded;
    json.value()->Decode(records, &decoded);
    ASSERT_EQ(decoded.offsets, generated.offsets);
    for (int32_t row = 0; row < 300; ++row) {
      ASSERT_EQ(decoded.record_status[static_cast<size_t>(row)], kFlowValue);
      for (int32_t c = 0; c < decoded.batch.column_count(); ++c) {
        const Type& type = source.columns[static_cast<size_t>(c)].type;
        ASSERT_EQ(ToSql(ReadCell(generated.batch.column(c), type, row)),
                  ToSql(ReadCell(decoded.batch.column(c), type, row)))
            << source.columns[static_cast<size_t>(c)].name << " of "
            << texts[static_cast<size_t>(row)];
      }
    }
  }
}

TEST(Nexmark, TheFirstEventsAreAsTheRulesSay) {
  Config config;
  config.events = 1000;
  const Generator generator(config);
  const Event first = generator.At(0, 0);
  EXPECT_EQ(first.id, 2);
  EXPECT_EQ(first.kind, Kind::kAuction);
  EXPECT_EQ(generator.Number(first, Field::kAuctionId), 1001);
  EXPECT_EQ(first.time_ms, 1672531200000);  // 10 us after the base
  const Event person = generator.At(0, 48);
  EXPECT_EQ(person.id, 50);
  EXPECT_EQ(person.kind, Kind::kPerson);
  EXPECT_EQ(generator.Number(person, Field::kPersonId), 1001);
  EXPECT_EQ(generator.At(0, 99).time_ms, 1672531200001);
  EXPECT_EQ(generator.At(0, 999).time_ms, 1672531200010);
}

// The values of a seed are what files and results were made of: they must stay.
TEST(Nexmark, EventsOfTheDefaultSeedArePinned) {
  const Generator generator{Config()};
  EXPECT_EQ(
      generator.Json(generator.At(0, 2)),
      R"json({"event_type":2,"person":null,"auction":null,"bid":{"auction":1000,"bidder":2007,"price":1295208,"channel":"Facebook","url":"https://www.nexmark.com/ukc/ridn/sd_/item.htm?query=1","dateTime":"2023-01-01 00:00:00.000","extra":"vuksngvnzdrctnzickmqanowjgamuchkfwnfclspyxtgpexqdvlphh"}})json");
  EXPECT_EQ(
      generator.Json(generator.At(0, 48)),
      R"json({"event_type":0,"person":{"id":1001,"name":"Vicky Bartels","emailAddress":"ppec@pfj.com","creditCard":"8264 3297 6771 5862","city":"San Francisco","state":"ID","dateTime":"2023-01-01 00:00:00.000","extra":"lefgjxwrfrzwtaqnxrgzxlkdxsvdlifqvfaqgnwhcwyadcggukpdlcuwfpixqcbmljwyprjbjhtvutmcpissvzdxveuiuhipnqbdevdubrpndguuewuyxgzzodrvjezvsmfxxzbutrjisdv"},"auction":null,"bid":null})json");
  EXPECT_EQ(
      generator.Json(generator.At(0, 0)),
      R"json({"event_type":1,"person":null,"auction":{"id":1001,"itemName":"rjysvr mz","description":"yxhtirlrlunxepyh izxspjriwtoi mkjiuybougrnof","initialBid":72906,"reserve":73057,"dateTime":"2023-01-01 00:00:00.000","expires":"2023-01-01 00:00:00.023","seller":1000,"category":10,"extra":"zvcftwhccvqpskqsgfzcwvmplgnauxignkuodizwsgcwezpxugnynxwukcitkcflvokzikkikeccawgfvvuofjjonroldqjyoxtmbbzvnnbklkdmyfxeringlvfgnwikzmtmuqfadmpkafpqdiimyfmolcrlisjfotmmmtzisggamepmubnwyteciwuzoynqjqdqcblncpyvlqhdeeuwlsxpnukslsgmzhebnczinrvsifbzzwbgclkwkirfatiewfythorojsdwctikwjiqhbzhcyovmkepymtbqskyqkkqvrjyuxkbekaaifboaxqskqu"},"bid":null})json");
}

TEST(Nexmark, HasThePublishedShape) {
  // One in 47 of ten million events: the figures of a whole file, whose ids grow.
  constexpr int64_t kSamples = 200000;
  const Generator generator{Config()};
  int64_t kinds[3] = {};
  int64_t bytes = 0;
  int64_t hot_bids = 0;
  int64_t hot_channels = 0;
  double log_price = 0;
  std::string scratch;
  for (int64_t i = 0; i < kSamples; ++i) {
    const Event event = generator.At(0, i * 47);
    ++kinds[static_cast<int>(event.kind)];
    bytes += static_cast<int64_t>(generator.Json(event).size());
    if (event.kind != Kind::kBid) continue;
    hot_bids += generator.Number(event, Field::kBidAuction) % 100 == 0;
    hot_channels += generator.Text(event, Field::kBidChannel, &scratch).front() != 'c';
    log_price += std::log10(static_cast<double>(generator.Number(event, Field::kBidPrice)));
    const int64_t bidder = generator.Number(event, Field::kBidBidder);
    EXPECT_GE(bidder, 2000);
    EXPECT_LE(bidder, 2000 + event.id / 50 + 11);
  }
  EXPECT_NEAR(kinds[0], 4000, 1);
  EXPECT_NEAR(kinds[1], 12000, 3);
  EXPECT_NEAR(kinds[2], 184000, 4);
  EXPECT_NEAR(static_cast<double>(bytes) / kSamples + 1, 334.9, 0.5);
  EXPECT_NEAR(static_cast<double>(hot_bids) / 184000, 0.5 + 0.5 / 110, 0.01);
  EXPECT_NEAR(static_cast<double>(hot_channels) / 184000, 0.5, 0.01);
  EXPECT_NEAR(log_price / 184000, 5.0, 0.02);
}

TEST(Nexmark, PartitionsHaveOtherIdsAndTheSameTimes) {
  Config config;
  config.events = 10000;
  config.partitions = 4;
  const Generator generator(config);
  std::set<int64_t> ids;
  for (int64_t p = 0; p < 4; ++p) {
    ASSERT_EQ(generator.EventCount(p), 2500);
    for (int64_t i = 0; i < 2500; ++i) ids.insert(generator.At(p, i).id);
    EXPECT_EQ(generator.At(p, 2499).time_ms, config.base_time_ms + 100);
  }
  EXPECT_EQ(ids.size(), 10000u);
  config.events = -1;
  const Generator endless(config);
  EXPECT_GT(endless.EventCount(3), int64_t{1} << 40);
  EXPECT_GT(endless.At(3, 0).id, endless.At(2, 1000000000).id);
}

TEST(Nexmark, OutOfOrderGroupsAreShuffledWithinThemselves) {
  Config config;
  config.out_of_order_group = 10;
  const Generator generator(config);
  std::set<int64_t> numbers;
  for (int64_t i = 9; i < 19; ++i) numbers.insert(generator.At(0, i).number);
  EXPECT_EQ(*numbers.begin(), 10);
  EXPECT_EQ(*numbers.rbegin(), 19);
  EXPECT_EQ(numbers.size(), 10u);
  EXPECT_NE(generator.At(0, 10).number, 11);
}

TEST(Nexmark, RefusesUnknownColumnsAndOptions) {
  program::Source source;
  source.name = "n";
  source.connector = program::Connector::kNexmark;
  source.columns.push_back(Column({"bid", "prize"}, TypeKind::kBigint));
  EXPECT_FALSE(OpenSource(source).ok());
  source.columns.clear();
  source.options["rate"] = "0";
  EXPECT_FALSE(OpenSource(source).ok());
}

}  // namespace
}  // namespace flow
