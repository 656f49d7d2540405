#!/usr/bin/env python3
"""Runs the example of every function that `flowc functions` lists, by both engines.

  FLOWC=build/release/tools/flowc/flowc functions.py

Each has to give a value (not NULL, no error), the same from both.
"""
import json
import os
import subprocess
import sys
import tempfile

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))


def main():
    listed = subprocess.run([FLOWC, "functions", "--format", "json"], capture_output=True, text=True, timeout=60, check=True)
    functions = [json.loads(line) for line in listed.stdout.splitlines()]
    wrong = [f"{f['signature']}: its help is {f['help']!r}" for f in functions if not f["help"] or "\n" in f["help"]]
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "examples.flow")
        with open(path, "w", encoding="utf-8") as file:
            file.write("SOURCE t (id INT, ts TIMESTAMP) FROM INLINE (VALUES (1, '2026-01-01')) EVENT TIME ts WATERMARK 0s;\n")
            for i, f in enumerate(functions):
                id_ = "MIN(id) AS id" if f["aggregate"] else "id"
                file.write(f"VIEW v{i} AS SELECT {id_}, {f['example']} AS r FROM t;\n")
        for engine in ("jit", "interpreter"):
            command = [FLOWC, "run", path, "--mode", "batch", "--engine", engine, "--format", "json", "--disable-rule", "constant-folding"]
            for i in range(len(functions)):
                command += ["--view", f"v{i}"]
            run = subprocess.run(command, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
            if run.returncode != 0:
                sys.exit(f"{engine}: exit {run.returncode}\n{run.stderr[-3000:]}")
            for line in run.stdout.splitlines():
                entry = json.loads(line)
                results[engine, entry["view"]] = entry["row"]["r"]
    for i, f in enumerate(functions):
        jit, interpreted = (results.get((engine, f"v{i}")) for engine in ("jit", "interpreter"))
        if jit is None or jit != interpreted:
            wrong.append(f"{f['example']}: {jit!r} by the JIT, {interpreted!r} by the interpreter")
        name = f["signature"].split("(")[0]
        if name + "(" not in f["example"] and f" {name.upper()} " not in f["example"]:
            wrong.append(f"{f['example']} is no example of {name}")
    for line in wrong:
        print(line)
    print(f"{len(functions)} signatures of {len({f['name'] for f in functions})} functions, {len(wrong)} wrong")
    return 1 if wrong else 0


sys.exit(main())
