// links: runtime/base
#include <gtest/gtest.h>

#include <cmath>

#include "runtime/base/batch.h"
#include "runtime/base/datum.h"

namespace flow {
namespace {

TEST(Type, TextRoundTrips) {
  const Type plain = Type::Struct({{"a", TypeKind::kInt}, {"b", Type::Decimal(12, 2)}});
  const Type odd = Type::Struct({{"odd name", Type::Array(plain)},
                                 {"1st", TypeKind::kBytes},
                                 {"say \"hi\", <b>", Type::Map(Type::Array(plain))},
                                 {"ä", TypeKind::kJson}});
  for (const Type& type :
       {plain, odd, Type::Array(odd), Type::Map(Type::Map(odd)), Type(TypeKind::kInterval)}) {
    const std::optional<Type> read = Type::Parse(type.ToString());
    ASSERT_TRUE(read.has_value()) << type.ToString();
    EXPECT_TRUE(*read == type) << type.ToString();
  }
  EXPECT_EQ(odd.ToString().substr(0, 63),
            "STRUCT<\"odd name\" ARRAY<STRUCT<a INT, b DECIMAL(12,2)>>, \"1st\" ");
  for (const char* text : {"", "STRUCT<", "STRUCT<>", "STRUCT<a>", "STRUCT<a INT",
                           "STRUCT<a INT,b INT>", "ARRAY<INT", "ARRAY<INT>>", "STRUCT<\"a INT>",
                           "MAP<INT, INT>", "DECIMAL(1)", "INT ", "STRUCT<a INT, >"}) {
    EXPECT_FALSE(Type::Parse(text).has_value()) << text;
  }
}

TEST(Datum, CellsRoundTrip) {
  const std::vector<Datum> values = {
      Datum::Bool(true),
      Datum::Int(TypeKind::kInt, -5),
      Datum::Int(TypeKind::kBigint, int64_t{1} << 60),
      Datum::Double(-0.25),
      Datum::Decimal(Type::Decimal(38, 3), static_cast<FlowInt128>(-1234567) * 1000000000000),
      Datum::String("it's"),
      Datum::String("a string of more than twelve bytes"),
      Datum::Int(TypeKind::kDate, 20484),
      Datum::Int(TypeKind::kTimestamp, 1769854210123456),
      Datum::Int(TypeKind::kInterval, 90000000),
  };
  std::vector<Type> types;
  for (const Datum& value : values) types.push_back(value.type);
  Batch batch(types, 3);
  for (size_t c = 0; c < values.size(); ++c) {
    const FlowColumn& column = batch.column(static_cast<int32_t>(c));
    WriteCell(column, 0, values[c], batch.arena().abi());
    WriteCell(column, 1, Datum::Null(types[c]), batch.arena().abi());
    WriteCell(column, 2, Datum::Error(types[c], 3), batch.arena().abi());
    EXPECT_EQ(ToSql(ReadCell(column, types[c], 0)), ToSql(values[c]));
    EXPECT_TRUE(ReadCell(column, types[c], 1).is_null());
    EXPECT_EQ(ReadCell(column, types[c], 2).status, 3);
  }
}

TEST(Datum, SqlText) {
  EXPECT_EQ(ToSql(Datum::Bool(false)), "FALSE");
  EXPECT_EQ(ToSql(Datum::Int(TypeKind::kInt, -5)), "-5");
  EXPECT_EQ(ToSql(Datum::Double(0.5)), "0.5");
  EXPECT_EQ(ToSql(Datum::Decimal(Type::Decimal(5, 2), 1250)), "12.50");
  EXPECT_EQ(ToSql(Datum::String("it's")), "'it''s'");
  EXPECT_EQ(ToSql(Datum::Int(TypeKind::kDate, 20484)), "DATE '2026-01-31'");
  EXPECT_EQ(ToSql(Datum::Int(TypeKind::kTimestamp, 1767225600000000)),
            "TIMESTAMP '2026-01-01 00:00:00'");
  EXPECT_EQ(ToSql(Datum::Int(TypeKind::kInterval, 60000000)), "'0:01:00'");
  EXPECT_EQ(ToSql(Datum::Null(TypeKind::kInt)), "NULL");
  EXPECT_EQ(ToSql(Datum::Error(TypeKind::kInt, 3)), "<division by zero>");
}

}  // namespace
}  // namespace flow
