"""Highlighting in Vim itself, which has to be installed."""
import os
import subprocess
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
# Each word of it and its group.
TEXT = """SOURCE s (n BIGINT) FROM KAFKA (topic = 'a ${X} ''b') EVENT TIME ts WATERMARK 10s;
view "q q" as select upper(n) from TUMBLE(s, 1m) where NULL; -- view
"""
GROUPS = {(1, "SOURCE"): "flowClause", (1, "s "): "", (1, "BIGINT"): "flowType", (1, "FROM"): "flowKeyword",
          (1, "KAFKA"): "flowConnector", (1, "a $"): "flowString", (1, "${X}"): "flowVariable", (1, "b'"): "flowString",
          (1, "WATERMARK"): "flowClause", (1, "10s"): "flowDuration", (2, "view"): "", (2, '"q q"'): "flowQuotedName",
          (2, "select"): "flowKeyword", (2, "upper"): "flowFunction", (2, "TUMBLE"): "flowFunction",
          (2, "NULL"): "flowConstant", (2, "-- view"): "flowComment"}


class Vim(unittest.TestCase):
    def test_groups(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.flow")
            with open(path, "w", encoding="utf-8") as file:
                file.write(TEXT)
            lines = TEXT.splitlines()
            asked = [f"echo synIDattr(synID({line}, {lines[line - 1].index(word) + 1}, 1), 'name')" for line, word in GROUPS]
            script = os.path.join(folder, "ask.vim")
            with open(script, "w", encoding="utf-8") as file:
                file.write("\n".join([f"set runtimepath+={ROOT}/editors/vim", "filetype plugin on", "syntax on",
                                      f"edit {path}", f"redir! > {folder}/out", "echo &filetype &commentstring", *asked,
                                      "redir END", "qa!"]))
            subprocess.run(["vim", "-es", "-u", "NONE", "-N", "-S", script], timeout=60, check=True,
                           stdin=subprocess.DEVNULL)
            with open(os.path.join(folder, "out"), encoding="utf-8") as file:
                said = file.read().split("\n")[1:]
        self.assertEqual("flow -- %s", said[0])
        self.assertEqual(dict(zip(GROUPS, GROUPS.values())), dict(zip(GROUPS, said[1:])))


if __name__ == "__main__":
    unittest.main()
