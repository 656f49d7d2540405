#!/usr/bin/env python3
"""Pipelines that are killed at random, again and again, while their logs grow; at the end every sink, read by
somebody else's program, holds the batch result of what had been read.

Three pipelines run side by side: one from a Kafka topic into Kafka, Postgres, Redis and files at once; one from
growing files into files and Redis; and a bank, whose accounts must add up to 0 whenever anybody looks.
FLOWC is the program under test; FLOW_KAFKA, FLOW_POSTGRES and FLOW_REDIS the servers (else tools/*/start are asked);
FLOW_KILLS how often (40); FLOW_SEED repeats a run's dice, though not its timing.
"""
import glob
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import uuid
from decimal import Decimal
from urllib.parse import urlparse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FLOWC = os.path.abspath(os.environ.get("FLOWC", os.path.join(ROOT, "build/release/tools/flowc/flowc")))
KILLS = int(os.environ.get("FLOW_KILLS", "40"))
SEED = int(os.environ.get("FLOW_SEED", str(random.randrange(1 << 30))))
PARTITIONS = 3
COLUMNS = "(id BIGINT, page STRING, country STRING, revenue DECIMAL(12, 2), ts TIMESTAMP)"
VIEWS = """
VIEW metrics AS
SELECT page, window_start, COUNT(*) AS n, SUM(revenue) AS revenue, MIN(id) AS first
FROM TUMBLE(clicks, 1m) GROUP BY page, window_start
ALLOW LATENESS 1m LATE TO too_late EMIT ON CLOSE;
VIEW late AS SELECT country, COUNT(*) AS n, MAX(id) AS last FROM too_late GROUP BY country;
VIEW countries AS SELECT country, COUNT(*) AS n, SUM(revenue) AS revenue, MAX(ts) AS last
FROM clicks GROUP BY country EMIT EVERY 150ms;
VIEW sizes AS SELECT n, COUNT(*) AS windows, SUM(revenue) AS revenue FROM metrics GROUP BY n;
VIEW large AS SELECT id, page, revenue FROM clicks WHERE revenue > 80;
"""
KEYS = {"metrics": ("page", "window_start"), "late": ("country",), "countries": ("country",), "sizes": ("n",),
        "accounts": ("account",), "large": None}


def server(kind):
    if os.environ.get(f"FLOW_{kind.upper()}"):
        return os.environ[f"FLOW_{kind.upper()}"]
    out = subprocess.run([os.path.join(ROOT, f"tools/{kind}/start")], capture_output=True, text=True, check=True)
    return out.stdout.split()[-1]


def loads(text):
    return json.loads(text, parse_float=Decimal)


def canonical(rows):
    return sorted(json.dumps(row, sort_keys=True, default=lambda d: str(d.normalize())) for row in rows)


def psql(sql):
    run = subprocess.run(["psql", "-X", "-At", "-q", "-v", "ON_ERROR_STOP=1", server("postgres"), "-c", sql],
                         capture_output=True, text=True, check=False, env=dict(os.environ, PGTZ="UTC"))
    if run.returncode:
        raise AssertionError(run.stderr)
    return run.stdout.splitlines()


class Redis:
    """What RESP needs for a few commands."""

    def __init__(self):
        url = urlparse(server("redis"))
        with socket.create_connection((url.hostname, url.port)) as connection:
            self.file = connection.makefile("rwb")  # keeps it open

    def run(self, *words):
        self.file.write(b"*%d\r\n" % len(words))
        for word in words:
            data = word.encode()
            self.file.write(b"$%d\r\n%s\r\n" % (len(data), data))
        self.file.flush()
        return self.answer()

    def answer(self):
        line = self.file.readline().strip()
        kind, rest = line[:1], line[1:]
        if kind == b"*":
            return [self.answer() for _ in range(int(rest))]
        if kind == b"$":
            return self.file.read(int(rest) + 2)[:-2].decode()
        if kind == b"-":
            raise AssertionError(rest)
        return rest.decode()


def consume(topic):
    """A committed reader: (key, value) in the order of each partition."""
    jars = os.path.join(sorted(glob.glob(os.path.join(ROOT, ".cache/kafka/*/")))[-1], "*")
    run = subprocess.run(["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", jars,
                          "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", server("kafka"),
                          "--topic", topic, "--from-beginning", "--isolation-level", "read_committed",
                          "--timeout-ms", "6000", "--property", "print.key=true"],
                         capture_output=True, text=True, timeout=600, check=False)
    return [line.split("\t", 1) for line in run.stdout.splitlines()]


class Feed(threading.Thread):
    """Writes lines to every partition until it is told to stop. `bad` knows what is no JSON."""

    def __init__(self, seed, put, make, pause=0.1):
        super().__init__()
        self.pause = pause
        self.dice, self.put, self.make = random.Random(seed), put, make
        self.stopped, self.number, self.counts, self.bad = threading.Event(), 0, [0] * PARTITIONS, {}
        self.error = None

    def run(self):
        try:
            while not self.stopped.is_set():
                self.put([self.lines(p) for p in range(PARTITIONS)])
                self.stopped.wait(self.pause)
        except Exception as error:  # told by the test
            self.error = error

    def lines(self, partition):
        lines = []
        for _ in range(self.dice.randrange(60)):
            self.number += 1
            line = self.make(self.dice, self.number)
            if not line.startswith("{"):
                self.bad[(partition, self.counts[partition])] = line
            self.counts[partition] += 1
            lines.append(line)
        return lines

    def end(self):
        self.stopped.set()
        self.join()
        if self.error:
            raise self.error


def click(dice, number):
    if dice.random() < 0.01:
        return f"no JSON {number}"
    # Mostly in order; some a little late, some far too late for any window.
    at = number // 4 + dice.randrange(8) - (dice.choice([70, 90, 400]) if dice.random() < 0.04 else 0)
    row = {"id": number, "page": f"/{dice.randrange(9)}", "country": dice.choice(["de", "fr", "nz", None]),
           "revenue": f"{dice.randrange(10000) / 100:.2f}",
           "ts": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_767_225_600 + max(at, 0)))}
    return json.dumps(row)


class Pipeline:
    """One .flow file that is run, killed, and run again."""

    def __init__(self, test, name, text, sinks, seed, variables=""):
        self.test, self.name, self.sinks, self.dice = test, name, sinks, random.Random(seed)
        self.folder = os.path.join(test.folder, name)
        os.makedirs(self.folder)
        self.flow = os.path.join(self.folder, name + ".flow")
        with open(self.flow, "w", encoding="utf-8") as file:
            file.write(text)
        self.process, self.kills, self.log, self.epochs = None, 0, [], []

    def state(self):
        return os.path.join(self.folder, "state")

    def start(self):
        words = ["--workers", str(self.dice.randint(1, 4)), "--epoch", self.dice.choice(["1ms", "10ms", "60ms", "250ms"]),
                 "--batch-size", self.dice.choice(["1", "17", "1024"]),
                 "--engine", "interpreter" if self.dice.random() < 0.2 else "jit"]
        self.log.append(" ".join(words))
        self.errors = open(os.path.join(self.folder, "errors"), "a+", encoding="utf-8")
        self.process = subprocess.Popen([FLOWC, "run", self.flow, "--state", self.state(), *words], cwd=self.folder,
                                        stdout=subprocess.DEVNULL, stderr=self.errors)

    def said(self):
        with open(os.path.join(self.folder, "errors"), encoding="utf-8") as file:
            return file.read()[-3000:]

    def status(self):
        run = subprocess.run([FLOWC, "status", self.state(), "--format", "json"], capture_output=True, text=True, check=False)
        return json.loads(run.stdout) if run.returncode == 0 else None

    def kill_some(self, kills):
        for _ in range(kills):
            self.start()
            # While it starts and recovers, or somewhere in the middle.
            time.sleep(self.dice.random() * (0.4 if self.dice.random() < 0.35 else 1.5))
            code = self.process.poll()
            if code is not None:
                raise AssertionError(f"{self.name} ended by itself with {code}: {self.said()}")
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.errors.close()
            self.kills += 1
            status = self.status()
            if status:
                self.epochs.append(status["epoch"])

    def finish(self, read_all):
        self.start()
        deadline = time.time() + 120
        while True:
            status = self.status()
            if status and read_all(status):
                break
            if self.process.poll() is not None or time.time() > deadline:
                self.process.kill()
                raise AssertionError(f"{self.name} does not get to the end: {status} {self.said()}")
            time.sleep(0.1)
        time.sleep(0.5)
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.errors.close()
        self.test.assertEqual(0, code, self.said())
        self.test.assertEqual(self.epochs, sorted(self.epochs), "epochs go back")
        return self.status()

    def batch(self, view, status):
        def name(partition):
            number = str(partition["partition"])
            return f"{partition['source']}:{number}" if number.isdigit() else number
        frontier = ",".join(f"{name(p)}={p['next_offset']}" for p in status["partitions"])
        run = subprocess.run([FLOWC, "run", self.flow, "--mode", "batch", "--view", view, "--format", "json", "--to", frontier],
                             capture_output=True, text=True, check=False, cwd=self.folder)
        self.test.assertEqual(0, run.returncode, run.stderr)
        return [loads(line) for line in run.stdout.splitlines()]

    def check(self, status):
        for view, kind, place in self.sinks:
            wanted = self.batch(view, status)
            found = getattr(self, kind)(view, place)
            if kind == "redis":
                wanted = [{k: v for k, v in row.items() if v is not None} for row in wanted]
                wanted = [{k: str(v) for k, v in row.items()} for row in wanted]
            wanted, found = canonical(wanted), canonical(found)
            if wanted != found:
                more = [row for row in found if row not in wanted][:3]
                less = [row for row in wanted if row not in found][:3]
                self.test.fail(f"{self.name}: {kind} sink of {view}: {len(found)} rows instead of {len(wanted)}; "
                               f"too many {more}, missing {less}; runs: {self.log[-5:]}")
            self.test.assertGreater(len(wanted), 0, (self.name, view))
        for line in status["sources"]:
            c = line.get("counts", line)
            self.test.assertEqual(c["read"], c["decoded"] + c["duplicate"] + c["held"] + c["dead"] + c["shed"], line)
        for line in status["paths"]:
            c = line.get("counts", line)
            self.test.assertEqual(c["decoded"], c["accepted"] + c["filtered"] + c["late"] + c["dead"], line)

    # What is in a sink, by others' means.
    def file(self, view, place):
        with open(os.path.join(self.folder, place), encoding="utf-8") as file:
            rows = [loads(line) for line in file]
        if KEYS[view] is None:
            return rows
        return self.fold(view, ((change["op"], change["row"]) for change in rows))

    def fold(self, view, changes):
        table = {}
        for op, row in changes:
            key = tuple(row[k] for k in KEYS[view])
            if op == "delete":
                table.pop(key, None)  # what came and went within an epoch is a delete, too
            else:
                table[key] = row
        return list(table.values())

    def kafka(self, view, topic):
        if KEYS[view] is None:
            return [loads(value) for _, value in consume(topic)]
        table = {}
        for key, value in consume(topic):
            table[key] = value
        return [loads(value) for value in table.values() if value != "null"]

    def postgres(self, view, table):
        time_columns = {"window_start", "last"} if view in ("metrics", "countries") else set()
        names = psql(f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' ORDER BY 1")
        items = ", ".join(f"'{n}', " + (f"""to_char("{n}", 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""" if n in time_columns else f'"{n}"')
                          for n in names)
        return [loads(line) for line in psql(f'SELECT json_build_object({items}) FROM "{table}"')]

    def redis(self, view, prefix):
        client, rows = Redis(), []
        for key in client.run("KEYS", prefix + ":*"):
            flat = client.run("HGETALL", key)
            rows.append(dict(zip(flat[::2], flat[1::2])))
        client.file.close()
        return rows


class Kills(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print("FLOW_SEED", SEED, flush=True)
        cls.kafka, cls.postgres, cls.redis = (server(kind) for kind in ("kafka", "postgres", "redis"))
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder, cls.id = cls.temporary.name, uuid.uuid4().hex[:10]

    def topic(self, name, partitions=PARTITIONS):
        subprocess.run([os.path.join(ROOT, "tools/kafka/topic"), name, str(partitions)], check=True,
                       stdout=subprocess.DEVNULL, env=dict(os.environ, FLOW_KAFKA=self.kafka))

    def drop(self, *tables):
        for table in tables:
            self.addCleanup(psql, f'DROP TABLE IF EXISTS "{table}"')

    def to_topic(self, topic):
        """A function that appends lines to the partitions of a topic."""
        folder = os.path.join(self.folder, "feed-" + topic)
        os.makedirs(folder)
        flow = os.path.join(folder, "feed.flow")
        with open(flow, "w", encoding="utf-8") as file:
            file.write(f"SOURCE s (x STRING) FROM FILE (path = '{folder}/part-*.jsonl', partitions = 'file') FORMAT JSON;\n"
                       "VIEW v AS SELECT x FROM s;")

        def put(parts):
            for p, lines in enumerate(parts):
                with open(os.path.join(folder, f"part-{p}.jsonl"), "w", encoding="utf-8") as file:
                    file.write("".join(line + "\n" for line in lines))
            subprocess.run([FLOWC, "datagen", flow, "--brokers", self.kafka, "--topic", topic], check=True,
                           capture_output=True)
        return put

    def run_killed(self, pipeline, feed, kills, read_all):
        feed.start()
        try:
            pipeline.kill_some(kills)
        finally:
            feed.end()
        status = pipeline.finish(read_all)
        pipeline.check(status)
        print(f"{pipeline.name}: {pipeline.kills} kills, epoch {status['epoch']}, {feed.number} records", flush=True)
        return status

    def test_kafka_to_everything(self):
        i = self.id
        source, out, raw = f"clicks-{i}", f"countries-{i}", f"large-{i}"
        for topic in (source, out, raw):
            self.topic(topic)
        self.drop(f"metrics_{i}", f"sizes_{i}")
        text = f"""SOURCE clicks {COLUMNS} FROM KAFKA (brokers = '{self.kafka}', topic = '{source}')
FORMAT JSON EVENT TIME ts WATERMARK 10s DEAD LETTER TO FILE (path = 'dead.jsonl');
{VIEWS}
SINK to_topic FROM countries INTO KAFKA (brokers = '{self.kafka}', topic = '{out}');
SINK rows_to_topic FROM large INTO KAFKA (brokers = '{self.kafka}', topic = '{raw}');
SINK to_table FROM metrics INTO POSTGRES (url = '{self.postgres}', table = 'metrics_{i}');
SINK sizes_to_table FROM sizes INTO POSTGRES (url = '{self.postgres}', table = 'sizes_{i}');
SINK to_redis FROM countries INTO REDIS (url = '{self.redis}', key = 'crash-{i}:{{country}}', value = 'hash');
SINK to_file FROM large INTO FILE (path = 'large.jsonl');
SINK late_to_file FROM late INTO FILE (path = 'late.jsonl');
"""
        sinks = [("countries", "kafka", out), ("large", "kafka", raw), ("metrics", "postgres", f"metrics_{i}"),
                 ("sizes", "postgres", f"sizes_{i}"), ("countries", "redis", f"crash-{i}"), ("large", "file", "large.jsonl"),
                 ("late", "file", "late.jsonl")]
        pipeline = Pipeline(self, "everything", text, sinks, SEED)
        feed = Feed(SEED + 1, self.to_topic(source), click)
        self.run_killed(pipeline, feed, max(1, KILLS * 2 // 5),
                        lambda status: sum(p["next_offset"] for p in status["partitions"]) == sum(feed.counts))
        with open(os.path.join(pipeline.folder, "dead.jsonl"), encoding="utf-8") as file:
            dead = [json.loads(line) for line in file]
        self.assertEqual(sorted((d["partition"], d["offset"], d["raw"]) for d in dead),
                         sorted((p, o, line) for (p, o), line in feed.bad.items()))

    def test_growing_files(self):
        i = self.id
        text = f"""SOURCE clicks {COLUMNS} FROM FILE (path = 'in/*.jsonl', partitions = 'file', follow = 'true')
FORMAT JSON EVENT TIME ts WATERMARK 10s DEAD LETTER TO FILE (path = 'dead.jsonl');
{VIEWS}
SINK a FROM metrics INTO FILE (path = 'metrics.jsonl');
SINK b FROM late INTO FILE (path = 'late.jsonl');
SINK c FROM countries INTO FILE (path = 'countries.jsonl');
SINK d FROM sizes INTO FILE (path = 'sizes.jsonl');
SINK e FROM large INTO FILE (path = 'large.jsonl');
SINK f FROM late INTO REDIS (url = '{self.redis}', key = 'files-{i}:{{country}}', value = 'hash');
"""
        sinks = [(view, "file", f"{view}.jsonl") for view in ("metrics", "late", "countries", "sizes", "large")]
        pipeline = Pipeline(self, "files", text, sinks + [("late", "redis", f"files-{i}")], SEED + 2)
        os.makedirs(os.path.join(pipeline.folder, "in"))

        def put(parts):
            for p, lines in enumerate(parts):
                with open(os.path.join(pipeline.folder, f"in/part-{p}.jsonl"), "ab") as file:
                    data = "".join(line + "\n" for line in lines).encode()
                    # A line may be there in halves for a while.
                    file.write(data[:len(data) // 2])
                    file.flush()
                    file.write(data[len(data) // 2:])
        put([[] for _ in range(PARTITIONS)])
        feed = Feed(SEED + 3, put, click, 0.02)
        sizes = lambda: sum(os.path.getsize(p) for p in glob.glob(os.path.join(pipeline.folder, "in/*")))
        self.run_killed(pipeline, feed, max(1, KILLS * 2 // 5),
                        lambda status: sum(p["next_offset"] for p in status["partitions"]) == sizes())
        with open(os.path.join(pipeline.folder, "dead.jsonl"), encoding="utf-8") as file:
            dead = [json.loads(line)["raw"] for line in file]
        self.assertEqual(sorted(dead), sorted(feed.bad.values()))

    def test_bank(self):
        """Each transfer takes from one account and gives to another: in any snapshot all accounts add up to 0."""
        i, accounts = self.id, f"accounts_{self.id}"
        source = f"transfers-{i}"
        self.topic(source)
        self.drop(accounts)
        text = f"""SOURCE transfers (id BIGINT, payer BIGINT, payee BIGINT, amount DECIMAL(12, 2))
FROM KAFKA (brokers = '{self.kafka}', topic = '{source}') FORMAT JSON;
VIEW bookings AS SELECT payer AS account, -amount AS amount FROM transfers
UNION ALL SELECT payee AS account, amount FROM transfers;
VIEW accounts AS SELECT account, SUM(amount) AS balance, COUNT(*) AS bookings FROM bookings GROUP BY account;
SINK bank FROM accounts INTO POSTGRES (url = '{self.postgres}', table = '{accounts}');
"""
        pipeline = Pipeline(self, "bank", text, [("accounts", "postgres", accounts)], SEED + 4)

        def transfer(dice, number):
            return json.dumps({"id": number, "payer": dice.randrange(50), "payee": dice.randrange(50),
                               "amount": f"{dice.randrange(1, 100000) / 100:.2f}"})
        feed = Feed(SEED + 5, self.to_topic(source), transfer)
        looks, wrong, done = [0], [], threading.Event()

        def look():
            while not done.is_set():
                try:
                    total = psql(f'SELECT sum(balance), sum(bookings) % 2, sum(bookings) FROM "{accounts}"')[0].split("|")
                except AssertionError:  # there is no table yet
                    time.sleep(0.05)
                    continue
                if total[0] == "":
                    continue
                looks[0] += 1
                if Decimal(total[0]) != 0 or total[1] != "0":
                    wrong.append(total)
        reader = threading.Thread(target=look)
        reader.start()
        try:
            self.run_killed(pipeline, feed, max(1, KILLS // 5),
                            lambda status: sum(p["next_offset"] for p in status["partitions"]) == sum(feed.counts))
        finally:
            done.set()
            reader.join()
        self.assertEqual([], wrong[:3])
        self.assertGreater(looks[0], 10)


def side_by_side():
    """Each test in a process of its own: most of their time they wait."""
    names = unittest.TestLoader().getTestCaseNames(Kills)
    started = [subprocess.Popen([sys.executable, os.path.abspath(__file__), f"Kills.{name}"], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, env={**os.environ, "FLOW_SEED": str(SEED)})
               for name in names]
    for name, process in zip(names, started):
        print(f"== {name}\n{process.communicate()[0]}", flush=True)
    return max(process.returncode for process in started)


if __name__ == "__main__":
    sys.exit(unittest.main() if len(sys.argv) > 1 else side_by_side())
