"""The part of tools/demo that is looked at: a live table, then stream and batch side by side.

  show.py FLOWC FILE.flow LOG
"""
import json
import os
import subprocess
import sys
import tempfile
import time
from decimal import Decimal

STARTED = int(os.environ.get("FLOW_STARTED", time.time()))
TTY = sys.stdout.isatty()
BOLD, DIM, GREEN, RED, PLAIN = ("\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[0m") if TTY else [""] * 5


def step(text):
    seconds = int(time.time()) - STARTED
    print(f"{DIM}[{seconds // 60:2d}:{seconds % 60:02d}]{PLAIN} {BOLD}{text}{PLAIN}", flush=True)


def command(mode, *more):
    flowc, flow, log = sys.argv[1:4]
    end = ["--until-end"] if mode == "stream" else []
    return [flowc, "run", flow, "--set", f"LOG={log}", "--mode", mode, *end, *more]


def table(rows, total):
    """The countries so far, as lines."""
    lines = [f"        {'country':10} {'views':>12} {'revenue':>16}"]
    most = max((row["views"] for row in rows.values()), default=1)
    for row in sorted(rows.values(), key=lambda row: -row["views"]):
        bar = "#" * (30 * row["views"] // most)
        lines.append(f"        {row['country']:10} {row['views']:12,} {row['revenue'] or 0:>16,} {bar}")
    lines.append(f"        {'all':10} {total:12,}")
    return lines


def live():
    """Runs the stream and shows its view `countries` while it fills."""
    errors = tempfile.TemporaryFile("w+")
    process = subprocess.Popen(command("stream", "--view", "countries", "--changes", "--format", "json"),
                               stdout=subprocess.PIPE, stderr=errors, text=True)
    rows, shown, drawn, changes = {}, 0, 0, 0
    for line in process.stdout:
        change = json.loads(line, parse_float=Decimal)
        row = change["row"]
        changes += 1
        if change["op"] == "delete":
            rows.pop(row["country"], None)
        else:
            rows[row["country"]] = row
        now = time.monotonic()
        if TTY and now - shown > 0.1:
            drawn = draw(rows, drawn)
            shown = now
        elif not TTY and now - shown > 1:
            print(f"        {sum(r['views'] for r in rows.values()):12,} events in the table", flush=True)
            shown = now
    process.wait()
    if process.returncode != 0:
        sys.exit(f"{RED}the stream failed with exit code {process.returncode}{PLAIN}\n{said(errors)}")
    draw(rows, drawn)
    print(f"        {changes:,} changes made this table of {len(rows)} rows")


def said(file):
    file.seek(0)
    return file.read()


def draw(rows, drawn):
    """Draws the table over the one drawn before; returns how many lines it has."""
    lines = table(rows, sum(row["views"] for row in rows.values()))
    if TTY and drawn:
        sys.stdout.write(f"\033[{drawn}A")
    for line in lines:
        sys.stdout.write(("\033[K" if TTY else "") + line + "\n")
    sys.stdout.flush()
    return len(lines)


def measure(mode):
    """Runs the file once; returns its digests and what it says of itself."""
    views = [word for view in ("page_metrics", "late_by_country", "countries") for word in ("--view", view)]
    process = subprocess.run(command(mode, *views, "--digest", "--format", "json"), capture_output=True, text=True)
    if process.returncode != 0:
        sys.exit(f"{RED}the {mode} run failed with exit code {process.returncode}{PLAIN}\n{process.stderr}")
    reports = [json.loads(line) for line in process.stderr.splitlines() if line.startswith('{"ledger"')]
    if not reports:
        sys.exit(f"{RED}the {mode} run printed no ledger{PLAIN}\n{process.stderr}")
    return [line.split() for line in process.stdout.splitlines()], reports[-1]


def main():
    step("the stream, live: clicks by country")
    live()
    step("the whole file as a stream, then as a batch")
    (stream, stream_report), (batch, batch_report) = measure("stream"), measure("batch")

    print(f"        {BOLD}{'view':16} {'rows':>8}  {'stream':32}  {'batch':32}{PLAIN}")
    same = len(stream) == len(batch) and len(stream) > 0
    for (view, rows, left), (other, other_rows, right) in zip(stream, batch):
        equal = (view, rows, left) == (other, other_rows, right)
        same = same and equal
        mark = f"{GREEN}equal{PLAIN}" if equal else f"{RED}DIFFERENT{PLAIN}"
        print(f"        {view:16} {rows:>8}  {left}  {right}  {mark}")
    print()
    print(f"        {BOLD}{'':8} {'events':>10} {'seconds':>8} {'events/s':>11} {'CPU s':>7} {'events/CPU s':>13} "
          f"{'first row':>10} {'memory':>8}{PLAIN}")
    for mode, report in (("stream", stream_report), ("batch", batch_report)):
        rows, wall, cpu = report["rows"], report["wall_us"] / 1e6, report["cpu_us"] / 1e6
        first = f"{report['first_row_us'] / 1000:.1f} ms" if report["first_row_us"] >= 0 else "-"
        print(f"        {mode:8} {rows:10,} {wall:8.2f} {rows / max(wall, 1e-6):11,.0f} {cpu:7.2f} "
              f"{rows / max(cpu, 1e-6):13,.0f} {first:>10} {report['peak_rss'] / 2**20:5.0f} MB")
    print()
    for source in batch_report["ledger"]["sources"]:
        print("        {source}: read {read} = decoded {decoded} + dead {dead}".format(**source))
    for path in batch_report["ledger"]["paths"]:
        print("        {path}: decoded {decoded} = accepted {accepted} + filtered {filtered} + late {late} "
              "+ dead {dead}".format(**path))
    if not same or stream_report["ledger"] != batch_report["ledger"]:
        sys.exit(f"{RED}stream and batch differ{PLAIN}")
    step("stream and batch are equal, bit for bit")
    print(f"        try: {sys.argv[1]} explain {sys.argv[2]} --set LOG={sys.argv[3]}")


if __name__ == "__main__":
    main()
