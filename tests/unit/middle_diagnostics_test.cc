// links: compiler/bind compiler/optimize compiler/lower compiler/interpret
// What the binder says about wrong scripts: code, message, label and hint, in the order found.
#include "tests/support/plan_text.h"

namespace flow {
namespace {

constexpr const char* kSources =
    "SOURCE t (page STRING, n INT, ts TIMESTAMP) FROM FILE (path = 't') FORMAT JSON"
    " EVENT TIME ts WATERMARK 10s;"
    "SOURCE u (page STRING) FROM FILE (path = 'u') FORMAT JSON;";

// Uses both sources, so that no warning says otherwise.
constexpr const char* kUses = "VIEW used_t AS SELECT n FROM t; VIEW used_u AS SELECT page FROM u;";

std::string Said(const std::string& text) {
  std::string sinks =
      text.find("SINK") == std::string::npos
          ? ""
          : "SINK used_1 FROM used_t INTO CHECKSUM; SINK used_2 FROM used_u INTO CHECKSUM;";
  return test::DiagnosticLines(std::string(kSources) + kUses + text + sinks);
}

TEST(Diagnostics, Names) {
  EXPECT_EQ(Said("VIEW v AS SELECT pgae FROM t;"),
            "unknown-column: unknown column `pgae` | not a column of t | did you mean `page`?\n");
  EXPECT_EQ(Said("VIEW v AS SELECT t.pgae, x.page FROM t;"),
            "unknown-column: unknown column `pgae` | not a column of t | did you mean `page`?\n"
            "unknown-column: unknown column `x` | neither a relation nor a column here | columns "
            "of t: `page`, `n`, `ts`\n");
  EXPECT_EQ(Said("VIEW v AS SELECT window_start FROM t;"),
            "unknown-column: unknown column `window_start` | not a column of t | a window call "
            "adds it: FROM TUMBLE(t, 1m)\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page FROM tt;"),
            "unknown-relation: unknown relation `tt` | neither a source nor a view declared before "
            "| there is `t`, `u`, `used_t`, `used_u`\n");
  EXPECT_EQ(Said("VIEW v AS SELECT uper(page) FROM t;"),
            "unknown-function: unknown function `uper` |  | did you mean `upper`?\n");
  EXPECT_EQ(Said("VIEW v AS SELECT x.* FROM t;"),
            "unknown-relation: unknown relation `x` | FROM has t\n");
  EXPECT_EQ(Said("VIEW v AS SELECT n.page FROM t AS n; VIEW w AS SELECT t.page FROM t AS n;"),
            "unknown-column: unknown column `t` | neither a relation nor a column here | columns "
            "of n: `page`, `n`, `ts`\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page, page FROM t;"),
            "duplicate-name: duplicate column name `page` | this name is taken by an earlier "
            "column | name it with AS\n");
  EXPECT_EQ(Said("VIEW v AS SELECT COUNT(*), COUNT(n) FROM t;"),
            "duplicate-name: duplicate column name `count` | would be named `count` too | name it "
            "with AS\n");
  EXPECT_EQ(Said("VIEW t AS SELECT page FROM t;"),
            "duplicate-name: duplicate name `t` | already declared above\n");
  // What the refused view declares is known, but nothing more is said of it.
  EXPECT_EQ(Said("VIEW t AS SELECT window_start, COUNT(*) AS c FROM TUMBLE(t, 1m) GROUP BY "
                 "window_start LATE TO l; VIEW w AS SELECT page FROM l;"),
            "duplicate-name: duplicate name `t` | already declared above\n");
  EXPECT_EQ(
      Said("VIEW v AS SELECT a FROM (SELECT page AS a FROM t) q; VIEW w AS SELECT page FROM v;"),
      "unknown-column: unknown column `page` | not a column of v | columns of v: `a`\n");
  EXPECT_EQ(Said("SOURCE u (a INT, a INT) FROM INLINE (VALUES (1, 2));"),
            "duplicate-name: duplicate column name `a`\n"
            "duplicate-name: duplicate name `u` | already declared above\n");
  EXPECT_EQ(Said("SOURCE u (a STRUCT<x INT, x INT>) FROM FILE (path = 'x') FORMAT JSON;"),
            "duplicate-name: field `x` is there twice\n");
  EXPECT_EQ(
      Said("VIEW v AS WITH c AS (SELECT page FROM t), c AS (SELECT n FROM t) SELECT * FROM c;"),
      "duplicate-name: duplicate name `c` in WITH\n");
}

TEST(Diagnostics, Grouping) {
  EXPECT_EQ(Said("VIEW v AS SELECT page, COUNT(*) AS c FROM t;"),
            "not-grouped: column `page` is neither in GROUP BY nor inside an aggregate | which of "
            "the group's values? | add it to GROUP BY, or take MIN(page) or MAX(page)\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page, n + 1 AS m, COUNT(*) AS c FROM t GROUP BY page;"),
            "not-grouped: column `n` is neither in GROUP BY nor inside an aggregate | which of the "
            "group's values? | add it to GROUP BY, or take MIN(n) or MAX(n)\n");
  EXPECT_EQ(Said("VIEW v AS SELECT COUNT(*) AS c FROM t WHERE COUNT(*) > 1;"),
            "misplaced-aggregate: an aggregate cannot stand in WHERE | COUNT is computed after "
            "WHERE | use HAVING, or FILTER (WHERE ...) on the aggregate\n");
  EXPECT_EQ(Said("VIEW v AS SELECT COUNT(*) AS c FROM t GROUP BY COUNT(*);"),
            "misplaced-aggregate: an aggregate cannot stand in GROUP BY | COUNT is computed after "
            "GROUP BY\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page AS p, COUNT(*) AS c FROM t GROUP BY 2;"),
            "misplaced-aggregate: cannot group by an aggregate | this is column `c`\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page AS p, COUNT(*) AS c FROM t GROUP BY 3;"),
            "unknown-column: GROUP BY 3 names no column | SELECT has 2 columns\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page AS p, COUNT(*) AS c FROM t GROUP BY c;"),
            "misplaced-aggregate: cannot group by an aggregate | this is column `c`\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page FROM t HAVING n > 1;"),
            "not-grouped: column `page` is neither in GROUP BY nor inside an aggregate | which of "
            "the group's values? | add it to GROUP BY, or take MIN(page) or MAX(page)\n"
            "not-grouped: column `n` is neither in GROUP BY nor inside an aggregate | which of the "
            "group's values? | add it to GROUP BY, or take MIN(n) or MAX(n)\n");
  EXPECT_EQ(Said("VIEW v AS SELECT window_start, COUNT(*) AS c FROM TUMBLE(t, 1m) GROUP BY page;"),
            "not-grouped: column `window_start` is neither in GROUP BY nor inside an aggregate | "
            "which of the group's values? | add it to GROUP BY\n");
  EXPECT_EQ(Said("VIEW v AS SELECT upper(page) FILTER (WHERE n > 1) AS u FROM t;"),
            "not-an-aggregate: FILTER goes with an aggregate | `upper` is none\n");
  EXPECT_EQ(Said("VIEW v AS SELECT SUM(*) AS u FROM t;"),
            "syntax: `*` can only be a whole select item, or the argument of COUNT\n");
  EXPECT_EQ(Said("VIEW v AS SELECT COUNT() AS u FROM t;"),
            "no-such-overload: COUNT takes one argument |  | COUNT(*) counts rows\n");
  EXPECT_EQ(Said("VIEW v AS SELECT * FROM t WHERE page;"),
            "type-mismatch: WHERE needs a BOOLEAN | this is STRING\n");
}

TEST(Diagnostics, Windows) {
  EXPECT_EQ(Said("VIEW v AS SELECT COUNT(*) AS c FROM TUMBLE(u, 1m) GROUP BY window_start;"),
            "no-event-time: TUMBLE needs event time | source `u` has no EVENT TIME | add EVENT "
            "TIME <column> WATERMARK <delay> to the source\n");
  EXPECT_EQ(Said("VIEW a AS SELECT page, COUNT(*) AS c FROM t GROUP BY page; VIEW v AS SELECT "
                 "COUNT(*) AS c FROM TUMBLE(a, 1m) GROUP BY window_start;"),
            "no-event-time: TUMBLE needs event time | the rows of a have no event time | only rows "
            "of a source with EVENT TIME and of windowed views have one\n");
  EXPECT_EQ(Said("VIEW a AS SELECT * FROM TUMBLE(t, 1m); VIEW v AS SELECT COUNT(*) AS c FROM "
                 "TUMBLE(a, 1m) GROUP BY window_start;"),
            "not-supported-yet: not supported yet: a window over rows that already have one | no "
            "GROUP BY has used the window inside | group by the inner window first, or take the "
            "rows without it\n");
  EXPECT_EQ(Said("VIEW v AS SELECT COUNT(*) AS c FROM HOP(t, 1m EVERY 5m) GROUP BY window_start;"),
            "bad-window: the step is longer than the window | rows would fall between two windows "
            "| HOP(r, size EVERY step) wants step <= size\n");
  EXPECT_EQ(Said("VIEW v AS SELECT COUNT(*) AS c FROM HOP(t, 7d EVERY 1s) GROUP BY window_start;"),
            "bad-window: a row would be in 604800 windows | at most 10000\n");
  EXPECT_EQ(Said("VIEW v AS SELECT COUNT(*) AS c FROM TUMBLE(t, 0s) GROUP BY window_start;"),
            "bad-window: a window must be longer than nothing\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page FROM t EMIT ON CLOSE;"),
            "emit-on-close: EMIT ON CLOSE needs windows that close | the view has no window | "
            "leave it out: rows are emitted as they come\n");
  EXPECT_EQ(Said("VIEW v AS SELECT * FROM TUMBLE(t, 1m) EMIT ON CLOSE;"),
            "emit-on-close: EMIT ON CLOSE needs windows that close | the view only adds window "
            "columns | GROUP BY window_start, or leave it out\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page, COUNT(*) AS c FROM t GROUP BY page EMIT ON CLOSE;"),
            "emit-on-close: EMIT ON CLOSE needs windows that close | the view groups by no window "
            "of its own FROM | GROUP BY window_start of a TUMBLE or HOP call in this view\n");
  EXPECT_EQ(Said("VIEW a AS SELECT page, window_start, COUNT(*) AS c FROM TUMBLE(t, 1m) GROUP BY "
                 "page, window_start LATE TO l; VIEW v AS SELECT COUNT(*) AS c FROM TUMBLE(l, 1h) "
                 "GROUP BY window_start EMIT ON CLOSE;"),
            "emit-on-close: EMIT ON CLOSE needs windows that close | late rows have no watermark, "
            "so no window of theirs closes | leave it out: the view is emitted as it changes\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page FROM t ALLOW LATENESS 1m;"),
            "lateness: ALLOW LATENESS has nothing to judge here | lateness is judged where a "
            "source first meets a window | this view has no window call\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page FROM t LATE TO l;"),
            "lateness: LATE TO has nothing to judge here | lateness is judged where a source first "
            "meets a window | this view has no window call\n");
  EXPECT_EQ(Said("VIEW a AS SELECT page, window_start, COUNT(*) AS c FROM TUMBLE(t, 1m) GROUP BY "
                 "page, window_start; VIEW v AS SELECT SUM(c) AS c FROM TUMBLE(a, 1h) GROUP BY "
                 "window_start ALLOW LATENESS 1m;"),
            "lateness: ALLOW LATENESS has nothing to judge here | nothing is late above the first "
            "window | say it in the view where the source first meets a window\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page, window_start FROM TUMBLE(t, 1m) UNION ALL SELECT page, "
                 "window_start FROM TUMBLE(t, 2m) LATE TO l;"),
            "lateness: LATE TO needs a single window call | rows of sources meet several in this "
            "view | give each window call its own view, and put them together with UNION ALL\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page, COUNT(*) AS c FROM t GROUP BY page EMIT EVERY 0s;"),
            "bad-emit: EMIT EVERY needs a duration over 0\n");
}

TEST(Diagnostics, Refused) {
  EXPECT_EQ(
      Said("VIEW v AS SELECT NOW() AS a, RANDOM() AS b, UUID() AS c, CURRENT_TIMESTAMP AS d FROM "
           "t;"),
      "not-deterministic: NOW would make the stream and the batch differ | depends on the wall "
      "clock | EVENT_TIME() is the row's event time, LOG_TIME() the log's timestamp of it\n"
      "not-deterministic: RANDOM would make the stream and the batch differ | depends on chance | "
      "a view is a function of the log; take such a value from the record\n"
      "not-deterministic: UUID would make the stream and the batch differ | depends on chance | a "
      "view is a function of the log; take such a value from the record\n"
      "not-deterministic: CURRENT_TIMESTAMP would make the stream and the batch differ | depends "
      "on the wall clock | EVENT_TIME() is the row's event time, LOG_TIME() the log's timestamp of "
      "it\n");
  EXPECT_EQ(Said("VIEW v AS SELECT EVENT_TIME() AS a FROM u;"),
            "no-event-time: EVENT_TIME() is not known here | works where FROM names a source with "
            "EVENT TIME\n");
  EXPECT_EQ(Said("VIEW v AS SELECT median(n) AS m FROM t;"),
            "not-supported-yet: not supported yet: MEDIAN\n");
  EXPECT_EQ(Said("SOURCE u2 (a INT, h STRING META headers) FROM FILE (path = 'x') FORMAT JSON;"),
            "type-mismatch: META headers is MAP<STRING, STRING> | declared as STRING\n");
  EXPECT_EQ(Said("SOURCE u2 (a INT, o INT META offset) FROM FILE (path = 'x') FORMAT JSON;"),
            "type-mismatch: META offset is BIGINT | declared as INT\n");
  EXPECT_EQ(Said("SOURCE u2 (a INT, o INT META ofset) FROM FILE (path = 'x') FORMAT JSON;"),
            "unknown-metadata: unknown metadata `ofset` |  | did you mean `offset`?\n");
}

TEST(Diagnostics, Connectors) {
  EXPECT_EQ(Said("SOURCE s (a INT) FROM KAFKA (broker = 'x', topic = 't') FORMAT JSON;"),
            "unknown-option: unknown option `broker` | not an option of KAFKA | did you mean "
            "`brokers`?\n");
  EXPECT_EQ(Said("SOURCE s (a INT) FROM KAFKA (topic = 't') FORMAT JSON;"),
            "missing-option: KAFKA needs the option `brokers`\n");
  EXPECT_EQ(Said("SOURCE s (a INT) FROM KAFKA (brokers = 'x', topic = 't', fetch.min.bytes = "
                 "'many') FORMAT JSON;"),
            "bad-option: option `fetch.min.bytes` is a whole number\n");
  EXPECT_EQ(Said("SOURCE s (a INT) FROM POSTGRES (url = 'x');"),
            "not-supported-yet: not supported yet: POSTGRES source | not a connector of sources | "
            "there is `KAFKA`, `FILE`, `NEXMARK`, `DATAGEN`, `INLINE`\n");
  EXPECT_EQ(Said("SOURCE s (a INT) FROM KAFAK (url = 'x');"),
            "unknown-connector: unknown connector `KAFAK` | not a connector of sources | did you "
            "mean `KAFKA`?\n");
  EXPECT_EQ(Said("SOURCE s (a INT) FROM FILE (path = 'x');"),
            "missing-format: FILE needs a FORMAT |  | add FORMAT JSON or FORMAT CSV after the "
            "connector\n");
  EXPECT_EQ(
      Said("SOURCE s (a INT) FROM FILE (path = 'x') FORMAT PARQUET;"),
      "not-supported-yet: not supported yet: FORMAT PARQUET |  | there is `JSON` and `CSV`\n");
  EXPECT_EQ(Said("SOURCE s (a INT) FROM INLINE (VALUES (1)) FORMAT JSON;"),
            "bad-format: INLINE takes no FORMAT | it makes typed rows itself\n");
  EXPECT_EQ(
      Said("SOURCE s (a INT, ts TIMESTAMP) FROM FILE (path = 'x') FORMAT JSON EVENT TIME ts "
           "WATERMARK 1s AHEAD 5m;"),
      "no-log-timestamps: AHEAD compares with the log's timestamp | FILE records have none\n");
  EXPECT_EQ(Said("SOURCE s (a INT, ts TIMESTAMP) FROM KAFKA (brokers = 'x', topic = 't') FORMAT "
                 "JSON EVENT TIME ts WATERMARK 1s AHEAD 5m; VIEW v AS SELECT a FROM s;"),
            "warning create-time: AHEAD trusts the topic's timestamps | with CreateTime they are "
            "the producer's own clock | set message.timestamp.type=LogAppendTime on the topic\n");
  EXPECT_EQ(Said("SOURCE s (a INT) FROM FILE (path = 'x') FORMAT JSON EVENT TIME a WATERMARK 1s;"),
            "type-mismatch: event time must be a TIMESTAMP | `a` is INT | declare it as TIMESTAMP, "
            "or add a computed column\n");
  EXPECT_EQ(Said("SOURCE s (a INT) FROM FILE (path = 'x') FORMAT JSON EVENT TIME ts WATERMARK 1s;"),
            "unknown-column: unknown column `ts` | not a column of s | columns of s: `a`\n");
  EXPECT_EQ(Said("SOURCE s (a INT FROM 'b.c') FROM FILE (path = 'x') FORMAT JSON;"),
            "bad-path: not a path into a record: 'b.c' | a path begins with `$` | a path looks "
            "like '$.payment.items[0].price'\n");
  EXPECT_EQ(Said("SOURCE s (a INT FROM '$.b') FROM FILE (path = 'x') FORMAT CSV;"),
            "bad-path: a path needs FORMAT JSON\n");
  EXPECT_EQ(Said("SOURCE s (a INT AS page + 1, page STRING) FROM FILE (path = 'x') FORMAT CSV;"),
            "type-mismatch: cannot compute STRING + INT |  | texts are joined with `||`\n");
  EXPECT_EQ(Said("SOURCE s (a INT AS l, l BIGINT) FROM FILE (path = 'x') FORMAT CSV;"),
            "type-mismatch: the expression is not INT | this is BIGINT | there is no implicit "
            "narrowing: write CAST(... AS INT)\n");
  EXPECT_EQ(Said("SOURCE s (a INT, b DATE) FROM INLINE (VALUES (1, '2026-13-01'), (1), (a, "
                 "'2026-01-01'));"),
            "bad-literal: '2026-13-01' cannot be read as DATE (value out of range for the type) | "
            "column `b` is DATE\n"
            "inline-columns: a row of 1 values | the source has 2 fields\n"
            "not-constant: not a constant | column `a` is INT\n");
  EXPECT_EQ(Said("SOURCE s (a INT) FROM FILE (path = 'x') FORMAT JSON DEAD LETTER TO KAFKA (topic "
                 "= 'x');"),
            "missing-option: KAFKA dead letters need the option `brokers` | only those of a KAFKA "
            "source know a cluster\n");
  EXPECT_EQ(Said("SOURCE s (a INT) FROM FILE (path = 'x') FORMAT JSON DEAD LETTER TO REDIS (key "
                 "= 'x');"),
            "not-supported-yet: not supported yet: REDIS dead letters | not a connector of dead "
            "letters | there is `FILE`, `KAFKA`\n");
  EXPECT_EQ(
      Said("SOURCE s (bid STRUCT<prize BIGINT>) FROM NEXMARK (event = 5);"),
      "unknown-option: unknown option `event` | not an option of NEXMARK | did you mean `events`?\n"
      "unknown-field: NEXMARK's `bid` has no field `prize` |  | did you mean `price`?\n");
}

TEST(Diagnostics, Sinks) {
  EXPECT_EQ(Said("VIEW v AS SELECT page, COUNT(*) AS c FROM t GROUP BY page; SINK s FROM v INTO "
                 "FILE (path = 'x') APPEND;"),
            "updating-view: this view updates its rows | APPEND can only add rows | leave it out: "
            "the changes are written\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page, window_start, COUNT(*) AS c FROM TUMBLE(t, 1m) GROUP BY "
                 "page, window_start EMIT CHANGES; SINK s FROM v INTO STDOUT APPEND;"),
            "updating-view: this view updates its rows | APPEND can only add rows | with EMIT ON "
            "CLOSE and no lateness its rows would be final\n");
  EXPECT_EQ(Said("VIEW v AS SELECT COUNT(*) AS c FROM t GROUP BY page; SINK s FROM v INTO KAFKA "
                 "(brokers = 'b', topic = 't');"),
            "no-key: view `v` has no key | KAFKA takes its changes as messages of a key | select "
            "every GROUP BY column as it is\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page FROM t; SINK s FROM v INTO FILE (path = 'x') UPSERT;"),
            "no-key: view `v` has no key | UPSERT replaces the row of a key | leave UPSERT out: "
            "its rows are only added\n");
  EXPECT_EQ(Said("VIEW v AS SELECT COUNT(*) AS c FROM t; SINK s FROM v INTO KAFKA (brokers = 'b', "
                 "topic = 't');"),
            "");
  EXPECT_EQ(
      Said("VIEW v AS SELECT page FROM t; SINK s FROM v INTO DELTA (path = 'x');"),
      "not-supported-yet: not supported yet: DELTA sink | not a connector of sinks | "
      "there is `STDOUT`, `FILE`, `KAFKA`, `POSTGRES`, `REDIS`, `HTTP`, `NULL`, `CHECKSUM`\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page FROM t; SINK s FROM t INTO STDOUT;"),
            "not-a-view: `t` is no view | this is a source | a sink takes a view: VIEW name AS "
            "SELECT * FROM t\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page FROM t; SINK s FROM w INTO STDOUT;"),
            "unknown-relation: unknown view `w` | not declared before | there is `used_t`, "
            "`used_u`, `v`\n");
  EXPECT_EQ(
      Said("VIEW v AS SELECT page FROM t; SINK s FROM v INTO STDOUT; SINK s FROM v INTO CHECKSUM;"),
      "duplicate-name: duplicate sink `s`\n");
  EXPECT_EQ(
      Said("VIEW v AS SELECT page FROM t; SINK s FROM v INTO FILE (pth = 'x') FORMAT XML;"),
      "unknown-option: unknown option `pth` | not an option of FILE sink | did you mean `path`?\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page FROM t; SINK s FROM v INTO CHECKSUM FORMAT JSON;"),
            "bad-format: CHECKSUM takes no FORMAT | it writes no rows\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page FROM t; SINK s FROM v INTO KAFKA (brokers = 'b', topic = "
                 "'t') FORMAT CSV;"),
            "not-supported-yet: not supported yet: CSV into KAFKA\n");
}

TEST(Diagnostics, DatabaseSinks) {
  const std::string counts =
      "VIEW v AS SELECT page, window_start AS at, COUNT(*) AS c FROM TUMBLE(t, 1m) GROUP BY page, "
      "window_start;";
  auto redis = [&](const std::string& options, const std::string& after = "") {
    return Said(counts + "SINK s FROM v INTO REDIS (url = 'redis://h'" + options + ")" + after +
                ";");
  };
  auto postgres = [&](const std::string& options) {
    return Said(counts + "SINK s FROM v INTO POSTGRES (url = 'x', table = 'y'" + options + ");");
  };
  EXPECT_EQ(redis(", key = 'p:{page}:{at}', value = 'string', field = 'c', ttl = '1h'"), "");
  EXPECT_EQ(redis(", key = 'p:{page}:{at}'", " UPSERT"), "");
  EXPECT_EQ(redis(", key = 'p:{page}:{{{at}}}', ttl = SECRET('X')"), "");
  EXPECT_EQ(redis(""), "missing-option: REDIS sink needs the option `key`\n");
  EXPECT_EQ(redis(", key = 'p:{pgae}:{at}'"),
            "bad-option: unknown column `pgae` | not a column of view v | did you mean `page`?\n");
  EXPECT_EQ(
      redis(", key = 'p:{page}'"),
      "bad-option: the key leaves out the column `at` | rows that differ in it would overwrite "
      "each other | add {at} to it\n");
  EXPECT_EQ(redis(", key = '{page}:{at}:{c}'"),
            "bad-option: column `c` is not part of the key of view `v` | it would change while the "
            "row stays the same | the view's key: `page`, `at`\n");
  EXPECT_EQ(redis(", key = '{page}{at}'"),
            "bad-option: wrong key: nothing stands between two columns |  | put a text between "
            "them, such as {a}:{b}\n");
  EXPECT_EQ(redis(", key = '{page:{at}'"),
            "bad-option: wrong key: a { without its } |  | a brace itself is written {{ or }}\n");
  EXPECT_EQ(
      redis(", key = 'flowc:{page}:{at}'"),
      "bad-option: keys that begin with `flowc:` are the sinks' own | its markers are there | "
      "begin it with another text\n");
  EXPECT_EQ(redis(", key = '{page}:{at}', value = 'jsn'"),
            "bad-option: option `value` is one of a few words |  | did you mean `json`?\n");
  EXPECT_EQ(
      redis(", key = '{page}:{at}', value = 'string'"),
      "bad-option: a string needs the option `field` | which column is the value? | add field "
      "= 'column'\n");
  EXPECT_EQ(redis(", key = '{page}:{at}', field = 'c'"),
            "bad-option: option `field` goes with value = 'string' | a hash and JSON have all "
            "columns\n");
  EXPECT_EQ(redis(", key = '{page}:{at}', value = 'string', field = 'pages'"),
            "bad-option: unknown column `pages` | not a column of view v | did you mean `page`?\n");
  EXPECT_EQ(redis(", key = '{page}:{at}', ttl = 'soon'"),
            "bad-option: option `ttl` is a length of time |  | such as '500ms', '10s', '5m', '1h' "
            "or '7d'\n");
  EXPECT_EQ(redis(", key = '{page}:{at}'", " FORMAT JSON"),
            "bad-format: REDIS takes no FORMAT | it writes typed values | with value = 'json' it "
            "writes rows as JSON\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page FROM t; SINK s FROM v INTO REDIS (url = 'x', key = "
                 "'{page}');"),
            "no-key: view `v` has no key | REDIS holds a value for each key | only a view with "
            "GROUP BY has one\n");
  EXPECT_EQ(Said("VIEW v AS SELECT COUNT(*) AS c FROM t; SINK s FROM v INTO REDIS (url = 'x', key "
                 "= 'total');"),
            "");
  EXPECT_EQ(Said("VIEW v AS SELECT COUNT(*) AS c FROM t; SINK s FROM v INTO REDIS (url = 'x', key "
                 "= 'total:{c}');"),
            "bad-option: column `c` is not part of the key of view `v` | it would change while the "
            "row stays the same | the view has one row: its key has no columns\n");
  // A view whose rows are final can be added to elsewhere, not here.
  EXPECT_EQ(Said("VIEW v AS SELECT page, window_start, COUNT(*) AS c FROM TUMBLE(t, 1m) GROUP BY "
                 "page, window_start EMIT ON CLOSE; SINK s FROM v INTO REDIS (url = 'x', key = "
                 "'{page}:{window_start}') APPEND;"),
            "bad-option: REDIS has nothing to add rows to | a row is a key with its value | leave "
            "APPEND out\n");
  EXPECT_EQ(postgres(", schema = 's', on_refused = 'record', timeout = '30s'"), "");
  EXPECT_EQ(postgres(", on_refused = 'ignore'"),
            "bad-option: option `on_refused` is one of a few words |  | there is `fail`, "
            "`record`\n");
  EXPECT_EQ(
      postgres(", tabel = 'x'"),
      "unknown-option: unknown option `tabel` | not an option of POSTGRES sink | did you mean "
      "`table`?\n");
  EXPECT_EQ(postgres(", on_refused = 'record', merge = 'merge'"),
            "bad-option: on_refused = 'record' does not go with merge = 'merge' | it needs "
            "savepoints, which merge = 'merge' does without | leave one of them out\n");
  EXPECT_EQ(
      Said("VIEW v AS SELECT COUNT(*) AS c FROM t GROUP BY page; SINK s FROM v INTO POSTGRES "
           "(url = 'b', table = 't');"),
      "no-key: view `v` has no key | POSTGRES writes its changes to the row of a key | select "
      "every GROUP BY column as it is\n");
  // Rows without a key are only added.
  EXPECT_EQ(Said("VIEW v AS SELECT page FROM t; SINK s FROM v INTO POSTGRES (url = 'b', table = "
                 "'t') APPEND;"),
            "");
}

TEST(Diagnostics, Warnings) {
  EXPECT_EQ(
      Said(
          "VIEW v AS SELECT page FROM t; VIEW w AS SELECT page FROM t; SINK s FROM v INTO STDOUT;"),
      "warning unused: view `w` is never used | neither a view nor a sink reads it\n");
  EXPECT_EQ(
      Said("SOURCE s2 (a INT) FROM FILE (path = 'x') FORMAT JSON; VIEW v AS SELECT page FROM t;"),
      "warning unused: source `s2` is never used | no view reads it\n");
  EXPECT_EQ(Said("VIEW v AS WITH c AS (SELECT page FROM t) SELECT page FROM t;"),
            "warning unused: `c` is never used\n");
  EXPECT_EQ(Said("SOURCE k (page STRING) FROM KAFKA (brokers = 'x', topic = 't') FORMAT JSON; VIEW "
                 "v AS SELECT page, COUNT(*) AS c FROM k GROUP BY page; VIEW w AS SELECT COUNT(*) "
                 "AS n FROM k;"),
            "warning unbounded-state: the state of this view grows without bound | one entry for "
            "each `page`, for ever | group by a window too, as in TUMBLE(k, 1m)\n");
  EXPECT_EQ(Said("SOURCE k (page STRING) FROM KAFKA (brokers = 'x', topic = 't') FORMAT JSON; VIEW "
                 "v AS SELECT DISTINCT page FROM k;"),
            "warning unbounded-state: the state of this view grows without bound | one entry for "
            "each `page`, for ever | group by a window too, as in TUMBLE(k, 1m)\n");
  // Groups go with the rows that leave; not if others stay.
  const std::string retained =
      "SOURCE k (page STRING, ts TIMESTAMP) FROM KAFKA (brokers = 'x', topic = 't') FORMAT JSON "
      "EVENT TIME ts WATERMARK 1s; VIEW r AS SELECT page, window_start, COUNT(*) AS c FROM "
      "TUMBLE(k, 1m) GROUP BY page, window_start RETAIN 1d; ";
  EXPECT_EQ(Said(retained + "VIEW v AS SELECT page, SUM(c) AS c FROM r GROUP BY page; VIEW w AS "
                            "SELECT c, COUNT(*) AS n FROM v GROUP BY c;"),
            "");
  EXPECT_EQ(Said(retained + "VIEW v AS SELECT DISTINCT page FROM (SELECT page FROM r UNION ALL "
                            "SELECT page FROM k) AS both_;"),
            "warning unbounded-state: the state of this view grows without bound | one entry for "
            "each `page`, for ever | group by a window too, as in TUMBLE(both_, 1m)\n");
}

TEST(Diagnostics, Unions) {
  EXPECT_EQ(Said("VIEW v AS SELECT page FROM t UNION ALL SELECT page, n FROM t;"),
            "union-columns: UNION ALL of different numbers of columns | 2 columns, the first "
            "SELECT has 1\n");
  EXPECT_EQ(Said("VIEW v AS SELECT page FROM t UNION ALL SELECT n FROM t;"),
            "type-mismatch: column `page` of UNION ALL has no common type | here it is INT, before "
            "it was STRING | cast one side\n");
}

}  // namespace
}  // namespace flow
