// links: compiler/bind compiler/optimize compiler/lower compiler/interpret
// Expressions: which type they have, and which casts the binder writes down.
#include "tests/support/plan_text.h"

namespace flow {
namespace {

constexpr const char* kSource =
    "SOURCE t (b BOOLEAN, i INT, l BIGINT, f DOUBLE, d DECIMAL(12,2), e DECIMAL(6,3), s STRING,"
    " day DATE, ts TIMESTAMP, r STRUCT<x INT, y STRUCT<z STRING>>)"
    " FROM FILE (path = 't') FORMAT JSON;";

// "TYPE expression" of SELECT <expr>; the diagnostics if it is refused.
std::string TypeOf(const std::string& expr) {
  test::BoundText bound =
      test::BindText(std::string(kSource) + "VIEW v AS SELECT " + expr + " AS x FROM t;");
  if (bound.errors > 0) return bound.diagnostics[0].code + ": " + bound.diagnostics[0].message;
  const bound::Select& select = bound.script.views[0].query->selects[0];
  std::vector<std::string> names;
  for (const bound::Column& column : select.from->schema.columns) names.push_back(column.name);
  return select.outputs[0]->type.ToString() + " " + ToText(*select.outputs[0], names);
}

struct Case {
  const char* expr;
  const char* want;
};

void Check(const std::vector<Case>& cases) {
  for (const Case& c : cases) EXPECT_EQ(TypeOf(c.expr), c.want) << c.expr;
}

TEST(Types, Literals) {
  Check(
      {{"1", "INT 1"},
       {"2147483647", "INT 2147483647"},
       {"2147483648", "BIGINT 2147483648"},
       {"-2147483648", "INT -2147483648"},
       {"9223372036854775808", "DECIMAL(19,0) 9223372036854775808"},
       {"-9223372036854775808", "BIGINT -9223372036854775808"},
       {"1.50", "DECIMAL(3,2) 1.50"},
       {"0.05", "DECIMAL(2,2) 0.05"},
       {"1e3", "DOUBLE 1000"},
       {"'a'", "STRING 'a'"},
       {"NULL", "STRING NULL"},
       {"DATE '2026-01-31'", "DATE DATE '2026-01-31'"},
       {"DATE '2026-02-31'",
        "bad-literal: '2026-02-31' cannot be read as DATE (value out of range for the type)"},
       {"123456789012345678901234567890123456789", "bad-literal: a number has at most 38 digits"}});
}

TEST(Types, Arithmetic) {
  Check({{"i + 1", "INT i + 1"},
         {"i + l", "BIGINT CAST(i AS BIGINT) + l"},
         {"l + 1", "BIGINT l + 1"},
         {"i / 2", "INT i / 2"},
         {"i + f", "DOUBLE CAST(i AS DOUBLE) + f"},
         {"d + f", "DOUBLE CAST(d AS DOUBLE) + f"},
         {"d + e", "DECIMAL(14,3) CAST(d AS DECIMAL(13,3)) + e"},
         {"d - 1", "DECIMAL(13,2) d - 1.00"},
         {"d * e", "DECIMAL(18,5) d * e"},
         {"d * i", "DECIMAL(22,2) d * CAST(i AS DECIMAL(10,0))"},
         {"d / e", "DECIMAL(19,6) d / e"},
         {"e / d", "DECIMAL(11,6) e / d"},
         {"d % e", "DECIMAL(13,3) CAST(d AS DECIMAL(13,3)) % e"},
         {"CAST(d AS DECIMAL(38,2)) + 1", "DECIMAL(38,2) CAST(d AS DECIMAL(38,2)) + 1.00"},
         {"CAST(d AS DECIMAL(38,30)) * CAST(d AS DECIMAL(38,9))",
          "scale-overflow: the product would have a scale over 38 digits"},
         {"-d", "DECIMAL(12,2) -d"},
         {"-(-i)", "INT -(-i)"},
         {"- 'a'", "type-mismatch: `-` needs a number"},
         {"s + 1", "type-mismatch: cannot compute STRING + INT"},
         {"b + 1", "type-mismatch: cannot compute BOOLEAN + INT"}});
}

TEST(Types, Times) {
  Check({{"ts + 10s", "TIMESTAMP ts + 10s"},
         {"10s + ts", "TIMESTAMP 10s + ts"},
         {"ts - INTERVAL '1' HOUR", "TIMESTAMP ts - 1h"},
         {"day + 1d", "TIMESTAMP CAST(day AS TIMESTAMP) + 1d"},
         {"ts - ts > 1m", "BOOLEAN (ts - ts) > 1m"},
         {"ts - day > 90s", "BOOLEAN (ts - CAST(day AS TIMESTAMP)) > 90s"},
         {"ts + 1", "type-mismatch: cannot compute TIMESTAMP + INT"},
         {"ts + ts", "type-mismatch: cannot compute TIMESTAMP + TIMESTAMP"},
         {"ts - ts", "INTERVAL ts - ts"},
         {"ts >= '2026-01-01'", "BOOLEAN ts >= TIMESTAMP '2026-01-01 00:00:00'"},
         {"day = '2026-01-01'", "BOOLEAN day = DATE '2026-01-01'"},
         {"day < ts", "BOOLEAN CAST(day AS TIMESTAMP) < ts"}});
}

TEST(Types, Comparisons) {
  Check({{"i = 1", "BOOLEAN i = 1"},
         {"i < l", "BOOLEAN CAST(i AS BIGINT) < l"},
         {"d > 1", "BOOLEAN d > 1.00"},
         {"d = e", "BOOLEAN CAST(d AS DECIMAL(13,3)) = CAST(e AS DECIMAL(13,3))"},
         {"l = '12'", "BOOLEAN l = 12"},
         {"l = '12x'", "bad-literal: '12x' cannot be read as BIGINT"},
         {"'a' < 'b'", "BOOLEAN 'a' < 'b'"},
         {"s = 5", "type-mismatch: cannot compare STRING with INT"},
         {"b = 1", "type-mismatch: cannot compare BOOLEAN with INT"},
         {"i = NULL", "BOOLEAN i = NULL"},
         {"i BETWEEN 1 AND l", "BOOLEAN (i >= 1) AND (CAST(i AS BIGINT) <= l)"},
         {"i NOT BETWEEN 1 AND 2", "BOOLEAN NOT ((i >= 1) AND (i <= 2))"},
         {"i IN (1, 2)", "BOOLEAN (i = 1) OR (i = 2)"},
         {"s NOT IN ('a')", "BOOLEAN NOT (s = 'a')"},
         {"s IN ('a', 1)", "type-mismatch: cannot compare STRING with INT"}});
}

TEST(Types, Logic) {
  Check({{"b AND i > 0 AND b", "BOOLEAN b AND (i > 0) AND b"},
         {"NOT b OR b", "BOOLEAN (NOT b) OR b"},
         {"i AND b", "type-mismatch: AND needs a BOOLEAN"},
         {"b IS TRUE", "BOOLEAN COALESCE(b, FALSE)"},
         {"b IS NOT FALSE", "BOOLEAN NOT COALESCE(NOT b, FALSE)"},
         {"s IS NOT NULL", "BOOLEAN s IS NOT NULL"},
         {"NULL IS NULL", "BOOLEAN TRUE"},
         {"i IS DISTINCT FROM l",
          "BOOLEAN CASE WHEN CAST(i AS BIGINT) IS NULL THEN l IS NOT NULL WHEN l IS NULL THEN TRUE "
          "ELSE CAST(i AS BIGINT) <> l END"}});
}

TEST(Types, CaseCoalesceNullif) {
  Check(
      {{"CASE WHEN b THEN 1 ELSE l END", "BIGINT CASE WHEN b THEN 1 ELSE l END"},
       {"CASE WHEN b THEN i END", "INT CASE WHEN b THEN i ELSE NULL END"},
       {"CASE i WHEN 1 THEN 'x' WHEN l THEN s END",
        "STRING CASE WHEN i = 1 THEN 'x' WHEN CAST(i AS BIGINT) = l THEN s ELSE NULL END"},
       {"CASE WHEN b THEN day ELSE '2026-01-01' END",
        "DATE CASE WHEN b THEN day ELSE DATE '2026-01-01' END"},
       {"CASE WHEN b THEN 1 ELSE s END", "type-mismatch: the branches of CASE must have one type"},
       {"COALESCE(i, d)", "DECIMAL(12,2) COALESCE(CAST(i AS DECIMAL(12,2)), d)"},
       {"COALESCE(ts, '2026-01-01')", "TIMESTAMP COALESCE(ts, TIMESTAMP '2026-01-01 00:00:00')"},
       {"NULLIF(i, 0)", "INT CASE WHEN i = 0 THEN NULL ELSE i END"},
       {"NULLIF('a', s)", "STRING CASE WHEN 'a' = s THEN NULL ELSE 'a' END"}});
}

TEST(Types, Casts) {
  Check({{"CAST(s AS INT)", "INT CAST(s AS INT)"},
         {"TRY_CAST(s AS DATE)", "DATE TRY_CAST(s AS DATE)"},
         {"CAST('12' AS BIGINT)", "BIGINT 12"},
         {"CAST('x' AS BIGINT)", "BIGINT CAST('x' AS BIGINT)"},
         {"CAST(NULL AS DATE)", "DATE NULL"},
         {"CAST(i AS INT)", "INT i"},
         {"i::STRING", "STRING CAST(i AS STRING)"},
         {"CAST(ts AS BIGINT)", "type-mismatch: cannot cast TIMESTAMP to BIGINT"},
         {"CAST(b AS INT)", "INT CAST(b AS INT)"},
         {"CAST(b AS DOUBLE)", "type-mismatch: cannot cast BOOLEAN to DOUBLE"}});
}

TEST(Types, Functions) {
  Check({{"upper(s)", "STRING upper(s)"},
         {"UPPER(s)", "STRING upper(s)"},
         {"abs(i)", "INT abs(i)"},
         {"abs(l)", "BIGINT abs(l)"},
         {"sqrt(i)", "DOUBLE sqrt(CAST(i AS DOUBLE))"},
         {"year(day)", "BIGINT year(CAST(day AS TIMESTAMP))"},
         {"year('2026-01-01')", "BIGINT year(TIMESTAMP '2026-01-01 00:00:00')"},
         {"s LIKE 'a%'", "BOOLEAN like(s, 'a%')"},
         {"s NOT LIKE 'a%'", "BOOLEAN NOT like(s, 'a%')"},
         {"s || i", "STRING concat(s, CAST(i AS STRING))"},
         {"i || 'x'", "STRING concat(CAST(i AS STRING), 'x')"},
         {"i || l", "no-such-overload: no function concat(INT, BIGINT)"},
         {"upper(i)", "no-such-overload: no function upper(INT)"},
         {"uper(s)", "unknown-function: unknown function `uper`"},
         {"median(i)", "not-supported-yet: not supported yet: MEDIAN"}});
}

TEST(Types, Structs) {
  Check({{"r.x", "INT r.x"},
         {"t.r.y.z", "STRING r.y.z"},
         {"r IS NULL", "BOOLEAN NOT r IS NOT NULL"},
         {"r.y IS NOT NULL", "BOOLEAN r.y IS NOT NULL"},
         {"r.q", "unknown-field: `r` has no field `q`"},
         {"s.q", "unknown-field: `s` has no field `q`"},
         {"(r).x", "INT r.x"},
         {"(r).y.z", "STRING r.y.z"},
         {"STRUCT(i, s AS t).t", "STRING STRUCT(i AS i, s AS t).t"},
         {"STRUCT(i AS a) = STRUCT(l AS a)",
          "BOOLEAN CAST(STRUCT(i AS a) AS STRUCT<a BIGINT>) = STRUCT(l AS a)"},
         {"[STRUCT(i AS a)][1].a", "INT ARRAY[STRUCT(i AS a)][1].a"},
         {"upper(r)", "no-such-overload: no function upper(STRUCT<x INT, y STRUCT<z STRING>>)"}});
}

TEST(Types, Aggregates) {
  auto type = [](const std::string& call) {
    test::BoundText bound =
        test::BindText(std::string(kSource) + "VIEW v AS SELECT " + call + " AS x FROM t;");
    if (bound.errors > 0) return bound.diagnostics[0].code + ": " + bound.diagnostics[0].message;
    const bound::Select& select = bound.script.views[0].query->selects[0];
    return select.outputs[0]->type.ToString() + " " + select.grouping->calls[0].text;
  };
  EXPECT_EQ(type("COUNT(*)"), "BIGINT COUNT(*)");
  EXPECT_EQ(type("count(s)"), "BIGINT COUNT(s)");
  EXPECT_EQ(type("SUM(i)"), "BIGINT SUM(i)");
  EXPECT_EQ(type("SUM(l)"), "BIGINT SUM(l)");
  EXPECT_EQ(type("SUM(d)"), "DECIMAL(38,2) SUM(d)");
  EXPECT_EQ(type("SUM(f)"), "DOUBLE SUM(f)");
  EXPECT_EQ(type("AVG(i)"), "DECIMAL(38,6) AVG(i)");
  EXPECT_EQ(type("AVG(d)"), "DECIMAL(38,6) AVG(d)");
  EXPECT_EQ(type("AVG(CAST(d AS DECIMAL(20,8)))"), "DECIMAL(38,8) AVG(CAST(d AS DECIMAL(20,8)))");
  EXPECT_EQ(type("AVG(f)"), "DOUBLE AVG(f)");
  EXPECT_EQ(type("MIN(s)"), "STRING MIN(s)");
  EXPECT_EQ(type("MAX(ts)"), "TIMESTAMP MAX(ts)");
  EXPECT_EQ(type("COUNT(*) FILTER (WHERE b)"), "BIGINT COUNT(CASE WHEN b THEN 1 ELSE NULL END)");
  EXPECT_EQ(type("SUM(d) FILTER (WHERE i > 0)"),
            "DECIMAL(38,2) SUM(CASE WHEN i > 0 THEN d ELSE NULL END)");
  EXPECT_EQ(type("SUM(s)"), "type-mismatch: SUM needs a number");
  EXPECT_EQ(type("SUM(COUNT(*))"), "nested-aggregate: an aggregate inside an aggregate");
  EXPECT_EQ(type("COUNT(DISTINCT s)"), "BIGINT COUNT(DISTINCT s)");
  EXPECT_EQ(type("AVG(DISTINCT d)"), "DECIMAL(38,6) AVG(DISTINCT d)");
  EXPECT_EQ(type("MIN(DISTINCT s)"), "STRING MIN(s)");
  EXPECT_EQ(type("BOOL_AND(i > 0)"), "BOOLEAN BOOL_AND(i > 0)");
  EXPECT_EQ(type("EVERY(i)"), "type-mismatch: EVERY needs a BOOLEAN");
  EXPECT_EQ(type("STDDEV(i)"), "DOUBLE VAR_SAMP(i)");
  EXPECT_EQ(type("VAR_POP(s)"), "type-mismatch: VAR_POP needs a number");
  EXPECT_EQ(type("ARG_MAX(s, d)"), "STRING ARG_MAX(s, d)");
  EXPECT_EQ(type("ARG_MAX(s)"), "no-such-overload: ARG_MAX takes two arguments");
  EXPECT_EQ(type("ARG_MIN(DISTINCT s, d)"), "misplaced-distinct: DISTINCT inside ARG_MIN");
  EXPECT_EQ(type("STRING_AGG(DISTINCT s, ',')"), "STRING STRING_AGG(DISTINCT s, ',')");
  EXPECT_EQ(type("STRING_AGG(s, ',' ORDER BY d DESC, s)"),
            "STRING STRING_AGG(s, ',' ORDER BY d DESC, s)");
  EXPECT_EQ(type("STRING_AGG(DISTINCT s, ',' ORDER BY d)"),
            "misplaced-order: STRING_AGG(DISTINCT ...) orders by its values");
  EXPECT_EQ(type("SUM(i ORDER BY d)"), "misplaced-order: ORDER BY inside SUM");
  EXPECT_EQ(type("STRING_AGG(s, s)"), "not-constant: the separator of STRING_AGG is a text");
  EXPECT_EQ(type("APPROX_PERCENTILE(d, 0.95)"), "DOUBLE APPROX_PERCENTILE(d, 0.95)");
  EXPECT_EQ(type("QUANTILE_DISC(ts, 1)"), "TIMESTAMP QUANTILE_DISC(ts, 1)");
  EXPECT_EQ(type("QUANTILE_DISC(ts, 2)"), "not-constant: QUANTILE_DISC needs a number from 0 to 1");
}

}  // namespace
}  // namespace flow
