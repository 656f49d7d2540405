// links: runtime/format
#include <gtest/gtest.h>

#include <limits>

#include "runtime/base/datum.h"
#include "runtime/format/base64.h"
#include "runtime/format/encode.h"

namespace flow {
namespace {

// A batch of one row.
Batch Row(const std::vector<Datum>& values) {
  std::vector<Type> types;
  for (const Datum& value : values) types.push_back(value.type);
  Batch batch(types, 1);
  for (size_t c = 0; c < values.size(); ++c) {
    WriteCell(batch.column(static_cast<int32_t>(c)), 0, values[c], batch.arena().abi());
  }
  batch.rows = 1;
  return batch;
}

std::string Json(const Datum& value) {
  Batch batch = Row({value});
  std::string out;
  AppendJsonCell(batch.column(0), value.type, 0, &out);
  return out;
}

std::string Csv(const std::vector<Datum>& values) {
  std::string out;
  AppendCsvRow(Row(values), 0, &out);
  return out;
}

Datum Timestamp(int64_t us) { return Datum::Int(TypeKind::kTimestamp, us); }
constexpr int64_t kNewYear = 1767225600000000;

TEST(Encode, JsonCells) {
  EXPECT_EQ(Json(Datum::Bool(true)), "true");
  EXPECT_EQ(Json(Datum::Int(TypeKind::kInt, -7)), "-7");
  EXPECT_EQ(Json(Datum::Decimal(Type::Decimal(12, 2), 1250)), "12.50");
  EXPECT_EQ(Json(Datum::Decimal(Type::Decimal(12, 2), -5)), "-0.05");
  EXPECT_EQ(Json(Datum::Double(0.1)), "0.1");
  EXPECT_EQ(Json(Datum::Double(std::numeric_limits<double>::quiet_NaN())), "\"NaN\"");
  EXPECT_EQ(Json(Datum::Double(-std::numeric_limits<double>::infinity())), "\"-Infinity\"");
  EXPECT_EQ(Json(Timestamp(kNewYear)), "\"2026-01-01T00:00:00Z\"");
  EXPECT_EQ(Json(Timestamp(kNewYear + 500000)), "\"2026-01-01T00:00:00.500Z\"");
  EXPECT_EQ(Json(Timestamp(kNewYear + 1)), "\"2026-01-01T00:00:00.000001Z\"");
  EXPECT_EQ(Json(Datum::Int(TypeKind::kDate, 20454)), "\"2026-01-01\"");
  EXPECT_EQ(Json(Datum::Null(TypeKind::kInt)), "null");
  EXPECT_EQ(Json(Datum::Error(TypeKind::kString, 3)), "null");
}

TEST(Encode, JsonStrings) {
  EXPECT_EQ(Json(Datum::String("plain \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80")),
            "\"plain \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80\"");
  EXPECT_EQ(Json(Datum::String("\"\\/\b\f\n\r\t\x01\x1F\x7F")),
            "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7F\"");
  EXPECT_EQ(Json(Datum::String(std::string("a\0b", 3))), "\"a\\u0000b\"");
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(Json(Datum::String("a\xFFz")), "\"a" + bad + "z\"");
  EXPECT_EQ(Json(Datum::String("\xC0\xAF")), "\"" + bad + bad + "\"");            // overlong
  EXPECT_EQ(Json(Datum::String("\xED\xA0\x80")), "\"" + bad + bad + bad + "\"");  // surrogate
  EXPECT_EQ(Json(Datum::String("x\xE2\x82")), "\"x" + bad + bad + "\"");          // cut short
}

TEST(Encode, JsonRows) {
  Batch batch =
      Row({Datum::Int(TypeKind::kInt, 1), Datum::String("x"), Datum::Null(TypeKind::kInt)});
  const std::vector<std::string> names = {"a", "b \"q\"", "c"};
  std::string out;
  AppendJsonRow(batch, 0, names, {}, &out);
  EXPECT_EQ(out, "{\"a\":1,\"b \\\"q\\\"\":\"x\",\"c\":null}");
  out.clear();
  AppendJsonRow(batch, 0, names, {2, 0}, &out);
  EXPECT_EQ(out, "{\"c\":null,\"a\":1}");
}

TEST(Encode, Csv) {
  EXPECT_EQ(Csv({Datum::String("a,b"), Datum::String(""), Datum::Null(TypeKind::kString),
                 Datum::String("say \"hi\""), Datum::String("two\nlines"), Datum::Double(2.5),
                 Timestamp(kNewYear)}),
            "\"a,b\",\"\",,\"say \"\"hi\"\"\",\"two\nlines\",2.5,2026-01-01 00:00:00\n");
  std::string header;
  AppendCsvHeader({"id", "a,b"}, &header);
  EXPECT_EQ(header, "id,\"a,b\"\n");
}

TEST(Encode, CellText) {
  const std::vector<Datum> values = {Datum::String("x"), Datum::Null(TypeKind::kInt),
                                     Datum::Error(TypeKind::kInt, 3), Timestamp(kNewYear)};
  Batch batch = Row(values);
  std::vector<std::string> texts;
  for (int32_t c = 0; c < batch.column_count(); ++c) {
    texts.push_back(CellText(batch.column(c), values[static_cast<size_t>(c)].type, 0));
  }
  EXPECT_EQ(texts,
            (std::vector<std::string>{"x", "NULL", "<division by zero>", "2026-01-01 00:00:00"}));
}

std::string Hash(const std::vector<Datum>& values) { return HashText(RowHash(Row(values), 0)); }

TEST(Encode, RowHashIsCanonical) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(Hash({Datum::Double(0.0)}), Hash({Datum::Double(-0.0)}));
  EXPECT_EQ(Hash({Datum::Double(nan)}), Hash({Datum::Double(-nan)}));
  EXPECT_NE(Hash({Datum::Double(0.0)}), Hash({Datum::Double(1.0)}));
  EXPECT_NE(Hash({Datum::Int(TypeKind::kInt, 0)}), Hash({Datum::Null(TypeKind::kInt)}));
  EXPECT_NE(Hash({Datum::String("ab"), Datum::String("c")}),
            Hash({Datum::String("a"), Datum::String("bc")}));
  EXPECT_NE(Hash({Datum::String(""), Datum::Null(TypeKind::kString)}),
            Hash({Datum::Null(TypeKind::kString), Datum::String("")}));
  // What lies under a NULL does not count.
  Batch batch = Row({Datum::Int(TypeKind::kInt, 5)});
  batch.column(0).status[0] = kFlowNull;
  EXPECT_EQ(HashText(RowHash(batch, 0)), Hash({Datum::Null(TypeKind::kInt)}));
}

// The bytes are pinned: digests of different builds are compared.
TEST(Encode, RowHashIsPinned) {
  EXPECT_EQ(HashText(RowHash(Row({}), 0)), "99aa06d3014798d86001c324468d497f");  // XXH3-128 of ""
  EXPECT_EQ(HashText(1), "00000000000000000000000000000001");
  EXPECT_EQ(Hash({Datum::Int(TypeKind::kBigint, 42), Datum::String("a longer string"),
                  Datum::Null(TypeKind::kDouble), Datum::Bool(true)}),
            "7baccaa15f8a33e72004b7c74f2d2a88");
}

TEST(Base64, ThereAndBack) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(FromBase64(Base64(bytes)), bytes) << i;
    bytes += static_cast<char>(i * 7);
  }
  EXPECT_EQ(FromBase64("eyJpZCI6NywiYSI6Iv8ifQ=="), "{\"id\":7,\"a\":\"\xff\"}");
  for (const char* text : {"abc", "a===", "ab=c", "====", "ab!d", "abcd=", "ab==abcd"}) {
    EXPECT_FALSE(FromBase64(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace flow
