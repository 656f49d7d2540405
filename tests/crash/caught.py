#!/usr/bin/env python3
"""Passes when a test, run against a mutant of the protocol, fails: caught.py COMMAND..."""
import subprocess
import sys

run = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                     timeout=800, check=False)
# A failure that a test tells of: not a crash of the test itself, nor a missing program.
if run.returncode != 1 or ("[  FAILED  ]" not in run.stdout and "FAILED (failures=" not in run.stdout):
    print(run.stdout[-3000:])
    sys.exit(f"the mutant was not caught (exit code {run.returncode})")
told = [line for line in run.stdout.splitlines() if "[  FAILED  ]" in line or "FLOW_ONLY" in line or "AssertionError" in line]
print("caught:", told[0][:500] if told else run.stdout[-500:])
