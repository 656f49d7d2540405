// links: runtime/format
// labels: asan
// The JSON decoder: what reaches which column, and what is malformed.
#include "runtime/format/json_decoder.h"

#include <gtest/gtest.h>

#include <random>

#include "runtime/abi/error_code.h"
#include "runtime/base/datum.h"

namespace flow {
namespace {

using program::ColumnFrom;
using program::PathStep;
using program::SourceColumn;

// "a.b.#2.c" is the path $.a.b[2].c.
SourceColumn Column(const std::string& path, Type type, bool not_null = false,
                    ColumnFrom from = ColumnFrom::kField) {
  SourceColumn column;
  column.name = path;
  column.type = std::move(type);
  column.from = from;
  column.not_null = not_null;
  for (size_t at = 0; at <= path.size();) {
    const size_t dot = std::min(path.find('.', at), path.size());
    const std::string step = path.substr(at, dot - at);
    if (step[0] == '#') {
      column.path.push_back({"", std::stoi(step.substr(1))});
    } else {
      column.path.push_back({step, -1});
    }
    at = dot + 1;
  }
  return column;
}

// Decodes records one after another with one memory, as a morsel does.
class Records {
 public:
  explicit Records(std::vector<SourceColumn> columns, TimestampUnit unit = TimestampUnit::kMillis,
                   bool array_records = false)
      : columns_(std::move(columns)), decoder_(columns_, unit, array_records), memory_(decoder_) {}

  // The cells as SQL text separated by '|', or "malformed".
  std::string Decode(const std::string& record) {
    // A copy of exactly the record's size, so that sanitizers see a read past it.
    const std::unique_ptr<char[]> exact(new char[record.size()]);
    std::copy(record.begin(), record.end(), exact.get());
    const std::string cells = Cells({exact.get(), record.size()}, nullptr);
    // Bytes behind the record that may be read, and would go on with it, change nothing.
    for (const char* behind : {"\n{\"a\":1", "0123456789.0123456789,\"b\":null}", "\"}", "e5}"}) {
      const std::string longer = record + behind + std::string(64, ' ');
      EXPECT_EQ(Cells({longer.data(), record.size()}, longer.data() + longer.size()), cells)
          << record << " before " << behind;
    }
    return cells;
  }

 private:
  std::string Cells(std::string_view record, const char* readable) {
    std::vector<Type> types;
    for (const SourceColumn& column : columns_) types.push_back(column.type);
    Batch batch(types, 1);
    PresetAbsent(columns_, 0, 1, &batch);
    if (!decoder_.Decode(record.data(), record.size(), readable, 0, &batch, &memory_)) {
      return "malformed";
    }
    std::string text;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) text += "|";
      text += ToSql(ReadCell(batch.column(static_cast<int32_t>(i)), types[i], 0));
    }
    return text;
  }

  std::vector<SourceColumn> columns_;
  JsonDecoder decoder_;
  JsonDecoder::Memory memory_;
};

std::string DecodeOne(const std::string& value, Type type) {
  return Records({Column("a", std::move(type))}).Decode("{\"a\":" + value + "}");
}

std::string FieldTypeError() { return ToSql(Datum::Error(TypeKind::kBigint, kFlowErrFieldType)); }

TEST(JsonDecoder, TakesScalarsByType) {
  EXPECT_EQ(DecodeOne("12", TypeKind::kBigint), "12");
  EXPECT_EQ(DecodeOne("-12", TypeKind::kInt), "-12");
  EXPECT_EQ(DecodeOne("9223372036854775807", TypeKind::kBigint), "9223372036854775807");
  EXPECT_EQ(DecodeOne("9223372036854775808", TypeKind::kBigint), FieldTypeError());
  EXPECT_EQ(DecodeOne("2147483648", TypeKind::kInt), FieldTypeError());
  EXPECT_EQ(DecodeOne("1.5", TypeKind::kBigint), FieldTypeError());
  EXPECT_EQ(DecodeOne("\"77\"", TypeKind::kBigint), "77");
  EXPECT_EQ(DecodeOne("\"x\"", TypeKind::kBigint), FieldTypeError());
  EXPECT_EQ(DecodeOne("12", TypeKind::kString), "'12'");
  EXPECT_EQ(DecodeOne("1.50", TypeKind::kString), "'1.50'");
  EXPECT_EQ(DecodeOne("true", TypeKind::kString), "'true'");
  EXPECT_EQ(DecodeOne("true", TypeKind::kBoolean), "TRUE");
  EXPECT_EQ(DecodeOne("\"no\"", TypeKind::kBoolean), "FALSE");
  EXPECT_EQ(DecodeOne("false", TypeKind::kBigint), FieldTypeError());
  EXPECT_EQ(DecodeOne("{\"x\": [1, 2]}", TypeKind::kString), "'{\"x\": [1, 2]}'");
  EXPECT_EQ(DecodeOne("[1, {}]", TypeKind::kString), "'[1, {}]'");
  EXPECT_EQ(DecodeOne("[1]", TypeKind::kBigint), FieldTypeError());
  EXPECT_EQ(DecodeOne("null", TypeKind::kString), "NULL");
}

TEST(JsonDecoder, DecimalsAreExactAndRoundHalfAwayFromZero) {
  const Type money = Type::Decimal(12, 2);
  EXPECT_EQ(DecodeOne("1.005", money), "1.01");
  EXPECT_EQ(DecodeOne("-1.005", money), "-1.01");
  EXPECT_EQ(DecodeOne("1.004999", money), "1.00");
  EXPECT_EQ(DecodeOne("1e3", money), "1000.00");
  EXPECT_EQ(DecodeOne("9999999999.99", money), "9999999999.99");
  EXPECT_EQ(DecodeOne("9999999999.995", money), FieldTypeError());
  EXPECT_EQ(DecodeOne("10000000000", money), FieldTypeError());
  EXPECT_EQ(DecodeOne("\"12.3\"", money), "12.30");
  EXPECT_EQ(DecodeOne("12345678901234567890123456789012345678", Type::Decimal(38, 0)),
            "12345678901234567890123456789012345678");
}

TEST(JsonDecoder, TimestampsAreTextOrEpochs) {
  EXPECT_EQ(DecodeOne("\"2023-01-01 00:00:01.250\"", TypeKind::kTimestamp),
            "TIMESTAMP '2023-01-01 00:00:01.250'");
  EXPECT_EQ(DecodeOne("\"2023-01-01T02:00:00+02:00\"", TypeKind::kTimestamp),
            "TIMESTAMP '2023-01-01 00:00:00'");
  EXPECT_EQ(DecodeOne("\"2023-02-30 00:00:00\"", TypeKind::kTimestamp), FieldTypeError());
  EXPECT_EQ(DecodeOne("\"2024-02-29 23:59:59Z\"", TypeKind::kTimestamp),
            "TIMESTAMP '2024-02-29 23:59:59'");
  EXPECT_EQ(DecodeOne("1672531200123", TypeKind::kTimestamp),
            "TIMESTAMP '2023-01-01 00:00:00.123'");
  EXPECT_EQ(DecodeOne("1672531200123.4565", TypeKind::kTimestamp),
            "TIMESTAMP '2023-01-01 00:00:00.123457'");
  EXPECT_EQ(DecodeOne("1e300", TypeKind::kTimestamp), FieldTypeError());
  EXPECT_EQ(DecodeOne("-62135596800001", TypeKind::kTimestamp), FieldTypeError());
  auto in = [](TimestampUnit unit, const std::string& value) {
    return Records({Column("a", TypeKind::kTimestamp)}, unit).Decode("{\"a\":" + value + "}");
  };
  EXPECT_EQ(in(TimestampUnit::kSeconds, "1672531200.5"), "TIMESTAMP '2023-01-01 00:00:00.500'");
  EXPECT_EQ(in(TimestampUnit::kMicros, "1672531200000001"),
            "TIMESTAMP '2023-01-01 00:00:00.000001'");
  EXPECT_EQ(in(TimestampUnit::kNanos, "1672531200000000500"),
            "TIMESTAMP '2023-01-01 00:00:00.000001'");
  EXPECT_EQ(in(TimestampUnit::kNanos, "1672531200000000499.99"), "TIMESTAMP '2023-01-01 00:00:00'");
}

TEST(JsonDecoder, UnescapesStrings) {
  EXPECT_EQ(DecodeOne(R"("a\n\"\\\/\u0041\u00e9\u20ac\ud83d\ude00z")", TypeKind::kString),
            "'a\n\"\\/A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z'");
  EXPECT_EQ(DecodeOne("\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 and more than sixteen\"",
                      TypeKind::kString),
            "'\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 and more than sixteen'");
  EXPECT_EQ(DecodeOne(R"("\u0031\u0032")", TypeKind::kBigint), "12");
}

TEST(JsonDecoder, PathsThroughNothingAreNull) {
  Records records({Column("a.b", TypeKind::kBigint), Column("a.c.#1", TypeKind::kBigint),
                   Column("d", TypeKind::kBigint, true)});
  const std::string missing = ToSql(Datum::Error(TypeKind::kBigint, kFlowErrMissing));
  EXPECT_EQ(records.Decode(R"({"a":{"b":1,"c":[5,6,7]},"d":4})"), "1|6|4");
  EXPECT_EQ(records.Decode(R"({"a":{"b":1,"c":[5]},"d":4})"), "1|NULL|4");
  EXPECT_EQ(records.Decode(R"({"a":7,"d":4})"), "NULL|NULL|4");
  EXPECT_EQ(records.Decode(R"({"a":[{"b":1}]})"), "NULL|NULL|" + missing);
  EXPECT_EQ(records.Decode(R"({"d":null})"), "NULL|NULL|" + missing);
  EXPECT_EQ(records.Decode("{}"), "NULL|NULL|" + missing);
}

TEST(JsonDecoder, FirstOfTwoEqualKeysWins) {
  Records records({Column("a.b", TypeKind::kBigint), Column("a.c", TypeKind::kBigint)});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(records.Decode(R"({"a":{"b":1,"b":2},"a":{"c":3}})"), "1|NULL");
    EXPECT_EQ(records.Decode(R"({"a":null,"a":{"b":1}})"), "NULL|NULL");
    EXPECT_EQ(records.Decode(R"({"a":{"c":3,"\u0062":2,"b":1}})"), "2|3");
  }
}

TEST(JsonDecoder, PresenceOfStructs) {
  Records records({Column("a", TypeKind::kBoolean, false, ColumnFrom::kPresence),
                   Column("a.b", TypeKind::kBigint)});
  EXPECT_EQ(records.Decode(R"({"a":{"b":1}})"), "TRUE|1");
  EXPECT_EQ(records.Decode(R"({"a":{}})"), "TRUE|NULL");
  EXPECT_EQ(records.Decode(R"({"a":null})"), "FALSE|NULL");
  EXPECT_EQ(records.Decode(R"({})"), "FALSE|NULL");
  EXPECT_EQ(records.Decode(R"({"a":5})"), "TRUE|NULL");
}

TEST(JsonDecoder, AnythingElseInThePlaceOfAStructIsAnErrorOfItsFields) {
  program::SourceColumn there = Column("a", TypeKind::kBoolean, false, ColumnFrom::kPresence);
  there.struct_depth = 1;
  program::SourceColumn b = Column("a.b", TypeKind::kBigint);
  b.struct_depth = 1;
  program::SourceColumn d = Column("a.c.d", TypeKind::kBigint);
  d.struct_depth = 2;
  Records records({there, b, d, Column("a", TypeKind::kString), Column("a.b.x", TypeKind::kInt)});
  const std::string wrong = ToSql(Datum::Error(TypeKind::kBigint, kFlowErrFieldType));
  const std::string all = wrong + "|" + wrong + "|" + wrong;
  for (int twice = 0; twice < 2; ++twice) {  // by the parser, then by the shape
    EXPECT_EQ(records.Decode(R"({"a":{"b":1,"c":{"d":2}}})"),
              R"(TRUE|1|2|'{"b":1,"c":{"d":2}}'|NULL)");
    EXPECT_EQ(records.Decode(R"({"a":{"b":1,"c":3}})"),
              "TRUE|1|" + wrong + R"(|'{"b":1,"c":3}'|NULL)");
    EXPECT_EQ(records.Decode(R"({"a":5})"), all + "|'5'|NULL");
    EXPECT_EQ(records.Decode(R"({"a":"b"})"), all + "|'b'|NULL");
    EXPECT_EQ(records.Decode(R"({"a":[{"b":1}]})"), all + R"(|'[{"b":1}]'|NULL)");
    EXPECT_EQ(records.Decode(R"({"a":true})"), all + "|'true'|NULL");
    EXPECT_EQ(records.Decode(R"({"a":5,"a":{"b":1}})"), all + "|'5'|NULL");
    EXPECT_EQ(records.Decode(R"({"a":null})"), "FALSE|NULL|NULL|NULL|NULL");
  }
}

TEST(JsonDecoder, RefusesWhatIsNotJson) {
  Records records({Column("a", TypeKind::kBigint)});
  std::string deep(1024, '[');
  for (const std::string& record :
       std::vector<std::string>{"",
                                " ",
                                "5",
                                "null",
                                "\"a\"",
                                "[1]",
                                "{",
                                "}",
                                "{\"a\"}",
                                "{\"a\":}",
                                "{\"a\":1",
                                "{,}",
                                "{\"a\":1,}",
                                "{\"a\":1}}",
                                "{\"a\":1} x",
                                "{\"a\":01}",
                                "{\"a\":+1}",
                                "{\"a\":.5}",
                                "{\"a\":1.}",
                                "{\"a\":1e}",
                                "{\"a\":-}",
                                "{\"a\":tru}",
                                "{\"a\":True}",
                                "{\"a\":NaN}",
                                "{\"a\":nul}",
                                "{'a':1}",
                                "{\"a\":\"\x01\"}",
                                "{\"a\":\"\xFF\"}",
                                "{\"b\":\"\xC0\x80\"}",
                                "{\"b\":\"\xED\xA0\x80\"}",
                                "{\"b\":\"\xF4\x90\x80\x80\"}",
                                "{\"b\":\"\\x\"}",
                                "{\"b\":\"\\u12g4\"}",
                                "{\"b\":\"\\ud800\"}",
                                "{\"b\":\"\\udc00\"}",
                                "{\"b\":\"\\ud800\\u0041\"}",
                                "{\"b\":[1,]}",
                                "{\"b\":[,1]}",
                                "{\"b\":[1 2]}",
                                "{\"b\":{\"c\":1]}",
                                "{\"a\":1 \"b\":2}",
                                "{,\"a\":1}",
                                "{\"a\":1,,\"b\":2}",
                                "{\"a\"1}",
                                "{\"b\":" + deep,
                                "{\"b\":" + deep + std::string(1024, ']') + "}"}) {
    EXPECT_EQ(records.Decode(record), "malformed") << record;
    // What is remembered from a good record must not make a bad one pass.
    EXPECT_EQ(records.Decode("{\"a\":1,\"b\":2}"), "1");
    EXPECT_EQ(records.Decode("{\"b\":2,\"a\":1}"), "1");
  }
  EXPECT_EQ(records.Decode(" {\"a\" : 1 ,\t\"b\":\r" + std::string(1023, '[') +
                           std::string(1023, ']') + " } "),
            "1");
}

TEST(JsonDecoder, ArraysAtTheTopOnlyWhereAPathWantsThem) {
  EXPECT_EQ(
      Records({Column("#1", TypeKind::kBigint)}, TimestampUnit::kMillis, true).Decode("[1,2]"),
      "2");
}

// After two records that look alike: what differs in a value's kind, is left out, or comes twice.
TEST(JsonDecoder, RecordsThatLookAlike) {
  const std::vector<SourceColumn> columns = {
      Column("a", TypeKind::kBigint),   Column("b.c", TypeKind::kString),
      Column("b.d", TypeKind::kInt),    Column("e", Type::Decimal(9, 2)),
      Column("f", TypeKind::kDouble),   Column("ts", TypeKind::kTimestamp),
      Column("g.h", TypeKind::kBoolean)};
  const std::string usual =
      R"({"a":1,"b":{"c":"x","d":2},"e":3.5,"u":"no","f":0.5,"ts":"2026-01-01T00:00:00Z","g":{"h":true}})";
  Records seen(columns);
  EXPECT_EQ(seen.Decode(usual), "1|'x'|2|3.50|0.5|TIMESTAMP '2026-01-01 00:00:00'|TRUE");
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"\"a\":1", "\"a\":null"},
      {"\"a\":1", "\"a\":-1234567890123"},
      {"\"a\":1", "\"a\":\"7\""},
      {"\"a\":1", "\"a\":1.5"},
      {"\"a\":1", "\"a\":1e2"},
      {"\"a\":1", "\"a\": 1"},
      {"\"a\":1", "\"a\":{\"x\":1}"},
      {"\"a\":1", "\"a\":01"},
      {"\"x\"", "\"a\\u0062\""},
      {"\"x\"", "\"\xC3\xA4\""},
      {"\"x\"", "\"\xC3\""},
      {"\"x\"", "[1,2]"},
      {"\"d\":2", "\"d\":9999999999"},
      {"{\"c\":\"x\",\"d\":2}", "null"},
      {"{\"c\":\"x\",\"d\":2}", "{}"},
      {"{\"c\":\"x\",\"d\":2}", "{\"d\":2,\"c\":\"x\"}"},
      {"{\"c\":\"x\",\"d\":2}", "{\"c\":\"x\",\"c\":\"y\"}"},
      {"3.5", "3.555"},
      {"3.5", "12345678.5"},
      {"\"no\"", "{\"b\":{\"c\":1}}"},
      {"\"no\"", "-"},
      {"0.5", "-0"},
      {"2026-01-01T00:00:00Z", "2026-02-29T00:00:00Z"},
      {"2026-01-01T00:00:00Z", "2026-01-01"},
      {"{\"h\":true}", "{\"h\":false,\"h\":true}"},
      {"{\"h\":true}}", "{\"h\":true}} "},
      {"{\"h\":true}}", "{\"h\":true}"},
      {"{\"h\":true}}", "{\"h\":true},\"a\":9}"},
      {"{\"a\"", " {\"a\""},
  };
  for (const auto& [from, to] : changes) {
    std::string record = usual;
    record.replace(record.find(from), from.size(), to);
    EXPECT_EQ(seen.Decode(record), Records(columns).Decode(record)) << record;
    EXPECT_EQ(seen.Decode(usual), Records(columns).Decode(usual));
  }
}

// Records of many shapes, in every order and with blanks: what is remembered changes nothing.
TEST(JsonDecoder, RememberedOrderChangesNothing) {
  std::mt19937 random(7);
  const std::vector<SourceColumn> columns = {
      Column("a", TypeKind::kBigint), Column("b", TypeKind::kString),
      Column("c.x", TypeKind::kBigint), Column("c.y", TypeKind::kBigint),
      Column("a_rather_long_name_of_a_column_past_the_remembered_bytes", TypeKind::kBigint)};
  Records with_memory(columns);
  for (int i = 0; i < 5000; ++i) {
    auto blank = [&] { return std::string(random() % 8 == 0 ? " " : ""); };
    auto object = [&](std::vector<std::pair<std::string, std::string>> fields) {
      std::shuffle(fields.begin(), fields.end(), random);
      std::string text = "{" + blank();
      bool first = true;
      for (const auto& [key, value] : fields) {
        if (random() % 4 == 0) continue;
        if (!first) text += blank() + ",";
        first = false;
        text += blank() + "\"" + key + "\"" + blank() + ":" + blank() + value;
      }
      return text + blank() + "}";
    };
    const std::string n = std::to_string(random() % 1000);
    std::string record =
        object({{"a", n},
                {"b", "\"v" + n + "\""},
                {"c", random() % 3 == 0 ? "null" : object({{"x", n}, {"z", "[1]"}, {"y", n}})},
                {"a_rather_long_name_of_a_column_past_the_remembered_bytes", n},
                {"unknown", object({{"x", "true"}})}});
    if (random() % 5 == 0) record[random() % record.size()] = ",:{}[]\"1 "[random() % 9];
    EXPECT_EQ(with_memory.Decode(record), Records(columns).Decode(record)) << record;
  }
}

}  // namespace
}  // namespace flow
