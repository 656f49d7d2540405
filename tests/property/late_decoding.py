#!/usr/bin/env python3
"""Random records and filters: with and without the rule late-decoding a run says the same.

  late_decoding.py [--seed N] [--cases N]

Records have fields that are missing, NULL, of another type, or no JSON (CSV) at all. Compared are
digests, ledgers and dead letters, as a batch and as a stream, in small and large batches. FLOWC names
the program under test. It also counts what the cases were like: a generator that stopped making the
hard ones would prove nothing.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))

COLUMNS = [("id", "INT"), ("kind", "STRING"), ("flag", "BOOLEAN"), ("amount", "DECIMAL(8, 2)"), ("ratio", "DOUBLE"),
           ("day", "DATE"), ("at", "TIMESTAMP"), ("note", "STRING"), ("big", "BIGINT")]
FILTERS = ["kind = 'a'", "id % 5 = 0", "10 / id > 1", "flag", "amount > 90", "kind IS NULL", "big > 0 AND kind <> 'b'", "id < 0",
           "kind = 'a' OR 100 / id > 20", "note LIKE 'x%'", "ts > '2026-01-01 00:05:00'"]
EXPRESSIONS = ["id", "kind", "amount", "ratio", "day", "at", "note", "big", "amount / id", "upper(note)", "flag", "COALESCE(note, kind)",
               "CASE WHEN kind = 'a' THEN amount END", "ts"]


def record(rng, number):
    """A row as texts by column; None: NULL; absent: missing."""
    second = number + rng.randint(-20, 20)
    row = {"id": str(rng.randint(-3, 30)), "kind": rng.choice("abc"), "flag": rng.choice(["true", "false"]),
           "amount": f"{rng.randint(0, 10000) / 100}", "ratio": str(rng.uniform(-5, 5)), "day": f"2026-01-{rng.randint(10, 28)}",
           "at": f"2026-02-{rng.randint(10, 28)} 10:00:00", "note": rng.choice(["", "x", "x" * 40, "ü\"q,", "line"]),
           "big": str(rng.randint(-10**12, 10**12)),
           "ts": f"2026-01-01 {10 + max(second, 0) // 3600:02}:{max(second, 0) // 60 % 60:02}:{max(second, 0) % 60:02}"}
    for name in list(row):
        luck = rng.random()
        if luck < 0.04:
            row[name] = None
        elif luck < 0.07:
            del row[name]
        elif luck < 0.11 and name not in ("kind", "note"):
            row[name] = "no such value"
    return row


def json_line(rng, row):
    numbers = ("id", "amount", "ratio", "big", "flag")
    parts = []
    for name, value in row.items():
        plain = name in numbers and value is not None and value != "no such value" and rng.random() < 0.7
        parts.append(f"{json.dumps(name)}: {value if plain else json.dumps(value)}")
    rng.shuffle(parts)
    text = "{" + ", ".join(parts) + "}"
    return text[:-3] if rng.random() < 0.03 else text


def csv_line(rng, row):
    cells = []
    for name, _ in COLUMNS + [("ts", "")]:
        value = row.get(name)
        cells.append("" if value is None else '"' + value.replace('"', '""') + '"' if value == "" or set(value) & set('",') else value)
    return ",".join(cells) + (",extra" if rng.random() < 0.03 else "")


def case(rng, folder):
    """Writes the input and gives the .flow text."""
    csv = rng.random() < 0.4
    timed = rng.random() < 0.6
    rows = [record(rng, n) for n in range(rng.choice([5, 60, 400]))]
    names = [c[0] for c in COLUMNS] + ["ts"]
    with open(os.path.join(folder, "in"), "w", encoding="utf-8") as file:
        if csv:
            file.write(",".join(names) + "\n")
        for row in rows:
            file.write((csv_line if csv else json_line)(rng, row) + "\n")
    columns = ", ".join(f"{n} {t}" for n, t in COLUMNS)
    text = (f"SOURCE s ({columns}, ts TIMESTAMP)\nFROM FILE (path = '{folder}/in') FORMAT {'CSV' if csv else 'JSON'}"
            + ("\nEVENT TIME ts WATERMARK 5s" if timed else "") + f"\nDEAD LETTER TO FILE (path = '{folder}/dead');\n")
    for v in range(rng.randint(1, 3)):
        condition = " AND ".join(rng.sample(FILTERS, rng.randint(1, 2)))
        where = f"\nWHERE {condition}" if rng.random() < 0.95 else ""
        picked = rng.sample(EXPRESSIONS, rng.randint(1, 5))
        if rng.random() < 0.4:
            window = timed and rng.random() < 0.7
            keys = [picked[0]] + (["window_start"] if window else [])
            text += (f"VIEW v{v} AS SELECT {picked[0]} AS k, {'window_start, ' if window else ''}COUNT(*) AS n, MAX({picked[-1]}) AS m\n"
                     f"FROM {'TUMBLE(s, 30s)' if window else 's'}{where}\nGROUP BY {', '.join(keys)};\n")
        else:
            text += f"VIEW v{v} AS SELECT " + ", ".join(f"{e} AS c{i}" for i, e in enumerate(picked)) + f"\nFROM s{where};\n"
        text += f"SINK o{v} FROM v{v} INTO CHECKSUM;\n"
    return text


def run(folder, path, *arguments):
    dead = os.path.join(folder, "dead")
    if os.path.exists(dead):
        os.remove(dead)
    result = subprocess.run([FLOWC, "run", path, *arguments], capture_output=True, text=True, timeout=120,
                            stdin=subprocess.DEVNULL)
    if result.returncode != 0:
        sys.exit(f"flowc: exit {result.returncode}\n{result.stderr[-3000:]}\n{open(path, encoding='utf-8').read()}")
    with open(dead, encoding="utf-8") as file:
        letters = sorted(file)
    said = [line for line in result.stderr.splitlines() if " rows in " not in line and "warning" not in line]
    return said, letters


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=60)
    args = parser.parse_args()
    late = dead = 0
    for seed in range(args.seed, args.seed + args.cases):
        rng = random.Random(seed)
        with tempfile.TemporaryDirectory() as folder:
            text = case(rng, folder)
            path = os.path.join(folder, "x.flow")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            plan = subprocess.run([FLOWC, "explain", path], capture_output=True, text=True, check=True).stdout
            late += " late where " in plan
            options = ["--mode", "batch"] if rng.random() < 0.5 else ["--until-end", "--workers", str(rng.choice([1, 2]))]
            options += ["--batch-size", str(rng.choice([1, 7, 1024])), "--engine", rng.choice(["interpreter", "interpreter", "jit"])]
            plain = run(folder, path, *options, "--disable-rule", "late-decoding")
            dead += len(plain[1]) > 0
            ruled = run(folder, path, *options)
            if plain != ruled:
                print(f"seed {seed}: {' '.join(options)}: with the rule it is not the same\n{text}")
                for before, after in zip(plain, ruled):
                    print("\n".join(f"- {a}\n+ {b}" for a, b in zip(before, after) if a != b)[:2000])
                return 1
    print(f"seeds {args.seed} to {args.seed + args.cases - 1}: the same; late columns in {late}, dead letters in {dead}")
    if args.cases >= 50 and (late < args.cases // 2 or dead < args.cases // 2):
        print("too few of the cases have late columns, or dead letters")
        return 1
    return 0


sys.exit(main())
