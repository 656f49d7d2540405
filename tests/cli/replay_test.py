"""flowc dlq replay: dead letters of a state and of files through a mended file, each once, also if it is killed.

FLOWC names the program under test. FLOW_SEED makes other kills, FLOW_KILLS more of them.
"""
import collections
import json
import os
import random
import subprocess
import tempfile
import time
import unittest

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))
SEED = int(os.environ.get("FLOW_SEED", str(int(time.time()))))
KILLS = int(os.environ.get("FLOW_KILLS", "8"))
SLOW = int(os.environ.get("FLOW_SLOWNESS", "1"))

SOURCE = """
SOURCE log (id INT, a STRING, b INT, p INT META partition, o BIGINT META offset, ts TIMESTAMP)
FROM FILE (path = 'log-*.jsonl', partitions = 'file') FORMAT JSON EVENT TIME ts WATERMARK 0s %s;
"""
# A record can die on both ways.
BROKEN = SOURCE + """
VIEW numbers AS SELECT id, CAST(a AS INT) AS a, p, o FROM log;
VIEW ratios AS SELECT id, 12 / b AS ratio, p, o FROM log;
SINK n FROM numbers INTO FILE (path = 'numbers.jsonl') FORMAT JSON;
SINK r FROM ratios INTO FILE (path = 'ratios.jsonl') FORMAT JSON;
"""
MENDED = SOURCE + """
VIEW numbers AS SELECT id, TRY_CAST(a AS INT) AS a, p, o FROM log;
VIEW ratios AS SELECT id, CASE WHEN b <> 0 THEN 12 / b END AS ratio, p, o FROM log;
SINK n FROM numbers INTO FILE (path = 'mended-numbers.jsonl') FORMAT JSON;
SINK r FROM ratios INTO FILE (path = 'mended-ratios.jsonl') FORMAT JSON;
"""


class Replay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"FLOW_SEED={SEED}", flush=True)

    def setUp(self):
        self.random = random.Random(SEED)
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.offsets = {}  # of a record by its id: (partition, offset)
        self.next_id = 0
        self.write("mended.flow", MENDED % "")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)

    def flowc(self, *arguments, code=0):
        run = subprocess.run([FLOWC, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=120 * SLOW)
        self.assertEqual(code, run.returncode, run.stderr)
        return run

    def replay(self, *arguments, letters="main", file="mended.flow", code=0):
        return self.flowc("dlq", "replay", file, "--letters", letters, *arguments, code=code)

    def rows(self, name):
        if not os.path.exists(self.path(name)):
            return []
        with open(self.path(name), encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def log(self, *records):
        """(a, b) each, or bytes as they are; in turns to two partitions. Returns their ids."""
        ids = []
        for record in records:
            partition = self.next_id % 2
            line = record if isinstance(record, bytes) else json.dumps(
                {"id": self.next_id, "a": record[0], "b": record[1], "ts": "2026-01-01 %02d:00:00" % (23 - self.next_id % 24)}).encode()
            with open(self.path(f"log-{partition}.jsonl"), "ab") as out:
                self.offsets[self.next_id] = (partition, out.tell())
                out.write(line + b"\n")
            ids.append(self.next_id)
            self.next_id += 1
        return ids

    def main(self, clause="", state="main", text=None):
        """Reads what is in the log, and could go on when there is more."""
        self.write("main.flow", (text or BROKEN) % clause)
        self.flowc("run", "main.flow", "--state", state, "--stop-at", ",".join(
            f"log-{p}.jsonl={os.path.getsize(self.path(f'log-{p}.jsonl'))}" for p in range(2)))

    def expect(self, numbers, ratios):
        """Exactly these ids, with the places where their records stood."""
        for name, ids in (("mended-numbers.jsonl", numbers), ("mended-ratios.jsonl", ratios)):
            rows = self.rows(name)
            self.assertEqual({i: 1 for i in ids}, dict(collections.Counter(row["id"] for row in rows)), name)
            for row in rows:
                self.assertEqual(self.offsets[row["id"]], (row["p"], row["o"]))

    def test_each_letter_goes_its_way_once(self):
        ok, bad_a, bad_b, both = self.log(("1", 2), ("x", 2), ("1", 0), ("x", 0))
        self.main()
        self.assertEqual([ok, bad_b], sorted(row["id"] for row in self.rows("numbers.jsonl")))
        self.replay()
        self.expect([bad_a, both], [bad_b, both])
        ledger = self.replay().stderr
        self.assertIn("log: read 4 = decoded 4 ", ledger)  # as before: nothing more
        self.assertIn("log -> numbers: decoded 2 = accepted 2 ", ledger)
        self.expect([bad_a, both], [bad_b, both])
        # More come: only they are replayed. Two bad in a row of one partition, a good one between.
        more = self.log(("y", 1), ("1", 1), ("z", 0))
        self.main()
        self.replay("--workers", "3")
        self.expect([bad_a, both, more[0], more[2]], [bad_b, both, more[2]])
        os.remove(self.path("mended-numbers.jsonl"))
        os.remove(self.path("mended-ratios.jsonl"))
        self.replay("--reset-state")
        self.expect([bad_a, both, more[0], more[2]], [bad_b, both, more[2]])

    def test_what_dies_again_is_a_dead_letter_of_the_replay(self):
        self.log(b"{broken", ("x", 1), b'{"id":7,"a":"\xff"}')
        self.main()
        self.replay("--state", "again")
        self.expect([1], [])
        self.assertIn("2 dead letters", self.flowc("dlq", "ls", "again").stdout)
        shown = [json.loads(line) for line in self.flowc("dlq", "show", "again").stdout.splitlines()]
        self.assertEqual([(0, self.offsets[0][1], "{broken"), (0, self.offsets[2][1], None)],
                         [(letter["partition"], letter["offset"], letter.get("raw")) for letter in shown])
        self.assertEqual("eyJpZCI6NywiYSI6Iv8ifQ==", shown[1]["raw_base64"])

    def test_letters_in_a_file(self):
        bad = self.log(("x", 0), ("x", 1), b"{broken", ("1", 1))
        self.main("DEAD LETTER TO FILE (path = 'dead.jsonl')")
        self.replay(letters="dead.jsonl")
        self.expect([bad[0], bad[1]], [bad[0]])
        more = self.log(("1", 0), ("u", 5))
        self.main("DEAD LETTER TO FILE (path = 'dead.jsonl')")
        self.replay(letters="dead.jsonl")
        self.expect([bad[0], bad[1], more[1]], [bad[0], more[0]])

    def test_killed_at_random(self):
        letters = [{"source": "log", "partition": i % 3, "offset": i, "view": ("numbers", "ratios", None)[i % 3], "error": "e",
                    "raw": json.dumps({"id": i, "a": "x", "b": 0, "ts": "2026-01-01 00:00:00"})} for i in range(60_000 // SLOW)]
        self.offsets = {i: (i % 3, i) for i in range(len(letters))}
        self.write("dead.jsonl", "".join(json.dumps(letter) + "\n" for letter in letters))
        killed = 0
        for _ in range(KILLS):
            process = subprocess.Popen([FLOWC, "dlq", "replay", "mended.flow", "--letters", "dead.jsonl"], cwd=self.folder,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(self.random.uniform(0.005, 0.15))
            killed += process.poll() is None
            process.kill()
            process.wait()
        self.replay(letters="dead.jsonl")
        self.assertGreater(killed, 0)
        self.expect([i for i in range(len(letters)) if i % 3 != 1], [i for i in range(len(letters)) if i % 3 != 0])

    def test_a_view_of_another_name(self):
        bad = self.log(("x", 1), ("x", 0), b"{broken", ("1", 0))
        self.main()
        self.write("repair.flow", SOURCE % "" + "VIEW repaired AS SELECT id, a FROM log;\nSINK s FROM repaired INTO FILE (path = 'repaired') FORMAT JSON;")
        refused = self.replay(file="repair.flow", code=3)
        self.assertIn("died on the way to `numbers`, which this file does not have", refused.stderr)
        self.assertIn("--view numbers", refused.stderr)
        # What one choice passes over is passed, so another choice is another state.
        self.replay("--view", "numbers", "--state", "other", file="repair.flow")
        self.assertEqual([bad[0], bad[1]], sorted(row["id"] for row in self.rows("repaired")))
        changed = self.replay("--view", "ratios", "--state", "other", file="repair.flow", code=4)
        self.assertIn("dead letters", changed.stderr)

    def test_letters_that_are_others_than_before(self):
        self.log(("x", 1), ("y", 1))
        self.main()
        self.replay()
        for p in range(2):
            os.remove(self.path(f"log-{p}.jsonl"))
        self.log(("z", 1), ("z", 1))
        self.main(state="newer")
        os.rename(self.path("main"), self.path("older"))
        os.rename(self.path("newer"), self.path("main"))
        self.assertIn("are not those that were replayed before", self.replay(code=3).stderr)

    def test_what_can_not_be_replayed(self):
        self.log(("x", 1), ("1", 1))
        self.main("DEAD LETTER TO FILE (path = 'dead.jsonl')")
        self.write("sums.flow", SOURCE % "" + "VIEW v AS SELECT a, COUNT(*) AS n FROM log GROUP BY a;")
        self.assertIn("of dead letters alone", self.replay(file="sums.flow", letters="dead.jsonl", code=2).stderr)
        self.write("same.flow", MENDED % "DEAD LETTER TO FILE (path = './dead.jsonl')")
        self.assertIn("to where they come from", self.replay(file="same.flow", letters="dead.jsonl", code=2).stderr)
        self.assertIn("is no log of dead letters", self.replay(letters="log-0.jsonl", code=3).stderr)
        self.assertIn("kafka://host:9092/topic", self.replay(letters="kafka://host", code=2).stderr)
        self.assertIn("nowhere", self.replay("--state", "n", letters="nowhere", code=3).stderr)
        self.write("rows.flow", "SOURCE log (n INT) FROM INLINE (VALUES (1));\nVIEW numbers AS SELECT n FROM log;")
        self.assertIn("no records that could be replayed", self.replay(file="rows.flow", letters="dead.jsonl", code=2).stderr)
        self.write("csv.flow", "SOURCE log (id INT) FROM FILE (path = 'x') FORMAT CSV;\nVIEW numbers AS SELECT id FROM log;")
        self.assertIn("header = false", self.replay(file="csv.flow", letters="dead.jsonl", code=2).stderr)
        self.flowc("dlq", "replay", "mended.flow", code=2)
        self.assertIn("needs state", self.replay("--state", "", letters="dead.jsonl", code=2).stderr)

    def test_help(self):
        self.assertIn("--letters", self.flowc("dlq", "replay", "--help").stdout)
        self.assertIn("replay", self.flowc("dlq", "--help").stdout)


if __name__ == "__main__":
    unittest.main()
