"""flowc man: a page that groff reads without a warning, with every option. FLOWC names the program."""
import os
import re
import subprocess
import unittest

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))


class Man(unittest.TestCase):
    def test_page(self):
        page = subprocess.run([FLOWC, "man"], capture_output=True, check=True, timeout=60).stdout
        run = subprocess.run(["groff", "-man", "-ww", "-Tascii", "-P-c"], input=page, capture_output=True, timeout=60)
        self.assertEqual((0, b""), (run.returncode, run.stderr))
        text = re.sub(".\b", "", run.stdout.decode())  # bold is struck twice
        for words in (["run"], ["test"], ["fmt"], ["state", "inspect"], ["dlq", "replay"], ["completion"], ["man"]):
            self.assertIn("flowc " + " ".join(words), text)
            shown = subprocess.run([FLOWC, *words, "--help"], capture_output=True, text=True, timeout=60).stdout
            for word in shown.split():
                if word.startswith("--") and word.strip("-.,;:()").isalpha():
                    self.assertIn(word.strip(".,;:()"), page.decode().replace("\\-", "-"), words)
        for heading in ("EXIT STATUS", "ENVIRONMENT", "FILES"):
            self.assertIn(heading, text)


if __name__ == "__main__":
    unittest.main()
