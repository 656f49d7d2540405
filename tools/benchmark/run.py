"""tools/bench: flowc as a stream and as a batch, and DuckDB in one thread, over the same JSON files; then flowc over
a real topic, the way to its first row, what a second worker gives, what epochs cost, and latency through Kafka.

What is counted is CPU seconds of the whole process (all threads): for flowc from start to end, for DuckDB
one statement in a fresh process from SQL text to the last value. Runs take turns; figures are medians. Every
column of every row of the answer is computed and hashed on both sides. Before anything is timed, the
answers are compared over a smaller log.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "oracle"))
import run as oracle  # noqa: E402
import durable  # noqa: E402
import scenarios  # noqa: E402
import workloads  # noqa: E402
from common import flow_file, make_data, run_flowc, run_twin, statement, times  # noqa: E402

SMALL = 100_000
DUCKDB_CHILD = """
import duckdb, json, resource, sys, time
database = duckdb.connect()
database.execute("SET threads = 1")
def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
before, begin = cpu(), time.monotonic()
rows = database.execute("SELECT COUNT(*), BIT_XOR(hash(r)) FROM (" + sys.argv[1] + ") r").fetchall()[0][0]
print(json.dumps({"rows": rows, "cpu": cpu() - before, "wall": time.monotonic() - begin}))
"""


def check(options, name):
    """The answers of all three over a small log must be equal."""
    import duckdb
    folder = make_data(options, workloads.QUERIES[name][0], SMALL)
    path = flow_file(name, folder)
    answer = duckdb.connect().execute(statement(name, folder))
    types = [str(column[1]) for column in answer.description]
    theirs = answer.fetchall()
    for mode in ("batch", "stream"):
        rows, _ = run_flowc(options, path, mode)
        difference = oracle.compare(f"{name} as a {mode}", types, oracle.rows_of(rows), theirs)
        if difference:
            sys.exit(difference)
    if name == "clicks":
        difference = oracle.compare("the hand-written clicks", types, oracle.rows_of(run_twin(options, folder)[0]), theirs)
        if difference:
            sys.exit(difference)


def measure(options, name):
    folder = make_data(options, workloads.QUERIES[name][0], options.events)
    path, sql = flow_file(name, folder), statement(name, folder)
    runs = {"batch": [], "stream": [], "duckdb": []}
    for _ in range(options.runs):
        for mode in ("batch", "stream"):
            _, report = run_flowc(options, path, mode, ["--digest"])
            runs[mode].append(times(report))
        child = subprocess.run([sys.executable, "-c", DUCKDB_CHILD, sql], capture_output=True, text=True, check=True)
        result = json.loads(child.stdout)
        runs["duckdb"].append((result["cpu"], result["wall"]))
        if name == "clicks":
            runs.setdefault("twin", []).append(run_twin(options, folder)[1])
    return {who: tuple(statistics.median(run[i] for run in of) for i in (0, 1)) for who, of in runs.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    for name in ("flowc", "clickgen", "clicktwin", "latency", "folder"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--rate", type=int, default=100_000, help="latency: events a second")
    parser.add_argument("--seconds", type=int, default=20, help="latency: how long")
    parser.add_argument("--sql", action="store_true", help="print DuckDB's SQL")
    parser.add_argument("what", nargs="*", help="some of the queries and scenarios; default: all")
    options = parser.parse_args()
    others = {**scenarios.SCENARIOS, **durable.SCENARIOS}
    known = [*workloads.QUERIES, *others]
    for unknown in set(options.what) - set(known):
        parser.error(f"there is no {unknown}; there are {', '.join(known)}")
    names = [name for name in workloads.QUERIES if name in (options.what or known)]
    begin = time.monotonic()
    if names:
        compare(options, names)
    for name, scenario in others.items():
        if name in (options.what or known):
            scenario(options)
    print(f"\n{time.monotonic() - begin:.0f} s")


def compare(options, names):
    """The queries against DuckDB."""
    print(f"checking {', '.join(names)} over {SMALL:,} events", flush=True)
    for name in names:
        check(options, name)
        if options.sql:
            print(statement(name, "FOLDER"))
    print(f"all equal; timing over {options.events:,} events, medians of {options.runs}, flowc with {options.workers} worker(s)\n"
          "M events per CPU second (wall seconds)\n")
    print(f"{'query':10} {'batch':>16} {'stream':>16} {'DuckDB':>16} {'batch/DuckDB':>13}", flush=True)
    for name in names:
        result = measure(options, name)
        cells = [f"{options.events / cpu / 1e6:8.2f} ({wall:.2f})" for cpu, wall in result.values()]
        ratio = result["duckdb"][0] / result["batch"][0]
        twin = f"   hand-written {cells[3].strip()}" if "twin" in result else ""
        print(f"{name:10} {cells[0]:>16} {cells[1]:>16} {cells[2]:>16} {ratio:12.2f}x{twin}", flush=True)


if __name__ == "__main__":
    main()
