#!/usr/bin/env python3
"""Exactly-once Kafka sinks while writers, brokers and connections fail.

A writer (epoch_writer) applies epochs with known content. It is killed, or its broker is stopped, killed or cut
off; then Kafka's own console consumer, read_committed, must see epochs 1 to N once each and in order.
The broker is one of its own behind a small proxy, so that no other test is disturbed.
EPOCH_WRITER names the program; FLOW_KILLS, FLOW_HEIRS, FLOW_STOP_SECONDS and FLOW_CUT_SECONDS make it longer (label slow).
"""
import glob
import os
import random
import signal
import socket
import subprocess
import threading
import time
import unittest
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WRITER = os.environ["EPOCH_WRITER"]
PORT = int(os.environ.get("FLOW_KAFKA_PORT", "19092")) + 40
PROXY = PORT + 5
KILLS = int(os.environ.get("FLOW_KILLS", "6"))
# A producer gives up after 10 s without an answer: shorter, and longer.
STOP_SECONDS = [float(s) for s in os.environ.get("FLOW_STOP_SECONDS", "3 12").split()]
HEIRS = int(os.environ.get("FLOW_HEIRS", "4"))
CUT_SECONDS = [float(s) for s in os.environ.get("FLOW_CUT_SECONDS", "0.1 0.5 1").split()]
BROKER = f"127.0.0.1:{PROXY}"


def kafka(tool, *arguments):
    environment = dict(os.environ, FLOW_KAFKA_PORT=str(PORT), FLOW_KAFKA_ADVERTISED=BROKER)
    environment.pop("FLOW_KAFKA", None)
    subprocess.run([os.path.join(ROOT, "tools/kafka", tool), *arguments], env=environment, check=True,
                   stdout=subprocess.DEVNULL)


def broker_pid():
    with open(os.path.join(ROOT, f"build/kafka/{PORT}/pid"), encoding="utf-8") as file:
        return int(file.read())


def java(main, *arguments):
    jars = os.path.join(sorted(glob.glob(os.path.join(ROOT, ".cache/kafka/*/")))[-1], "*")
    return subprocess.Popen(["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", jars, main,
                             *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class Proxy:
    """Passes connections on, until they are cut."""

    def __init__(self):
        self.lock, self.pairs, self.open = threading.Lock(), [], True
        self.listener = socket.create_server(("127.0.0.1", PROXY), reuse_port=False)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                try:
                    if not self.open:
                        raise OSError
                    server = socket.create_connection(("127.0.0.1", PORT))
                except OSError:
                    client.close()
                    continue
                self.pairs.append((client, server))
            for a, b in ((client, server), (server, client)):
                threading.Thread(target=self.copy, args=(a, b), daemon=True).start()

    @staticmethod
    def copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self, seconds):
        with self.lock:
            self.open = False
            for pair in self.pairs:
                for end in pair:
                    try:
                        end.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass
            self.pairs.clear()
        time.sleep(seconds)
        with self.lock:
            self.open = True


class Writer:
    """One process; its lines are read by a thread."""

    def __init__(self, pipeline, epochs, *more):
        self.process = subprocess.Popen([WRITER, BROKER, pipeline.uid, pipeline.upserts, pipeline.log, str(epochs), *more],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.epoch, self.errors = -1, ""
        self.threads = [threading.Thread(target=self.read_epochs), threading.Thread(target=self.read_errors)]
        for thread in self.threads:
            thread.start()

    def read_epochs(self):
        for line in self.process.stdout:
            self.epoch = int(line.split()[-1])

    def read_errors(self):
        for line in self.process.stderr:
            self.errors += line

    def reach(self, epoch, seconds=60):
        deadline = time.time() + seconds
        while self.epoch < epoch and self.process.poll() is None:
            if time.time() > deadline:
                raise AssertionError(f"no epoch {epoch} after {seconds} s, but {self.epoch}: {self.errors}")
            time.sleep(0.002)

    def end(self, seconds=180):
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"it stands still at epoch {self.epoch}: {self.errors[-3000:]}") from None
        finally:
            for thread in self.threads:
                thread.join(5)
            self.process.stdout.close()
            self.process.stderr.close()
        return code

    def kill(self):
        self.process.kill()
        self.end()


class Pipeline:
    def __init__(self, test):
        self.test, name = test, uuid.uuid4().hex
        self.uid, self.upserts, self.log = name, "upserts-" + name[:12], "log-" + name[:12]
        subprocess.run([WRITER, BROKER, "--topics", self.upserts, self.log], check=True)

    def consume(self):
        running = [java("org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", BROKER, "--topic", topic,
                        "--from-beginning", "--isolation-level", "read_committed", "--timeout-ms", "4000",
                        "--property", "print.key=true")
                   for topic in (self.upserts, self.log)]
        return [consumer.communicate(timeout=120)[0].splitlines() for consumer in running]

    def check(self, epochs):
        upserts, log = [], []
        for e in range(1, epochs + 1):
            log += [f'null\t{{"epoch":{e},"i":{i}}}' for i in range(e % 7 + 1)]
            upserts.append(f'{{"k":{e % 10}}}\t{{"k":{e % 10},"epoch":{e}}}')
            if e % 5 == 0:
                upserts.append(f'{{"k":{(e + 3) % 10}}}\tnull')
        found_upserts, found_log = self.consume()
        self.same(found_log, log)
        self.same(found_upserts, upserts)

    def same(self, found, expected):
        for at, (a, b) in enumerate(zip(found, expected)):
            if a != b:
                self.test.fail(f"record {at} is {a}, not {b}; before it {found[max(0, at - 3):at]}")
        self.test.assertEqual(len(found), len(expected))


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.seed = int(os.environ.get("FLOW_SEED", str(random.randrange(1 << 30))))
        print("FLOW_SEED", cls.seed, flush=True)
        kafka("stop")
        cls.proxy = Proxy()
        cls.addClassCleanup(cls.proxy.listener.close)
        kafka("start")
        cls.addClassCleanup(kafka, "stop")

    def setUp(self):
        began = time.time()
        self.addCleanup(lambda: print(f"{time.time() - began:.1f} s", end=" ", flush=True))
        self.random = random.Random(self.seed)
        self.pipeline = Pipeline(self)

    def test_killed_anywhere(self):
        epochs, kills, writer = 60 * KILLS, 0, None
        while kills < KILLS:
            writer = Writer(self.pipeline, epochs, "--pause", "5")
            if self.random.random() < 0.3:
                time.sleep(self.random.random())  # while it starts
            else:
                writer.reach(0)
                time.sleep(self.random.random() * 0.4)
            writer.kill()
            kills += 1
        self.assertEqual(Writer(self.pipeline, epochs).end(), 0)
        self.pipeline.check(epochs)

    def test_killed_between_flush_and_commit_and_while_committing(self):
        delays = [0, 300, 1000, 2000, 4000, 8000]
        epoch = 0
        for moment in ("flushed", "committing"):
            for delay in delays if moment == "committing" else delays[:2]:
                epoch += 3
                writer = Writer(self.pipeline, 1000, "--die", str(epoch), moment, str(delay))
                self.assertEqual(writer.end(), -signal.SIGKILL, writer.errors)
                epoch = max(epoch, writer.epoch)
        epochs = epoch + 5
        self.assertEqual(Writer(self.pipeline, epochs).end(), 0)
        self.pipeline.check(epochs)

    def test_broker_restarted_and_killed(self):
        writer = Writer(self.pipeline, 800, "--pause", "5")
        writer.reach(20)
        kafka("stop", "--keep")
        kafka("start", "--keep")
        writer.reach(writer.epoch + 50)
        os.kill(broker_pid(), signal.SIGKILL)
        while os.path.exists(f"/proc/{broker_pid()}"):
            time.sleep(0.05)
        kafka("start", "--keep")
        self.assertEqual(writer.end(), 0, writer.errors)
        self.assertNotEqual(writer.errors, "")  # it was noticed
        self.pipeline.check(800)

    def test_broker_stands_still(self):
        epochs = 0
        for seconds in STOP_SECONDS:
            begin, epochs = epochs, epochs + 200
            writer = Writer(self.pipeline, epochs, "--pause", "2")
            writer.reach(begin + 20)
            os.kill(broker_pid(), signal.SIGSTOP)
            try:
                time.sleep(seconds)
            finally:
                os.kill(broker_pid(), signal.SIGCONT)
            self.assertEqual(writer.end(), 0, writer.errors)
        self.pipeline.check(epochs)

    def test_connection_cut(self):
        writer = Writer(self.pipeline, 800, "--pause", "2")
        for seconds in CUT_SECONDS:
            writer.reach(writer.epoch + 20)
            time.sleep(self.random.random() * 0.02)
            self.proxy.cut(seconds)
        self.assertEqual(writer.end(), 0, writer.errors)
        self.pipeline.check(800)

    def test_two_at_once(self):
        """The later one takes over, whatever the earlier one is doing just then."""
        zombie = Writer(self.pipeline, 100000, "--pause", "2")
        for heirs in range(HEIRS, 0, -1):
            zombie.reach(zombie.epoch + self.random.randrange(2, 20))
            heir = Writer(self.pipeline, 100000 if heirs > 1 else zombie.epoch + 1000, "--pause", "2")
            self.assertEqual(zombie.end(), 3, zombie.errors)
            self.assertIn("another instance of this pipeline took over", zombie.errors)
            self.assertIn(f"process {heir.process.pid} ", zombie.errors)
            zombie = heir
        self.assertEqual(heir.end(), 0, heir.errors)
        self.pipeline.check(heir.epoch)

    def test_a_stopped_writer_that_comes_back_is_fenced(self):
        zombie = Writer(self.pipeline, 100000, "--pause", "1")
        zombie.reach(20)
        os.kill(zombie.process.pid, signal.SIGSTOP)
        heir = Writer(self.pipeline, 200)
        self.assertEqual(heir.end(), 0, heir.errors)
        os.kill(zombie.process.pid, signal.SIGCONT)
        self.assertEqual(zombie.end(), 3)
        self.assertIn("took over", zombie.errors)
        self.pipeline.check(200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
