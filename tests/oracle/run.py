#!/usr/bin/env python3
"""Compares flowc's batch results with DuckDB's over generated files, query by query.

  run.py [--seed N] [--rows N] [--keep FOLDER] [QUERY...]

Needs a Python with DuckDB (tools/venv makes build/venv). FLOWC names the program under test. Each query
is also run as a stream, whose digest must be the batch's.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import date, datetime
from decimal import Decimal

import duckdb

import data
import queries

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))


def flowc(path, arguments):
    command = [FLOWC, "run", path, "--view", "v"] + arguments
    result = subprocess.run(command, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit {result.returncode}\n{result.stderr[-3000:]}")
    return result.stdout


class Number(str):
    """A number as flowc wrote it."""


def rows_of(text):
    return [list(json.loads(line, parse_int=Number, parse_float=Number).values()) for line in text.splitlines()]


def canonical(value):
    """A value of either side such that equal values have equal forms. Doubles: 12 digits."""
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, datetime):
        text = value.isoformat()
        return (text[:-3] if text.endswith("000") and "." in text else text) + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (int, Number, Decimal, float)):
        number = float(value)
        return "0" if number == 0 else "%.11e" % number
    return value


def exact(value):
    """Integers and decimals keep their digits: for columns where DuckDB's type is exact."""
    return None if value is None else Decimal(str(value)).normalize()


def compare(name, types, ours, theirs):
    """None, or how the two sets of rows differ."""
    is_exact = [not (t == "DOUBLE" or t == "FLOAT") and ("INT" in t or t.startswith("DECIMAL")) for t in types]

    def form(row):
        return tuple(repr(exact(v)) if is_exact[i] else canonical(v) for i, v in enumerate(row))

    a, b = sorted(map(form, ours)), sorted(map(form, theirs))
    if a == b:
        return None
    in_a, in_b = set(a), set(b)
    only_a = [r for r in a if r not in in_b][:3]
    only_b = [r for r in b if r not in in_a][:3]
    return f"{name}: {len(a)} rows, DuckDB {len(b)}\n  only flowc: {only_a}\n  only DuckDB: {only_b}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=8000, help="a partition")
    parser.add_argument("--keep", help="leave data and .flow files in this folder")
    parser.add_argument("queries", nargs="*")
    options = parser.parse_args()
    failures, checked = [], 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or temporary
        os.makedirs(folder, exist_ok=True)
        database = duckdb.connect()
        data.load(database, data.generate(folder, options.seed, options.rows))
        for name, view, sql in queries.QUERIES:
            if options.queries and name not in options.queries:
                continue
            path = os.path.join(folder, name + ".flow")
            with open(path, "w", encoding="utf-8") as file:
                file.write(data.SOURCE.format(folder=folder) + (f"VIEW v AS {view};\n" if view else queries.LATE))
            answer = database.execute(sql)
            types = [str(column[1]) for column in answer.description]
            theirs = answer.fetchall()
            checked += 1
            try:
                if not theirs:
                    raise RuntimeError(f"{name}: DuckDB finds no rows; the query tests nothing")
                difference = compare(name, types, rows_of(flowc(path, ["--mode", "batch", "--format", "json"])), theirs)
                if difference:
                    raise RuntimeError(difference)
                batch = flowc(path, ["--mode", "batch", "--digest"])
                stream = flowc(path, ["--mode", "stream", "--until-end", "--digest"])
                if batch != stream:
                    raise RuntimeError(f"{name}: batch {batch.strip()}, stream {stream.strip()}")
            except RuntimeError as error:
                failures.append(name)
                print(error)
    print(f"seed {options.seed}, {options.rows} rows a partition: {checked - len(failures)} passed, {len(failures)} failed")
    return 1 if failures or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
