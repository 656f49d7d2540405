"""flowc fmt: its layout of nasty files, and what it does with files. FLOWC names the program."""
import glob
import os
import stat
import subprocess
import tempfile
import unittest

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

# (what, before, after)
LAYOUTS = [
    ("comments of columns", """\
/* head */ -- more
-- about s


source s /* s */ (
  n int, -- first
  -- own
  "Long name" Decimal ( 12,2 ) not null -- last
  -- before the comma
  , x struct<first int, y array<string>> from '$.a' /* p */
  -- closing
) -- after columns
from file(path='${X}/a''b -- no comment', partitions = 'file') -- conn
format json event time first watermark 10s;;  -- behind
""", """\
/* head */ -- more
-- about s

SOURCE s /* s */ (
    n           INT, -- first
    -- own
    "Long name" DECIMAL(12, 2) NOT NULL, -- last
    -- before the comma
    x           STRUCT<first INT, y ARRAY<STRING>> FROM '$.a' /* p */
    -- closing
) -- after columns
FROM FILE (path = '${X}/a''b -- no comment', partitions = 'file') -- conn
FORMAT JSON
EVENT TIME first WATERMARK 10s; -- behind
"""),
    ("comments of a query", """\
view v as select n,-- c1
 -- c2
 count( * ) filter(where n>0) /*cnt*/ as c, - -1 as m, a::bigint from tumble ( s,1m )
where n in (1,2, 3 /* three */ ) and /* why */ (a or b) is not true -- w
  -- own and
  and n between 1 and 2
group by n -- g
-- EMIT CHANGES
;
-- behind
/* of
     several lines */
""", """\
VIEW v AS
SELECT n, -- c1
       -- c2
       count(*) FILTER (WHERE n > 0) /*cnt*/ AS c, - -1 AS m, a::BIGINT
FROM TUMBLE(s, 1m)
WHERE n IN (1, 2, 3 /* three */)
      AND /* why */ (a OR b) IS NOT TRUE -- w
      -- own and
      AND n BETWEEN 1 AND 2
GROUP BY n -- g
-- EMIT CHANGES
;
-- behind
/* of
     several lines */
"""),
    ("queries in brackets", """\
view w as with a as (
select * from s), b as (select * from a) select * from a union all (select n from (select n from b) as z);
sink k from w into kafka(brokers='a',topic='t') format json upsert; -- end
""", """\
VIEW w AS
WITH a AS (
    SELECT *
    FROM s
),
b AS (SELECT * FROM a)
SELECT *
FROM a
UNION ALL
(SELECT n FROM (SELECT n FROM b) AS z);

SINK k FROM w INTO KAFKA (brokers = 'a', topic = 't') FORMAT JSON UPSERT; -- end
"""),
]


def fmt(*arguments, stdin=""):
    return subprocess.run([FLOWC, "fmt", *arguments], input=stdin, capture_output=True, text=True, timeout=120)


class Fmt(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.path = os.path.join(temporary.name, "x.flow")

    def write(self, text):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)

    def read(self):
        with open(self.path, encoding="utf-8") as file:
            return file.read()

    def test_layouts(self):
        self.maxDiff = None
        for what, before, after in LAYOUTS:
            with self.subTest(what):
                run = fmt("-", stdin=before)
                self.assertEqual((0, "", after), (run.returncode, run.stderr, run.stdout))

    def test_files_are_replaced(self):
        _, before, after = LAYOUTS[0]
        self.write(before)
        os.chmod(self.path, 0o640)
        self.assertEqual(after, fmt("--stdout", self.path).stdout)
        run = fmt("--check", self.path)
        self.assertEqual((1, self.path + "\n"), (run.returncode, run.stdout))
        self.assertEqual(before, self.read())
        run = fmt(self.path)
        self.assertEqual((0, "", ""), (run.returncode, run.stdout, run.stderr))
        self.assertEqual(after, self.read())
        self.assertEqual(0o640, stat.S_IMODE(os.stat(self.path).st_mode))
        self.assertEqual(["x.flow"], os.listdir(os.path.dirname(self.path)))
        run = fmt("--check", self.path)
        self.assertEqual((0, ""), (run.returncode, run.stdout))

    def test_syntax_errors_leave_the_file(self):
        for wrong in ("view v as selekt 1;", "view v as select n from s", "view v as select 'x;", "a \xff"):
            self.write("view   u as select n from s;\n" + wrong)
            before = self.read()
            for arguments in ([], ["--check"], ["--stdout"]):
                run = fmt(*arguments, self.path)
                self.assertEqual((1, ""), (run.returncode, run.stdout), wrong)
                self.assertIn("x.flow:2:", run.stderr)
            self.assertEqual(before, self.read())

    def test_usage(self):
        self.write("")
        for arguments in ([], ["--check", "--stdout", self.path], [self.path + ".missing"]):
            self.assertEqual(2, fmt(*arguments).returncode, arguments)

    def test_examples_have_the_layout(self):
        paths = glob.glob(os.path.join(ROOT, "examples", "*", "pipeline.flow"))
        self.assertGreaterEqual(len(paths), 6)
        run = fmt("--check", *paths)
        self.assertEqual((0, ""), (run.returncode, run.stdout), run.stderr)


if __name__ == "__main__":
    unittest.main()
