"""flowc completion: what bash offers, with the script sourced. FLOWC names the program."""
import os
import subprocess
import tempfile
import unittest

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))
OFFER = """
source <("$FLOWC" completion bash) || exit 9
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_flowc
printf '%s\\n' "${COMPREPLY[@]}"
"""


class Completion(unittest.TestCase):
    def offers(self, *words):
        """For the last of the words."""
        with tempfile.TemporaryDirectory() as folder:
            for name in ("a.flow", "a.txt"):
                open(os.path.join(folder, name), "w", encoding="utf-8").close()
            os.mkdir(os.path.join(folder, "afolder"))
            run = subprocess.run(["bash", "--norc", "-c", OFFER, "bash", "flowc", *words], cwd=folder, text=True,
                                 capture_output=True, timeout=60, env={**os.environ, "FLOWC": FLOWC})
        self.assertEqual((0, ""), (run.returncode, run.stderr))
        return sorted(run.stdout.split())

    def test_verbs(self):
        self.assertEqual(["explain"], self.offers("e"))
        self.assertEqual(["state", "status"], self.offers("sta"))
        self.assertEqual(["diff", "inspect", "ls"], self.offers("state", ""))
        self.assertEqual(["replay"], self.offers("dlq", "r"))
        self.assertEqual(["bash"], self.offers("completion", "b"))
        for verb in self.offers(""):
            run = subprocess.run([FLOWC, verb, "--help"], capture_output=True, timeout=60)
            self.assertEqual(0, run.returncode, verb)

    def test_options_are_those_of_the_help(self):
        for words in (["run"], ["check"], ["test"], ["fmt"], ["explain"], ["datagen"], ["status"], ["state", "ls"],
                      ["dlq", "replay"]):
            text = subprocess.run([FLOWC, *words, "--help"], capture_output=True, text=True, timeout=60).stdout
            named = {word for line in text.splitlines() if line.startswith("  -")
                     for word in line.split()[:4] if word.startswith("--")}
            self.assertGreater(len(named), 1)
            self.assertEqual(sorted(named), self.offers(*words, "--"), words)

    def test_values(self):
        self.assertEqual(["batch", "stream"], self.offers("run", "x.flow", "--mode", ""))
        self.assertEqual(["dot"], self.offers("explain", "--format", "d"))
        self.assertEqual(["json", "text"], self.offers("state", "ls", "--format", ""))
        self.assertEqual(["a.flow", "a.txt", "afolder"], self.offers("run", "--state", "a"))

    def test_files(self):
        self.assertEqual(["a.flow", "afolder"], self.offers("run", "a"))
        self.assertEqual(["a.flow", "afolder"], self.offers("fmt", "b.flow", ""))

    def test_scripts_of_other_shells(self):
        self.assertIn("bashcompinit", subprocess.run([FLOWC, "completion", "zsh"], capture_output=True, text=True,
                                                     timeout=60).stdout)
        fish = subprocess.run([FLOWC, "completion", "fish"], capture_output=True, text=True, timeout=60).stdout
        self.assertIn("-l mode", fish)
        self.assertEqual(2, subprocess.run([FLOWC, "completion", "tcsh"], capture_output=True, timeout=60).returncode)


if __name__ == "__main__":
    unittest.main()
