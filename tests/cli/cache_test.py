#!/usr/bin/env python3
"""The cache of machine code: a pipeline that has not changed is not optimised again, and nothing that is wrong with the cache
changes a result. FLOWC names the program under test."""
import glob
import os
import subprocess
import sys
import tempfile
import unittest

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))
TEXT = """SOURCE s (k STRING, n INT) FROM INLINE (VALUES ('a', 1), ('b', 2), ('a', 3));
VIEW v AS SELECT k, SUM(n) AS total FROM s GROUP BY k;
"""
ROWS = '{"k":"a","total":4}\n{"k":"b","total":2}\n'


class Cache(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.cache = os.path.join(self.folder, "cache", "flowc")
        self.flow = os.path.join(self.folder, "x.flow")
        self.write(TEXT)

    def write(self, text):
        with open(self.flow, "w", encoding="utf-8") as file:
            file.write(text)

    def run_flow(self, **variables):
        """The rows are right."""
        environment = {k: v for k, v in os.environ.items() if k not in ("FLOW_CACHE_DIR", "XDG_CACHE_HOME")}
        environment.update(variables)
        run = subprocess.run([FLOWC, "run", self.flow, "--mode", "batch", "--format", "json", "--tier", "optimized"],
                             env=environment, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        self.assertEqual((0, ROWS), (run.returncode, "".join(sorted(run.stdout.splitlines(True)))), run.stderr)

    def objects(self):
        return sorted(glob.glob(os.path.join(self.cache, "*")))

    def fill(self):
        self.run_flow(FLOW_CACHE_DIR=self.cache)
        [path] = self.objects()
        return path

    def is_used(self, path):
        """What is used is marked as used."""
        os.utime(path, (1, 1))
        self.run_flow(FLOW_CACHE_DIR=self.cache)
        return os.path.exists(path) and os.stat(path).st_mtime > 1

    def test_is_found_and_told_apart(self):
        first = self.fill()
        self.assertEqual(0o700, os.stat(self.cache).st_mode & 0o777)
        self.assertTrue(self.is_used(first))
        self.write("-- the same\n" + TEXT)
        self.assertTrue(self.is_used(first))
        self.write(TEXT.replace("SUM(n)", "SUM(n + 0)"))
        self.assertFalse(self.is_used(first))
        self.assertEqual(2, len(self.objects()))

    def test_damage_is_no_harm(self):
        path = self.fill()
        with open(path, "rb") as file:
            good = file.read()
        for bad in (b"", good[:10], good[:-1], good[:40] + bytes([good[40] ^ 1]) + good[41:], good[:-9] + b"x" + good[-8:]):
            with open(path, "wb") as file:
                file.write(bad)
            self.run_flow(FLOW_CACHE_DIR=self.cache)

    def test_what_others_may_write_is_not_run(self):
        path = self.fill()
        os.chmod(path, 0o666)
        os.utime(path, (1, 1))
        before = os.stat(path).st_ino
        self.run_flow(FLOW_CACHE_DIR=self.cache)
        self.assertNotEqual(before, os.stat(path).st_ino)  # made anew
        self.assertEqual(0, os.stat(path).st_mode & 0o022)

    def test_no_cache(self):
        self.run_flow(FLOW_CACHE_DIR="")
        self.run_flow(FLOW_CACHE_DIR="/proc/no/such/place")
        blocked = os.path.join(self.folder, "file")
        with open(blocked, "w", encoding="utf-8"):
            pass
        self.run_flow(FLOW_CACHE_DIR=blocked)
        self.run_flow(HOME="")

    def test_place(self):
        for variables, place in (({"XDG_CACHE_HOME": self.folder + "/xdg"}, self.folder + "/xdg/flowc"),
                                 ({"HOME": self.folder + "/home"}, self.folder + "/home/.cache/flowc")):
            self.cache = place
            self.run_flow(**variables)
            self.assertTrue(self.objects(), place)


if __name__ == "__main__":
    sys.exit(unittest.main())
