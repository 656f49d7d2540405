#!/usr/bin/env python3
"""Batches into real Kafka, PostgreSQL and Redis, killed at random: what outside readers (Kafka's own
consumer, psql, redis-cli) find is the view's content, what a stream would have written; another run
replaces it, except where rows can only be appended: there it is refused.

FLOWC names the program under test; FLOW_KAFKA, FLOW_POSTGRES and FLOW_REDIS the servers (else
tools/*/start are asked). FLOW_SEED makes other logs and kills.
"""
import glob
import json
import os
import random
import signal
import subprocess
import tempfile
import time
import unittest
import uuid

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FLOWC = os.path.abspath(os.environ.get("FLOWC", os.path.join(ROOT, "build/release/tools/flowc/flowc")))
SEED = int(os.environ.get("FLOW_SEED", str(int(time.time()))))
KILLS = int(os.environ.get("FLOW_KILLS", "12"))
SLOW = int(os.environ.get("FLOW_SLOWNESS", "1"))  # sanitized builds: wait longer, feed less
ROWS = 200_000 // SLOW


def server(name):
    if os.environ.get(f"FLOW_{name.upper()}"):
        return os.environ[f"FLOW_{name.upper()}"]
    out = subprocess.run([os.path.join(ROOT, f"tools/{name}/start")], capture_output=True, text=True, check=True)
    return out.stdout.split()[-1]


class Servers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"FLOW_SEED={SEED}", flush=True)
        cls.kafka, cls.postgres, cls.redis = server("kafka"), server("postgres"), server("redis")
        cls.jars = os.path.join(sorted(glob.glob(os.path.join(ROOT, ".cache/kafka/*/")))[-1], "*")

    def setUp(self):
        self.random = random.Random(SEED)
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = self.temporary.name
        self.id = uuid.uuid4().hex[:12]
        self.addCleanup(lambda: self.sql(f"DROP TABLE IF EXISTS users_{self.id}"))
        for topic in ("users", "dear"):
            subprocess.run([os.path.join(ROOT, "tools/kafka/topic"), f"{topic}-{self.id}", "2"], check=True,
                           capture_output=True, env={**os.environ, "FLOW_KAFKA": self.kafka})
        self.users, self.lines = {}, []
        for i in range(ROWS):
            user, n = self.random.randrange(3000), self.random.randrange(1000)
            self.lines.append(json.dumps({"user": user, "n": n}) + "\n")

    def write(self, lines, name="x", appended=True):
        with open(os.path.join(self.folder, "log.jsonl"), "w", encoding="utf-8") as file:
            file.writelines(lines)
        text = f"""
SOURCE log (user BIGINT, n INT) FROM FILE (path = '{self.folder}/log.jsonl') FORMAT JSON;
VIEW users AS SELECT user, COUNT(*) AS rows, SUM(n) AS total FROM log GROUP BY user;
VIEW dear AS SELECT user, n FROM log WHERE n >= 900;
SINK users_to_kafka FROM users INTO KAFKA (brokers = '{self.kafka}', topic = 'users-{self.id}') FORMAT JSON;
SINK users_to_postgres FROM users INTO POSTGRES (url = '{self.postgres}', table = 'users_{self.id}');
SINK users_to_redis FROM users INTO REDIS (url = '{self.redis}', key = '{self.id}:{{user}}');
"""
        if appended:
            text += f"SINK dear_to_kafka FROM dear INTO KAFKA (brokers = '{self.kafka}', topic = 'dear-{self.id}') FORMAT JSON;\n"
        with open(os.path.join(self.folder, name + ".flow"), "w", encoding="utf-8") as file:
            file.write(text)

    def batch(self, *arguments, name="x", code=0):
        run = subprocess.run([FLOWC, "run", name + ".flow", "--mode", "batch", *arguments], cwd=self.folder,
                             capture_output=True, text=True, timeout=300)
        self.assertEqual(code, run.returncode, run.stderr)
        return run

    def sql(self, text):
        run = subprocess.run(["psql", "-XAtq", "-F", ",", self.postgres, "-c", text], capture_output=True, text=True, check=True)
        return run.stdout.splitlines()

    def topic(self, name):
        """Its records, read committed, as (key, value)."""
        run = subprocess.run(["java", "-Xmx256m", "-XX:+UseSerialGC", "-cp", self.jars,
                              "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", self.kafka,
                              "--topic", f"{name}-{self.id}", "--from-beginning", "--isolation-level", "read_committed",
                              "--timeout-ms", "4000", "--property", "print.key=true"],
                             capture_output=True, text=True, timeout=120, check=False)
        return [line.split("\t") for line in run.stdout.splitlines()]

    def expected(self, lines):
        users, dear = {}, []
        for line in lines:
            row = json.loads(line)
            rows, total = users.get(row["user"], (0, 0))
            users[row["user"]] = (rows + 1, total + row["n"])
            if row["n"] >= 900:
                dear.append((row["user"], row["n"]))
        return users, sorted(dear)

    def check(self, lines, appended):
        users, dear = self.expected(lines)
        found = {}
        for key, value in self.topic("users"):  # upserts: the last record of a key counts
            key = json.loads(key)["user"]
            found.pop(key, None)
            if value != "null":
                row = json.loads(value)
                found[key] = (row["rows"], row["total"])
        self.assertEqual(users, found, "Kafka")
        found = {int(user): (int(rows), int(total)) for user, rows, total in
                 (line.split(",") for line in self.sql(f'SELECT "user", rows, total FROM users_{self.id}'))}
        self.assertEqual(users, found, "PostgreSQL")
        cli = ["redis-cli", "-u", self.redis]
        keys = subprocess.run([*cli, "--scan", "--pattern", f"{self.id}:*"], capture_output=True, text=True,
                              check=True).stdout.split()
        commands = "".join(f"HMGET {key} rows total\n" for key in keys)
        values = subprocess.run(cli, input=commands, capture_output=True, text=True, check=True).stdout.split()
        found = {int(key.split(":")[1]): (int(values[2 * i]), int(values[2 * i + 1])) for i, key in enumerate(keys)}
        self.assertEqual(users, found, "Redis")
        rows = [(row["user"], row["n"]) for row in (json.loads(value) for _, value in self.topic("dear"))]
        self.assertEqual(appended, sorted(rows), "each appended row once")
        return dear

    def epoch(self):
        try:
            with open(os.path.join(self.folder, ".flow/x/batch/CURRENT"), encoding="utf-8") as file:
                return int(file.read().split()[0])
        except (FileNotFoundError, IndexError):
            return -1

    def published(self):
        status = subprocess.run([FLOWC, "status", ".flow/x/batch", "--format", "json"], cwd=self.folder,
                                capture_output=True, text=True, check=False)
        return status.returncode == 0 and json.loads(status.stdout).get("batch", {}).get("published", False)

    def kill_until_done(self, kills=KILLS):
        """Kills a few epochs after the last time, or a while after, when it may be publishing."""
        killed, before = 0, self.epoch()
        while True:
            run = subprocess.Popen([FLOWC, "run", "x.flow", "--mode", "batch", "--epoch", "2ms"],
                                   cwd=self.folder, stderr=subprocess.PIPE, text=True)
            early = killed < kills // 2
            goal = self.epoch() + (1 if early else self.random.randint(0, 4))
            while killed < kills and run.poll() is None:
                if self.epoch() >= goal:
                    time.sleep(self.random.choice([0, 0.005] if early else [0, 0.01, 0.3 * SLOW]) * self.random.random())
                    run.kill()
                    break
                time.sleep(0.001)
            err = run.communicate(timeout=300)[1]
            if run.returncode == 0:
                return killed
            self.assertEqual(-signal.SIGKILL, run.returncode, err)
            killed += 1
            # Killed between its last epoch and its exit: another run would begin anew.
            if self.epoch() > before and self.published():
                return killed

    def test_killed_it_publishes_once(self):
        self.write(self.lines)
        kills = self.kill_until_done()
        print(f"{kills} kills", flush=True)
        self.assertGreater(kills, KILLS // 4)
        dear = self.expected(self.lines)[1]
        self.check(self.lines, dear)
        # The appended rows can not be replaced: that is found before anything is read or written.
        run = self.batch(code=4)
        self.assertIn("sink dear_to_kafka has the rows of an earlier batch", run.stderr)
        self.assertIn("give it a new topic or table", run.stderr)
        self.check(self.lines, dear)
        # Said explicitly, they are appended again.
        self.batch("--reset-state", "--quiet")
        self.check(self.lines, sorted(dear + dear))

    def test_another_run_replaces_and_a_stream_has_the_same(self):
        self.write(self.lines, appended=False)
        self.batch()
        self.check(self.lines, [])
        # Fewer users, other sums: what is no longer there goes. Killed on the way.
        fewer = [line for line in self.lines if json.loads(line)["user"] % 3 != 0]
        self.write(fewer, appended=False)
        self.kill_until_done(kills=4)
        self.batch()
        self.check(fewer, [])
        # A stream over the same log into the same places ends with the same; and a batch up to where
        # it is has its digests.
        run = subprocess.run([FLOWC, "run", "x.flow"], cwd=self.folder, capture_output=True, text=True, timeout=300)
        self.assertEqual(0, run.returncode, run.stderr)
        self.check(fewer, [])
        status = subprocess.run([FLOWC, "status", ".flow/x/stream", "--format", "json"], cwd=self.folder,
                                capture_output=True, text=True, check=True)
        digests = json.loads(status.stdout)["digests"]
        lines = self.batch("--to", "stream", "--digest").stdout.splitlines()
        found = {view: {"rows": int(rows), "hash": text} for view, rows, text in (line.split() for line in lines)}
        self.assertEqual(digests["users"], found["users"])


if __name__ == "__main__":
    unittest.main()
