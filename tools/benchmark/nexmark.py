"""NEXMark's queries over the bids: the published ones as far as one stream and no processing time is enough.

q12 goes by event time. q18 and q19 break their ties by the other columns, as flowc does. q15, q16 and q17 are compared by
their final rows.
"""
from workloads import Query

SOURCE = """
SOURCE events (
  event_type INT,
  bid STRUCT<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, "dateTime" TIMESTAMP, extra STRING>
)
FROM FILE (path = '{folder}/events-*.jsonl', partitions = 'file') FORMAT JSON;
"""
# Event time: that of the record, whatever its kind.
TIMED = """
SOURCE events (
  event_type INT,
  bid STRUCT<auction BIGINT, bidder BIGINT, price BIGINT, "dateTime" TIMESTAMP>,
  person STRUCT<"dateTime" TIMESTAMP>, auction STRUCT<"dateTime" TIMESTAMP>,
  at TIMESTAMP AS COALESCE(bid."dateTime", person."dateTime", auction."dateTime")
)
FROM FILE (path = '{folder}/events-*.jsonl', partitions = 'file') FORMAT JSON
EVENT TIME at WATERMARK 4s;
"""
BIDS = """
VIEW bids AS SELECT bid.bidder AS bidder, at FROM events WHERE event_type = 2;
"""
BID = ("(SELECT bid.* FROM read_json({files}, format = 'newline_delimited', columns = {{event_type: 'INTEGER', "
       "bid: 'STRUCT(auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, \"dateTime\" TIMESTAMP, "
       "extra VARCHAR)'}}) WHERE event_type = 2)")
EURO = "CAST(0.908 AS DECIMAL(4, 3)) * price"
RANKS = {"": "", "rank1_": "FILTER (WHERE {price} < 10000)", "rank2_": "FILTER (WHERE {price} >= 10000 AND {price} < 1000000)",
         "rank3_": "FILTER (WHERE {price} >= 1000000)"}


def counts(what, of, price):
    """The four counts of q15 to q17: of all, and of three ranges of the price."""
    return ", ".join(f"COUNT({what}) {rank.format(price=price)} AS {name or 'total_'}{of}" for name, rank in RANKS.items())


def daily(keys, more, bid):
    """q15 and q16: `bid` stands before the columns of a bid."""
    price = f"{bid}price"
    return (f"SELECT {keys}, {more}{counts('*', 'bids', price)}, {counts(f'DISTINCT {bid}bidder', 'bidders', price)}, "
            f"{counts(f'DISTINCT {bid}auction', 'auctions', price)} ")


DAY = "strftime({bid}\"dateTime\", '%Y-%m-%d')"
FLOW_DAY, SQL_DAY = DAY.format(bid="bid."), DAY.format(bid="")
MINUTE = "MAX(strftime({bid}\"dateTime\", '%H:%M')) AS minute, "
HOT = "IN ('apple', 'google', 'facebook', 'baidu')"
CHANNEL = """CASE WHEN lower({bid}channel) = 'apple' THEN '0' WHEN lower({bid}channel) = 'google' THEN '1'
             WHEN lower({bid}channel) = 'facebook' THEN '2' WHEN lower({bid}channel) = 'baidu' THEN '3'
             ELSE regexp_extract({bid}url, '(&|^)channel_id=([^&]*)', 2) END AS channel_id"""
LIGHT = """CASE WHEN {hour} >= 8 AND {hour} <= 18 THEN 'dayTime' WHEN {hour} <= 6 OR {hour} >= 20 THEN 'nightTime'
           ELSE 'otherTime' END AS bid_time_type"""

QUERIES = {
    "q0": Query("nexmark", SOURCE,
                """SELECT bid.auction AS auction, bid.bidder AS bidder, bid.price AS price, bid."dateTime" AS "dateTime",
                          bid.extra AS extra FROM events WHERE event_type = 2""",
                f'SELECT auction, bidder, price, "dateTime", extra FROM {BID}'),
    "q1": Query("nexmark", SOURCE,
                """SELECT bid.auction AS auction, bid.bidder AS bidder, CAST(0.908 AS DECIMAL(4, 3)) * bid.price AS price,
                          bid."dateTime" AS "dateTime", bid.extra AS extra FROM events WHERE event_type = 2""",
                f'SELECT auction, bidder, {EURO} AS price, "dateTime", extra FROM {BID}'),
    "q2": Query("nexmark", SOURCE,
                """SELECT bid.auction AS auction, bid.price AS price FROM events
                   WHERE event_type = 2 AND bid.auction % 123 = 0""",
                f"SELECT auction, price FROM {BID} WHERE auction % 123 = 0"),
    "q11": Query("nexmark", TIMED + BIDS,
                 """SELECT bidder, COUNT(*) AS bids, window_start, window_end FROM SESSION(bids, GAP 10s BY bidder)
                    GROUP BY bidder, window_start, window_end""",
                 f"""WITH s AS (SELECT bidder, "dateTime", CASE WHEN "dateTime" - lag("dateTime") OVER w < INTERVAL 10 SECOND
                       THEN 0 ELSE 1 END AS new FROM {BID} WINDOW w AS (PARTITION BY bidder ORDER BY "dateTime")),
                     g AS (SELECT bidder, "dateTime", SUM(new) OVER (PARTITION BY bidder ORDER BY "dateTime"
                       ROWS UNBOUNDED PRECEDING) AS session FROM s)
                     SELECT bidder, COUNT(*) AS bids, MIN("dateTime") AS window_start,
                            MAX("dateTime") + INTERVAL 10 SECOND AS window_end FROM g GROUP BY bidder, session"""),
    "q12": Query("nexmark", TIMED,
                 """SELECT bid.bidder AS bidder, COUNT(*) AS bids, window_start FROM TUMBLE(events, 10s) WHERE event_type = 2
                    GROUP BY bid.bidder, window_start""",
                 f"""SELECT bidder, COUNT(*) AS bids, time_bucket(INTERVAL 10 SECOND, "dateTime") AS window_start FROM {BID}
                     GROUP BY ALL"""),
    "q14": Query("nexmark", SOURCE,
                 """SELECT bid.auction AS auction, bid.bidder AS bidder, CAST(0.908 AS DECIMAL(4, 3)) * bid.price AS price, """
                 + LIGHT.format(hour='EXTRACT(HOUR FROM bid."dateTime")') +
                 """, bid."dateTime" AS "dateTime", bid.extra AS extra,
                    length(bid.extra) - length(replace(bid.extra, 'c', '')) AS c_counts FROM events
                    WHERE event_type = 2 AND CAST(0.908 AS DECIMAL(4, 3)) * bid.price > 1000000
                      AND CAST(0.908 AS DECIMAL(4, 3)) * bid.price < 50000000""",
                 f"""SELECT auction, bidder, {EURO} AS price, {LIGHT.format(hour='hour("dateTime")')}, "dateTime", extra,
                     length(extra) - length(replace(extra, 'c', '')) AS c_counts FROM {BID}
                     WHERE {EURO} > 1000000 AND {EURO} < 50000000"""),
    "q15": Query("nexmark", SOURCE,
                 daily(f"{FLOW_DAY} AS day", "", "bid.") + f"FROM events WHERE event_type = 2 GROUP BY {FLOW_DAY}",
                 daily(f"{SQL_DAY} AS day", "", "") + f"FROM {BID} GROUP BY day"),
    "q16": Query("nexmark", SOURCE,
                 daily(f"bid.channel AS channel, {FLOW_DAY} AS day", MINUTE.format(bid="bid."), "bid.") +
                 f"FROM events WHERE event_type = 2 GROUP BY bid.channel, {FLOW_DAY}",
                 daily(f"channel, {SQL_DAY} AS day", MINUTE.format(bid=""), "") + f"FROM {BID} GROUP BY channel, day"),
    "q17": Query("nexmark", SOURCE,
                 f"SELECT bid.auction AS auction, {FLOW_DAY} AS day, {counts('*', 'bids', 'bid.price')}, "
                 "MIN(bid.price) AS min_price, MAX(bid.price) AS max_price, SUM(bid.price) AS sum_price "
                 f"FROM events WHERE event_type = 2 GROUP BY bid.auction, {FLOW_DAY}",
                 f"SELECT auction, {SQL_DAY} AS day, {counts('*', 'bids', 'price')}, "
                 f"MIN(price) AS min_price, MAX(price) AS max_price, SUM(price) AS sum_price FROM {BID} GROUP BY ALL"),
    "q18": Query("nexmark", SOURCE,
                 """SELECT bid.auction AS auction, bid.bidder AS bidder, bid.price AS price, bid."dateTime" AS "dateTime",
                           bid.extra AS extra FROM events WHERE event_type = 2
                    QUALIFY ROW_NUMBER() OVER (PARTITION BY bid.bidder, bid.auction ORDER BY bid."dateTime" DESC) = 1""",
                 f"""SELECT auction, bidder, price, "dateTime", extra FROM {BID} QUALIFY row_number() OVER (
                       PARTITION BY bidder, auction ORDER BY "dateTime" DESC, price, extra) = 1"""),
    "q19": Query("nexmark", SOURCE,
                 """SELECT bid.auction AS auction, bid.bidder AS bidder, bid.price AS price, bid."dateTime" AS "dateTime",
                           bid.extra AS extra, ROW_NUMBER() OVER (PARTITION BY bid.auction ORDER BY bid.price DESC) AS place
                    FROM events WHERE event_type = 2 QUALIFY place <= 10""",
                 f"""SELECT auction, bidder, price, "dateTime", extra, row_number() OVER (
                       PARTITION BY auction ORDER BY price DESC, bidder, "dateTime", extra) AS place
                     FROM {BID} QUALIFY place <= 10"""),
    "q21": Query("nexmark", SOURCE,
                 "SELECT bid.auction AS auction, bid.bidder AS bidder, bid.price AS price, bid.channel AS channel, "
                 f"{CHANNEL.format(bid='bid.')} FROM events WHERE event_type = 2 AND "
                 f"(regexp_matches(bid.url, '(&|^)channel_id=([^&]*)') OR lower(bid.channel) {HOT})",
                 f"SELECT auction, bidder, price, channel, {CHANNEL.format(bid='')} FROM {BID} "
                 f"WHERE regexp_matches(url, '(&|^)channel_id=([^&]*)') OR lower(channel) {HOT}"),
    "q22": Query("nexmark", SOURCE,
                 """SELECT bid.auction AS auction, bid.bidder AS bidder, bid.price AS price, bid.channel AS channel,
                           split_part(bid.url, '/', 4) AS dir1, split_part(bid.url, '/', 5) AS dir2,
                           split_part(bid.url, '/', 6) AS dir3 FROM events WHERE event_type = 2""",
                 f"""SELECT auction, bidder, price, channel, split_part(url, '/', 4) AS dir1, split_part(url, '/', 5) AS dir2,
                            split_part(url, '/', 6) AS dir3 FROM {BID}"""),
}
