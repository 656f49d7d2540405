"""tools/check_layers finds each kind of breach, and nothing in a clean tree."""
import os
import subprocess
import sys
import tempfile
import unittest

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "check_layers")


def check(files):
    """Writes the files into a fresh tree and returns what the tool prints about it."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        run = subprocess.run([sys.executable, TOOL, root], capture_output=True, text=True)
        assert run.returncode == (1 if run.stdout else 0), run
        return run.stdout


class CheckLayers(unittest.TestCase):
    def test_clean(self):
        self.assertEqual("", check({
            "runtime/exec/job.cc": '// Runs jobs.\n#include "runtime/operator/x.h"\n#include <vector>\n',
            "compiler/codegen/jit.cc": '// JIT.\n#include "compiler/lower/kernel_spec.h"\n#include <llvm/IR/Module.h>\n',
            "compiler/parse/parse.cc": '// Parses.\n#include <antlr4-runtime.h>\n#include "FlowParser.h"\n',
            "stdlib/text.cc": '// Text.\n#include "runtime/abi/abi.h"\n',
        }))

    def test_breaches(self):
        for path, include in {
            "runtime/exec/job.cc": '"compiler/bind/expr.h"',
            "runtime/base/a.cc": '"runtime/program/program.h"',
            "runtime/connector/a.cc": '"runtime/operator/x.h"',
            "stdlib/a.cc": '"runtime/base/type.h"',
            "compiler/bind/a.cc": '<antlr4-runtime.h>',
            "compiler/driver/a.cc": '"llvm/IR/Module.h"',
            "compiler/logical/a.cc": '"compiler/optimize/rule.h"',
            "compiler/codegen/a.cc": '"compiler/lower/lower.h"',
            "compiler/ast/a.cc": '"compiler/bind/expr.h"',
            "compiler/parse/a.cc": '"runtime/exec/job.h"',
            "tools/flowc/a.cc": '"compiler/bind/expr.h"',
            "examples/embed/a.cc": '"runtime/base/type.h"',
        }.items():
            out = check({path: f"// Head.\n#include {include}\n"})
            self.assertIn(f"{path}:2: ", out, include)

    def test_text_rules(self):
        self.assertIn("801 lines", check({"compiler/ast/a.cc": "// Head.\n" + "\n" * 800}))
        self.assertEqual("", check({"compiler/ast/a.cc": "// Head.\n" + "\n" * 799}))
        self.assertIn("begins without a comment", check({"runtime/time/a.cc": "int x;\n"}))
        self.assertIn("#pragma once", check({"runtime/time/a.h": "// Head.\n"}))
        self.assertIn("docs/a.md:1: a path", check({"docs/a.md": "see /ro" + "ot/x\n"}))
        self.assertIn("unfinished", check({"runtime/time/a.cc": "// TO" + "DO: x\n"}))
        self.assertIn("not in the table", check({"runtime/other/a.h": "#pragma once\n"}))


if __name__ == "__main__":
    unittest.main()
