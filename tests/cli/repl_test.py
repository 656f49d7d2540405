"""flowc repl: typed on a pty, and piped.

FLOWC names the program under test.
"""
import json
import os
import pty
import re
import select
import signal
import subprocess
import tempfile
import termios
import fcntl
import time
import unittest

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))
SLOW = int(os.environ.get("FLOW_SLOWNESS", "1"))
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")

CLICKS = ('{"page":"/a","ms":10,"ts":"2026-01-01T00:00:00Z"}\n'
          '{"page":"/b","ms":20,"ts":"2026-01-01T00:00:30Z"}\n'
          '{"page":"/a","ms":40,"ts":"2026-01-01T00:01:00Z"}\n')


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.write("clicks.jsonl", CLICKS)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


class Piped(InFolder):
    def repl(self, text, *arguments, code=0):
        run = subprocess.run([FLOWC, "repl", *arguments], input=text, capture_output=True, text=True, cwd=self.folder,
                             timeout=120 * SLOW)
        self.assertEqual(code, run.returncode, run.stdout + run.stderr)
        return run

    def rows(self, text, *arguments):
        return [json.loads(line) for line in self.repl(text, "--format", "json", *arguments).stdout.splitlines()]

    def test_queries_over_declared_sources_and_views(self):
        rows = self.rows("SOURCE s (k STRING, n INT) FROM INLINE (VALUES ('a;', 1), ('b', 2),\n ('a;', 3)); -- a ; here\n"
                         "VIEW sums AS SELECT k, SUM(n) AS n FROM s GROUP BY k;\n"
                         "SELECT * FROM sums WHERE n > 2; /* and ; there */ SELECT COUNT(*) AS c\nFROM s")
        self.assertEqual([{"k": "a;", "n": 4}, {"c": 3}], rows)

    def test_files_are_sources(self):
        rows = self.rows("SELECT page, SUM(ms) AS ms FROM 'clicks.jsonl' GROUP BY page;\n"
                         "SELECT window_start, COUNT(*) AS n FROM TUMBLE('clicks.jsonl', 1m) GROUP BY window_start;\n")
        self.assertEqual([{"page": "/a", "ms": 50}, {"page": "/b", "ms": 20}], sorted(rows[:2], key=lambda r: r["page"]))
        self.assertEqual([2, 1], [r["n"] for r in rows[2:]])
        schema = self.repl("SELECT * FROM 'clicks.jsonl';\n.tables\n.schema clicks.jsonl\n").stdout
        self.assertIn("source   clicks.jsonl\n", schema)
        self.assertRegex(schema, r'SOURCE "clicks.jsonl" \(\s*page STRING NOT NULL')
        missing = self.repl("SELECT * FROM 'none.jsonl';", code=1)
        self.assertIn("none.jsonl", missing.stderr)
        self.assertEqual("", missing.stdout)

    def test_errors_have_their_place_and_the_rest_goes_on(self):
        run = self.repl("SOURCE s (key INT) FROM INLINE (VALUES (1));\n\nSELECT key,\n  kye FROM s;\nSELECT key FROM s;\n",
                        "--format", "csv", code=1)
        self.assertIn(" --> stdin:4:3\n", run.stderr)
        self.assertIn("4 |   kye FROM s;\n  |   ^^^ not a column of s\n", run.stderr)
        self.assertIn("did you mean `key`?", run.stderr)
        self.assertEqual("key\n1\n", run.stdout)
        twice = self.repl("SELECT a FROM nothing; SELECT b FROM nothing;", code=1)
        self.assertIn(" --> stdin:1:15\n", twice.stderr)
        self.assertIn(" --> stdin:1:38\n", twice.stderr)
        # no warnings about what nobody has used yet
        self.assertEqual("", self.repl("SOURCE s (key INT) FROM INLINE (VALUES (1));").stderr)

    def test_declared_anew(self):
        text = "SOURCE s (n INT) FROM INLINE (VALUES (1)); VIEW v AS SELECT n FROM s;\n"
        rows = self.rows(text + "SOURCE s (n INT) FROM INLINE (VALUES (7)); SELECT * FROM v;")
        self.assertEqual([{"n": 7}], rows)
        refused = self.repl(text + "SOURCE s (m INT) FROM INLINE (VALUES (7)); SELECT * FROM v;", "--format", "json", code=1)
        self.assertIn("s is still as it was", refused.stderr)
        self.assertEqual('{"n":1}\n', refused.stdout)

    def test_load_save_and_explain(self):
        flow = self.write("x.flow", "SOURCE s (n INT) FROM INLINE (VALUES (1), (2));\nVIEW v AS SELECT n FROM s WHERE n > 1;\n"
                                    "SINK out FROM v INTO FILE (path = 'out.jsonl') FORMAT JSON;\n"
                                    "TEST t GIVEN s VALUES (3) EXPECT v VALUES (3);\n")
        run = self.repl(".save y.flow\nSELECT * FROM v;\n.explain\n.explain SELECT n\nFROM s;\n.explain --analyze\n", flow, "--format", "csv")
        self.assertEqual(3, run.stdout.count("1 scan s"), run.stdout)
        self.assertIn("rows in, ", run.stdout)
        self.assertTrue(run.stdout.startswith("n\n2\n"), run.stdout)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "out.jsonl")))
        tested = subprocess.run([FLOWC, "test", "y.flow"], capture_output=True, text=True, cwd=self.folder, timeout=120 * SLOW)
        self.assertEqual(0, tested.returncode, tested.stdout + tested.stderr)
        self.assertRegex(tested.stdout, "1 passed")
        bad = self.write("bad.flow", "SOURCE s (n INT) FROM INLINE (VALUES (1));\nVIEW v AS SELECT m FROM s;\n")
        self.assertIn(" --> bad.flow:2:18\n", self.repl(".load bad.flow\n", code=1).stderr)
        self.assertIn(f" --> {bad}:2:18\n", self.repl("", bad, code=1).stderr)

    def test_commands(self):
        help_ = self.repl(".help\n").stdout
        for command in (".help", ".explain", ".tables", ".schema", ".load", ".save", ".format", ".quit"):
            self.assertIn(command, help_)
        self.assertIn("there is no command `.x`", self.repl(".x\n", code=1).stderr)
        self.assertIn("nothing is called `x`", self.repl(".schema x\n", code=1).stderr)
        self.assertIn("there is no query yet", self.repl(".explain\n", code=1).stderr)
        self.assertIn("is no format", self.repl(".format xml\n", code=1).stderr)
        self.assertEqual("", self.repl(".quit\n.x\n").stdout)
        csv = self.repl("SOURCE s (n INT) FROM INLINE (VALUES (1));\n.format csv\nSELECT n FROM s;\n")
        self.assertEqual("n\n1\n", csv.stdout)
        one = self.repl("", "--format", "json", "-c", "SELECT COUNT(*) AS n FROM 'clicks.jsonl'")
        self.assertEqual('{"n":3}\n', one.stdout)
        endless = self.repl("SOURCE e (k INT) FROM DATAGEN (rate = 10); SELECT k FROM e;", code=1)
        self.assertIn("never ends", endless.stderr)


class Typed(InFolder):
    def open(self, *arguments):
        master, slave = pty.openpty()
        environment = dict(os.environ, TERM="vt100", FLOWC_HISTORY=os.path.join(self.folder, "state", "history"), LC_ALL="C.UTF-8")
        process = subprocess.Popen([FLOWC, "repl", *arguments], stdin=slave, stdout=slave, stderr=slave, cwd=self.folder,
                                   env=environment, start_new_session=True,
                                   preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.addCleanup(os.close, master)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        self.master, self.process, self.seen = master, process, ""
        self.until("flowc> ")

    def until(self, text):
        """What came up to `text`, without escape sequences."""
        deadline = time.monotonic() + 60 * SLOW
        while text not in ESCAPES.sub("", self.seen):
            readable, _, _ = select.select([self.master], [], [], 0.2)
            if readable:
                try:
                    self.seen += os.read(self.master, 65536).decode(errors="replace")
                except OSError:
                    break
            if time.monotonic() > deadline:
                break
        plain = ESCAPES.sub("", self.seen)
        self.assertIn(text, plain)
        self.seen = plain[plain.index(text) + len(text):]
        return plain[:plain.index(text)]

    def type(self, text):
        os.write(self.master, text.encode())

    def leave(self):
        # Also where it comes before the terminal is the line editor's.
        self.type("\x04")
        self.assertEqual(0, self.process.wait(timeout=60 * SLOW), self.seen)

    def test_a_session(self):
        self.open()
        self.type("SELECT page, COUNT(*) AS n\n")
        self.until("  ...> ")
        self.type("FROM 'clicks.jsonl' GROUP BY page;\n")
        table = self.until("2 rows, ")
        self.assertRegex(table, r"page\s+n\b")
        self.assertRegex(table, r"/a\s+2\b")
        self.until("flowc> ")
        # a mistake, with its place
        self.type("SELECT pgae FROM 'clicks.jsonl';\n")
        self.until(" --> input:1:8")
        self.until("did you mean `page`?")
        self.until("flowc> ")
        # Ctrl-C drops what is typed
        self.type("SELECT nonsense\n")
        self.until("  ...> ")
        self.type("\x03")
        self.until("flowc> ")
        self.type("SELECT COUNT(*) AS total FROM 'clicks.jsonl';\n")
        self.assertNotIn("error", self.until("1 rows, "))
        self.until("flowc> ")
        # the line before comes back
        self.type("\x10\n")
        self.until("total FROM 'clicks.jsonl';")
        self.until("1 rows, ")
        self.until("flowc> ")
        self.leave()
        with open(os.path.join(self.folder, "state", "history"), encoding="utf-8") as file:
            self.assertIn("COUNT", file.read())

    def test_completion(self):
        self.open()
        self.type("SOURCE clicks (visitor_name STRING, visits INT) FROM INLINE (VALUES ('ann', 3));\n")
        self.until("flowc> ")
        self.type("SELECT visitor_n\t FROM cli\t;\n")
        self.assertRegex(self.until("1 rows, "), r"ann")
        self.until("flowc> ")
        self.type(".sche\t")
        self.until(".schema ")
        self.type("clicks\n")
        self.until("visits INT")
        self.until("flowc> ")
        self.type("SELECT visi\t\t")
        listed = self.until("visits")
        self.assertIn("visitor_name", listed + self.until("SELECT visi"))  # the line is drawn again below the list
        self.leave_line()
        self.leave()

    def leave_line(self):
        self.type("\x03")
        self.until("^C")  # before it, the prompt of the line that is left may come once more
        self.until("flowc> ")

    def test_interrupt_stops_the_query_and_not_the_shell(self):
        self.open()
        self.type("SOURCE big (id BIGINT, x DOUBLE) FROM DATAGEN (events = 2000000000);\n")
        self.until("flowc> ")
        self.type("SELECT SUM(x) AS s FROM big WHERE id < 0;\n")
        time.sleep(1.0 * SLOW)
        self.type("\x03")
        self.until("interrupted")
        self.until("flowc> ")
        self.assertIsNone(self.process.poll())
        self.type("SELECT COUNT(*) AS n FROM 'clicks.jsonl';\n")
        self.until("1 rows, ")
        self.until("flowc> ")
        self.leave()
        self.assertNotEqual(-signal.SIGINT, self.process.returncode)


if __name__ == "__main__":
    unittest.main()
