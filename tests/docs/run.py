#!/usr/bin/env python3
"""Runs the examples of a Markdown page: each block marked ```flow is a complete file, and each
```output [VIEW] [unordered] after it is what `flowc run --format json` prints, in both modes, and each
```test what `flowc test` prints, without times.

A page may also be read along, in one folder that is empty at first: a block ```file NAME is written to that file, and of a block
```console each line `$ COMMAND` is run there, and prints the lines after it (`...`: any lines).

  run.py PAGE                 FLOWC names the program under test
"""
import json
import os
import re
import subprocess
import sys
import tempfile

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.M | re.S)


def run(text, arguments):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "page.flow"), "w", encoding="utf-8") as file:
            file.write(text)
        return subprocess.run([FLOWC, "run", "page.flow"] + arguments, cwd=folder, capture_output=True,
                              text=True, timeout=120, stdin=subprocess.DEVNULL)


def check(line, flow, words, expected):
    """The failures of one output block."""
    view = [word for word in words if word != "unordered"]
    order = sorted if "unordered" in words else list
    for mode in (["--mode", "batch"], ["--mode", "stream", "--until-end"]):
        for workers in ("1", "4"):
            arguments = mode + ["--workers", workers, "--format", "json"]
            arguments += ["--view", view[0]] if view else []
            result = run(flow, arguments)
            if result.returncode != 0:
                return [f"line {line}: {' '.join(arguments)}: exit {result.returncode}\n{result.stderr}"]
            if order(result.stdout.splitlines()) != order(expected.splitlines()):
                return [f"line {line}: {' '.join(arguments)}: expected\n{expected}but got\n{result.stdout}"]
    return []


def check_test(line, flow, expected):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "page.flow"), "w", encoding="utf-8") as file:
            file.write(flow)
        result = subprocess.run([FLOWC, "test", "page.flow"], cwd=folder, capture_output=True, text=True,
                                timeout=120, stdin=subprocess.DEVNULL)
    shown = re.sub(r", [0-9.]+ s\)", ")", result.stdout)
    if shown != expected:
        return [f"line {line}: flowc test: expected\n{expected}but got\n{shown}{result.stderr}"]
    return []


def check_console(line, folder, transcript):
    """Runs the commands of a block, and compares what each of them prints."""
    commands = []
    for text in transcript.splitlines():
        if text.startswith("$ "):
            commands.append((text[2:], []))
        else:
            commands[-1][1].append(text)
    path = os.path.dirname(FLOWC) + os.pathsep + os.environ["PATH"]
    for command, expected in commands:
        result = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=120,
                                stdin=subprocess.DEVNULL, env={**os.environ, "PATH": path})
        pattern = "".join("(?:.*\n)*" if text == "..." else re.escape(text) + "\n" for text in expected)
        shown = re.sub(r"[ \t]+$", "", result.stdout, flags=re.M)
        if not re.fullmatch(pattern, shown):
            return [f"line {line}: $ {command}: expected\n" + "\n".join(expected) + f"\nbut got\n{shown}{result.stderr}"]
    return []


def undocumented(text):
    """Functions that the page with the list of functions does not name."""
    if "## Functions" not in text:
        return []
    result = subprocess.run([FLOWC, "functions", "--format", "json"], capture_output=True, text=True, timeout=60)
    if result.returncode != 0:
        return [f"flowc functions: exit {result.returncode}\n{result.stderr}"]
    names = {json.loads(line)["name"] for line in result.stdout.splitlines()}
    return [f"the function {name} is not on the page" for name in sorted(names) if f"`{name}`" not in text]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        text = file.read()
    failures, flow, examples, checked = undocumented(text), None, 0, True
    scratch = tempfile.TemporaryDirectory()
    for match in BLOCK.finditer(text):
        kind, words, body = match.group(1), match.group(2).split(), match.group(3)
        line = text.count("\n", 0, match.start()) + 1
        if kind == "flow":
            if not checked:
                failures.append(f"line {line}: the example before it has no output block")
            flow, checked = body, False
            examples += 1
        elif kind == "file":
            with open(os.path.join(scratch.name, words[0]), "w", encoding="utf-8") as file:
                file.write(body)
        elif kind == "console":
            failures += check_console(line, scratch.name, body)
            examples += 1
        elif kind == "output":
            failures += check(line, flow, words, body)
            checked = True
        elif kind == "test":
            failures += check_test(line, flow, body)
            checked = True
    if not checked:
        failures.append("the last example has no output block")
    for failure in failures:
        print(f"{sys.argv[1]}: {failure}")
    print(f"{examples} examples, {len(failures)} failures")
    return 1 if failures or not examples else 0


if __name__ == "__main__":
    sys.exit(main())
