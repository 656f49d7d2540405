"""tools/bench: flowc as a stream and as a batch, DuckDB, and programs written by hand, over the same JSON files; then flowc over
a real topic, the way to its first row, what a second worker gives, what epochs cost, and latency through Kafka. With --rival flink
instead: flowc as a stream and Flink SQL (flink.py).

What is counted is CPU seconds of the whole process (all threads): for flowc and the programs by hand from start to end, for DuckDB
one statement in a fresh process from SQL text to the last value. Runs take turns; figures are medians. Every
column of every row of the answer is computed and hashed on all sides. Before anything is timed, the
answers are compared over a smaller log.
"""
import argparse
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "oracle"))
import run as oracle  # noqa: E402
import durable  # noqa: E402
import flink  # noqa: E402
import scenarios  # noqa: E402
from common import QUERIES, TWINS, Cost, flow_file, make_data, median, memory, run_flowc, run_twin, spread, statement, times  # noqa: E402

SMALL = 100_000
QUICK = {"events": 500_000, "runs": 1}
FULL = {"events": 2_000_000, "runs": 5}
DUCKDB_CHILD = """
import duckdb, json, resource, sys, time
database = duckdb.connect()
database.execute("SET threads = " + sys.argv[2])
database.execute("SET enable_progress_bar = false")  # it would go to stdout
def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
before, begin = cpu(), time.monotonic()
rows = database.execute("SELECT COUNT(*), BIT_XOR(hash(r)) FROM (" + sys.argv[1] + ") r").fetchall()[0][0]
print(json.dumps({"rows": rows, "cpu": cpu() - before, "wall": time.monotonic() - begin,
                  "memory": int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) * 1024}))
"""


def check(options, name):
    """All answers over a small log must be equal."""
    import duckdb
    folder = make_data(options, QUERIES[name].data, SMALL)
    path = flow_file(name, folder)
    answer = duckdb.connect().execute(statement(name, folder))
    types = [str(column[1]) for column in answer.description]
    theirs = answer.fetchall()
    for mode in ("batch", "stream"):
        rows, _ = run_flowc(options, path, mode)
        difference = oracle.compare(f"{name} as a {mode}", types, oracle.rows_of(rows), theirs)
        if difference:
            sys.exit(difference)
    if name in TWINS:
        rows, _ = run_twin(options, name, folder, ["--rows"])
        difference = oracle.compare(f"the hand-written {name}", types, oracle.rows_of(rows), theirs)
        if difference:
            sys.exit(difference)


def duckdb_cost(sql, threads):
    child = subprocess.run([sys.executable, "-c", DUCKDB_CHILD, sql, str(threads)], capture_output=True, text=True, check=True)
    result = json.loads(child.stdout)
    return Cost(result["cpu"], result["wall"], result["memory"])


def measure(options, name, events):
    """Who -> the costs of all runs."""
    folder = make_data(options, QUERIES[name].data, events)
    path, sql = flow_file(name, folder), statement(name, folder)
    runs = {}

    def add(who, cost):
        runs.setdefault(who, []).append(Cost(*cost))

    for _ in range(options.runs):
        for mode in ("batch", "stream"):
            digest, report = run_flowc(options, path, mode, ["--digest"])
            add(mode, (*times(report), memory(report)))
        add("epochs", durable.checksum_run(options, path, ["--epoch", "1s"]))
        add("duckdb", duckdb_cost(sql, 1))
        add("duckdb2", duckdb_cost(sql, 2))
        if name in TWINS:
            twin, cost = run_twin(options, name, folder)
            if twin != digest:
                sys.exit(f"the hand-written {name} differs over {events:,} events:\n{twin}{digest}")
            add("twin", cost)
    return runs


COLUMNS = ("query", "batch", "stream", "stream, epochs of 1 s", "by hand", "DuckDB", "by hand / batch", "batch / DuckDB",
           "stream / batch, time", "seconds: batch, stream", "seconds: DuckDB, 1 and 2 threads", "MB: batch, stream, DuckDB", "spread")


def line(name, events, runs):
    cpu = {who: median(costs, "cpu") for who, costs in runs.items()}
    wall = {who: median(costs, "wall") for who, costs in runs.items()}
    size = {who: median(costs, "memory") / 1e6 for who, costs in runs.items()}
    rate = {who: f"{events / seconds / 1e6:.2f}" for who, seconds in cpu.items()}
    by_hand = f"{cpu['batch'] / cpu['twin']:.2f}x" if "twin" in cpu else ""
    return (name, rate["batch"], rate["stream"], rate["epochs"], rate.get("twin", ""), rate["duckdb"], by_hand,
            f"{cpu['duckdb'] / cpu['batch']:.2f}x",
            f"{cpu['stream'] / cpu['batch']:.2f}", f"{wall['batch']:.2f}, {wall['stream']:.2f}",
            f"{wall['duckdb']:.2f}, {wall['duckdb2']:.2f}", f"{size['batch']:.0f}, {size['stream']:.0f}, {size['duckdb']:.0f}",
            f"{max(map(spread, runs.values()))} %")


def compare(options, names):
    """The queries against DuckDB, as a table in Markdown."""
    print(f"checking {', '.join(names)} over {SMALL:,} events", flush=True)
    for name in names:
        check(options, name)
        if options.sql:
            print(statement(name, "FOLDER"))
    print(f"all equal; medians of {options.runs} over {options.events:,} events unless a line says more, flowc with "
          f"{options.workers} worker(s)\nM events per CPU second of the process\n")
    for row in (COLUMNS, ("---",) * len(COLUMNS)):
        print("| " + " | ".join(row) + " |", flush=True)
    for name in names:
        events = max(options.events, QUERIES[name].events)
        cells = line(name if events == options.events else f"{name} ({events:,} events)", events, measure(options, name, events))
        print("| " + " | ".join(cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    for name in ("flowc", "clickgen", "twin", "latency", "folder"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--quick", action="store_true", help="{events:,} events, {runs} run".format(**QUICK))
    parser.add_argument("--events", type=int, help="default: {events:,}".format(**FULL))
    parser.add_argument("--runs", type=int, help="default: {runs}".format(**FULL))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--rate", type=int, default=100_000, help="latency: events a second")
    parser.add_argument("--seconds", type=int, default=20, help="latency: how long")
    parser.add_argument("--sql", action="store_true", help="print DuckDB's SQL")
    parser.add_argument("--rival", choices=("duckdb", "flink"), default="duckdb", help="whom the queries are measured against")
    parser.add_argument("--source", choices=("file", "kafka"), default="file", help="flink: where the log is")
    parser.add_argument("what", nargs="*", help="some of the queries and scenarios; default: all")
    options = parser.parse_args()
    for name, value in (QUICK if options.quick else FULL).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    others = {**scenarios.SCENARIOS, **durable.SCENARIOS}
    known = [*QUERIES, *others]
    for unknown in set(options.what) - set(known):
        parser.error(f"there is no {unknown}; there are {', '.join(known)}")
    names = [name for name in QUERIES if name in (options.what or known)]
    begin = time.monotonic()
    if options.rival == "flink":
        flink.compare(options, options.what or list(flink.TEXTS), SMALL)
    elif names:
        compare(options, names)
    for name, scenario in others.items():
        if options.rival == "duckdb" and name in (options.what or known):
            scenario(options)
    print(f"\n{time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
