#!/usr/bin/env python3
"""Small pipelines on a disk that fails: at each system call that changes something, the process is killed, the
machine loses power, or the call fails; then the pipeline is started again and must get to the right end.

FLOWC is the program under test, FAULTS the preloaded library (faults.c says what it does). FLOW_CASES: how many of
the calls are tried (600; `all`: each one of the first run); FLOW_SEED repeats the dice; FLOW_ONLY=PIPELINE,KIND,CALL
repeats a case, FLOW_PIPELINES and FLOW_KINDS pick some.
"""
import collections
import concurrent.futures
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from decimal import Decimal

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FLOWC = os.path.abspath(os.environ.get("FLOWC", os.path.join(ROOT, "build/release/tools/flowc/flowc")))
FAULTS = os.path.abspath(os.environ.get("FAULTS", os.path.join(ROOT, "build/release/tests/crash/libfaults.so")))
CASES = os.environ.get("FLOW_CASES", "600")
SEED = int(os.environ.get("FLOW_SEED", str(random.randrange(1 << 30))))
KINDS = os.environ.get("FLOW_KINDS", "kill power eio heal short enospc").split()
JOBS = min(4, (os.cpu_count() or 1) + 1)

COLUMNS = "(id BIGINT, page STRING, revenue DECIMAL(12, 2), ts TIMESTAMP)"
SOURCE = (f"SOURCE c {COLUMNS} FROM FILE (path = 'in.jsonl') FORMAT JSON\n"
          "EVENT TIME ts WATERMARK 10s MAX RATE 3000 DEAD LETTER TO FILE (path = 'out/dead.jsonl');\n")
Pipeline = collections.namedtuple("Pipeline", "text keys")  # keys: of each view with a sink; None: append-only
PIPELINES = {
    "windows": Pipeline(SOURCE + """
VIEW m AS SELECT page, window_start, COUNT(*) AS n, SUM(revenue) AS r FROM TUMBLE(c, 20s) GROUP BY page, window_start
ALLOW LATENESS 10s LATE TO lates EMIT ON CLOSE;
VIEW l AS SELECT page, COUNT(*) AS n, MIN(id) AS least FROM lates GROUP BY page;
SINK a FROM m INTO FILE (path = 'out/m.jsonl');
SINK b FROM l INTO FILE (path = 'out/l.jsonl');""", {"m": ("page", "window_start"), "l": ("page",)}),
    "groups": Pipeline(SOURCE + """
VIEW g AS SELECT page, COUNT(*) AS n, SUM(revenue) AS r, MIN(revenue) AS least, AVG(CAST(revenue AS DOUBLE)) AS mean
FROM c GROUP BY page;
SINK a FROM g INTO FILE (path = 'out/g.jsonl');""", {"g": ("page",)}),
    "every": Pipeline(SOURCE + """
VIEW e AS SELECT page, MAX(id) AS last, COUNT(*) AS n FROM c GROUP BY page EMIT EVERY 30ms;
SINK a FROM e INTO FILE (path = 'out/e.jsonl');""", {"e": ("page",)}),
    "stacked": Pipeline(SOURCE + """
VIEW per AS SELECT page, id % 7 AS k, COUNT(*) AS n, SUM(revenue) AS r FROM c GROUP BY page, id % 7;
VIEW s AS SELECT n, COUNT(*) AS groups, MAX(r) AS most, MIN(page) AS first FROM per GROUP BY n;
VIEW h AS SELECT page, COUNT(*) AS n FROM per WHERE n > 1 GROUP BY page HAVING COUNT(*) % 2 = 1;
VIEW pages AS SELECT page, COUNT(*) AS n FROM c GROUP BY page;
VIEW t AS SELECT n, COUNT(*) AS pages FROM pages GROUP BY n;
SINK a FROM s INTO FILE (path = 'out/s.jsonl');
SINK b FROM h INTO FILE (path = 'out/h.jsonl');
SINK d FROM t INTO FILE (path = 'out/t.jsonl');""", {"s": ("n",), "h": ("page",), "t": ("n",)}),
    "rows": Pipeline(SOURCE + """
VIEW r AS SELECT id, page, revenue * 2 AS twice FROM c WHERE revenue > 20;
VIEW q AS SELECT id, 100 / (id % 10) AS x FROM c;
SINK a FROM r INTO FILE (path = 'out/r.jsonl');
SINK b FROM q INTO FILE (path = 'out/q.jsonl');""", {"r": None, "q": None}),
    "unique": Pipeline(SOURCE.replace("MAX RATE", "UNIQUE BY page, id % 20 WITHIN 15s MAX RATE") + """
VIEW u AS SELECT id, page FROM c;
SINK a FROM u INTO FILE (path = 'out/u.jsonl');""", {"u": None}),
    "hops": Pipeline(SOURCE + """
VIEW w AS SELECT page, window_start, COUNT(*) AS n, SUM(revenue) AS r FROM HOP(c, 30s EVERY 10s)
GROUP BY page, window_start ALLOW LATENESS 20s;
SINK a FROM w INTO FILE (path = 'out/w.jsonl');""", {"w": ("page", "window_start")}),
    "first": Pipeline(SOURCE + """
VIEW f AS SELECT page, id, revenue FROM c QUALIFY ROW_NUMBER() OVER (PARTITION BY page ORDER BY revenue DESC) = 1;
VIEW b AS SELECT page, window_start, COUNT(*) AS n FROM TUMBLE(c, 20s) GROUP BY page, window_start
ORDER BY n DESC LIMIT 2 ALLOW LATENESS 10s EMIT CHANGES;
SINK a FROM f INTO FILE (path = 'out/f.jsonl');
SINK d FROM b INTO FILE (path = 'out/b.jsonl');""", {"f": ("page",), "b": ("page", "window_start")}),
}


def loads(text):
    return json.loads(text, parse_float=Decimal)


def canonical(rows):
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in rows)


def write_input(path):
    """60 records: some late, some far too late, some that are no JSON."""
    dice = random.Random(7)
    with open(path, "w", encoding="utf-8") as file:
        for n in range(1, 61):
            at = n * 3 + dice.randrange(8) - (dice.choice([25, 90]) if dice.random() < 0.12 else 0)
            row = {"id": n, "page": f"/{dice.randrange(4)}", "revenue": f"{dice.randrange(10000) / 100:.2f}",
                   "ts": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_767_225_600 + max(at, 0)))}
            file.write((json.dumps(row) if n % 13 else f"no JSON {n}") + "\n")


class Disk:
    """A folder with one pipeline, its state and its sinks."""

    def __init__(self, base, name, case):
        self.name, self.pipeline = name, PIPELINES[name]
        self.folder = os.path.join(base, case)
        self.graves = os.path.join(base, case + ".graves")
        os.makedirs(os.path.join(self.folder, "out"))
        os.makedirs(self.graves)
        self.flow = os.path.join(self.folder, "p.flow")
        with open(self.flow, "w", encoding="utf-8") as file:
            file.write(self.pipeline.text)
        write_input(os.path.join(self.folder, "in.jsonl"))
        self.errors = ""

    def remove(self):
        shutil.rmtree(self.folder)
        shutil.rmtree(self.graves)

    def run(self, kind=None, at=0, workers=1, stop_after=None, count=None, state=".flow/p/stream"):
        environment = dict(os.environ)
        if kind is not None:
            environment.update(LD_PRELOAD=FAULTS, FLOW_FAULT_DIRS=self.folder, FLOW_FAULT_KIND=kind,
                               FLOW_FAULT_AT=str(at), FLOW_FAULT_GRAVES=self.graves, FLOW_FAULT_CALLS="3")
        if count is not None:
            environment["FLOW_FAULT_COUNT"] = count
        process = subprocess.Popen([FLOWC, "run", "p.flow", "--state", state, "--epoch", "1ms", "--batch-size", "5",
                                    "--engine", "interpreter", "--workers", str(workers), "-q"], cwd=self.folder,
                                   env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
        try:
            _, errors = process.communicate(timeout=stop_after or 60)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)
            try:
                _, errors = process.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                raise AssertionError("it does not end") from None
        self.errors = errors
        return process.returncode

    def wrong(self, expected):
        """What is wrong with the sinks and the ledger, or nothing."""
        for sink, wanted in expected.items():
            with open(os.path.join(self.folder, "out", sink + ".jsonl"), encoding="utf-8") as file:
                rows = [loads(line) for line in file]
            keys = self.pipeline.keys.get(sink)
            if keys is not None:
                table = {}
                for change in rows:
                    key = tuple(change["row"][k] for k in keys)
                    if change["op"] == "delete":
                        table.pop(key, None)  # what came and went within an epoch is a delete, too
                    else:
                        table[key] = change["row"]
                rows = table.values()
            if canonical(rows) != wanted:
                return f"{sink} has {canonical(rows)} instead of {wanted}"
        run = subprocess.run([FLOWC, "status", ".flow/p/stream", "--format", "json"], cwd=self.folder, capture_output=True,
                             text=True, check=False)
        if run.returncode:
            return f"status: {run.stderr}"
        status = json.loads(run.stdout)
        for line in status["sources"]:
            c = line["counts"]
            if c["read"] != 60 or c["read"] != c["decoded"] + c["duplicate"] + c["held"] + c["dead"] + c["shed"]:
                return f"the ledger: {line}"
        for line in status["paths"]:
            c = line["counts"]
            if c["decoded"] != c["accepted"] + c["filtered"] + c["late"] + c["dead"]:
                return f"the ledger: {line}"
        return self.wrong_state(expected)

    def wrong_state(self, expected):
        """At the end all windows are closed and gone; a view without windows and HAVING keeps a group a row."""
        run = subprocess.run([FLOWC, "state", "ls", ".flow/p/stream", "--format", "json"], cwd=self.folder,
                             capture_output=True, text=True, check=False)
        if run.returncode:
            return f"state ls: {run.stderr}"
        entries = {line["operator"]: line["entries"] for line in map(json.loads, run.stdout.splitlines())}
        for sink, keys in self.pipeline.keys.items():
            wanted = 0 if keys is None or "window_start" in keys else len(expected[sink])
            if "HAVING" not in self.pipeline.text.split(f"VIEW {sink} ")[1].split(";")[0] and \
                    entries.get(f"aggregate {sink}", 0) != wanted:
                return f"the state of {sink}: {entries}"
        return ""


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print("FLOW_SEED", SEED, flush=True)
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65536), most))
        temporary = tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        cls.addClassCleanup(temporary.cleanup)
        cls.base = os.path.realpath(temporary.name)
        cls.expected, cls.calls = {}, {}
        wanted = os.environ.get("FLOW_PIPELINES", "").split()
        cls.names = [name for name in PIPELINES if not wanted or name in wanted]
        for name in cls.names:
            cls.learn(name)

    @classmethod
    def learn(cls, name):
        """The batch results, and how many calls a run makes."""
        disk = Disk(cls.base, name, "learn-" + name)
        expected = {}
        for view in disk.pipeline.keys:
            run = subprocess.run([FLOWC, "run", disk.flow, "--mode", "batch", "--view", view, "--format", "json", "-q"],
                                 cwd=disk.folder, capture_output=True, text=True, check=True)
            expected[view] = canonical(loads(line) for line in run.stdout.splitlines())
            assert expected[view], view
        count = os.path.join(disk.graves, "count")
        code = disk.run("count", 0, count=count)
        assert code == 0, disk.errors
        with open(os.path.join(disk.folder, "out/dead.jsonl"), encoding="utf-8") as file:
            expected["dead"] = canonical(loads(line) for line in file)
        assert len(expected["dead"]) >= 4, expected["dead"]
        with open(count, encoding="utf-8") as file:
            cls.calls[name] = int(file.read())
        assert cls.calls[name] > 100, cls.calls
        cls.expected[name] = expected
        disk.remove()

    def case(self, name, kind, at, dice):
        """"" or what went wrong."""
        disk = Disk(self.base, name, f"{name}-{kind}-{at}-{dice.randrange(1 << 30)}")
        story = []
        try:
            code = disk.run(kind, at, workers=dice.randint(1, 3), stop_after=0.6 if kind == "enospc" else None)
            story.append(f"exit code {code} {disk.errors[-300:]}")
            if code not in (0, 3, -signal.SIGKILL) or (kind in ("eio", "short") and code < 0):
                return f"ended in another way: {story}"
            if code == 3 and not re.search(r"error: .*can not [a-z ]+ [./a-z]", disk.errors):
                return f"the message does not say what failed with which file: {story}"
            # Now and then again, while it recovers.
            for again in range(dice.choice([0, 0, 1, 2])):
                code = disk.run(dice.choice(["kill", "power"]), dice.randint(1, 60), workers=dice.randint(1, 3))
                story.append(f"recovery {again}: exit code {code} {disk.errors[-300:]}")
                if code not in (0, -signal.SIGKILL):
                    return f"recovery ended in another way: {story}"
            code = disk.run(workers=dice.randint(1, 3))
            story.append(f"at the end: exit code {code} {disk.errors[-300:]}")
            if code != 0:
                return f"does not recover: {story}"
            wrong = disk.wrong(self.expected[name])
            return f"{wrong}: {story}" if wrong else ""
        except AssertionError as error:
            return f"{error}: {story}"
        finally:
            disk.remove()

    def cases(self):
        dice = random.Random(SEED)
        if os.environ.get("FLOW_ONLY"):
            name, kind, at = os.environ["FLOW_ONLY"].split(",")
            return [(name, kind, int(at), random.Random(SEED + i)) for i in range(20)]
        every = [(name, kind, at) for name in self.names for kind in KINDS for at in range(1, self.calls[name] + 1)]
        # Waiting for space takes long: fewer of them.
        weight = {"enospc": 0.1, "heal": 0.3}
        if CASES != "all":
            every = [c for c in every if dice.random() < weight.get(c[1], 1)]
            # The first calls make the state; after that one epoch is like another.
            first = [c for c in every if c[2] <= 90]
            every = dice.sample(first, min(len(first), int(CASES) // 2)) + dice.sample(every, min(len(every), int(CASES) // 2))
        return [(*c, random.Random(SEED * 7919 + i)) for i, c in enumerate(every)]

    def test_every_call(self):
        began, counts, failures = time.time(), collections.Counter(), []
        cases = self.cases()
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            for case, wrong in zip(cases, pool.map(lambda c: "" if failures else self.case(*c), cases)):
                counts[case[1]] += 1
                if wrong:
                    failures.append(f"FLOW_ONLY={case[0]},{case[1]},{case[2]}: {wrong}")
        self.assertEqual([], failures[:1])
        print(dict(counts), f"of {self.calls}: {time.time() - began:.0f} s", flush=True)

    def test_damaged_files(self):
        """Any file of the state, and the sinks' markers, cut or with a flipped bit: found, or it does not matter."""
        dice, found = random.Random(SEED), 0
        for name in self.names[:3] if CASES != "all" else self.names:
            disk = Disk(self.base, name, "damage-" + name)
            while disk.run("kill", dice.randint(150, 300)) != -signal.SIGKILL:
                shutil.rmtree(os.path.join(disk.folder, ".flow"))
            saved = disk.folder + ".saved"
            shutil.copytree(disk.folder, saved)
            files = [os.path.relpath(os.path.join(at, file), disk.folder) for at, _, names in os.walk(disk.folder)
                     for file in names if "/.flow/" in at + "/" or (file.endswith(".flowc") and at.endswith("out"))]
            for path in files:
                for how in ("cut", "flip", "flip", "empty"):
                    shutil.rmtree(disk.folder)
                    shutil.copytree(saved, disk.folder)
                    full = os.path.join(disk.folder, path)
                    with open(full, "rb") as file:
                        data = bytearray(file.read())
                    if not data:
                        continue
                    at = dice.randrange(len(data))
                    if how == "flip":
                        data[at] ^= 1 << dice.randrange(8)
                    else:
                        data = data[:at if how == "cut" else 0]
                    with open(full, "wb") as file:
                        file.write(data)
                    code = disk.run()
                    place = f"{name}: {path} {how} at {at}: exit code {code} {disk.errors[-400:]}"
                    if code == 0:
                        self.assertEqual("", disk.wrong(self.expected[name]), place)
                    else:
                        found += 1
                        self.assertIn(code, (3, 4), place)
                        self.assertIn(os.path.basename(path), disk.errors, place)
            shutil.rmtree(saved)
            disk.remove()
        self.assertGreater(found, 20)

    def test_full_disk(self):
        """A file system of a few hundred kilobytes that is full for a while; where none can be mounted, a library
        that says so."""
        disk = Disk(self.base, "groups", "full")
        self.addCleanup(disk.remove)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", os.path.join(disk.folder, "out")],
                                 capture_output=True, check=False).returncode == 0
        state = ".flow/p/stream"
        if mounted:
            self.addCleanup(subprocess.run, ["umount", "-l", os.path.join(disk.folder, "out")], check=True)
            # Sinks and state are on it.
            os.symlink("out", os.path.join(disk.folder, ".flow"))
            filler = os.path.join(disk.folder, "out/filler")
            descriptor = os.open(filler, os.O_WRONLY | os.O_CREAT)
            try:
                while os.write(descriptor, b"x" * 4096):
                    pass
            except OSError:
                pass
            os.close(descriptor)
            # Room for a few epochs.
            os.truncate(filler, max(0, os.path.getsize(filler) - 60_000))
            process = subprocess.Popen([FLOWC, "run", "p.flow", "--state", state, "--epoch", "1ms", "--batch-size", "1",
                                        "-q"], cwd=disk.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            time.sleep(2)
            self.assertIsNone(process.poll(), "it ended with a full disk")
            os.remove(filler)
            _, errors = process.communicate(timeout=60)
            self.assertEqual(0, process.returncode, errors)
            self.assertIn("the disk is full", errors)
            self.assertIn("there is space again", errors)
        else:
            self.assertEqual(0, disk.run("heal", 150), disk.errors)
            self.assertIn("the disk is full", disk.errors)
        self.assertEqual("", disk.wrong(self.expected["groups"]))


if __name__ == "__main__":
    sys.exit(unittest.main())
