#!/usr/bin/env python3
"""State that does not fit: resident memory stays within a quarter of --memory while the state is ten times as large,
for keys that come evenly and keys of which few come often; and two days of one-minute windows with late rows.
Prints rates and memory; growth is over the same pipeline with a few keys.

FLOWC names the program under test.
    tests/perf/budget_test.py [Budget.test_name...]     in half an hour or more
    FLOW_BUDGET_ROWS=4000000 tests/perf/budget_test.py    a state that is smaller, in less time
"""
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
FLOWC = os.path.abspath(os.environ.get("FLOWC", os.path.join(ROOT, "build/release/tools/flowc/flowc")))
MEGABYTE = 1 << 20
BUDGET = 64
ENTRY = 46  # bytes of an entry below, with its share of the table
KEYS = 20_000_000
ROWS = int(os.environ.get("FLOW_BUDGET_ROWS", "32000000"))
WINDOWS = 2 * 24 * 60
WINDOW_KEYS = 1000

KEYED = """
SOURCE r (k BIGINT, x DECIMAL(12, 2)) FROM FILE (path = '{path}') FORMAT CSV;
VIEW v AS SELECT k, COUNT(*) AS n, SUM(x) AS total FROM r GROUP BY k;
"""
# Its sink has few rows, so that only state takes memory.
KEPT = KEYED + """
VIEW w AS SELECT n, COUNT(*) AS keys, SUM(total) AS total FROM v GROUP BY n;
SINK s FROM w INTO CHECKSUM;
"""
WINDOWED = """
SOURCE r (k BIGINT, x DECIMAL(12, 2), ts TIMESTAMP) FROM FILE (path = '{path}') FORMAT CSV EVENT TIME ts WATERMARK 1m;
VIEW v AS SELECT k, window_start, COUNT(*) AS n, SUM(x) AS total FROM TUMBLE(r, 1m) GROUP BY k, window_start
ALLOW LATENESS 2d;
"""


def write_keys(path, rows, key):
    with open(path, "w", encoding="ascii") as out:
        out.write("k,x\n")
        for _ in range(rows // 10_000):
            out.write("".join(f"{key()},1.25\n" for _ in range(10_000)))


def even(keys):
    return lambda: random.randrange(keys)


def skewed(keys):
    """The key of rank r comes in proportion to 1/r; ranks are spread over the keys."""
    return lambda: int(keys ** random.random()) * 2_654_435_761 % keys


def few(path):
    write_keys(path, 2_000_000, even(100))


def time_text(minute, second):
    return f"2026-01-{1 + minute // 1440:02}T{minute // 60 % 24:02}:{minute % 60:02}:{second:02}Z"


def write_windows(path):
    """How many rows: each window and key once, and of 20 rows one that is up to two days late."""
    rows = 0
    with open(path, "w", encoding="ascii") as out:
        out.write("k,x,ts\n")
        for minute in range(WINDOWS):
            for key in range(WINDOW_KEYS):
                out.write(f"{key},1.25,{time_text(minute, 30)}\n")
                rows += 1
                if key % 20 == 0:
                    out.write(f"{random.randrange(WINDOW_KEYS)},1.25,{time_text(random.randint(0, minute), 10)}\n")
                    rows += 1
    return rows


class Budget(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        random.seed(4)
        cls.folder = tempfile.TemporaryDirectory(prefix="flow-budget-", dir=os.environ.get("TMPDIR"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def run_flow(self, text, *options):
        """The ledger's line, the stats, the digests: of sinks, if there are some, or else of views."""
        with open(self.path("x.flow"), "w", encoding="ascii") as out:
            out.write(text)
        run = subprocess.run(
            [FLOWC, "run", self.path("x.flow"), "--until-end", "--format", "json", "--stats",
             *([] if "SINK" in text else ["--digest"]), *options],
            capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        lines = [json.loads(line) for line in run.stderr.splitlines() if line.startswith("{")]
        ledger = next(line for line in lines if "ledger" in line)
        stats = next(line["stats"] for line in lines if "stats" in line)
        sinks = [line for line in run.stderr.splitlines() if line.startswith("w ")]
        return ledger, stats, run.stdout or "\n".join(sinks)

    def measure(self, name, text, base, *options):
        ledger, stats, digest = self.run_flow(text, *options)
        growth = (ledger["peak_rss"] - base) / MEGABYTE
        print(f"{name:<28} {ledger['rows'] * 1e6 / ledger['wall_us'] / 1e3:8.0f} K rows/s "
              f"({ledger['rows'] * 1e6 / ledger['cpu_us'] / 1e3:.0f} K a CPU second), growth {growth:6.0f} MB, "
              f"groups {stats['groups']}, cold {stats['cold_groups']}, evictions {stats['evictions']}, "
              f"read back {stats['cold_reads']}", flush=True)
        return growth, ledger, stats, digest

    def base(self, text, write, *options):
        """Resident memory of the same pipeline, with the same options, over few keys."""
        write(self.path("small.csv"))
        ledger, _, _ = self.run_flow(text.format(path=self.path("small.csv")), "--memory", f"{BUDGET}MB", *options)
        return ledger["peak_rss"]

    def keyed(self, name, key):
        base = self.base(KEYED, few)
        write_keys(self.path("keys.csv"), ROWS, key)
        text = KEYED.format(path=self.path("keys.csv"))
        _, _, _, digest = self.measure(name + ", all in memory", text, base)
        growth, _, stats, cold_digest = self.measure(name, text, base, "--memory", f"{BUDGET}MB")
        self.assertEqual(digest, cold_digest)
        self.assertLessEqual(growth, BUDGET * 1.25)
        return stats

    def test_even(self):
        stats = self.keyed("even", even(KEYS))
        if 5 * ROWS >= 8 * KEYS:
            self.assertGreaterEqual(stats["groups"] * ENTRY, 10 * BUDGET * MEGABYTE)

    def test_skewed(self):
        self.keyed("skewed", skewed(KEYS))

    def kept(self, name, key):
        """With --state: what is being saved and folded is in memory, too."""
        state = ("--state", self.path("state"), "--reset-state")
        base = self.base(KEPT, few, *state)
        write_keys(self.path("keys.csv"), ROWS, key)
        text = KEPT.format(path=self.path("keys.csv"))
        _, _, digest = self.run_flow(text, "--state", "none")
        growth, _, _, kept_digest = self.measure(name + ", with --state", text, base, "--memory", f"{BUDGET}MB",
                                                 *state)
        self.assertTrue(digest)
        self.assertEqual(digest, kept_digest)
        self.assertLessEqual(growth, BUDGET * 1.25)

    def test_even_kept(self):
        self.kept("even", even(KEYS))

    def test_skewed_kept(self):
        self.kept("skewed", skewed(KEYS))

    def test_windows(self):
        def small(path):
            with open(path, "w", encoding="ascii") as out:
                out.write("k,x,ts\n" + f"1,1.25,{time_text(0, 30)}\n" * 1_000_000)
        base = self.base(WINDOWED, small)
        rows = write_windows(self.path("windows.csv"))
        text = WINDOWED.format(path=self.path("windows.csv"))
        _, _, stats, digest = self.measure("windows, all in memory", text, base)
        self.assertEqual(stats["groups"], 0)  # at the end all are closed and freed
        growth, ledger, stats, cold_digest = self.measure("windows", text, base, "--memory", "128MB")
        self.assertEqual(digest, cold_digest)
        self.assertEqual(digest.split()[1], str(WINDOWS * WINDOW_KEYS))
        path = ledger["ledger"]["paths"][0]
        self.assertEqual((path["accepted"], path["late"], path["dead"]), (rows, 0, 0))
        self.assertGreater(stats["cold_reads"], 0)
        self.assertLessEqual(growth, 192)


if __name__ == "__main__":
    if sys.platform != "linux":
        sys.exit("needs Linux")
    unittest.main()
