// links: runtime/connector
// labels: asan
// CSV: splitting, values, headers, and files of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "runtime/abi/error_code.h"
#include "runtime/connector/connector.h"
#include "runtime/format/csv_decoder.h"
#include "runtime/format/record_split.h"

namespace flow {
namespace {

std::string Fields(const std::string& record, char delimiter = ',') {
  std::vector<CsvField> fields;
  if (!SplitCsvRecord(record.data(), record.size(), delimiter, &fields)) return "malformed";
  std::string text;
  for (const CsvField& field : fields) {
    text += (field.quoted ? "<q:" : "<") + CsvFieldText(field) + ">";
  }
  return text;
}

TEST(Csv, SplitsFields) {
  EXPECT_EQ(Fields("a,b,c"), "<a><b><c>");
  EXPECT_EQ(Fields(""), "<>");
  EXPECT_EQ(Fields(",,"), "<><><>");
  EXPECT_EQ(Fields("\"a,b\",\"\",x"), "<q:a,b><q:><x>");
  EXPECT_EQ(Fields("\"say \"\"hi\"\"\",\"\"\"\""), "<q:say \"hi\"><q:\">");
  EXPECT_EQ(Fields("\"two\nlines\",1"), "<q:two\nlines><1>");
  EXPECT_EQ(Fields("a;b,c", ';'), "<a><b,c>");
  EXPECT_EQ(Fields("a field longer than sixteen bytes,another one of that kind"),
            "<a field longer than sixteen bytes><another one of that kind>");
  EXPECT_EQ(Fields("a\"b,c"), "malformed");
  EXPECT_EQ(Fields("\"a\"b,c"), "malformed");
  EXPECT_EQ(Fields("\"a"), "malformed");
  EXPECT_EQ(Fields("\"a\"\""), "malformed");
}

// Splitting text that comes in pieces gives the same records, and joining fields gives the text.
TEST(Csv, RecordsInPiecesAreTheSame) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::vector<std::string>> records;
    std::string text;
    for (size_t r = random() % 5; r-- > 0;) {
      std::vector<std::string> record;
      for (size_t f = 1 + random() % 4; f-- > 0;) {
        std::string field;
        for (size_t c = random() % 12; c-- > 0;) field += "ab\",\n x"[random() % 7];
        record.push_back(field);
      }
      for (size_t f = 0; f < record.size(); ++f) {
        if (f > 0) text += ',';
        text += '"';
        for (char c : record[f]) text += std::string(c == '"' ? 2 : 1, c);
        text += '"';
      }
      text += '\n';
      records.push_back(record);
    }
    RecordSplitter splitter = RecordSplitter::Csv(',');
    size_t at = 0;
    size_t seen = 0;
    size_t next = 0;
    while (at < text.size()) {
      const size_t size = splitter.Find(text.data() + at, seen - at);
      if (size == RecordSplitter::kIncomplete) {
        ASSERT_LT(seen, text.size());
        seen = std::min(text.size(), seen + 1 + random() % 7);
        continue;
      }
      ASSERT_LT(next, records.size());
      std::vector<CsvField> fields;
      ASSERT_TRUE(SplitCsvRecord(text.data() + at, size - 1, ',', &fields));
      std::vector<std::string> texts;
      for (const CsvField& field : fields) texts.push_back(CsvFieldText(field));
      EXPECT_EQ(texts, records[next]);
      ++next;
      at += size;
    }
    EXPECT_EQ(next, records.size());
  }
}

class CsvSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() / ("flow_csv_" + std::to_string(getpid()));
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    source_.name = "s";
    source_.connector = program::Connector::kFile;
    source_.format = program::Format::kCsv;
    source_.options["path"] = directory_.string();
    Add("name", TypeKind::kString);
    Add("n", TypeKind::kBigint);
    Add("at", TypeKind::kTimestamp);
    source_.columns[0].not_null = true;
    source_.declared = source_.columns;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void Add(const std::string& name, Type type) {
    program::SourceColumn column;
    column.name = name;
    column.type = std::move(type);
    column.path = {{name, -1}};
    column.position = static_cast<int>(source_.columns.size());
    source_.columns.push_back(column);
  }

  void Put(const std::string& name, const std::string& text) {
    std::ofstream(directory_ / name, std::ios::binary) << text;
  }

  // One line a row: offset, then the cells.
  std::string Read(int64_t from = 0, int64_t to = -1, int64_t records = 1000) {
    auto opened = OpenSource(source_);
    if (!opened.ok()) return opened.error().message;
    auto reader = opened.value()->Open(0, from, to);
    if (!reader.ok()) return reader.error().message;
    std::string out;
    DecodedRows rows;
    for (;;) {
      Morsel morsel;
      auto state = reader.value()->Read(records, 1 << 20, &morsel);
      if (!state.ok()) return state.error().message;
      if (state.value() == ReadState::kEnd) return out;
      opened.value()->decoder().Decode(morsel, &rows);
      for (int32_t r = 0; r < rows.batch.rows; ++r) {
        const size_t row = static_cast<size_t>(r);
        out += std::to_string(rows.offsets[row] & ((int64_t{1} << 43) - 1));
        if (rows.record_status[row] != kFlowValue) {
          out += " malformed\n";
          continue;
        }
        for (int32_t c = 0; c < rows.batch.column_count(); ++c) {
          out += " " + ToSql(ReadCell(rows.batch.column(c),
                                      rows.batch.types()[static_cast<size_t>(c)], r));
        }
        out += "\n";
      }
    }
  }

  std::filesystem::path directory_;
  program::Source source_;
};

TEST_F(CsvSourceTest, ValuesByHeader) {
  const std::string error = ToSql(Datum::Error(TypeKind::kBigint, kFlowErrFieldType));
  const std::string missing = ToSql(Datum::Error(TypeKind::kBigint, kFlowErrMissing));
  Put("a.csv",
      "n,unused,name,at\n"
      "1,x,\"Ann, \"\"A\"\"\",2023-01-01 00:00:00\r\n"
      ",,\"\",\n"
      "\n"
      "x,,,\n"
      "1,2,3\n"
      "\"2\",\"two\nlines\",\"l1\nl2\",\n"
      "3,,last,2023-01-01");
  const std::string want =
      "17 'Ann, \"A\"' 1 TIMESTAMP '2023-01-01 00:00:00'\n"
      "55 '' NULL NULL\n"
      "62 " +
      missing + " " + error +
      " NULL\n"
      "67 malformed\n"
      "73 'l1\nl2' 2 NULL\n"
      "98 'last' 3 TIMESTAMP '2023-01-01 00:00:00'\n";
  EXPECT_EQ(Read(), want);
  EXPECT_EQ(Read(0, -1, 1), want);
  // From the middle of a quoted field: the next record is the one after it.
  EXPECT_EQ(Read(90), "98 'last' 3 TIMESTAMP '2023-01-01 00:00:00'\n");
  EXPECT_EQ(Read(0, 60), want.substr(0, want.find("62 ")));
}

TEST_F(CsvSourceTest, EachFileHasItsHeader) {
  Put("a.csv", "name,n\na,1\n");
  Put("b.csv", "n,at,name\n2,2023-01-02,b\n");
  EXPECT_EQ(Read(), "7 'a' 1 NULL\n10 'b' 2 TIMESTAMP '2023-01-02 00:00:00'\n");
  EXPECT_EQ(Read(int64_t{1} << 43), "10 'b' 2 TIMESTAMP '2023-01-02 00:00:00'\n");
}

TEST_F(CsvSourceTest, Options) {
  source_.format_options = {
      {"delimiter", "|"}, {"header", "false"}, {"null", "NA"}, {"timestamp_unit", "s"}};
  Put("a.csv", "a|1|1672531200\nNA|NA|NA\n\"NA\"|2|2023-01-01\n|3|NA\n");
  const std::string missing = ToSql(Datum::Error(TypeKind::kBigint, kFlowErrMissing));
  EXPECT_EQ(Read(), "0 'a' 1 TIMESTAMP '2023-01-01 00:00:00'\n15 " + missing +
                        " NULL NULL\n24 'NA' 2 TIMESTAMP '2023-01-01 00:00:00'\n42 '' 3 NULL\n");
  source_.format_options = {{"delimiter", "||"}};
  EXPECT_THAT(Read(), ::testing::HasSubstr("is not one character"));
  source_.format_options = {{"heading", "true"}};
  EXPECT_THAT(Read(), ::testing::HasSubstr("no option 'heading'"));
  source_.format_options = {{"delimiter", ";"}};
  EXPECT_THAT(Read(), ::testing::HasSubstr("none of the declared columns is in the header"));
}

TEST_F(CsvSourceTest, InvalidUtf8IsMalformed) {
  Put("a.csv", "name,n\n\xFF,1\nb\xC3\xA9,2\n");
  EXPECT_EQ(Read(), "7 malformed\n11 'b\xC3\xA9' 2 NULL\n");
}

}  // namespace
}  // namespace flow
