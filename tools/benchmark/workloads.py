"""What is measured: for each query its source, its view in .flow, and the same in DuckDB's SQL."""

CLICKS_SOURCE = """
SOURCE clicks (user_id BIGINT, page STRING, country STRING, revenue DECIMAL(12, 2), ts TIMESTAMP)
FROM FILE (path = '{folder}/clicks-*.jsonl', partitions = 'file') FORMAT JSON
EVENT TIME ts WATERMARK 400s;
"""
CLICKS_TABLE = ("read_json({files}, format = 'newline_delimited', ignore_errors = true, columns = {{user_id: 'BIGINT', "
                "page: 'VARCHAR', country: 'VARCHAR', revenue: 'DECIMAL(12,2)', ts: 'TIMESTAMP'}})")

NEXMARK_SOURCE = """
SOURCE events (
  event_type INT,
  bid STRUCT<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, "dateTime" TIMESTAMP, extra STRING>
)
FROM FILE (path = '{folder}/events-*.jsonl', partitions = 'file') FORMAT JSON;
"""
# event time: that of the record, whatever its kind
NEXMARK_TIMED = """
SOURCE events (
  event_type INT,
  bid STRUCT<auction BIGINT, bidder BIGINT, price BIGINT, "dateTime" TIMESTAMP>,
  person STRUCT<"dateTime" TIMESTAMP>, auction STRUCT<"dateTime" TIMESTAMP>,
  at TIMESTAMP AS COALESCE(bid."dateTime", person."dateTime", auction."dateTime")
)
FROM FILE (path = '{folder}/events-*.jsonl', partitions = 'file') FORMAT JSON
EVENT TIME at WATERMARK 4s;
"""
BID = ("(SELECT bid.* FROM read_json({files}, format = 'newline_delimited', columns = {{event_type: 'INTEGER', "
       "bid: 'STRUCT(auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, \"dateTime\" TIMESTAMP, "
       "extra VARCHAR)'}}) WHERE event_type = 2)")

# name -> (data set, source, view, SQL)
QUERIES = {
    "clicks": ("clicks", CLICKS_SOURCE,
               """SELECT page, window_start, COUNT(*) AS views, COUNT(user_id) AS known, SUM(revenue) AS revenue
                  FROM TUMBLE(clicks, 1m) GROUP BY page, window_start""",
               f"""SELECT page, time_bucket(INTERVAL 1 MINUTE, ts) AS window_start, COUNT(*) AS views, COUNT(user_id) AS known,
                   SUM(revenue) AS revenue FROM {CLICKS_TABLE} WHERE ts IS NOT NULL GROUP BY ALL"""),
    "countries": ("clicks", CLICKS_SOURCE,
                  "SELECT country, COUNT(*) AS views, SUM(revenue) AS revenue FROM clicks GROUP BY country",
                  f"""SELECT country, COUNT(*) AS views, SUM(revenue) AS revenue FROM {CLICKS_TABLE} WHERE ts IS NOT NULL
                      GROUP BY country"""),
    "q0": ("nexmark", NEXMARK_SOURCE,
           """SELECT bid.auction AS auction, bid.bidder AS bidder, bid.price AS price, bid."dateTime" AS "dateTime",
                     bid.extra AS extra FROM events WHERE event_type = 2""",
           f'SELECT auction, bidder, price, "dateTime", extra FROM {BID}'),
    "q2": ("nexmark", NEXMARK_SOURCE,
           "SELECT bid.auction AS auction, bid.price AS price FROM events WHERE event_type = 2 AND bid.auction % 123 = 0",
           f"SELECT auction, price FROM {BID} WHERE auction % 123 = 0"),
    "q12": ("nexmark", NEXMARK_TIMED,
            """SELECT bid.bidder AS bidder, COUNT(*) AS bids, window_start FROM TUMBLE(events, 10s) WHERE event_type = 2
               GROUP BY bid.bidder, window_start""",
            f"""SELECT bidder, COUNT(*) AS bids, time_bucket(INTERVAL 10 SECOND, "dateTime") AS window_start FROM {BID}
                GROUP BY ALL"""),
    "q17": ("nexmark", NEXMARK_SOURCE,
            """SELECT bid.auction AS auction, strftime(bid."dateTime", '%Y-%m-%d') AS day, COUNT(*) AS total_bids,
                      COUNT(*) FILTER (WHERE bid.price < 10000) AS rank1_bids,
                      COUNT(*) FILTER (WHERE bid.price >= 10000 AND bid.price < 1000000) AS rank2_bids,
                      COUNT(*) FILTER (WHERE bid.price >= 1000000) AS rank3_bids,
                      MIN(bid.price) AS min_price, MAX(bid.price) AS max_price, SUM(bid.price) AS sum_price
               FROM events WHERE event_type = 2 GROUP BY bid.auction, strftime(bid."dateTime", '%Y-%m-%d')""",
            f"""SELECT auction, strftime("dateTime", '%Y-%m-%d') AS day, COUNT(*) AS total_bids,
                       COUNT(*) FILTER (WHERE price < 10000) AS rank1_bids,
                       COUNT(*) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bids,
                       COUNT(*) FILTER (WHERE price >= 1000000) AS rank3_bids,
                       MIN(price) AS min_price, MAX(price) AS max_price, SUM(price) AS sum_price
                FROM {BID} GROUP BY ALL"""),
}
