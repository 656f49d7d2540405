#!/usr/bin/env python3
"""Memory stays flat: each case runs one pipeline until it has moved far more data than it may hold, and
its resident memory must stay under a bound (sanitized builds have none of this: they keep what is freed).

FLOWC names the program under test. Two brokers of its own: ports FLOW_MEMORY_PORT (default 19292) and 2 on.
    tests/perf/memory_test.py [Case.test_name...]     in under 3 minutes
    FLOW_LONG_GB=10 tests/perf/memory_test.py Memory.test_long_run
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
FLOWC = os.path.abspath(os.environ.get("FLOWC", os.path.join(ROOT, "build/release/tools/flowc/flowc")))
PORT = int(os.environ.get("FLOW_MEMORY_PORT", "19292"))
LONG_GB = float(os.environ.get("FLOW_LONG_GB", "1"))
MEGABYTE = 1 << 20
# The program with LLVM and its tables, and a stream's fixed budgets: 32 MB of input a tick, the columns made
# from it and the rows to sinks, 32 MB queued before sinks.
BOUND = 320

NEXMARK = """
SOURCE events (event_type INT, bid STRUCT<auction BIGINT, bidder BIGINT, price BIGINT, url STRING, extra STRING>)
FROM NEXMARK ({events}rate = 100000, partitions = {partitions});
VIEW v AS SELECT bid.auction AS auction, bid.price AS price, bid.url AS url, bid.extra AS extra FROM events WHERE event_type = 2;
VIEW g AS SELECT bid.auction % {keys} AS k, COUNT(*) AS n, MAX(bid.url) AS url FROM events WHERE event_type = 2
GROUP BY bid.auction % {keys};
"""
LARGE = """
SOURCE r (k INT, s STRING) FROM {source} FORMAT JSON;
VIEW v AS SELECT k, s FROM r;
VIEW g AS SELECT k, COUNT(*) AS n, MAX(s) AS s FROM r GROUP BY k;
"""
LONG_RUN = """
SOURCE events (event_type INT, bid STRUCT<auction BIGINT, bidder BIGINT, channel STRING, url STRING, "dateTime" TIMESTAMP>,
  person STRUCT<"dateTime" TIMESTAMP>, auction STRUCT<"dateTime" TIMESTAMP>,
  at TIMESTAMP AS COALESCE(bid."dateTime", person."dateTime", auction."dateTime"))
FROM FILE (path = '-') FORMAT JSON EVENT TIME at WATERMARK 4s;
VIEW bidders AS SELECT bid.bidder AS bidder, window_start, COUNT(*) AS bids, MAX(bid.url) AS url
FROM TUMBLE(events, 10s) WHERE event_type = 2 GROUP BY bid.bidder, window_start;
VIEW hot AS SELECT window_start, MAX(bids) AS most FROM bidders GROUP BY window_start;
VIEW channels AS SELECT bid.channel AS channel, window_start, COUNT(*) AS n FROM HOP(events, 20s EVERY 5s)
WHERE event_type = 2 GROUP BY bid.channel, window_start ALLOW LATENESS 5s EMIT ON CLOSE;
SINK a FROM bidders INTO STDOUT;
SINK b FROM hot INTO CHECKSUM;
SINK c FROM channels INTO STDOUT;
"""


def nexmark(events, partitions, keys=1000):
    """`events` None: endless."""
    return NEXMARK.format(events=f"events = {events}, " if events else "", partitions=partitions, keys=keys)


def resident(pid):
    """MB now; 0 when it has ended."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmRSS"):
                    return int(line.split()[1]) >> 10
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


class Broker:
    """A Kafka of this test alone."""

    def __init__(self, port):
        self.environment = {**os.environ, "FLOW_KAFKA_PORT": str(port), "FLOW_KAFKA": f"127.0.0.1:{port}"}
        self.home = os.path.join(ROOT, "build/kafka", str(port))
        run = subprocess.run([os.path.join(ROOT, "tools/kafka/start")], env=self.environment, capture_output=True, text=True)
        if run.returncode != 0:
            raise RuntimeError(run.stdout + run.stderr)
        self.address = run.stdout.split()[-1]

    def topic(self, name, partitions):
        subprocess.run([os.path.join(ROOT, "tools/kafka/topic"), name, str(partitions)], env=self.environment,
                       capture_output=True, check=True)

    def signal(self, what):
        with open(os.path.join(self.home, "pid"), encoding="ascii") as file:
            os.kill(int(file.read()), what)

    def stop(self):
        self.signal(signal.SIGCONT)
        subprocess.run([os.path.join(ROOT, "tools/kafka/stop")], env=self.environment, check=True)


class Memory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="flow-memory-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)

    def flow(self, text):
        path = os.path.join(self.folder, self.id().rsplit(".", maxsplit=1)[-1] + ".flow")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def start(self, flow, *arguments, **streams):
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, **streams}
        process = subprocess.Popen([FLOWC, "run", flow, "--workers", "2", "--quiet", *arguments], **streams)
        watchdog = threading.Timer(1800, process.kill)
        watchdog.start()
        self.addCleanup(watchdog.cancel)
        return process

    def kill(self, process):
        process.kill()
        process.communicate()

    def ends(self, process, bound, what):
        """Waits for the end; its peak must be under the bound."""
        errors = process.stderr.read().decode()
        process.stderr.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(0, process.returncode, errors)
        peak = usage.ru_maxrss >> 10
        print(f"  {what}: {peak} MB at most", flush=True)
        self.assertLess(peak, bound, what)
        self.assertGreater(peak, 30, what)  # else it was not measured

    def feed(self, process, count):
        """Records of 1 MB; the string of a key grows in order, so that each is a new MAX."""
        for i in range(count):
            process.stdin.write(b'{"k":%d,"s":"%08d%s"}\n' % (i % 7, i, b"x" * MEGABYTE))
        process.stdin.close()

    def test_records_of_a_megabyte(self):
        flow = self.flow(LARGE.format(source="FILE (path = '-')"))
        for view in ("v", "g"):
            for mode in ("stream", "batch"):
                process = self.start(flow, "--mode", mode, "--view", view, stdin=subprocess.PIPE)
                self.feed(process, 800)
                self.ends(process, BOUND, f"800 records of 1 MB, view {view} as a {mode}")

    def test_many_changes_of_few_keys(self):
        """What waits for EMIT EVERY is folded."""
        text = nexmark(8_000_000, 4, 100_000).replace("100000;", "100000 EMIT EVERY 1h;")
        process = self.start(self.flow(text), "--mode", "stream", "--view", "g", "--changes")
        self.ends(process, BOUND, "8 M events into 100,000 groups, emitted each hour")

    def test_many_generated_partitions(self):
        flow = self.flow(nexmark(6_000_000, 64))
        process = self.start(flow, "--mode", "stream", "--view", "v")
        self.ends(process, BOUND + 64, "6 M events in 64 partitions")

    def test_slow_reader_of_stdout(self):
        for arguments in (["stream", "--view", "v"], ["stream", "--view", "g", "--changes"], ["batch", "--view", "v"]):
            flow = self.flow(nexmark(20_000_000 if arguments[0] == "batch" else None, 4, 50_000))
            process = self.start(flow, "--mode", *arguments, stdout=subprocess.PIPE)
            # It is slow after it was fast: by then ticks are long.
            begin, peak, slow = time.monotonic(), 0, False
            while time.monotonic() - begin < 8 and process.stdout.read1(1 << 16):
                if slow := time.monotonic() - begin > 2:
                    time.sleep(0.02)
                peak = max(peak, resident(process.pid))
            running = process.poll() is None
            self.kill(process)
            self.assertTrue(slow and running, "ended before its reader was slow")
            print(f"  slow reader of stdout, {' '.join(arguments)}: {peak} MB at most", flush=True)
            self.assertLess(peak, BOUND)

    def test_many_partitions_of_large_records(self):
        broker = Broker(PORT)
        self.addCleanup(broker.stop)
        broker.topic("large", 64)
        parts = os.path.join(self.folder, "parts")
        os.mkdir(parts)
        for p in range(64):
            with open(os.path.join(parts, f"p-{p:02d}.jsonl"), "w", encoding="ascii") as file:
                for i in range(8):
                    file.write(json.dumps({"k": i, "s": f"{p:08d}" + "x" * 950_000}) + "\n")
        files = self.flow(LARGE.format(source=f"FILE (path = '{parts}/p-*.jsonl', partitions = 'file')"))
        for _ in range(2):
            subprocess.run([FLOWC, "datagen", files, "--brokers", broker.address, "--topic", "large"], check=True,
                           capture_output=True)
        shutil.rmtree(parts)
        topic = self.flow(LARGE.format(source=f"KAFKA (brokers = '{broker.address}', topic = 'large')"))
        # Besides, a partition may hold 1 MB unread, 1 MB on its way, and a morsel of 1 MB.
        for view in ("v", "g"):
            for mode in (["stream", "--until-end"], ["batch"]):
                self.ends(self.start(topic, "--mode", *mode, "--view", view), BOUND + 64 * 3,
                          f"64 partitions of 1 MB records, view {view} as a {mode[0]}")

    def test_slow_kafka_sink(self):
        broker = Broker(PORT + 2)
        self.addCleanup(broker.stop)
        broker.topic("slow", 4)
        for view in ("v", "g"):
            text = nexmark(None, 4, 50_000)
            text += f"SINK o FROM {view} INTO KAFKA (brokers = '{broker.address}', topic = 'slow') FORMAT JSON;\n"
            process = self.start(self.flow(text), "--mode", "stream")
            begin, peak = time.monotonic(), 0
            while time.monotonic() - begin < 10:  # the broker works a tenth of the time
                broker.signal(signal.SIGSTOP)
                time.sleep(0.45)
                broker.signal(signal.SIGCONT)
                time.sleep(0.05)
                peak = max(peak, resident(process.pid))
            running = process.poll() is None
            self.kill(process)
            self.assertTrue(running, "ended before its sink was slow")
            print(f"  slow Kafka sink, view {view}: {peak} MB at most", flush=True)
            self.assertLess(peak, BOUND + 32)  # librdkafka's queue

    def test_long_run(self):
        """Windows, groups and kept rows come and go; the second half needs no more than the first."""
        events = int(LONG_GB * 3_000_000)  # of about 330 bytes
        generate = os.path.join(self.folder, "generate.flow")
        with open(generate, "w", encoding="utf-8") as file:
            file.write(f'SOURCE events (event_type INT) FROM NEXMARK (events = {events}, rate = 20000);\n'
                       "VIEW v AS SELECT event_type FROM events;\n")
        generator = subprocess.Popen([FLOWC, "datagen", generate, "--out", "-"], stdout=subprocess.PIPE)
        process = self.start(self.flow(LONG_RUN), "--mode", "stream", stdin=generator.stdout, stderr=subprocess.DEVNULL)
        generator.stdout.close()
        samples = []  # bytes read, resident MB
        while process.poll() is None:
            with open(f"/proc/{process.pid}/io", encoding="ascii") as io:
                samples.append((int(io.readline().split()[1]), resident(process.pid)))
            time.sleep(0.1)
        self.assertEqual((0, 0), (generator.wait(), process.returncode))
        end = samples[-1][0]
        halves = [max(mb for read, mb in samples if (read > end / 2) == second) for second in (False, True)]
        print(f"  {end / 1e9:.1f} GB of events: {halves[0]} MB in the first half, {halves[1]} MB in the second", flush=True)
        self.assertGreater(end, LONG_GB * 0.8e9)
        self.assertLess(halves[1], halves[0] + 32)
        self.assertLess(halves[1], BOUND)


if __name__ == "__main__":
    sys.exit(unittest.main())
