#!/usr/bin/env python3
"""One clickstream in a real Kafka topic of four partitions and in four files: stream and batch over
both give the same bits, at the end and at random frontiers.

FLOWC and CLICKGEN name the programs under test, FLOW_KAFKA the broker (else tools/kafka/start is asked).
FLOW_SEED makes other frontiers.
"""
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import uuid

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FLOWC = os.path.abspath(os.environ.get("FLOWC", os.path.join(ROOT, "build/release/tools/flowc/flowc")))
CLICKGEN = os.path.abspath(os.environ.get("CLICKGEN", os.path.join(ROOT, "build/release/tools/clicks/clickgen")))
SEED = int(os.environ.get("FLOW_SEED", "1"))
SLOW = int(os.environ.get("FLOW_SLOWNESS", "1"))  # sanitized builds: feed less
EVENTS, PARTITIONS, FRONTIERS = 40_000 // SLOW, 4, 6 if SLOW == 1 else 2

VIEWS = """
FORMAT JSON
EVENT TIME ts WATERMARK 10s;
VIEW page_metrics AS
SELECT page, window_start, COUNT(*) AS views, COUNT(user_id) AS known, SUM(revenue) AS revenue
FROM TUMBLE(clicks, 1m) GROUP BY page, window_start
ALLOW LATENESS 1m LATE TO late_clicks EMIT ON CLOSE;
VIEW recent AS SELECT country, window_start, COUNT(*) AS n FROM HOP(clicks, 5m EVERY 1m) GROUP BY country, window_start;
VIEW late_by_country AS SELECT country, COUNT(*) AS late FROM late_clicks GROUP BY country;
VIEW countries AS SELECT country, COUNT(*) AS n, SUM(revenue) AS revenue, MAX(ts) AS last FROM clicks GROUP BY country;
VIEW sizes AS SELECT views, COUNT(*) AS minutes FROM page_metrics GROUP BY views;
"""
COLUMNS = "user_id BIGINT, page STRING, country STRING, revenue DECIMAL(12, 2), ts TIMESTAMP"


def broker():
    if os.environ.get("FLOW_KAFKA"):
        return os.environ["FLOW_KAFKA"]
    out = subprocess.run([os.path.join(ROOT, "tools/kafka/start")], capture_output=True, text=True, check=True)
    return out.stdout.split()[-1]


class Clicks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = cls.temporary.name
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.broker, cls.topic = broker(), "clicks-" + uuid.uuid4().hex[:12]
        subprocess.run([CLICKGEN, cls.folder, "--events", str(EVENTS), "--seed", str(SEED)], check=True)
        cls.files = cls.write("files.flow", f"SOURCE clicks ({COLUMNS}) FROM FILE (path = '{cls.folder}/clicks-*.jsonl', "
                              f"partitions = 'file') {VIEWS}")
        cls.kafka = cls.write("topic.flow", f"SOURCE clicks ({COLUMNS}) FROM KAFKA (brokers = '{cls.broker}', "
                              f"topic = '{cls.topic}') {VIEWS}")
        subprocess.run([os.path.join(ROOT, "tools/kafka/topic"), cls.topic, str(PARTITIONS)], check=True)
        subprocess.run([FLOWC, "datagen", cls.files, "--brokers", cls.broker, "--topic", cls.topic], check=True)
        # where each record of a file begins
        cls.positions = []
        for p in range(PARTITIONS):
            with open(os.path.join(cls.folder, f"clicks-{p}.jsonl"), "rb") as file:
                at, begins = 0, []
                for line in file:
                    begins.append(at)
                    at += len(line)
                cls.positions.append(begins + [at])

    @classmethod
    def write(cls, name, text):
        path = os.path.join(cls.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def digest(self, flow, *arguments):
        run = subprocess.run([FLOWC, "run", flow, "--digest", *arguments], capture_output=True, text=True, timeout=300)
        self.assertEqual(0, run.returncode, run.stderr)
        self.assertEqual(5, len(run.stdout.splitlines()))
        return run.stdout

    def test_at_the_end(self):
        expected = self.digest(self.files, "--mode", "batch", "--workers", "1")
        self.assertNotIn(" 0 00000000", expected)
        for flow in (self.files, self.kafka):
            for workers in ("1", "3"):
                for mode in (["--mode", "batch"], ["--mode", "stream", "--until-end"]):
                    self.assertEqual(expected, self.digest(flow, *mode, "--workers", workers), (flow, mode, workers))

    def test_at_frontiers(self):
        dice = random.Random(SEED)
        for _ in range(FRONTIERS):
            # now and then a partition of which nothing, or all, is in
            counts = [dice.choice([0, 0, len(p) - 1] + [dice.randrange(len(p)) for _ in range(9)]) for p in self.positions]
            by_record = ",".join([f"clicks:0={counts[0]}"] + [f"{p}={n}" for p, n in enumerate(counts) if p])
            by_byte = ",".join(f"clicks-{p}.jsonl={self.positions[p][n]}" for p, n in enumerate(counts))
            expected = self.digest(self.files, "--mode", "batch", "--to", by_byte)
            self.assertEqual(expected, self.digest(self.files, "--mode", "stream", "--stop-at", by_byte), by_byte)
            self.assertEqual(expected, self.digest(self.kafka, "--mode", "batch", "--to", by_record), by_record)
            self.assertEqual(expected, self.digest(self.kafka, "--mode", "stream", "--stop-at", by_record), by_record)

    def test_live(self):
        """A stream that is interrupted while it waits for more has the table of what it read."""
        process = subprocess.Popen([FLOWC, "run", self.kafka, "--mode", "stream", "--view", "countries", "--format", "json"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        watchdog = threading.Timer(120, process.kill)
        watchdog.start()
        rows = {}
        deadline = time.monotonic() + 60
        while sum(row["n"] for row in rows.values()) < EVENTS - 5 and time.monotonic() < deadline:
            change = json.loads(process.stdout.readline())
            if change["op"] == "upsert":
                rows[change["row"]["country"]] = change["row"]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
        watchdog.cancel()
        self.assertEqual(0, process.returncode, errors)
        run = subprocess.run([FLOWC, "run", self.files, "--mode", "batch", "--view", "countries", "--format", "json"],
                             capture_output=True, text=True, check=True)
        expected = [json.loads(line) for line in run.stdout.splitlines()]
        self.assertEqual(sorted(expected, key=lambda r: r["country"]), sorted(rows.values(), key=lambda r: r["country"]))


if __name__ == "__main__":
    sys.exit(unittest.main())
