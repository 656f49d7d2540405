#!/usr/bin/env python3
"""OVERLOAD SHED on a real Kafka: a stream that can not keep up leaves out ranges of offsets, is killed meanwhile, and
what it has is at any time what a batch gives that reads its decisions: tables and ledger.

FLOWC names the program under test; FLOW_KAFKA the broker (else tools/kafka/start is asked).
"""
import json
import os
import random
import signal
import subprocess
import tempfile
import time
import unittest
import uuid

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FLOWC = os.path.abspath(os.environ.get("FLOWC", os.path.join(ROOT, "build/release/tools/flowc/flowc")))
SEED = int(os.environ.get("FLOW_SEED", str(int(time.time()))))
SLOW = int(os.environ.get("FLOW_SLOWNESS", "1"))
STATE = ".flow/x/stream"  # where a batch looks for decisions
ROWS = 4000  # at once; a stream takes 1,000 a second

PIPELINE = """
SOURCE rows (n INT, ts TIMESTAMP) FROM KAFKA (brokers = '%s', topic = '%s') FORMAT JSON
EVENT TIME ts WATERMARK 5s %s;
VIEW minutes AS SELECT window_start, COUNT(*) AS rows, SUM(n) AS total FROM TUMBLE(rows, 1m) GROUP BY window_start;
VIEW total AS SELECT COUNT(*) AS rows, SUM(n) AS total FROM rows;
SINK minutes_sum FROM minutes INTO CHECKSUM;
SINK total_sum FROM total INTO CHECKSUM;
"""
FEED = """
SOURCE log (n INT, ts TIMESTAMP) FROM FILE (path = 'log.jsonl') FORMAT JSON;
VIEW v AS SELECT n, ts FROM log;
SINK out FROM v INTO KAFKA (brokers = '%s', topic = '%s') FORMAT JSON;
"""


class Shed(unittest.TestCase):
    def setUp(self):
        print(f"FLOW_SEED={SEED}", flush=True)
        self.random = random.Random(SEED)
        self.kafka = os.environ.get("FLOW_KAFKA") or subprocess.run(
            [os.path.join(ROOT, "tools/kafka/start")], capture_output=True, text=True, check=True).stdout.split()[-1]
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.topic = "shed-" + uuid.uuid4().hex[:12]
        subprocess.run([os.path.join(ROOT, "tools/kafka/topic"), self.topic, "2"], check=True, capture_output=True,
                       env={**os.environ, "FLOW_KAFKA": self.kafka})
        self.write("feed.flow", FEED % (self.kafka, self.topic))
        self.fed = 0
        self.process = None
        self.addCleanup(self.kill)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as out:
            out.write(text)

    def flowc(self, *arguments, code=0):
        run = subprocess.run([FLOWC, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=120 * SLOW)
        self.assertEqual(code, run.returncode, run.stderr)
        return run

    def feed(self, rows):
        """Records with keys of none: librdkafka spreads them. With transactions, so that offsets have holes."""
        self.write("log.jsonl", "".join('{"n":%d,"ts":"2026-01-01T%02d:%02d:%02dZ"}\n' % (i, i // 3600 % 24, i // 60 % 60, i % 60)
                                        for i in range(self.fed, self.fed + rows)))
        self.flowc("run", "feed.flow", "--mode", "batch", "--state", f"feed-{self.fed}")
        self.fed += rows

    def start(self):
        self.log = open(os.path.join(self.folder, "stderr"), "ab")
        self.process = subprocess.Popen([FLOWC, "run", "x.flow", "--state", STATE, "--epoch", "50ms"], cwd=self.folder,
                                        stdout=subprocess.DEVNULL, stderr=self.log)

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
            self.log.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(0, self.process.wait(timeout=60 * SLOW), self.stderr())
        self.log.close()
        self.process = None

    def stderr(self):
        with open(os.path.join(self.folder, "stderr"), encoding="utf-8") as file:
            return file.read()

    def status(self):
        return json.loads(self.flowc("status", STATE, "--format", "json").stdout)

    def ledger(self, run):
        for line in run.stderr.splitlines():
            if line.startswith('{"ledger"'):
                return json.loads(line)["ledger"]["sources"][0]
        self.fail(run.stderr)

    def test_overload(self):
        rate = "MAX RATE 1000 OVERLOAD SHED 1s"
        self.write("x.flow", PIPELINE % (self.kafka, self.topic, rate))
        self.write("y.flow", PIPELINE % (self.kafka, self.topic, ""))
        self.start()
        for _ in range(3):
            self.feed(ROWS)
            time.sleep(self.random.uniform(0.5, 2.5))
            self.kill()
            self.start()
        deadline = time.monotonic() + 60 * SLOW
        while True:
            self.assertLess(time.monotonic(), deadline, self.stderr())
            time.sleep(0.3)
            if not os.path.exists(os.path.join(self.folder, STATE, "CURRENT")):
                continue
            status = self.status()
            counts = status["sources"][0]["counts"]
            if counts["read"] >= self.fed and all(p["lag"] == 0 for p in status["partitions"]):
                break
        self.stop()
        status = self.status()
        counts = status["sources"][0]["counts"]
        self.assertGreater(counts["shed"], 0)
        self.assertLess(counts["decoded"], self.fed)
        self.assertEqual(counts["read"], counts["decoded"] + counts["dead"] + counts["shed"])
        self.assertGreater(status["decisions"], 0)
        self.assertIn("overload: source rows partition", self.stderr())
        # A batch up to there, by the same file: the same tables and the same ledger.
        batch = self.flowc("run", "x.flow", "--mode", "batch", "--to", "stream", "--state", "none", "--digest", "--format", "json")
        digests = {line.split()[0]: line.split()[1:] for line in batch.stdout.splitlines()}
        self.assertEqual({"minutes", "total"}, set(status["digests"]))
        for view, digest in status["digests"].items():
            self.assertEqual([str(digest["rows"]), digest["hash"]], digests[view], view)
        self.assertEqual({k: counts[k] for k in ("read", "decoded", "dead", "shed")},
                         {k: self.ledger(batch)[k] for k in ("read", "decoded", "dead", "shed")})
        # Without its decisions the log is whole.
        whole = self.ledger(self.flowc("run", "y.flow", "--mode", "batch", "--state", "none", "--digest", "--format", "json"))
        self.assertEqual((self.fed, 0), (whole["decoded"], whole["shed"]))


if __name__ == "__main__":
    unittest.main()
