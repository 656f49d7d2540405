"""flowc test: exit codes, filters, seeds, formats, the JUnit report. FLOWC names the program."""
import json
import os
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))

PIPELINE = """
SOURCE s (k STRING, n INT, ts TIMESTAMP) FROM KAFKA (brokers = 'nowhere:1', topic = 's') FORMAT JSON
EVENT TIME ts WATERMARK 0s;
VIEW v AS SELECT k, window_start, SUM(n) AS total FROM TUMBLE(s, 1m) GROUP BY k, window_start;
SINK out FROM v INTO FILE (path = 'out.jsonl') FORMAT JSON;
"""
PASSES = """
TEST passes GIVEN s (k, n, ts) VALUES ('a', 1, '2026-01-01 00:00:01') EXPECT v (k, total) VALUES ('a', 1);
"""
FAILS = """
TEST fails GIVEN s (k, n, ts) VALUES ('a<b', 1, '2026-01-01 00:00:01') EXPECT v (k, total) VALUES ('a<b', 2);
"""


class TestVerb(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = self.temporary.name
        self.addCleanup(self.temporary.cleanup)

    def flowc(self, *arguments, **files):
        for name, text in files.items():
            with open(os.path.join(self.folder, name + ".flow"), "w", encoding="utf-8") as file:
                file.write(text)
        return subprocess.run([FLOWC, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=300,
                              stdin=subprocess.DEVNULL)

    def test_exit_codes(self):
        run = self.flowc("test", "a.flow", a=PIPELINE + PASSES)
        self.assertEqual((0, ""), (run.returncode, run.stderr))
        self.assertTrue(run.stdout.endswith("\n1 passed, 0 failed\n"), run.stdout)
        run = self.flowc("test", "a.flow", "b.flow", b=PIPELINE + FAILS)
        self.assertEqual(1, run.returncode)
        self.assertTrue(run.stdout.endswith("\n1 passed, 1 failed\n"), run.stdout)
        run = self.flowc("test", "c.flow", "a.flow", c=PIPELINE + "TEST t EXPECT w EMPTY;")
        self.assertEqual(1, run.returncode)
        self.assertIn("unknown source or view `w`", run.stderr)
        self.assertTrue(run.stdout.endswith("\n1 passed, 0 failed; 1 file does not compile\n"), run.stdout)
        self.assertEqual(2, self.flowc("test").returncode)
        self.assertEqual(2, self.flowc("test", "a.flow", "--filter", "(").returncode)
        self.assertEqual(2, self.flowc("test", "a.flow", "--runs", "-1").returncode)
        self.assertEqual(2, self.flowc("test", "missing.flow").returncode)
        # Nothing was written, and no state is left.
        self.assertEqual(["a.flow", "b.flow", "c.flow"], sorted(os.listdir(self.folder)))

    def test_a_file_without_tests_is_noted(self):
        run = self.flowc("test", "a.flow", a=PIPELINE)
        self.assertEqual((0, "0 passed, 0 failed\n"), (run.returncode, run.stdout))
        self.assertEqual("note: a.flow has no TEST\n", run.stderr)

    def test_filter(self):
        run = self.flowc("test", "a.flow", "--filter", "^pass", "--runs", "2", a=PIPELINE + PASSES + FAILS)
        self.assertEqual(0, run.returncode, run.stdout)
        self.assertRegex(run.stdout, r"^ok      passes \(8 runs, [0-9.]+ s\)\n1 passed, 0 failed\n$")
        run = self.flowc("test", "a.flow", "--filter", "nothing")
        self.assertEqual(2, run.returncode)
        self.assertIn("no test matches", run.stderr)

    def test_json(self):
        run = self.flowc("test", "a.flow", "--format", "json", a=PIPELINE + PASSES + FAILS)
        self.assertEqual(1, run.returncode)
        passes, fails, totals = [json.loads(line) for line in run.stdout.splitlines()]
        self.assertEqual({"passed": 1, "failed": 1, "broken_files": 0}, totals)
        self.assertEqual(("passes", True, 26), (passes["test"], passes["passed"], passes["runs"]))
        self.assertEqual((False, None), (fails["passed"], fails["seed"]))
        difference, = fails["differences"]
        self.assertEqual("v", difference["what"])
        self.assertEqual([{"row": "('a<b', 2)", "columns": ["total"], "expected": ["2"], "got": ["1"]}],
                         difference["different"])

    def test_junit(self):
        files = {"a": PIPELINE + PASSES + FAILS, "b": PIPELINE + "TEST t EXPECT w EMPTY;"}
        run = self.flowc("test", "a.flow", "b.flow", "--junit", "report.xml", **files)
        self.assertEqual(1, run.returncode)
        root = xml.etree.ElementTree.parse(os.path.join(self.folder, "report.xml")).getroot()
        self.assertEqual("testsuites", root.tag)
        good, broken = root
        self.assertEqual(("a.flow", "2", "1", "0"), tuple(good.get(x) for x in ("name", "tests", "failures", "errors")))
        passes, fails = good
        self.assertEqual(("passes", "a.flow", 0), (passes.get("name"), passes.get("classname"), len(passes)))
        self.assertIn("different   ('a<b', 2)\n", fails.find("failure").text)
        self.assertGreaterEqual(float(fails.get("time")), 0)
        self.assertEqual("1", broken.get("errors"))
        self.assertIn("unknown source or view `w`", broken.find("testcase/error").text)
        self.assertEqual(3, self.flowc("test", "a.flow", "--junit", "no/folder.xml").returncode)

    def test_check_and_run(self):
        broken = PIPELINE + "TEST t EXPECT w EMPTY;"
        self.assertEqual(1, self.flowc("check", "a.flow", a=broken).returncode)
        self.assertEqual(0, self.flowc("explain", "a.flow").returncode)
        inline = "SOURCE s (n INT) FROM INLINE (VALUES (1)); VIEW v AS SELECT n FROM s; TEST t EXPECT w EMPTY;"
        run = self.flowc("run", "b.flow", "--mode", "batch", "--format", "json", b=inline)
        self.assertEqual((0, '{"n":1}\n'), (run.returncode, run.stdout))

    def test_variables(self):
        text = PIPELINE.replace("nowhere:1", "${BROKERS:?say where}") + PASSES
        self.assertEqual(1, self.flowc("test", "a.flow", a=text).returncode)
        self.assertEqual(0, self.flowc("test", "a.flow", "--set", "BROKERS=x").returncode)

    def test_layout(self):
        text = PIPELINE + """test "my test" given s(k,n, meta key) values ('a',1,'x'), record '{"k":1}'
partition 1 values ('b',2,null) -- of another one
expect v (k,total) values ('a',1),
('b',2)
expect v late 1,dead 0 expect s empty expect s dead letter(offset) values (1);
"""
        run = self.flowc("fmt", "a.flow", a=text)
        self.assertEqual(0, run.returncode, run.stderr)
        with open(os.path.join(self.folder, "a.flow"), encoding="utf-8") as file:
            written = file.read()
        self.assertTrue(written.endswith("""
TEST "my test"
GIVEN s (k, n, META key)
    VALUES ('a', 1, 'x'), RECORD '{"k":1}'
    PARTITION 1 VALUES ('b', 2, NULL) -- of another one
EXPECT v (k, total)
    VALUES ('a', 1),
           ('b', 2)
EXPECT v LATE 1, DEAD 0
EXPECT s EMPTY
EXPECT s DEAD LETTER (offset) VALUES (1);
"""), written)
        self.assertEqual(0, self.flowc("fmt", "--check", "a.flow").returncode)

    def test_help_names_the_fixed_runs(self):
        text = self.flowc("test", "--help").stdout
        for option in ("--filter", "--seed", "--runs", "--junit", "--format", "--set"):
            self.assertIn(option, text)
        self.assertTrue(re.search(r"^  test FILE...", self.flowc("--help").stdout, re.M))


if __name__ == "__main__":
    unittest.main()
