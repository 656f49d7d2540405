"""flowc lsp, by its protocol. FLOWC names the program; needs lsprotocol (tools/venv)."""
import glob
import json
import os
import random
import subprocess
import unittest

from client import FLOWC, Client, Document, RpcError, frame, utf16

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SOURCE = """SOURCE clicks (page STRING, revenue DECIMAL(12, 2), ts TIMESTAMP, who STRUCT<name STRING, age INT>)
FROM FILE (path = 'x.jsonl') FORMAT JSON EVENT TIME ts WATERMARK 10s;
"""
VIEW = """VIEW metrics AS SELECT page, window_start, COUNT(*) AS views, SUM(revenue) AS total
FROM TUMBLE(clicks, 1m) GROUP BY page, window_start;
"""


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def labels(completion):
    return [item.label for item in completion.items]


class Session(unittest.TestCase):
    def setUp(self):
        self.client = Client()
        self.addCleanup(self.finish)

    def finish(self):
        if self.client.process.poll() is None:
            self.assertEqual(0, self.client.stop())

    def open(self, marked, **more):
        return Document(self.client, marked, **more)

    # --- diagnostics ---
    def test_diagnostics_follow_the_text(self):
        document = self.open(SOURCE + VIEW)
        self.assertFalse(document.diagnostics().diagnostics)
        at = document.text.index("page, window_start, COUNT")
        document.edit(at, at + 4, "pgae")
        published = document.diagnostics()
        self.assertEqual(2, published.version)
        wrong = published.diagnostics[0]
        self.assertEqual(("unknown-column", "pgae", 1), (wrong.code, document.slice(wrong.range), wrong.severity))
        self.assertIn("did you mean `page`?", wrong.message)
        document.edit(at, at + 4, "page")
        self.assertFalse(document.diagnostics().diagnostics)
        self.client.notify("textDocument/didClose", {"textDocument": {"uri": document.uri}})
        self.assertFalse(document.diagnostics().diagnostics)

    def test_they_are_those_of_check(self):
        text = SOURCE + "VIEW a AS SELECT nope FROM clicks;\nVIEW b AS SELECT page + 1 AS x FROM clicks;\nVIEW c AS SELEC;\n"
        document = self.open(text)
        found = [(d.code, d.range.start.line + 1, d.range.start.character + 1) for d in document.diagnostics().diagnostics]
        check = subprocess.run([FLOWC, "check", "-", "--format", "json"], input=text, capture_output=True, text=True,
                               timeout=60)
        expected = [json.loads(line) for line in (check.stdout + check.stderr).splitlines() if line.startswith("{")]
        self.assertEqual([(d["code"], d["line"], d["column"]) for d in expected], found)
        self.assertEqual(3, len(found))

    def test_related_places(self):
        document = self.open(SOURCE + VIEW + "VIEW |metrics AS SELECT page FROM clicks;\n")
        wrong = document.diagnostics().diagnostics[0]
        self.assertEqual("duplicate-name", wrong.code)
        related = wrong.related_information[0]
        self.assertEqual("metrics", document.slice(related.location.range))
        self.assertEqual(2, related.location.range.start.line)

    def test_unset_variables_are_no_errors(self):
        document = self.open("SOURCE s (n INT) FROM KAFKA (brokers = '${FLOW_NOT_SET}', topic = 't',\n"
                             "fetch.max.bytes = '${FLOW_NOT_SET:?how many}') FORMAT JSON;\nVIEW v AS SELECT n FROM s;")
        found = document.diagnostics().diagnostics
        self.assertEqual([3, 3], [d.severity for d in found])
        self.assertEqual("${FLOW_NOT_SET}", document.slice(found[0].range))

    # --- hover ---
    def test_hover(self):
        document = self.open(SOURCE + "VIEW m AS SELECT pa|ge, up|per(page) AS u, who.na|me AS n, revenue |* 2 AS d\n"
                             "FROM cli|cks AS c WHERE c.rev|enue > 1;\n" + VIEW + "VIEW top AS SELECT vi|ews FROM met|rics;\n"
                             "-- a com|ment\n")
        texts = []
        for place in range(len(document.places)):
            hover = document.at("hover", place)
            texts.append(hover.contents.value if hover else None)
        self.assertIn("page STRING", texts[0])
        self.assertIn("a column of `clicks`", texts[0])
        self.assertIn("upper(string) -> string", texts[1])
        self.assertIn("STRING", texts[2])
        self.assertIn("DECIMAL", texts[3])
        self.assertIn("revenue DECIMAL(12,2)", texts[4])
        self.assertIn("event time `ts`, watermark 10s", texts[4])
        self.assertIn("revenue DECIMAL(12,2)", texts[5])
        self.assertIn("views BIGINT", texts[6])
        self.assertIn("key `page`, `window_start`; time ", texts[7])
        self.assertIn("append-only; emitted when windows close", texts[7])
        self.assertIsNone(texts[8])

    def test_hover_functions_of_the_file(self):
        document = self.open("FUNCTION half(x INT) RETURNS INT AS |x / 2;\n" + SOURCE + "VIEW v AS SELECT ha|lf(1) AS h FROM clicks;")
        self.assertIn("x INT", document.at("hover", 0).contents.value)
        self.assertIn("FUNCTION half(x INT) RETURNS INT AS x / 2", document.at("hover", 1).contents.value)
        self.assertEqual("half", document.slice(document.at("definition", 1).range))
        self.assertEqual(["half"] * 2, [document.slice(p.range) for p in document.at("references", 1)])

    # --- completion ---
    def complete(self, marked, **more):
        document = self.open(marked, uri=f"file:///{random.random()}.flow")
        return document.at("completion", **more)

    def test_columns_and_functions(self):
        found = labels(self.complete(SOURCE + "VIEW v AS SELECT pa| FROM clicks;\n"))
        for name in ("page", "revenue", "who", "upper", "count", "CASE"):
            self.assertIn(name, found)
        self.assertNotIn("tumble", found)
        found = labels(self.complete(SOURCE + "VIEW v AS SELECT page FROM clicks WHERE |"))
        self.assertIn("revenue", found)
        found = labels(self.complete(SOURCE + "VIEW v AS SELECT count(*) FILTER (WHERE re|"))
        self.assertIn("revenue", found)
        found = labels(self.complete(SOURCE + "VIEW v AS SELECT CASE WHEN | FROM clicks;"))
        self.assertIn("revenue", found)
        found = self.complete(SOURCE + "VIEW v AS SELECT c.| FROM clicks AS c;")
        self.assertEqual({"page", "revenue", "ts", "who"}, set(labels(found)))
        self.assertEqual("DECIMAL(12,2)", [i.detail for i in found.items if i.label == "revenue"][0])
        self.assertEqual(["name", "age"], labels(self.complete(SOURCE + "VIEW v AS SELECT who.| FROM clicks;")))
        items = "SOURCE o (id INT, items ARRAY<STRUCT<sku STRING, qty INT>>) FROM FILE (path = 'x') FORMAT JSON;\n"
        self.assertEqual(["sku", "qty"], labels(self.complete(items + "VIEW v AS SELECT items[1].| FROM o;")))
        self.assertEqual(["sku", "qty"], labels(self.complete(items + "VIEW v AS SELECT item.q| FROM o CROSS JOIN UNNEST(items) AS item;")))
        self.assertEqual(["a"], labels(self.complete(items + "VIEW v AS SELECT STRUCT(id AS a).| AS b FROM o;")))
        self.assertIn("headers", labels(self.complete("SOURCE s (n MAP<STRING, STRING> META |")))

    def test_relations_and_windows(self):
        found = labels(self.complete(SOURCE + VIEW + "VIEW v AS SELECT page FROM |;"))
        for name in ("clicks", "metrics", "TUMBLE", "HOP"):
            self.assertIn(name, found)
        found = labels(self.complete(SOURCE + VIEW + "SINK s FROM |"))
        self.assertIn("metrics", found)
        found = labels(self.complete(SOURCE + VIEW + "VIEW v AS SELECT page FROM TUMBLE(|"))
        self.assertIn("clicks", found)

    def test_sources(self):
        self.assertEqual(["SOURCE", "FUNCTION", "VIEW", "SINK"], labels(self.complete("|")))
        self.assertEqual(["SOURCE", "FUNCTION", "VIEW", "SINK"], labels(self.complete(SOURCE + "V|")))
        found = labels(self.complete("SOURCE s (n |"))
        self.assertIn("TIMESTAMP", found)
        found = labels(self.complete("SOURCE s (n INT) FROM |"))
        self.assertTrue({"FILE", "KAFKA", "NEXMARK", "DATAGEN", "INLINE"} <= set(found), found)
        found = self.complete("SOURCE s (n INT) FROM KAFKA (|")
        self.assertIn("brokers", labels(found))
        self.assertIn("required", [i.detail for i in found.items if i.label == "brokers"][0])
        self.assertIn("disorder.fraction", labels(self.complete("SOURCE s (n INT) FROM DATAGEN (|")))
        found = labels(self.complete("SOURCE s (n INT) FROM FILE (path = 'x') |"))
        self.assertIn("FORMAT", found)
        self.assertIn("JSON", labels(self.complete("SOURCE s (n INT) FROM FILE (path = 'x') FORMAT |")))
        self.assertIn("n", labels(self.complete("SOURCE s (n TIMESTAMP) FROM FILE (path = 'x') FORMAT JSON EVENT TIME |")))
        self.assertIn("offset", labels(self.complete("SOURCE s (n BIGINT META |")))

    def test_functions_of_the_file(self):
        net = "FUNCTION Net(amount DECIMAL(12, 2), rate DOUBLE) RETURNS DOUBLE AS amount * (1e0 - rate);\n"
        found = self.complete(net + SOURCE + "VIEW v AS SELECT n| FROM clicks;")
        self.assertIn("Net(amount DECIMAL(12,2), rate DOUBLE) -> DOUBLE", [i.detail for i in found.items if i.label == "Net"])
        found = labels(self.complete("FUNCTION early() RETURNS INT AS |;\n" + net))
        self.assertIn("upper", found)
        self.assertNotIn("Net", found)
        found = labels(self.complete("FUNCTION f(first INT, second INT) RETURNS INT AS fi|"))
        self.assertTrue({"first", "second", "abs"} <= set(found), found)
        self.assertIn("DECIMAL", labels(self.complete("FUNCTION f(first |")))

    def test_values_and_clauses(self):
        found = labels(self.complete(SOURCE + VIEW + "SINK s FROM metrics INTO REDIS (url = 'r', key = '{page}{window_start}', value = '|');"))
        self.assertEqual(["hash", "json", "string"], found)
        found = labels(self.complete(SOURCE + "VIEW v AS SELECT page FROM clicks |"))
        for word in ("WHERE", "GROUP BY", "EMIT", "RETAIN", "CROSS JOIN", "LEFT JOIN"):
            self.assertIn(word, found)
        # What the grammar only skips takes any word.
        for marked in ("TEST a |", "VIEW v AS SELECT EXISTS (SELECT a |", "SOURCE s FROM KAFKA VERSION BY 'a' WHEN 1 (|"):
            self.complete(SOURCE + marked)
        self.assertEqual([], labels(self.complete("-- a com|ment")))
        self.assertEqual([], labels(self.complete(SOURCE + "VIEW v AS SELECT 12| FROM clicks;")))

    # --- places ---
    def test_definition_and_references(self):
        document = self.open(SOURCE + VIEW + "VIEW top AS SELECT m.vi|ews FROM metr|ics AS m WHERE |m.views > 1;\n")
        places = [document.at("definition", i) for i in range(3)]
        self.assertEqual(["views", "metrics", "m"], [document.slice(p.range) for p in places])
        self.assertEqual(2, places[0].range.start.line)
        found = document.at("references", 0)
        self.assertEqual(["views"] * 3, [document.slice(p.range) for p in found])
        self.assertIsNone(self.open("-- n|othing", uri="file:///y.flow").at("definition"))

    def rename(self, marked, name, place=0):
        document = self.open(marked, uri=f"file:///{random.random()}.flow")
        changes = document.at("rename", place, newName=name).changes
        return document.applied(changes[document.uri])

    def test_rename_relations(self):
        text = self.rename(SOURCE + VIEW.replace("clicks", "cli|cks") + "VIEW u AS SELECT clicks.page FROM clicks;", "hits")
        self.assertEqual((SOURCE + VIEW + "VIEW u AS SELECT clicks.page FROM clicks;").replace("clicks", "hits"), text)
        text = self.rename(SOURCE + "VIEW v AS WITH a| AS (SELECT page FROM clicks) SELECT a.page FROM a;", "group")
        self.assertEqual(SOURCE + 'VIEW v AS WITH "group" AS (SELECT page FROM clicks) SELECT "group".page FROM "group";', text)

    def test_rename_reaches_into_tests(self):
        tests = ("TEST t GIVEN clicks (page, revenue, ts) VALUES ('/a', 1, '2026-01-01 00:00:00')\n"
                 "EXPECT metrics (page, views) VALUES ('/a', 1) EXPECT clicks (page) VALUES ('/a') EXPECT clicks READ 1 EXPECT metrics LATE 0;")
        text = self.rename(SOURCE.replace("clicks", "cli|cks") + VIEW + tests, "hits")
        self.assertEqual((SOURCE + VIEW + tests).replace("clicks", "hits"), text)
        text = self.rename(SOURCE + VIEW.replace("metrics", "met|rics") + tests, "m")
        self.assertEqual((SOURCE + VIEW + tests).replace("metrics", "m"), text)
        text = self.rename(SOURCE + VIEW.replace("AS views", "AS vi|ews") + tests, "n")
        self.assertEqual((SOURCE + VIEW + tests).replace("views", "n"), text)
        text = self.rename(SOURCE.replace("revenue D", "rev|enue D") + VIEW + tests, "money")
        self.assertIn("GIVEN clicks (page, money, ts)", text)
        self.assertIn("SUM(money) AS total", text)
        document = self.open(SOURCE + VIEW + tests.replace("metrics (pa", "met|rics (pa|"))
        self.assertIn("key `page`", document.at("hover", 0).contents.value)
        self.assertEqual("page", document.slice(document.at("definition", 1).range))

    def test_rename_keeps_what_others_see(self):
        # The record's field keeps its name, and so does the view's column.
        text = self.rename(SOURCE + "VIEW v AS SELECT pa|ge, upper(page) AS u FROM clicks WHERE page <> '';", "site")
        self.assertIn("(site STRING FROM '$.page', revenue", text)
        self.assertIn("SELECT site AS page, upper(site) AS u FROM clicks WHERE site <> ''", text)
        # A view's column: what it is named by gets an AS, readers follow.
        text = self.rename(SOURCE + VIEW + "VIEW u AS SELECT pa|ge, views FROM metrics;", "site")
        self.assertIn("SELECT page AS site, window_start", text)
        self.assertIn("VIEW u AS SELECT site AS page, views FROM metrics", text)
        text = self.rename(SOURCE + "VIEW v AS SELECT CAST(pa|ge AS STRING) FROM clicks;", "site")
        self.assertIn("SELECT CAST(site AS STRING) AS page FROM", text)
        text = self.rename(SOURCE + "VIEW v AS SELECT revenue * 2 AS d|ouble_, count(*) FROM clicks GROUP BY double_;", "d")
        self.assertIn("SELECT revenue * 2 AS d, count(*) FROM clicks GROUP BY d;", text)

    def test_rename_functions(self):
        text = self.rename("FUNCTION ha|lf(x INT) RETURNS INT AS x / 2; FUNCTION fourth(x INT) RETURNS INT AS HALF(x) / 2;\n" + SOURCE +
                           "VIEW v AS SELECT Half(4), half(2) AS two FROM clicks;", "part")
        self.assertEqual("FUNCTION part(x INT) RETURNS INT AS x / 2; FUNCTION fourth(x INT) RETURNS INT AS part(x) / 2;\n" + SOURCE +
                         "VIEW v AS SELECT part(4) AS half, part(2) AS two FROM clicks;", text)
        text = self.rename("FUNCTION f(a INT, b INT) RETURNS INT AS a| + b;", "first")
        self.assertEqual("FUNCTION f(first INT, b INT) RETURNS INT AS first + b;", text)

    def test_rename_is_refused(self):
        csv = "SOURCE s (a| STRING) FROM FILE (path = 'x.csv') FORMAT CSV; VIEW v AS SELECT a FROM s;"
        cases = [(csv, "b", "found in the record"),
                 (SOURCE + "VIEW v AS SELECT * FROM clicks; VIEW w AS SELECT pa|ge FROM clicks;", "b", "passes"),
                 (SOURCE + VIEW.replace("page, window", "page, win|dow", 1), "b", "window call"),
                 (SOURCE + VIEW.replace("clicks", "cli|cks"), "metrics", "duplicate name"),
                 (SOURCE + "VIEW v AS SELECT page AS x|, revenue FROM clicks GROUP BY x, revenue;", "revenue", "duplicate"),
                 # GROUP BY y would mean the column instead of the output.
                 (SOURCE + "VIEW v AS SELECT upper(page) AS x|, count(*) AS n FROM clicks GROUP BY x;", "page", "mean something else"),
                 (SOURCE + "VIEW v AS SELECT nope, pa|ge FROM clicks;", "b", "errors"),
                 ("FUNCTION f(a| INT, b INT) RETURNS INT AS a;", "b", "duplicate parameter"),
                 ("FUNCTION f|(a INT) RETURNS INT AS a;", "upper", "function of the language"),
                 (SOURCE + "VIEW v AS SELECT up|per(page) FROM clicks;", "b", "no name")]
        for marked, name, why in cases:
            with self.subTest(marked):
                with self.assertRaisesRegex(RpcError, why):
                    self.rename(marked, name)

    def test_prepare_rename(self):
        document = self.open(SOURCE + VIEW + "VIEW u AS SELECT vi|ews FROM metrics;")
        self.assertEqual("views", document.slice(document.at("prepareRename")))

    def test_formatting(self):
        text = read(os.path.join(ROOT, "examples/02_click_metrics/pipeline.flow"))
        document = self.open(text.lower().replace("'${data:-", "'${DATA:-"))
        self.assertIn("VIEW page_metrics AS\nSELECT page", document.applied(document.whole("formatting")))
        self.assertFalse(self.open(text, uri="file:///y.flow").whole("formatting"))
        with self.assertRaisesRegex(RpcError, "syntax"):
            self.open("view v as", uri="file:///z.flow").whole("formatting")

    def test_symbols(self):
        document = self.open(SOURCE + VIEW + "VIEW broken AS SELECT;\nSINK out FROM metrics INTO STDOUT;\n"
                             "FUNCTION f(a INT, b DATE) RETURNS INT AS a;\n")
        symbols = document.whole("documentSymbol")
        self.assertEqual(["clicks", "metrics", "broken", "out", "f"], [s.name for s in symbols])
        self.assertEqual((12, ["a", "b"]), (symbols[4].kind, [c.name for c in symbols[4].children]))
        self.assertEqual(["page", "revenue", "ts", "who"], [c.name for c in symbols[0].children])
        self.assertEqual(["page", "window_start", "views", "total"], [c.name for c in symbols[1].children])
        for symbol in symbols:
            for inner in symbol.children or []:
                self.assertLessEqual((symbol.range.start.line, symbol.range.start.character),
                                     (inner.range.start.line, inner.range.start.character))

    # --- UTF-16 ---
    def test_places_are_utf16(self):
        document = self.open("SOURCE s (\"größe 𝄞\" STRING, n INT) FROM INLINE (VALUES ('𝄞é', 1));\r\n"
                             "VIEW v AS SELECT '𝄞𝄞' AS a, \"grö|ße 𝄞\" AS b, nop|e FROM s;\r\n")
        wrong = document.diagnostics().diagnostics[0]
        self.assertEqual("nope", document.slice(wrong.range))
        self.assertEqual("\"größe 𝄞\"", document.slice(document.at("definition", 0).range))
        at = document.text.index("nope")
        document.edit(at, at + 4, "n")
        self.assertFalse(document.diagnostics().diagnostics)

    def test_random_edits_give_the_same_as_the_whole_text(self):
        rng = random.Random(int(os.environ.get("FLOW_SEED", "1")))
        pieces = ["page", "𝄞", "\n", "\r\n", "é", ";", "'", "--", "(", "clicks", " ", "SELECT", "/*"]
        document = self.open(SOURCE + VIEW)
        document.diagnostics()
        for _ in range(40):
            for _ in range(rng.randint(1, 4)):
                begin = rng.randint(0, len(document.text))
                end = min(len(document.text), begin + rng.choice([0, 0, 1, 5]))
                # Not between \r and \n: no place of the protocol is there.
                if document.text[begin - 1:begin + 1] == "\r\n" or document.text[end - 1:end + 1] == "\r\n":
                    continue
                document.edit(begin, end, rng.choice(pieces))
            again = self.open(document.text, uri="file:///again.flow")
            expected = again.diagnostics().diagnostics
            published = document.diagnostics()
            while published.version != document.version:
                published = document.diagnostics()
            self.assertEqual(expected, published.diagnostics)

    # --- robustness ---
    def test_a_flood_of_changes(self):
        document = self.open(SOURCE + VIEW)
        for i in range(300):
            document.edit(0, 0, "-- %d\n" % i)
        published = document.diagnostics()
        count = 1
        while published.version != document.version:
            published = document.diagnostics()
            count += 1
        self.assertLess(count, 300)

    def test_cancelled_requests(self):
        # The first keeps the server busy while the others are cancelled.
        big = self.open(SOURCE + VIEW + "".join(
            "VIEW v%d AS SELECT upper(page) AS p, revenue * 2 AS r FROM clicks WHERE revenue > %d;\n" % (i, i)
            for i in range(3000)), uri="file:///big.flow")
        position = {"textDocument": {"uri": big.uri}, "position": {"line": 2, "character": 30}}
        self.client.ask("textDocument/completion", position)
        asked = [self.client.ask("textDocument/completion", position) for _ in range(5)]
        for number in asked[1:]:
            self.client.notify("$/cancelRequest", {"id": number})
        codes = []
        for number in asked:
            try:
                self.client.answer(number)
                codes.append(0)
            except RpcError as error:
                codes.append(error.code)
        self.assertIn(-32800, codes)
        self.assertTrue(set(codes) <= {0, -32800}, codes)
        self.client.notify("$/cancelRequest", {"id": asked[0]})  # answered long ago

    def test_every_place_of_the_examples(self):
        for path in sorted(glob.glob(os.path.join(ROOT, "examples", "*", "pipeline.flow"))):
            document = self.open(read(path), uri="file://" + path, mark="\0")
            published = document.diagnostics().diagnostics
            self.assertEqual([], [d for d in published if d.severity == 1], path)
            for at in range(0, len(document.text), 71 if os.environ.get("FLOW_QUICK") else 7):
                document.places = [at]
                for method in ("hover", "completion", "definition", "references"):
                    document.at(method)

    def test_broken_texts(self):
        rng = random.Random(7)
        whole = SOURCE + VIEW
        for i in range(60):
            begin, end = sorted((rng.randint(0, len(whole)), rng.randint(0, len(whole))))
            document = self.open(whole[:begin] + whole[end:], uri="file:///broken%d.flow" % i)
            document.places = [rng.randint(0, len(document.text))]
            for method in ("hover", "completion", "definition"):
                document.at(method)
            document.whole("documentSymbol")

    def test_a_huge_file(self):
        text = SOURCE + "".join("VIEW v%d AS SELECT page, revenue FROM clicks;\n" % i for i in range(30000))
        document = self.open(text + "VIEW w AS SELECT pa|ge FROM clicks;")
        self.assertFalse(document.diagnostics().diagnostics)
        self.assertIn("page STRING", document.at("hover").contents.value)


class Protocol(unittest.TestCase):
    def test_before_initialize(self):
        client = Client(initialize=False)
        for method, code in (("textDocument/hover", -32002), ("shutdown", -32002)):
            with self.assertRaises(RpcError) as raised:
                client.answer(client.ask(method, {}))
            self.assertEqual(code, raised.exception.code)
        client.notify("exit", None)
        self.assertEqual(1, client.end())

    def test_exit_codes(self):
        self.assertEqual(0, Client().stop())
        client = Client()
        client.notify("exit", None)
        self.assertEqual(1, client.end())
        client = Client()
        client.process.stdin.close()
        self.assertEqual(1, client.process.wait(timeout=60))
        client.process.stdout.close()

    def test_after_shutdown(self):
        client = Client()
        client.request("shutdown", None)
        with self.assertRaises(RpcError) as raised:
            client.answer(client.ask("textDocument/hover", {}))
        self.assertEqual(-32600, raised.exception.code)
        client.notify("exit", None)
        self.assertEqual(0, client.end())

    def test_twice_and_unknown(self):
        client = Client()
        for method, code in (("initialize", -32600), ("textDocument/nothing", -32601)):
            with self.assertRaises(RpcError) as raised:
                client.answer(client.ask(method, {"capabilities": {}}))
            self.assertEqual(code, raised.exception.code)
        client.notify("$/setTrace", {"value": "off"})
        client.notify("unknown/thing", {})
        self.assertEqual(0, client.stop())

    def test_wrong_params(self):
        client = Client()
        for params in ({}, {"textDocument": 1}, {"textDocument": {"uri": "file:///none"}}, [], None, "x",
                       {"textDocument": {"uri": ["a"]}, "position": {"line": "a"}}):
            with self.assertRaises(RpcError) as raised:
                client.answer(client.ask("textDocument/hover", params))
            self.assertEqual(-32602, raised.exception.code)
        document = Document(client, "SOURCE s")
        for position in ({}, {"line": 1}, {"line": 1.5, "character": 0}, None):
            with self.assertRaises(RpcError) as raised:
                client.answer(client.ask("textDocument/hover", {"textDocument": {"uri": document.uri}, "position": position}))
            self.assertEqual(-32602, raised.exception.code)
        for line, character in ((-1, 0), (10**9, 10**9), (0, -5), (0, 10**12)):
            client.answer(client.ask("textDocument/hover", {"textDocument": {"uri": document.uri},
                                                            "position": {"line": line, "character": character}}))
        for params in ({}, {"textDocument": {"uri": document.uri}, "contentChanges": [1, {}, {"text": 1},
                                                                                      {"range": {}, "text": ""}]}):
            client.notify("textDocument/didChange", params)
        client.notify("textDocument/didOpen", {"textDocument": {"uri": "file:///y", "text": 3}})
        self.assertEqual(0, client.stop())

    def test_bytes_that_are_no_messages(self):
        client = Client()
        for data in (b"\r\n\r\n", b"nonsense\r\n", frame(b"{"), frame(b"[" * 100000), frame(b"\xff\xfe"), frame(b"1"),
                     frame(b"{}"), frame(b'{"id":{},"method":"x"}'), frame(b'{"id":1,"method":5}'),
                     b"Content-Length: abc\r\n\r\n", b"Content-Length: -5\r\n\r\n", b"x" * 20000 + b"\n",
                     frame(b"[]"), b"Content-Type: x\r\nContent-Length: 2\r\n\r\n{}"):
            client.send(data)
        client.send(frame({"jsonrpc": "2.0", "id": "text", "method": "textDocument/nothing"}))
        with self.assertRaises(RpcError):
            client.answer("text")
        document = Document(client, SOURCE + VIEW)
        self.assertFalse(document.diagnostics().diagnostics)
        self.assertEqual(0, client.stop())

    def test_a_message_in_pieces(self):
        client = Client()
        data = frame({"jsonrpc": "2.0", "id": "piece", "method": "textDocument/nothing", "params": {"x": "é" * 70000}})
        for i in range(0, len(data), 9973):
            client.send(data[i:i + 9973])
        with self.assertRaises(RpcError):
            client.answer("piece")
        self.assertEqual(0, client.stop())

    def test_variables(self):
        client = Client(options={"variables": {"TOPIC": "t"}})
        document = Document(client, "SOURCE s (n INT) FROM KAFKA (brokers = 'b', topic = '${TOPIC}') FORMAT JSON;"
                            "VIEW v AS SELECT n FROM s;")
        self.assertFalse(document.diagnostics().diagnostics)
        self.assertEqual(0, client.stop())


if __name__ == "__main__":
    assert utf16("𝄞") == 2
    unittest.main()
