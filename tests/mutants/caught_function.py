#!/usr/bin/env python3
"""Passes when the comparison of functions, run with a mutant of flowc, says that a function differs.

  caught_function.py MUTANT FUNCTION
"""
import os
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
mutant, function = sys.argv[1:]
run = subprocess.run([os.path.join(ROOT, "build/venv/bin/python"), os.path.join(ROOT, "tests/property/functions_duckdb.py")],
                     capture_output=True, text=True, timeout=590, env={**os.environ, "FLOWC": mutant})
found = re.search(rf"^(?:jit|interpreter): [^:]*\b{function}\(.*: (\d+ of \d+ rows) differ.*$", run.stdout, re.M)
if run.returncode != 1 or not found:
    print(run.stdout[-2000:], run.stderr[-2000:])
    sys.exit(f"the mutant was not caught (exit code {run.returncode})")
print(f"caught: {found[0][:300]}")
