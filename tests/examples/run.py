#!/usr/bin/env python3
"""Runs an example both ways, and compares every view with examples/NN_name/expected.

  run.py DIRECTORY

  expected/VIEW.jsonl       the rows of a view, in any order
  expected/VIEW.digest      its digest line (for what is too large to list)
  TESTs of the pipeline     pass
  expected/NAME.changes     `key: COLUMNS`, then the rows that the changes in $OUT/NAME.changes.jsonl
                            fold to
FLOWC names the program under test.
"""
import json
import os
import subprocess
import sys
import tempfile

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))
MODES = [["--mode", "batch", "--workers", "1"], ["--mode", "batch", "--workers", "4"],
         ["--mode", "stream", "--until-end", "--workers", "1"], ["--mode", "stream", "--until-end", "--workers", "4"]]


def run_tests(example):
    """The TESTs of the pipeline, which need nothing but the file."""
    result = subprocess.run([FLOWC, "test", os.path.join(example, "pipeline.flow")], capture_output=True, text=True,
                            timeout=600, stdin=subprocess.DEVNULL)
    if result.returncode != 0 or " 0 failed" not in result.stdout or result.stdout.startswith("0 passed"):
        sys.exit(f"flowc test: exit {result.returncode}\n{result.stdout}{result.stderr}")


def run(example, arguments, out):
    command = [FLOWC, "run", os.path.join(example, "pipeline.flow"), "--set", f"DATA={example}/data",
               "--set", f"OUT={out}"] + arguments
    result = subprocess.run(command, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {result.returncode}\n{result.stderr}")
    return result.stdout


def fold(path, key):
    """The rows that are left when the changes are applied in order."""
    rows = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            change = json.loads(line, parse_float=str)
            identity = tuple(change["row"][column] for column in key)
            if change["op"] == "delete":
                del rows[identity]
            else:
                rows[identity] = change["row"]
    return sorted(json.dumps(row, sort_keys=True) for row in rows.values())


def normal(lines):
    return sorted(json.dumps(json.loads(line, parse_float=str), sort_keys=True) for line in lines)


def compare(what, expected, actual):
    if expected != actual:
        sys.exit(f"{what} differs\nmissing: {[r for r in expected if r not in actual]}\n"
                 f"not expected: {[r for r in actual if r not in expected]}")


def main():
    example = os.path.abspath(sys.argv[1])
    names = sorted(os.listdir(os.path.join(example, "expected")))
    checked = 0
    run_tests(example)
    for mode in MODES:
        with tempfile.TemporaryDirectory() as out:
            for name in names:
                with open(os.path.join(example, "expected", name), encoding="utf-8") as file:
                    expected = file.read()
                stem, kind = name.rsplit(".", 1)
                what = f"{name} ({' '.join(mode)})"
                if kind == "digest":
                    compare(what, [expected], [run(example, mode + ["--view", stem, "--digest"], out)])
                elif kind == "jsonl":
                    rows = run(example, mode + ["--view", stem, "--format", "json"], out)
                    compare(what, normal(expected.splitlines()), normal(rows.splitlines()))
                elif kind == "changes":
                    key, rows = expected.split("\n", 1)
                    run(example, mode, out)
                    changes = fold(os.path.join(out, name + ".jsonl"), key.removeprefix("key: ").split(", "))
                    compare(what, normal(rows.splitlines()), changes)
                else:
                    sys.exit(f"{name}: what is it?")
                checked += 1
    if not checked:
        sys.exit("there is nothing in expected")
    print(f"{checked} comparisons passed")


if __name__ == "__main__":
    main()
