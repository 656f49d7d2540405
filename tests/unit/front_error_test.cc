// links: compiler/parse compiler/ast compiler/source
// Errors: their text, their place, their hint; and several of them in one run.
#include <gmock/gmock.h>

#include "tests/support/parse_text.h"

namespace flow {
namespace {

using test::Parsed;
using test::ParseText;
using testing::ElementsAre;

struct Found {
  std::string message;
  std::string at;  // the text under the carets
  std::string hint;
  bool operator==(const Found&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Found& f) {
  return out << "\n{\"" << f.message << "\", \"" << f.at << "\", \"" << f.hint << "\"}";
}

std::vector<Found> ErrorsOf(const std::string& text) {
  SourceFile file("x", text);
  Diagnostics out;
  Parse(file, {}, out);
  std::vector<Found> found;
  for (const Diagnostic& d : out.all()) {
    EXPECT_FALSE(d.code.empty());
    found.push_back({d.message, std::string(file.Text(d.span)), d.hint});
  }
  return found;
}

Found ErrorOf(const std::string& text) {
  std::vector<Found> found = ErrorsOf(text);
  EXPECT_EQ(found.size(), 1u) << text;
  return found.empty() ? Found() : found[0];
}

TEST(FrontError, SeveralInOneRun) {
  EXPECT_EQ(ParseText("SOURCE s (a INT, b STRNG) FROM x;\n"
                      "VIEW one AS SELCT a FROM s;\n"
                      "VIEW two AS\n"
                      "  SELECT a, FROM s;\n"
                      "VIEW three AS SELECT a FROM s EMITT EVERY 10s;\n"
                      "SINK ok FROM one INTO STDOUT;\n")
                .text,
            R"(error[unknown-type]: unknown type `STRNG`
 --> test.flow:1:20
  |
1 | SOURCE s (a INT, b STRNG) FROM x;
  |                    ^^^^^
  |
  = hint: did you mean `STRING`?

error[syntax]: expected `SELECT`, found `SELCT`
 --> test.flow:2:13
  |
2 | VIEW one AS SELCT a FROM s;
  |             ^^^^^
  |
  = hint: did you mean `SELECT`?

error[syntax]: expected an expression or `*`, found `FROM`
 --> test.flow:4:13
  |
4 |   SELECT a, FROM s;
  |             ^^^^
  |
  = hint: remove the `,` before `FROM`, or say what follows it

error[syntax]: expected `WHERE`, `GROUP BY`, `HAVING`, `QUALIFY`, another clause or `;`, found `EMITT`
 --> test.flow:5:31
  |
5 | VIEW three AS SELECT a FROM s EMITT EVERY 10s;
  |                               ^^^^^
  |
  = hint: did you mean `EMIT`?
)");
}

TEST(FrontError, Json) {
  EXPECT_EQ(ParseText("VIEW v AS SELCT a FROM s;").json,
            R"({"severity":"error","code":"syntax","message":"expected `SELECT`, found `SELCT`",)"
            R"("label":"","hint":"did you mean `SELECT`?","file":"test.flow","line":1,"column":11,)"
            R"("end_line":1,"end_column":16})"
            "\n");
}

TEST(FrontError, StatementsWithoutErrorsAreInTheTree) {
  Parsed parsed = ParseText(
      "SOURCE s (a INT) FROM x;\nVIEW bad AS SELECT FROM s LATE TO bad_late;\n"
      "VIEW good AS SELECT a FROM s;\nVEIW worse AS SELECT a FROM s;\nCREATE TABLE t (a INT);");
  EXPECT_EQ(parsed.errors, 3);
  ASSERT_EQ(parsed.script.statements.size(), 2u);
  EXPECT_EQ(parsed.script.statements[0].source->name.text, "s");
  EXPECT_EQ(parsed.script.statements[1].view->name.text, "good");
  std::vector<std::string> refused;
  for (const ast::Name& name : parsed.script.refused) refused.push_back(name.text);
  EXPECT_THAT(refused, ElementsAre("bad", "bad_late", "worse", "t"));
}

TEST(FrontError, MisspelledKeywords) {
  auto meant = [](const std::string& text) {
    Found found = ErrorOf(text);
    return found.at + ": " + found.hint;
  };
  EXPECT_EQ(meant("VEIW v AS SELECT a FROM s;"), "VEIW: did you mean `VIEW`?");
  EXPECT_EQ(meant("VIEW v AS SELECT a FORM s;"), "FORM: did you mean `FROM`?");
  EXPECT_EQ(meant("VIEW v AS SELECT a FROM s WHER a > 1;"), "WHER: did you mean `WHERE`?");
  EXPECT_EQ(meant("VIEW v AS SELECT a FROM s s2 WEHRE a > 1;"), "WEHRE: did you mean `WHERE`?");
  EXPECT_EQ(meant("VIEW v AS SELECT a FROM s GRUOP BY a;"), "GRUOP: did you mean `GROUP`?");
  EXPECT_EQ(meant("VIEW v AS SELECT a FROM s WHERE a > 1 GROPU BY a;"),
            "GROPU: did you mean `GROUP`?");
  EXPECT_EQ(meant("VIEW v AS SELECT a FROM s EMIT ON CLOES;"), "CLOES: did you mean `CLOSE`?");
  EXPECT_EQ(meant("VIEW v AS SELECT a FROM s EMIT EVRY 10s;"), "EVRY: did you mean `EVERY`?");
  EXPECT_EQ(meant("VIEW v AS SELECT a FROM s WHERE a BETWEN 1 AND 2;"),
            "BETWEN: did you mean `BETWEEN`?");
  EXPECT_EQ(meant("VIEW v AS SELECT a LIKEE 'x' FROM s;"), "LIKEE: did you mean `LIKE`?");
  EXPECT_EQ(meant("VIEW v AS SELECT CASE WHEN a THN 1 END FROM s;"), "THN: did you mean `THEN`?");
  EXPECT_EQ(meant("VIEW v AS SELECT a FROM TUMBEL(s, 1m);"), "TUMBEL: did you mean `TUMBLE`?");
  EXPECT_EQ(meant("VIEW v AS SELECT a FROM HOP(s, 5m EVRY 1m);"), "EVRY: did you mean `EVERY`?");
  EXPECT_EQ(meant("SOURCE s (a INT) FROM x FROMAT JSON;"), "FROMAT: did you mean `FORMAT`?");
  EXPECT_EQ(meant("SOURCE s (a INT) FROM x EVENT TIME a WATREMARK 1s;"),
            "WATREMARK: did you mean `WATERMARK`?");
  EXPECT_EQ(meant("SOURCE s (a TIMESTAMPP) FROM x;"), "TIMESTAMPP: did you mean `TIMESTAMP`?");
  EXPECT_EQ(meant("SOURCE s (a FLOAT) FROM x;"), "FLOAT: did you mean `DOUBLE`?");
  EXPECT_EQ(meant("SINK s FROM v INTOO STDOUT;"), "INTOO: did you mean `INTO`?");
  EXPECT_EQ(meant("SINK s FROM v INTO STDOUT APEND;"), "APEND: did you mean `APPEND`?");
  EXPECT_EQ(meant("VIEW v AS SELECT INTERVAL '3' SEKOND FROM s;"),
            "SEKOND: did you mean `SECOND`?");
}

TEST(FrontError, WhatWasExpected) {
  auto message = [](const std::string& text) { return ErrorOf(text).message; };
  EXPECT_EQ(message("VIEW AS SELECT a FROM s;"), "expected a name, found `AS`");
  EXPECT_EQ(message("VIEW v;"), "expected `AS`, found `;`");
  EXPECT_EQ(message("VIEW v AS;"), "expected `SELECT`, found `;`");
  EXPECT_EQ(message("VIEW"), "expected a name, found the end of the file");
  EXPECT_EQ(message("VIEW v AS SELECT a b c FROM s;"), "expected `,` or `FROM`, found `c`");
  EXPECT_EQ(message("VIEW v AS SELECT a FROM s WHERE;"), "expected an expression, found `;`");
  EXPECT_EQ(message("VIEW v AS SELECT (a + 1 FROM s;"), "expected `)`, found `FROM`");
  EXPECT_EQ(message("VIEW v AS SELECT a. FROM s;"), "expected a name or `*`, found `FROM`");
  EXPECT_EQ(message("VIEW v AS SELECT CAST(a, INT) FROM s;"), "expected `AS`, found `,`");
  EXPECT_EQ(message("VIEW v AS SELECT CASE WHEN a THEN b FROM s;"),
            "expected `ELSE`, `END` or `WHEN`, found `FROM`");
  EXPECT_EQ(message("VIEW v AS SELECT a FROM s WHERE a IN ();"),
            "expected an expression, found `)`");
  EXPECT_EQ(message("VIEW v AS SELECT a FROM TUMBLE(s);"), "expected `,`, found `)`");
  EXPECT_EQ(message("VIEW v AS SELECT a FROM TUMBLE(s, x);"), "expected a duration, found `x`");
  EXPECT_EQ(message("SOURCE s (a INT);"), "expected `FROM`, found `;`");
  EXPECT_EQ(message("SOURCE s (a INT DEFAULT 3) FROM x;"),
            "expected `,`, `)`, `META`, `AS` or `FROM`, found `DEFAULT`");
  EXPECT_EQ(message("SOURCE s (a INT) FROM x (path 'x');"), "expected `=`, found `'x'`");
  EXPECT_EQ(message("SOURCE s (a INT) FROM x (path = );"), "expected a value, found `)`");
  EXPECT_EQ(message("SINK s INTO x;"), "expected `FROM`, found `INTO`");
}

TEST(FrontError, HintsForCommonSlips) {
  auto hint = [](const std::string& text) { return ErrorOf(text).hint; };
  EXPECT_EQ(hint("VIEW v AS SELECT a FROM s WHERE a == 1;"), "equality is written `=`");
  EXPECT_EQ(hint("VIEW v AS SELECT a FROM s WHERE 1 < a < 3;"),
            "comparisons cannot be chained: join them with AND");
  EXPECT_EQ(hint("VIEW v AS SELECT a FROM s WHERE a NOT NULL;"), "the test is written IS NOT NULL");
  EXPECT_EQ(hint("VIEW v AS SELECT order FROM s;"),
            "`order` is a keyword; as a name it is written in double quotes");
  EXPECT_EQ(hint("VIEW v AS SELECT a AS end FROM s;"),
            "`end` is a keyword; as a name it is written in double quotes");
  EXPECT_EQ(hint("VIEW v AS SELECT a FROM s EMIT EVERY 10;"),
            "a duration has a unit: 250ms, 10s, 5m, 2h, 7d");
  EXPECT_EQ(hint("VIEW v AS SELECT a FROM HOP(s, 5m, 1m);"),
            "windows that overlap are written HOP(r, size EVERY slide)");
  EXPECT_EQ(hint("VIEW v AS SELECT a FROM SESSION(s, 90s BY a);"),
            "sessions are written SESSION(r, GAP 10m BY key)");
  EXPECT_EQ(hint("VIEW v AS SELECT a FROM HOP(s, 5m);"),
            "HOP(r, 5m EVERY 1m): windows of 5 minutes, one begins each minute");
  EXPECT_EQ(hint("VIEW v AS SELECT a FROM TUMBLE(s, 5m EVERY 1m);"),
            "windows that overlap are HOP(r, size EVERY slide)");
  EXPECT_EQ(hint("SELECT a FROM s;"), "a query belongs to a view: VIEW name AS SELECT ...");
  EXPECT_EQ(hint("INSERT INTO x VALUES (1);"),
            "a statement begins with SOURCE, FUNCTION, VIEW, SINK or TEST");
  EXPECT_EQ(hint("VIEW v AS SELECT a FROM s EMIT CHANGES ALLOW LATENESS 1m;"),
            "the clauses come in this order: SELECT, FROM, WHERE, GROUP BY, HAVING, QUALIFY, "
            "UNION ALL, ORDER BY ... LIMIT, ALLOW LATENESS, LATE TO, EMIT, RETAIN");
  EXPECT_EQ(hint("SOURCE s (a INT) FROM x EVENT TIME a WATERMARK 1s FORMAT JSON;"),
            "the clauses of a SOURCE come in this order: columns, FROM, FORMAT, EVENT TIME "
            "(WATERMARK, IDLE, AHEAD), UNIQUE BY, MAX RATE, OVERLOAD, DEAD LETTER");
  EXPECT_EQ(hint("SINK s FROM v INTO x UPSERT FORMAT JSON;"),
            "the clauses of a SINK come in this order: FROM, INTO, FORMAT, APPEND or UPSERT");
  EXPECT_EQ(hint("VIEW v AS SELECT trim(a FROM b) FROM s;"),
            "arguments are separated by `,`, as in trim(text, '.')");
  EXPECT_EQ(hint("VIEW v AS SELECT substring(a FROM 2 FOR 3) FROM s;"),
            "arguments are separated by `,`: substring(text, 2, 3)");
  EXPECT_EQ(hint("VIEW v AS\nSELECT COUNT(a FROM s\n;"), "the `(` at 2:13 is not closed");
  EXPECT_EQ(hint("VIEW v AS\nSELECT a FROM TUMBLE(s, 1m;"), "the `(` at 2:21 is not closed");
  EXPECT_EQ(hint("VIEW 'v' AS SELECT a FROM s;"), "names are written plainly, or in double quotes");
}

TEST(FrontError, ForgottenSemicolons) {
  EXPECT_THAT(
      ErrorsOf("SOURCE s (a INT) FROM x\nVIEW v AS SELECT a FROM s\nSINK k FROM v INTO y\n"),
      ElementsAre(Found{"expected `;`", "", "statements end in `;`"},
                  Found{"expected `;`", "", "statements end in `;`"},
                  Found{"expected `;`", "", "statements end in `;`, the last one too"}));
  // The statements around are read all the same.
  EXPECT_EQ(ParseText("SOURCE s (a INT) FROM x\nVIEW v AS SELECT a FROM s;").Print(),
            ParseText("VIEW v AS SELECT a FROM s;").Print());
  EXPECT_THAT(ErrorsOf("VIEW u AS SELECT a FROM s WHERE\nVIEW v AS SELECT a FROM s;"),
              ElementsAre(Found{"the statement before this `VIEW` is not finished", "VIEW",
                                "statements end in `;`"}));
  // An error inside a statement without `;` does not swallow the next one.
  Parsed parsed = ParseText("VIEW u AS SELECT a a a FROM s\nVIEW v AS SELECT a FROM s;");
  EXPECT_EQ(parsed.errors, 1);
  ASSERT_EQ(parsed.script.statements.size(), 1u);
  EXPECT_EQ(parsed.script.statements[0].view->name.text, "v");
}

TEST(FrontError, Tokens) {
  EXPECT_EQ(ErrorOf("VIEW v AS SELECT a @ b FROM s;"),
            (Found{"unexpected character `@`", "@", ""}));
  EXPECT_EQ(ErrorOf("VIEW v AS SELECT `a` FROM s;").hint,
            "names are quoted with double quotes: \"name\"");
  EXPECT_EQ(ErrorOf("VIEW v AS SELECT a\x01 FROM s;").message, "unexpected control character 0x01");
  EXPECT_EQ(ErrorOf("VIEW v AS SELECT a\x7F FROM s;").message, "unexpected control character 0x7F");
  EXPECT_EQ(ErrorOf("VIEW v AS SELECT 10sec FROM s;"),
            (Found{"`10sec` is neither a number nor a duration", "10sec",
                   "durations end in ms, s, m, h, d or w: 250ms, 10s, 5m"}));
  EXPECT_EQ(ErrorOf("VIEW v AS SELECT 1.5h FROM s;").hint,
            "durations are whole numbers of ms, s, m, h, d or w: 1500ms, 90m");
  EXPECT_EQ(ErrorOf("VIEW v AS SELECT 1_000 FROM s;").hint,
            "digits are not grouped: write 1000000");
  EXPECT_EQ(ErrorOf("VIEW v AS SELECT 'x FROM s;"),
            (Found{"this string is not closed", "'",
                   "a quote inside a string is written twice: 'it''s'"}));
  EXPECT_EQ(ErrorOf("VIEW v AS SELECT \"x FROM s;").message, "this quoted name is not closed");
  EXPECT_EQ(ErrorOf("/* x").message, "this comment is not closed");
  EXPECT_EQ(ErrorOf("VIEW v AS SELECT \u2018a\u2019 FROM s;"),
            (Found{"unexpected character: a curly quote", "\u2018",
                   "strings have straight single quotes: 'text'"}));
  EXPECT_EQ(ErrorOf("VIEW v AS SELECT\u00A0a FROM s;").hint, "replace it by a plain space");
}

TEST(FrontError, TypesAndNumbers) {
  auto message = [](const std::string& type) {
    Found found = ErrorOf("SOURCE s (a " + type + ") FROM x;");
    return found.message + " @ " + found.at;
  };
  EXPECT_EQ(message("DECIMAL"), "DECIMAL needs its digits @ DECIMAL");
  EXPECT_EQ(message("DECIMAL(0)"), "the precision of this DECIMAL is between 1 and 38 @ 0");
  EXPECT_EQ(message("DECIMAL(39, 2)"), "the precision of this DECIMAL is between 1 and 38 @ 39");
  EXPECT_EQ(message("DECIMAL(5, 6)"), "the scale of this DECIMAL is between 0 and 5 @ 6");
  EXPECT_EQ(message("DECIMAL(1.5)"), "the precision of this DECIMAL is between 1 and 38 @ 1.5");
  EXPECT_EQ(message("DECIMAL(99999999999999999999)"),
            "the precision of this DECIMAL is between 1 and 38 @ 99999999999999999999");
  EXPECT_EQ(message("VARCHAR(10)"), "type VARCHAR has no parameters @ VARCHAR(10)");
  EXPECT_EQ(message("INT<a INT>"), "only STRUCT, ARRAY and MAP have types inside @ a INT");
  EXPECT_EQ(message("STRUCT"), "STRUCT needs its fields @ STRUCT");
  EXPECT_EQ(message("STRUCT<a>"), "a field of a STRUCT has a name and a type @ a");
  EXPECT_EQ(message("STRUCT<a INT, a INT>"), "field `a` is there twice @ a");
  EXPECT_EQ(message("wibble"), "unknown type `wibble` @ wibble");
  EXPECT_EQ(ErrorOf("VIEW v AS SELECT 99999999999999999d FROM s;").message,
            "this duration is too long");
  EXPECT_EQ(ErrorOf("VIEW v AS SELECT INTERVAL 'ten' SECOND FROM s;").message,
            "the length of this INTERVAL is no number");
  EXPECT_EQ(ErrorOf("VIEW v AS SELECT INTERVAL '1' FORTNIGHT FROM s;").hint,
            "the units are MILLISECOND, SECOND, MINUTE, HOUR, DAY and WEEK");
  EXPECT_EQ(ErrorOf("SOURCE s (a INT) FROM INLINE (VALUES (1) PARTITION 9999 VALUES (1));").message,
            "a partition's number is between 0 and 1023");
}

TEST(FrontError, MeaningTheGrammarCannotCheck) {
  auto message = [](const std::string& text) {
    Found found = ErrorOf(text);
    return found.message + " @ " + found.at;
  };
  std::string star = "`*` can only be a whole select item, or the argument of COUNT @ ";
  EXPECT_EQ(message("VIEW v AS SELECT SUM(*) FROM s;"), star + "*");
  EXPECT_EQ(message("VIEW v AS SELECT COUNT(*, a) FROM s;"), star + "*");
  EXPECT_EQ(message("VIEW v AS SELECT COUNT(DISTINCT *) FROM s;"), star + "*");
  EXPECT_EQ(message("VIEW v AS SELECT s.* + 1 FROM s;"), star + ".*");
  EXPECT_EQ(message("VIEW v AS SELECT (s.*) FROM s;"), star + ".*");
  EXPECT_EQ(message("VIEW v AS SELECT a FROM s WHERE s.*;"), star + ".*");
  EXPECT_EQ(message("VIEW v AS SELECT s.*.a FROM s;"), star + ".a");
  EXPECT_EQ(message("VIEW v AS SELECT s.* b FROM s;"), "all columns cannot have one name @ b");
  EXPECT_EQ(message("VIEW v AS SELECT f(a AS INT) FROM s;"),
            "only CAST and TRY_CAST have AS inside @ AS");
  EXPECT_EQ(message("VIEW v AS SELECT foo 'bar' FROM s;"), "unexpected string after `foo` @ 'bar'");
  EXPECT_EQ(message("VIEW v AS SELECT a FROM WINDOW(s, 1m);"),
            "unknown window function `WINDOW` @ WINDOW");
  EXPECT_EQ(message("VIEW v AS SELECT a FROM TUMBLE(s, GAP 1m);"), "TUMBLE has no GAP @ GAP");
  EXPECT_EQ(message("SOURCE s (a INT NOT NULL FROM '$.a' NOT NULL) FROM x;"),
            "NOT NULL is said twice @ NOT NULL");
  EXPECT_EQ(message("SOURCE s (a INT) FROM x (path = 'a', PATH = 'b');"),
            "option `path` is given twice @ PATH");
  EXPECT_EQ(message("SOURCE s (a INT) FROM x (path = env('a'));"),
            "an option's value is no function call @ env");
  EXPECT_EQ(message("SOURCE s (a INT) FROM FILE (VALUES (1));"),
            "only INLINE takes VALUES @ VALUES (1)");
  EXPECT_EQ(message("SINK s FROM v INTO INLINE (VALUES (1));"),
            "a sink cannot write to rows @ VALUES (1)");
}

TEST(FrontError, Variables) {
  auto found = [](const std::string& value) {
    return ErrorOf("SINK s FROM v INTO x (a = 'ü" + value + "');");
  };
  EXPECT_EQ(found("${NAME}"), (Found{"variable `NAME` is not set", "${NAME}",
                                     "set it in the environment or with --set NAME=..."}));
  EXPECT_EQ(found("it''s ${NAME:?the broker''s name}").message,
            "variable `NAME` is not set: the broker's name");
  EXPECT_EQ(found("${NAME").message, "this `${` is not closed");
  EXPECT_EQ(found("${}").message, "`${}` is not a variable");
  EXPECT_EQ(found("${1A}").hint, "write ${NAME}, ${NAME:-default} or ${NAME:?message}");
  EXPECT_EQ(found("${A:+b}").at, "${A:+b}");
}

}  // namespace
}  // namespace flow
