// links: runtime/connector
// INLINE rows: values, partitions, offsets, and the JSON that they stand for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/abi/error_code.h"
#include "runtime/connector/connector.h"
#include "runtime/connector/json_form.h"

namespace flow {
namespace {

program::SourceColumn Column(std::vector<std::string> path, Type type, int position) {
  program::SourceColumn column;
  for (const std::string& key : path) {
    column.name += (column.name.empty() ? "" : ".") + key;
    column.path.push_back({key, -1});
  }
  column.type = std::move(type);
  column.position = position;
  return column;
}

program::Source Rows() {
  program::Source source;
  source.name = "s";
  source.connector = program::Connector::kInline;
  source.format = program::Format::kRows;
  source.declared = {Column({"k"}, TypeKind::kString, 0), Column({"n"}, TypeKind::kBigint, 1)};
  // Pruned and in another order, as push-down leaves them.
  source.columns = {source.declared[1], source.declared[0], source.declared[1]};
  source.columns[0].not_null = true;
  source.columns[2].from = program::ColumnFrom::kPresence;
  source.columns[2].type = TypeKind::kBoolean;
  program::SourceColumn offset;
  offset.type = TypeKind::kBigint;
  offset.from = program::ColumnFrom::kOffset;
  source.columns.push_back(offset);
  const Datum null = Datum::Null(TypeKind::kBigint);
  source.inline_rows = {
      {{Datum::String("a string past twelve bytes"), Datum::Int(TypeKind::kBigint, 1)},
       {Datum::Null(TypeKind::kString), Datum::Int(TypeKind::kBigint, 2)},
       {Datum::String("c"), null}},
      {{Datum::String("d"), Datum::Int(TypeKind::kBigint, 4)}}};
  return source;
}

std::string Read(SourceConnector* source, const program::Source& spec, int partition, int64_t from,
                 int64_t to, int64_t records = 100) {
  auto reader = source->Open(partition, from, to);
  if (!reader.ok()) return reader.error().message;
  std::string out;
  DecodedRows rows;
  for (;;) {
    Morsel morsel;
    if (reader.value()->Read(records, 1, &morsel).value() == ReadState::kEnd) return out;
    source->decoder().Decode(morsel, &rows);
    for (int32_t i = 0; i < rows.batch.rows; ++i) {
      for (int32_t c = 0; c < rows.batch.column_count(); ++c) {
        out += ToSql(ReadCell(rows.batch.column(c), spec.columns[static_cast<size_t>(c)].type, i)) +
               " ";
      }
      out += source->decoder().Raw(morsel, i) + "\n";
    }
  }
}

TEST(InlineSource, RowsByPartition) {
  const program::Source spec = Rows();
  auto opened = OpenSource(spec);
  ASSERT_TRUE(opened.ok());
  SourceConnector* source = opened.value().get();
  ASSERT_EQ(source->partitions().size(), 2u);
  EXPECT_EQ(source->partitions()[0].end, 3);
  EXPECT_TRUE(source->partitions()[0].bounded);
  const std::string missing = ToSql(Datum::Error(TypeKind::kBigint, kFlowErrMissing));
  const std::string all =
      "1 'a string past twelve bytes' TRUE 0 {\"k\":\"a string past twelve bytes\",\"n\":1}\n"
      "2 NULL TRUE 1 {\"k\":null,\"n\":2}\n" +
      missing + " 'c' FALSE 2 {\"k\":\"c\",\"n\":null}\n";
  EXPECT_EQ(Read(source, spec, 0, 0, -1), all);
  EXPECT_EQ(Read(source, spec, 0, 0, 3, 1), all);
  EXPECT_EQ(Read(source, spec, 0, 1, 2), "2 NULL TRUE 1 {\"k\":null,\"n\":2}\n");
  EXPECT_EQ(Read(source, spec, 1, 0, 1), "4 'd' TRUE 0 {\"k\":\"d\",\"n\":4}\n");
  EXPECT_EQ(Read(source, spec, 1, 1, 1), "");
  EXPECT_THAT(Read(source, spec, 1, 2, 3), ::testing::HasSubstr("there is no offset 2"));
  EXPECT_THAT(Read(source, spec, 2, 0, 3), ::testing::HasSubstr("no partition 2"));
  EXPECT_EQ(source->OffsetToText(1, 3), "1=3");
  EXPECT_EQ(source->ParseOffset("1", 3), (std::pair<int, int64_t>(1, 3)));
  EXPECT_EQ(source->ParseOffset("2", 3), std::nullopt);
  EXPECT_FALSE(source->has_log_timestamps());
  EXPECT_THAT(source->OffsetAtTime(0, 0).error().message,
              ::testing::HasSubstr("no log timestamps"));
}

TEST(JsonForm, NestsAsThePathsSay) {
  const Type n = TypeKind::kBigint;
  auto form = [&](const std::vector<std::vector<std::string>>& paths) {
    std::vector<program::SourceColumn> columns;
    std::vector<Datum> row;
    for (const auto& path : paths) {
      columns.push_back(Column(path, n, static_cast<int>(columns.size())));
      row.push_back(Datum::Int(n, static_cast<int64_t>(columns.size())));
    }
    return JsonForm(columns, row);
  };
  EXPECT_EQ(form({}), "{}");
  EXPECT_EQ(form({{"a"}, {"b"}}), "{\"a\":1,\"b\":2}");
  EXPECT_EQ(form({{"a", "x"}, {"a", "y"}, {"b"}}), "{\"a\":{\"x\":1,\"y\":2},\"b\":3}");
  EXPECT_EQ(form({{"t"}, {"a", "b", "x"}, {"a", "c", "x"}, {"d", "x"}}),
            "{\"t\":1,\"a\":{\"b\":{\"x\":2},\"c\":{\"x\":3}},\"d\":{\"x\":4}}");
}

}  // namespace
}  // namespace flow
