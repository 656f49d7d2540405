// links: compiler/parse compiler/ast compiler/source
// Statements and queries: what Print shows for each construct of the language.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "compiler/ast/sql_text.h"
#include "tests/support/parse_text.h"

namespace flow {
namespace {

using test::Parsed;
using test::ParseText;

// Parses without error, and gives the printed tree.
std::string PrintOf(const std::string& text,
                    const std::map<std::string, std::string>& variables = {}) {
  Parsed parsed = ParseText(text, variables);
  EXPECT_EQ(parsed.text, "");
  return parsed.Print();
}

TEST(FrontStatement, SourceWithEveryClause) {
  EXPECT_EQ(PrintOf(R"(
SOURCE clicks (
    event_id  STRING NOT NULL,
    revenue   DECIMAL(12, 2) FROM '$.payment.amount',
    place     STRING FROM '$.place' NOT NULL,
    day       DATE AS CAST(ts AS DATE),
    p         INT META partition,
    bid       STRUCT<auction BIGINT, price STRUCT<a INT, "b c" DECIMAL(3)>>,
    ts        TIMESTAMP
)
FROM KAFKA (brokers = 'localhost:9092', topic = 'clicks', group.id = g, linger = 250ms, n = -1, x = TRUE)
FORMAT JSON (timestamp_unit = 'ms')
EVENT TIME ts WATERMARK 10s IDLE 30s AHEAD INTERVAL '5' MINUTE
MAX RATE 5000 OVERLOAD slow
DEAD LETTER TO FILE (path = 'dead.jsonl');
)"),
            R"(source clicks
  column event_id STRING not null
  column revenue DECIMAL(12,2) from '$.payment.amount'
  column place STRING not null from '$.place'
  column day DATE as CAST(ts AS DATE)
  column p INT meta partition
  column bid STRUCT<auction BIGINT, price STRUCT<a INT, "b c" DECIMAL(3,0)>>
  column ts TIMESTAMP
  from KAFKA
    option brokers = 'localhost:9092'
    option topic = 'clicks'
    option group.id = 'g'
    option linger = '250ms'
    option n = '-1'
    option x = 'true'
  format JSON
    option timestamp_unit = 'ms'
  event time ts
  watermark 10s
  idle 30s
  ahead 5m
  max rate 5000
  overload SLOW
  dead letter to FILE
    option path = 'dead.jsonl'
)");
}

TEST(FrontStatement, Function) {
  EXPECT_EQ(
      PrintOf("function net(amount DECIMAL(12, 2), \"a b\" INT) returns DATE as f(amount) + 1;"
              "FUNCTION returns() RETURNS INT AS 1;"),
      R"(function net
  parameter amount DECIMAL(12,2)
  parameter "a b" INT
  returns DATE
  as f(amount) + 1
function returns
  returns INT
  as 1
)");
}

TEST(FrontStatement, TestWithEveryClause) {
  EXPECT_EQ(PrintOf("test t given clicks (page, who.name, META key) VALUES ('/a', -1, NULL), "
                    "RECORD '{}' PARTITION 2 VALUES (1, 2, 3) given other VALUES (1) "
                    "expect v (a, b) VALUES (1, APPROX(2, 0.1)), (3, 4) expect v empty "
                    "expect v from clicks late 2, dead 0 expect clicks read 1 "
                    "expect clicks dead letter (offset) values (3);"),
            R"(test t
  given clicks (page, who.name, META key)
    partition 0
      row '/a', -1, NULL
      record '{}'
    partition 1
    partition 2
      row 1, 2, 3
  given other
    partition 0
      row 1
  expect v (a, b)
    row 1, APPROX(2, 0.1)
    row 3, 4
  expect v
  expect v from clicks LATE 2 DEAD 0
  expect clicks READ 1
  expect clicks dead letter (offset)
    row 3
)");
}

TEST(FrontStatement, InlineRowsByPartition) {
  EXPECT_EQ(PrintOf("SOURCE s (a INT, b STRING) FROM INLINE (VALUES (1, 'x'), (-2, NULL) "
                    "PARTITION 2 VALUES (1 + 2, 'y') PARTITION 0 VALUES (4, 'z'));"),
            R"(source s
  column a INT
  column b STRING
  from INLINE
    partition 0
      row 1, 'x'
      row -2, NULL
      row 4, 'z'
    partition 1
    partition 2
      row 1 + 2, 'y'
)");
}

TEST(FrontStatement, TypesAndTheirOtherNames) {
  EXPECT_EQ(PrintOf("SOURCE s (a boolean, b INTEGER, c int, d bigint, e double, f NUMERIC(5,1), "
                    "g varchar, h Text, i date, j timestamp, k bool) FROM x;"),
            R"(source s
  column a BOOLEAN
  column b INT
  column c INT
  column d BIGINT
  column e DOUBLE
  column f DECIMAL(5,1)
  column g STRING
  column h STRING
  column i DATE
  column j TIMESTAMP
  column k BOOLEAN
  from X
)");
}

TEST(FrontStatement, ViewWithEveryClause) {
  EXPECT_EQ(PrintOf(R"(
view page_metrics as
with recent as (select * from clicks where ts > TIMESTAMP '2026-01-01 00:00:00'),
     other as (select a from recent)
select distinct r.page, window_start ws, COUNT(*) AS views, r.*
from HOP(recent, 5m every 1m offset 10s) as r
where page LIKE '/x%'
group by r.page, window_start
having COUNT(*) > 1
union all
select a from (select a from other) o group by all
allow lateness 2d late to late_clicks
emit every 10s
retain 180d;
)"),
            R"(view page_metrics
  query
    with recent
      query
        select
          item *
          from clicks
          where ts > TIMESTAMP '2026-01-01 00:00:00'
    with other
      query
        select
          item a
          from recent
    select distinct
      item r.page
      item window_start as ws
      item COUNT(*) as views
      item r.*
      from HOP recent 5m every 1m offset 10s as r
      where page LIKE '/x%'
      group by r.page
      group by window_start
      having COUNT(*) > 1
    select
      item a
      from query as o
        query
          select
            item a
            from other
      group by all
  allow lateness 2d
  late to late_clicks
  emit every 10s
  retain 180d
)");
}

TEST(FrontStatement, EmitForms) {
  EXPECT_EQ(ParseText("VIEW v AS SELECT a FROM s;").script.statements[0].view->emit,
            ast::Emit::kDefault);
  EXPECT_EQ(ParseText("VIEW v AS SELECT a FROM s EMIT ON CLOSE;").script.statements[0].view->emit,
            ast::Emit::kOnClose);
  EXPECT_EQ(ParseText("VIEW v AS SELECT a FROM s EMIT CHANGES;").script.statements[0].view->emit,
            ast::Emit::kChanges);
  Parsed every = ParseText("VIEW v AS SELECT a FROM s EMIT EVERY 250ms;");
  EXPECT_EQ(every.script.statements[0].view->emit, ast::Emit::kEvery);
  EXPECT_EQ(every.script.statements[0].view->emit_every.us, 250'000);
}

TEST(FrontStatement, WindowsOverQueries) {
  EXPECT_EQ(PrintOf("VIEW v AS SELECT * FROM TUMBLE((SELECT a FROM s), 1m) w;"),
            R"(view v
  query
    select
      item *
      from TUMBLE query 1m as w
        query
          select
            item a
            from s
)");
}

TEST(FrontStatement, FirstRows) {
  EXPECT_EQ(
      PrintOf("view v as select a, row_number() over (partition by a, b + 1 order by c desc, d "
              "nulls first) as n from s qualify n <= 3;"
              "view w as select a from s order by a desc nulls last, 2 limit 10 emit changes;"),
      R"(view v
  query
    select
      item a
      item row_number() OVER (PARTITION BY a, b + 1 ORDER BY c DESC, d NULLS FIRST) as n
      from s
      qualify n <= 3
view w
  query
    select
      item a
      from s
    order by a DESC NULLS LAST
    order by 2
    limit 10
  emit changes
)");
}

TEST(FrontStatement, ParenthesesAroundUnionAllAddNothing) {
  EXPECT_EQ(
      PrintOf("VIEW v AS (SELECT a FROM s) UNION ALL (SELECT b FROM s UNION ALL SELECT c "
              "FROM s);"),
      PrintOf("VIEW v AS SELECT a FROM s UNION ALL SELECT b FROM s UNION ALL SELECT c FROM s;"));
}

TEST(FrontStatement, Sinks) {
  EXPECT_EQ(PrintOf("SINK a FROM v INTO STDOUT;\n"
                    "SINK b FROM v INTO FILE (path = 'x') FORMAT CSV APPEND;\n"
                    "SINK c FROM v INTO KAFKA (topic = 't', password = SECRET('PW')) UPSERT;"),
            R"(sink a
  from v
  into STDOUT
sink b
  from v
  into FILE
    option path = 'x'
  format CSV
  append
sink c
  from v
  into KAFKA
    option topic = 't'
    option password = SECRET('PW')
  upsert
)");
}

TEST(FrontStatement, CommentsEmptyStatementsAndByteOrderMark) {
  EXPECT_EQ(PrintOf("\xEF\xBB\xBF-- a comment ; with\n;;/* another; 'one' */ SINK a /* x */ FROM v "
                    "INTO STDOUT; -- end"),
            "sink a\n  from v\n  into STDOUT\n");
}

TEST(FrontStatement, VariablesAreReplacedInStrings) {
  auto path = [](const std::string& text) {
    Parsed parsed = ParseText("SINK a FROM v INTO FILE (path = '" + text + "');",
                              {{"DIR", "/tmp/it's"}, {"EMPTY", ""}, {"REF", "${DIR}"}});
    EXPECT_EQ(parsed.text, "");
    return parsed.script.statements.at(0).sink->into.options.at(0).value;
  };
  EXPECT_EQ(path("${DIR}/x"), "/tmp/it's/x");
  EXPECT_EQ(path("a${DIR:-b}c${NONE:-d''e}f${NONE:-}"), "a/tmp/it'scd'ef");
  EXPECT_EQ(path("${EMPTY}|${EMPTY:-full}"), "|full");
  EXPECT_EQ(path("${DIR:?is needed}"), "/tmp/it's");
  EXPECT_EQ(path("$${DIR} $ {x} $.a"), "${DIR} $ {x} $.a");
  // What a variable holds is not read again.
  EXPECT_EQ(path("${REF}"), "${DIR}");
}

TEST(FrontStatement, SpansOfClauses) {
  std::string text = "SOURCE s (a INT) FROM FILE (path = 'x') EVENT TIME a WATERMARK 10s;";
  SourceFile file("x", text);
  Diagnostics out;
  ast::Script script = Parse(file, {}, out);
  const ast::SourceStmt& source = *script.statements.at(0).source;
  EXPECT_EQ(file.Text(source.name.span), "s");
  EXPECT_EQ(file.Text(source.columns[0].type_span), "INT");
  EXPECT_EQ(file.Text(source.from.span), "FILE (path = 'x')");
  EXPECT_EQ(file.Text(source.from.options[0].name.span), "path");
  EXPECT_EQ(file.Text(source.from.options[0].value_span), "'x'");
  EXPECT_EQ(file.Text(source.event_time->span), "a");
  EXPECT_EQ(file.Text(source.watermark->span), "10s");
  EXPECT_EQ(file.Text(source.span), text.substr(0, text.size() - 1));
}

// The keyword rules of the grammar, in its two sections.
struct Keywords {
  std::vector<std::string> reserved;
  std::vector<std::string> soft;
};

Keywords KeywordsOfGrammar() {
  std::ifstream in(std::string(FLOW_SOURCE_DIR) + "/grammar/Flow.g4");
  Keywords keywords;
  std::vector<std::string>* into = nullptr;
  std::string line;
  while (std::getline(in, line)) {
    if (line.starts_with("// Reserved")) into = &keywords.reserved;
    if (line.starts_with("// Not reserved")) into = &keywords.soft;
    if (line.starts_with("SEMICOLON")) into = nullptr;
    size_t open = line.find('\'');
    size_t close = line.rfind('\'');
    if (into != nullptr && open != close) into->push_back(line.substr(open + 1, close - open - 1));
  }
  return keywords;
}

TEST(FrontStatement, SoftKeywordsAreNames) {
  Keywords keywords = KeywordsOfGrammar();
  ASSERT_GT(keywords.soft.size(), 50u);
  for (const std::string& word : keywords.soft) {
    EXPECT_EQ(ast::SqlName(word), word);
    std::string text =
        "SOURCE w (w INT, b STRUCT<w INT>, c INT META w) FROM w (w = w) EVENT TIME w WATERMARK 1s; "
        "VIEW w AS WITH w AS (SELECT w AS w FROM w AS w) SELECT w, w.w, w(w), w + w "
        "FROM TUMBLE(w, 1m) WHERE w GROUP BY w HAVING w LATE TO w; "
        "SINK w FROM w INTO w (w = 1);";
    std::string named;
    for (size_t i = 0; i < text.size(); ++i) {
      auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
      bool alone = text[i] == 'w' && !letter(text[i - 1]) && !letter(text[i + 1]);
      named += alone ? word : std::string(1, text[i]);
    }
    EXPECT_EQ(ParseText(named).text, "") << word;
  }
}

TEST(FrontStatement, ReservedWordsAreNamesInQuotes) {
  Keywords keywords = KeywordsOfGrammar();
  ASSERT_GT(keywords.reserved.size(), 30u);
  for (const std::string& word : keywords.reserved) {
    std::string quoted = "\"" + word + "\"";
    EXPECT_EQ(ast::SqlName(word), quoted);
    EXPECT_GT(ParseText("VIEW v AS SELECT a AS " + word + " FROM t;").errors, 0) << word;
    EXPECT_EQ(ParseText("VIEW v AS SELECT " + quoted + " FROM " + quoted + ";").text, "");
  }
}

TEST(FrontStatement, NamesThatPipelinesHave) {
  for (const char* name :
       {"key",   "date",  "timestamp", "offset", "partition", "format", "value", "views", "live",
        "path",  "count", "time",      "source", "first",     "last",   "type",  "row",   "user",
        "state", "event", "url",       "year",   "month",     "day",    "hour",  "second"}) {
    std::string text = std::string("SOURCE s (") + name + " INT) FROM x; VIEW v AS SELECT " + name +
                       " FROM s; VIEW w AS SELECT COUNT(*) AS " + name + " FROM s WHERE " + name +
                       " > 1 GROUP BY " + name + ";";
    EXPECT_EQ(ParseText(text).text, "") << name;
  }
}

}  // namespace
}  // namespace flow
