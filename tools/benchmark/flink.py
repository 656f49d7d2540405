"""flowc's stream against Flink SQL: the same query over the same log, one file or a topic of one partition.

Counted are CPU seconds: of flowc's process from its start to its end; of all three of Flink's (JobManager, TaskManager, gateway)
from the statement to the end of its job, so their start is not, and jobs that are not counted have warmed them up. Neither
keeps its state on disk. Where a query updates its rows, Flink runs it in mini-batches too, and the better one counts.
"""
import collections
import glob
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from datetime import datetime

import run as oracle
from common import (QUERIES, ROOT, Cost, Kafka, flow_file, make_topic, median, memory, merged_data, run_flowc, spread, statement,
                    times)
from flink_sql import QUERIES as TEXTS

MINI_BATCH = {"table.exec.mini-batch.enabled": "true", "table.exec.mini-batch.allow-latency": "1 s",
              "table.exec.mini-batch.size": "50000"}
MOST = {"hop5m": 200_000}  # Flink hands on every window of every key: more takes it minutes
PORT = int(os.environ.get("FLOW_FLINK_PORT", "19181"))
PROCESSES = ("jobmanager", "taskmanager", "gateway")


class Flink:
    """Flink for the time of the measurement; one that runs already is used and left alone."""

    def __enter__(self):
        self.home = os.path.join(ROOT, "build/flink", str(PORT))
        self.ours = not os.path.exists(os.path.join(self.home, "gateway.pid"))
        run = subprocess.run([os.path.join(ROOT, "tools/flink/start")], stdout=subprocess.PIPE, text=True)
        if run.returncode != 0:
            sys.exit(run.stdout)
        self.jobs, self.gateway = (f"http://{address}" for address in run.stdout.split()[-2:])
        return self

    def __exit__(self, *_):
        if self.ours:
            subprocess.run([os.path.join(ROOT, "tools/flink/stop")], check=True)

    def cpu(self):
        """CPU seconds that its processes have taken so far."""
        ticks = 0
        for process in PROCESSES:
            with open(os.path.join(self.home, process + ".pid"), encoding="ascii") as file:
                pid = file.read().strip()
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                fields = file.read().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """The most resident memory of the TaskManager."""
        with open(os.path.join(self.home, "taskmanager.pid"), encoding="ascii") as file:
            pid = file.read().strip()
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            return int(file.read().split("VmHWM:")[1].split()[0]) * 1024

    def run(self, name, source, sink, settings):
        """Runs a query to its end; its cost."""
        query = TEXTS[name]
        session = Session(self, {"execution.runtime-mode": "streaming", "table.local-time-zone": "UTC", "pipeline.name": name,
                                 **settings})
        try:
            session.execute(f"CREATE TABLE events ({query.columns}) WITH ({source})")
            for view in query.views:
                session.execute(view)
            cpu, begin = self.cpu(), time.time()
            job = session.execute(f"CREATE TABLE answer WITH ({sink}) AS {query.text}")["jobID"]
            while (state := request("GET", f"{self.jobs}/jobs/{job}/status")["status"]) not in ("FINISHED", "FAILED", "CANCELED"):
                time.sleep(0.1)
            cpu = self.cpu() - cpu
            cost = Cost(cpu, request("GET", f"{self.jobs}/jobs/{job}")["end-time"] / 1e3 - begin, self.memory())
        finally:
            session.close()
        if state != "FINISHED":
            trace = json.dumps(request("GET", f"{self.jobs}/jobs/{job}/exceptions"))
            sys.exit(f"Flink's {name} {state.lower()}:\n{why(trace)}")
        return cost


class Session:
    """Of the SQL gateway: what is declared in it is gone with it."""

    def __init__(self, flink, settings):
        self.gateway = flink.gateway
        self.path = "/v1/sessions/" + request("POST", f"{self.gateway}/v1/sessions", {"properties": settings})["sessionHandle"]

    def execute(self, text):
        """Waits until a statement is done, which of an INSERT means that its job runs; what the gateway says of it."""
        handle = request("POST", f"{self.gateway}{self.path}/statements", {"statement": text})["operationHandle"]
        page = f"{self.path}/operations/{handle}/result/0"
        while (answer := request("GET", self.gateway + page, complain=text)).get("resultType") == "NOT_READY":
            page = answer["nextResultUri"]
            time.sleep(0.02)
        return answer

    def close(self):
        request("DELETE", self.gateway + self.path)


def why(trace):
    """The causes in a Java stack trace."""
    lines = [line.strip() for line in trace.replace("\\n", "\n").replace("\\t", "").splitlines()]
    return "\n".join([line for line in lines if line.startswith("Caused by") or "Exception:" in line][-4:]) or trace[:2000]


def request(method, address, body=None, complain=""):
    data = None if body is None else json.dumps(body).encode()
    ask = urllib.request.Request(address, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(ask, timeout=120) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        sys.exit(f"Flink refuses {complain or address}:\n{why(error.read().decode())}")


class Log:
    """A log as both read it: where flowc's .flow file is, and the options of Flink's table."""

    def __init__(self, options, name, events, broker):
        data = QUERIES[name].data
        folder = merged_data(options, data, events)
        self.folder, self.path = folder, flow_file(name, folder)
        file, = glob.glob(os.path.join(folder, "*.jsonl"))
        if broker is None:
            source = {"connector": "filesystem", "path": "file://" + os.path.abspath(file)}
        else:
            topic = topic_of(broker, file)
            source = {"connector": "kafka", "properties.bootstrap.servers": broker.address, "topic": topic,
                      "scan.startup.mode": "earliest-offset", "scan.bounded.mode": "latest-offset"}
            with open(self.path, encoding="utf-8") as text:
                before, rest = text.read().split("FROM FILE (", 1)
            self.path = self.path.replace(".flow", "-topic.flow")
            with open(self.path, "w", encoding="utf-8") as out:
                out.write(f"{before}FROM KAFKA (brokers = '{broker.address}', topic = '{topic}'){rest.split(')', 1)[1]}")
        # NEXMark writes its times as SQL does. The clicks have some lines that are none.
        source |= {"format": "json", "json.timestamp-format.standard": "SQL" if data == "nexmark" else "ISO-8601",
                   "json.ignore-parse-errors": "true" if data == "clicks" else "false"}
        self.source = with_clause(source)


TOPICS = {}


def topic_of(broker, file):
    """A topic of one partition with the lines of a file."""
    if file not in TOPICS:
        topic = "flink-" + uuid.uuid4().hex[:12]
        make_topic(topic, 1)
        libraries, = glob.glob(os.path.join(ROOT, ".cache/kafka/*/"))
        with open(file, "rb") as lines:
            subprocess.run(["java", "-cp", libraries + "*", "org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server",
                            broker.address, "--topic", topic, "--producer-property", "linger.ms=20", "--producer-property",
                            "batch.size=262144"], stdin=lines, stdout=subprocess.DEVNULL, check=True)
        TOPICS[file] = topic
    return TOPICS[file]


def with_clause(settings):
    return ", ".join(f"'{key}' = '{value}'" for key, value in settings.items())


def modes(name):
    """The settings that a query may be fastest with."""
    return {"": {}, "mini-batch": MINI_BATCH} if TEXTS[name].updating else {"": {}}


def final_rows(folder, types, key):
    """What the changes in the files of a folder leave; see flink_sql.Query for `key`."""
    rows, by_key = collections.Counter(), {}
    for file in glob.glob(os.path.join(folder, "*")) + glob.glob(os.path.join(folder, ".*")):
        with open(file, encoding="utf-8") as lines:
            for line in lines:
                change = json.loads(line, parse_int=oracle.Number, parse_float=oracle.Number)
                for side, weight in (("before", -1), ("after", 1)):
                    if change[side] is None:
                        continue
                    row = tuple(change[side].values())
                    rows[row] += weight
                    by_key[row[:key]] = row
    if key != 0:
        rows = collections.Counter(by_key.values())
    times_at = [i for i, kind in enumerate(types) if kind == "TIMESTAMP"]
    answer = []
    for row, count in rows.items():
        values = list(row)
        for i in times_at:
            values[i] = datetime.fromisoformat(values[i].rstrip("Z")) if values[i] is not None else None
        answer += [values] * count
    return answer


def check(options, flink, name, log):
    """The answers of all three must be equal."""
    import duckdb
    answer = duckdb.connect().execute(statement(name, log.folder))
    types = [str(column[1]) for column in answer.description]
    expected = answer.fetchall()
    difference = oracle.compare(f"{name} as a stream", types, oracle.rows_of(run_flowc(options, log.path, "stream")[0]), expected)
    for mode, settings in modes(name).items():
        folder = os.path.join(os.path.abspath(options.folder), "flink-rows")
        shutil.rmtree(folder, ignore_errors=True)
        sink = {"connector": "filesystem", "path": "file://" + folder, "format": "debezium-json"}
        flink.run(name, log.source, with_clause(sink), settings)
        difference = difference or oracle.compare(f"Flink's {name} {mode}", types, final_rows(folder, types, TEXTS[name].key), expected)
        shutil.rmtree(folder)
        if difference:
            sys.exit(difference)


COLUMNS = ("query", "flowc, stream", "Flink", "flowc / Flink", "the same without the start of a run", "seconds: flowc, Flink",
           "MB: flowc, TaskManager", "spread")
WARM_UPS = 5  # at most
TINY = 1_000  # events of a run that does hardly more than start


def line(name, events, runs, starts):
    """`starts`: who -> what a run over TINY events costs."""
    best = min((who for who in runs if who != "flowc"), key=lambda who: median(runs[who], "cpu"))
    ours, theirs = runs["flowc"], runs[best]
    rate = [f"{events / median(costs, 'cpu') / 1e6:.3f}" for costs in (ours, theirs)]
    running = [median(runs[who], "cpu") - starts[who].cpu for who in ("flowc", best)]
    return (name, rate[0], rate[1] + (f" ({best})" if best else ""), f"{median(theirs, 'cpu') / median(ours, 'cpu'):.1f}x",
            f"{running[1] / running[0]:.1f}x" if min(running) > 0 else "none",
            f"{median(ours, 'wall'):.2f}, {median(theirs, 'wall'):.2f}",
            f"{median(ours, 'memory') / 1e6:.0f}, {median(theirs, 'memory') / 1e6:.0f}", f"{spread(ours)} %, {spread(theirs)} %")


def compare(options, names, small):
    """The queries against Flink SQL, as a table in Markdown."""
    unknown = [name for name in names if name not in TEXTS]
    if unknown:
        sys.exit(f"not for Flink: {', '.join(unknown)}; there are {', '.join(TEXTS)}")
    if options.source == "kafka":
        with Kafka() as broker, Flink() as flink:
            measure_all(options, names, small, flink, broker)
    else:
        with Flink() as flink:
            measure_all(options, names, small, flink, None)


def one_run(options, flink, who, name, log):
    """A cost of flowc, or of Flink in a mode."""
    if who != "flowc":
        return flink.run(name, log.source, with_clause({"connector": "blackhole"}), modes(name)[who])
    _, report = run_flowc(options, log.path, "stream", ["--digest"])
    return Cost(*times(report), memory(report))


def warm_up(options, flink, who, name, log):
    """Jobs that are not counted, until one is hardly cheaper than the one before: fresh JVMs compile what they run."""
    before = float("inf")
    for _ in range(WARM_UPS):
        cost = one_run(options, flink, who, name, log).cpu
        if cost > 0.9 * before:
            break
        before = cost


def measure_all(options, names, small, flink, broker):
    where = "a topic of one partition" if broker else "one file"
    print(f"checking {', '.join(names)} over {small:,} events in {where}", flush=True)
    for name in names:
        check(options, flink, name, Log(options, name, small, broker))
    print(f"all equal; medians of {options.runs} over {options.events:,} events in {where}, flowc with {options.workers} worker(s), "
          "Flink with one slot\nM events per CPU second of the process, of Flink's three processes\n")
    for row in (COLUMNS, ("---",) * len(COLUMNS)):
        print("| " + " | ".join(row) + " |", flush=True)
    for name in names:
        events = min(options.events, MOST.get(name, options.events))
        log = Log(options, name, events, broker)
        tiny = Log(options, name, TINY, broker)
        runs, starts = {}, {}
        for who in ("flowc", *modes(name)):
            if who != "flowc":
                warm_up(options, flink, who, name, log)
            starts[who] = one_run(options, flink, who, name, tiny)
        for _ in range(options.runs):
            for who in starts:
                runs.setdefault(who, []).append(one_run(options, flink, who, name, log))
        shown = name if events == options.events else f"{name} ({events:,} events)"
        print("| " + " | ".join(line(shown, events, runs, starts)) + " |", flush=True)
