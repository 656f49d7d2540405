#!/usr/bin/env python3
"""flowc dlq replay from a topic of dead letters, and into the topic that a pipeline reads: each letter once, also if
the replay is killed.

FLOWC names the program under test; FLOW_KAFKA the broker (else tools/kafka/start is asked).
"""
import collections
import json
import os
import random
import subprocess
import tempfile
import time
import unittest
import uuid

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FLOWC = os.path.abspath(os.environ.get("FLOWC", os.path.join(ROOT, "build/release/tools/flowc/flowc")))
SEED = int(os.environ.get("FLOW_SEED", str(int(time.time()))))
SLOW = int(os.environ.get("FLOW_SLOWNESS", "1"))
LETTERS = 20_000 // SLOW

MAIN = """
SOURCE log (id INT, a STRING) FROM FILE (path = 'log.jsonl') FORMAT JSON
DEAD LETTER TO KAFKA (brokers = '%(kafka)s', topic = '%(dead)s');
VIEW numbers AS SELECT id, CAST(a AS INT) AS a FROM log;
SINK s FROM numbers INTO FILE (path = 'numbers.jsonl') FORMAT JSON;
"""
MENDED = """
SOURCE log (id INT, a STRING) FROM FILE (path = 'log.jsonl') FORMAT JSON;
VIEW numbers AS SELECT id, length(a) AS a FROM log;
SINK s FROM numbers INTO FILE (path = 'mended.jsonl') FORMAT JSON;
SINK k FROM numbers INTO KAFKA (brokers = '%(kafka)s', topic = '%(mended)s') FORMAT JSON;
"""
READ_BACK = """
SOURCE mended (id INT, a INT) FROM KAFKA (brokers = '%(kafka)s', topic = '%(mended)s') FORMAT JSON;
VIEW v AS SELECT id, a FROM mended;
"""


class Replay(unittest.TestCase):
    def setUp(self):
        print(f"FLOW_SEED={SEED}", flush=True)
        self.random = random.Random(SEED)
        kafka = os.environ.get("FLOW_KAFKA") or subprocess.run(
            [os.path.join(ROOT, "tools/kafka/start")], capture_output=True, text=True, check=True).stdout.split()[-1]
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        run = uuid.uuid4().hex[:12]
        self.names = {"kafka": kafka, "dead": f"dead-{run}", "mended": f"mended-{run}"}
        for topic in ("dead", "mended"):
            subprocess.run([os.path.join(ROOT, "tools/kafka/topic"), self.names[topic], "3"], check=True, capture_output=True,
                           env={**os.environ, "FLOW_KAFKA": kafka})
        for name, text in (("main", MAIN), ("mended", MENDED), ("back", READ_BACK)):
            with open(os.path.join(self.folder, name + ".flow"), "w", encoding="utf-8") as out:
                out.write(text % self.names)
        self.replay = ["dlq", "replay", "mended.flow", "--letters", f"kafka://{kafka}/{self.names['dead']}"]
        self.logged = 0

    def flowc(self, *arguments):
        run = subprocess.run([FLOWC, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=120 * SLOW)
        self.assertEqual(0, run.returncode, run.stderr)
        return run.stdout

    def main(self, rows):
        path = os.path.join(self.folder, "log.jsonl")
        with open(path, "a", encoding="utf-8") as out:
            for i in range(self.logged, self.logged + rows):
                out.write('{"id":%d,"a":"%s"}\n' % (i, "x" * (i % 5) if i % 2 else "7"))
        self.logged += rows
        self.flowc("run", "main.flow", "--state", "main", "--stop-at", f"log.jsonl={os.path.getsize(path)}")

    def expect(self):
        wanted = {i: 1 for i in range(self.logged) if i % 2}
        with open(os.path.join(self.folder, "mended.jsonl"), encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        self.assertEqual(wanted, dict(collections.Counter(row["id"] for row in rows)))
        rows = [json.loads(line) for line in self.flowc("run", "back.flow", "--mode", "batch", "--format", "json").splitlines()]
        self.assertEqual(wanted, dict(collections.Counter(row["id"] for row in rows)))
        self.assertTrue(all(row["a"] == row["id"] % 5 for row in rows))

    def test_each_letter_once(self):
        self.main(40)
        self.flowc(*self.replay)
        self.expect()
        self.main(2 * LETTERS)
        for _ in range(3):
            process = subprocess.Popen([FLOWC, *self.replay], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(self.random.uniform(0.2, 1.5))
            process.kill()
            process.wait()
        self.flowc(*self.replay)
        self.expect()
        self.flowc(*self.replay)
        self.expect()


if __name__ == "__main__":
    unittest.main()
