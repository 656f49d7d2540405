"""The VS Code extension: its package is well formed, it loads, and its grammar knows the words of the examples. Needs
npm and, the first time, its registry. FLOWC names the program."""
import glob
import json
import os
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ET
import zipfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))
EDITOR = os.path.join(ROOT, "editors", "vscode")


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        subprocess.run([os.path.join(ROOT, "tools", "vscode")], check=True, timeout=600)
        with open(os.path.join(EDITOR, "package.json"), encoding="utf-8") as file:
            cls.package = json.load(file)
        path = os.path.join(ROOT, "build", "flowc-%s.vsix" % cls.package["version"])
        cls.vsix = zipfile.ZipFile(path)
        cls.addClassCleanup(cls.vsix.close)

    def test_layout(self):
        self.assertIsNone(self.vsix.testzip())
        names = set(self.vsix.namelist())
        manifest = ET.fromstring(self.vsix.read("extension.vsixmanifest"))
        space = {"v": manifest.tag[1:manifest.tag.index("}")]}
        identity = manifest.find("v:Metadata/v:Identity", space).attrib
        self.assertEqual((self.package["name"], self.package["version"], self.package["publisher"]),
                         (identity["Id"], identity["Version"], identity["Publisher"]))
        for asset in manifest.findall("v:Assets/v:Asset", space):
            self.assertIn(asset.attrib["Path"], names)
        types = ET.fromstring(self.vsix.read("[Content_Types].xml"))
        known = {e.attrib["Extension"] for e in types}
        for name in names - {"[Content_Types].xml"}:
            extension = os.path.splitext(name)[1]
            self.assertTrue(not extension or extension in known, name)

    def test_what_is_named_is_there(self):
        names = set(self.vsix.namelist())
        contributes = self.package["contributes"]
        paths = [self.package["main"]] + [g["path"] for g in contributes["grammars"]] + \
            [l["configuration"] for l in contributes["languages"]]
        for path in paths:
            self.assertIn("extension/" + path[2:], names)
        self.assertFalse([n for n in names if "oniguruma" in n or "textmate/" in n], "what only tests need is in it")

    def test_the_client_starts_the_server(self):
        # The editor's own module is a stand-in; the client library and the server are real.
        with tempfile.TemporaryDirectory() as folder:
            self.vsix.extractall(folder)
            modules = os.path.join(folder, "extension", "node_modules")
            script = """
const Module = require("module");
const load = Module._load;
const seen = {};
Module._load = function (name, ...rest) {
  if (name === "vscode") return %s;
  if (name === "vscode-languageclient/node")
    return { LanguageClient: class { constructor(id, title, server, options) { Object.assign(seen, {server, options}); }
                                     async start() {} async stop() { seen.stopped = true; } } };
  return load.call(this, name, ...rest);
};
const extension = require(process.argv[1]);
extension.activate({ subscriptions: [] }).then(() => extension.deactivate()).then(() => console.log(JSON.stringify(seen)));
""" % """{ workspace: { getConfiguration: () => ({ get: (key) => ({ "server.path": "flowc", variables: { A: "b" } })[key] }),
    onDidChangeConfiguration: () => ({}) }, commands: { registerCommand: () => ({}) }, window: {} }"""
            run = subprocess.run(["node", "-e", script, os.path.join(folder, "extension", "extension.js")],
                                 capture_output=True, text=True, timeout=60)
            self.assertEqual("", run.stderr)
            seen = json.loads(run.stdout)
            self.assertEqual({"command": "flowc", "args": ["lsp"]}, seen["server"])
            self.assertEqual({"A": "b"}, seen["options"]["initializationOptions"]["variables"])
            self.assertTrue(seen["stopped"])
            for module in ("vscode-languageclient", "vscode-languageserver-protocol", "vscode-jsonrpc"):
                self.assertTrue(os.path.isdir(os.path.join(modules, module)), module)

    def test_grammar(self):
        words = json.loads(subprocess.run([FLOWC, "lsp", "--words"], capture_output=True, text=True).stdout)
        with tempfile.TemporaryDirectory() as folder:
            for name in ("package.json", "package-lock.json"):
                with open(os.path.join(EDITOR, name), encoding="utf-8") as file, \
                        open(os.path.join(folder, name), "w", encoding="utf-8") as copy:
                    copy.write(file.read())
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, check=True,
                           capture_output=True, timeout=600)
            odd = os.path.join(folder, "odd.flow")
            with open(odd, "w", encoding="utf-8") as file:
                file.write("VIEW \"a b\" AS SELECT 'it''s ${X:-1} $${no}', 10s, 1.5e3, upper(x) /* SELECT\nFROM */ FROM t;"
                           " -- WHERE\nview größe as select first from TUMBLE(t, 1m);\n")
            paths = sorted(glob.glob(os.path.join(ROOT, "examples", "*", "pipeline.flow")))
            run = subprocess.run(["node", os.path.join(ROOT, "tests", "editors", "tokenise.js"),
                                  os.path.join(folder, "node_modules"),
                                  os.path.join(EDITOR, "syntaxes", "flow.tmLanguage.json"), odd, *paths],
                                 capture_output=True, text=True, timeout=60)
            self.assertEqual("", run.stderr)
        tokens = [json.loads(line) for line in run.stdout.splitlines()]
        reserved = set(words["reserved"])
        for path, number, text, scopes in tokens:
            scope = scopes[-1]
            inside = any(s.startswith(("comment", "string", "variable.other.quoted", "entity")) for s in scopes)
            if not inside and text.strip().upper() in reserved:
                self.assertRegex(scope, r"^(keyword|constant\.language)", (path, number, text))
            if scope == "source.flow":
                # What is left over are names and punctuation.
                self.assertFalse(re.search(r"['\"0-9;]", re.sub(r"[A-Za-z_]\w*", "", text)), (path, number, text))
        found = {(text, scopes[-1]) for path, _, text, scopes in tokens if path == odd}
        for expected in (("VIEW", "keyword.declaration.flow"), ('"a b"', "entity.name.type.flow"),
                         ("''", "constant.character.escape.flow"), ("${X:-1}", "variable.other.template.flow"),
                         ("$${", "constant.character.escape.flow"), ("10s", "constant.numeric.duration.flow"),
                         ("1.5e3", "constant.numeric.flow"), ("upper", "support.function.flow"),
                         (" SELECT", "comment.block.flow"), ("FROM ", "comment.block.flow"),
                         ("größe", "entity.name.type.flow"), ("TUMBLE", "support.function.window.flow")):
            self.assertIn(expected, found)
        self.assertFalse([f for f in found if f[0] == "first" and f[1] != "source.flow"])


if __name__ == "__main__":
    unittest.main()
