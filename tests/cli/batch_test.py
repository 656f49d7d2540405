"""Batches with state: killed at random they go on, and what their sinks hold at the end is what one
undisturbed run writes; until then it is what was there before.

FLOWC names the program under test. FLOW_SEED makes other logs and kills, FLOW_KILLS more of them.
"""
import hashlib
import json
import os
import random
import signal
import subprocess
import tempfile
import time
import unittest

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))
SEED = int(os.environ.get("FLOW_SEED", str(int(time.time()))))
KILLS = int(os.environ.get("FLOW_KILLS", "25"))
SLOW = int(os.environ.get("FLOW_SLOWNESS", "1"))  # sanitized builds: wait longer, feed less
ROWS = 150_000 // SLOW

PIPELINE = """
SOURCE clicks (user_id BIGINT, page STRING, revenue DECIMAL(12, 2), ts TIMESTAMP)
FROM FILE (path = 'clicks-*.jsonl', partitions = 'file') FORMAT JSON EVENT TIME ts WATERMARK 10s
DEAD LETTER TO FILE (path = 'dead.jsonl');
VIEW pages AS SELECT page, window_start, COUNT(*) AS n, SUM(revenue) AS revenue
FROM TUMBLE(clicks, 1m) GROUP BY page, window_start;
VIEW recent AS SELECT page, window_start, COUNT(*) AS n FROM HOP(clicks, 5m EVERY 1m) GROUP BY page, window_start;
VIEW users AS SELECT user_id, COUNT(*) AS n, MIN(page) AS first, MAX(revenue) AS most FROM clicks GROUP BY user_id;
VIEW sizes AS SELECT n, COUNT(*) AS users FROM users GROUP BY n;
VIEW dear AS SELECT user_id, page, revenue FROM clicks WHERE revenue > 15;
"""
VIEWS = {"pages": "jsonl", "recent": "csv", "users": "jsonl", "sizes": "csv", "dear": "jsonl"}
for view, form in VIEWS.items():
    PIPELINE += f"SINK to_{view} FROM {view} INTO FILE (path = '{view}.{form}') FORMAT {'CSV' if form == 'csv' else 'JSON'};\n"
FILES = [f"{view}.{form}" for view, form in VIEWS.items()] + ["dead.jsonl"]


def log(folder, rows, generator):
    for p in range(2):
        with open(os.path.join(folder, f"clicks-{p}.jsonl"), "w", encoding="utf-8") as out:
            for i in range(rows):
                if generator.random() < 0.001:
                    out.write("{broken\n")
                    continue
                at = max(0.0, i * 0.02 - generator.random() * 20)
                minute, hour = int(at // 60) % 60, int(at // 3600)
                out.write('{"user_id":%d,"page":"/%s","revenue":%d.%02d,"ts":"2026-01-01T%02d:%02d:%06.3fZ"}\n' % (
                    generator.randrange(5000), "long-name-of-a-page-%d" % generator.randrange(50), generator.randrange(17),
                    generator.randrange(100), hour, minute, at % 60))


class Batch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"FLOW_SEED={SEED}", flush=True)
        cls.random = random.Random(SEED)
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = cls.temporary.name
        log(cls.folder, ROWS, cls.random)
        with open(cls.path("x.flow"), "w", encoding="utf-8") as file:
            file.write(PIPELINE)

    def setUp(self):
        for name in FILES:
            for path in (self.path(name), self.path(f".{name}.new")):
                if os.path.exists(path):
                    os.unlink(path)
        self.state = tempfile.mkdtemp(dir=self.folder)
        os.rmdir(self.state)

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    def command(self, *arguments):
        return [FLOWC, "run", "x.flow", "--mode", "batch", *arguments]

    def run_batch(self, *arguments, code=0):
        run = subprocess.run(self.command(*arguments), capture_output=True, text=True, cwd=self.folder, timeout=120 * SLOW)
        self.assertEqual(code, run.returncode, run.stderr)
        return run

    def status(self):
        run = subprocess.run([FLOWC, "status", self.state, "--format", "json"], capture_output=True, text=True, check=True)
        return json.loads(run.stdout)

    def contents(self):
        """Of every sink: its lines in any order, as a hash; None where there is no file."""
        found = {}
        for name in FILES:
            found[name] = None
            if os.path.exists(self.path(name)):
                with open(self.path(name), "rb") as file:
                    found[name] = hashlib.sha256(b"".join(sorted(file))).hexdigest()
        return found

    def kill_until_done(self, before, after, arguments):
        """Kills runs at random; a sink holds what it held before, or all of the result."""
        kills = going_on = 0
        while True:
            options = [*arguments, "--workers", str(self.random.randint(1, 3))]
            run = subprocess.Popen(self.command(*options), cwd=self.folder, stderr=subprocess.PIPE, text=True)
            if kills < KILLS:
                # Mostly soon, so that there are many; compiling takes a part of it.
                try:
                    run.wait(self.random.choice([0.15, 0.3, 0.6]) * SLOW * self.random.random())
                except subprocess.TimeoutExpired:
                    run.kill()
            err = run.communicate(timeout=120 * SLOW)[1]
            going_on += "going on from epoch" in err
            for name, found in self.contents().items():
                self.assertIn(found, (before[name], after[name]), f"{name} after {kills} kills\n{err}")
            if run.returncode == 0:
                return kills, going_on
            self.assertEqual(-signal.SIGKILL, run.returncode, err)
            kills += 1

    def test_killed_it_goes_on_and_publishes_once(self):
        nothing = self.contents()
        ledger = self.run_batch("--format", "json", "--state", "none").stderr.splitlines()[-1]
        wanted = self.contents()
        total, resumed = 0, 0
        old = nothing
        for name in FILES:
            os.unlink(self.path(name))
        while total < KILLS:
            kills, going_on = self.kill_until_done(old, wanted, ["--state", self.state, "--epoch", "2ms"])
            self.assertEqual(wanted, self.contents())
            # Another one begins anew, over what this one left.
            old = wanted
            total, resumed = total + kills, resumed + going_on
        print(f"{total} kills, {resumed} runs went on", flush=True)
        self.assertGreater(resumed, total // 10)
        last = self.run_batch("--format", "json", "--state", self.state).stderr.splitlines()[-1]
        self.assertEqual(json.loads(ledger)["ledger"], json.loads(last)["ledger"])
        self.assertTrue(self.status()["batch"]["published"])

    def stopped_half_way(self, *arguments):
        """A state of a batch that has read something and not all."""
        for _ in range(50):
            run = subprocess.Popen(self.command("--state", self.state, "--epoch", "1ms", "--workers", "1", *arguments),
                                   cwd=self.folder, stderr=subprocess.PIPE, text=True)
            while run.poll() is None:
                if os.path.exists(os.path.join(self.state, "epoch-2")):
                    run.send_signal(signal.SIGINT)
                    break
                time.sleep(0.001)
            err = run.communicate(timeout=60 * SLOW)[1]
            self.assertEqual(0, run.returncode, err)
            if not self.status()["batch"]["read"]:
                return
        self.fail("never stopped half way")

    def test_stopped_it_publishes_nothing_and_goes_on(self):
        nothing = self.contents()
        self.stopped_half_way()
        self.assertEqual(nothing, self.contents())
        run = self.run_batch("--state", self.state, "--resume")
        self.assertIn("going on from epoch", run.stderr)
        done = self.contents()
        self.run_batch("--state", "none")
        self.assertEqual(self.contents(), done)
        # Done: there is nothing to go on with, and a new one begins.
        run = self.run_batch("--state", self.state, "--resume", code=4)
        self.assertIn("there is no unfinished batch", run.stderr)
        run = self.run_batch("--state", self.state)
        self.assertNotIn("going on", run.stderr)
        self.assertEqual(self.contents(), done)

    def test_another_range_or_program_is_refused_until_it_is_done(self):
        self.stopped_half_way()
        to = "clicks-0.jsonl=1000000,clicks-1.jsonl=900000"
        run = self.run_batch("--state", self.state, "--to", to, code=4)
        self.assertIn(f"now:     --from earliest --to {to}", run.stderr)
        other = PIPELINE.replace("revenue > 15", "revenue > 14").replace("COUNT(*) AS n, SUM", "COUNT(page) AS n, SUM")
        with open(self.path("other.flow"), "w", encoding="utf-8") as file:
            file.write(other)
        run = subprocess.run([FLOWC, "run", "other.flow", "--mode", "batch", "--state", self.state], cwd=self.folder,
                             capture_output=True, text=True, timeout=60 * SLOW)
        self.assertEqual(4, run.returncode, run.stderr)
        self.assertIn("view pages differs", run.stderr)
        # A stream has nothing to do with it.
        run = subprocess.run([FLOWC, "run", "x.flow", "--state", self.state], cwd=self.folder, capture_output=True, text=True,
                             timeout=60 * SLOW)
        self.assertEqual(4, run.returncode, run.stderr)
        self.assertIn("is of a batch", run.stderr)
        # Forgotten, or done, it stands in nobody's way.
        self.run_batch("--state", self.state, "--to", to, "--reset-state")
        some = self.contents()
        self.run_batch("--state", self.state)
        self.assertNotEqual(some, self.contents())
        for name in FILES:
            os.unlink(self.path(name))
        run = subprocess.run([FLOWC, "run", "other.flow", "--mode", "batch", "--state", self.state], cwd=self.folder,
                             capture_output=True, text=True, timeout=60 * SLOW)
        self.assertEqual(0, run.returncode, run.stderr)

    def test_the_end_is_that_of_the_beginning(self):
        self.stopped_half_way()
        path = self.path("clicks-0.jsonl")
        size = os.path.getsize(path)
        try:
            with open(path, "a", encoding="utf-8") as file:
                file.write('{"user_id":1,"page":"/new","revenue":1,"ts":"2026-01-01T00:00:00Z"}\n')
            self.run_batch("--state", self.state)
            went_on = self.contents()
            self.run_batch("--state", self.state)
            self.assertNotEqual(went_on, self.contents(), "a new batch reads what came meanwhile")
        finally:
            os.truncate(path, size)
        self.run_batch("--state", self.state)
        self.assertEqual(went_on, self.contents())

    def test_without_state_a_file_is_replaced_when_it_is_complete(self):
        with open(self.path("users.jsonl"), "w", encoding="utf-8") as file:
            file.write("old\n")
        os.chmod(self.path("users.jsonl"), 0o640)
        run = subprocess.Popen(self.command("--workers", "1"), cwd=self.folder, stderr=subprocess.PIPE)
        temporary = self.path(".users.jsonl.new")
        while run.poll() is None and not os.path.exists(temporary):
            time.sleep(0.0005)
        run.kill()
        run.communicate()
        if run.returncode == -signal.SIGKILL:
            with open(self.path("users.jsonl"), encoding="utf-8") as file:
                self.assertEqual("old\n", file.read())
        self.run_batch()
        self.assertFalse(os.path.exists(temporary))
        self.assertEqual(0o640, os.stat(self.path("users.jsonl")).st_mode & 0o777)
        with open(self.path("users.jsonl"), encoding="utf-8") as file:
            self.assertEqual("upsert", json.loads(file.readline())["op"])

    def test_to_stream_is_where_the_stream_is(self):
        stop = "clicks-0.jsonl=%d,clicks-1.jsonl=%d" % (self.random.randrange(1_000_000 // SLOW), self.random.randrange(1_000_000 // SLOW))
        stream = self.path(".flow/x/stream")
        run = self.run_batch("--to", "stream", "--digest", code=2)
        self.assertIn("--to stream: there is no state of a stream", run.stderr)
        for arguments in (["--stop-at", stop], []):  # at a frontier; then to the end
            run = subprocess.run([FLOWC, "run", "x.flow", "--state", stream, *arguments], cwd=self.folder, capture_output=True,
                                 text=True, timeout=60 * SLOW)
            self.assertEqual(0, run.returncode, run.stderr)
            run = subprocess.run([FLOWC, "status", stream, "--format", "json"], capture_output=True, text=True, check=True)
            digests = json.loads(run.stdout)["digests"]
            self.assertEqual(set(VIEWS), set(digests))
            run = self.run_batch("--to", "stream", "--digest")
            found = {view: {"rows": int(rows), "hash": text} for view, rows, text in
                     (line.split() for line in run.stdout.splitlines())}
            self.assertEqual(digests, found)

    def test_usage(self):
        for arguments, said in ((["--resume", "--reset-state"], "exclude each other"),
                                (["--resume"], "this batch keeps no state"),
                                (["--epoch", "5"], "--epoch must be a duration"),
                                (["--stop-at", "x=1"], "is for --mode stream")):
            self.assertIn(said, self.run_batch(*arguments, code=2).stderr)
        run = subprocess.run([FLOWC, "run", "x.flow", "--resume"], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(2, run.returncode)
        self.assertIn("--resume is for --mode batch", run.stderr)
        with open(self.path("pg.flow"), "w", encoding="utf-8") as file:
            file.write(PIPELINE + "SINK pg FROM users INTO POSTGRES (url = 'postgres://x@127.0.0.1:1/x', table = 't');\n")
        run = subprocess.run([FLOWC, "run", "pg.flow", "--mode", "batch", "--state", "none"], cwd=self.folder,
                             capture_output=True, text=True)
        self.assertEqual(2, run.returncode, run.stderr)
        self.assertIn("sink pg needs state", run.stderr)


SHED = """
SOURCE events (event_type INT, bid STRUCT<auction BIGINT, price BIGINT>, dateTime TIMESTAMP)
FROM NEXMARK (events = %d, partitions = 2, rate = 1000) EVENT TIME dateTime WATERMARK 4s OVERLOAD SHED 10s;
VIEW auctions AS SELECT bid.auction AS auction, COUNT(*) AS n, SUM(bid.price) AS price FROM events GROUP BY bid.auction;
VIEW minutes AS SELECT window_start, COUNT(*) AS n FROM TUMBLE(events, 1m) GROUP BY window_start;
SINK a FROM auctions INTO FILE (path = 'auctions.jsonl') FORMAT JSON;
SINK m FROM minutes INTO FILE (path = 'minutes.jsonl') FORMAT JSON;
"""


class ShedRanges(unittest.TestCase):
    """What a decision log leaves out is left out, and counted once, however often the batch is killed."""

    def run_batch(self, *arguments):
        return subprocess.run([FLOWC, "run", "x.flow", *arguments, "--decisions", "decisions.jsonl", "--format", "json"],
                              cwd=self.folder, capture_output=True, text=True, timeout=120 * SLOW, check=True)

    def result(self, run):
        files = []
        for name in ("auctions.jsonl", "minutes.jsonl"):
            with open(os.path.join(self.folder, name), encoding="utf-8") as file:
                files.append(sorted(file))
        ledger = next(json.loads(line)["ledger"] for line in run.stderr.splitlines() if line.startswith('{"ledger"'))
        return files, ledger["sources"], ledger["balanced"]

    def test_killed_at_random(self):
        generator = random.Random(SEED)
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        events = 1_000_000 // SLOW
        with open(os.path.join(self.folder, "x.flow"), "w", encoding="utf-8") as out:
            out.write(SHED % events)
        shed = 0
        with open(os.path.join(self.folder, "decisions.jsonl"), "w", encoding="utf-8") as out:
            for partition in range(2):
                end = 0
                for _ in range(20):
                    begin = end + generator.randrange(1, events // 100)
                    end = begin + generator.randrange(1, events // 100)
                    shed += end - begin
                    out.write(json.dumps({"shed": ["events", partition], "offset": begin, "end": end}) + "\n")
        whole = self.result(self.run_batch("--mode", "batch", "--state", "none"))
        self.assertEqual((events, shed, True), (whole[1][0]["read"], whole[1][0]["shed"], whole[2]))
        os.unlink(os.path.join(self.folder, "auctions.jsonl"))
        killed = 0
        for _ in range(KILLS // 2):
            process = subprocess.Popen([FLOWC, "run", "x.flow", "--mode", "batch", "--state", "s", "--epoch", "30ms", "--decisions",
                                        "decisions.jsonl"], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(generator.uniform(0.05, 0.5))
            killed += process.poll() is None
            process.kill()
            process.wait()
        self.assertGreater(killed, 0)
        self.assertEqual(whole, self.result(self.run_batch("--mode", "batch", "--state", "s")))
        # A stream's file has changes: only its ledger is compared.
        self.assertEqual(whole[1:], self.result(self.run_batch("--state", "none"))[1:])


if __name__ == "__main__":
    unittest.main()
