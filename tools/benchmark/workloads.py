"""What is measured: for each query its log, its source and views in .flow, and the same in DuckDB's SQL."""
from typing import NamedTuple


class Query(NamedTuple):
    """In `source`, which may declare views too, {folder} is where the log is; in `sql`, {files} are its files."""
    data: str
    source: str
    view: str
    sql: str
    events: int = 0  # of the log, if the number of groups depends on it


CLICKS_SOURCE = """
SOURCE clicks (user_id BIGINT, page STRING, country STRING, revenue DECIMAL(12, 2), ts TIMESTAMP)
FROM FILE (path = '{folder}/clicks-*.jsonl', partitions = 'file') FORMAT JSON
EVENT TIME ts WATERMARK 400s;
"""
CLICKS_TABLE = ("read_json({files}, format = 'newline_delimited', ignore_errors = true, columns = {{user_id: 'BIGINT', "
                "page: 'VARCHAR', country: 'VARCHAR', revenue: 'DECIMAL(12,2)', ts: 'TIMESTAMP'}})")


CLICKS = {
    "clicks": Query("clicks", CLICKS_SOURCE,
                    """SELECT page, window_start, COUNT(*) AS views, COUNT(user_id) AS known, SUM(revenue) AS revenue
                       FROM TUMBLE(clicks, 1m) GROUP BY page, window_start""",
                    f"""SELECT page, time_bucket(INTERVAL 1 MINUTE, ts) AS window_start, COUNT(*) AS views,
                        COUNT(user_id) AS known, SUM(revenue) AS revenue FROM {CLICKS_TABLE} WHERE ts IS NOT NULL GROUP BY ALL"""),
    "countries": Query("clicks", CLICKS_SOURCE,
                       "SELECT country, COUNT(*) AS views, SUM(revenue) AS revenue FROM clicks GROUP BY country",
                       f"""SELECT country, COUNT(*) AS views, SUM(revenue) AS revenue FROM {CLICKS_TABLE} WHERE ts IS NOT NULL
                           GROUP BY country"""),
}
