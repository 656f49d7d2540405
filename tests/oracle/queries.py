"""The queries that flowc and DuckDB both answer: (name, view in .flow, the same in DuckDB's SQL).

Both see the relation `t` of data.py, in two partitions; `w` is the same with each row's watermark before
it. DuckDB computes lateness from that column, which is all there is to it.
"""

# window [s, e) of a row, and whether it is late for it with lateness `late`
TUMBLE = """
SELECT *, time_bucket(INTERVAL {size}, ts, {origin}) AS window_start,
       time_bucket(INTERVAL {size}, ts, {origin}) + INTERVAL {size} AS window_end FROM w WHERE ts IS NOT NULL
"""
ORIGIN = "TIMESTAMP '2000-01-01 00:00:00'"
MINUTES = TUMBLE.format(size="1 MINUTE", origin=ORIGIN)
IN_TIME = "(watermark IS NULL OR watermark < window_end)"

QUERIES = [
    ("clicks_per_minute",
     """SELECT page, window_start, COUNT(*) AS views, COUNT(user_id) AS visitors, SUM(amount) AS revenue
        FROM TUMBLE(t, 1m) GROUP BY page, window_start""",
     f"""SELECT page, window_start, COUNT(*) AS views, COUNT(user_id) AS visitors, SUM(amount) AS revenue
         FROM ({MINUTES}) WHERE {IN_TIME} GROUP BY page, window_start"""),
    ("allowed_lateness",
     """SELECT window_start, window_end, COUNT(*) AS n, MIN(ts) AS first, MAX(ts) AS last
        FROM TUMBLE(t, 1m) GROUP BY window_start, window_end ALLOW LATENESS 45s""",
     f"""SELECT window_start, window_end, COUNT(*) AS n, MIN(ts) AS first, MAX(ts) AS last FROM ({MINUTES})
         WHERE watermark IS NULL OR watermark < window_end + INTERVAL 45 SECOND GROUP BY window_start, window_end"""),
    ("first_rows",
     "SELECT page, user_id, n, id FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY page ORDER BY n DESC) <= 20",
     """SELECT page, user_id, n, id FROM w WHERE ts IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY page ORDER BY n DESC NULLS FIRST, user_id NULLS LAST, id) <= 20"""),
    ("first_rows_of_windows",
     """SELECT page, window_start, COUNT(*) AS views, MIN(x) AS least FROM TUMBLE(t, 1m) GROUP BY page, window_start
        ORDER BY views DESC, least NULLS FIRST LIMIT 2 ALLOW LATENESS 20s""",
     f"""SELECT page, window_start, COUNT(*) AS views, MIN(x) AS least FROM ({MINUTES})
         WHERE watermark IS NULL OR watermark < window_end + INTERVAL 20 SECOND GROUP BY page, window_start
         QUALIFY row_number() OVER (PARTITION BY window_start ORDER BY views DESC, least NULLS FIRST, page NULLS LAST) <= 2"""),
    ("shifted_windows",
     "SELECT window_start, SUM(n) AS total FROM TUMBLE(t, 7m OFFSET 100s) WHERE flag GROUP BY window_start",
     f"""SELECT window_start, SUM(n) AS total
         FROM ({TUMBLE.format(size="7 MINUTE", origin="TIMESTAMP '1970-01-01 00:01:40'")})
         WHERE flag AND {IN_TIME} GROUP BY window_start"""),
    ("hop",
     """SELECT page, window_start, window_end, COUNT(*) AS n, SUM(amount) AS revenue, MAX(x) AS most
        FROM HOP(t, 5m EVERY 1m) GROUP BY page, window_start, window_end""",
     f"""SELECT page, s AS window_start, s + INTERVAL 5 MINUTE AS window_end, COUNT(*) AS n, SUM(amount) AS revenue,
                MAX(x) AS most
         FROM (SELECT *, unnest(generate_series(window_start - INTERVAL 4 MINUTE, window_start, INTERVAL 1 MINUTE)) AS s
               FROM ({MINUTES}))
         WHERE watermark IS NULL OR watermark < s + INTERVAL 5 MINUTE GROUP BY page, s"""),
    ("hop_coprime",
     "SELECT window_start, COUNT(*) AS n, SUM(n) AS total FROM HOP(t, 5m EVERY 2m) GROUP BY window_start",
     f"""SELECT s AS window_start, COUNT(*) AS n, SUM(n) AS total
         FROM (SELECT *, unnest(generate_series(b - INTERVAL 4 MINUTE, b, INTERVAL 2 MINUTE)) AS s
               FROM (SELECT *, time_bucket(INTERVAL 2 MINUTE, ts, {ORIGIN}) AS b FROM w WHERE ts IS NOT NULL))
         WHERE ts < s + INTERVAL 5 MINUTE AND (watermark IS NULL OR watermark < s + INTERVAL 5 MINUTE) GROUP BY s"""),
    ("cumulate",
     "SELECT page, window_start, window_end, COUNT(*) AS n, SUM(amount) AS revenue\n"
     "        FROM CUMULATE(t, 12m EVERY 3m OFFSET 100s) GROUP BY page, window_start, window_end",
     f"""SELECT page, window_start, e AS window_end, COUNT(*) AS n, SUM(amount) AS revenue
         FROM (SELECT *, unnest(generate_series(window_start + INTERVAL 3 MINUTE, window_start + INTERVAL 12 MINUTE,
                                                INTERVAL 3 MINUTE)) AS e
               FROM ({TUMBLE.format(size="12 MINUTE", origin="TIMESTAMP '1970-01-01 00:01:40'")}))
         WHERE ts < e AND (watermark IS NULL OR watermark < e) GROUP BY page, window_start, e"""),
    ("sessions",
     """SELECT page, user_id, window_start, window_end, COUNT(*) AS c, SUM(n) AS total, MIN(amount) AS least, MAX(x) AS most
        FROM SESSION(t, GAP 3m BY page, user_id) GROUP BY page, user_id, window_start, window_end""",
     """SELECT page, user_id, MIN(ts) AS window_start, MAX(ts) + INTERVAL 3 MINUTE AS window_end, COUNT(*) AS c,
               SUM(n) AS total, MIN(amount) AS least, MAX(x) AS most
        FROM (SELECT *, SUM(fresh) OVER (PARTITION BY page, user_id ORDER BY ts) AS session
              FROM (SELECT *, CASE WHEN ts - lag(ts) OVER (PARTITION BY page, user_id ORDER BY ts) < INTERVAL 3 MINUTE
                                   THEN 0 ELSE 1 END AS fresh
                    FROM w WHERE ts IS NOT NULL AND (watermark IS NULL OR watermark < ts)))
        GROUP BY page, user_id, session"""),
    ("unnest",
     """SELECT word, part, COUNT(*) AS c, SUM(n) AS total, MIN(id) AS first
        FROM t CROSS JOIN UNNEST(string_split(name, ' ')) WITH ORDINALITY AS u(word, part)
        WHERE word <> 'dot' OR n > 5 GROUP BY word, part""",
     """SELECT word, part, COUNT(*) AS c, SUM(n) AS total, MIN(id) AS first
        FROM (SELECT *, unnest(string_split(name, ' ')) AS word, generate_subscripts(string_split(name, ' '), 1) AS part
              FROM w WHERE ts IS NOT NULL)
        WHERE word <> 'dot' OR n > 5 GROUP BY word, part"""),
    ("unnest_in_windows",
     """SELECT y, window_start, COUNT(*) AS c, SUM(amount) AS revenue
        FROM HOP(t, 4m EVERY 1m), UNNEST(CASE WHEN flag THEN [n, user_id, NULL] END) AS y
        GROUP BY y, window_start""",
     f"""SELECT y, s AS window_start, COUNT(*) AS c, SUM(amount) AS revenue
         FROM (SELECT *, unnest(CASE WHEN flag THEN [n, user_id, NULL] END) AS y
               FROM (SELECT *, unnest(generate_series(window_start - INTERVAL 3 MINUTE, window_start, INTERVAL 1 MINUTE)) AS s
                     FROM ({MINUTES})))
         WHERE watermark IS NULL OR watermark < s + INTERVAL 4 MINUTE GROUP BY y, s"""),
    ("left_unnest",
     """SELECT flag, COUNT(*) AS c, COUNT(y) AS ys, SUM(y) AS total
        FROM t LEFT JOIN UNNEST(CASE WHEN flag THEN [n, big] ELSE [] END) AS y ON TRUE GROUP BY flag""",
     """SELECT flag, COUNT(*) AS c, COUNT(y) AS ys, SUM(y) AS total
        FROM (SELECT flag, unnest(CASE WHEN flag THEN [n, big] ELSE [NULL] END) AS y FROM w WHERE ts IS NOT NULL)
        GROUP BY flag"""),
    ("late_rows",
     None,  # of the view `clicks` with LATE TO; see LATE below
     f"""SELECT page, COUNT(*) AS n, SUM(amount) AS revenue FROM ({MINUTES})
         WHERE NOT {IN_TIME} AND n > 10 GROUP BY page"""),
    ("group_by",
     """SELECT page, flag, COUNT(*) AS rows_, COUNT(n) AS ns, SUM(n) AS total, MIN(n) AS least, MAX(n) AS most,
               SUM(big) AS bigs, AVG(n) AS mean
        FROM t GROUP BY page, flag""",
     """SELECT page, flag, COUNT(*) AS rows_, COUNT(n) AS ns, SUM(n) AS total, MIN(n) AS least, MAX(n) AS most,
               SUM(big) AS bigs, CAST(AVG(n) AS DECIMAL(38, 6)) AS mean
        FROM w WHERE ts IS NOT NULL GROUP BY page, flag"""),
    ("min_max_of_everything",
     """SELECT user_id, MIN(page) AS p0, MAX(page) AS p1, MIN(amount) AS a0, MAX(amount) AS a1, MIN(ts) AS t0, MAX(ts) AS t1,
               MIN(day) AS d0, MAX(day) AS d1, MIN(x) AS x0, MAX(x) AS x1, MIN(flag) AS f0, MAX(flag) AS f1
        FROM t GROUP BY user_id""",
     """SELECT user_id, MIN(page) AS p0, MAX(page) AS p1, MIN(amount) AS a0, MAX(amount) AS a1, MIN(ts) AS t0, MAX(ts) AS t1,
               MIN(day) AS d0, MAX(day) AS d1, MIN(x) AS x0, MAX(x) AS x1, MIN(flag) AS f0, MAX(flag) AS f1
        FROM w WHERE ts IS NOT NULL GROUP BY user_id"""),
    ("global",
     "SELECT COUNT(*) AS rows_, SUM(amount) AS revenue, AVG(amount) AS mean, SUM(x) AS xs, AVG(x) AS x_mean FROM t",
     """SELECT COUNT(*) AS rows_, SUM(amount) AS revenue, CAST(AVG(amount) AS DECIMAL(38, 6)) AS mean, fsum(x) AS xs, favg(x) AS x_mean
        FROM w WHERE ts IS NOT NULL"""),
    ("having",
     "SELECT user_id, SUM(amount) AS spent FROM t GROUP BY user_id HAVING COUNT(*) > 30 AND SUM(amount) > 700",
     """SELECT user_id, SUM(amount) AS spent FROM w WHERE ts IS NOT NULL GROUP BY user_id
        HAVING COUNT(*) > 30 AND SUM(amount) > 700"""),
    ("distinct",
     "SELECT DISTINCT page, flag, day FROM t WHERE n IS NOT NULL",
     "SELECT DISTINCT page, flag, day FROM w WHERE ts IS NOT NULL AND n IS NOT NULL"),
    ("three_valued",
     """SELECT id, flag AND n > 50 AS a, flag OR n > 50 AS o, NOT flag AS no, n IN (1, 2, 3, NULL) AS some,
               n NOT IN (4, 5) AS none, n BETWEEN 10 AND user_id AS inside, page LIKE '%s%' AS like_,
               flag IS DISTINCT FROM (n > 50) AS differ
        FROM t WHERE id % 7 = 0""",
     """SELECT id, flag AND n > 50 AS a, flag OR n > 50 AS o, NOT flag AS no, n IN (1, 2, 3, NULL) AS some,
               n NOT IN (4, 5) AS none, n BETWEEN 10 AND user_id AS inside, page LIKE '%s%' AS like_,
               flag IS DISTINCT FROM (n > 50) AS differ
        FROM w WHERE ts IS NOT NULL AND id % 7 = 0"""),
    ("case_coalesce",
     """SELECT CASE WHEN n > 80 THEN 'high' WHEN n > 30 THEN 'mid' WHEN n IS NULL THEN '?' ELSE 'low' END AS band,
               CASE page WHEN '/' THEN 'home' WHEN '/cart' THEN 'cart' END AS place,
               COUNT(*) AS rows_, SUM(COALESCE(n, user_id, -1)) AS filled, COUNT(NULLIF(n, 7)) AS not_seven
        FROM t GROUP BY CASE WHEN n > 80 THEN 'high' WHEN n > 30 THEN 'mid' WHEN n IS NULL THEN '?' ELSE 'low' END,
                        CASE page WHEN '/' THEN 'home' WHEN '/cart' THEN 'cart' END""",
     """SELECT CASE WHEN n > 80 THEN 'high' WHEN n > 30 THEN 'mid' WHEN n IS NULL THEN '?' ELSE 'low' END AS band,
               CASE page WHEN '/' THEN 'home' WHEN '/cart' THEN 'cart' END AS place,
               COUNT(*) AS rows_, SUM(COALESCE(n, user_id, -1)) AS filled, COUNT(NULLIF(n, 7)) AS not_seven
        FROM w WHERE ts IS NOT NULL GROUP BY ALL"""),
    ("decimals",
     """SELECT id, amount + wide AS plus, amount * 3 AS thrice, amount - 0.005 AS less, amount * wide AS product,
               -amount AS minus, amount > 50.00 AS large, CAST(amount AS INT) AS whole, CAST(amount AS DOUBLE) AS d,
               CAST(wide AS DECIMAL(12, 1)) AS rounded
        FROM t WHERE id % 11 = 0""",
     """SELECT id, amount + wide AS plus, amount * 3 AS thrice, amount - 0.005 AS less,
               CAST(amount AS DECIMAL(18, 2)) * CAST(wide AS DECIMAL(18, 4)) AS product,
               -amount AS minus, amount > 50.00 AS large, CAST(amount AS INT) AS whole, CAST(amount AS DOUBLE) AS d,
               CAST(wide AS DECIMAL(12, 1)) AS rounded
        FROM w WHERE ts IS NOT NULL AND id % 11 = 0"""),
    ("integers",
     """SELECT id, n + user_id AS plus, n * 1000 AS many, n - big AS minus, n / 7 AS seventh, n % 7 AS rest,
               (0 - n) / 7 AS below, (0 - n) % 7 AS below_rest, CAST(x AS BIGINT) AS whole, CAST(n AS DOUBLE) / 8 AS eighth
        FROM t WHERE id % 5 = 0""",
     """SELECT id, n + user_id AS plus, n * 1000 AS many, n - big AS minus, n // 7 AS seventh, n % 7 AS rest,
               -(n // 7) AS below, -(n % 7) AS below_rest, CAST(x AS BIGINT) AS whole, CAST(n AS DOUBLE) / 8 AS eighth
        FROM w WHERE ts IS NOT NULL AND id % 5 = 0"""),
    ("union_all",
     """SELECT kind, COUNT(*) AS rows_, SUM(v) AS total
        FROM (SELECT 'n' AS kind, n AS v FROM t UNION ALL SELECT 'user', user_id FROM t WHERE flag) AS u GROUP BY kind""",
     """SELECT kind, COUNT(*) AS rows_, SUM(v) AS total
        FROM (SELECT 'n' AS kind, n AS v FROM w WHERE ts IS NOT NULL
              UNION ALL SELECT 'user', user_id FROM w WHERE ts IS NOT NULL AND flag) GROUP BY kind"""),
    ("cte",
     """WITH rich AS (SELECT page, amount AS a, n FROM t WHERE amount > 20), plain AS (SELECT page, a, n FROM rich WHERE n < 70)
        SELECT p.page, COUNT(*) AS rows_, SUM(p.a) AS total FROM plain AS p GROUP BY p.page""",
     """WITH rich AS (SELECT page, amount AS a, n FROM w WHERE ts IS NOT NULL AND amount > 20)
        SELECT page, COUNT(*) AS rows_, SUM(a) AS total FROM rich WHERE n < 70 GROUP BY page"""),
    ("aggregate_filter",
     """SELECT page, COUNT(*) FILTER (WHERE n > 50) AS high, SUM(amount) FILTER (WHERE flag) AS flagged,
               MIN(n) FILTER (WHERE n > 20) AS over_twenty
        FROM t GROUP BY page""",
     """SELECT page, COUNT(*) FILTER (WHERE n > 50) AS high, SUM(amount) FILTER (WHERE flag) AS flagged,
               MIN(n) FILTER (WHERE n > 20) AS over_twenty
        FROM w WHERE ts IS NOT NULL GROUP BY page"""),
    ("bool_and_or",
     """SELECT page, BOOL_AND(n > -15) AS all_, BOOL_OR(n > 98) AS any_, EVERY(flag) AS flags,
               BOOL_OR(flag) FILTER (WHERE n = 7) AS sevens
        FROM t GROUP BY page""",
     """SELECT page, bool_and(n > -15) AS all_, bool_or(n > 98) AS any_, bool_and(flag) AS flags,
               bool_or(flag) FILTER (WHERE n = 7) AS sevens
        FROM w WHERE ts IS NOT NULL GROUP BY page"""),
    ("variances",
     """SELECT page, VAR_POP(n) AS np, VARIANCE(big) AS bs, STDDEV_SAMP(amount) AS as_, STDDEV_POP(x) AS xp,
               STDDEV(n) FILTER (WHERE flag) AS ns
        FROM t GROUP BY page""",
     """SELECT page, var_pop(n) AS np, var_samp(big) AS bs, stddev_samp(amount) AS as_, stddev_pop(x) AS xp,
               stddev_samp(n) FILTER (WHERE flag) AS ns
        FROM w WHERE ts IS NOT NULL GROUP BY page"""),
    ("distinct_aggregates",
     """SELECT page, COUNT(DISTINCT n) AS ns, COUNT(DISTINCT name) AS names, SUM(DISTINCT n) AS total, SUM(DISTINCT amount) AS amounts,
               AVG(DISTINCT x) AS mean, COUNT(DISTINCT user_id) FILTER (WHERE flag) AS users, VAR_POP(DISTINCT n) AS spread,
               STRING_AGG(DISTINCT name, '|' ORDER BY name DESC) AS names_down
        FROM t GROUP BY page""",
     """SELECT page, count(DISTINCT n) AS ns, count(DISTINCT name) AS names, sum(DISTINCT n) AS total, sum(DISTINCT amount) AS amounts,
               avg(DISTINCT x) AS mean, count(DISTINCT user_id) FILTER (WHERE flag) AS users, var_pop(DISTINCT n) AS spread,
               string_agg(DISTINCT name, '|' ORDER BY name DESC) AS names_down
        FROM w WHERE ts IS NOT NULL GROUP BY page"""),
    ("distinct_in_windows",
     "SELECT window_start, COUNT(DISTINCT user_id) AS users, COUNT(DISTINCT name) AS names FROM TUMBLE(t, 1m) GROUP BY window_start",
     f"""SELECT window_start, count(DISTINCT user_id) AS users, count(DISTINCT name) AS names
         FROM ({MINUTES}) WHERE {IN_TIME} GROUP BY window_start"""),
    ("arg_min_max",
     """SELECT page, ARG_MIN(id, x) AS of_least, ARG_MAX(x, id) AS of_last, ARG_MAX(name, id) AS name_of_last,
               ARG_MIN(day, big) FILTER (WHERE flag) AS day_of_least
        FROM t GROUP BY page""",
     """SELECT page, arg_min(id, {'b': x, 'v': id}) FILTER (WHERE x IS NOT NULL) AS of_least,
               arg_max(x, id) AS of_last, arg_max(name, id) AS name_of_last,
               arg_min(day, {'b': big, 'v': day}) FILTER (WHERE flag AND big IS NOT NULL AND day IS NOT NULL) AS day_of_least
        FROM w WHERE ts IS NOT NULL GROUP BY page"""),
    ("first_last",
     "SELECT page, FIRST(n) AS f, LAST(n) AS l, FIRST(name) AS fname, LAST(amount) AS lamount FROM t GROUP BY page",
     """SELECT page, arg_min(n, {'t': ts, 'v': n}) FILTER (WHERE n IS NOT NULL) AS f, arg_max(n, {'t': ts, 'v': n}) FILTER (WHERE n IS NOT NULL) AS l,
               arg_min(name, {'t': ts, 'v': name}) FILTER (WHERE name IS NOT NULL) AS fname,
               arg_max(amount, {'t': ts, 'v': amount}) FILTER (WHERE amount IS NOT NULL) AS lamount
        FROM w WHERE ts IS NOT NULL GROUP BY page"""),
    ("string_agg",
     """SELECT user_id, STRING_AGG(name, ',') AS own, STRING_AGG(name, ',' ORDER BY n DESC, id) AS down,
               STRING_AGG(page, ' ' ORDER BY x NULLS FIRST, id DESC) FILTER (WHERE flag) AS pages
        FROM t GROUP BY user_id""",
     """SELECT user_id, string_agg(name, ',' ORDER BY name) AS own, string_agg(name, ',' ORDER BY n DESC NULLS FIRST, id) AS down,
               string_agg(page, ' ' ORDER BY x NULLS FIRST, id DESC) FILTER (WHERE flag) AS pages
        FROM w WHERE ts IS NOT NULL GROUP BY user_id"""),
    ("quantiles",
     """SELECT page, QUANTILE_DISC(n, 0.5) AS median, QUANTILE_DISC(amount, 0.9) AS p90, QUANTILE_DISC(name, 0.25) AS name,
               abs(APPROX_PERCENTILE(x, 0.9) - QUANTILE_DISC(x, 0.9)) <= abs(QUANTILE_DISC(x, 0.9)) * 0.004 AS near,
               abs(APPROX_PERCENTILE(big, 0.1) - QUANTILE_DISC(big, 0.1)) <= abs(QUANTILE_DISC(big, 0.1)) * 0.004 AS near_below
        FROM t GROUP BY page""",
     """SELECT page, quantile_disc(n, 0.5) AS median, quantile_disc(amount, 0.9) AS p90, quantile_disc(name, 0.25) AS name,
               true AS near, true AS near_below
        FROM w WHERE ts IS NOT NULL GROUP BY page"""),
    ("approx_count_distinct",
     """SELECT page, abs(APPROX_COUNT_DISTINCT(id) - COUNT(DISTINCT id)) < COUNT(DISTINCT id) * 0.05 AS ids,
               abs(APPROX_COUNT_DISTINCT(big) - COUNT(DISTINCT big)) < COUNT(DISTINCT big) * 0.05 AS bigs,
               APPROX_COUNT_DISTINCT(name) AS names
        FROM t GROUP BY page""",
     "SELECT page, true AS ids, true AS bigs, count(DISTINCT name) AS names FROM w WHERE ts IS NOT NULL GROUP BY page"),
    ("histogram_over_an_updating_view",
     """SELECT n_rows, COUNT(*) AS users, SUM(spent) AS spent, MAX(user_id) AS greatest
        FROM (SELECT user_id, COUNT(*) AS n_rows, SUM(amount) AS spent FROM t GROUP BY user_id) AS per_user
        GROUP BY n_rows""",
     """SELECT n_rows, COUNT(*) AS users, SUM(spent) AS spent, MAX(user_id) AS greatest
        FROM (SELECT user_id, COUNT(*) AS n_rows, SUM(amount) AS spent FROM w WHERE ts IS NOT NULL GROUP BY user_id)
        GROUP BY n_rows"""),
    ("window_over_a_subquery",
     """SELECT window_start, COUNT(*) AS rows_, SUM(twice) AS total
        FROM TUMBLE((SELECT n * 2 AS twice, ts FROM t WHERE page <> '/'), 10m) GROUP BY window_start""",
     f"""SELECT window_start, COUNT(*) AS rows_, SUM(n * 2) AS total
         FROM ({TUMBLE.format(size="10 MINUTE", origin=ORIGIN)}) WHERE page <> '/' AND {IN_TIME} GROUP BY window_start"""),
    ("windows_of_windows",
     """SELECT big_n, COUNT(*) AS minutes
        FROM (SELECT window_start, COUNT(*) / 10 AS big_n FROM TUMBLE(t, 1m) GROUP BY window_start) AS m GROUP BY big_n""",
     f"""SELECT big_n, COUNT(*) AS minutes
         FROM (SELECT window_start, COUNT(*) // 10 AS big_n FROM ({MINUTES}) WHERE {IN_TIME} GROUP BY window_start)
         GROUP BY big_n"""),
    ("times",
     """SELECT id, date_trunc('hour', ts) AS hour, CAST(ts AS DATE) AS day_of, year(ts) AS y, month(day) AS m, dayofweek(ts) AS dow,
               epoch_ms(ts) AS ms, ts + 90s AS later, ts >= '2026-03-01 00:30:00' AS late_half,
               strftime(ts, '%Y/%m/%d %H-%M-%S') AS text
        FROM t WHERE id % 13 = 0""",
     """SELECT id, date_trunc('hour', ts) AS hour, CAST(ts AS DATE) AS day_of, year(ts) AS y, month(day) AS m, dayofweek(ts) AS dow,
               epoch_ms(ts) AS ms, ts + INTERVAL 90 SECOND AS later, ts >= '2026-03-01 00:30:00' AS late_half,
               strftime(ts, '%Y/%m/%d %H-%M-%S') AS text
        FROM w WHERE ts IS NOT NULL AND id % 13 = 0"""),
    ("texts",
     """SELECT id, upper(page) AS u, length(name) AS n, substring(name, 2, 3) AS sub, left(name, 2) AS l, right(name, 2) AS r,
               replace(name, 'a', '4') AS re, reverse(name) AS back, page || '#' || name AS both_, trim(name) AS t,
               starts_with(name, 'b') AS b, contains(name, 'an') AS an, strpos(name, 'a') AS at_, name LIKE '_a%' AS second_a,
               split_part(name, ' ', 1) AS word, CAST(n AS STRING) AS digits, TRY_CAST(name AS INT) AS number
        FROM t WHERE id % 9 = 0""",
     """SELECT id, upper(page) AS u, length(name) AS n, substring(name, 2, 3) AS sub, left(name, 2) AS l, right(name, 2) AS r,
               replace(name, 'a', '4') AS re, reverse(name) AS back, page || '#' || name AS both_, trim(name) AS t,
               starts_with(name, 'b') AS b, contains(name, 'an') AS an, strpos(name, 'a') AS at_, name LIKE '_a%' AS second_a,
               split_part(name, ' ', 1) AS word, CAST(n AS VARCHAR) AS digits, TRY_CAST(name AS INT) AS number
        FROM w WHERE ts IS NOT NULL AND id % 9 = 0"""),
]

# What stands before the view in the file of "late_rows".
LATE = """
VIEW clicks AS SELECT window_start, COUNT(*) AS c FROM TUMBLE(t, 1m) WHERE n > 10 GROUP BY window_start LATE TO late_t;
VIEW v AS SELECT page, COUNT(*) AS n, SUM(amount) AS revenue FROM late_t GROUP BY page;
"""
