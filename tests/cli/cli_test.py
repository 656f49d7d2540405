"""What other programs rely on: flowc's exit codes, streams, formats and behaviour under signals.

FLOWC and CLICKGEN name the programs under test.
"""
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
import unittest

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))
CLICKGEN = os.path.abspath(os.environ.get("CLICKGEN", "build/release/tools/clicks/clickgen"))
SLOW = int(os.environ.get("FLOW_SLOWNESS", "1"))  # sanitized builds: wait longer, feed less

INLINE = """
SOURCE s (k STRING, n INT, ts TIMESTAMP)
FROM INLINE (VALUES ('a', 1, '2026-01-01 00:00:10'), ('b', 2, '2026-01-01 00:00:20'), ('a', 3, '2026-01-01 00:01:30'))
EVENT TIME ts WATERMARK 0s;
VIEW v AS SELECT k, window_start, SUM(n) AS total FROM TUMBLE(s, 1m) GROUP BY k, window_start;
VIEW w AS SELECT k, n FROM s;
"""
STDIN = """
SOURCE s (n INT, ts TIMESTAMP) FROM FILE (path = '-') FORMAT JSON EVENT TIME ts WATERMARK 0s;
VIEW v AS SELECT window_start, SUM(n) AS total FROM TUMBLE(s, 1m) GROUP BY window_start;
"""
CLICKS = """
SOURCE clicks (user_id BIGINT, page STRING, revenue DECIMAL(12, 2), ts TIMESTAMP)
FROM FILE (path = '{folder}/clicks-*.jsonl', partitions = 'file') FORMAT JSON EVENT TIME ts WATERMARK 10s;
VIEW v AS SELECT page, window_start, COUNT(*) AS n, SUM(revenue) AS revenue
FROM TUMBLE(clicks, 1m) GROUP BY page, window_start;
"""


class Cli(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = self.temporary.name
        self.addCleanup(self.temporary.cleanup)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, text, name="x.flow"):
        with open(self.path(name), "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return self.path(name)

    def flowc(self, *arguments, stdin=b"", environment=None):
        run = subprocess.run([FLOWC, *arguments], input=stdin, capture_output=True, timeout=120 * SLOW,
                             cwd=self.folder, env={**os.environ, **(environment or {})})
        run.stdout, run.stderr = run.stdout.decode(), run.stderr.decode("utf-8", "replace")
        return run

    def ok(self, *arguments, **more):
        run = self.flowc(*arguments, **more)
        self.assertEqual(0, run.returncode, run.stderr)
        return run

    def ledger(self, run):
        return json.loads([line for line in run.stderr.splitlines() if line.startswith('{"ledger"')][-1])

    # --- state ----------------------------------------------------------------------------------
    def test_overlapping_windows_cost_one_update_a_row(self):
        rows = [{"k": n % 7, "ts": f"2026-01-01T00:{n // 60 % 60:02}:{(n * 17 + n // 60) % 60:02}Z"} for n in range(3000)]
        self.write("\n".join(map(json.dumps, rows)), "rows.jsonl")
        for window, windows in (("HOP(s, 5m EVERY 1s)", 300), ("CUMULATE(s, 1d EVERY 1h)", 24),
                                ("TUMBLE(s, 1m)", 1)):
            flow = self.write(f"""
                SOURCE s (k INT, ts TIMESTAMP) FROM FILE (path = 'rows.jsonl') FORMAT JSON EVENT TIME ts WATERMARK 1m;
                VIEW v AS SELECT k, window_end, COUNT(*) AS n FROM {window} GROUP BY k, window_end;""")
            run = self.ok("run", flow, "--mode", "stream", "--until-end", "--workers", "1", "--format", "json")
            report = self.ledger(run)
            path = report["ledger"]["paths"][0]
            self.assertEqual((3000, 0), (path["accepted"], path["late_windows"]), window)
            self.assertEqual(3000, report["state_updates"], window)
            counted = sum(json.loads(line)["n"] for line in run.stdout.splitlines())
            self.assertEqual(3000 * windows, counted, window)

    # Sessions come and go with their strings: the table that holds them is moved together many times.
    def test_many_sessions_of_long_keys(self):
        rows = [{"k": f"a user with a long name {n * 7919 % 997}", "p": f"a page with a long path {n % 31}", "n": n,
                 "ts": f"2026-01-01T{n // 36000:02}:{n // 600 % 60:02}:{n // 10 % 60:02}.{n % 10}Z"} for n in range(12000)]
        self.write("\n".join(map(json.dumps, rows)), "rows.jsonl")
        flow = self.write("""
            SOURCE s (k STRING, p STRING, n INT, ts TIMESTAMP) FROM FILE (path = 'rows.jsonl') FORMAT JSON
            EVENT TIME ts WATERMARK 1s;
            VIEW v AS SELECT k, window_start, COUNT(*) AS c, MIN(p) AS first, SUM(n) AS total
            FROM SESSION(s, GAP 5s BY k) GROUP BY k, window_start RETAIN 1m;
            VIEW w AS SELECT first, COUNT(*) AS c, SUM(total) AS total FROM v GROUP BY first;""")
        of = ("run", flow, "--digest", "--view", "v", "--view", "w")
        wanted = self.ok(*of, "--mode", "batch").stdout
        for more in (("--workers", "1"), ("--workers", "4"), ("--state", "s", "--epoch", "20ms")):
            self.assertEqual(wanted, self.ok(*of, "--mode", "stream", "--until-end", *more).stdout, more)

    # --- command line ---------------------------------------------------------------------------
    def test_help(self):
        self.assertIn("run FILE", self.ok("--help").stdout)
        for verb in ("run", "check", "explain", "datagen", "functions"):
            text = self.ok(verb, "--help").stdout
            self.assertIn(f"flowc {verb} ", text)
        self.assertIn("at least once", self.ok("run", "--help").stdout)
        self.assertRegex(self.ok("version").stdout, r"^flowc \d+\.\d+\.\d+")

    def test_usage_errors(self):
        path = self.write(INLINE)
        for arguments in ([], ["nonsense"], ["run"], ["run", path, "--mode", "nonsense"], ["run", path, "--nonsense"],
                          ["run", path, "--mode", "batch", "--until-end"], ["run", self.path("missing.flow")],
                          ["run", path, "--workers", "-1"],
                          ["run", path, "--memory", "512"], ["run", path, "--memory", "0MB"],
                          ["run", path, "--memory", "70000GB"], ["run", path, "--mode", "batch", "--memory", "64MB"],
                          ["run", path, "--view", "nonsense"],
                          ["run", path, "--mode", "batch", "--to", "nonsense"],
                          ["run", path, "--mode", "batch", "--to", "nonsense:0=1"],
                          ["functions", "nonsense"], ["explain", path, "--plan", "nonsense"]):
            run = self.flowc(*arguments)
            self.assertEqual(2, run.returncode, f"{arguments}: {run.stderr}")
            self.assertEqual("", run.stdout, arguments)
            self.assertNotEqual("", run.stderr, arguments)

    def test_compile_errors_in_every_verb(self):
        path = self.write("VIEW v AS SELECT x FROM nowhere;")
        for verb in ("run", "check", "explain"):
            run = self.flowc(verb, path)
            self.assertEqual(1, run.returncode, verb)
            self.assertIn("nowhere", run.stderr, verb)
            self.assertIn("x.flow:1:25", run.stderr, verb)
        self.assertEqual(0, self.flowc("check", self.write(INLINE)).returncode)

    def test_variables(self):
        path = self.write("SOURCE s (a STRING) FROM INLINE (VALUES ('${X:-none}'), ('${Y:?say what Y is}'));\n"
                          "VIEW v AS SELECT a FROM s;")
        run = self.flowc("run", path)
        self.assertEqual(1, run.returncode)
        self.assertIn("say what Y is", run.stderr)
        lines = self.ok("run", path, "--set", "Y=1", environment={"X": "env"}).stdout.splitlines()
        self.assertEqual(['{"a":"env"}', '{"a":"1"}'], lines)
        lines = self.ok("run", path, "--set", "Y=1", "--set", "X=set", environment={"X": "env"}).stdout.splitlines()
        self.assertEqual(['{"a":"set"}', '{"a":"1"}'], lines)

    def test_hostile_files(self):
        source = "SOURCE s (a INT) FROM INLINE (VALUES (1));\nVIEW v AS SELECT "
        files = {
            "nested": source + "(" * 200_000 + "a" + ")" * 200_000 + " AS x FROM s;",
            "unbalanced": "(" * 400_000,
            "conjunction": source + "a FROM s WHERE " + " AND ".join(["a = 1"] * 1_000_000) + ";",
            "garbage": bytes((i * 7919 >> 3) & 0xFF for i in range(100_000)),
            "zeros": b"\0" * 10_000,
            "unclosed": source + "'abc",
            "signs": source + "-" * 300_000 + "a FROM s;",
            "nots": source + "NOT " * 100_000 + "TRUE FROM s;",
        }
        for name, text in files.items():
            begin = time.monotonic()
            run = self.flowc("check", self.write(text))
            self.assertEqual(1, run.returncode, f"{name}: {run.stderr[-2000:]}")
            self.assertIn("error", run.stderr, name)
            self.assertLess(len(run.stderr), 100_000, name)
            self.assertLess(time.monotonic() - begin, 20 * SLOW, name)

    # --- what a run prints ----------------------------------------------------------------------
    def test_streams_are_apart(self):
        path = self.write(INLINE)
        run = self.ok("run", path, "--view", "v", "--format", "json")
        self.assertEqual(3, len([json.loads(line) for line in run.stdout.splitlines()]))
        ledger = self.ledger(run)
        self.assertTrue(ledger["ledger"]["balanced"])
        self.assertEqual(3, ledger["ledger"]["sources"][0]["read"])
        for line in run.stderr.splitlines():
            json.loads(line)

    def test_formats(self):
        path = self.write(INLINE)
        self.assertEqual(["k,n", "a,1", "b,2", "a,3"],
                         self.ok("run", path, "--view", "w", "--format", "csv").stdout.splitlines())
        table = self.ok("run", path, "--view", "v", "--format", "table").stdout
        self.assertIn("window_start", table)
        self.assertIn("2026-01-01 00:01:00", table)
        rows = [json.loads(line) for line in
                self.ok("run", path, "--view", "v", "--view", "w", "--format", "json").stdout.splitlines()]
        self.assertEqual({"v", "w"}, {row["view"] for row in rows})
        self.assertEqual({"view", "row"}, set(rows[0]))
        changes = [json.loads(line) for line in
                   self.ok("run", path, "--view", "v", "--changes", "--format", "json").stdout.splitlines()]
        self.assertEqual({"view", "op", "rev", "row"}, set(changes[0]))
        self.assertEqual({"upsert"}, {change["op"] for change in changes})

    def test_the_last_view_is_printed(self):
        lines = self.ok("run", self.write(INLINE), "--format", "json").stdout.splitlines()
        self.assertEqual([{"k": "a", "n": 1}, {"k": "b", "n": 2}, {"k": "a", "n": 3}], [json.loads(x) for x in lines])

    def test_digests_agree(self):
        path = self.write(INLINE)
        expected = self.ok("run", path, "--mode", "batch", "--digest").stdout
        self.assertRegex(expected, r"^v 3 [0-9a-f]{32}\nw 3 [0-9a-f]{32}\n$")
        for more in (["--workers", "3"], ["--engine", "interpreter"], ["--batch-size", "1"], ["--batch-size", "7"],
                     ["--collide-hashes"], ["--tier", "baseline"], ["--tier", "optimized"]):
            for mode in (["--mode", "batch"], ["--mode", "stream", "--until-end"]):
                self.assertEqual(expected, self.ok("run", path, "--digest", *mode, *more).stdout, (mode, more))

    def test_a_budget_changes_no_result(self):
        rows = ", ".join(f"({n * 7919 % 30000})" for n in range(60000))
        path = self.write(f"SOURCE s (a INT) FROM INLINE (VALUES {rows});\n"
                          "VIEW v AS SELECT a, COUNT(*) AS n FROM s GROUP BY a;")
        expected = self.ok("run", path, "--digest", "--mode", "batch").stdout
        run = self.ok("run", path, "--digest", "--memory", "1MB", "--stats")
        self.assertEqual(expected, run.stdout)
        self.assertRegex(run.stderr, r"hot groups \d+, cold groups [1-9]\d+, evictions [1-9]\d+, cold reads [1-9]\d+ of")

    def test_stats_tell_how_long_a_state_took_to_load(self):
        path = self.write(INLINE + "SINK out FROM w INTO FILE (path = 'out.jsonl');")
        run = ["run", path, "--mode", "stream", "--until-end", "--state", os.path.join(self.folder, "state"), "--stats"]
        self.assertNotIn("state loaded", self.ok(*run).stderr)
        self.assertRegex(self.ok(*run).stderr, r"state loaded in \d+\.\d\d s")

    def test_digest_and_view_write_no_sink(self):
        path = self.write(INLINE + "SINK out FROM w INTO FILE (path = 'out.jsonl');")
        self.ok("run", path, "--digest")
        self.ok("run", path, "--view", "w")
        self.assertFalse(os.path.exists(self.path("out.jsonl")))
        self.assertEqual("", self.ok("run", path).stdout)
        with open(self.path("out.jsonl"), encoding="utf-8") as file:
            self.assertEqual(3, len(file.readlines()))

    def test_checksum_sink_prints_the_digest(self):
        path = self.write(INLINE + "SINK sum FROM v INTO CHECKSUM; SINK gone FROM w INTO NULL;")
        digest = self.ok("run", path, "--mode", "batch", "--digest", "--view", "v").stdout.strip()
        self.assertIn(digest, self.ok("run", path, "--mode", "batch").stderr)

    def test_secrets_stay_secret(self):
        path = self.write("SOURCE s (a INT) FROM KAFKA (brokers = 'localhost:1', topic = 't', sasl.username = 'u', "
                          "sasl.password = SECRET('PASSWORD_OF_TEST')) FORMAT JSON;\nVIEW v AS SELECT a FROM s;")
        for arguments in (["explain", path], ["explain", path, "--stop-after", "ast"], ["check", path]):
            run = self.ok(*arguments, environment={"PASSWORD_OF_TEST": "hunter2"})
            self.assertNotIn("hunter2", run.stdout + run.stderr)

    def test_secrets_are_looked_up_when_a_run_begins(self):
        path = self.write(
            "SOURCE s (a INT) FROM FILE (path = SECRET('IN')) FORMAT JSON DEAD LETTER TO FILE (path = SECRET('DEAD'));\n"
            "VIEW v AS SELECT a FROM s;\nSINK o FROM v INTO FILE (path = SECRET('OUT')) FORMAT JSON;")
        self.write('{"a":1}\n{"a":2}\nx\n', "first.jsonl")
        self.write('{"a":3}\n', "second.jsonl")
        environment = {"IN": "first.jsonl", "OUT": "out-of-run.jsonl", "DEAD": "dead.jsonl"}
        explained = self.ok("explain", path).stdout
        for program in ("run",), ("run", "--mode", "batch"):
            run = self.ok(*program, path, environment=environment)
            for value in environment.values():
                self.assertNotIn(value, run.stdout + run.stderr)
            with open(self.path("out-of-run.jsonl"), encoding="utf-8") as file:
                self.assertEqual('{"a":1}\n{"a":2}\n', file.read())
            with open(self.path("dead.jsonl"), encoding="utf-8") as file:
                self.assertIn('"raw":"x"', file.read())
        self.assertEqual(explained, self.ok("explain", path, environment=environment).stdout)
        self.assertIn("SECRET('OUT')", explained)
        # A file wins over the environment; one newline at its end is not part of the value.
        os.mkdir(self.path("secrets"))
        for ending in ("", "\n", "\r\n"):
            self.write("second.jsonl" + ending, "secrets/IN")
            for how in ((["--secrets", "secrets"], {}), ([], {"FLOW_SECRETS_DIR": "secrets"})):
                run = self.ok("run", path, "--view", "v", *how[0], environment={**environment, **how[1]})
                self.assertEqual('{"a":3}\n', run.stdout)
        run = self.ok("datagen", path, "--out", "-", "--secrets", "secrets", environment=environment)
        self.assertEqual('{"a":3}\n', run.stdout)
        # Without its sinks a run needs only the secrets of its sources.
        self.ok("run", path, "--digest", environment={"IN": "first.jsonl"})

    def test_a_secret_that_is_missing_or_wrong_is_named_and_its_value_is_not_told(self):
        path = self.write("SOURCE s (a INT) FROM FILE (path = SECRET('IN')) FORMAT JSON;\nVIEW v AS SELECT a FROM s;")
        os.mkdir(self.path("secrets"))
        os.mkdir(self.path("secrets/IN_FOLDER"))
        for arguments, environment, words in (
                ([], {}, ["source s", "there is no secret IN", "--secrets"]),
                (["--secrets", "secrets"], {}, ["there is no secret IN", "secrets"]),
                (["--secrets", "nowhere"], {"IN": "x"}, ["secret IN", "nowhere"]),
                ([], {"IN": "/hidden/place.jsonl"}, ["SECRET('IN')"])):
            for verb in (["run", path], ["datagen", path, "--out", "-"]):
                run = self.flowc(*verb, *arguments, environment=environment)
                self.assertIn(run.returncode, (2, 3))
                for word in words:
                    self.assertIn(word, run.stderr)
                self.assertNotIn("hidden", run.stdout + run.stderr)
        self.write("x" * 2_000_000, "secrets/IN")
        self.assertIn("over 1 MB", self.flowc("run", path, "--secrets", "secrets").stderr)
        for name in ("../IN", "", ".IN", "a/b", "a b"):
            run = self.flowc("check", self.write("SOURCE s (a INT) FROM FILE (path = SECRET('" + name + "')) FORMAT JSON;\n"
                                                 "VIEW v AS SELECT a FROM s;"))
            self.assertEqual(1, run.returncode, name)
            self.assertIn("can not name a secret", run.stderr)

    # --- files that grow, and rates ---------------------------------------------------------------
    def spawn(self, *arguments):
        process = subprocess.Popen([FLOWC, "run", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, cwd=self.folder)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def follower(self, *files, options=""):
        for name in files:
            self.write('{"n":1}\n', name)
        path = self.write("SOURCE s (n INT) FROM FILE (path = 'grow*.jsonl', follow = 'true'" + options + ") FORMAT JSON;\n"
                          "VIEW v AS SELECT n FROM s;")
        process = self.spawn(path)
        for _ in files:
            self.assertEqual(b'{"n":1}\n', process.stdout.readline())
        return path, process

    def append(self, name, text):
        with open(self.path(name), "a", encoding="utf-8") as file:
            file.write(text)

    def test_a_growing_file_is_followed(self):
        path, process = self.follower("grow.jsonl")
        for n in range(2, 6):
            self.append("grow.jsonl", '{"n":')  # half a line is no record yet
            time.sleep(0.1)
            self.append("grow.jsonl", f"{n}}}\n")
            self.assertEqual(f'{{"n":{n}}}\n', process.stdout.readline().decode())
        self.append("grow.jsonl", '{"n":')
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        self.assertEqual(0, process.wait(timeout=30 * SLOW))
        self.assertIn(b"read 5", process.stderr.read())
        # A bounded run ends where the file ends now.
        self.assertIn("read 6 ", self.ok("run", path, "--mode", "batch", "--digest").stderr)
        frontier = "grow.jsonl=" + str(5 * len('{"n":1}\n'))
        digests = {self.ok("run", path, *how, "--digest").stdout
                   for how in (("--mode", "batch", "--to", frontier), ("--stop-at", frontier))}
        self.assertEqual(1, len(digests))
        self.assertIn("v 5 ", digests.pop())

    def test_several_files_are_followed_as_partitions(self):
        path, process = self.follower("grow1.jsonl", "grow2.jsonl", options=", partitions = 'file'")
        for name in ("grow2.jsonl", "grow1.jsonl", "grow2.jsonl"):
            self.append(name, '{"n":7}\n')
            self.assertEqual(b'{"n":7}\n', process.stdout.readline())
        run = self.flowc("run", self.write("SOURCE s (n INT) FROM FILE (path = 'grow*.jsonl', follow = 'true') FORMAT JSON;\n"
                                           "VIEW v AS SELECT n FROM s;"))
        self.assertEqual(2, run.returncode)
        self.assertIn("partitions = 'file'", run.stderr)

    def test_new_files_keep_the_partitions_of_those_that_were_there(self):
        path = self.write("SOURCE s (n INT, p INT META partition) FROM FILE (path = 'in/*.jsonl', partitions = 'file', follow = 'true') "
                          "FORMAT JSON;\nVIEW v AS SELECT p, COUNT(*) AS rows, SUM(n) AS total FROM s GROUP BY p;\n"
                          "SINK c FROM v INTO CHECKSUM;\nSINK f FROM v INTO FILE (path = 'out.jsonl') FORMAT JSON;", "x.flow")
        os.mkdir(self.path("in"))
        state = os.path.join(".flow", "x", "stream")

        def run_until(rows):
            process = self.spawn("x.flow", "--epoch", "20ms")
            deadline = time.monotonic() + 30 * SLOW
            while True:
                status = self.flowc("status", state, "--format", "json")
                if status.returncode == 0 and json.loads(status.stdout)["sources"] and \
                        json.loads(status.stdout)["sources"][0]["counts"]["read"] == rows:
                    break
                self.assertIsNone(process.poll(), process.stderr.read() if process.poll() is not None else "")
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            self.assertEqual(0, process.wait(timeout=30 * SLOW))

        self.write('{"n":1}\n', "in/m.jsonl")
        self.write('{"n":2}\n', "in/x.jsonl")
        run_until(2)
        self.write('{"n":10}\n', "in/a.jsonl")  # before those that were there, and between them
        self.write('{"n":20}\n', "in/n.jsonl")
        self.append("in/m.jsonl", '{"n":3}\n')
        run_until(5)
        status = json.loads(self.ok("status", state, "--format", "json").stdout)
        self.assertEqual(["m.jsonl", "x.jsonl", "a.jsonl", "n.jsonl"], [p["partition"] for p in status["partitions"]])
        digest = self.ok("run", "x.flow", "--mode", "batch", "--to", "stream", "--state", "none", "--digest").stdout.split()
        self.assertEqual([str(status["digests"]["v"]["rows"]), status["digests"]["v"]["hash"]], digest[1:3])
        rows = self.ok("run", "x.flow", "--mode", "batch", "--state", "none", "--view", "v", "--format", "json").stdout
        self.assertIn('{"p":0,"rows":2,"total":4}', rows)
        self.assertIn('{"p":2,"rows":1,"total":10}', rows)
        os.remove(self.path("in/x.jsonl"))
        gone = self.flowc("run", "x.flow")
        self.assertEqual(3, gone.returncode)
        self.assertIn("source s has no partition x.jsonl any more", gone.stderr)

    def test_a_followed_file_must_not_be_cut_replaced_or_removed(self):
        def replace():
            os.rename(self.write('{"n":1}\n{"n":2}\n', "new"), self.path("grow.jsonl"))
        for what, change in (("became shorter", lambda: os.truncate(self.path("grow.jsonl"), 0)), ("was replaced", replace),
                             ("was removed", lambda: os.remove(self.path("grow.jsonl")))):
            _, process = self.follower("grow.jsonl")
            time.sleep(0.2)
            change()
            self.assertEqual(3, process.wait(timeout=30 * SLOW), what)
            error = process.stderr.read().decode()
            self.assertIn(what, error)
            self.assertIn("grow.jsonl", error)

    def test_what_can_not_be_followed(self):
        for name, options, words in (("-", "", "stdin can not be followed"), ("x.gz", "", "compressed"),
                                     ("x.jsonl", ", follow = 'maybe'", "true or false")):
            self.write("", "x.gz")
            option = options or ", follow = 'true'"
            run = self.flowc("run", self.write(f"SOURCE s (n INT) FROM FILE (path = '{name}'{option}) FORMAT JSON;\n"
                                               "VIEW v AS SELECT n FROM s;"))
            self.assertIn(run.returncode, (1, 2), name)
            self.assertIn(words, run.stderr)

    def test_max_rate_bounds_a_stream_and_not_a_batch(self):
        rows = 3000
        for i in range(2):
            self.write("".join(f'{{"n":{n}}}\n' for n in range(rows // 2)), f"in{i}.jsonl")
        text = "SOURCE s (n INT) FROM FILE (path = 'in*.jsonl', partitions = 'file') FORMAT JSON MAX RATE 1500;\nVIEW v AS SELECT n FROM s;"
        path = self.write(text)
        self.assertIn("at most 1500 rows/s", self.ok("explain", path).stdout)
        begin = time.monotonic()
        stream = self.ok("run", path, "--digest")
        took = time.monotonic() - begin
        self.assertGreater(took, 1.5)  # 2 s, less what may be saved up
        self.assertLess(took, 4 * SLOW)
        begin = time.monotonic()
        self.assertEqual(stream.stdout, self.ok("run", path, "--mode", "batch", "--digest").stdout)
        self.assertLess(time.monotonic() - begin, 1.4 * SLOW)
        # Partitions take their turns.
        process = self.spawn(path, "--quiet", "--format", "csv")
        process.stdout.readline()
        seen = [int(process.stdout.readline()) for _ in range(1000)]
        self.assertLess(max(seen), 900)
        for rate in ("0", "1.5", "99999999999999999999"):
            run = self.flowc("check", self.write(text.replace("1500", rate)))
            self.assertEqual(1, run.returncode)
            self.assertIn("MAX RATE is a whole number", run.stderr)

    def test_explain(self):
        path = self.write(INLINE)
        for stage in ("ast", "bound", "logical", "optimized", "program", "ir"):
            first = self.ok("explain", path, "--stop-after", stage).stdout
            self.assertNotEqual("", first, stage)
            self.assertNotIn("0x7f", first, stage)
            self.assertEqual(first, self.ok("explain", path, "--stop-after", stage).stdout, stage)
        json.loads(self.ok("explain", path, "--format", "json").stdout)
        self.assertIn("digraph", self.ok("explain", path, "--format", "dot").stdout)

    def test_datagen(self):
        # the JSON has the time where the benchmark has it: in the record of its kind
        flow = self.write("SOURCE e (event_type INT, bid STRUCT<price BIGINT, \"dateTime\" TIMESTAMP>,\n"
                          "  person STRUCT<\"dateTime\" TIMESTAMP>, auction STRUCT<\"dateTime\" TIMESTAMP>,\n"
                          "  at TIMESTAMP AS COALESCE(bid.\"dateTime\", person.\"dateTime\", auction.\"dateTime\"))\n"
                          "FROM NEXMARK (events = 1000, rate = 1000) EVENT TIME at WATERMARK 4s;\n"
                          "VIEW v AS SELECT event_type, COUNT(*) AS n, SUM(bid.price) AS p FROM e GROUP BY event_type;")
        self.ok("datagen", flow, "--out", self.path("events.jsonl"))
        with open(self.path("events.jsonl"), encoding="utf-8") as file:
            events = [json.loads(line) for line in file]
        self.assertEqual(1000, len(events))
        with open(flow, encoding="utf-8") as file:
            text = file.read().replace("NEXMARK (events = 1000, rate = 1000)", "FILE (path = 'events.jsonl') FORMAT JSON")
        copy = self.write(text, "copy.flow")
        self.assertEqual(self.ok("run", flow, "--digest").stdout, self.ok("run", copy, "--digest").stdout)
        bids = [e["bid"]["price"] for e in events if e["event_type"] == 2]
        row = [json.loads(x) for x in self.ok("run", copy, "--format", "json").stdout.splitlines()][-1]
        self.assertEqual({"event_type": 2, "n": len(bids), "p": sum(bids)}, row)

    def test_analyze_says_what_each_step_took(self):
        flow = self.write("SOURCE s (k INT, n BIGINT, ts TIMESTAMP)\n"
                          "FROM DATAGEN (events = 30000, partitions = 2, rate = 100, bad = 0.01, bad.kind = 'malformed', column.k = 'uniform(1, 10)')\n"
                          "EVENT TIME ts WATERMARK 1s;\n"
                          "VIEW v AS SELECT k, window_start, COUNT(*) AS c FROM TUMBLE(s, 1m) WHERE k <= 5 GROUP BY k, window_start;\n"
                          "VIEW top AS SELECT k, SUM(c) AS c FROM v GROUP BY k;\n"
                          "SINK out FROM top INTO FILE (path = 'out.jsonl') FORMAT JSON;")
        ledger = self.ledger(self.ok("run", flow, "--mode", "batch", "--digest", "--format", "json"))["ledger"]
        source, path = ledger["sources"][0], ledger["paths"][0]
        for workers in ("1", "3"):
            plans = json.loads(self.ok("explain", flow, "--analyze", "--format", "json", "--workers", workers).stdout)
            self.assertFalse(os.path.exists(self.path("out.jsonl")))
            for plan in ("stream", "batch"):
                steps = {}
                for node in plans[plan]:
                    steps.setdefault(node["op"], []).append(node["took"])
                scan = steps["source" if plan == "stream" else "scan"][0]
                self.assertEqual((source["read"], source["decoded"]), (scan["rows_in"], scan["rows_out"]))
                first = steps["pipeline"][0]
                self.assertEqual((path["decoded"], path["accepted"]), (first["rows_in"], first["rows_out"]))
                takes = steps["aggregate" if plan == "stream" else "partial-aggregate"]
                self.assertEqual(path["accepted"], takes[0]["rows_in"])
                makes = steps["aggregate" if plan == "stream" else "final-aggregate"]
                self.assertEqual(25, makes[0]["rows_out"])  # 5 keys in 5 minutes: 15000 rows a partition at 50 a second
                self.assertEqual(5, steps["view"][-1]["rows_out"])
                for took in takes:
                    self.assertGreater(took["state_bytes"], 0)
                times = [t["cpu_us"] for all_ in steps.values() for t in all_ if "cpu_us" in t]
                self.assertGreater(scan["cpu_us"], 0)
                self.assertLessEqual(sum(times), plans["runs"][plan]["cpu_us"] * 1.05 + 1000)
        text = self.ok("explain", flow, "--analyze", "--plan", "batch").stdout
        self.assertRegex(text, r"(?m)^batch: 30000 rows in [\d.]+ ms, [\d.]+ ms of CPU, [\d.]+ MB at most$")
        self.assertRegex(text, r"(?m)^1 scan .*\n    30000 rows in, \d+ out, [\d.]+ ms of CPU$")
        self.assertRegex(text, r"(?m)^\d+ sink out .*\n    not written$")
        self.assertNotIn("exchange", text)
        to = self.ok("explain", flow, "--analyze", "--plan", "stream", "--to", "s:0=100,1=50").stdout
        self.assertTrue(to.startswith("stream: 150 rows"), to)
        refused = self.flowc("explain", flow, "--analyze", "--format", "dot")
        self.assertEqual((2, "--analyze shows the program"), (refused.returncode, refused.stderr[7:34]))
        endless = self.write("SOURCE e (k INT) FROM DATAGEN (rate = 10); VIEW v AS SELECT k FROM e;", "endless.flow")
        refused = self.flowc("explain", endless, "--analyze")
        self.assertEqual(2, refused.returncode)
        self.assertIn("never ends", refused.stderr)

    def test_generated_records_are_a_log(self):
        text = """SOURCE s (id BIGINT, who STRUCT<name STRING, age INT>, amount DECIMAL(6, 2), ts TIMESTAMP)
FROM DATAGEN (events = 4000, partitions = 3, rate = 20, skew = 1, disorder = 10s, late = 0.02, duplicates = 0.05, bad = 0.03,
  column.who.name = 'zipf(20) prefix n null 0.1', column.amount = 'normal(10, 5)')
EVENT TIME ts WATERMARK 10s UNIQUE BY id WITHIN 10m;
VIEW v AS SELECT who.name AS name, window_start, COUNT(*) AS n, SUM(amount) AS a FROM TUMBLE(s, 1m) GROUP BY who.name, window_start;"""
        flow = self.write(text)
        self.ok("datagen", flow, "--out", self.path("s.jsonl"))
        begin, end = text.index("DATAGEN"), text.index("EVENT TIME")
        copy = self.write(text[:begin] + "FILE (path = 's.*.jsonl', partitions = 'file') FORMAT JSON " + text[end:], "copy.flow")
        self.assertEqual(self.ok("run", flow, "--digest").stdout, self.ok("run", copy, "--digest").stdout)
        lines = []
        for p in range(3):
            with open(self.path(f"s.{p}.jsonl"), "rb") as file:
                lines.append(file.read().split(b"\n")[:-1])
        self.assertEqual(4000, sum(map(len, lines)))
        # peek and dead letters show the very bytes
        errors = [json.loads(x) for x in self.ok("peek", flow, "--errors", "-n", "-1", "--format", "json").stdout.splitlines()]
        raw = [e for e in errors if "raw" in e]
        self.assertTrue(raw and len(raw) < len(errors))
        for e in raw:
            self.assertEqual(lines[e["partition"]][e["offset"]].decode(), e["raw"])
        # a stream that stops and goes on, and a batch up to the same frontier
        frontier = "s:0=2000,1=900,2=700"
        state = ["--state", self.path("state"), "--epoch", "50ms"]
        self.ok("run", flow, *state, "--stop-at", "s:0=800,1=1000,2=1")
        first = self.ok("run", flow, *state, "--stop-at", frontier, "--digest").stdout
        self.assertEqual(first, self.ok("run", flow, "--mode", "batch", "--to", frontier, "--digest").stdout)

    # --- live -----------------------------------------------------------------------------------
    def start(self, *arguments):
        process = subprocess.Popen([FLOWC, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, cwd=self.folder, text=True, bufsize=1)
        watchdog = threading.Timer(60 * SLOW, process.kill)
        watchdog.start()
        self.addCleanup(watchdog.cancel)
        self.addCleanup(lambda: [pipe.close() for pipe in (process.stdin, process.stdout, process.stderr)])
        return process

    def test_windows_are_emitted_as_time_passes(self):
        process = self.start("run", self.write(STDIN), "--format", "json")
        process.stdin.write('{"n":1,"ts":"2026-01-01T00:00:10Z"}\n{"n":2,"ts":"2026-01-01T00:00:50Z"}\n'
                            '{"n":4,"ts":"2026-01-01T00:01:00Z"}\n')
        process.stdin.flush()
        # stdin is still open: the first window is out because the watermark has passed its end
        self.assertEqual({"window_start": "2026-01-01T00:00:00Z", "total": 3}, json.loads(process.stdout.readline()))
        self.assertIsNone(process.poll())
        process.stdin.close()
        self.assertEqual({"window_start": "2026-01-01T00:01:00Z", "total": 4}, json.loads(process.stdout.readline()))
        self.assertEqual(0, process.wait())

    def test_interrupt_drains_and_exits_0(self):
        flow = self.write("SOURCE e (\"dateTime\" TIMESTAMP) FROM NEXMARK (rate = 1000) EVENT TIME \"dateTime\" WATERMARK 0s;\n"
                          "VIEW v AS SELECT window_start, COUNT(*) AS n FROM TUMBLE(e, 1s) GROUP BY window_start;")
        process = self.start("run", flow, "--format", "json")
        first = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate()
        self.assertEqual(0, process.returncode, errors)
        self.assertEqual(999, first["n"])  # NEXMark's first event is number 1
        for line in rest.splitlines():
            self.assertEqual(1000, json.loads(line)["n"])  # windows that are not complete are not shown
        self.assertIn('{"ledger"', errors)

    def test_a_closed_stdout_ends_the_run(self):
        flow = self.write("SOURCE e (event_type INT) FROM NEXMARK (rate = 1000); VIEW v AS SELECT event_type FROM e;")
        process = self.start("run", flow, "--format", "json")
        process.stdout.readline()
        process.stdout.close()
        self.assertIn(process.wait(), (0, 3))

    # --- memory ---------------------------------------------------------------------------------
    def test_memory_does_not_grow_with_the_log(self):
        if "sanitize" in os.environ.get("FLOW_BUILD", ""):
            self.skipTest("sanitizers keep freed memory")
        peaks = []
        for events in (50_000, 800_000):
            folder = self.path(str(events))
            os.mkdir(folder)
            subprocess.run([CLICKGEN, folder, "--events", str(events)], check=True)
            flow = self.write(CLICKS.format(folder=folder))
            for mode in (["--mode", "batch"], ["--mode", "stream", "--until-end"]):
                run = self.ok("run", flow, "--digest", "--format", "json", *mode)
                ledger = self.ledger(run)
                self.assertEqual(events, ledger["rows"])
                peaks.append(ledger["peak_rss"] / 2**20)
        self.assertLess(peaks[2], peaks[0] + 40, f"batch: {peaks} MB")
        self.assertLess(peaks[3], peaks[1] + 40, f"stream: {peaks} MB")

    def test_a_slow_reader_slows_the_source(self):
        if "sanitize" in os.environ.get("FLOW_BUILD", ""):
            self.skipTest("sanitizers keep freed memory")
        flow = self.write("SOURCE e (bid STRUCT<url STRING>) FROM NEXMARK (events = 3000000);\n"
                          "VIEW v AS SELECT bid.url AS url FROM e;")
        process = self.start("run", flow, "--format", "json")
        time.sleep(3)
        with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
            rss = [int(line.split()[1]) for line in file if line.startswith("VmRSS")][0] / 1024
        process.kill()
        process.wait()
        self.assertLess(rss, 400, "MB while nobody reads")


if __name__ == "__main__":
    unittest.main()
