"""Generated clicks: two partitions as files of JSON lines, and the same in DuckDB."""
import json
import os
import random
from datetime import datetime, timedelta

SOURCE = """
SOURCE t (
  id BIGINT NOT NULL, page STRING, user_id INT, n INT, big BIGINT, amount DECIMAL(10, 2), wide DECIMAL(18, 4),
  x DOUBLE, flag BOOLEAN, day DATE, name STRING, ts TIMESTAMP
)
FROM FILE (path = '{folder}/t-*.jsonl', partitions = 'file') FORMAT JSON
EVENT TIME ts WATERMARK 20s;
"""
COLUMNS = ("{{id: 'BIGINT', page: 'VARCHAR', user_id: 'INTEGER', n: 'INTEGER', big: 'BIGINT', amount: 'DECIMAL(10,2)', "
           "wide: 'DECIMAL(18,4)', x: 'DOUBLE', flag: 'BOOLEAN', day: 'DATE', name: 'VARCHAR', ts: 'TIMESTAMP'}}")
# M is the greatest event time before the row, in the order of the file; W is M - 20 s.
RELATION = """
CREATE TABLE w AS
SELECT *, max(ts) OVER (PARTITION BY p ORDER BY o ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) - INTERVAL 20 SECOND
       AS watermark
FROM ({parts})
"""
PART = "SELECT {p} AS p, row_number() OVER () AS o, * FROM read_json('{file}', format = 'newline_delimited', columns = " + COLUMNS + ")"
NAMES = ["bob", "ann", "banana", " dot ", "a b c", "", "12", "x%y_z", "äöü", "jan van"]


def generate(folder, seed, rows):
    """Writes the files; returns their paths."""
    paths = []
    for p in range(2):
        random_ = random.Random(seed * 10 + p)
        maybe = lambda value: None if random_.random() < 0.1 else value
        now = datetime(2026, 3, 1) + timedelta(seconds=p * 7)
        path = os.path.join(folder, f"t-{p}.jsonl")
        with open(path, "w", encoding="utf-8") as file:
            for i in range(rows):
                now += timedelta(milliseconds=random_.randrange(0, 900))
                late = random_.choice([0, 0, 0, 0, 2, 9, 30, 70, 200])
                row = {
                    "id": i * 2 + p,
                    "page": random_.choice(["/", "/shop", "/cart", "/pay", None]),
                    "user_id": maybe(int(random_.expovariate(0.05))),
                    "n": maybe(random_.randrange(-20, 100)),
                    "big": maybe(random_.randrange(-2**40, 2**40)),
                    "amount": maybe("@%d.%02d@" % (random_.randrange(0, 90), random_.randrange(100))),
                    "wide": maybe("@%d.%04d@" % (random_.randrange(-10**6, 10**6), random_.randrange(10**4))),
                    "x": maybe(random_.choice([random_.uniform(-1e3, 1e3), random_.gauss(0, 1e-3), float(random_.randrange(9))])),
                    "flag": maybe(random_.random() < 0.5),
                    "day": maybe(str((datetime(2024, 2, 20) + timedelta(days=random_.randrange(20))).date())),
                    "name": maybe(random_.choice(NAMES)),
                    "ts": (now - timedelta(seconds=late)).isoformat(sep=random_.choice(" T")),
                }
                # numbers with a point are written as they are, not as a binary fraction
                file.write(json.dumps(row, ensure_ascii=False).replace('"@', "").replace('@"', "") + "\n")
        paths.append(path)
    return paths


def load(database, paths):
    """Makes the relation `w` in DuckDB."""
    parts = " UNION ALL ".join("(" + PART.format(p=p, file=path) + ")" for p, path in enumerate(paths))
    database.execute("SET threads = 1")
    database.execute("SET preserve_insertion_order = true")
    database.execute(RELATION.format(parts=parts))
