// links: runtime/connector
// DATAGEN: a record is a function of its place, however it is read, and what the options say goes
// wrong with it does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "runtime/abi/convert.h"
#include "runtime/abi/error_code.h"
#include "runtime/connector/connector.h"
#include "runtime/connector/datagen/generator.h"
#include "runtime/connector/record_decoder.h"

namespace flow {
namespace {

using datagen::RecordGenerator;

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

// Every type and distribution, and everything that can go wrong.
program::Source Everything() {
  program::Source source;
  source.name = "s";
  source.connector = program::Connector::kDatagen;
  source.declared = {Column({"id"}, TypeKind::kBigint),
                     Column({"user"}, TypeKind::kString),
                     Column({"place", "country"}, TypeKind::kString),
                     Column({"amount"}, Type::Decimal(8, 2)),
                     Column({"place", "x"}, TypeKind::kDouble),
                     Column({"n"}, TypeKind::kInt),
                     Column({"ok"}, TypeKind::kBoolean),
                     Column({"day"}, TypeKind::kDate),
                     Column({"ts"}, TypeKind::kTimestamp),
                     Column({"made"}, TypeKind::kTimestamp),
                     Column({"token"}, TypeKind::kString),
                     Column({"note"}, TypeKind::kString)};
  source.columns = source.declared;
  source.columns.push_back(Column({"place"}, TypeKind::kBoolean, program::ColumnFrom::kPresence));
  source.columns.push_back(Column({}, TypeKind::kTimestamp, program::ColumnFrom::kTimestamp));
  source.columns.push_back(Column({}, TypeKind::kBigint, program::ColumnFrom::kOffset));
  source.columns.push_back(Column({}, TypeKind::kInt, program::ColumnFrom::kPartition));
  source.options = {{"events", "3000"},
                    {"partitions", "3"},
                    {"rate", "10"},
                    {"skew", "0.5"},
                    {"disorder", "30s"},
                    {"late", "0.02"},
                    {"ahead", "0.01"},
                    {"duplicates", "0.1"},
                    {"bad", "0.05"},
                    {"stall", "20s"},
                    {"stall.every", "2m"},
                    {"column.user", "zipf(1000, 1.2) prefix user- null 0.1"},
                    {"column.place.country", "choice(DE = 5, FR = 3, \"x\\y\")"},
                    {"column.amount", "normal(20, 5)"},
                    {"column.place.x", "uniform(-1, 1)"},
                    {"column.made", "uniform(2025-01-01, 2025-12-31 23:59:59)"},
                    {"column.token", "uuid"},
                    {"column.note", "text(0, 40)"}};
  return source;
}

std::unique_ptr<SourceConnector> MustOpen(const program::Source& source) {
  auto opened = OpenSource(source);
  EXPECT_TRUE(opened.ok()) << opened.error().message;
  return std::move(opened).value();
}

std::string RowText(const program::Source& source, const DecodedRows& rows, int32_t row) {
  if (rows.record_status[static_cast<size_t>(row)] != kFlowValue) return "malformed";
  std::string out;
  for (int32_t c = 0; c < rows.batch.column_count(); ++c) {
    out += ToSql(ReadCell(rows.batch.column(c), source.columns[static_cast<size_t>(c)].type, row)) +
           " ";
  }
  return out;
}

// By partition and offset.
using Rows = std::map<std::pair<int, int64_t>, std::string>;

void ReadInto(SourceConnector* connector, const program::Source& source, int partition,
              int64_t from, int64_t to, int64_t morsel_rows, bool in_two_steps, Rows* out) {
  auto reader = connector->Open(partition, from, to);
  ASSERT_TRUE(reader.ok());
  DecodedRows rows;
  for (;;) {
    Morsel morsel;
    if (reader.value()->Read(morsel_rows, 1 << 20, &morsel).value() == ReadState::kEnd) return;
    if (in_two_steps) {
      connector->decoder().DecodeEarly(morsel, &rows);
      std::vector<int32_t> late;
      for (int32_t i = 0; i < rows.batch.rows; ++i) {
        if (rows.record_status[static_cast<size_t>(i)] == kFlowValue) late.push_back(i);
      }
      connector->decoder().DecodeLate(morsel, late, &rows);
    } else {
      connector->decoder().Decode(morsel, &rows);
    }
    for (int32_t i = 0; i < rows.batch.rows; ++i) {
      (*out)[{partition, rows.offsets[static_cast<size_t>(i)]}] = RowText(source, rows, i);
    }
  }
}

TEST(Datagen, ARowIsTheSameHoweverItIsRead) {
  program::Source source = Everything();
  auto connector = MustOpen(source);
  ASSERT_EQ(connector->partitions().size(), 3u);
  Rows sequential;
  for (int p = 0; p < 3; ++p) {
    ReadInto(connector.get(), source, p, 0, -1, 4096, false, &sequential);
  }
  EXPECT_EQ(sequential.size(), 3000u);
  // Morsels of odd sizes, from odd places, in another opening, and in two steps.
  program::Source late = source;
  for (program::SourceColumn& column : late.columns) {
    column.late = column.name == "note" || column.name == "place.country" || column.name == "n";
  }
  auto other = MustOpen(late);
  for (const bool in_two_steps : {false, true}) {
    Rows pieces;
    for (int p = 2; p >= 0; --p) {
      const int64_t end = other->partitions()[static_cast<size_t>(p)].end;
      for (int64_t from = 0, size = 1; from < end; from += size, size = size * 7 % 101 + 1) {
        ReadInto(other.get(), late, p, from, from + size, size % 13 + 1, in_two_steps, &pieces);
      }
    }
    EXPECT_EQ(pieces, sequential);
  }
}

TEST(Datagen, ColumnsAreThoseOfTheRecord) {
  program::Source source = Everything();
  auto connector = MustOpen(source);
  auto decoder = MakeRecordDecoder(source, false);
  ASSERT_TRUE(decoder.ok());
  // Few fields are made where few are wanted: the same values, and as many malformed records.
  program::Source few = source;
  few.columns = {source.columns[3], source.columns[2]};
  auto narrow = MustOpen(few);
  int malformed = 0, mistyped = 0;
  for (int p = 0; p < 3; ++p) {
    auto reader = connector->Open(p, 0, -1);
    Morsel morsel;
    ASSERT_EQ(reader.value()->Read(100000, 1, &morsel).value(), ReadState::kData);
    DecodedRows made, read, less;
    connector->decoder().Decode(morsel, &made);
    narrow->decoder().Decode(morsel, &less);
    std::vector<std::string> texts;
    Morsel raw = morsel;
    for (int64_t i = 0; i < morsel.row_count; ++i) {
      texts.push_back(connector->decoder().Raw(morsel, i));
    }
    for (int64_t i = 0; i < morsel.row_count; ++i) {
      RawRecord record;
      record.data = texts[static_cast<size_t>(i)].data();
      record.size = static_cast<uint32_t>(texts[static_cast<size_t>(i)].size());
      record.offset = morsel.begin_offset + i;
      record.log_timestamp = made.log_timestamps[static_cast<size_t>(i)];
      raw.records.push_back(record);
    }
    decoder.value()->Decode(raw, &read);
    for (int32_t i = 0; i < made.batch.rows; ++i) {
      const std::string text = RowText(source, made, i);
      ASSERT_EQ(text, RowText(source, read, i)) << texts[static_cast<size_t>(i)];
      malformed += text == "malformed" ? 1 : 0;
      mistyped +=
          text.find(ToSql(Datum::Error(TypeKind::kInt, kFlowErrFieldType))) != std::string::npos
              ? 1
              : 0;
      ASSERT_EQ(made.record_status[static_cast<size_t>(i)],
                less.record_status[static_cast<size_t>(i)]);
      if (text == "malformed") continue;
      for (int c = 0; c < 2; ++c) {
        const Type& type = few.columns[static_cast<size_t>(c)].type;
        ASSERT_EQ(ToSql(ReadCell(less.batch.column(c), type, i)),
                  ToSql(ReadCell(made.batch.column(3 - c), type, i)));
      }
    }
  }
  EXPECT_NEAR(malformed, 75, 30);
  EXPECT_NEAR(mistyped, 75, 30);
}

TEST(Datagen, RecordsOfTheDefaultSeedArePinned) {
  program::Source source = Everything();
  source.options = {{"column.user", "zipf(1000) prefix u"}, {"disorder", "1s"}};
  auto connector = MustOpen(source);
  EXPECT_FALSE(connector->partitions()[0].bounded);
  auto reader = connector->Open(0, 123456789, -1);
  Morsel morsel;
  ASSERT_EQ(reader.value()->Read(1, 1, &morsel).value(), ReadState::kData);
  EXPECT_EQ(
      connector->decoder().Raw(morsel, 0),
      R"json({"id":123456789,"user":"u111","place":{"country":"kSiavAzV","x":0.18491297443404076},"amount":0.70,"n":57,"ok":true,"day":"2026-01-02","ts":"2026-01-02T10:17:35.847077Z","made":"2026-01-02T10:17:35.847077Z","token":"-oqVFHhh","note":"ensyWO9v"})json");
}

program::Datagen Config(const program::Options& options,
                        const std::vector<program::SourceColumn>& declared) {
  program::Datagen config;
  const auto mistakes = program::ReadDatagen(options, declared, &config);
  EXPECT_TRUE(mistakes.empty()) << (mistakes.empty() ? "" : mistakes[0].message);
  return config;
}

std::string Record(const RecordGenerator& generator, int64_t partition, int64_t offset) {
  std::string out;
  generator.AppendRecord(partition, offset, generator.whole(), &out);
  return out;
}

constexpr int64_t kSecond = 1'000'000;

TEST(Datagen, DuplicatesAreWholeRecordsFromNearBy) {
  const std::vector<program::SourceColumn> declared = {Column({"id"}, TypeKind::kBigint),
                                                       Column({"ts"}, TypeKind::kTimestamp)};
  const RecordGenerator generator(
      Config({{"duplicates", "0.2"}, {"duplicates.within", "50"}, {"disorder", "5s"}}, declared),
      declared);
  std::map<std::string, int64_t> seen;
  int duplicates = 0;
  for (int64_t o = 0; o < 20000; ++o) {
    const auto [at, is_new] = seen.emplace(Record(generator, 0, o), o);
    if (is_new) continue;
    ++duplicates;
    // A duplicate of a duplicate may be further away than one step.
    EXPECT_LE(o - at->second, 50 * 12);
  }
  EXPECT_NEAR(duplicates, 4000, 250);
}

TEST(Datagen, EventTimesAreDisplacedAsTheOptionsSay) {
  const RecordGenerator generator(Config({{"rate", "1"},
                                          {"disorder", "30s"},
                                          {"disorder.fraction", "0.5"},
                                          {"late", "0.05"},
                                          {"late.by", "1h"},
                                          {"ahead", "0.03"},
                                          {"ahead.by", "2h"}},
                                         {}),
                                  {});
  int in_order = 0, disordered = 0, late = 0, ahead = 0;
  for (int64_t o = 0; o < 20000; ++o) {
    ASSERT_EQ(generator.LogTime(0, o), generator.config().start + o * kSecond);
    const int64_t by = generator.LogTime(0, o) - generator.EventTime(0, o);
    if (by == 0) {
      ++in_order;
    } else if (by > 0 && by <= 30 * kSecond) {
      ++disordered;
    } else if (by >= 3600 * kSecond && by < 7200 * kSecond) {
      ++late;
    } else {
      ASSERT_TRUE(-by >= 7200 * kSecond && -by < 14400 * kSecond) << by;
      ++ahead;
    }
  }
  EXPECT_NEAR(late, 1000, 150);
  EXPECT_NEAR(ahead, 570, 120);
  EXPECT_NEAR(disordered, 9215, 300);
  EXPECT_NEAR(in_order, 9215, 300);
}

TEST(Datagen, AStalledPartitionIsSilentOrItsRowsComeLater) {
  const program::Options options = {
      {"rate", "4"}, {"partitions", "4"}, {"stall", "30s"}, {"stall.every", "100s"}};
  const RecordGenerator silent(Config(options, {}), {});
  program::Options delayed_options = options;
  delayed_options["stall.kind"] = "delayed";
  const RecordGenerator delayed(Config(delayed_options, {}), {});
  std::set<int64_t> first_gaps;
  for (int64_t p = 0; p < 4; ++p) {
    int gaps = 0, waited = 0;
    for (int64_t o = 1; o < 700; ++o) {
      const int64_t step = silent.LogTime(p, o) - silent.LogTime(p, o - 1);
      EXPECT_EQ(silent.EventTime(p, o), silent.LogTime(p, o));
      if (step != kSecond) {
        EXPECT_EQ(step, 31 * kSecond);
        if (++gaps == 1) first_gaps.insert(o);
      }
      // Nothing is missing here, and nobody goes back.
      EXPECT_EQ(delayed.EventTime(p, o), delayed.config().start + o * kSecond);
      EXPECT_GE(delayed.LogTime(p, o), delayed.LogTime(p, o - 1));
      const int64_t wait = delayed.LogTime(p, o) - delayed.EventTime(p, o);
      EXPECT_TRUE(wait >= 0 && wait <= 30 * kSecond) << wait;
      waited += wait > 0 ? 1 : 0;
    }
    EXPECT_NEAR(gaps, 10, 1);
    EXPECT_NEAR(waited, 210, 30);
  }
  EXPECT_GT(first_gaps.size(), 1u);  // not all at once
}

TEST(Datagen, OffsetsAreFoundByTheirTime) {
  program::Source source = Everything();
  auto connector = MustOpen(source);
  ASSERT_TRUE(connector->has_log_timestamps());
  program::Datagen config = Config(source.options, source.declared);
  const RecordGenerator generator(config, source.declared);
  for (int p = 0; p < 3; ++p) {
    for (int64_t o : {0, 1, 77, 400}) {
      const int64_t time = generator.LogTime(p, o);
      EXPECT_EQ(connector->OffsetAtTime(p, time).value(), o);
      EXPECT_EQ(connector->OffsetAtTime(p, time + 1).value(), o + 1);
    }
    EXPECT_EQ(connector->OffsetAtTime(p, FLOW_TIMESTAMP_MAX).value(), generator.EventCount(p));
  }
}

TEST(Datagen, PartitionsShareTheRows) {
  const RecordGenerator even(Config({{"events", "1000"}, {"partitions", "3"}}, {}), {});
  EXPECT_EQ(even.EventCount(0) + even.EventCount(1) + even.EventCount(2), 1000);
  EXPECT_NEAR(static_cast<double>(even.EventCount(1)), 333, 1);
  const RecordGenerator skewed(
      Config({{"events", "7000"}, {"partitions", "3"}, {"skew", "1"}, {"rate", "10"}}, {}), {});
  EXPECT_NEAR(static_cast<double>(skewed.EventCount(0)), 7000 * 6 / 11, 1);
  EXPECT_NEAR(static_cast<double>(skewed.EventCount(2)), 7000 * 2 / 11, 1);
  // All of them span the same time.
  for (int64_t p = 0; p < 3; ++p) {
    const int64_t end = skewed.LogTime(p, skewed.EventCount(p)) - skewed.config().start;
    EXPECT_NEAR(static_cast<double>(end), 700.0 * kSecond, 1.0 * kSecond);
  }
}

// `rows` values of one column, without their quotes.
std::vector<std::string> Values(Type type, const std::string& distribution, int64_t rows) {
  const std::vector<program::SourceColumn> declared = {Column({"x"}, std::move(type))};
  const RecordGenerator generator(Config({{"column.x", distribution}}, declared), declared);
  std::vector<std::string> values;
  for (int64_t o = 0; o < rows; ++o) {
    std::string record = Record(generator, 0, o);
    record = record.substr(5, record.size() - 6);
    if (record.starts_with('"')) record = record.substr(1, record.size() - 2);
    values.push_back(std::move(record));
  }
  return values;
}

std::map<std::string, int> Counts(Type type, const std::string& distribution, int64_t rows) {
  std::map<std::string, int> counts;
  for (const std::string& value : Values(std::move(type), distribution, rows)) ++counts[value];
  return counts;
}

TEST(Datagen, Distributions) {
  EXPECT_THAT(Values(TypeKind::kBigint, "sequence(10, -3)", 4),
              ::testing::ElementsAre("10", "7", "4", "1"));
  EXPECT_THAT(Values(TypeKind::kString, "sequence prefix a", 2),
              ::testing::ElementsAre("a0", "a1"));
  auto counts = Counts(TypeKind::kInt, "uniform(-1, 2)", 8000);
  EXPECT_EQ(counts.size(), 4u);
  for (const auto& [value, count] : counts) EXPECT_NEAR(count, 2000, 200) << value;
  counts = Counts(TypeKind::kString, "choice(DE = 5, FR = 3, US=2)", 10000);
  EXPECT_NEAR(counts["DE"], 5000, 250);
  EXPECT_NEAR(counts["FR"], 3000, 250);
  EXPECT_NEAR(counts["US"], 2000, 250);
  counts = Counts(Type::Decimal(5, 2), "choice(1.5 = 1, 2 = 0)", 10);
  EXPECT_EQ(counts["1.50"], 10);
  counts = Counts(TypeKind::kBoolean, "constant(yes) null 0.25", 4000);
  EXPECT_NEAR(counts["null"], 1000, 120);
  EXPECT_EQ(counts["true"] + counts["null"], 4000);
  // 1 of 3 values with weights 1, 1/2, 1/3; and with an exponent of 1 and more.
  counts = Counts(TypeKind::kInt, "zipf(3)", 11000);
  EXPECT_NEAR(counts["1"], 6000, 300);
  EXPECT_NEAR(counts["2"], 3000, 300);
  EXPECT_NEAR(counts["3"], 2000, 300);
  counts = Counts(TypeKind::kBigint, "zipf(1000000000, 2)", 10000);
  EXPECT_NEAR(counts["1"], 10000 * 6 / (M_PI * M_PI), 250);
  EXPECT_EQ(Counts(TypeKind::kInt, "zipf(1)", 5)["1"], 5);
  double sum = 0, squares = 0;
  for (const std::string& value : Values(Type::Decimal(8, 2), "normal(20, 5)", 10000)) {
    const double x = std::stod(value);
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / 10000, 20, 0.2);
  EXPECT_NEAR(std::sqrt(squares / 10000 - sum / 10000 * sum / 10000), 5, 0.2);
  for (const std::string& value : Values(Type::Decimal(2, 0), "normal(50, 500)", 100)) {
    EXPECT_LE(std::abs(std::stol(value)), 99);
  }
  const auto uuids = Counts(TypeKind::kString, "uuid", 1000);
  EXPECT_EQ(uuids.size(), 1000u);
  EXPECT_THAT(uuids.begin()->first,
              ::testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                                      "[0-9a-f]{12}"));
  std::set<size_t> sizes;
  for (const std::string& text : Values(TypeKind::kString, "text(3, 5)", 100)) {
    sizes.insert(text.size());
  }
  EXPECT_THAT(sizes, ::testing::ElementsAre(3u, 4u, 5u));
  for (const std::string& day : Values(TypeKind::kDate, "uniform(2024-02-28, 2024-03-01)", 50)) {
    EXPECT_TRUE(day == "2024-02-28" || day == "2024-02-29" || day == "2024-03-01") << day;
  }
  // All of them: nothing overflows.
  Values(TypeKind::kBigint, "uniform(-9223372036854775808, 9223372036854775807)", 100);
}

TEST(Datagen, OpeningRefusesWhatIsWrong) {
  program::Source source = Everything();
  source.options["late.by"] = "0s";
  EXPECT_THAT(OpenSource(source).error().message, ::testing::HasSubstr("`late.by`"));
  source = Everything();
  auto connector = MustOpen(source);
  EXPECT_THAT(connector->Open(0, 100000, -1).error().message,
              ::testing::HasSubstr("no offset 100000"));
  EXPECT_THAT(connector->Open(3, 0, -1).error().message, ::testing::HasSubstr("no partition 3"));
}

}  // namespace
}  // namespace flow
