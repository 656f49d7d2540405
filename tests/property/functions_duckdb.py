#!/usr/bin/env python3
"""Compares scalar functions, casts and operators with DuckDB's over generated arguments.

  functions_duckdb.py [--seed N] [--rows N] [--only TEXT] [--keep FOLDER]

Needs a Python with DuckDB (tools/venv makes build/venv); FLOWC names the program under test. Every
expression is a view; a row that is missing from it is an error, which DuckDB's TRY() gives as NULL.
Where PostgreSQL and DuckDB part ways the expression for DuckDB says what PostgreSQL means.
"""
import argparse
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext

import duckdb

import functions_cases
import functions_nested

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))

COLUMNS = {  # name: (type here, type of DuckDB)
    "i1": ("INT", "INTEGER"), "i2": ("INT", "INTEGER"), "k": ("INT", "INTEGER"), "l": ("INT", "INTEGER"),
    "b1": ("BIGINT", "BIGINT"), "b2": ("BIGINT", "BIGINT"),
    "d1": ("DOUBLE", "DOUBLE"), "d2": ("DOUBLE", "DOUBLE"), "few": ("DOUBLE", "DOUBLE"),
    "x1": ("DECIMAL(12,2)", "DECIMAL(12,2)"), "x2": ("DECIMAL(18,6)", "DECIMAL(18,6)"),
    "s1": ("STRING", "VARCHAR"), "s2": ("STRING", "VARCHAR"), "like1": ("STRING", "VARCHAR"),
    "int_text": ("STRING", "VARCHAR"), "number_text": ("STRING", "VARCHAR"),
    "date_text": ("STRING", "VARCHAR"), "time_text": ("STRING", "VARCHAR"), "bool_text": ("STRING", "VARCHAR"),
    "t1": ("TIMESTAMP", "TIMESTAMP"), "t2": ("TIMESTAMP", "TIMESTAMP"), "dt": ("DATE", "DATE"),
    "f": ("BOOLEAN", "BOOLEAN"), "g": ("BOOLEAN", "BOOLEAN"),
} | functions_cases.COLUMNS | functions_nested.COLUMNS


def generate(rng):
    """One row: name -> Python value."""
    def integer(bits):
        most = 2 ** (bits - 1) - 1
        return rng.choice([rng.randint(-20, 20), rng.randint(-20, 20), rng.randint(-most - 1, most),
                           rng.randint(-most - 1, most) >> rng.randint(0, bits - 2), most, -most - 1, 0])

    def double():
        return rng.choice([rng.randint(-40, 40) / 2, rng.uniform(-10, 10), rng.gauss(0, 1e6), 10.0 ** rng.randint(-300, 300),
                           0.0, -0.0, 1e308, -1e308, math.inf, -math.inf, math.nan, 0.5, 2.5, 3.5, -0.5])

    def text():
        letters = rng.choice(["ab", "abc ", "äöÜé", "ЖжΩω", "aB%_\\", "ab,;", "xyz€😀"])
        return "".join(rng.choice(letters) for _ in range(rng.choice([0, 1, 2, 3, 5, 8, 13, 30])))

    def moment():
        years = rng.choice([(1970, 1971), (2020, 2030), (1, 9998), (1960, 1970)])
        start = datetime(years[0], 1, 1)
        span = (datetime(years[1], 12, 31) - start).days
        t = start + timedelta(days=rng.randint(0, span), seconds=rng.choice([0, 0, rng.randint(0, 86399)]))
        return t + timedelta(microseconds=rng.choice([0, 0, 500000, 123000, rng.randint(0, 999999)]))

    def padded(body):
        return rng.choice(["", " ", "\t "]) + body + rng.choice(["", " "])

    def number():
        digits = "".join(rng.choice("0123456789") for _ in range(rng.randint(1, 12)))
        fraction = "".join(rng.choice("0123459") for _ in range(rng.randint(1, 8)))
        return rng.choice(["", "-", "+"]) + rng.choice([digits, digits + "." + fraction, "." + fraction])

    def zone():
        return rng.choice(["", "", "Z", "+02", "-07:30", "+00:00"])

    row = {
        "i1": integer(32), "i2": integer(32), "k": rng.randint(-6, 9), "l": rng.randint(-2, 9),
        "b1": integer(64), "b2": integer(64), "d1": double(), "d2": double(), "few": rng.randint(-10**9, 10**9) / 1000,
        "x1": Decimal(rng.choice([rng.randint(-10**4, 10**4), rng.randint(-10**12 + 1, 10**12 - 1), 0])).scaleb(-2),
        "x2": Decimal(rng.choice([rng.randint(-10**7, 10**7), rng.randint(-10**18 + 1, 10**18 - 1), 0])).scaleb(-6),
        "s1": text(), "s2": rng.choice([text(), text()[:2], ""]),
        "like1": "".join(rng.choice(["a", "b", "%", "_", "c", "\\%", "ä"]) for _ in range(rng.randint(0, 5))),
        "int_text": padded(rng.choice(["", "-", "+"]) + str(rng.choice([rng.randint(0, 99), 2**31 - 1, 2**31, 2**63 - 1, 2**63,
                                                                        rng.randint(0, 2**62)]))),
        "number_text": padded(number()),
        "date_text": padded(moment().strftime("%Y-%m-%d").rjust(10, "0")),
        "time_text": moment().isoformat(sep=rng.choice([" ", "T"])) + zone(),
        "bool_text": rng.choice(["true", "FALSE", "t", "f", "True", "1", "0"]),
        "t1": moment(), "t2": moment(), "dt": moment().date(), "f": rng.random() < 0.5, "g": rng.random() < 0.5,
    }
    row = {name: None if rng.random() < 0.08 else value for name, value in row.items()}
    return row | functions_cases.generate(rng) | functions_nested.generate(rng)


def finite(expression, *arguments):
    """DuckDB lets doubles overflow to infinity, PostgreSQL does not."""
    given = " AND ".join(f"isfinite({a})" for a in arguments)
    return f"CASE WHEN {given} AND NOT isfinite({expression}) THEN NULL ELSE {expression} END"


def positive(expression, outside):
    """DuckDB gives NaN or -infinity outside the domain, PostgreSQL an error."""
    return f"CASE WHEN {outside} AND NOT isnan({expression.split('(')[1][:-1]}) THEN NULL ELSE {expression} END"


def remainder_of(a, b):
    """DuckDB refuses the least integer % -1, which is 0."""
    return f"CASE WHEN {b} = -1 THEN CASE WHEN {a} IS NULL THEN NULL ELSE 0 END ELSE {a} % {b} END"


def strict(expression, *arguments):
    return f"CASE WHEN {' OR '.join(a + ' IS NULL' for a in arguments)} THEN NULL ELSE {expression} END"


SUBSTRING = "CASE WHEN l < 0 THEN NULL WHEN k < 1 THEN substring(s1, 1, greatest(l + k - 1, 0)) ELSE substring(s1, k, l) END"
FORMATS = ["%Y-%m-%d %H:%M:%S", "%y%m%d", "%I %p", "%f", "%g", "%j", "%u %w", "%B %b", "%A %a", "%V %G", "100%%"]

# (expression, DuckDB's or None for the same text)
CASES = [
    ("abs(i1)", None), ("abs(b1)", None), ("abs(d1)", None), ("sign(b1)", None),
    ("sign(d1)", "CASE WHEN isnan(d1) THEN d1 ELSE sign(d1) END"),
    ("ceil(d1)", None), ("floor(d1)", None), ("trunc(d1)", None), ("round(d1)", "round_even(d1, 0)"), ("round(few, 1)", None), ("round(few, k)", None), ("round(d2, l)", None),
    # DECIMAL; DuckDB rounds only to constant digits.
    ("abs(x1)", None), ("sign(x2)", None), ("ceil(x1)", None), ("ceiling(x2)", None), ("floor(x1)", None), ("floor(x2)", None),
    ("trunc(x1)", None), ("trunc(x2)", None), ("round(x1)", "round(x1, 0)"), ("round(x2)", "round(x2, 0)"), ("round(x1, 1)", None),
    ("round(x2, 3)", None), ("round(x1, -2)", None), ("round(x2, -1)", None), ("round(x1, 7)", "x1"), ("trunc(x1, 7)", "x1"),
    ("sqrt(d1)", positive("sqrt(d1)", "d1 < 0")),
    ("power(d1, d2)", "CASE WHEN d1 = 0 AND d2 < 0 THEN NULL WHEN d1 < 0 AND isfinite(d1) AND isfinite(d2) AND d2 <> floor(d2) "
                      "THEN NULL ELSE " + finite("power(d1, d2)", "d1", "d2") + " END"),
    ("exp(d1)", finite("exp(d1)", "d1")), ("ln(d1)", positive("ln(d1)", "d1 <= 0")), ("log10(d1)", positive("log10(d1)", "d1 <= 0")),
    ("log(few)", positive("log(few)", "few <= 0")),
    ("mod(i1, i2)", remainder_of("i1", "i2")), ("mod(b1, b2)", remainder_of("b1", "b2")), ("mod(i1, k)", remainder_of("i1", "k")),
    ("greatest(i1, i2)", strict("greatest(i1, i2)", "i1", "i2")), ("least(b1, b2)", strict("least(b1, b2)", "b1", "b2")),
    ("greatest(d1, d2)", strict("greatest(d1, d2)", "d1", "d2")), ("least(d1, d2)", strict("least(d1, d2)", "d1", "d2")),
    ("greatest(s1, s2)", strict("greatest(s1, s2)", "s1", "s2")), ("least(t1, t2)", strict("least(t1, t2)", "t1", "t2")),
    ("starts_with(s1, s2)", None), ("ends_with(s1, s2)", None), ("contains(s1, s2)", None), ("strpos(s1, s2)", None),
    ("replace(s1, s2, 'zz')", None), ("replace(s1, 'a', s2)", None), ("s1 LIKE like1", "s1 LIKE like1 ESCAPE '\\'"),
    ("s1 LIKE '%b_%'", None), ("s1 NOT LIKE 'a%'", None),
    ("split_part(s1, 'b', k)", "CASE WHEN k = 0 THEN NULL ELSE split_part(s1, 'b', k) END"),
    ("length(s1)", None), ("octet_length(s1)", "strlen(s1)"), ("upper(s1)", None), ("lower(s1)", None),
    ("trim(s1)", None), ("ltrim(s1)", None), ("rtrim(s1)", None), ("trim(s1, s2)", None), ("ltrim(s1, 'ab')", None), ("rtrim(s1, s2)", None),
    ("substring(s1, k, l)", strict(SUBSTRING, "s1", "k", "l")), ("substring(s1, k)", strict("substring(s1, greatest(k, 1))", "s1", "k")),
    ("left(s1, k)", None), ("right(s1, k)", None), ("concat(s1, s2)", "s1 || s2"), ("s1 || s2", None), ("repeat(s1, k)", None), ("reverse(s1)", None),
    ("year(t1)", None), ("quarter(t1)", None), ("month(t1)", None), ("week(t1)", None), ("day(t1)", None), ("dayofweek(t1)", None),
    ("dayofyear(t1)", None), ("hour(t1)", None), ("minute(t1)", None), ("second(t1)", None), ("year(dt)", None), ("dayofweek(dt)", None),
    ("epoch(t1)", None), ("epoch_ms(t1)", "(epoch_us(t1) - (epoch_us(t1) % 1000 + 1000) % 1000) // 1000"), ("epoch_us(t1)", None),
    ("to_timestamp(few)", "make_timestamp(CAST(round_even(few * 1000000, 0) AS BIGINT))"),
    ("make_timestamp_ms(i1)", "make_timestamp(CAST(i1 AS BIGINT) * 1000)"), ("make_date(2000 + k, l + 3, abs(k * l))", None),
] + [(f"date_trunc('{u}', t1)", None) for u in ("microsecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year")] + [
    (f"date_part('{u}', t1)", None) for u in ("year", "month", "day", "hour", "minute", "microseconds", "epoch", "dow", "isodow", "doy",
                                              "week", "isoyear", "quarter", "decade", "century", "millennium")] + [
    ("date_part('second', t1)", "date_part('microseconds', t1) / 1000000.0::DOUBLE"),
    ("date_part('milliseconds', t1)", "date_part('microseconds', t1) / 1000.0::DOUBLE"),
] + [(f"strftime(t1, '{f}')", None) for f in FORMATS] + [
    # Casts.
    ("CAST(b1 AS INT)", None), ("CAST(d1 AS INT)", None), ("CAST(d1 AS BIGINT)", None), ("CAST(i1 AS DOUBLE)", None), ("CAST(b1 AS DOUBLE)", None),
    ("CAST(b1 AS DECIMAL(20,2))", None), ("CAST(i1 AS DECIMAL(8,2))", None), 
    ("CAST(x1 AS INT)", None), ("CAST(x2 AS BIGINT)", None), ("CAST(x1 AS DOUBLE)", None), ("CAST(x2 AS DECIMAL(10,1))", None),
    ("CAST(x1 AS DECIMAL(38,20))", None), ("CAST(x1 AS STRING)", "CAST(x1 AS VARCHAR)"), ("CAST(i1 AS STRING)", "CAST(i1 AS VARCHAR)"),
    ("CAST(dt AS STRING)", "CAST(dt AS VARCHAR)"), ("CAST(date_trunc('second', t1) AS STRING)", "CAST(date_trunc('second', t1) AS VARCHAR)"),
    ("CAST(f AS STRING)", "CAST(f AS VARCHAR)"), ("CAST(f AS INT)", None), ("CAST(k AS BOOLEAN)", None),
    ("CAST(dt AS TIMESTAMP)", None), ("CAST(t1 AS DATE)", None),
    ("CAST(CAST(d1 AS STRING) AS DOUBLE)", "d1"), ("CAST(int_text AS INT)", None), ("CAST(int_text AS BIGINT)", None),
    ("CAST(number_text AS DOUBLE)", None), ("CAST(number_text AS DECIMAL(20,4))", None), ("CAST(number_text AS DECIMAL(6,2))", None),
    ("CAST(date_text AS DATE)", None), ("CAST(date_text AS TIMESTAMP)", "CAST(trim(date_text) AS TIMESTAMP)"), ("CAST(bool_text AS BOOLEAN)", None),
    ("TRY_CAST(s1 AS INT)", None), ("TRY_CAST(int_text AS INT)", None), ("TRY_CAST(s1 AS DOUBLE)", None), ("TRY_CAST(s1 AS TIMESTAMP)", None),
    # Operators.
    ("i1 + i2", None), ("i1 - i2", None), ("i1 * i2", None), ("b1 + b2", None), ("b1 - b2", None), ("b1 * b2", None), ("-i1", None), ("-b1", None),
    ("i1 / i2", "i1 // i2"), ("b1 / b2", "b1 // b2"), ("b1 / k", "b1 // k"), ("i1 % k", remainder_of("i1", "k")), ("b1 % b2", remainder_of("b1", "b2")),
    ("d1 + d2", finite("(d1 + d2)", "d1", "d2")), ("d1 * d2", finite("(d1 * d2)", "d1", "d2")),
    ("d1 / d2", "CASE WHEN d2 = 0 THEN NULL ELSE " + finite("(d1 / d2)", "d1", "d2") + " END"),
    ("x1 + x2", None), ("x1 - x2", None), ("-x1", None), ("x1 + i1", None), ("x1 * 2", None),
    ("i1 < i2", None), ("d1 = d2", None), ("d1 < d2", None), ("d1 >= d2", None), ("x1 < x2", None), ("x1 = few", "CAST(x1 AS DOUBLE) = few"),
    ("i1 = b1", None), ("s1 < s2", None), ("s1 >= s2", None), ("t1 <= t2", None), ("dt < t1", None), ("f AND g", None), ("f OR g", None),
    ("NOT f", None), ("f AND g OR NOT f", None), ("i1 IS NULL", None), ("s1 IS NOT NULL", None),
    ("k BETWEEN l AND 5", None), ("k NOT BETWEEN 2 AND l", None), ("k IN (1, 2, l)", None), ("k NOT IN (1, NULL, l)", None),
    ("s1 IN ('a', 'b', s2)", None), ("COALESCE(i1, i2, 7)", None), ("NULLIF(k, l)", None),
    ("CASE WHEN f THEN i1 WHEN g THEN i2 END", None), ("CASE k WHEN 1 THEN 'one' WHEN l THEN 'l' ELSE s1 END", None),
    ("f IS TRUE", "f IS NOT DISTINCT FROM TRUE"), ("f IS NOT FALSE", "f IS DISTINCT FROM FALSE"),
    ("k IS DISTINCT FROM l", None), ("d1 IS NOT DISTINCT FROM d2", None),
    ("t1 + INTERVAL '90' MINUTE", "t1 + INTERVAL 90 MINUTE"), ("t1 - 10s", "t1 - INTERVAL 10 SECOND"), ("dt + 1d", "dt + INTERVAL 1 DAY"),
    ("t1 - t2 < 30d", "epoch_us(t1) - epoch_us(t2) < 2592000000000"),
] + functions_cases.CASES + functions_nested.CASES


def divide(row, a, b, scale):
    with localcontext() as context:
        context.prec = 100
        return (row[a] / row[b]).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)


def remainder(row, a, b):
    with localcontext() as context:
        context.prec = 100
        return row[a] % row[b]


def product(row, a, b):
    with localcontext() as context:
        context.prec = 100
        return row[a] * row[b]


def rounded(row, column, digits, mode):
    with localcontext() as context:
        context.prec = 100
        return row[column].quantize(Decimal(1).scaleb(-int(row[digits])), mode)


def utc(text):
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=None) - (moment.utcoffset() or timedelta(0))


# What Python says rather than DuckDB, which divides DECIMALs as doubles, multiplies within fewer
# digits, rounds a double's binary value and leaves UTC offsets out.
COMPUTED = [
    ("x1 / x2", lambda r: divide(r, "x1", "x2", 6)), ("x2 / x1", lambda r: divide(r, "x2", "x1", 6)),
    ("x1 / k", lambda r: divide(r, "x1", "k", 6)), ("x1 % x2", lambda r: remainder(r, "x1", "x2")),
    ("x1 * x2", lambda r: product(r, "x1", "x2")),
    ("round(x1, k)", lambda r: rounded(r, "x1", "k", ROUND_HALF_UP)), ("round(x2, l)", lambda r: rounded(r, "x2", "l", ROUND_HALF_UP)),
    ("trunc(x1, k)", lambda r: rounded(r, "x1", "k", ROUND_DOWN)), ("trunc(x2, 3)", lambda r: rounded({**r, "three": 3}, "x2", "three", ROUND_DOWN)),
    ("CAST(few AS DECIMAL(12,2))", lambda r: Decimal(repr(r["few"])).quantize(Decimal("0.01"), ROUND_HALF_UP)),
    ("CAST(time_text AS TIMESTAMP)", lambda r: utc(r["time_text"])),
    ("x2 / 3.0", lambda r: (divide({**r, "three": Decimal(3)}, "x2", "three", 6))),
] + functions_cases.COMPUTED + functions_nested.COMPUTED


def computed(function, row):
    if any(row[n] is None for n in COLUMNS if n in function.__code__.co_consts):
        return None
    try:
        return function({n: Decimal(v) if isinstance(v, int) and not isinstance(v, bool) else v for n, v in row.items()})
    except (ArithmeticError, ValueError):
        return None  # an error of the row, as a division by zero


def json_value(value):
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    return value


def json_line(row):
    parts = []
    for name, value in row.items():
        text = str(value) if isinstance(value, Decimal) else json.dumps(json_value(value))
        parts.append(f"{json.dumps(name)}:{format(value, 'f') if isinstance(value, Decimal) else text}")
    return "{" + ",".join(parts) + "}\n"


def same(got, expected):
    """`got` from JSON, numbers as text; `expected` from DuckDB or Python."""
    if got is None or expected is None:
        return got is None and expected is None
    if isinstance(expected, bool) or isinstance(got, bool):
        return got is expected
    if isinstance(expected, list):
        return isinstance(got, list) and len(got) == len(expected) and all(same(g, e) for g, e in zip(got, expected))
    if isinstance(expected, dict):
        return isinstance(got, dict) and sorted(got) == sorted(expected) and all(same(got[k], v) for k, v in expected.items())
    if isinstance(expected, bytes):
        return got == json_value(expected)
    if isinstance(expected, float):
        value = float(got)
        return value == expected or math.isnan(value) and math.isnan(expected) or math.isclose(value, expected, rel_tol=4e-16)
    if isinstance(expected, (int, Decimal)):
        return Decimal(got) == Decimal(expected)
    if isinstance(expected, datetime):
        text = expected.isoformat(timespec="microseconds")
        return got.removesuffix("Z").ljust(20, ".")[:26].ljust(26, "0") == text
    if isinstance(expected, date):
        return got == expected.isoformat()
    return got == expected


class Number(str):
    """A number as flowc wrote it."""


def run_flowc(folder, expressions, engine):
    with open(os.path.join(folder, "f.flow"), "w", encoding="utf-8") as file:
        columns = ", ".join(f"{n} {t[0]}" for n, t in COLUMNS.items())
        file.write(f"SOURCE s (id INT, {columns})\nFROM FILE (path = '{folder}/in.jsonl') FORMAT JSON;\n")
        for i, e in enumerate(expressions):
            file.write(f"VIEW v{i} AS SELECT id, {e} AS r FROM s;\n")
    command = [FLOWC, "run", os.path.join(folder, "f.flow"), "--mode", "batch", "--engine", engine, "--format", "json"]
    for i in range(len(expressions)):
        command += ["--view", f"v{i}"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL)
    if result.returncode != 0:
        sys.exit(f"flowc: exit {result.returncode}\n{result.stderr[-4000:]}")
    found = [{} for _ in expressions]
    for line in result.stdout.splitlines():
        view, row = re.match(r'\{"view":"v(\d+)","row":\{"id":(\d+),', line).groups()
        try:
            found[int(view)][int(row)] = json.loads(line, parse_int=Number, parse_float=Number)["row"]["r"]
        except json.JSONDecodeError:
            found[int(view)][int(row)] = f"no JSON: {line}"
    return found


# What is written as an operator.
ELSEWHERE = {"like": "s1 LIKE"}


def uncompared(expressions):
    """Functions that no expression calls."""
    run = subprocess.run([FLOWC, "functions", "--format", "json"], capture_output=True, text=True, timeout=60, check=True)
    names = sorted({json.loads(line)["name"] for line in run.stdout.splitlines()})
    text = "\n".join(expressions)
    return [n for n in names if not re.search(rf"\b{n}\(", text, re.I) and ELSEWHERE.get(n, "?") not in text]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--only", default="")
    parser.add_argument("--keep")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    rows = [generate(rng) for _ in range(args.rows)]
    cases = [(e, d or e, None) for e, d in CASES] + [(e, None, f) for e, f in COMPUTED]
    missing = uncompared([c[0] for c in cases])
    if missing:
        sys.exit(f"no expression calls {', '.join(missing)}")
    cases = [c for c in cases if args.only in c[0]]
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or temporary
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "in.jsonl"), "w", encoding="utf-8") as file:
            for number, row in enumerate(rows):
                file.write(json_line({"id": number, **row}))
        connection = duckdb.connect()
        connection.execute("CREATE TABLE s (id INTEGER, " + ", ".join(f"{n} {t[1]}" for n, t in COLUMNS.items()) + ")")
        marks = ", ".join(["?"] + [functions_nested.MARKS.get(t[1], "?") for t in COLUMNS.values()])
        connection.executemany(f"INSERT INTO s VALUES ({marks})", [[n, *(p for name, v in row.items() for p in functions_nested.parameters(v, COLUMNS[name][1]))] for n, row in enumerate(rows)])
        wrong = 0
        for engine in ("jit", "interpreter"):
            results = run_flowc(folder, [c[0] for c in cases], engine)
            for (expression, duck, function), found in zip(cases, results):
                if function is None:
                    try:
                        expected = [r[0] for r in connection.execute(f"SELECT TRY({duck}) FROM s ORDER BY id").fetchall()]
                    except duckdb.Error as error:
                        sys.exit(f"DuckDB: {duck}: {error}")
                else:
                    expected = [computed(function, row) for row in rows]
                bad = [n for n in range(len(rows)) if not same(found.get(n), expected[n])]
                if bad:
                    wrong += 1
                    row = {c: v for c, v in rows[bad[0]].items() if c in expression}
                    print(f"{engine}: {expression}: {len(bad)} of {len(rows)} rows differ; {row}: "
                          f"{found.get(bad[0], 'error')!r}, expected {expected[bad[0]]!r}")
        print(f"seed {args.seed}: {len(cases)} expressions over {len(rows)} rows, both engines; {wrong} differ")
        return 1 if wrong else 0


sys.exit(main())
