"""What the parts of tools/bench share: the logs, the .flow files, a broker, and running flowc and the hand-written twins."""
import glob
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from typing import NamedTuple

import generated
import nexmark
from workloads import CLICKS

NEXMARK_LOG = """SOURCE events (event_type INT, "dateTime" TIMESTAMP)
FROM NEXMARK (events = {events}, rate = 100000, partitions = 2);
VIEW v AS SELECT event_type FROM events;
"""
QUERIES = {**CLICKS, **nexmark.QUERIES, **generated.QUERIES}
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


class Cost(NamedTuple):
    """Of one run: seconds of CPU and of time, and the most resident memory in bytes."""
    cpu: float
    wall: float
    memory: int


def median(costs, field):
    return statistics.median(getattr(cost, field) for cost in costs)


def spread(costs):
    """How far the dearest run is from the cheapest, in hundredths of the median."""
    cpus = [cost.cpu for cost in costs]
    return round(100 * (max(cpus) - min(cpus)) / statistics.median(cpus))


def make_data(options, name, events):
    """Writes a log once; returns its folder."""
    folder = os.path.join(options.folder, f"{name}-{events}")
    if os.path.exists(os.path.join(folder, "complete")):
        return folder
    os.makedirs(folder, exist_ok=True)
    print(f"writing {events:,} {name} events into {folder}", flush=True)
    if name == "clicks":
        subprocess.run([options.clickgen, folder, "--events", str(events)], check=True)
    else:
        flow = os.path.join(folder, "generate.flow")
        text = NEXMARK_LOG.format(events=events) if name == "nexmark" else generated.generator(name, events)
        with open(flow, "w", encoding="utf-8") as file:
            file.write(text)
        subprocess.run([options.flowc, "datagen", flow, "--out", os.path.join(folder, "events-.jsonl")], check=True)
    open(os.path.join(folder, "complete"), "w").close()
    return folder


def merged_data(options, name, events):
    """The same log as one file, whose lines its partitions give in turns; its folder."""
    parts = make_data(options, name, events)
    folder = parts + "-merged"
    if not os.path.exists(os.path.join(folder, "complete")):
        os.makedirs(folder, exist_ok=True)
        files = [open(path, "rb") for path in sorted(glob.glob(os.path.join(parts, "*.jsonl")))]
        with open(os.path.join(folder, os.path.basename(files[0].name)), "wb") as out:
            for lines in itertools.zip_longest(*files, fillvalue=b""):
                out.writelines(lines)
        for file in files:
            file.close()
        open(os.path.join(folder, "complete"), "w").close()
    return folder


def statement(name, folder):
    files = sorted(glob.glob(os.path.join(folder, "*.jsonl")))
    return QUERIES[name].sql.format(files=json.dumps(files).replace('"', "'"))


def flow_file(name, folder):
    query = QUERIES[name]
    path = os.path.join(folder, name + ".flow")
    with open(path, "w", encoding="utf-8") as file:
        file.write(query.source.format(folder=folder) + f"VIEW v AS {query.view};\n")
    return path


def run_flowc(options, path, mode, extra=(), workers=None):
    """Its stdout and its report."""
    end = ["--until-end"] if mode == "stream" else []
    run = subprocess.run([options.flowc, "run", path, "--mode", mode, *end, "--workers", str(workers or options.workers),
                          "--view", "v", "--format", "json", *extra], capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"flowc failed over {path}:\n{run.stderr}")
    return run.stdout, report_of(run)


def report_of(run):
    """What a run with --format json says at its end."""
    return json.loads([x for x in run.stderr.splitlines() if x.startswith('{"ledger"')][-1])


def times(report):
    return report["cpu_us"] / 1e6, report["wall_us"] / 1e6


def memory(report):
    """The most resident memory of a run, bytes."""
    return report["peak_rss"]


TWINS = ("clicks", "q0", "q1", "q2", "q11", "q12", "q14", "q15", "q16", "q17", "q21", "q22", "ysb", "hop5m", "groups1k", "groups1m", "groups10m")


def run_twin(options, name, folder, extra=()):
    """The hand-written program of a query: what it prints, and its cost."""
    files = sorted(glob.glob(os.path.join(folder, "*.jsonl")))
    begin = time.monotonic()
    process = subprocess.Popen([options.twin, name, *extra, *files], stdout=subprocess.PIPE, text=True)
    text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"the hand-written {name} failed over {folder}")
    return text, Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - begin, usage.ru_maxrss * 1024)


class Kafka:
    """A broker for the time of the measurement; one that runs already is used and left alone."""

    def __enter__(self):
        self.ours = not os.path.exists(os.path.join(ROOT, "build/kafka", os.environ.get("FLOW_KAFKA_PORT", "19092"), "pid"))
        run = subprocess.run([os.path.join(ROOT, "tools/kafka/start")], capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(run.stdout + run.stderr)
        self.address = run.stdout.split()[-1]
        return self

    def __exit__(self, *_):
        if self.ours:
            subprocess.run([os.path.join(ROOT, "tools/kafka/stop")], check=True)


def make_topic(name, partitions=4):
    subprocess.run([os.path.join(ROOT, "tools/kafka/topic"), name, str(partitions)], check=True, capture_output=True)
