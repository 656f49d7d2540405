// links: compiler/bind compiler/optimize compiler/lower compiler/interpret
// Logical plans after all rules, as EXPLAIN prints them.
#include "tests/support/plan_text.h"

namespace flow {
namespace {

constexpr const char* kSources =
    R"(SOURCE clicks (event_id STRING NOT NULL, user_id BIGINT, page STRING, country STRING, revenue DECIMAL(12, 2), ts TIMESTAMP)
FROM FILE (path = 'clicks') FORMAT JSON EVENT TIME ts WATERMARK 10s IDLE 30s;
SOURCE orders (id BIGINT, at TIMESTAMP) FROM FILE (path = 'orders') FORMAT JSON EVENT TIME at WATERMARK 0s;
)";

std::string Optimized(const std::string& views) {
  return PrintLogical(test::PlanText(kSources + views));
}

TEST(LogicalPlan, FilterAndProject) {
  EXPECT_EQ(
      Optimized(
          R"(VIEW v AS SELECT user_id, revenue * 2 + 1 AS c FROM clicks WHERE revenue > 3 AND 1 < 2;)"),
      R"(view v, EMIT CHANGES
  Project user_id, (revenue * 2) + 1.00 AS c  -- time kept; append-only
    Filter revenue > 3.00
      Scan clicks [user_id, revenue, ts]  -- time ts; append-only
)");
}

TEST(LogicalPlan, ClickMetrics) {
  EXPECT_EQ(Optimized(R"(VIEW page_metrics AS
SELECT page, window_start, COUNT(*) AS views, SUM(revenue) AS revenue FROM TUMBLE(clicks, 1m)
GROUP BY page, window_start ALLOW LATENESS 2d LATE TO late_clicks EMIT EVERY 10s;
VIEW late_pages AS SELECT page, COUNT(*) AS n FROM late_clicks WHERE country = 'DE' GROUP BY page;
VIEW late_minutes AS SELECT window_start, COUNT(*) AS n FROM TUMBLE(late_clicks, 1m) GROUP BY window_start;)"),
            R"(view page_metrics, windowed, EMIT EVERY 10s, late rows to late_clicks
  Project page, window_start, COUNT(*) AS views, SUM(revenue) AS revenue  -- key page, window_start; time kept; updating
    Aggregate COUNT(*), SUM(revenue) by page, window_start, partial  -- key page, window_start; time window_end - 1us; updating
      Window TUMBLE 1m, late 2d after the end
        Scan clicks [page, revenue, ts]  -- time ts; append-only
view late_pages, EMIT CHANGES
  Project page, COUNT(*) AS n  -- key page; updating
    Aggregate COUNT(*) by page, partial  -- key page; updating
      Filter country = 'DE'
        Late late_clicks
view late_minutes, windowed, EMIT CHANGES
  Project window_start, COUNT(*) AS n  -- key window_start; time kept; updating
    Aggregate COUNT(*) by window_start, partial  -- key window_start; time window_end - 1us; updating
      Window TUMBLE 1m
        Late late_clicks
)");
}

TEST(LogicalPlan, HopInSlices) {
  EXPECT_EQ(
      Optimized(
          R"(VIEW v AS SELECT user_id, window_end, COUNT(*) AS n, MAX(revenue) AS most FROM HOP(clicks, 10m EVERY 4m OFFSET 1m)
WHERE page <> '/' GROUP BY user_id, window_end;)"),
      R"(view v, windowed, EMIT ON CLOSE
  Project user_id, window_end, COUNT(*) AS n, MAX(revenue) AS most  -- key user_id, window_end; time window_end - 1us; append-only
    Aggregate COUNT(*), MAX(revenue) by user_id, window_end, slices, partial, on close  -- key user_id, window_end; time window_end - 1us; append-only
      Window HOP 10m EVERY 4m OFFSET 1m, late after the end
        Filter page <> '/'
          Scan clicks [user_id, page, revenue, ts]  -- time ts; append-only
)");
}

TEST(LogicalPlan, HopThatLooksAtItsWindow) {
  EXPECT_EQ(
      Optimized(
          R"(VIEW v AS SELECT user_id, window_end, COUNT(*) FILTER (WHERE ts > window_start + 1m) AS n
FROM HOP(clicks, 10m EVERY 1m) GROUP BY user_id, window_end;
VIEW w AS SELECT user_id, window_end, COUNT(*) AS n FROM HOP(clicks, 10m EVERY 1m) GROUP BY user_id, window_end EMIT CHANGES;
VIEW x AS SELECT window_end, COUNT(*) AS n FROM HOP(clicks, 10m EVERY 1m)
WHERE window_start > '2026-01-01' AND user_id > 0 GROUP BY window_end;)"),
      R"(view v, windowed, EMIT ON CLOSE
  Project user_id, window_end, COUNT(CASE WHEN ts > (window_start + 1m) THEN 1 ELSE NULL END) AS n  -- key user_id, window_end; time window_end - 1us; append-only
    Aggregate COUNT(CASE WHEN ts > (window_start + 1m) THEN 1 ELSE NULL END) by user_id, window_end, partial, on close  -- key user_id, window_end; time window_end - 1us; append-only
      Window HOP 10m EVERY 1m, late after the end
        Scan clicks [user_id, ts]  -- time ts; append-only
view w, windowed, EMIT CHANGES
  Project user_id, window_end, COUNT(*) AS n  -- key user_id, window_end; time window_end - 1us; updating
    Aggregate COUNT(*) by user_id, window_end, partial  -- key user_id, window_end; time window_end - 1us; updating
      Window HOP 10m EVERY 1m, late after the end
        Scan clicks [user_id, ts]  -- time ts; append-only
view x, windowed, EMIT ON CLOSE
  Project window_end, COUNT(*) AS n  -- key window_end; time window_end - 1us; append-only
    Aggregate COUNT(*) by window_end, partial, on close  -- key window_end; time window_end - 1us; append-only
      Filter window_start > TIMESTAMP '2026-01-01 00:00:00'
        Window HOP 10m EVERY 1m, late after the end
          Filter user_id > 0
            Scan clicks [user_id, ts]  -- time ts; append-only
)");
}

TEST(LogicalPlan, GroupsOfGroupsOfOneWindow) {
  EXPECT_EQ(Optimized(R"(VIEW hot AS
SELECT window_start, MAX(n) AS most FROM (
  SELECT page, window_start, window_end, COUNT(*) AS n FROM HOP(clicks, 10m EVERY 1m) GROUP BY page, window_start, window_end) AS c
GROUP BY window_start;)"),
            R"(view hot, windowed, EMIT ON CLOSE
  Project window_start, MAX(n) AS most  -- key window_start; time kept; append-only
    Project MAX(n), window_end - 10m AS window_start, window_end  -- key window_end; time window_end - 1us; append-only
      Aggregate MAX(n) by window_start, partial, on close  -- key window_start; time window_end - 1us; append-only
        Window TUMBLE 1m, inherited
          Project page, window_start, window_end, COUNT(*) AS n  -- key page, window_start, window_end; time window_end - 1us; append-only
            Aggregate COUNT(*) by page, window_start, window_end, slices, partial, on close  -- key page, window_start, window_end; time window_end - 1us; append-only
              Window HOP 10m EVERY 1m, late after the end
                Scan clicks [page, ts]  -- time ts; append-only
)");
}

TEST(LogicalPlan, ViewsOverViews) {
  EXPECT_EQ(
      Optimized(
          R"(VIEW minutes AS SELECT page, window_start, COUNT(*) AS n FROM TUMBLE(clicks, 1m) GROUP BY page, window_start;
VIEW hours AS SELECT page, window_start AS hour, SUM(n) AS n FROM TUMBLE(minutes, 1h) GROUP BY page, window_start EMIT CHANGES;
VIEW busy AS SELECT page, hour FROM hours WHERE n > 100;
VIEW pages AS SELECT COUNT(*) AS busy_hours, MIN(page) AS first FROM busy;)"),
      R"(view minutes, windowed, EMIT ON CLOSE
  Project page, window_start, COUNT(*) AS n  -- key page, window_start; time kept; append-only
    Aggregate COUNT(*) by page, window_start, partial, on close  -- key page, window_start; time window_end - 1us; append-only
      Window TUMBLE 1m, late after the end
        Scan clicks [page, ts]  -- time ts; append-only
view hours, windowed, EMIT CHANGES
  Project page, window_start AS hour, SUM(n) AS n  -- key page, hour; time kept; updating
    Aggregate SUM(n) by page, window_start, partial  -- key page, window_start; time window_end - 1us; updating
      Window TUMBLE 1h
        View minutes
view busy, EMIT CHANGES
  Project page, hour  -- key page, hour; time kept; updating
    Filter n > 100
      View hours
view pages, EMIT CHANGES
  Project COUNT(*) AS busy_hours, MIN(page) AS first  -- one row; updating
    Aggregate COUNT(*), MIN(page), partial  -- one row; updating
      View busy
)");
}

TEST(LogicalPlan, StatelessViewsAreWrittenOut) {
  EXPECT_EQ(
      Optimized(
          R"(VIEW clean AS SELECT lower(page) AS page, user_id, revenue, ts FROM clicks WHERE user_id IS NOT NULL;
VIEW german AS SELECT page, revenue FROM clean WHERE page LIKE '%.de';
VIEW daily AS SELECT page, window_start, SUM(revenue) AS revenue FROM TUMBLE(german, 1d) GROUP BY page, window_start HAVING SUM(revenue) > 10;)"),
      R"(view clean, EMIT CHANGES
  Project lower(page) AS page, user_id, revenue, ts  -- time ts; append-only
    Filter user_id IS NOT NULL
      Scan clicks [user_id, page, revenue, ts]  -- time ts; append-only
view german, EMIT CHANGES
  Project page, revenue  -- time kept; append-only
    Filter like(page, '%.de')
      View clean
view daily, windowed, EMIT ON CLOSE
  Project page, window_start, SUM(revenue) AS revenue  -- key page, window_start; time kept; append-only
    Filter SUM(revenue) > 10.00
      Aggregate SUM(revenue) by page, window_start, partial, on close  -- key page, window_start; time window_end - 1us; append-only
        Window TUMBLE 1d, late after the end
          View german
)");
}

TEST(LogicalPlan, UnionAll) {
  EXPECT_EQ(Optimized(R"(VIEW all_times AS
SELECT window_start, kind, COUNT(*) AS n
FROM TUMBLE((SELECT 'click' AS kind, user_id FROM clicks WHERE user_id > 0 UNION ALL SELECT 'order', id FROM orders), 1m)
GROUP BY window_start, kind;
VIEW two AS SELECT user_id FROM clicks UNION ALL SELECT CAST(id AS DECIMAL(20,0)) FROM orders;)"),
            R"(view all_times, windowed, EMIT ON CLOSE
  Project window_start, kind, COUNT(*) AS n  -- key kind, window_start; time kept; append-only
    Aggregate COUNT(*) by kind, window_start, partial, on close  -- key kind, window_start; time window_end - 1us; append-only
      Window TUMBLE 1m, late after the end
        UnionAll  -- time kept; append-only
          Project 'click' AS kind, user_id  -- time kept; append-only
            Filter user_id > 0
              Scan clicks [user_id, ts]  -- time ts; append-only
          Project 'order' AS kind, id AS user_id  -- time kept; append-only
            Scan orders [at]  -- time at; append-only
view two, EMIT CHANGES
  UnionAll  -- time kept; append-only
    Project CAST(user_id AS DECIMAL(20,0)) AS user_id  -- time kept; append-only
      Scan clicks [user_id, ts]  -- time ts; append-only
    Project CAST(id AS DECIMAL(20,0)) AS user_id  -- time kept; append-only
      Scan orders [id, at]  -- time at; append-only
)");
}

TEST(LogicalPlan, Distinct) {
  EXPECT_EQ(Optimized(R"(VIEW countries AS SELECT DISTINCT country FROM clicks;
VIEW daily AS SELECT DISTINCT country, window_start FROM TUMBLE(clicks, 1d);
VIEW again AS SELECT DISTINCT n FROM (SELECT page, COUNT(*) AS n FROM clicks GROUP BY page) AS c;)"),
            R"(view countries, EMIT CHANGES
  Distinct by country, partial  -- key country; updating
    Project country  -- time kept; append-only
      Scan clicks [country, ts]  -- time ts; append-only
view daily, windowed, EMIT ON CLOSE
  Project country, window_start  -- key country, window_start; time kept; append-only
    Distinct by country, window_start, partial, on close  -- key country, window_start; time window_end - 1us; append-only
      Project country, window_start  -- time kept; append-only
        Window TUMBLE 1d, late after the end
          Scan clicks [country, ts]  -- time ts; append-only
view again, EMIT CHANGES
  Distinct by n, partial  -- key n; updating
    Project n  -- updating
      Project page, COUNT(*) AS n  -- key page; updating
        Aggregate COUNT(*) by page, partial  -- key page; updating
          Scan clicks [page, ts]  -- time ts; append-only
)");
}

TEST(LogicalPlan, WindowColumnsOnly) {
  EXPECT_EQ(
      Optimized(R"(VIEW rows_ AS SELECT page, window_start AS minute FROM HOP(clicks, 2m EVERY 1m);
VIEW per_minute AS SELECT minute, COUNT(*) AS n FROM rows_ GROUP BY minute;)"),
      R"(view rows_, EMIT CHANGES
  Project page, window_start AS minute  -- time kept; append-only
    Window HOP 2m EVERY 1m, late after the end
      Scan clicks [page, ts]  -- time ts; append-only
view per_minute, EMIT CHANGES
  Project minute, COUNT(*) AS n  -- key minute; updating
    Aggregate COUNT(*) by minute, partial  -- key minute; updating
      View rows_
)");
}

TEST(LogicalPlan, WithQueryReadTwice) {
  EXPECT_EQ(Optimized(R"(VIEW v AS WITH c AS (SELECT page, COUNT(*) AS n FROM clicks GROUP BY page)
SELECT page, n FROM c WHERE n > 10 UNION ALL SELECT 'all', SUM(n) FROM c;)"),
            R"(view v, EMIT CHANGES
  UnionAll  -- updating
    Project page, COUNT(*) AS n  -- key page; updating
      Filter COUNT(*) > 10
        Aggregate COUNT(*) by page, partial  -- key page; updating
          Scan clicks [page, ts]  -- time ts; append-only
    Project 'all' AS page, SUM(n) AS n  -- one row; updating
      Aggregate SUM(n), partial  -- one row; updating
        Project page, COUNT(*) AS n  -- key page; updating
          Aggregate COUNT(*) by page, partial  -- key page; updating
            Scan clicks [page, ts]  -- time ts; append-only
)");
}

TEST(LogicalPlan, ComputedAndMeta) {
  EXPECT_EQ(
      Optimized(
          R"(SOURCE events (e STRUCT<at BIGINT, name STRING>, ts TIMESTAMP AS make_timestamp_ms(e.at), p BIGINT META partition, o BIGINT META offset)
FROM FILE (path = 'e') FORMAT JSON EVENT TIME ts WATERMARK 5s;
VIEW v AS SELECT e.name, p, o, window_start FROM TUMBLE(events, 1m) WHERE e IS NOT NULL;)"),
      R"(view v, EMIT CHANGES
  Project e.name AS name, CAST(p AS BIGINT) AS p, o, window_start  -- time kept; append-only
    Window TUMBLE 1m, late after the end
      Filter e IS NOT NULL
        Scan events [e IS NOT NULL, e.at, e.name, p, o]  -- time kept; append-only
)");
}

}  // namespace
}  // namespace flow
