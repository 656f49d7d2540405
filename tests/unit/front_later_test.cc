// links: compiler/parse compiler/ast compiler/source
// What the language has and this version has not: each construct is refused by its name, at its
// place, and the rest of the file is still read.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/support/parse_text.h"

namespace flow {
namespace {

using test::Parsed;
using test::ParseText;

// "message @ the text under the carets" of each diagnostic.
std::vector<std::string> Refusals(const std::string& text) {
  SourceFile file("x", text);
  Diagnostics out;
  Parse(file, {}, out);
  std::vector<std::string> found;
  for (const Diagnostic& d : out.all()) {
    EXPECT_EQ(d.code, "not-supported-yet") << d.message;
    found.push_back(d.message + " @ " + std::string(file.Text(d.span)));
  }
  return found;
}

using testing::ElementsAre;

TEST(FrontLater, Statements) {
  EXPECT_THAT(
      Refusals("TABLE countries (code STRING, name STRING) FROM FILE (path = 'c.csv') FORMAT CSV;\n"
               "EXPECT sane ON clicks CHECK (revenue >= 0) ON VIOLATION DEAD LETTER;\n"
               "EXPECT v ON view RATIO (COUNT(*)) BETWEEN 0.8 AND 1.25 OF PREVIOUS 7d ON VIOLATION "
               "WARN;\n"
               "RECONCILE m EVERY 6h TOLERANCE 0.1% ON DRIFT REPAIR;\n"),
      ElementsAre("not supported yet: TABLE @ TABLE", "not supported yet: EXPECT @ EXPECT",
                  "not supported yet: EXPECT @ EXPECT",
                  "not supported yet: RECONCILE @ RECONCILE"));
}

TEST(FrontLater, ClausesOfASource) {
  EXPECT_THAT(
      Refusals("SOURCE p (txn STRING NOT NULL, ts TIMESTAMP) FROM KAFKA (topic = 'p') FORMAT JSON\n"
               "VERSION BY '$.version' WHEN 1 (txn = FIELD('$.id' AS STRING)) UNTIL '2026-12-31' "
               "WHEN 'b' (txn FROM '$.x') ON EXPIRED FAIL\n"
               "EVENT TIME ts WATERMARK 10s\n"
               "UNIQUE BY txn, lower(txn) WITHIN 1h PER PARTITION\n"
               "ARCHIVE TO PARQUET (path = 'lake') RETAIN HOT 60d;"),
      ElementsAre(
          "not supported yet: VERSION BY @ VERSION BY '$.version' WHEN 1 (txn = "
          "FIELD('$.id' AS STRING)) UNTIL '2026-12-31' WHEN 'b' (txn FROM '$.x') ON "
          "EXPIRED FAIL",
          "not supported yet: ARCHIVE @ ARCHIVE TO PARQUET (path = 'lake') RETAIN HOT 60d"));
}

TEST(FrontLater, Joins) {
  EXPECT_THAT(
      Refusals(
          "VIEW v AS SELECT 1 FROM a JOIN b ON a.id = b.id AND b.ts BETWEEN a.ts AND a.ts + 1h "
          "LEFT OUTER JOIN c USING (id, x) ASOF JOIN rates r ON o.cur = r.cur CROSS JOIN d "
          "WHERE a > 1;"),
      ElementsAre("not supported yet: JOIN @ JOIN",
                  "not supported yet: LEFT OUTER JOIN @ LEFT OUTER JOIN",
                  "not supported yet: ASOF JOIN @ ASOF JOIN",
                  "not supported yet: CROSS JOIN @ CROSS JOIN"));
  EXPECT_THAT(Refusals("VIEW v AS SELECT 1 FROM a, b c;"),
              ElementsAre("not supported yet: several relations in FROM @ , b c"));
}

TEST(FrontLater, Queries) {
  EXPECT_THAT(
      Refusals(
          "VIEW v AS SELECT a FROM s QUALIFY ROW_NUMBER() OVER (PARTITION BY a ORDER BY (b) "
          "ROWS BETWEEN (1) PRECEDING AND CURRENT ROW) <= 3;\n"
          "VIEW w AS SELECT a FROM s ORDER BY a DESC NULLS LAST, b LIMIT 10 OFFSET 5 RETAIN 1d;\n"
          "VIEW x AS (SELECT a FROM s ORDER BY a LIMIT 1) UNION ALL SELECT a FROM t;"),
      ElementsAre(
          "not supported yet: frames of windows @ ROWS BETWEEN (1) PRECEDING AND CURRENT ROW",
          "not supported yet: OFFSET @ OFFSET 5",
          "not supported yet: ORDER BY ... LIMIT inside parentheses of UNION ALL @ ORDER BY "
          "a LIMIT 1"));
  EXPECT_THAT(Refusals("VIEW v AS SELECT a FROM s UNION SELECT a FROM s INTERSECT SELECT a FROM s "
                       "EXCEPT ALL SELECT a FROM s;"),
              ElementsAre("not supported yet: UNION without ALL @ UNION",
                          "not supported yet: INTERSECT @ INTERSECT",
                          "not supported yet: EXCEPT ALL @ EXCEPT ALL"));
}

TEST(FrontLater, Expressions) {
  EXPECT_THAT(
      Refusals(
          "VIEW v AS SELECT LAG(a) OVER (ORDER BY b), SUM(a) OVER w, ROW_NUMBER() OVER w FROM s;"),
      ElementsAre("not supported yet: OVER @ OVER (ORDER BY b)", "not supported yet: OVER @ OVER w",
                  "not supported yet: OVER @ OVER w"));
  EXPECT_THAT(Refusals("VIEW v AS SELECT (SELECT MAX(a) FROM t) FROM s WHERE EXISTS (SELECT 1 FROM "
                       "t) AND a IN (SELECT (b) FROM t);"),
              ElementsAre("not supported yet: subqueries in expressions @ (SELECT MAX(a) FROM t)",
                          "not supported yet: EXISTS @ EXISTS (SELECT 1 FROM t)",
                          "not supported yet: IN (SELECT ...) @ SELECT (b) FROM t"));
  EXPECT_THAT(Refusals("VIEW v AS SELECT INTERVAL '1' MONTH FROM s;"),
              ElementsAre("not supported yet: INTERVAL in MONTH @ MONTH"));
}

// The binder goes on with what is left, and says nothing about names that are refused.
TEST(FrontLater, TheRestOfTheFileIsRead) {
  Parsed parsed = ParseText(
      "TABLE t (a INT) FROM x;\n"
      "SOURCE s (a INT) FROM x ARCHIVE TO y;\n"
      "VIEW j AS SELECT a FROM s JOIN t ON s.a = t.a LATE TO j_late;\n"
      "VIEW v AS SELECT a FROM s ORDER BY a LIMIT 3 OFFSET 2;\n"
      "EXPECT e ON s CHECK (a > 1) ON VIOLATION WARN;\n"
      "SINK o FROM v INTO STDOUT;\n");
  EXPECT_EQ(parsed.errors, 5);
  EXPECT_EQ(parsed.Print(), R"(source s
  column a INT
  from X
view v
  query
    select
      item a
      from s
    order by a
    limit 3
sink o
  from v
  into STDOUT
)");
  std::vector<std::string> refused;
  for (const ast::Name& name : parsed.script.refused) refused.push_back(name.text);
  EXPECT_THAT(refused, ElementsAre("t", "j", "j_late"));
}

TEST(FrontLater, LooksLikeEveryError) {
  EXPECT_EQ(ParseText("VIEW v AS SELECT 1\nFROM a\nLEFT JOIN b ON a.x = b.x;").text,
            R"(error[not-supported-yet]: not supported yet: LEFT JOIN
 --> test.flow:3:1
  |
3 | LEFT JOIN b ON a.x = b.x;
  | ^^^^^^^^^
)");
}

}  // namespace
}  // namespace flow
