"""What a terminal shows of an endless stream: run on a pty, and read by a small model of a screen.

FLOWC names the program under test.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))
SLOW = int(os.environ.get("FLOW_SLOWNESS", "1"))

ENDLESS = """
SOURCE events (event_type INT, "dateTime" TIMESTAMP)
FROM NEXMARK (rate = 100, partitions = 2) EVENT TIME "dateTime" WATERMARK 1s;
VIEW kinds AS SELECT event_type, window_start, COUNT(*) AS events FROM TUMBLE(events, 1m) GROUP BY event_type, window_start;
VIEW totals AS SELECT event_type, COUNT(*) AS events FROM events GROUP BY event_type;
"""


class Screen:
    """Lines of a terminal, as the escape sequences of live_table.cc leave them."""

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.lines, self.x, self.y = [""], 0, 0
        self.redraws = 0
        self.highest = 0  # the most that the cursor ever went up

    def feed(self, text):
        at = 0
        while at < len(text):
            sequence = re.compile(r"\x1b\[(\d*)([AJK])").match(text, at)
            if sequence:
                count = int(sequence.group(1) or 1)
                if sequence.group(2) == "A":
                    self.redraws += 1
                    self.highest = max(self.highest, count)
                    self.y = max(0, self.y - count)
                elif sequence.group(2) == "K":
                    self.lines[self.y] = self.lines[self.y][:self.x]
                else:
                    self.lines[self.y] = self.lines[self.y][:self.x]
                    del self.lines[self.y + 1:]
                at = sequence.end()
                continue
            c = text[at]
            at += 1
            if c == "\r":
                self.x = 0
            elif c == "\n":
                self.y += 1
                if self.y == len(self.lines):
                    self.lines.append("")
            else:
                line = self.lines[self.y].ljust(self.x)
                self.lines[self.y] = line[:self.x] + c + line[self.x + 1:]
                self.x += 1


class Terminal(unittest.TestCase):
    def run_on_pty(self, view, rows=12, columns=70, seconds=2.0, arguments=()):
        """Runs until Ctrl-C after `seconds` of output; returns (exit code, screen, whole text)."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.flow")
            with open(path, "w", encoding="utf-8") as file:
                file.write(ENDLESS)
            master, slave = pty.openpty()
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            # Ctrl-C of the terminal goes to the process in front.
            process = subprocess.Popen([FLOWC, "run", path, "--view", view, *arguments], stdin=slave, stdout=slave, stderr=slave,
                                       start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
            os.close(slave)
            text, interrupted, first = b"", False, None
            deadline = time.monotonic() + 60 * SLOW
            while time.monotonic() < deadline:
                readable, _, _ = select.select([master], [], [], 0.1)
                if readable:
                    try:
                        chunk = os.read(master, 65536)
                    except OSError:
                        break
                    if not chunk:
                        break
                    text += chunk
                    if first is None and b"events" in text:
                        first = time.monotonic()
                if first is not None and not interrupted and time.monotonic() - first > seconds * SLOW:
                    os.write(master, b"\x03")
                    interrupted = True
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            code = process.wait()
            os.close(master)
            self.assertTrue(interrupted, text[-2000:])
        screen = Screen(rows, columns)
        screen.feed(text.decode())
        return code, screen, text.decode()

    def test_windows_are_redrawn_in_place_and_the_newest_come_last(self):
        code, screen, text = self.run_on_pty("kinds")
        self.assertEqual(0, code, text[-2000:])
        self.assertGreater(screen.redraws, 3)
        self.assertLess(screen.highest, screen.rows)
        self.assertRegex(text[:100_000], r"\d+ rows, \d+ MB, [\d.]+ M rows/s, watermark \d{4}-\d\d-\d\d")
        shown = [line.rstrip() for line in screen.lines]
        head = next(i for i, line in enumerate(shown) if line.split() == ["event_type", "window_start", "events"])
        rows = []
        for line in shown[head + 2:]:
            parts = line.split()
            if len(parts) != 4:
                break
            rows.append(parts)
        self.assertGreater(len(rows), 3)
        self.assertLess(len(rows), screen.rows)
        starts = [row[1] + row[2] for row in rows]
        self.assertEqual(sorted(starts), starts)
        self.assertTrue(any("more rows" in line for line in shown))
        for line in shown[head:head + len(rows) + 3]:
            self.assertLess(len(line), screen.columns)
        # Once only: earlier states are overwritten. After Ctrl-C the ledger follows.
        self.assertEqual(1, sum(line.split() == ["event_type", "window_start", "events"] for line in shown))
        after = "\n".join(shown[head + len(rows):])
        self.assertIn("events", after)
        self.assertIn("decoded", after)
        self.assertNotIn("watermark", after)

    def test_rows_of_a_key_are_replaced(self):
        code, screen, text = self.run_on_pty("totals")
        self.assertEqual(0, code, text[-2000:])
        shown = [line.split() for line in screen.lines]
        head = shown.index(["event_type", "events"])
        self.assertEqual({"0", "1", "2"}, {row[0] for row in shown[head + 2:head + 5]})
        self.assertNotIn("more rows", "\n".join(screen.lines))

    def test_other_formats_and_changes_are_printed_as_elsewhere(self):
        for arguments in (("--format", "csv"), ("--changes",)):
            code, _, text = self.run_on_pty("kinds", seconds=0.5, arguments=arguments)
            self.assertEqual(0, code, text[-2000:])
            self.assertIsNone(re.search(r"\x1b\[\d*[AJ]", text), "the cursor was moved")


if __name__ == "__main__":
    unittest.main()
