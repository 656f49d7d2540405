// links: compiler/bind compiler/optimize compiler/lower compiler/interpret
// Stream graphs and batch plans, as EXPLAIN prints them.
#include "tests/support/plan_text.h"

namespace flow {
namespace {

constexpr const char* kSources =
    R"(SOURCE clicks (event_id STRING NOT NULL, user_id BIGINT, page STRING, country STRING, revenue DECIMAL(12, 2), ts TIMESTAMP)
FROM FILE (path = 'clicks') FORMAT JSON EVENT TIME ts WATERMARK 10s IDLE 30s;
SOURCE orders (id BIGINT, at TIMESTAMP) FROM FILE (path = 'orders') FORMAT JSON EVENT TIME at WATERMARK 0s;
)";

std::string Stream(const std::string& views) {
  return PrintStream(test::LowerText(kSources + views).program);
}
std::string Batch(const std::string& views) {
  return PrintBatch(test::LowerText(kSources + views).program);
}

TEST(Plans, FilterAndProject) {
  const char* views =
      R"(VIEW v AS SELECT user_id, revenue * 2 + 1 AS c FROM clicks WHERE revenue > 3 AND 1 < 2;)";
  EXPECT_EQ(
      Stream(views),
      R"(1 source clicks from FILE 'clicks' JSON: user_id BIGINT, revenue DECIMAL(12,2), ts TIMESTAMP; watermark ts - 10s, idle 30s
2 pipeline clicks -> v: filter revenue > 3.00; output user_id, (revenue * 2) + 1.00 AS c  <- 1
3 view v (user_id BIGINT, c DECIMAL(23,2)); append-only; emitted as it changes  <- 2
)");
}

TEST(Plans, ClickMetrics) {
  const char* views = R"(VIEW page_metrics AS
SELECT page, window_start, COUNT(*) AS views, SUM(revenue) AS revenue FROM TUMBLE(clicks, 1m)
GROUP BY page, window_start ALLOW LATENESS 2d LATE TO late_clicks EMIT EVERY 10s;
VIEW late_pages AS SELECT page, COUNT(*) AS n FROM late_clicks WHERE country = 'DE' GROUP BY page;
VIEW late_minutes AS SELECT window_start, COUNT(*) AS n FROM TUMBLE(late_clicks, 1m) GROUP BY window_start;)";
  EXPECT_EQ(
      Stream(views),
      R"(1 source clicks from FILE 'clicks' JSON: page STRING, country STRING, revenue DECIMAL(12,2), ts TIMESTAMP; watermark ts - 10s, idle 30s
2 pipeline clicks -> page_metrics: window TUMBLE 1m of ts, late at end + 2d; key page; values revenue  <- 1
3 exchange by page (256 key groups)  <- 2
4 aggregate page_metrics: COUNT(*), SUM(revenue) by page, window; TUMBLE 1m; 40 bytes of state a key and window, freed at window end + 2d; watermark of clicks; updating  <- 3
5 pipeline clicks (late) -> late_pages: filter country = 'DE'; only rows late for TUMBLE 1m + 2d; key page  <- 1
6 exchange by page (256 key groups)  <- 5
7 aggregate late_pages: COUNT(*) by page; 32 bytes of state a key, for ever; updating  <- 6
8 pipeline clicks (late) -> late_minutes: only rows late for TUMBLE 1m + 2d; window TUMBLE 1m of ts  <- 1
9 exchange to one worker  <- 8
10 aggregate late_minutes: COUNT(*) by window; TUMBLE 1m; 16 bytes of state a key and window, for ever; no watermark (late rows); updating  <- 9
11 pipeline page_metrics -> page_metrics: output page, window_start, COUNT(*) AS views, SUM(revenue) AS revenue  <- 4
12 view page_metrics (page STRING, window_start TIMESTAMP, views BIGINT, revenue DECIMAL(38,2)); key page, window_start; updating; time window_start + 1m - 1us; emitted every 10s and on close; watermark of clicks  <- 11
13 pipeline late_pages -> late_pages: output page, COUNT(*) AS n  <- 7
14 view late_pages (page STRING, n BIGINT); key page; updating; emitted as it changes  <- 13
15 pipeline late_minutes -> late_minutes: output window_start, COUNT(*) AS n  <- 10
16 view late_minutes (window_start TIMESTAMP, n BIGINT); key window_start; updating; time window_start + 1m - 1us; emitted as it changes; no watermark (late rows)  <- 15
)");
  EXPECT_EQ(
      Batch(views),
      R"(1 scan clicks from FILE 'clicks' JSON: page STRING, country STRING, revenue DECIMAL(12,2), ts TIMESTAMP
2 prefix maximum of event time by partition; watermark ts - 10s, idle 30s  <- 1
3 pipeline clicks -> page_metrics: window TUMBLE 1m of ts, late at end + 2d; key page; values revenue  <- 2
4 partial aggregate page_metrics: COUNT(*), SUM(revenue) by page, window; a table a worker  <- 3
5 final aggregate page_metrics: COUNT(*), SUM(revenue) by page, window; TUMBLE 1m; merged by key  <- 4
6 pipeline clicks (late) -> late_pages: filter country = 'DE'; only rows late for TUMBLE 1m + 2d; key page  <- 2
7 partial aggregate late_pages: COUNT(*) by page; a table a worker  <- 6
8 final aggregate late_pages: COUNT(*) by page; merged by key  <- 7
9 pipeline clicks (late) -> late_minutes: only rows late for TUMBLE 1m + 2d; window TUMBLE 1m of ts  <- 2
10 partial aggregate late_minutes: COUNT(*) by window; a table a worker  <- 9
11 final aggregate late_minutes: COUNT(*) by window; TUMBLE 1m; merged by key  <- 10
12 pipeline page_metrics -> page_metrics: output page, window_start, COUNT(*) AS views, SUM(revenue) AS revenue  <- 5
13 view page_metrics (page STRING, window_start TIMESTAMP, views BIGINT, revenue DECIMAL(38,2)); key page, window_start; updating; time window_start + 1m - 1us  <- 12
14 pipeline late_pages -> late_pages: output page, COUNT(*) AS n  <- 8
15 view late_pages (page STRING, n BIGINT); key page; updating  <- 14
16 pipeline late_minutes -> late_minutes: output window_start, COUNT(*) AS n  <- 11
17 view late_minutes (window_start TIMESTAMP, n BIGINT); key window_start; updating; time window_start + 1m - 1us  <- 16
)");
}

TEST(Plans, HopInSlices) {
  const char* views =
      R"(VIEW v AS SELECT user_id, window_end, COUNT(*) AS n, MAX(revenue) AS most FROM HOP(clicks, 10m EVERY 4m OFFSET 1m)
WHERE page <> '/' GROUP BY user_id, window_end;)";
  EXPECT_EQ(
      Stream(views),
      R"(1 source clicks from FILE 'clicks' JSON: user_id BIGINT late, page STRING, revenue DECIMAL(12,2) late, ts TIMESTAMP; late where page <> '/'; watermark ts - 10s, idle 30s
2 pipeline clicks -> v: filter page <> '/'; window HOP 10m EVERY 4m OFFSET 1m of ts, slices of 2m, late at end; key user_id; values revenue  <- 1
3 exchange by user_id (256 key groups)  <- 2
4 aggregate v: COUNT(*), MAX(revenue) by user_id, window; HOP 10m EVERY 4m OFFSET 1m, only closed windows; 40 bytes of state a key and slice of 2m, freed at window end; watermark of clicks; append-only  <- 3
5 pipeline v -> v: output user_id, window_end, COUNT(*) AS n, MAX(revenue) AS most  <- 4
6 view v (user_id BIGINT, window_end TIMESTAMP, n BIGINT, most DECIMAL(12,2)); key user_id, window_end; append-only; time window_end - 1us; emitted on close; watermark of clicks  <- 5
)");
  EXPECT_EQ(
      Batch(views),
      R"(1 scan clicks from FILE 'clicks' JSON: user_id BIGINT late, page STRING, revenue DECIMAL(12,2) late, ts TIMESTAMP; late where page <> '/'
2 prefix maximum of event time by partition; watermark ts - 10s, idle 30s  <- 1
3 pipeline clicks -> v: filter page <> '/'; window HOP 10m EVERY 4m OFFSET 1m of ts, slices of 2m, late at end; key user_id; values revenue  <- 2
4 partial aggregate v: COUNT(*), MAX(revenue) by user_id, window; a table a worker  <- 3
5 final aggregate v: COUNT(*), MAX(revenue) by user_id, window; HOP 10m EVERY 4m OFFSET 1m, only closed windows; merged by key  <- 4
6 pipeline v -> v: output user_id, window_end, COUNT(*) AS n, MAX(revenue) AS most  <- 5
7 view v (user_id BIGINT, window_end TIMESTAMP, n BIGINT, most DECIMAL(12,2)); key user_id, window_end; append-only; time window_end - 1us  <- 6
)");
}

TEST(Plans, GroupsOfGroupsOfOneWindow) {
  const char* views = R"(VIEW hot AS
SELECT window_start, MAX(n) AS most FROM (
  SELECT page, window_start, window_end, COUNT(*) AS n FROM HOP(clicks, 10m EVERY 1m) GROUP BY page, window_start, window_end) AS c
GROUP BY window_start;)";
  EXPECT_EQ(
      Stream(views),
      R"(1 source clicks from FILE 'clicks' JSON: page STRING, ts TIMESTAMP; watermark ts - 10s, idle 30s
2 pipeline clicks -> hot/in: window HOP 10m EVERY 1m of ts, slices of 1m, late at end; key page  <- 1
3 exchange by page (256 key groups)  <- 2
4 aggregate hot/in: COUNT(*) by page, window; HOP 10m EVERY 1m, only closed windows; 32 bytes of state a key and slice of 1m, freed at window end; watermark of clicks; append-only  <- 3
5 pipeline hot/in -> hot: window TUMBLE 1m of window_end - 1us; values COUNT(*)  <- 4
6 exchange to one worker  <- 5
7 aggregate hot: MAX(n) by window; TUMBLE 1m, only closed windows; 16 bytes of state a key and window, freed at window end; watermark of clicks; append-only  <- 6
8 pipeline hot -> hot: output window_end - 10m AS window_start, MAX(n) AS most  <- 7
9 view hot (window_start TIMESTAMP, most BIGINT); key window_start; append-only; time window_start + 10m - 1us; emitted on close; watermark of clicks  <- 8
)");
}

TEST(Plans, ViewsOverViews) {
  const char* views =
      R"(VIEW minutes AS SELECT page, window_start, COUNT(*) AS n FROM TUMBLE(clicks, 1m) GROUP BY page, window_start;
VIEW hours AS SELECT page, window_start AS hour, SUM(n) AS n FROM TUMBLE(minutes, 1h) GROUP BY page, window_start EMIT CHANGES;
VIEW busy AS SELECT page, hour FROM hours WHERE n > 100;
VIEW pages AS SELECT COUNT(*) AS busy_hours, MIN(page) AS first FROM busy;)";
  EXPECT_EQ(
      Stream(views),
      R"(1 source clicks from FILE 'clicks' JSON: page STRING, ts TIMESTAMP; watermark ts - 10s, idle 30s
2 pipeline clicks -> minutes: window TUMBLE 1m of ts, late at end; key page  <- 1
3 exchange by page (256 key groups)  <- 2
4 aggregate minutes: COUNT(*) by page, window; TUMBLE 1m, only closed windows; 32 bytes of state a key and window, freed at window end; watermark of clicks; append-only  <- 3
5 pipeline minutes -> hours: window TUMBLE 1h of window_end - 1us; key page; values COUNT(*)  <- 4
6 exchange by page (256 key groups)  <- 5
7 aggregate hours: SUM(n) by page, window; TUMBLE 1h; 32 bytes of state a key and window, freed at window end; watermark of clicks; updating  <- 6
8 pipeline hours -> pages: filter SUM(n) > 100; values page  <- 7
9 exchange to one worker  <- 8
10 aggregate pages: COUNT(*), MIN(page); 24 bytes of state in all; input may take rows back; updating  <- 9
11 pipeline minutes -> minutes: output page, window_start, COUNT(*) AS n  <- 4
12 view minutes (page STRING, window_start TIMESTAMP, n BIGINT); key page, window_start; append-only; time window_start + 1m - 1us; emitted on close; watermark of clicks  <- 11
13 pipeline hours -> hours: output page, window_start AS hour, SUM(n) AS n  <- 7
14 view hours (page STRING, hour TIMESTAMP, n BIGINT); key page, hour; updating; time hour + 1h - 1us; emitted as it changes; watermark of clicks  <- 13
15 pipeline hours -> busy: filter SUM(n) > 100; output page, window_start AS hour  <- 7
16 view busy (page STRING, hour TIMESTAMP); key page, hour; updating; time hour + 1h - 1us; emitted as it changes  <- 15
17 pipeline pages -> pages: output COUNT(*) AS busy_hours, MIN(page) AS first  <- 10
18 view pages (busy_hours BIGINT, first STRING); updating; emitted as it changes  <- 17
)");
}

TEST(Plans, StatelessViewsAreWrittenOut) {
  const char* views =
      R"(VIEW clean AS SELECT lower(page) AS page, user_id, revenue, ts FROM clicks WHERE user_id IS NOT NULL;
VIEW german AS SELECT page, revenue FROM clean WHERE page LIKE '%.de';
VIEW daily AS SELECT page, window_start, SUM(revenue) AS revenue FROM TUMBLE(german, 1d) GROUP BY page, window_start HAVING SUM(revenue) > 10;)";
  EXPECT_EQ(
      Stream(views),
      R"(1 source clicks from FILE 'clicks' JSON: user_id BIGINT, page STRING, revenue DECIMAL(12,2), ts TIMESTAMP; watermark ts - 10s, idle 30s
2 pipeline clicks -> daily: filter (user_id IS NOT NULL) AND like(lower(page), '%.de'); window TUMBLE 1d of ts, late at end; key lower(page) AS page; values revenue  <- 1
3 exchange by page (256 key groups)  <- 2
4 aggregate daily: SUM(revenue) by page, window; TUMBLE 1d, only closed windows; 32 bytes of state a key and window, freed at window end; watermark of clicks; append-only  <- 3
5 pipeline clicks -> clean: filter user_id IS NOT NULL; output lower(page) AS page, user_id, revenue, ts  <- 1
6 view clean (page STRING, user_id BIGINT, revenue DECIMAL(12,2), ts TIMESTAMP); append-only; emitted as it changes  <- 5
7 pipeline clicks -> german: filter (user_id IS NOT NULL) AND like(lower(page), '%.de'); output lower(page) AS page, revenue  <- 1
8 view german (page STRING, revenue DECIMAL(12,2)); append-only; emitted as it changes  <- 7
9 pipeline daily -> daily: filter SUM(revenue) > 10.00; output page, window_start, SUM(revenue) AS revenue  <- 4
10 view daily (page STRING, window_start TIMESTAMP, revenue DECIMAL(38,2)); key page, window_start; append-only; time window_start + 1d - 1us; emitted on close; watermark of clicks  <- 9
)");
}

TEST(Plans, UnionAll) {
  const char* views = R"(VIEW all_times AS
SELECT window_start, kind, COUNT(*) AS n
FROM TUMBLE((SELECT 'click' AS kind, user_id FROM clicks WHERE user_id > 0 UNION ALL SELECT 'order', id FROM orders), 1m)
GROUP BY window_start, kind;
VIEW two AS SELECT user_id FROM clicks UNION ALL SELECT CAST(id AS DECIMAL(20,0)) FROM orders;)";
  EXPECT_EQ(
      Stream(views),
      R"(1 source clicks from FILE 'clicks' JSON: user_id BIGINT, ts TIMESTAMP; watermark ts - 10s, idle 30s
2 source orders from FILE 'orders' JSON: id BIGINT, at TIMESTAMP; watermark at - 0s
3 pipeline clicks -> all_times: filter user_id > 0; window TUMBLE 1m of ts, late at end; key 'click' AS kind  <- 1
4 pipeline orders -> all_times: window TUMBLE 1m of at, late at end; key 'order' AS kind  <- 2
5 exchange by kind (256 key groups)  <- 3, 4
6 aggregate all_times: COUNT(*) by kind, window; TUMBLE 1m, only closed windows; 32 bytes of state a key and window, freed at window end; watermark of clicks and orders; append-only  <- 5
7 pipeline all_times -> all_times: output window_start, kind, COUNT(*) AS n  <- 6
8 view all_times (window_start TIMESTAMP, kind STRING, n BIGINT); key kind, window_start; append-only; time window_start + 1m - 1us; emitted on close; watermark of clicks and orders  <- 7
9 pipeline clicks -> two: output CAST(user_id AS DECIMAL(20,0)) AS user_id  <- 1
10 pipeline orders -> two: output CAST(id AS DECIMAL(20,0)) AS user_id  <- 2
11 view two (user_id DECIMAL(20,0)); append-only; emitted as it changes  <- 9, 10
)");
}

TEST(Plans, Distinct) {
  const char* views = R"(VIEW countries AS SELECT DISTINCT country FROM clicks;
VIEW daily AS SELECT DISTINCT country, window_start FROM TUMBLE(clicks, 1d);
VIEW again AS SELECT DISTINCT n FROM (SELECT page, COUNT(*) AS n FROM clicks GROUP BY page) AS c;)";
  EXPECT_EQ(
      Stream(views),
      R"(1 source clicks from FILE 'clicks' JSON: page STRING, country STRING, ts TIMESTAMP; watermark ts - 10s, idle 30s
2 pipeline clicks -> countries: key country  <- 1
3 exchange by country (256 key groups)  <- 2
4 aggregate countries: DISTINCT by country; 24 bytes of state a key, for ever; updating  <- 3
5 pipeline clicks -> daily: window TUMBLE 1d of ts, late at end; key country  <- 1
6 exchange by country (256 key groups)  <- 5
7 aggregate daily: DISTINCT by country, window; TUMBLE 1d, only closed windows; 24 bytes of state a key and window, freed at window end; watermark of clicks; append-only  <- 6
8 pipeline clicks -> again/in: key page  <- 1
9 exchange by page (256 key groups)  <- 8
10 aggregate again/in: COUNT(*) by page; 32 bytes of state a key, for ever; updating  <- 9
11 pipeline again/in -> again: key COUNT(*) AS n  <- 10
12 exchange by n (256 key groups)  <- 11
13 aggregate again: DISTINCT by n; 24 bytes of state a key, for ever; input may take rows back; updating  <- 12
14 pipeline countries -> countries: output country  <- 4
15 view countries (country STRING); key country; updating; emitted as it changes  <- 14
16 pipeline daily -> daily: output country, window_start  <- 7
17 view daily (country STRING, window_start TIMESTAMP); key country, window_start; append-only; time window_start + 1d - 1us; emitted on close; watermark of clicks  <- 16
18 pipeline again -> again: output n  <- 13
19 view again (n BIGINT); key n; updating; emitted as it changes  <- 18
)");
}

TEST(Plans, WindowColumnsOnly) {
  const char* views =
      R"(VIEW rows_ AS SELECT page, window_start AS minute FROM HOP(clicks, 2m EVERY 1m);
VIEW per_minute AS SELECT minute, COUNT(*) AS n FROM rows_ GROUP BY minute;)";
  EXPECT_EQ(
      Stream(views),
      R"(1 source clicks from FILE 'clicks' JSON: page STRING, ts TIMESTAMP; watermark ts - 10s, idle 30s
2 pipeline clicks -> per_minute: window HOP 2m EVERY 1m of ts, late at end; key window_start AS minute  <- 1
3 exchange by minute (256 key groups)  <- 2
4 aggregate per_minute: COUNT(*) by minute; 24 bytes of state a key, for ever; updating  <- 3
5 pipeline clicks -> rows_: window HOP 2m EVERY 1m of ts, late at end; output page, window_start AS minute  <- 1
6 view rows_ (page STRING, minute TIMESTAMP); append-only; emitted as it changes  <- 5
7 pipeline per_minute -> per_minute: output minute, COUNT(*) AS n  <- 4
8 view per_minute (minute TIMESTAMP, n BIGINT); key minute; updating; emitted as it changes  <- 7
)");
}

TEST(Plans, WithQueryReadTwice) {
  const char* views = R"(VIEW v AS WITH c AS (SELECT page, COUNT(*) AS n FROM clicks GROUP BY page)
SELECT page, n FROM c WHERE n > 10 UNION ALL SELECT 'all', SUM(n) FROM c;)";
  EXPECT_EQ(
      Stream(views),
      R"(1 source clicks from FILE 'clicks' JSON: page STRING, ts TIMESTAMP; watermark ts - 10s, idle 30s
2 pipeline clicks -> v.0: key page  <- 1
3 exchange by page (256 key groups)  <- 2
4 aggregate v.0: COUNT(*) by page; 32 bytes of state a key, for ever; updating  <- 3
5 pipeline v.0 -> v.1: values COUNT(*)  <- 4
6 exchange to one worker  <- 5
7 aggregate v.1: SUM(n); 32 bytes of state in all; input may take rows back; updating  <- 6
8 pipeline v.0 -> v: filter COUNT(*) > 10; output page, COUNT(*) AS n  <- 4
9 pipeline v.1 -> v: output 'all' AS page, SUM(n) AS n  <- 7
10 view v (page STRING, n BIGINT); updating; emitted as it changes  <- 8, 9
)");
}

TEST(Plans, ComputedAndMeta) {
  const char* views =
      R"(SOURCE events (e STRUCT<at BIGINT, name STRING>, ts TIMESTAMP AS make_timestamp_ms(e.at), p BIGINT META partition, o BIGINT META offset)
FROM FILE (path = 'e') FORMAT JSON EVENT TIME ts WATERMARK 5s;
VIEW v AS SELECT e.name, p, o, window_start FROM TUMBLE(events, 1m) WHERE e IS NOT NULL;)";
  EXPECT_EQ(
      Stream(views),
      R"(1 source events from FILE 'e' JSON: e IS NOT NULL BOOLEAN, e.at BIGINT, e.name STRING, p INT, o BIGINT; watermark make_timestamp_ms(e.at) - 5s
2 pipeline events -> v: filter e IS NOT NULL; window TUMBLE 1m of make_timestamp_ms(e.at), late at end; output e.name AS name, CAST(p AS BIGINT) AS p, o, window_start  <- 1
3 view v (name STRING, p BIGINT, o BIGINT, window_start TIMESTAMP); append-only; emitted as it changes  <- 2
)");
  EXPECT_EQ(
      Batch(views),
      R"(1 scan events from FILE 'e' JSON: e IS NOT NULL BOOLEAN, e.at BIGINT, e.name STRING, p INT, o BIGINT
2 prefix maximum of event time by partition; watermark make_timestamp_ms(e.at) - 5s  <- 1
3 pipeline events -> v: filter e IS NOT NULL; window TUMBLE 1m of make_timestamp_ms(e.at), late at end; output e.name AS name, CAST(p AS BIGINT) AS p, o, window_start  <- 2
4 view v (name STRING, p BIGINT, o BIGINT, window_start TIMESTAMP); append-only  <- 3
)");
}

}  // namespace
}  // namespace flow
