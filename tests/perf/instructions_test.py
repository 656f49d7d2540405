"""Instructions of five kernels, counted by valgrind: not more than 5 % above those in instructions.txt.

  instructions_test.py PROGRAM [--update]      with --update: writes them there

Unlike time, the counts do not depend on what else the machine does, nor on how fast it is.
"""
import os
import re
import subprocess
import sys

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "instructions.txt")
ROUNDS = {"json": 20, "csv": 20, "hash": 20, "distinct": 20, "views": 3}
MOST = 1.05


def instructions(program, kernel, rounds):
    run = subprocess.run(["valgrind", "--tool=callgrind", "--instr-atstart=no", "--callgrind-out-file=/dev/null",
                          program, kernel, str(rounds)], capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"{kernel}: {run.stderr}")
    return int(re.search(r"Collected : (\d+)", run.stderr).group(1)) // rounds


def main():
    program = sys.argv[1]
    counts = {kernel: instructions(program, kernel, rounds) for kernel, rounds in ROUNDS.items()}
    if "--update" in sys.argv[2:]:
        with open(FILE, "w", encoding="utf-8") as file:
            file.writelines(f"{kernel} {count}\n" for kernel, count in counts.items())
        return
    with open(FILE, encoding="utf-8") as file:
        known = {kernel: int(count) for kernel, count in map(str.split, file)}
    more = False
    for kernel, count in counts.items():
        ratio = count / known[kernel]
        more |= ratio > MOST
        hint = " MORE: why? If it has to be, run this with --update" if ratio > MOST else \
            " (less: run this with --update)" if ratio < 2 - MOST else ""
        print(f"{kernel:10} {count:12,} instructions a round, {ratio:.3f} of {known[kernel]:,}{hint}")
    sys.exit(more)


if __name__ == "__main__":
    main()
