"""The HTTP sink against a real server: at least once, with keys by which a receiver makes it exactly once.

FLOWC names the program under test. FLOW_SEED makes other faults and kills, FLOW_KILLS more of them.
"""
import collections
import json
import os
import random
import signal
import subprocess
import tempfile
import time
import unittest

from http_server import Server, rows_of

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))
SEED = int(os.environ.get("FLOW_SEED", str(int(time.time()))))
KILLS = int(os.environ.get("FLOW_KILLS", "15"))
SLOW = int(os.environ.get("FLOW_SLOWNESS", "1"))
ENVIRONMENT = dict(os.environ, no_proxy="127.0.0.1", TOKEN="Bearer s3cret-value")

SOURCE = """
SOURCE clicks (id BIGINT, page STRING, ts TIMESTAMP)
FROM FILE (path = 'clicks.jsonl'%s) FORMAT JSON EVENT TIME ts WATERMARK 1s;
VIEW all_clicks AS SELECT id, page FROM clicks;
VIEW pages AS SELECT page, COUNT(*) AS n, SUM(id) AS ids FROM clicks GROUP BY page;
"""
FOLLOWED = SOURCE % ", follow = 'true'"


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"FLOW_SEED={SEED}", flush=True)

    def setUp(self):
        self.random = random.Random(SEED)
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.server = Server()
        self.addCleanup(lambda: self.server.close())
        self.written = 0
        self.process = None
        self.addCleanup(self.kill)
        self.write(0)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, rows):
        with open(self.path("clicks.jsonl"), "a", encoding="utf-8") as out:
            for i in range(self.written, self.written + rows):
                out.write('{"id":%d,"page":"/%d","ts":"2026-01-01T00:00:%02dZ"}\n' % (i, i % 7, i % 60))
        self.written += rows

    def flow(self, sinks, source=FOLLOWED):
        with open(self.path("x.flow"), "w", encoding="utf-8") as out:
            out.write(source + sinks.replace("URL", self.server.url))

    def start(self, *arguments):
        log = open(self.path("stderr"), "ab")
        self.process = subprocess.Popen([FLOWC, "run", "x.flow", "--epoch", "50ms", *arguments], cwd=self.folder,
                                        env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=log)
        log.close()

    def stop(self, code=0):
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(code, self.process.wait(timeout=60 * SLOW), self.stderr())
        self.process = None

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def run_flow(self, *arguments, code=0):
        run = subprocess.run([FLOWC, "run", "x.flow", *arguments], cwd=self.folder, env=ENVIRONMENT,
                             capture_output=True, text=True, timeout=60 * SLOW)
        self.assertEqual(code, run.returncode, run.stderr)
        return run

    def stderr(self):
        with open(self.path("stderr"), encoding="utf-8") as file:
            return file.read()

    def wait_for(self, condition, what):
        deadline = time.monotonic() + 30 * SLOW
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"never: {what}\n{self.stderr()}")
            time.sleep(0.02)

    def ids(self):
        return collections.Counter(row["id"] for row in self.server.rows())

    def expect_all_ids(self):
        self.assertEqual({i: 1 for i in range(self.written)}, dict(self.ids()))

    def wait_for_all_ids(self):
        self.wait_for(lambda: len(self.ids()) >= self.written, "all rows")
        self.expect_all_ids()

    def fold(self, rows):
        """The table that changes add up to."""
        table = {}
        for change in sorted(rows, key=lambda change: change["rev"]):
            self.assertEqual("pages", change["view"])
            if change["op"] == "upsert":
                table[change["row"]["page"]] = change["row"]
            else:
                del table[change["row"]["page"]]
        return table

    def expected_pages(self):
        pages = {}
        for i in range(self.written):
            page = pages.setdefault(f"/{i % 7}", {"page": f"/{i % 7}", "n": 0, "ids": 0})
            page["n"] += 1
            page["ids"] += i
        return pages

    # --- what is sent ---------------------------------------------------------------------------
    def test_a_batch_posts_all_rows_in_requests_with_keys_and_headers(self):
        self.write(25)
        self.flow("""SINK out FROM all_clicks INTO HTTP (url = 'URL', batch = 10, header.authorization = SECRET('TOKEN'),
                     header."x-from" = 'flowc test');""", SOURCE % "")
        run = self.run_flow("--mode", "batch", "--state", "s")
        self.expect_all_ids()
        with open(self.path("s/UID"), encoding="utf-8") as file:
            uid = file.read().split()[0]
        keys = [request["key"].split("/") for request in self.server.requests]
        self.assertEqual([[uid, "out", "0-9"], [uid, "out", "10-19"], [uid, "out", "20-24"]],
                         [[key[0], key[1], key[3]] for key in keys])
        self.assertEqual(1, len({key[2] for key in keys}))  # one epoch
        for request in self.server.requests:
            self.assertEqual("application/json", request["headers"]["Content-Type"])
            self.assertEqual("Bearer s3cret-value", request["headers"]["authorization"])
            self.assertEqual("flowc test", request["headers"]["x-from"])
        explained = subprocess.run([FLOWC, "explain", "x.flow"], cwd=self.folder, env=ENVIRONMENT, capture_output=True,
                                   text=True, check=True).stdout
        self.assertNotIn("s3cret", explained + run.stdout + run.stderr)
        for root, _, files in os.walk(self.path("s")):
            for name in files:
                with open(os.path.join(root, name), "rb") as file:
                    self.assertNotIn(b"s3cret", file.read())

    def test_another_batch_posts_under_other_keys(self):
        self.write(5)
        self.flow("SINK out FROM all_clicks INTO HTTP (url = 'URL');", SOURCE % "")
        self.run_flow("--mode", "batch")
        self.run_flow("--mode", "batch")
        self.assertEqual({i: 2 for i in range(5)}, dict(self.ids()))

    def test_a_batch_killed_while_it_posts_posts_the_same_again(self):
        self.write(3000)
        self.flow("SINK out FROM all_clicks INTO HTTP (url = 'URL', batch = 100, body = 'lines');", SOURCE % "")
        self.server.delay = 0.05
        for _ in range(3):
            before = len(self.server.requests)
            self.start("--mode", "batch", "--state", "s")
            self.wait_for(lambda: len(self.server.requests) >= before + 4, "some requests")
            self.kill()
        self.server.delay = 0
        self.run_flow("--mode", "batch", "--state", "s")
        self.expect_all_ids()
        self.assertGreater(len(self.server.requests), 30)
        self.assertEqual({"application/x-ndjson"}, {r["headers"]["Content-Type"] for r in self.server.requests})

    def test_changes_of_an_updating_view_add_up(self):
        self.flow("SINK out FROM pages INTO HTTP (url = 'URL');")
        self.start()
        for _ in range(5):
            self.write(100)
            time.sleep(0.1)
        self.wait_for(lambda: self.fold(self.server.rows()) == self.expected_pages(), "the table")
        self.stop()

    # --- what may go wrong ----------------------------------------------------------------------
    def test_killed_at_random_with_a_server_that_fails_at_random(self):
        self.flow("""SINK out FROM all_clicks INTO HTTP (url = 'URL', batch = 7);
                     SINK table_ FROM pages INTO HTTP (url = 'URL/pages', batch = 3);""")

        def answer(_request):
            die = self.random.random()
            return ((503, {}) if die < 0.1 else None if die < 0.2 else "drop" if die < 0.3 else (200, {}))

        self.server.answer = answer
        for _ in range(KILLS):
            self.start()
            for _ in range(3):
                self.write(self.random.randrange(60))
                time.sleep(self.random.random() * 0.15)
            self.kill()
        self.server.answer = lambda request: (200, {})
        self.write(10)
        self.start()

        def split():
            rows = self.server.rows()
            return [r for r in rows if "id" in r], [r for r in rows if "view" in r]

        self.wait_for(lambda: len(split()[0]) >= self.written, "all rows")
        self.wait_for(lambda: self.fold(split()[1]) == self.expected_pages(), "the table")
        self.stop()
        self.assertEqual({i: 1 for i in range(self.written)}, dict(collections.Counter(r["id"] for r in split()[0])))

    def test_a_server_that_is_down_is_waited_for(self):
        self.write(10)
        self.flow("SINK out FROM all_clicks INTO HTTP (url = 'URL');\nSINK f FROM all_clicks INTO FILE (path = 'f') FORMAT JSON;")
        self.server.close()
        self.start("--state", "s")
        self.wait_for(lambda: "waiting for sink out" in self.stderr(), "it says so")
        status = subprocess.run([FLOWC, "status", "s", "--format", "json"], cwd=self.folder, capture_output=True, text=True,
                                check=True).stdout
        self.assertIn("no answer from", status)
        self.server = Server(self.server.port)
        self.wait_for_all_ids()
        self.wait_for(lambda: "sink out: going on" in self.stderr(), "it says that it goes on")
        self.stop()
        with open(self.path("f"), encoding="utf-8") as file:
            self.assertEqual(10, len(file.readlines()))

    def test_stopped_while_the_server_is_away(self):
        self.flow("SINK out FROM all_clicks INTO HTTP (url = 'URL');")
        self.write(5)
        self.start()
        self.wait_for_all_ids()
        self.server.close()
        self.write(5)
        self.wait_for(lambda: "waiting for sink out" in self.stderr(), "it says so")
        begin = time.monotonic()
        self.stop()
        self.assertLess(time.monotonic() - begin, 10 * SLOW)
        self.start()  # and while it waits at its start
        self.wait_for(lambda: self.stderr().count("waiting for sink out") == 2, "it says so again")
        self.stop()
        self.assertIn("stopped while waiting", self.stderr())
        before = self.server
        self.server = Server(before.port)
        self.server.requests = before.requests
        self.start()
        self.wait_for_all_ids()
        self.stop()

    def test_retry_after_is_kept(self):
        self.write(3)
        self.flow("SINK out FROM all_clicks INTO HTTP (url = 'URL');")
        answers = iter([(503, {}), (429, {"Retry-After": "2"})])
        self.server.answer = lambda request: next(answers, (200, {}))
        self.start()
        self.wait_for_all_ids()
        self.stop()
        self.assertEqual([503, 429, 200], [request["status"] for request in self.server.requests][:3])
        self.assertEqual(1, len({request["key"] for request in self.server.requests[:3]}))
        self.assertGreaterEqual(self.server.requests[2]["at"] - self.server.requests[1]["at"], 1.9)

    def test_a_slow_server_does_not_hold_up_the_end(self):
        self.write(3)
        self.flow("SINK out FROM all_clicks INTO HTTP (url = 'URL');")
        self.server.delay = 30
        self.start("--state", "s")
        time.sleep(1 * SLOW)
        begin = time.monotonic()
        self.stop()
        self.assertLess(time.monotonic() - begin, 10 * SLOW)
        self.assertIn("they get it at the next start", self.stderr())
        self.server.delay = 0
        with self.server.lock:
            self.server.requests.clear()
        self.start("--state", "s")
        self.wait_for_all_ids()
        self.stop()

    def test_a_timeout_is_tried_again(self):
        self.write(3)
        self.flow("SINK out FROM all_clicks INTO HTTP (url = 'URL', timeout = '1s');")
        self.server.delay = 1.5
        self.start()
        self.wait_for(lambda: len(self.server.requests) >= 2, "a second try")
        self.server.delay = 0
        self.wait_for_all_ids()
        self.stop()
        self.assertEqual(1, len(self.server.taken()))  # always the same key

    def test_a_refused_row_ends_the_run_or_is_recorded(self):
        self.write(20)
        self.server.answer = lambda request: (422, {}) if any(r["id"] in (3, 17) for r in rows_of(request["body"])) else (200, {})
        self.flow("SINK out FROM all_clicks INTO HTTP (url = 'URL');", SOURCE % "")
        run = self.run_flow("--mode", "batch", "--state", "s", code=3)
        self.assertIn("a row is refused", run.stderr)
        self.assertIn('{"id":3,"page":"/3"}', run.stderr)
        self.assertIn("on_refused = 'record'", run.stderr)
        self.flow("SINK out FROM all_clicks INTO HTTP (url = 'URL', on_refused = 'record', refused = 'refused.jsonl');", SOURCE % "")
        self.run_flow("--mode", "batch", "--state", "s")
        self.assertEqual({i: 1 for i in range(20) if i not in (3, 17)}, dict(self.ids()))
        with open(self.path("refused.jsonl"), encoding="utf-8") as file:
            refused = [json.loads(line) for line in file]
        self.assertEqual([(422, 3), (422, 17)], [(r["status"], r["row"]["id"]) for r in refused])
        self.assertTrue(refused[0]["key"].endswith("/3-3"))

    def test_an_address_that_takes_nothing_ends_the_run(self):
        self.write(2)
        self.flow("SINK out FROM all_clicks INTO HTTP (url = 'URL');", SOURCE % "")
        self.server.answer = lambda request: (401, {})
        self.assertIn("answers 401", self.run_flow("--mode", "batch", "--state", "a", code=3).stderr)
        self.server.answer = lambda request: (308, {"Location": "http://127.0.0.1:1/elsewhere"})
        self.assertIn("points to another address", self.run_flow("--mode", "batch", "--state", "b", code=3).stderr)

    def test_without_state_it_is_refused(self):
        self.flow("SINK out FROM all_clicks INTO HTTP (url = 'URL');", SOURCE % "")
        for mode in ("stream", "batch"):
            self.assertIn("needs state", self.run_flow("--mode", mode, "--state", "none", code=2).stderr)

    def test_a_url_or_header_that_can_not_be_is_refused(self):
        for sink, why in (("url = 'ftp://x/y'", "not one of HTTP"), ("url = 'URL', header.content-type = 'x'", "syntax"),
                          ("url = 'URL', header.\"content-type\" = 'x'", "set by the sink"),
                          ("url = 'URL', header.\"a b\" = 'x'", "can not be the name"),
                          ("url = 'URL', header.x = 'a\nb'", "can not stand in one")):
            self.flow(f"SINK out FROM all_clicks INTO HTTP ({sink});", SOURCE % "")
            run = subprocess.run([FLOWC, "run", "x.flow", "--mode", "batch"], cwd=self.folder, env=ENVIRONMENT,
                                 capture_output=True, text=True, timeout=60 * SLOW)
            self.assertIn(run.returncode, (1, 2), run.stderr)
            if why != "syntax":
                self.assertIn(why, run.stderr)


if __name__ == "__main__":
    unittest.main()
