"""What is measured of flowc alone: a real topic, the way to the first row, and a second worker."""
import os
import statistics
import subprocess
import sys
import time
import uuid

from common import QUERIES, Kafka, flow_file, make_data, make_topic, run_flowc, times
from workloads import CLICKS_SOURCE

PARTITIONS = 4
KAFKA_SOURCE = CLICKS_SOURCE.replace("FILE (path = '{folder}/clicks-*.jsonl', partitions = 'file')",
                                               "KAFKA (brokers = '{broker}', topic = '{topic}')")
INLINE = """
SOURCE s (k STRING, n INT, ts TIMESTAMP)
FROM INLINE (VALUES ('a', 1, '2026-01-01 00:00:10'), ('b', 2, '2026-01-01 00:00:20'), ('a', 3, '2026-01-01 00:01:30'))
EVENT TIME ts WATERMARK 0s;
VIEW v AS SELECT k, window_start, SUM(n) AS total FROM TUMBLE(s, 1m) GROUP BY k, window_start;
"""


def rate(options, runs):
    cpu, wall = (statistics.median(run[i] for run in runs) for i in (0, 1))
    return f"{options.events / cpu / 1e6:8.2f} ({wall:.2f})"


def fill(broker, options, events):
    """Writes the clicks to a new topic; returns the .flow file over it and the one over the files."""
    folder = make_data(options, "clicks", events)
    topic = "clicks-" + uuid.uuid4().hex[:12]
    make_topic(topic, PARTITIONS)
    files = flow_file("clicks", folder)
    print(f"writing {events:,} clicks into a topic of {PARTITIONS} partitions", flush=True)
    subprocess.run([options.flowc, "datagen", files, "--brokers", broker.address, "--topic", topic], check=True)
    path = os.path.join(folder, "topic.flow")
    with open(path, "w", encoding="utf-8") as file:
        file.write(KAFKA_SOURCE.format(broker=broker.address, topic=topic) + f"VIEW v AS {QUERIES['clicks'].view};\n")
    return path, files


def kafka(options):
    """The clicks out of a topic: events per CPU second of the whole process, librdkafka's threads included."""
    with Kafka() as broker:
        topic, files = fill(broker, options, options.events)
        expected, _ = run_flowc(options, files, "batch", ["--digest"])
        runs = {"batch": [], "stream": [], "files": []}
        for _ in range(options.runs):
            for name, path, mode in (("batch", topic, "batch"), ("stream", topic, "stream"), ("files", files, "batch")):
                digest, report = run_flowc(options, path, mode, ["--digest"])
                if digest != expected:
                    sys.exit(f"the clicks of the topic differ from those of the files, as a {mode}:\n{digest}{expected}")
                runs[name].append(times(report))
    print("\nclicks, M events per CPU second (wall seconds)")
    print(f"  topic of {PARTITIONS} partitions: batch {rate(options, runs['batch']).strip()}, "
          f"stream {rate(options, runs['stream']).strip()}; files, batch {rate(options, runs['files']).strip()}", flush=True)


def first_line(options, path, extra):
    """Milliseconds from the start of the process to its first row on stdout."""
    begin = time.monotonic()
    process = subprocess.Popen([options.flowc, "run", path, "--mode", "stream", "--changes", "--format", "json", *extra],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    line = process.stdout.readline()
    elapsed = time.monotonic() - begin
    process.communicate()
    if process.returncode != 0 or not line.startswith(b"{"):
        sys.exit(f"flowc printed no row of {path}")
    return elapsed * 1000


def first_row(options):
    """From the start of the process to the first row of a stream."""
    inline = os.path.join(options.folder, "inline.flow")
    with open(inline, "w", encoding="utf-8") as file:
        file.write(INLINE)
    clicks = flow_file("clicks", make_data(options, "clicks", 100_000))
    kinds = {"both tiers": [], "baseline code": ["--tier", "baseline"], "optimized code": ["--tier", "optimized"],
             "interpreter": ["--engine", "interpreter"]}
    print("\nfrom the start of the process to the first row of a stream, ms", flush=True)
    for name, path in (("INLINE", inline), ("clicks", clicks)):
        runs = {kind: [] for kind in kinds}
        for _ in range(2 * options.runs + 1):
            for kind, extra in kinds.items():
                runs[kind].append(first_line(options, path, extra))
        print(f"  {name:8}" + "  ".join(f"{kind} {statistics.median(of):.0f}" for kind, of in runs.items()), flush=True)


def workers(options):
    """Batch: the same work by one worker and by two, over four partitions and over one file."""
    folder = make_data(options, "clicks", options.events)
    one = os.path.join(options.folder, f"clicks-one-{options.events}")
    if not os.path.exists(os.path.join(one, "complete")):
        os.makedirs(one, exist_ok=True)
        with open(os.path.join(one, "clicks-0.jsonl"), "wb") as out:
            for p in range(PARTITIONS):
                with open(os.path.join(folder, f"clicks-{p}.jsonl"), "rb") as file:
                    while block := file.read(1 << 20):
                        out.write(block)
        open(os.path.join(one, "complete"), "w").close()
    print("\nclicks in batch, wall seconds with 1 worker and with 2", flush=True)
    for name, where in (("four files", folder), ("one file", one)):
        path = flow_file("clicks", where)
        runs, digests = {1: [], 2: []}, set()
        for _ in range(options.runs):
            for count in runs:
                digest, report = run_flowc(options, path, "batch", ["--digest"], workers=count)
                digests.add(digest)
                runs[count].append(times(report)[1])
        if len(digests) != 1:
            sys.exit(f"the clicks in {name} depend on the number of workers:\n{''.join(digests)}")
        single, double = (statistics.median(of) for of in runs.values())
        print(f"  {name:12}{single:.2f}  {double:.2f}  {single / double:.2f}x", flush=True)


SCENARIOS = {"kafka": kafka, "first-row": first_row, "workers": workers}
