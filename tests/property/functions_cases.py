"""More scalar functions for functions_duckdb.py: the columns that they need, and what each has to give.

CASES compares with DuckDB ((expression, DuckDB's or None for the same text)); COMPUTED with a few
lines of Python (expression, row -> value) what DuckDB lacks or gives another meaning than
PostgreSQL. In a row INT and BIGINT are Decimals; a ValueError or ArithmeticError is an error.
"""
import base64
import ctypes
import ctypes.util
import hashlib
import json
import math
import re
import urllib.parse
import zlib
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

COLUMNS = {
    "u1": ("DOUBLE", "DOUBLE"), "w1": ("STRING", "VARCHAR"), "w2": ("STRING", "VARCHAR"),
    "re1": ("STRING", "VARCHAR"), "url1": ("STRING", "VARCHAR"), "json1": ("STRING", "VARCHAR"),
    "path1": ("STRING", "VARCHAR"), "zone1": ("STRING", "VARCHAR"), "code1": ("STRING", "VARCHAR"),
    "stamp": ("STRING", "VARCHAR"), "near": ("TIMESTAMP", "TIMESTAMP"), "n": ("INT", "INTEGER"),
}
# Days on which clocks are put forward or back (Apia left one out).
CHANGES = [("Europe/Berlin", 2026, 3, 29), ("Europe/Berlin", 2026, 10, 25), ("America/New_York", 2025, 3, 9), ("America/New_York", 2024, 11, 3),
           ("Australia/Lord_Howe", 2026, 4, 5), ("Australia/Lord_Howe", 2026, 10, 4), ("Pacific/Apia", 2011, 12, 30)]
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC", "Pacific/Apia"]
STAMP = "%d.%m.%Y %H:%M:%S.%f"


def generate(rng):
    def value(depth):
        if depth == 0 or rng.random() < 0.3:
            return rng.choice([None, True, False, rng.randint(-99, 99), rng.randint(-10**18, 10**18), 1.5, -0.25,
                               "", "x", "a\"b\\c\n", "äß€", "😀"])
        if rng.random() < 0.5:
            return [value(depth - 1) for _ in range(rng.randint(0, 3))]
        return {rng.choice(["a", "b", "c d", "ä", "\"q"]): value(depth - 1) for _ in range(rng.randint(0, 3))}

    def document():
        if rng.random() < 0.1:
            return json.dumps({"a": rng.choice(["a\"b\\c\n", "\u20ac", "\\"])})
        text = json.dumps(value(3), indent=rng.choice([None, None, 1]), ensure_ascii=rng.random() < 0.7)
        return rng.choice([text, text, text, " " + text + "\n", text[:-1], text + "]", "", "01", "tru"])

    def regex(depth):
        if depth == 0:
            return rng.choice(["a", "b", "c", ".", "[ab]", "[^a]", "ä", "\\d", "x"])
        a, b = regex(depth - 1), regex(depth - 1)
        return rng.choice([a + b, f"({a}|{b})", f"(?:{a})*", f"{a}+{b}", f"({a})?{b}", a])

    def url():
        part = lambda: "".join(rng.choice(["a", "b", "%20", "+", ".", "-", "%C3%A4", "1"]) for _ in range(rng.randint(0, 4)))
        text = rng.choice(["", "http:", "https:", "a+b:", "1x:"])
        if rng.random() < 0.7:
            text += "//" + rng.choice(["", "", "user@", "u:p@"]) + rng.choice(["example.com", "[::1]", "ex", "", "10.0.0.1"])
            text += rng.choice(["", "", ":80", ":65535", ":", ":65536", ":x"])
        text += rng.choice(["", "/", "/" + part(), "/" + part() + "/" + part()])
        if rng.random() < 0.6:
            text += "?" + "&".join(rng.choice(["q", "r", "%71", "s"]) + rng.choice(["", "=", "="]) + part() for _ in range(rng.randint(0, 3)))
        return text + rng.choice(["", "", "#", "#" + part(), "#?q=no"])

    def code():
        plain = "".join(rng.choice(["a", "b", "ä", "€", " ", "/", "%", "~"]) for _ in range(rng.randint(0, 9))).encode()
        return rng.choice([base64.b64encode(plain).decode(), plain.hex(), plain.hex().upper(), urllib.parse.quote(plain), "%zz%e", "abc",
                           "/w==", "ff", "%FF", plain.decode()])

    year = rng.choice([2020, 2024, 2026, 1995])
    near = datetime(year, rng.choice([3, 10, 11, 4, 1]), rng.randint(1, 30), rng.choice([0, 1, 2, 3, 12]), rng.choice([0, 30, 59]),
                    rng.choice([0, 17]), rng.choice([0, 250000]))
    zone = rng.choice(ZONES + ["Nowhere/At_all"])
    if rng.random() < 0.4:
        zone, *day = rng.choice(CHANGES)
        near = near.replace(*day)
    stamp = datetime(rng.randint(1, 9999), rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23), rng.randint(0, 59), rng.randint(0, 59),
                     rng.randint(0, 999999))
    path = "$" + "".join(rng.choice([".a", ".b", '."c d"', ".ä", "[0]", "[1]", "[2]"]) for _ in range(rng.randint(0, 3)))
    stamp_text = f"{stamp.day:02}.{stamp.month:02}.{stamp.year:04} {stamp.time().isoformat('microseconds')}"
    row = {
        "u1": rng.choice([rng.uniform(-1, 1), rng.uniform(-2, 2), 1.0, -1.0, 0.0, -0.0, math.nan, math.inf, rng.uniform(-10, 10)]),
        "w1": "".join(rng.choice("abcd") for _ in range(rng.randint(0, 9))), "w2": "".join(rng.choice("abcd") for _ in range(rng.randint(0, 9))),
        "re1": rng.choice([regex(2), regex(2), regex(3), "(", "a**b"]), "url1": url(), "json1": document(),
        "path1": rng.choice([path, path, path, "$.a", "$.", "a", "$[x]", ""]), "zone1": zone, "code1": code(),
        "stamp": rng.choice([stamp_text, stamp_text, stamp_text, stamp_text[:-9], "30.02.2020 00:00:00.0", "x", ""]),
        "near": near, "n": rng.choice([rng.randint(-40, 40), rng.randint(-30000, 30000), rng.randint(0, 22)]),
    }
    return {name: None if rng.random() < 0.06 else v for name, v in row.items()}


def bits(x, width=64):
    x &= (1 << width) - 1
    return x - (1 << width) if x >> (width - 1) else x


def within(x, width=64):
    if not -(1 << (width - 1)) <= x < 1 << (width - 1):
        raise ValueError("overflow")
    return x


def micros(t1, t2):
    return (t2 - t1) // timedelta(microseconds=1)


def part(t1, t2, of, unit):
    """So many units of what is left of the interval over whole ones of `of`, towards zero."""
    us = micros(t1, t2)
    return (abs(us) % of // unit) * (1 if us >= 0 else -1)


def pad(text, n, fill, left):
    n = max(int(n), 0)
    if len(text) >= n or fill == "":
        return text[:n]
    more = (fill * n)[:n - len(text)]
    return more + text if left else text + more


def initcap(text):
    upper = {"ÿ": "Ÿ"}
    out, inside = "", False
    for c in text:
        word = ord(c) >= 0x80 or c.isascii() and c.isalnum()
        out += c.lower() if inside else upper.get(c, c.upper())
        inside = word
    return out


def overlay(text, new, start, n=None):
    start, n = int(start), len(new) if n is None else int(n)
    if start < 1:
        raise ValueError("position")
    return text[:start - 1] + new + text[max(start - 1 + n, 0):]


def levenshtein(a, b):
    table = {(i, 0): i for i in range(len(a) + 1)} | {(0, j): j for j in range(len(b) + 1)}
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a[i - 1] != b[j - 1]))
    return table[len(a), len(b)]


def hamming(a, b):
    if len(a) != len(b):
        raise ValueError("lengths")
    return sum(x != y for x, y in zip(a, b))


def width_bucket(x, low, high, n):
    n = int(n)
    if n <= 0 or math.isnan(x) or not math.isfinite(low) or not math.isfinite(high) or low == high:
        raise ValueError("bounds")
    if low > high:
        x, low, high = -x, -low, -high
    if x < low:
        return 0
    if x >= high:
        return n + 1
    if math.isinf(high - low):
        return min(int(n * ((x / 2 - low / 2) / (high / 2 - low / 2))), n - 1) + 1
    return min(int(n * ((x - low) / (high - low))), n - 1) + 1


def fmod(x, y):
    if y == 0:
        raise ValueError("division")
    return math.nan if math.isinf(x) or math.isnan(x) or math.isnan(y) else math.fmod(x, y)


def gamma(x, function):
    if x <= 0 and (math.isinf(x) or x == math.floor(x)):
        raise ValueError("pole")
    result = function(x)
    if math.isinf(result) and math.isfinite(x):
        raise ValueError("overflow")
    return result


URL = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.S)


def url(text, part):
    protocol, authority, path, query, fragment = URL.fullmatch(text).groups()
    host = port = None
    if authority is not None:
        host, port = re.fullmatch(r"(.*?\]|[^:]*)(?::(.*))?", authority.rpartition("@")[2]).groups()
        if part == "port" and port:
            if not port.isdigit() or int(port) > 65535:
                raise ValueError("port")
            port = int(port)
    return {"protocol": protocol, "host": host, "port": port or None, "path": path, "query": query, "fragment": fragment}[part]


def parameter(text, name):
    query = url(text, "query")
    for one in (query or "").split("&"):
        key, _, v = one.partition("=")
        if one and urllib.parse.unquote_plus(key) == name:
            return urllib.parse.unquote_to_bytes(v.replace("+", " ")).decode()
    return None


MISSING = object()


def at_path(text, path):
    if not re.fullmatch(r'\$(\.[^.\["]+|\."[^"]*"|\[\d+\])*', path):
        raise ValueError("path")
    v = json.loads(text)
    for name, quoted, index in re.findall(r'\.([^.\["]+)|\.("[^"]*")|\[(\d+)\]', path[1:]):
        if index:
            v = v[int(index)] if isinstance(v, list) and int(index) < len(v) else MISSING
        else:
            key = name or quoted[1:-1]
            v = v[key] if isinstance(v, dict) and key in v else MISSING
        if v is MISSING:
            return MISSING
    return v


def is_json(text):
    try:
        json.loads(text)
        return True
    except ValueError:
        return False


def kind(v):
    if v is MISSING:
        return None
    return "null" if v is None else {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}[type(v)]


def length(v):
    if v is MISSING:
        return None
    if not isinstance(v, list):
        raise ValueError("not an array")
    return len(v)


def compact(text, path):
    """As written, so the escapes are the document's own."""
    v = at_path(text, path)
    return None if v is MISSING else json.dumps(v, separators=(",", ":"), ensure_ascii=text.isascii())


def as_string(text, path):
    v = at_path(text, path)
    return None if v is None or v is MISSING else v if isinstance(v, str) else compact(text, path)


def from_utc(moment, zone):
    return moment.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(zone_name(zone))).replace(tzinfo=None, fold=0)


def zone_name(zone):
    if zone not in ZONES:
        raise ValueError("zone")
    return zone


def to_utc(local, zone):
    first, second = (local.replace(tzinfo=ZoneInfo(zone_name(zone)), fold=f).astimezone(timezone.utc) for f in (0, 1))
    twice = first != second and from_utc(first.replace(tzinfo=None), zone) == local
    return (second if twice else first).replace(tzinfo=None)


def day_in(moment, zone):
    local = from_utc(moment, zone)
    return to_utc(local.replace(hour=0, minute=0, second=0, microsecond=0), zone)


XX = ctypes.CDLL(ctypes.util.find_library("xxhash"))
XX.XXH3_64bits.restype = XX.XXH64.restype = ctypes.c_int64
XX.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
XX.XXH64.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]


def unbase64(text):
    if not re.fullmatch(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", text):
        raise ValueError("base64")
    return base64.b64decode(text).decode()


def unhex(text):
    if not re.fullmatch("(?:[0-9a-fA-F]{2})*", text):
        raise ValueError("hex")
    return bytes.fromhex(text).decode()


def finite_argument(call, argument):
    return f"CASE WHEN isinf({argument}) THEN NULL ELSE {call} END"


def unless(outside, call):
    return f"CASE WHEN {outside} THEN NULL ELSE {call} END"


UNITS = ("microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade", "century", "millennium")

# DuckDB 2.0 counts weeks from Thursdays and centuries from 2000, not as its date_trunc and century do.
BOUNDARIES = {"week": "(epoch_us(date_trunc('week', t2)) - epoch_us(date_trunc('week', t1))) // 604800000000",
              "century": "century(t2) - century(t1)", "millennium": "millennium(t2) - millennium(t1)"}

CASES = [(f"{f}(u1)", None) for f in ("atan", "sinh", "cosh", "tanh", "asinh", "cbrt", "radians", "even", "isnan", "isinf", "isfinite", "signbit")] + [
    (f"{f}(u1)", finite_argument(f"{f}(u1)", "u1")) for f in ("sin", "cos", "tan")] + [
    (f"{f}(d1)", None) for f in ("atan", "tanh", "cbrt", "isnan", "isinf", "isfinite", "signbit")] + [
    ("even(few)", None), ("cot(few)", unless("few = 0", "cot(few)")),
    ("asin(u1)", unless("abs(u1) > 1 AND NOT isnan(u1)", "asin(u1)")), ("acos(u1)", unless("abs(u1) > 1 AND NOT isnan(u1)", "acos(u1)")),
    ("acosh(u1)", unless("u1 < 1", "acosh(u1)")), ("atanh(u1)", unless("abs(u1) > 1 AND NOT isnan(u1)", "CASE WHEN abs(u1) = 1 THEN u1 / 0.0 ELSE atanh(u1) END")),
    ("atan2(u1, few)", None), ("atan2(d1, d2)", None), ("pi()", None), ("degrees(u1)", None), ("degrees(few)", None), ("radians(d1)", None),
    ("log2(d1)", unless("d1 <= 0", "log2(d1)")), ("log(abs(few), abs(u1))", unless("few = 0 OR u1 = 0 OR abs(few) = 1", "log(abs(few), abs(u1))")),
    ("nextafter(d1, u1)", None),
    ("gamma(u1)", unless("u1 = floor(u1) AND u1 <= 0", "gamma(u1)")), ("gamma(few / 1e8)", unless("few = 0 OR few / 1e8 = floor(few / 1e8) AND few < 0", "gamma(few / 1e8)")),
    ("lgamma(few)", unless("few = floor(few) AND few <= 0", "lgamma(few)")),
    ("factorial(n)", unless("n < 0 OR n > 20", "factorial(n)")), ("bit_count(i1)", None), ("bit_count(b1)", None),
    ("xor(i1, i2)", None), ("xor(b1, b2)", None), ("bitwise_and(i1, i2)", "i1 & i2"), ("bitwise_and(b1, b2)", "b1 & b2"),
    ("bitwise_or(i1, i2)", "i1 | i2"), ("bitwise_or(b1, b2)", "b1 | b2"), ("bitwise_not(i1)", "~i1"), ("bitwise_not(b1)", "~b1"),
    ("div(i1, i2)", "i1 // i2"), ("div(b1, b2)", "b1 // b2"), ("div(b1, k)", "b1 // k"),
    # Texts.
    ("translate(s1, s2, 'xyz')", None), ("translate(s1, 'aäb', s2)", None), ("ascii(s1)", unless("s1 = ''", "unicode(s1)") .replace("NULL", "0")),
    ("ilike(s1, like1)", "s1 ILIKE like1 ESCAPE '\\'"), ("instr(s1, s2)", None), ("prefix(s1, s2)", None), ("suffix(s1, s2)", None),
    ("len(s1)", None), ("character_length(s1)", "length(s1)"), ("strlen(s1)", None), ("ucase(s1)", None), ("lcase(s1)", None),
    ("bit_length(s1)", None), ("to_hex(i1)", "lower(to_hex(i1 & 4294967295))"), ("to_bin(b1)", "to_binary(b1)"), ("bin(n)", "to_binary(n & 4294967295)"),
    ("levenshtein(w1, w2)", None), ("hamming(w1, w2)", "CASE WHEN w1 = '' AND w2 = '' THEN 0 ELSE hamming(w1, w2) END"), ("jaro_similarity(w1, w2)", None), ("jaro_winkler_similarity(w1, w2)", None),
    ("md5(s1)", None), ("sha1(s1)", None), ("sha256(s1)", None), ("to_base64(s1)", "to_base64(encode(s1))"), ("base64(s1)", "to_base64(encode(s1))"),
    ("hex(s1)", None), ("url_encode(s1)", None), ("unhex(hex(s1))", "s1"), ("from_base64(to_base64(s1))", "s1"), ("url_decode(url_encode(s1))", "s1"),
    ("concat_ws(s2, s1, w1, w2)", "CASE WHEN s2 IS NULL THEN NULL ELSE concat_ws(s2, s1, w1, w2) END"), ("concat_ws(', ', w1, 'x')", None),
    # Regular expressions: DuckDB's are RE2's too.
    ("regexp_matches(s1, re1)", None), ("regexp_like(s1, 'b+')", "regexp_matches(s1, 'b+')"), ("regexp_matches(s1, re1, 'i')", "regexp_matches(s1, '(?i)' || re1)"),
    ("regexp_full_match(s1, re1)", None), ("regexp_full_match(w1, 'AB*.*', 'i')", None), ("regexp_extract(s1, re1)", None),
    ("regexp_extract(w1, '(a)?(b)', 1)", None), ("regexp_extract(w1, '(A)(b)', 2, 'i')", None),
    ("regexp_substr(s1, re1)", "CASE WHEN regexp_matches(s1, re1) THEN regexp_extract(s1, re1) END"),
    ("regexp_replace(s1, re1, replace(s2, '\\', ''))", None), ("regexp_replace(s1, re1, '<\\0>', 'g')", None),
    ("regexp_replace(w1, '(a)(b)', '\\2\\1')", None),
    ("regexp_count(s1, re1)", "length(regexp_replace(s1, re1, '\\0' || chr(1), 'g')) - length(s1)"),
    ("regexp_instr(s1, re1)", "CASE WHEN s1 IS NULL OR re1 IS NULL THEN NULL WHEN regexp_matches(s1, re1) THEN length(regexp_extract(s1, '(?s)^(.*?)' || '(?-s:' || re1 || ')', 1)) + 1 ELSE 0 END"),
    ("regexp_full_match(s1, regexp_escape(s1))", "s1 IS NOT NULL OR NULL"),
    # Times.
    ("last_day(t1)", None), ("last_day(dt)", None), ("monthname(t1)", None), ("dayname(t1)", None), ("isodow(t1)", None), ("isoyear(t1)", None),
    ("yearweek(t1)", None), ("decade(t1)", None), ("century(t1)", None), ("millennium(t1)", None), ("millisecond(t1)", None), ("microsecond(t1)", None),
    ("weekday(t1)", None), ("dayofmonth(t1)", None), ("weekofyear(t1)", None),  ("julian(t1)", None), ("julian(dt)", "julian(dt::TIMESTAMP)"),
    ("make_timestamp(b1)", unless("b1 < -62135596800000000 OR b1 > 253402300799999999", "make_timestamp(b1)")),
    ("make_timestamp(2000 + k, l + 3, abs(k * l), n, abs(k), few)", "make_timestamp(2000 + k, l + 3, abs(k * l), n, abs(k), few)"),
    ("to_unixtime(t1)", "epoch(t1)"), ("from_unixtime(few)", "make_timestamp(CAST(round_even(few * 1000000, 0) AS BIGINT))"),
    ("add_months(t1, k)", "t1 + to_months(k)"), ("add_months(t1, n)", unless("year(t1 + to_months(n)) NOT BETWEEN 1 AND 9999", "t1 + to_months(n)")),
    ("date_add('month', k, t1)", "t1 + to_months(k)"), ("date_add('day', n, near)", "near + to_days(n)"), ("date_add('day', -k, dt)", unless("year(dt::TIMESTAMP - to_days(k)) NOT BETWEEN 1 AND 9999", "dt::TIMESTAMP - to_days(k)")), ("date_add('hour', n, t1)", "t1 + to_hours(n)"),
    ("date_add('quarter', l, t1)", "t1 + to_months(3 * l)"), ("date_add('year', l, near)", "near + to_years(l)"), ("date_add('week', k, near)", "near + to_weeks(k)"),
    ("date_add('millisecond', i1, t1)", unless("year(t1 + to_milliseconds(i1)) NOT BETWEEN 1 AND 9999", "t1 + to_milliseconds(i1)")),
    ("strptime(stamp, '%d.%m.%Y %H:%M:%S.%f')", None), ("try_strptime(stamp, '%d.%m.%Y %H:%M:%S.%f')", None),
    ("time_bucket(15m, t1)", "time_bucket(INTERVAL 15 MINUTE, t1)"), ("time_bucket(7d, t1)", "time_bucket(INTERVAL 7 DAY, t1)"),
    ("time_bucket(1000ms, near)", "time_bucket(INTERVAL 1 SECOND, near)"), ("date_bin(17m, t1, near)", "time_bucket(INTERVAL 17 MINUTE, t1, near)"),
    ("t1 + to_microseconds(i1)", None), ("t1 + to_milliseconds(k)", None), ("t1 + to_seconds(n)", None), ("t1 + to_minutes(n)", None), ("t1 + to_hours(n)", None),
    ("t1 + to_days(k)", None), ("t1 + to_weeks(k)", None),
    # Forms.
    ("greatest(x1, x2)", "CASE WHEN x1 IS NULL OR x2 IS NULL THEN NULL ELSE greatest(x1::DECIMAL(18,6), x2::DECIMAL(18,6)) END"),
    ("least(x1, i1, x2)", "CASE WHEN x1 IS NULL OR x2 IS NULL OR i1 IS NULL THEN NULL ELSE least(x1::DECIMAL(18,6), i1::DECIMAL(18,6), x2) END"),
    ("greatest(i1, i2, k, l)", "CASE WHEN i1 IS NULL OR i2 IS NULL OR k IS NULL OR l IS NULL THEN NULL ELSE greatest(i1, i2, k, l) END"),
    ("if(k > l, s1, s2)", None), ("iif(f, x1, k)", "if(f, x1, k)"), ("ifnull(k, 7)", None), ("nvl(s1, s2)", "ifnull(s1, s2)"), ("nvl2(k, s1, 'none')", "if(k IS NOT NULL, s1, 'none')"),
] + [(f"date_diff('{u}', t1, t2)", BOUNDARIES.get(u)) for u in UNITS] + [(f"date_sub('{u}', t1, t2)", None) for u in UNITS] + [
    ("datediff('day', near, t2)", None), ("datesub('month', near, t2)", None)]

COMPUTED = [
    ("gamma(k)", lambda r: gamma(float(r["k"]), math.gamma)),
    ("fmod(few, u1)", lambda r: fmod(r["few"], r["u1"])), ("fmod(d1, d2)", lambda r: fmod(r["d1"], r["d2"])),
    ("epoch_ns(t1)", lambda r: within((r["t1"] - datetime(1970, 1, 1)) // timedelta(microseconds=1) * 1000)),
    ("epoch(t2 - t1)", lambda r: micros(r["t1"], r["t2"]) / 1e6), ("epoch_ms(t2 - t1)", lambda r: part(r["t1"], r["t2"], 10**30, 1000)), ("epoch_us(t2 - t1)", lambda r: micros(r["t1"], r["t2"])),
    ("EXTRACT(day FROM t2 - t1)", lambda r: float(part(r["t1"], r["t2"], 10**30, 86400 * 10**6))), ("date_part('hour', t2 - t1)", lambda r: float(part(r["t1"], r["t2"], 86400 * 10**6, 3600 * 10**6))),
    ("date_part('minutes', t2 - t1)", lambda r: float(part(r["t1"], r["t2"], 3600 * 10**6, 60 * 10**6))), ("EXTRACT(second FROM t2 - t1)", lambda r: part(r["t1"], r["t2"], 60 * 10**6, 1) / 1e6),
    ("date_part('milliseconds', t2 - t1)", lambda r: part(r["t1"], r["t2"], 60 * 10**6, 1) / 1e3), ("date_part('microseconds', t2 - t1)", lambda r: float(part(r["t1"], r["t2"], 60 * 10**6, 1))),
    ("date_part('epoch', t2 - t1)", lambda r: micros(r["t1"], r["t2"]) / 1e6),
    ("epoch_us((t2 - t1) * k)", lambda r: within(micros(r["t1"], r["t2"]) * int(r["k"]))), ("epoch_us(b1 * (t2 - t1))", lambda r: within(micros(r["t1"], r["t2"]) * int(r["b1"]))),
    ("epoch_us((t2 - t1) * few)", lambda r: within(round(float(micros(r["t1"], r["t2"])) * r["few"]))), ("epoch_us((t2 - t1) * d1)", lambda r: within(round(float(micros(r["t1"], r["t2"])) * r["d1"]))),
    ("epoch_us((t2 - t1) / k)", lambda r: within(round(float(micros(r["t1"], r["t2"])) / float(r["k"])))), ("epoch_us((t2 - t1) / few)", lambda r: within(round(float(micros(r["t1"], r["t2"])) / r["few"]))),
    ("epoch_us(x1 * (t2 - t1))", lambda r: within(round(float(micros(r["t1"], r["t2"])) * float(r["x1"])))),
    ("epoch_us(to_seconds(few))", lambda r: within(round(r["few"] * 1e6))), ("epoch_us(to_milliseconds(d1))", lambda r: within(round(r["d1"] * 1e3))),
    ("erf(u1)", lambda r: math.erf(r["u1"])), ("erfc(few)", lambda r: math.erfc(r["few"])),
    ("gcd(b1, b2)", lambda r: within(math.gcd(int(r["b1"]), int(r["b2"])))), ("gcd(i1, k)", lambda r: math.gcd(int(r["i1"]), int(r["k"]))),
    ("lcm(i1, i2)", lambda r: within(math.lcm(int(r["i1"]), int(r["i2"])))), ("lcm(b1, k)", lambda r: within(math.lcm(int(r["b1"]), int(r["k"])))),
    ("width_bucket(u1, -1.5e0, 1.5e0, 7)", lambda r: width_bucket(r["u1"], -1.5, 1.5, 7)),
    ("width_bucket(few, d1, d2, l)", lambda r: width_bucket(r["few"], r["d1"], r["d2"], r["l"])),
    ("width_bucket(few, 1000000e0, -1000000e0, 10)", lambda r: width_bucket(r["few"], 1e6, -1e6, 10)),
    ("bitwise_xor(b1, k)", lambda r: int(r["b1"]) ^ int(r["k"])),
    ("bitwise_left_shift(b1, n)", lambda r: bits(int(r["b1"]) << int(r["n"]))), ("bitwise_right_shift(b1, n)", lambda r: int(r["b1"]) >> int(r["n"])),
    ("lpad(s1, n, s2)", lambda r: pad(r["s1"], r["n"], r["s2"], True)), ("rpad(s1, n, s2)", lambda r: pad(r["s1"], r["n"], r["s2"], False)),
    ("lpad(s1, l)", lambda r: pad(r["s1"], r["l"], " ", True)), ("rpad(s1, l)", lambda r: pad(r["s1"], r["l"], " ", False)),
    ("initcap(s1)", lambda r: initcap(r["s1"])), ("overlay(s1, s2, k)", lambda r: overlay(r["s1"], r["s2"], r["k"])),
    ("overlay(s1, s2, l, k)", lambda r: overlay(r["s1"], r["s2"], r["l"], r["k"])),
    ("chr(n)", lambda r: chr(int(r["n"])) if r["n"] > 0 and not 0xD800 <= r["n"] <= 0xDFFF else None), ("ord(s1)", lambda r: ord(r["s1"][:1] or "\0")),
    ("to_hex(b1)", lambda r: format(int(r["b1"]) & (1 << 64) - 1, "x")), ("to_oct(b1)", lambda r: format(int(r["b1"]) & (1 << 64) - 1, "o")),
    ("to_oct(i1)", lambda r: format(int(r["i1"]) & (1 << 32) - 1, "o")), ("to_bin(i1)", lambda r: format(int(r["i1"]) & (1 << 32) - 1, "b")),
    ("levenshtein(s1, s2)", lambda r: levenshtein(r["s1"], r["s2"])), ("hamming(left(s1, 2), left(s2, 2))", lambda r: hamming(r["s1"][:2], r["s2"][:2])),
    ("regexp_escape(w1)", lambda r: r["w1"]),
    ("sha512(s1)", lambda r: hashlib.sha512(r["s1"].encode()).hexdigest()), ("crc32(s1)", lambda r: zlib.crc32(r["s1"].encode())),
    ("hash(s1)", lambda r: XX.XXH3_64bits(r["s1"].encode(), len(r["s1"].encode()))), ("xxhash64(s1)", lambda r: XX.XXH64(r["s1"].encode(), len(r["s1"].encode()), 0)),
    ("hash(b1)", lambda r: XX.XXH3_64bits(int(r["b1"]).to_bytes(8, "little", signed=True), 8)),
    ("from_base64(code1)", lambda r: unbase64(r["code1"])), ("unhex(code1)", lambda r: unhex(r["code1"])),
    ("url_decode(code1)", lambda r: urllib.parse.unquote_to_bytes(r["code1"]).decode()),
] + [(f"url_extract_{p}(url1)", (lambda part: lambda r: url(r["url1"], part))(p)) for p in ("protocol", "host", "port", "path", "query", "fragment")] + [
    ("url_extract_parameter(url1, 'q')", lambda r: parameter(r["url1"], "q")),
    ("json_valid(json1)", lambda r: is_json(r["json1"])), ("json_typeof(json1)", lambda r: kind(json.loads(r["json1"]))),
    ("json_typeof(json1, path1)", lambda r: kind(at_path(r["json1"], r["path1"]))), ("json_array_length(json1)", lambda r: length(json.loads(r["json1"]))),
    ("json_array_length(json1, path1)", lambda r: length(at_path(r["json1"], r["path1"]))),
    ("json_extract(json1, path1)", lambda r: compact(r["json1"], r["path1"])), ("json_extract_string(json1, path1)", lambda r: as_string(r["json1"], r["path1"])),
    ("json_exists(json1, path1)", lambda r: at_path(r["json1"], r["path1"]) is not MISSING),
    ("from_utc_timestamp(near, zone1)", lambda r: from_utc(r["near"], r["zone1"])), ("from_utc_timestamp(t1, zone1)", lambda r: from_utc(r["t1"], r["zone1"])),
    ("near AT TIME ZONE zone1", lambda r: from_utc(r["near"], r["zone1"])),
    ("to_utc_timestamp(near, zone1)", lambda r: to_utc(r["near"], r["zone1"])), ("date_trunc('day', near, zone1)", lambda r: day_in(r["near"], r["zone1"])),
    ("date_add('day', -1, near)", lambda r: r["near"] - timedelta(days=1)),
]
