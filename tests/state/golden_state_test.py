#!/usr/bin/env python3
"""A state directory of each release is kept and must be read by those after it: format-N/ holds a pipeline, its input,
and the state and sinks of a stream that was stopped half way. It goes on from there and gets to the batch's result.

    golden_state_test.py --make     writes format-N anew with the FLOWC of now (for a new state format; keep the old ones)

FLOWC is the program under test.
"""
import glob
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FLOWC = os.path.abspath(os.environ.get("FLOWC", os.path.join(ROOT, "build/release/tools/flowc/flowc")))
FORMAT = 1
ROWS = 240
PIPELINE = """
SOURCE c (id BIGINT, page STRING, country STRING, revenue DECIMAL(12, 2), weight DOUBLE, ts TIMESTAMP)
FROM FILE (path = 'in-*.jsonl', partitions = 'file') FORMAT JSON
EVENT TIME ts WATERMARK 10s DEAD LETTER TO FILE (path = 'out/dead.jsonl');

VIEW minutes AS
SELECT page, window_start, COUNT(*) AS n, SUM(revenue) AS revenue, AVG(weight) AS weight, MIN(country) AS first
FROM HOP(c, 2m EVERY 1m) GROUP BY page, window_start ALLOW LATENESS 1m LATE TO lates EMIT ON CLOSE;
VIEW late AS SELECT page, COUNT(*) AS n FROM lates GROUP BY page;
VIEW countries AS
SELECT country, COUNT(*) AS n, MIN(page) AS page, MAX(revenue) AS most FROM c GROUP BY country;
VIEW sizes AS SELECT n % 3 AS size, COUNT(*) AS countries, MIN(country) AS first FROM countries GROUP BY n % 3;
VIEW cheap AS SELECT id, page, revenue FROM c WHERE revenue < 3;

SINK a FROM minutes INTO FILE (path = 'out/minutes.jsonl');
SINK b FROM late INTO FILE (path = 'out/late.jsonl');
SINK d FROM countries INTO FILE (path = 'out/countries.jsonl');
SINK e FROM sizes INTO FILE (path = 'out/sizes.jsonl');
SINK f FROM cheap INTO FILE (path = 'out/cheap.jsonl');
"""
KEYS = {"minutes": ("page", "window_start"), "late": ("page",), "countries": ("country",), "sizes": ("size",), "cheap": None}


def flowc(folder, *words, check=True):
    return subprocess.run([FLOWC, *words], cwd=folder, capture_output=True, text=True, check=check)


def canonical(rows):
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def write_input(folder):
    dice = random.Random(20)
    for part in range(2):
        with open(os.path.join(folder, f"in-{part}.jsonl"), "w", encoding="utf-8") as file:
            for n in range(part, ROWS, 2):
                late = dice.choice([80, 400]) if dice.random() < 0.1 else 0
                at = max(0, n * 4 + dice.randrange(9) - late)
                row = {"id": n, "page": f"/{dice.randrange(5)}" + "x" * dice.randrange(20),
                       "country": dice.choice(["DE", "FR", "ES", None]), "revenue": f"{dice.randrange(900) / 100:.2f}",
                       "weight": dice.random() * 10 ** dice.randrange(-8, 9),
                       "ts": f"2026-01-01T{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}Z"}
                file.write((json.dumps(row) if n % 31 else f"no JSON {n}") + "\n")


def make():
    folder = os.path.join(HERE, f"format-{FORMAT}")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.join(folder, "out"))
    with open(os.path.join(folder, "pipeline.flow"), "w", encoding="utf-8") as file:
        file.write(PIPELINE.lstrip())
    write_input(folder)
    half = []
    for part in range(2):
        with open(os.path.join(folder, f"in-{part}.jsonl"), "rb") as file:
            lines = file.readlines()
        half.append(f"in-{part}.jsonl={sum(map(len, lines[:len(lines) * (2 + part) // 5]))}")
    flowc(folder, "run", "pipeline.flow", "--state", "state", "--epoch", "1ms", "--batch-size", "8", "--stop-at", ",".join(half), "-q")
    with open(os.path.join(folder, "state.json"), "w", encoding="utf-8") as file:
        file.write(flowc(folder, "state", "ls", "state", "--format", "json").stdout)
    print("wrote", folder)


class GoldenState(unittest.TestCase):
    def test_goes_on(self):
        folders = sorted(glob.glob(os.path.join(HERE, "format-*")))
        self.assertTrue(folders)
        for kept in folders:
            for extra in (["--workers", "1"], ["--workers", "3", "--engine", "interpreter"]):
                with self.subTest(state=os.path.basename(kept), extra=extra), tempfile.TemporaryDirectory() as base:
                    self.goes_on(kept, os.path.join(base, "copy"), extra)

    def goes_on(self, kept, folder, extra):
        shutil.copytree(kept, folder)
        os.chmod(os.path.join(folder, "state"), 0o700)
        os.makedirs(os.path.join(folder, "state/runs"), exist_ok=True)  # empty, and so not in git
        with open(os.path.join(folder, "state.json"), encoding="utf-8") as file:
            wanted = file.read()
        self.assertEqual(wanted, flowc(folder, "state", "ls", "state", "--format", "json").stdout)
        before = {line["operator"]: line["entries"] for line in map(json.loads, wanted.splitlines())}
        for view in ("minutes", "late", "countries", "sizes"):
            self.assertGreater(before[f"aggregate {view}"], 0, view)
        run = flowc(folder, "run", "pipeline.flow", "--state", "state", "--until-end", *extra, check=False)
        self.assertEqual(0, run.returncode, run.stderr)
        self.assertIn("going on from epoch", run.stderr)
        for view, keys in KEYS.items():
            batch = flowc(folder, "run", "pipeline.flow", "--mode", "batch", "--view", view, "--format", "json", "-q").stdout
            with open(os.path.join(folder, "out", view + ".jsonl"), encoding="utf-8") as file:
                rows = [json.loads(line) for line in file]
            if keys is not None:
                table = {}
                for change in rows:
                    key = tuple(change["row"][name] for name in keys)
                    table.pop(key, None)
                    if change["op"] == "upsert":
                        table[key] = change["row"]
                rows = table.values()
            self.assertEqual(canonical(map(json.loads, batch.splitlines())), canonical(rows), view)
            self.assertTrue(rows, view)


if __name__ == "__main__":
    if sys.argv[1:] == ["--make"]:
        make()
    else:
        unittest.main()
