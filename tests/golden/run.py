#!/usr/bin/env python3
"""Runs golden tests: pages of text that a user could have written, with what must come out.

  run.py FILE...             checks each; exits 1 if any differs
  run.py --update FILE...    rewrites the expected sections from what comes out

FLOWC names the program under test. README.md here describes the sections.
"""
import difflib
import gzip
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))
CONFIGS = [(mode, workers, engine) for mode in ("batch", "stream") for workers in (1, 4)
           for engine in ("jit", "interpreter")]
if os.environ.get("FLOW_BUILD") == "sanitize":  # each once is enough there
    CONFIGS = [("batch", 1, "interpreter"), ("batch", 4, "jit"), ("stream", 4, "jit")]
elif os.environ.get("FLOW_QUICK"):
    CONFIGS = [("batch", 1, "jit"), ("stream", 4, "interpreter")]


class Section:
    def __init__(self, header, line):
        words = header.split()
        self.name, self.words, self.line, self.lines = words[0], words[1:], line, []

    def header(self):
        return " ".join(["==", self.name] + self.words)

    def text(self):
        """The lines without blank ones at the end."""
        lines = list(self.lines)
        while lines and not lines[-1].strip():
            lines.pop()
        return "".join(line + "\n" for line in lines)


def parse(text):
    """Returns the lines before the first section, and the sections."""
    head, sections = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("== "):
            sections.append(Section(line[3:], number))
        else:
            (sections[-1].lines if sections else head).append(line)
    return head, sections


class Run:
    """One run of flowc in a folder of its own."""

    def __init__(self, case, arguments):
        self.arguments = arguments
        with tempfile.TemporaryDirectory() as folder:
            for name, data in case.files.items():
                os.makedirs(os.path.dirname(os.path.join(folder, name)) or folder, exist_ok=True)
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(data)
            run = subprocess.run([FLOWC] + arguments, cwd=folder, capture_output=True, timeout=300,
                                 stdin=subprocess.DEVNULL, env={**os.environ, **case.environment})
            self.code = run.returncode
            self.stdout = run.stdout.decode("utf-8", "replace")
            self.stderr = run.stderr.decode("utf-8", "replace")
            self.written = {}
            for base, _, names in os.walk(folder):
                for name in names:
                    path = os.path.relpath(os.path.join(base, name), folder)
                    if path not in case.files:
                        with open(os.path.join(base, name), encoding="utf-8") as file:
                            self.written[path] = file.read()

    def __str__(self):
        return f"flowc {' '.join(self.arguments)}: exit {self.code}\n{self.stderr}"


def ledger(stderr):
    """The ledger, from the line of JSON on stderr that has it, as text."""
    lines = []
    for line in stderr.splitlines():
        if not line.startswith('{"ledger"'):
            continue
        book = json.loads(line)["ledger"]
        for s in book["sources"]:
            lines.append("{source}: read {read} = decoded {decoded} + duplicate {duplicate} + held {held} "
                         "+ dead {dead}".format(**s) + (f" + shed {s['shed']}" if s["shed"] else ""))
        for p in book["paths"]:
            lines.append("{path}: decoded {decoded} = accepted {accepted} + filtered {filtered} + late {late} "
                         "+ dead {dead}".format(**p))
            if "elements" in p:
                lines.append("{path}: unnested {unnested} = accepted {accepted} + filtered {filtered} + late {late} "
                             "+ dead {dead}".format(path=p["path"], **p["elements"]))
    return "".join(line + "\n" for line in lines)


class Case:
    def __init__(self, path, update):
        self.path, self.update, self.failures = path, update, []
        with open(path, encoding="utf-8") as file:
            self.head, self.sections = parse(file.read())
        self.files, self.environment, self.arguments = {}, {}, []
        for section in self.sections:
            if section.name == "flow":
                self.files["test.flow"] = section.text().encode()
            elif section.name == "input":
                name = section.words[0]
                data = section.text().encode()
                if "crlf" in section.words[1:]:
                    data = data.replace(b"\n", b"\r\n")
                self.files[name] = gzip.compress(data, mtime=0) if name.endswith(".gz") else data
            elif section.name == "args":
                self.arguments = shlex.split(section.text())
            elif section.name == "env":
                self.environment = dict(shlex.split(line)[0].split("=", 1) for line in section.text().splitlines())

    def fail(self, section, message):
        self.failures.append(f"{self.path}:{section.line}: {section.header()}: {message}")

    def expect(self, section, actual, run):
        """Compares a section with the text that came out (or takes it over)."""
        if self.update:
            section.lines = actual.rstrip("\n").split("\n") + [""]
            return
        expected = section.text()
        if "unordered" in section.words:
            expected = "".join(sorted(expected.splitlines(True)))
            actual = "".join(sorted(actual.splitlines(True)))
        if expected != actual:
            diff = "".join(difflib.unified_diff(expected.splitlines(True), actual.splitlines(True),
                                                "expected", "actual"))
            self.fail(section, f"differs\n{run}\n{diff}")

    def run_arguments(self, config, extra):
        mode, workers, engine = config
        arguments = list(self.arguments)
        if mode == "stream":  # a frontier: where a stream stops is where a batch ends
            arguments = ["--stop-at" if a == "--to" else a for a in arguments]
            if "--stop-at" not in arguments:
                arguments.append("--until-end")
        return (["run", "test.flow", "--mode", mode, "--workers", str(workers), "--engine", engine]
                + arguments + extra)

    def check_runs(self, sections, extra, configs, read):
        """All configurations must give the same; `read` gets the text of a section out of a run."""
        first = {}
        for config in configs:
            run = Run(self, self.run_arguments(config, extra))
            if run.code != 0:
                self.fail(sections[0], f"failed\n{run}")
                return
            for section in sections:
                actual = read(run, section)
                if self.update and id(section) in first:  # taken over from the first: must agree
                    same = sorted if "unordered" in section.words else list
                    if same(first[id(section)].splitlines()) != same(actual.splitlines()):
                        self.fail(section, f"the configurations differ\n{run}\n{first[id(section)]}---\n{actual}")
                    continue
                first[id(section)] = actual
                self.expect(section, actual, run)
            if self.failures:
                return

    def explain(self, section):
        plan = ["--plan", section.name] if section.name in ("stream", "batch") else []
        run = Run(self, ["explain", "test.flow"] + plan + section.words)
        if run.code != 0:
            self.fail(section, f"failed\n{run}")
        else:
            self.expect(section, run.stdout, run)

    def test(self, section):
        run = Run(self, ["test", "test.flow"] + section.words)
        if run.code not in (0, 1):
            self.fail(section, f"failed\n{run}")
        else:
            self.expect(section, re.sub(r", [0-9.]+ s\)", ")", run.stdout), run)

    def check(self):
        plain = []  # sections that one run without --view shows
        modes = {s.words[0] for s in self.sections if s.name == "configs" and s.words}
        configs = [c for c in CONFIGS if not modes or c[0] in modes]
        for section in self.sections:
            if section.name in ("explain", "stream", "batch"):
                self.explain(section)
            elif section.name == "test":
                self.test(section)
            elif section.name == "error":
                run = Run(self, ["check", "test.flow"] + section.words)
                if run.code != 1:
                    self.fail(section, f"exit code {run.code}, expected 1\n{run}\n{run.stdout}")
                self.expect(section, run.stdout if "json" in section.words else run.stderr, run)
            elif section.name == "failure":  # a run that fails: exit code, and words of its message
                run = Run(self, self.run_arguments(configs[0], []))
                wanted = section.text().strip()
                if str(run.code) != section.words[0] or not re.search(wanted, run.stderr):
                    self.fail(section, f"expected exit {section.words[0]} and a message like {wanted!r}\n{run}")
            elif section.name == "digest":
                self.check_runs([section], ["--digest"], configs, lambda run, _: run.stdout)
            elif section.name == "output" and [w for w in section.words if w != "unordered"]:
                self.check_runs([section], ["--format", "json", "--view", section.words[0]], configs,
                                lambda run, _: run.stdout)
            elif section.name in ("output", "ledger", "file"):
                plain.append(section)
            elif section.name not in ("flow", "input", "args", "env", "configs"):
                self.fail(section, "no such section")
        if plain:
            def read(run, section):
                if section.name == "output":
                    return run.stdout
                if section.name == "ledger":
                    return ledger(run.stderr)
                return run.written.get(section.words[0], "(not written)\n")
            self.check_runs(plain, ["--format", "json"], configs, read)
        if self.update and not self.failures:
            self.rewrite()
        return self.failures

    def rewrite(self):
        lines = list(self.head)
        for section in self.sections:
            lines.append(section.header())
            lines += section.lines
        text = "\n".join(lines).rstrip("\n") + "\n"
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)


def main():
    arguments = sys.argv[1:]
    update = "--update" in arguments
    failed = 0
    paths = [a for a in arguments if a != "--update"]
    if not paths:
        print(__doc__, file=sys.stderr)
        return 2
    for path in paths:
        failures = Case(path, update).check()
        for failure in failures:
            print(failure)
        failed += bool(failures)
    print(f"{len(paths) - failed} passed, {failed} failed" if len(paths) > 1 else
          f"{paths[0]}: {'failed' if failed else 'passed'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
