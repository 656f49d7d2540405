#!/usr/bin/env python3
"""flowc peek and flowc new --from on topics. FLOWC names the program under test; FLOW_KAFKA the broker (else
tools/kafka/start is asked)."""
import json
import os
import subprocess
import tempfile
import unittest
import uuid

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FLOWC = os.path.abspath(os.environ.get("FLOWC", os.path.join(ROOT, "build/release/tools/flowc/flowc")))
FLOW = """SOURCE events (id INT, ts TIMESTAMP, price DECIMAL(6, 2))
FROM FILE (path = 'events-*.jsonl', partitions = 'file') FORMAT JSON EVENT TIME ts WATERMARK 10s;
VIEW v AS SELECT id FROM events;
"""


class Peek(unittest.TestCase):
    def setUp(self):
        kafka = os.environ.get("FLOW_KAFKA") or subprocess.run(
            [os.path.join(ROOT, "tools/kafka/start")], capture_output=True, text=True, check=True).stdout.split()[-1]
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.topic = "peek-" + uuid.uuid4().hex[:12]
        self.place = f"kafka://{kafka}/{self.topic}"
        subprocess.run([os.path.join(ROOT, "tools/kafka/topic"), self.topic, "2"], check=True,
                       capture_output=True, env={**os.environ, "FLOW_KAFKA": kafka})
        for partition in (0, 1):
            with open(os.path.join(self.folder, f"events-{partition}.jsonl"), "w", encoding="utf-8") as file:
                for i in range(50):
                    file.write(json.dumps({"id": 2 * i + partition, "ts": f"2026-01-01 00:{i % 50:02d}:00",
                                           "price": 1.25 if i % 2 else None}) + "\n")
        with open(os.path.join(self.folder, "x.flow"), "w", encoding="utf-8") as file:
            file.write(FLOW)
        self.flowc("datagen", "x.flow", "--brokers", kafka, "--topic", self.topic)
        self.kafka = kafka

    def flowc(self, *arguments):
        run = subprocess.run([FLOWC, *arguments], capture_output=True, text=True, timeout=120, cwd=self.folder)
        self.assertEqual(0, run.returncode, run.stderr)
        return run.stdout

    def test_records(self):
        rows = [json.loads(line) for line in self.flowc("peek", self.place, "-n", "6", "--format", "json").splitlines()]
        self.assertEqual([(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)], [(r["partition"], r["offset"]) for r in rows])
        self.assertEqual(1, json.loads(rows[3]["raw"])["id"])
        self.assertTrue(all("timestamp" in row for row in rows))
        # All there are now; it ends.
        self.assertEqual(100, len(self.flowc("peek", self.place, "-n", "-1").splitlines()))

    def test_new(self):
        self.flowc("new", "new.flow", "--from", self.place)
        self.flowc("fmt", "--check", "new.flow")
        with open(os.path.join(self.folder, "new.flow"), encoding="utf-8") as file:
            text = file.read()
        self.assertIn("id    BIGINT,", text)
        self.assertIn("price DECIMAL(12, 2)", text)
        self.assertIn("EVENT TIME ts WATERMARK 10s", text)
        self.assertNotIn("NOT NULL", text)  # nobody knows what will come
        rows = self.flowc("run", "new.flow", "--mode", "batch", "--state", "none", "--format", "json").splitlines()
        self.assertEqual(100, sum(json.loads(row)["records"] for row in rows))
        peeked = self.flowc("peek", "new.flow", "--errors", "-n", "-1")
        self.assertEqual("", peeked)


if __name__ == "__main__":
    unittest.main()
