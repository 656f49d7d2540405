"""What is measured of durable pipelines: what epochs cost, and how long a row takes through Kafka."""
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
import uuid

from common import Kafka, flow_file, make_data, make_topic, memory, report_of, times

LATENCY = """
SOURCE events (user_id BIGINT, page STRING, revenue DECIMAL(12, 2), created BIGINT)
FROM KAFKA (brokers = '{broker}', topic = '{source}') FORMAT JSON;
VIEW v AS SELECT user_id, page, revenue * 2 AS revenue, created FROM events WHERE user_id >= 0;
SINK rows FROM v INTO KAFKA (brokers = '{broker}', topic = '{sink}') FORMAT JSON;
"""


def durable_run(options, path, state):
    """CPU and wall seconds and memory of a stream with sinks: without state if `state` is empty, else with these options."""
    folder = os.path.join(options.folder, "state")
    shutil.rmtree(folder, ignore_errors=True)
    keep = ["--state", folder, *state] if state else ["--state", "none"]
    run = subprocess.run([options.flowc, "run", path, "--until-end", "--workers", str(options.workers), "--format", "json", *keep],
                         capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"flowc failed over {path}:\n{run.stderr}")
    shutil.rmtree(folder, ignore_errors=True)
    report = report_of(run)
    return (*times(report), memory(report))


def checksum_run(options, path, state):
    """The same, of the view v of a .flow file into CHECKSUM."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    path = path.replace(".flow", "-checksum.flow")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + "SINK out FROM v INTO CHECKSUM;\n")
    return durable_run(options, path, state)


def epochs(options):
    """The same stream without state and with epochs of two lengths, into a file of changes and into none."""
    kinds = {"none": [], "1 s": ["--epoch", "1s"], "200 ms": ["--epoch", "200ms"]}
    print("\na stream with epochs: CPU seconds (wall seconds), and CPU against no state", flush=True)
    for name, data in (("clicks", "clicks"), ("q17", "nexmark")):
        folder = make_data(options, data, options.events)
        with open(flow_file(name, folder), encoding="utf-8") as file:
            views = file.read()
        for what, sink in (("CHECKSUM", "CHECKSUM"), ("file", f"FILE (path = '{options.folder}/rows-out.jsonl') FORMAT JSON")):
            path = os.path.join(folder, f"{name}-{what}.flow")
            with open(path, "w", encoding="utf-8") as file:
                file.write(views + f"SINK out FROM v INTO {sink};\n")
            runs = {kind: [] for kind in kinds}
            for _ in range(options.runs):
                for kind, state in kinds.items():
                    runs[kind].append(durable_run(options, path, state))
            cells = []
            for kind, of in runs.items():
                cpu, wall = (statistics.median(run[i] for run in of) for i in (0, 1))
                base = statistics.median(run[0] for run in runs["none"])
                cells.append(f"{kind} {cpu:.2f} ({wall:.2f})" + ("" if kind == "none" else f" {100 * (cpu / base - 1):+.1f} %"))
            print(f"  {name:8}{what:10}" + "   ".join(cells), flush=True)


def latency(options):
    """Events at a fixed rate through Kafka, a pipeline and Kafka again: from an event's time to its row at a reader of committed rows."""
    kinds = {"at least once, ticks of 2 ms": ["--state", "none"],
             "exactly once, epochs of 100 ms": ["--state", "{state}"],
             "exactly once, epochs of 200 ms": ["--state", "{state}", "--epoch", "200ms"]}
    print(f"\nfrom event to row, {options.rate:,} events/s for {options.seconds} s, ms", flush=True)
    with Kafka() as broker:
        for kind, extra in kinds.items():
            source, sink = ("latency-" + uuid.uuid4().hex[:12] for _ in range(2))
            for topic in (source, sink):
                make_topic(topic)
            state = os.path.join(options.folder, "latency-state")
            shutil.rmtree(state, ignore_errors=True)
            path = os.path.join(options.folder, "latency.flow")
            with open(path, "w", encoding="utf-8") as file:
                file.write(LATENCY.format(broker=broker.address, source=source, sink=sink))
            process = subprocess.Popen([options.flowc, "run", path, "--quiet", "--workers", "1",
                                        *(word.format(state=state) for word in extra)], stderr=subprocess.PIPE, text=True)
            try:
                time.sleep(2)
                load = subprocess.run([options.latency, broker.address, source, sink, "--rate", str(options.rate),
                                       "--seconds", str(options.seconds)], capture_output=True, text=True)
            finally:
                process.send_signal(signal.SIGINT)
                complaint = process.communicate(timeout=60)[1]
            if load.returncode != 0 or process.returncode != 0:
                sys.exit(f"no latency of {kind}: {load.stdout}{load.stderr}\nflowc: {complaint}")
            shutil.rmtree(state, ignore_errors=True)
            result = json.loads(load.stdout)
            print(f"  {kind:32} p50 {result['p50_ms']:.1f}  p99 {result['p99_ms']:.1f}  p99.9 {result['p999_ms']:.1f}  "
                  f"most {result['max_ms']:.1f}  ({result['rows']:,} rows; the producer was late by at most "
                  f"{result['producer_late_ms']:.1f})", flush=True)


SCENARIOS = {"epochs": epochs, "latency": latency}
