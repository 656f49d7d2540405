"""Queries over logs that DATAGEN makes: YSB's count per campaign, long windows that move every second, many groups."""
from workloads import Query

# The log's columns in .flow, then in DuckDB, and the options of DATAGEN beside events.
LOGS = {
    "ysb": ("user_id STRING, page_id STRING, ad_id STRING, ad_type STRING, event_type STRING, event_time TIMESTAMP, "
            "ip_address STRING",
            "rate = 100000, partitions = 2, column.user_id = 'uuid', column.page_id = 'uuid', "
            "column.ad_id = 'uniform(0, 999) prefix ad-', "
            "column.ad_type = 'choice(banner, modal, sponsored-search, mail, mobile)', "
            "column.event_type = 'choice(view, click, purchase)', column.ip_address = 'constant(1.2.3.4)'"),
    "readings": ("sensor INT, value DECIMAL(12, 2), ts TIMESTAMP",
                 "rate = 100000, partitions = 2, column.sensor = 'uniform(0, 999)', column.value = 'uniform(0, 1000)'"),
}
for size in (1_000, 1_000_000):
    LOGS[f"keys-{size}"] = ("key BIGINT, value DECIMAL(12, 2)",
                            f"partitions = 2, column.key = 'uniform(1, {size})', column.value = 'uniform(0, 1000)'")
LOGS["keys-all"] = ("key BIGINT, value DECIMAL(12, 2)",
                    "partitions = 2, column.key = 'sequence(1)', column.value = 'uniform(0, 1000)'")


def generator(data, events):
    """The .flow file whose source is the log."""
    columns, options = LOGS[data]
    names = ", ".join(column.split()[0] for column in columns.split(", ") if not column[0].isdigit())
    return f"SOURCE events ({columns})\nFROM DATAGEN (events = {events}, {options});\nVIEW v AS SELECT {names} FROM events;\n"


def source(data, time=""):
    return (f"\nSOURCE events ({LOGS[data][0]})\nFROM FILE (path = '{{folder}}/events-*.jsonl', partitions = 'file') FORMAT JSON"
            + (f"\nEVENT TIME {time} WATERMARK 1s" if time else "") + ";\n")


def table(data):
    types = {"STRING": "VARCHAR", "INT": "INTEGER"}
    columns = []
    for column in LOGS[data][0].replace("(12, 2)", "(12,2)").split(", "):
        name, kind = column.split()
        columns.append(f"{name}: '{types.get(kind, kind)}'")
    return f"read_json({{files}}, format = 'newline_delimited', columns = {{{{{', '.join(columns)}}}}})"


READINGS = table("readings")
TOTALS = "COUNT(*) AS readings, SUM(value) AS total"


def groups(name, events=0):
    return Query(name, source(name), f"SELECT key, COUNT(*) AS rows, SUM(value) AS total FROM events GROUP BY key",
                 f"SELECT key, COUNT(*) AS rows, SUM(value) AS total FROM {table(name)} GROUP BY key", events)


QUERIES = {
    # A campaign has ten ads; the original looks it up in a table.
    "ysb": Query("ysb", source("ysb", "event_time"),
                 """SELECT CAST(substr(ad_id, 4) AS INT) / 10 AS campaign, window_start, COUNT(*) AS views
                    FROM TUMBLE(events, 10s) WHERE event_type = 'view' GROUP BY CAST(substr(ad_id, 4) AS INT) / 10, window_start""",
                 f"""SELECT CAST(substr(ad_id, 4) AS INT) // 10 AS campaign, time_bucket(INTERVAL 10 SECOND, event_time)
                       AS window_start, COUNT(*) AS views FROM {table("ysb")} WHERE event_type = 'view' GROUP BY ALL"""),
    "tumble5m": Query("readings", source("readings", "ts"),
                      f"SELECT sensor, window_start, {TOTALS} FROM TUMBLE(events, 5m) GROUP BY sensor, window_start",
                      f"SELECT sensor, time_bucket(INTERVAL 5 MINUTE, ts) AS window_start, {TOTALS} FROM {READINGS} GROUP BY ALL"),
    # DuckDB's fastest way: totals of seconds first, then of the 300 windows that each second is in.
    "hop5m": Query("readings", source("readings", "ts"),
                   f"SELECT sensor, window_start, {TOTALS} FROM HOP(events, 5m EVERY 1s) GROUP BY sensor, window_start",
                   f"""WITH s AS (SELECT sensor, time_bucket(INTERVAL 1 SECOND, ts) AS second, COUNT(*) AS n, SUM(value) AS t
                         FROM {READINGS} GROUP BY ALL),
                       w AS (SELECT sensor, second - INTERVAL 1 SECOND * o AS window_start, n, t
                         FROM s, (SELECT unnest(range(0, 300)) AS o))
                       SELECT sensor, window_start, CAST(SUM(n) AS BIGINT) AS readings, SUM(t) AS total FROM w GROUP BY ALL"""),
    "groups1k": groups("keys-1000"),
    "groups1m": groups("keys-1000000"),
    "groups10m": groups("keys-all", 10_000_000),
}
