"""Functions of BYTES, ARRAY, MAP and STRUCT for functions_duckdb.py, in the form of functions_cases.py."""
import hashlib
import json
import math

COLUMNS = {
    "arr1": ("ARRAY<INT>", "INTEGER[]"), "arr2": ("ARRAY<INT>", "INTEGER[]"), "tags1": ("ARRAY<STRING>", "VARCHAR[]"),
    "raw1": ("BYTES", "BLOB"), "map1": ("MAP<STRING, INT>", "VARCHAR"), "nums1": ("ARRAY<DOUBLE>", "DOUBLE[]"),
    "rec1": ("STRUCT<a INT, b STRING>", "STRUCT(a INTEGER, b VARCHAR)"), "rec2": ("STRUCT<a INT, b STRING>", "STRUCT(a INTEGER, b VARCHAR)"),
    "recs1": ("ARRAY<STRUCT<a INT, b STRING>>", "STRUCT(a INTEGER, b VARCHAR)[]"),
}
# How DuckDB takes values that Python's lists and dicts do not become.
MARKS = {
    "STRUCT(a INTEGER, b VARCHAR)": "CASE WHEN ? THEN {'a': CAST(? AS INTEGER), 'b': CAST(? AS VARCHAR)} END",
    "STRUCT(a INTEGER, b VARCHAR)[]": "CASE WHEN ? THEN list_transform(list_zip(CAST(? AS BOOLEAN[]), CAST(? AS INTEGER[]), CAST(? AS VARCHAR[])), "
                                      "lambda x: CASE WHEN x[1] THEN {'a': x[2], 'b': x[3]} END) END",
}


def parameters(value, type_):
    if type_ == "STRUCT(a INTEGER, b VARCHAR)":
        return [value is not None, value and value["a"], value and value["b"]]
    if type_ == "STRUCT(a INTEGER, b VARCHAR)[]":
        elements = value or []
        return [value is not None, [x is not None for x in elements], *([x and x[key] for x in elements] for key in "ab")]
    return [json.dumps(value) if isinstance(value, dict) else value]


TAGS = ["", "a", "ab", "abc", "b", "a text of more than twelve bytes", "a\0b", "ä", None]


def generate(rng):
    def numbers():
        return [rng.choice([None, rng.randint(-6, 9), rng.randint(-6, 9), rng.randint(-6, 9), 2**31 - 1]) for _ in range(rng.choice([0, 1, 2, 3, 6]))]

    def record():
        return rng.choice([None] + [{"a": rng.choice([None, 1, 2, rng.randint(-9, 9)]), "b": rng.choice(TAGS)} for _ in range(9)])

    arr1, rec1 = numbers(), record()
    row = {
        "arr1": arr1, "arr2": rng.choice([numbers(), arr1, arr1[:1], arr1 + [1]]), "tags1": [rng.choice(TAGS) for _ in range(rng.randint(0, 4))],
        "raw1": rng.choice([rng.randbytes(rng.randint(0, 20)), "aäb€".encode()[:rng.randint(0, 7)], b"", b"a"]),
        "map1": {rng.choice(["a", "b", "", "ä", "zz"]): rng.choice([None, rng.randint(-9, 9)]) for _ in range(rng.randint(0, 4))},
        "nums1": [rng.choice([0.0, -0.0, 1.5, None, rng.uniform(-9, 9)]) for _ in range(rng.randint(0, 3))],
        "rec1": rec1, "rec2": rng.choice([rec1, record()]), "recs1": [record() for _ in range(rng.choice([0, 1, 2, 4]))],
    }
    return {name: None if rng.random() < 0.06 else v for name, v in row.items()}


def given(expression, *arguments):
    """Where DuckDB takes NULL for an argument."""
    return f"CASE WHEN {' OR '.join(a + ' IS NULL' for a in arguments)} THEN NULL ELSE {expression} END"


CASES = [
    ("array_length(arr1)", "len(arr1)"), ("cardinality(tags1)", "len(tags1)"),
    ("array_contains(arr1, k)", given("list_contains(arr1, k)", "arr1", "k")), ("array_contains(tags1, '')", "list_contains(tags1, '')"),
    ("array_contains(tags1, 'a')", "list_contains(tags1, 'a')"), ("array_contains(nums1, 0e0)", "list_contains(nums1, 0.0)"),
    ("array_position(arr1, k)", given("CASE WHEN list_contains(arr1, k) THEN list_position(arr1, k) END", "arr1", "k")),
    ("array_concat(arr1, arr2)", given("list_concat(arr1, arr2)", "arr1", "arr2")), ("arr1 || arr2", given("list_concat(arr1, arr2)", "arr1", "arr2")),
    ("array_append(arr1, k)", "list_append(coalesce(arr1, []), k)"), ("array_prepend(k, arr1)", "list_prepend(k, coalesce(arr1, []))"),
    ("arr1 || k", "list_append(coalesce(arr1, []), k)"), ("k || arr1", "list_prepend(k, coalesce(arr1, []))"),
    ("array_slice(arr1, k, l)", given("CASE WHEN l < greatest(k, 1) THEN [] ELSE list_slice(arr1, greatest(k, 1), l) END", "arr1", "k", "l")),
    ("arr1[k:l]", given("CASE WHEN l < greatest(k, 1) THEN [] ELSE list_slice(arr1, greatest(k, 1), l) END", "arr1", "k", "l")),
    ("arr1[2:]", None), ("tags1[:2]", None), ("arr1[:]", "arr1"), ("array_sum(arr1)", "CAST(list_sum(arr1) AS BIGINT)"),
    ("array_sort(array_distinct(arr1))", "list_sort(list_distinct(arr1))"), ("array_sort(array_distinct(tags1))", "list_sort(list_distinct(tags1))"),
    ("array_sort(arr1)", "list_sort(arr1, 'ASC', 'NULLS LAST')"), ("array_sort(tags1)", "list_sort(tags1, 'ASC', 'NULLS LAST')"),
    ("array_reverse(arr1)", "list_reverse(arr1)"), ("array_min(arr1)", "list_min(arr1)"), ("array_max(tags1)", "list_max(tags1)"),
    ("array_min(nums1)", "list_min(nums1)"), ("array_to_string(arr1, '-')", "array_to_string(list_filter(arr1, lambda x: x IS NOT NULL), '-')"),
    ("element_at(arr1, k)", "CASE WHEN k < 1 THEN NULL ELSE arr1[k] END"), ("arr1[k]", "CASE WHEN k < 1 THEN NULL ELSE arr1[k] END"),
    ("tags1[2]", None), ("nums1[1]", None), ("array(k, l, NULL)", "[k, l, NULL]"), ("ARRAY[k, 1]", "[k, 1]"), ("[s1, 'x', NULL]", "[s1, 'x', NULL]"),
    ("arr1 = arr2", None), ("arr1 < arr2", None), ("arr1 >= arr2", None), ("tags1 <= ARRAY['a', NULL]", "tags1 <= ['a', NULL]"),
    ("arr1 IS DISTINCT FROM arr2", None), ("arr1 IN (arr2, ARRAY[1])", "arr1 IN (arr2, [1])"), ("COALESCE(arr1, arr2)", None),
    ("string_split(s1, 'b')", None), ("string_split(w1, '')", "CASE WHEN w1 = '' THEN [] ELSE string_split(w1, '') END"), 
    ("string_split(s1, s2)", given("CASE WHEN s2 = '' AND s1 = '' THEN [] ELSE string_split(s1, s2) END", "s1", "s2")),
    ("CAST(CAST(arr1 AS STRING) AS ARRAY<INT>)", "arr1"), ("TRY_CAST(s1 AS ARRAY<INT>)", "CAST(NULL AS INTEGER[])"),
    ("octet_length(raw1)", None), ("length(raw1)", "octet_length(raw1)"), ("concat(raw1, X'00')", "raw1 || '\\x00'::BLOB"), ("raw1 || raw1", None),
    ("encode(s1)", None), ("decode(raw1)", None), ("encode(raw1, 'hex')", "lower(hex(raw1))"), ("encode(raw1, 'base64')", "to_base64(raw1)"),
    ("raw1 < X'61'", "raw1 < '\\x61'::BLOB"), ("raw1 = X'61'", "raw1 = '\\x61'::BLOB"), ("md5(raw1)", None), ("sha256(raw1)", None), ("sha1(raw1)", None),
    ("rec1.a", None), ("(rec1).b", "rec1.b"), ("rec1 = rec2", None), ("rec1 <> rec2", None), ("rec1 IS DISTINCT FROM rec2", None), ("rec1 IS NULL", None),
    ("rec1 < rec2", None), ("rec1 >= STRUCT(k AS a, s1 AS b)", "rec1 >= {'a': k, 'b': s1}"), ("rec1 IN (rec2, recs1[1])", None),
    ("recs1[k].b", "CASE WHEN k < 1 THEN NULL ELSE recs1[k].b END"), ("recs1[1].a", None), ("COALESCE(rec1, recs1[1]).a", None),
    ("array_length(recs1)", "len(recs1)"), ("array_sort(recs1)[1].a", "list_sort(recs1, 'ASC', 'NULLS LAST')[1].a"),
    ("array_sort(recs1)[2].b", "list_sort(recs1, 'ASC', 'NULLS LAST')[2].b"), ("array_reverse(recs1)[1].b", "list_reverse(recs1)[1].b"),
    ("array_contains(recs1, STRUCT(1 AS a, s1 AS b))", given("list_contains(recs1, {'a': 1, 'b': s1})", "recs1")),
    ("array_length(array_distinct(recs1))", "len(list_distinct(recs1))"), ("(recs1 || rec1)[3].b", "list_append(coalesce(recs1, []), rec1)[3].b"),
    ("(CASE WHEN k > 1 THEN rec1 ELSE rec2 END).b", None), ("CAST(CAST(rec1 AS STRING) AS STRUCT<a INT, b STRING>).b", "rec1.b"),
    ("hex(raw1)", None), ("to_base64(raw1)", None), ("CAST(CAST(raw1 AS STRING) AS BYTES)", "raw1"),
]
def member(text, key):
    value = json.loads(text)
    if isinstance(value, dict if isinstance(key, str) else list):
        return value.get(key, MISSING) if isinstance(value, dict) else value[key] if key < len(value) else MISSING
    return MISSING


def as_text(text, key):
    value = member(text, key)
    if value is MISSING or value is None:
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def or_null(value):
    return None if value is MISSING else value


MISSING = object()
DOCUMENT = "CAST(json1 AS JSON)"
COMPUTED = [
    (f"json_get({DOCUMENT}, 'a')", lambda r: or_null(member(r["json1"], "a"))), (f"({DOCUMENT} -> 0)", lambda r: or_null(member(r["json1"], 0))),
    (f"json_get_text({DOCUMENT}, 'a')", lambda r: as_text(r["json1"], "a")), (f"({DOCUMENT} ->> 1)", lambda r: as_text(r["json1"], 1)),
    (DOCUMENT, lambda r: json.loads(r["json1"])), (f"json_array_length({DOCUMENT})", lambda r: len(list_of(r["json1"]))),
    ("substring(raw1, k, l)", lambda r: cut(r["raw1"], int(r["k"]), int(r["l"]))), ("substring(raw1, k)", lambda r: r["raw1"][max(int(r["k"]), 1) - 1:]),
    ("decode(encode(raw1, 'hex'), 'hex')", lambda r: r["raw1"]), ("decode(encode(raw1, 'base64'), 'base64')", lambda r: r["raw1"]),
    ("sha512(raw1)", lambda r: hashlib.sha512(r["raw1"]).hexdigest()), ("CAST(raw1 AS STRING)", lambda r: "\\x" + r["raw1"].hex()),
    ("array_sum(nums1)", lambda r: total(r["nums1"])), ("array_avg(nums1)", lambda r: mean(r["nums1"])),
    ("to_json(rec1)", lambda r: r["rec1"]), ("to_json(recs1)", lambda r: r["recs1"]), ("CAST(to_json(rec1) AS STRUCT<b STRING>).b", lambda r: r["rec1"]["b"]),
    ("to_json(arr1)", lambda r: r["arr1"]), ("to_json(s1)", lambda r: r["s1"]), ("to_json(map1)", lambda r: r["map1"]),
    ("map_keys(map1)", lambda r: sorted(r["map1"])), ("map_values(map1)", lambda r: [v for _, v in sorted(r["map1"].items())]),
    ("map_contains(map1, 'a')", lambda r: "a" in r["map1"]), ("map1['a']", lambda r: r["map1"].get("a")), ("cardinality(map1)", lambda r: len(r["map1"])),
    ("map1 = CAST('{\"b\":1,\"a\":null}' AS MAP<STRING, INT>)", lambda r: r["map1"] == {"a": None, "b": 1}),
]


def total(numbers):
    values = [x for x in numbers if x is not None]
    return math.fsum(values) if values else None


def mean(numbers):
    values = [x for x in numbers if x is not None]
    return math.fsum(values) / len(values) if values else None


def cut(raw, start, count):
    if count < 0:
        raise ValueError("count")
    return raw[max(start, 1) - 1:max(start + count - 1, 0)]


def list_of(text):
    value = json.loads(text)
    if not isinstance(value, list):
        raise ValueError("no array")
    return value
