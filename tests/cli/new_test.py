"""flowc new: what it writes compiles, is in its layout and runs over the records without dead rows. FLOWC names the
program."""
import csv
import gzip
import json
import os
import random
import subprocess
import tempfile
import unittest

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))


class New(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def flowc(self, *arguments, code=0):
        run = subprocess.run([FLOWC, *arguments], capture_output=True, text=True, timeout=120, cwd=self.folder)
        self.assertEqual(code, run.returncode, run.stdout + run.stderr)
        return run

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def write(self, name, records):
        text = "".join(json.dumps(r, ensure_ascii=False) + "\n" if not isinstance(r, str) else r + "\n" for r in records)
        opened = gzip.open if name.endswith(".gz") else open
        with opened(self.path(name), "wt", encoding="utf-8") as file:
            file.write(text)

    def works(self, name, dead=0):
        """Checks, has its layout, and runs both ways with no more dead rows than these; gives the rows."""
        self.flowc("check", name)
        self.flowc("fmt", "--check", name)
        digests = []
        for mode in (["--mode", "batch"], ["--mode", "stream", "--until-end"]):
            run = self.flowc("run", name, *mode, "--format", "json", "--state", "none")
            digests.append(sorted(run.stdout.splitlines()))
            ledger = json.loads(run.stderr.strip().splitlines()[-1])["ledger"]
            self.assertEqual(dead, sum(source["dead"] for source in ledger["sources"]), run.stderr)
            for path in ledger["paths"]:
                self.assertEqual((0, 0), (path["dead"], path["late"]), run.stderr)
        self.assertEqual(digests[0], digests[1])
        return [json.loads(row) for row in digests[0]]

    def test_one_file(self):
        self.flowc("new", "clicks.flow")
        self.assertEqual(["clicks.flow"], os.listdir(self.folder))
        self.assertIn("SOURCE clicks (", self.read("clicks.flow"))
        rows = self.works("clicks.flow")
        self.assertEqual(5, len(rows))

    def test_a_folder(self):
        run = self.flowc("new", "mine")
        self.assertEqual("mine/data/events.jsonl\nmine/pipeline.flow\n", run.stdout)
        self.assertEqual(5, len(self.works("mine/pipeline.flow")))

    def test_nothing_is_overwritten(self):
        self.write("clicks.flow", ["mine"])
        os.makedirs(self.path("folder/data"))
        self.write("folder/data/events.jsonl", ["mine"])
        self.write("x.jsonl", [{"a": 1}])
        for arguments in (["clicks.flow"], ["folder"], ["clicks.flow", "--from", "x.jsonl"]):
            self.assertIn("overwritten", self.flowc("new", *arguments, code=2).stderr)
        self.assertEqual("mine\n", self.read("clicks.flow"))
        self.assertEqual("mine\n", self.read("folder/data/events.jsonl"))
        self.assertFalse(os.path.exists(self.path("folder/pipeline.flow")))

    def test_types(self):
        self.write("r.jsonl.gz", [
            {"b": True, "i": 1, "d": 9.90, "f": 1.5e300, "s": "x", "day": "2026-01-31", "ts": "2026-01-01T10:00:05Z",
             "o": {"x": 1, "y": {"z": "2026-01-01 00:00:00"}}, "a": [1], "m": 1, "n": None, "order": 1, "odd name": "q",
             "\"": 1, "lat": 52.5200066, "big": 12345678901234567890, "id": "00012", "e": {},
             "tags": ["x", None], "prices": [1, 2.55], "mix": [1, "x"], "lines": [{"n": 1}], "nest": [[1]], "days": ["2026-01-31"]},
            {"b": False, "i": -5, "d": 1234567.125, "f": 1, "s": "y", "day": "2026-02-28", "ts": "2026-01-01T10:00:01Z",
             "o": {"x": 2}, "a": [], "m": "text", "order": 2, "odd name": "r", "\"": 2, "lat": 1, "big": 1, "id": "00013"},
            {"i": 3, "d": 1, "f": 0.1, "s": "z", "ts": "2026-01-01T10:00:09Z", "order": 3, "s": "second counts not"}])
        run = self.flowc("new", "r.flow", "--from", "r.jsonl.gz")
        self.assertIn("event time ts, watermark 10s", run.stderr)
        text = self.read("r.flow")
        for line in ("b          BOOLEAN", "i          BIGINT NOT NULL", "d          DECIMAL(12, 3) NOT NULL",
                     "f          DOUBLE NOT NULL", "day        DATE", "ts         TIMESTAMP NOT NULL",
                     "o          STRUCT<x BIGINT, y STRUCT<z TIMESTAMP>>", "a          ARRAY<BIGINT>",
                     "tags       ARRAY<STRING>", "prices     ARRAY<DECIMAL(12, 2)>", "days       ARRAY<DATE>",
                     "mix        STRING, -- an array", "lines      ARRAY<STRUCT<n BIGINT>>", "nest       STRING, -- an array",
                     "m          STRING, -- of several types", "n          STRING, -- always NULL",
                     "\"order\"    BIGINT NOT NULL", "\"odd name\" STRING", "lat        DOUBLE",
                     "big        DECIMAL(38, 0)", "id         STRING", "e          STRING"):
            self.assertIn("    " + line, text)
        self.assertIn("EVENT TIME ts WATERMARK 10s", text)
        self.works("r.flow")

    def test_numbers_that_are_times(self):
        for unit, scale in (("s", 1), ("ms", 1000), ("us", 1000000)):
            self.write(unit + ".jsonl", [{"id": i, "created_at": (1767225600 + 40 * (i % 3)) * scale} for i in range(9)])
            self.flowc("new", unit + ".flow", "--from", unit + ".jsonl")
            text = self.read(unit + ".flow")
            self.assertIn("created_at TIMESTAMP NOT NULL", text)
            self.assertIn("EVENT TIME created_at WATERMARK 5m", text)
            self.assertEqual(unit != "ms", "timestamp_unit" in text)
            self.assertEqual(9, sum(row["records"] for row in self.works(unit + ".flow")))

    def test_csv(self):
        with open(self.path("orders.csv"), "w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["order id", "paid", "price", "when", "note"])
            rows.writerows([[1, "true", "1.50", "2026-01-31 10:00:00", "a, \"b\"\nc"], [2, "false", "", "2026-01-30 10:00:00", ""]])
        self.flowc("new", "orders.flow", "--from", "orders.csv")
        text = self.read("orders.flow")
        for line in ('"order id" BIGINT NOT NULL,', "paid       BOOLEAN NOT NULL,", "price      DECIMAL(12, 2),",
                     '"when"     TIMESTAMP NOT NULL,', "note       STRING\n", 'EVENT TIME "when" WATERMARK 1d;'):
            self.assertIn(line, text)
        self.works("orders.flow")

    def test_some_records(self):
        self.write("x.jsonl", [{"a": 1}] * 20 + [{"b": "late"}])
        run = self.flowc("new", "x.flow", "--from", "x.jsonl", "--records", "10")
        self.assertNotIn("NOT NULL", self.read("x.flow"))
        self.assertIn("the first", run.stderr)
        self.works("x.flow")

    def test_malformed_records(self):
        self.write("x.jsonl", [{"a": 1}, "{", "[1]", {"a": 2}])
        self.assertIn("2 malformed", self.flowc("new", "x.flow", "--from", "x.jsonl").stderr)
        self.works("x.flow", dead=2)

    def test_nothing_to_infer_from(self):
        self.write("empty.jsonl", [])
        self.write("no.jsonl", ["hello", "1"])
        self.write("fields.jsonl", [{}])
        for name in ("empty.jsonl", "no.jsonl", "fields.jsonl", "missing.jsonl"):
            run = self.flowc("new", "x.flow", "--from", name, code=3)
            self.assertIn("error: ", run.stderr)
            self.assertFalse(os.path.exists(self.path("x.flow")))
        self.assertEqual(2, self.flowc("new", "x.flow", "--from", "kafka://nobody", code=2).returncode)

    def test_random_records(self):
        rng = random.Random(int(os.environ.get("FLOW_SEED", "1")))

        def scalar():
            return rng.choice([None, True, False, 0, -1, 7, 10**12, 10**25, 1.5, -0.001, 1e-7, 123456.789, "", "x", "12",
                               "2026-01-31", "2026-01-31 10:20:30", "2026-13-01", "größe", "true", "$.a", "it's ${X}",
                               1767225600, 1767225600123])

        def value(kind, depth):
            if kind == 0:
                return scalar()
            if kind == 1 and depth < 3:
                return {rng.choice(NAMES): value(rng.choice([0, 1, 2, 3]), depth + 1) for _ in range(rng.randint(0, 3))}
            if kind == 2:
                return [scalar() for _ in range(rng.randint(0, 2))]
            return rng.choice([1, 2.25, "2026-01-01 00:00:%02d" % rng.randint(0, 59)])

        NAMES = ["a", "b", "ts", "time", "select", "order", "x y", "A", "a.b", "'", "$", "größe", "window_start", "_", "1st"]
        for case in range(25):
            kinds = {name: rng.choice([0, 0, 1, 2, 3, 3]) for name in rng.sample(NAMES, rng.randint(1, 6))}
            records = []
            for _ in range(rng.randint(1, 20)):
                records.append({name: value(kind, 0) for name, kind in kinds.items() if rng.random() < 0.9})
            if not any(records):
                continue
            name = "case%d" % case
            self.write(name + ".jsonl", records)
            self.flowc("new", name + ".flow", "--from", name + ".jsonl")
            with self.subTest(records):
                self.works(name + ".flow")
                run = self.flowc("peek", name + ".flow", "--errors", "--limit", "-1")
                self.assertEqual("", run.stdout, self.read(name + ".flow"))


if __name__ == "__main__":
    unittest.main()
