"""The queries in Flink SQL, where Flink can say the same: for each the columns of its table, views before it, and the query."""
from typing import NamedTuple

BID = "bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` TIMESTAMP(3), extra STRING>"
NEXMARK = f"event_type INT, {BID}"
# Event time: that of the record, whatever its kind.
TIMED_NEXMARK = ("event_type INT, bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` TIMESTAMP(3)>, "
                 "person ROW<`dateTime` TIMESTAMP(3)>, auction ROW<`dateTime` TIMESTAMP(3)>, "
                 "`at` AS COALESCE(bid.`dateTime`, person.`dateTime`, auction.`dateTime`), "
                 "WATERMARK FOR `at` AS `at` - INTERVAL '4' SECOND")
CLICKS = ("user_id BIGINT, page STRING, country STRING, revenue DECIMAL(12, 2), ts TIMESTAMP_LTZ(3), "
          "WATERMARK FOR ts AS ts - INTERVAL '6:40' MINUTE TO SECOND")
YSB = ("user_id STRING, page_id STRING, ad_id STRING, ad_type STRING, event_type STRING, event_time TIMESTAMP_LTZ(3), "
       "ip_address STRING, WATERMARK FOR event_time AS event_time - INTERVAL '1' SECOND")
READINGS = "sensor INT, `value` DECIMAL(12, 2), ts TIMESTAMP_LTZ(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND"
KEYS = "`key` BIGINT, `value` DECIMAL(12, 2)"

BIDS = ("CREATE VIEW bids AS SELECT bid.auction AS auction, bid.bidder AS bidder, bid.price AS price, bid.channel AS channel, "
        "bid.url AS url, bid.`dateTime` AS `dateTime`, bid.extra AS extra FROM events WHERE event_type = 2")
BIDDERS = "CREATE VIEW bids AS SELECT bid.bidder AS bidder, `at` FROM events WHERE event_type = 2"
CAMPAIGNS = ("CREATE VIEW shown AS SELECT CAST(SUBSTRING(ad_id, 4) AS INT) / 10 AS campaign, event_time FROM events "
             "WHERE event_type = 'view'")


class Query(NamedTuple):
    """Its rows are changed by later ones, if it is `updating`: then it may run in mini-batches. A row takes the place of one with
    the same first `key` columns, where Flink does not say so (2.3.0 takes a first place by several columns for one that stays)."""
    columns: str
    views: tuple
    text: str
    updating: bool = False
    key: int = 0


def bids(text, updating=False, key=0):
    return Query(NEXMARK, (BIDS,), text if " FROM " in text else text + " FROM bids", updating, key)


DAY = "DATE_FORMAT(`dateTime`, 'yyyy-MM-dd')"
RANKS = {"total_": "", "rank1_": "FILTER (WHERE price < 10000)", "rank2_": "FILTER (WHERE price >= 10000 AND price < 1000000)",
         "rank3_": "FILTER (WHERE price >= 1000000)"}


def counts(what, of):
    """The four counts of q15 to q17: of all, and of three ranges of the price."""
    return ", ".join(f"COUNT({what}) {rank} AS {name}{of}" for name, rank in RANKS.items())


DAILY = f"{counts('*', 'bids')}, {counts('DISTINCT bidder', 'bidders')}, {counts('DISTINCT auction', 'auctions')}"
TOTALS = "COUNT(*) AS readings, SUM(`value`) AS total"
GROUPS = Query(KEYS, (), "SELECT `key`, COUNT(*) AS `rows`, SUM(`value`) AS total FROM events GROUP BY `key`", True)
WINDOW = "window_start, window_end"

QUERIES = {
    "clicks": Query(CLICKS, (), "SELECT page, window_start, COUNT(*) AS `views`, COUNT(user_id) AS known, SUM(revenue) AS revenue "
                    f"FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY page, {WINDOW}"),
    "countries": Query(CLICKS, (), "SELECT country, COUNT(*) AS `views`, SUM(revenue) AS revenue FROM events GROUP BY country", True),
    "q0": bids("SELECT auction, bidder, price, `dateTime`, extra"),
    "q1": bids("SELECT auction, bidder, 0.908 * price AS price, `dateTime`, extra"),
    "q2": bids("SELECT auction, price FROM bids WHERE MOD(auction, 123) = 0"),
    "q12": Query(TIMED_NEXMARK, (BIDDERS,), "SELECT bidder, COUNT(*) AS bids, window_start "
                 f"FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(`at`), INTERVAL '10' SECOND)) GROUP BY bidder, {WINDOW}"),
    "q14": bids("""SELECT auction, bidder, 0.908 * price AS price,
                     CASE WHEN HOUR(`dateTime`) >= 8 AND HOUR(`dateTime`) <= 18 THEN 'dayTime'
                       WHEN HOUR(`dateTime`) <= 6 OR HOUR(`dateTime`) >= 20 THEN 'nightTime' ELSE 'otherTime' END AS bid_time_type,
                     `dateTime`, extra, CHAR_LENGTH(extra) - CHAR_LENGTH(REPLACE(extra, 'c', '')) AS c_counts
                   FROM bids WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000"""),
    "q15": bids(f"SELECT {DAY} AS `day`, {DAILY} FROM bids GROUP BY {DAY}", True),
    "q16": bids(f"SELECT channel, {DAY} AS `day`, MAX(DATE_FORMAT(`dateTime`, 'HH:mm')) AS `minute`, {DAILY} FROM bids "
                f"GROUP BY channel, {DAY}", True),
    "q17": bids(f"SELECT auction, {DAY} AS `day`, {counts('*', 'bids')}, MIN(price) AS min_price, MAX(price) AS max_price, "
                f"SUM(price) AS sum_price FROM bids GROUP BY auction, {DAY}", True),
    "q18": bids("""SELECT auction, bidder, price, `dateTime`, extra FROM (SELECT *, ROW_NUMBER() OVER (
                     PARTITION BY bidder, auction ORDER BY `dateTime` DESC, price, extra) AS place FROM bids) WHERE place <= 1""", True, key=2),
    "q19": bids("""SELECT auction, bidder, price, `dateTime`, extra, place FROM (SELECT *, ROW_NUMBER() OVER (
                     PARTITION BY auction ORDER BY price DESC, bidder, `dateTime`, extra) AS place FROM bids) WHERE place <= 10""", True),
    "q21": bids("""SELECT auction, bidder, price, channel,
                     CASE WHEN LOWER(channel) = 'apple' THEN '0' WHEN LOWER(channel) = 'google' THEN '1'
                       WHEN LOWER(channel) = 'facebook' THEN '2' WHEN LOWER(channel) = 'baidu' THEN '3'
                       ELSE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) END AS channel_id
                   FROM bids WHERE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) IS NOT NULL
                     OR LOWER(channel) IN ('apple', 'google', 'facebook', 'baidu')"""),
    "q22": bids("SELECT auction, bidder, price, channel, SPLIT_INDEX(url, '/', 3) AS dir1, SPLIT_INDEX(url, '/', 4) AS dir2, "
                "SPLIT_INDEX(url, '/', 5) AS dir3"),
    "ysb": Query(YSB, (CAMPAIGNS,), "SELECT campaign, window_start, COUNT(*) AS `views` "
                 f"FROM TABLE(TUMBLE(TABLE shown, DESCRIPTOR(event_time), INTERVAL '10' SECOND)) GROUP BY campaign, {WINDOW}"),
    "tumble5m": Query(READINGS, (), f"SELECT sensor, window_start, {TOTALS} "
                      f"FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '5' MINUTE)) GROUP BY sensor, {WINDOW}"),
    "hop5m": Query(READINGS, (), f"SELECT sensor, window_start, {TOTALS} FROM TABLE(HOP(TABLE events, DESCRIPTOR(ts), "
                   f"INTERVAL '1' SECOND, INTERVAL '5' MINUTE)) GROUP BY sensor, {WINDOW}"),
    "groups1k": GROUPS,
    "groups1m": GROUPS,
}
