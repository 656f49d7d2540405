#!/usr/bin/env python3
"""How long a durable pipeline takes to begin again, and to end: COUNT and SUM by as many BIGINT keys as are named.
It runs once over a file with each key once, then again with what that left. Prints, for a restart with 1 and 2 workers:
how long the state took to load, the whole process (which has nothing left to read) and its CPU time; for whole runs as
a stream and as a batch: wall and CPU time, and what the process took beside the run that its ledger tells, which is to
begin and to end.

FLOWC names the program under test.
    tests/perf/recovery_test.py                  with 1 M and 10 M keys, in some 3 minutes
    FLOW_RECOVERY_KEYS=100000 tests/perf/recovery_test.py
"""
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
FLOWC = os.path.abspath(os.environ.get("FLOWC", os.path.join(ROOT, "build/release/tools/flowc/flowc")))
KEYS = [int(n) for n in os.environ.get("FLOW_RECOVERY_KEYS", "1000000,10000000").split(",")]
RUNS = 3

# Few rows go out: this is about state.
FLOW = """
SOURCE r (k BIGINT, x BIGINT) FROM FILE (path = '{folder}/keys.csv') FORMAT CSV;
VIEW v AS SELECT k, COUNT(*) AS n, SUM(x) AS total FROM r GROUP BY k{having};
SINK o FROM v INTO FILE (path = '{folder}/{name}.jsonl') FORMAT JSON;
"""


def write_keys(path, keys):
    with open(path, "w", encoding="ascii") as out:
        out.write("k,x\n")
        for begin in range(0, keys, 10_000):
            out.write("".join(f"{k * 7919},{k % 1000}\n" for k in range(begin, min(keys, begin + 10_000))))


class Recovery(unittest.TestCase):
    def run_flow(self, name, having, *options):
        """Wall and CPU seconds of the process, the ledger's line, the stats."""
        path = os.path.join(self.folder, name + ".flow")
        with open(path, "w", encoding="ascii") as out:
            out.write(FLOW.format(folder=self.folder, name=name, having=having))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin = time.monotonic()
        run = subprocess.run([FLOWC, "run", path, "--format", "json", "--stats", "--state",
                              os.path.join(self.folder, name), *options], capture_output=True, text=True, check=False)
        wall = time.monotonic() - begin
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertEqual(run.returncode, 0, run.stderr)
        lines = [json.loads(line) for line in run.stderr.splitlines() if line.startswith("{")]
        ledger = next(line for line in lines if "ledger" in line)
        stats = next(line["stats"] for line in lines if "stats" in line)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return wall, cpu, ledger, stats

    def measure(self, keys):
        write_keys(os.path.join(self.folder, "keys.csv"), keys)
        having = " HAVING COUNT(*) > 1"
        wall, cpu, ledger, _ = self.run_flow("stream", having, "--mode", "stream", "--until-end")
        print(f"{keys / 1e6:g} M keys: durable stream {wall:.2f} s, {cpu:.2f} s of CPU; "
              f"beside the run {wall - ledger['wall_us'] / 1e6:.2f} s", flush=True)
        for workers in ("1", "2"):
            runs = []
            for _ in range(RUNS):
                wall, cpu, ledger, stats = self.run_flow("stream", having, "--mode", "stream", "--until-end",
                                                         "--workers", workers)
                self.assertEqual(stats["groups"], keys)
                self.assertGreater(stats["state_load_us"], 0)
                # Nothing is left to read, so what follows the loading is only the end of the process.
                runs.append((stats["state_load_us"] / 1e6, wall, cpu, ledger["peak_rss"] / (1 << 20)))
            load, wall, cpu, memory = sorted(runs)[len(runs) // 2]
            print(f"  restart, workers {workers}: state loaded in {load:.2f} s, process {wall:.2f} s, "
                  f"{cpu:.2f} s of CPU, {memory:.0f} MB", flush=True)
        for mode in (["stream", "--until-end"], ["batch"]):
            wall, cpu, ledger, _ = self.run_flow("all-" + mode[0], "", "--mode", *mode)
            print(f"  durable {mode[0]}, each key to a FILE sink: {wall:.2f} s, {cpu:.2f} s of CPU; "
                  f"beside the run {wall - ledger['wall_us'] / 1e6:.2f} s", flush=True)

    def test_keys(self):
        for keys in KEYS:
            with self.subTest(keys=keys), tempfile.TemporaryDirectory(prefix="flow-recovery-") as self.folder:
                self.measure(keys)


if __name__ == "__main__":
    if sys.platform != "linux":
        sys.exit("needs Linux")
    unittest.main()
