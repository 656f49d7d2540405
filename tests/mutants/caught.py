#!/usr/bin/env python3
"""Passes when the sameness test, built with a mutant, fails by saying what differs."""
import os
import re
import subprocess
import sys

run = subprocess.run([sys.argv[1]], capture_output=True, text=True, timeout=590,
                     env={**os.environ, "FLOW_CASES": "400", "FLOW_FAILURES": "1"})
found = re.search(r"seed (\d+): (?!does not compile)(.*)", run.stdout)
if run.returncode != 1 or not found:
    print(run.stdout[-2000:], run.stderr[-2000:])
    sys.exit(f"the mutant was not caught (exit code {run.returncode})")
print(f"caught by seed {found[1]}: {found[2]}")
