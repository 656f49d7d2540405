"""flowc completion in zsh and fish themselves, which have to be installed. FLOWC names the program."""
import os
import pty
import select
import signal
import subprocess
import tempfile
import time
import unittest

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))


class Shells(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        os.makedirs(os.path.join(self.folder, "afolder", "inner"))
        for name in ("b.flow", "afolder/c.flow"):
            open(os.path.join(self.folder, name), "w", encoding="utf-8").close()
        self.environment = {**os.environ, "HOME": self.folder, "TERM": "dumb", "PS1": "READY> ",
                            "PATH": os.path.dirname(FLOWC) + os.pathsep + os.environ["PATH"]}

    def fish(self, line):
        """What is offered, with its description."""
        command = f"flowc completion fish | source; complete -C {line!r}"
        run = subprocess.run(["fish", "--no-config", "-c", command], capture_output=True, text=True, timeout=60,
                             cwd=self.folder, env=self.environment)
        self.assertEqual("", run.stderr)
        return dict((entry + "\t").split("\t")[:2] for entry in run.stdout.splitlines())

    def zsh(self, line):
        """The line after a tab, and what was listed."""
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(self.folder)
            os.execvpe("zsh", ["zsh", "-f", "-i"], self.environment)

        def until(text, seconds=30):
            out, end = "", time.time() + seconds
            while text not in out and time.time() < end:
                if select.select([terminal], [], [], 0.1)[0]:
                    out += os.read(terminal, 65536).decode(errors="replace")
            return out
        self.assertIn("READY> ", until("READY> "))  # what is typed before is thrown away
        os.write(terminal, b"source <(flowc completion zsh) && echo LOA''DED\n")
        said = until("LOADED")
        self.assertIn("LOADED", said)
        if "READY> " not in said.split("LOADED")[-1]:
            until("READY> ")
        os.write(terminal, line.encode() + b"\t")
        out = until("\0", 1.5)  # whatever comes
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(terminal)
        return out.replace("\x07", "").replace("\b", "")

    def test_fish(self):
        verbs = self.fish("flowc ")
        self.assertIn("records", verbs["peek"])
        self.assertNotIn("", verbs.values())
        self.assertEqual({"batch", "stream"}, set(self.fish("flowc run --mode ")))
        self.assertEqual({"ls", "inspect", "diff"}, set(self.fish("flowc state ")))
        self.assertIn("--epoch", self.fish("flowc run --e"))
        self.assertEqual({"afolder/"}, set(self.fish("flowc run af")))
        self.assertEqual({"bash", "zsh", "fish"}, set(self.fish("flowc completion ")))

    def test_zsh(self):
        self.assertIn("peek", self.zsh("flowc pe"))
        listed = self.zsh("flowc run --mode ")
        self.assertTrue("batch" in listed and "stream" in listed, listed)
        self.assertIn("inspect", self.zsh("flowc state "))
        self.assertIn("flowc run afolder/", self.zsh("flowc run af"))
        self.assertIn("b.flow", self.zsh("flowc run b"))


if __name__ == "__main__":
    unittest.main()
