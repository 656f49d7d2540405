"""flowc peek: records as they are and as a source reads them. FLOWC names the program."""
import gzip
import json
import os
import subprocess
import tempfile
import unittest

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))
FLOW = """SOURCE clicks (
  page STRING NOT NULL, revenue DECIMAL(12, 2), ts TIMESTAMP, who STRUCT<name STRING, age INT>,
  per_page DECIMAL(12, 2) AS CAST(revenue / 0 AS DECIMAL(12, 2)), at BIGINT META offset)
FROM FILE (path = '${DATA}/*.jsonl', partitions = 'file', follow = 'true') FORMAT JSON
EVENT TIME ts WATERMARK 10s;
SOURCE other (n INT) FROM INLINE (VALUES (1), (2) PARTITION 1 VALUES (3), (4), (5));
VIEW v AS SELECT page FROM clicks;
VIEW w AS SELECT n FROM other;
"""
RECORDS = ['{"page":"/home","revenue":9.90,"ts":"2026-01-01 10:00:05","who":{"name":"ann","age":"x"}}',
           '{"page":null,"revenue":"free","ts":"2026-01-01 10:00:06"}',
           '{"page":"/cart","revenue":[1],"ts":"soon","who":null}',
           '{"page":"/cart"', '{"page":"\\u00e9","ts":"2026-01-01 10:00:07"}']


class Peek(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.write("a.jsonl", "\n".join(RECORDS) + "\n")
        self.write("b.jsonl", '{"page":"/b","revenue":1,"ts":"2026-01-01 10:00:05"}\n' * 3)
        self.write("x.flow", FLOW)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def peek(self, *arguments, code=0):
        run = subprocess.run([FLOWC, "peek", *arguments], capture_output=True, text=True, timeout=60, cwd=self.folder)
        self.assertEqual(code, run.returncode, run.stderr)
        return run

    def source(self, *arguments):
        return self.peek("x.flow", "clicks", "--set", "DATA=.", *arguments)

    def test_records(self):
        self.assertEqual(RECORDS, self.peek("a.jsonl").stdout.splitlines())
        self.assertEqual(RECORDS[:2], self.peek("a.jsonl", "-n", "2").stdout.splitlines())
        rows = [json.loads(line) for line in self.peek("a.jsonl", "--format", "json").stdout.splitlines()]
        self.assertEqual({"partition": 0, "offset": 0, "raw": RECORDS[0]}, rows[0])
        self.assertEqual(len(RECORDS[0]) + 1, rows[1]["offset"])
        with gzip.open(os.path.join(self.folder, "c.jsonl.gz"), "wb") as file:
            file.write(b"\xff\n")
        self.assertEqual("/w==", json.loads(self.peek("c.jsonl.gz", "--format", "json").stdout)["raw_base64"])
        self.write("d.csv", 'a,b\n1,"x\ny"\n')
        self.assertEqual(["a,b", '1,"x\ny"'],
                         [json.loads(l)["raw"] for l in self.peek("d.csv", "--format", "json").stdout.splitlines()])
        self.assertEqual("", self.peek("a.jsonl", "-n", "0").stdout)

    def test_rows_with_their_errors(self):
        run = self.source("--format", "json", "--limit", "-1")
        rows = [json.loads(line) for line in run.stdout.splitlines()]
        self.assertEqual([0] * 5 + [1] * 3, [row["partition"] for row in rows])
        self.assertEqual({"page": "/home", "revenue": 9.9, "ts": "2026-01-01T10:00:05Z",
                          "who": {"name": "ann", "age": None}, "per_page": None, "at": 0}, rows[0]["row"])
        self.assertEqual([{"column": "who.age", "value": "x", "why": "does not fit INT"},
                          {"column": "per_page", "value": None, "why": "division by zero"}], rows[0]["errors"])
        errors = {e["column"]: e for e in rows[1]["errors"]}
        self.assertEqual({"column": "revenue", "value": "free", "why": "does not fit DECIMAL(12,2)"}, errors["revenue"])
        self.assertEqual((None, "missing value in a NOT NULL column"), (errors["page"]["value"], errors["page"]["why"]))
        self.assertNotIn("dead", rows[1])
        self.assertEqual("no event time", rows[2]["dead"])
        self.assertEqual("[1]", {e["column"]: e["value"] for e in rows[2]["errors"]}["revenue"])
        self.assertEqual(("malformed record", RECORDS[3]), (rows[3]["dead"], rows[3]["raw"]))
        self.assertEqual(("é", None), (rows[4]["row"]["page"], rows[4]["row"]["who"]))
        self.assertEqual(6, sum("errors" in row for row in rows))
        self.assertEqual("8 records, 6 with errors, 2 dead\n", run.stderr)

    def test_rows_as_text(self):
        lines = self.source("-n", "6").stdout.splitlines()
        self.assertTrue(lines[0].startswith('a.jsonl=0  {"page":"/home","revenue":9.90,'), lines[0])
        self.assertEqual('  ! who.age: "x" does not fit INT', lines[1])
        # Three of each partition.
        self.assertEqual(3, sum(line.startswith("b.jsonl=") for line in lines))

    def test_only_errors(self):
        rows = [json.loads(l) for l in self.source("--errors", "-n", "-1", "--format", "json").stdout.splitlines()]
        self.assertTrue(all("errors" in row or "dead" in row for row in rows))
        self.assertEqual(1, len(self.source("--errors", "-n", "1", "--format", "json").stdout.splitlines()))

    def test_typed_rows(self):
        rows = self.peek("x.flow", "other", "--set", "DATA=.", "-n", "4").stdout.splitlines()
        self.assertEqual(['0=0  {"n":1}', '0=1  {"n":2}', '1=0  {"n":3}', '1=1  {"n":4}'], rows)

    def test_wrong_use(self):
        for arguments, code, why in (
                (["x.flow", "--set", "DATA=."], 2, "name one: clicks, other"),
                (["x.flow", "nobody", "--set", "DATA=."], 2, "no source `nobody`"),
                (["a.jsonl", "b.jsonl"], 2, "quote a glob"), (["a.jsonl", "--errors"], 2, "--errors"),
                (["missing.jsonl"], 3, "missing.jsonl"), (["kafka://host"], 2, "names no topic"),
                (["missing.flow"], 2, "can not read"), ([], 2, "missing")):
            with self.subTest(arguments):
                self.assertIn(why, self.peek(*arguments, code=code).stderr)
        self.write("bad.flow", "VIEW v AS SELEC;")
        self.assertIn("expected", self.peek("bad.flow", code=1).stderr)


if __name__ == "__main__":
    unittest.main()
