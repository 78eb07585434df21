"""Input values that have broken portals in production.

They are JSON text, since encoders cannot produce many of them: numbers beyond any float, halves of surrogate pairs,
bytes that are not UTF-8. The first values of a group are tried everywhere, the others in turn.
"""

import json

DEEP = 20_000
LONG = "x" * 10_000

STRINGS: dict[str, bytes] = {
    "NUL": rb'"\u0000"',
    "NUL inside": rb'"Ada\u0000Lovelace"',
    "raw control": b'"Ada\x00\x01"',
    "lone surrogate": rb'"\ud800"',
    "reversed pair": rb'"\udc00\ud800"',
    "surrogate bytes": b'"\xed\xa0\x80"',
    "bad UTF-8": b'"\xff\xfe\xc0\xaf"',
    "10,000": json.dumps(LONG).encode(),
    "10,000 astral": json.dumps("𒐫" * 10_000, ensure_ascii=False).encode(),
    "RTL, emoji, zero width": '"\u202eמירה\u202c 👩🏽‍👩🏽‍👧🏽 \u200b\u200d\u2060\ufeffz̸̡̞͍̪͚̈́"'.encode(),
    "noncharacters": rb'"\uffff\ufdd0\ufffe"',
    "SQL and formats": rb'"\u0027; DROP TABLE portal.clients;-- %s%n {0.__class__} ${7*7} {{7}} \\ \u0027\u0027 :1 $1"',
    "LIKE": b'"%_\\\\%%"',
    "markup and lines": rb'"<script>\r\nBcc: x@y.example\r\n\r\n\u2028\u0085</script>"',
    "blank": b'" \xc2\xa0\xe2\x80\x83 "',
    "empty": b'""',
    "line at the end": rb'"en\n"',
    "grows when folded": json.dumps("ﬃΐ" * 80, ensure_ascii=False).encode(),
}
FIRST_STRINGS = (
    "NUL inside",
    "lone surrogate",
    "10,000",
    "RTL, emoji, zero width",
    "SQL and formats",
)
"""Sent for every text field; the other strings are used in turn."""

FREE_TEXTS = (
    "RTL, emoji, zero width",
    "noncharacters",
    "SQL and formats",
    "markup and lines",
    "grows when folded",
    "LIKE",
)
"""Texts that may be accepted, and must then work in views, searches, mail and calendar files."""

WRONG_TYPES: dict[str, bytes] = {
    "null": b"null",
    "true": b"true",
    "number": b"7",
    "fraction": b"0.5",
    "object": b'{"a": {"b": [null]}}',
    "list": b'["a", ["b"], null]',
    "text": b'"x"',
}
NUMBERS: dict[str, bytes] = {
    "0": b"0",
    "-1": b"-1",
    "-0": b"-0",
    "2**31-1": str(2**31 - 1).encode(),
    "2**31": str(2**31).encode(),
    "2**63": str(2**63).encode(),
    "-2**63": str(-(2**63)).encode(),
    "2**64": str(2**64).encode(),
    "10**400": b"1" + b"0" * 400,
    "1e400": b"1e400",
    "-1e400": b"-1e400",
    "1e-400": b"1e-400",
    "1.0": b"1.0",
    "NaN": b"NaN",
    "Infinity": b"Infinity",
    "as text": b'"1"',
}
FIRST_NUMBERS = ("0", "-1", "2**31", "2**63", "1e400")
DATES: dict[str, bytes] = {
    one: json.dumps(one).encode()
    for one in (
        "0001-01-01",
        "9999-12-31",
        "0000-00-00",
        "2026-02-30",
        "2024-02-29",
        "1850-01-01",
        "2200-12-31",
        "2026-03-08",
        "-001-01-01",
        "2026-W10-1",
        "٢٠٢٦-٠٣-٠٢",
        "2026-03-02\n",
        "today",
    )
}
FIRST_DATES = ("0001-01-01", "9999-12-31", "2026-03-08")
INSTANTS: dict[str, bytes] = {
    one: json.dumps(one).encode()
    for one in (
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2026-03-08T02:30:00-05:00",
        "2026-03-08T02:30:00",
        "2026-11-01T01:30:00-04:00",
        "1850-01-01T00:00:00+23:59",
        "2200-12-31T23:59:59.999999-23:59",
        "2026-06-30T23:59:60Z",
        "2026-03-02T24:00:00Z",
        "2026-03-02T15:00:00+99:99",
        "2026-03-02T15:00:00.1234567891Z",
        "2026-03-02",
        "1772463600",
    )
}
FIRST_INSTANTS = (
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "2026-03-08T02:30:00-05:00",
    "2026-03-08T02:30:00",
)
TIMES: dict[str, bytes] = {
    one: json.dumps(one).encode()
    for one in ("24:00", "00:00", "09:00\n", "23:59:59.999999", "12:00:00Z", "25:61:61", "०९:००", "noon")
}
IDS: dict[str, bytes] = {
    one: json.dumps(one).encode()
    for one in (
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "{0190a3c4-7c1e-7d2a-9f00-5b8c2f6d1e42}",
        "urn:uuid:0190a3c4-7c1e-7d2a-9f00-5b8c2f6d1e42",
        "0190a3c4",
        "1 OR 1=1",
    )
}
BODIES: dict[str, bytes] = {
    "empty": b"",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"x"',
    "a number": b"1e400",
    "NaN": b"NaN",
    "cut off": b'{"a": ',
    "two": b"{}{}",
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
    "unclosed": b"[" * DEEP,
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "with BOM": b"\xef\xbb\xbf{}",
    "NULs": b"\x00" * 64,
    "no UTF-8": b'{"\xff": 1}',
    "lone surrogate as key": rb'{"\ud800": 1}',
    "NUL as key": rb'{"\u0000": 1}',
    "a form": b"email=a%40b.example&password=x",
    "too large": b'{"a": "' + b"x" * (3 << 20) + b'"}',
}
CONTENT_TYPES: tuple[bytes, ...] = (
    b"text/plain",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data",
    b"multipart/form-data; boundary=",
    b"application/xml",
    b"application/json; charset=utf-16",
    b"application/msgpack",
    b"////",
    b"",
    b"\xff\xfe",
    b"application/json\x00",
    b"application/problem+json",
)
PATH_VALUES: tuple[str, ...] = (
    "not-an-id",
    "%00",
    "0190a3c4-7c1e-7d2a-9f00-5b8c2f6d1e42%00",
    "..%2f..%2fetc%2fpasswd",
    "%ff%fe",
    "%ed%a0%80",
    "%F0%9F%92%A9",
    "%zz",
    "00000000-0000-0000-0000-000000000000",
    "%7B0190a3c4-7c1e-7d2a-9f00-5b8c2f6d1e42%7D",
    "0190A3C47C1E7D2A9F005B8C2F6D1E42",
    "-1",
    "1%20OR%201=1",
    "x" * 5_000,
    "%0A",
)
QUERY_VALUES: tuple[str, ...] = (
    "",
    "%00",
    "%ff%fe",
    "%ed%a0%80",
    "%F0%9F%92%A9%E2%80%8B%E2%80%AE",
    "%zz%",
    "-1",
    "0",
    "2147483648",
    "9223372036854775808",
    "1e400",
    "NaN",
    "0001-01-01",
    "9999-12-31",
    "2026-03-08",
    "2026-03-08T02:30:00",
    "0001-01-01T00:00:00%2B23:59",
    "9999-12-31T23:59:59-23:59",
    "not-an-id",
    "00000000-0000-0000-0000-000000000000",
    "%27%3B%20DROP%20TABLE%20x%3B--%20%25s",
    "null",
    "x" * 10_000,
    "a%0A",
)
CURSORS: tuple[str, ...] = (
    "AAAA",
    "====",
    "a",
    "_-_-",
    "MDAwMS0wMS0wMVQwMDowMDowMCsyMzo1OSAwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDA",  # year 1, east of UTC
    "OTk5OS0xMi0zMVQyMzo1OTo1OS0yMzo1OSAwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDA",  # year 9999, west of UTC
    "MjAyNi0wMy0wMlQxNTowMDowMCAwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDA",  # no offset
    "MjAyNi0wMy0wMiB4",
    "AP8AAA",
    "00000000-0000-0000-0000-000000000000",
    "00000000000000000000000000000000|x",
    "x" * 512,
)
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"idempotency-key", b""),
    (b"idempotency-key", b"k" * 256),
    (b"idempotency-key", b"a\x00b"),
    (b"idempotency-key", "schlüssel".encode()),
    (b"idempotency-key", b"\xff"),
    (b"idempotency-key", b"%s'; --"),
    (b"portal-client", b""),
    (b"portal-client", b"not-an-id"),
    (b"portal-client", b"\xff\xfe"),
    (b"portal-client", b"00000000-0000-0000-0000-000000000000"),
    (b"portal-client", b"{0190a3c4-7c1e-7d2a-9f00-5b8c2f6d1e42}"),
    (b"portal-client", b"x" * 10_000),
    (b"portal-practice", b""),
    (b"portal-practice", b"nowhere"),
    (b"portal-practice", b"../\x00"),
    (b"portal-practice", b"\xed\xa0\x80"),
    (b"portal-practice", b"x" * 10_000),
    (b"authorization", b""),
    (b"authorization", b"Bearer"),
    (b"authorization", b"Bearer  "),
    (b"authorization", b"Bearer \xff\xfe"),
    (b"authorization", b"Bearer a\x00b"),
    (b"authorization", b"Bearer " + b"x" * 9_000),
    (b"authorization", b"Basic YWRhOnB3"),
    (b"authorization", b"Digest \x00"),
    (b"cookie", b"=;;;=" * 100 + b"\xff"),
    (b"cookie", b"portal=\xed\xa0\x80; portal-refresh=\xff"),
    (b"cookie", b"portal=" + b"x" * 9_000),
    (b"host", b"\xff\xfe:99999"),
    (b"host", b"[::1"),
    (b"accept", b"*/*;q=\xff"),
    (b"accept", b"application/x-nothing"),
    (b"content-length", b"-1"),
    (b"content-length", b"9" * 40),
    (b"content-encoding", b"gzip"),
    (b"user-agent", b"\x00\xff" * 1_000),
    (b"x-forwarded-for", b"\xff, 1.2.3.4, ::"),
    (b"x-request-id", b"\x00" * 100),
    (b"origin", b"null"),
    (b"x-http-method-override", b"DELETE"),
    (b"range", b"bytes=0-18446744073709551616"),
    (b"expect", b"100-continue"),
)

CONTENTS = {
    "nothing": b"",
    "a cut off image": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "a program": b"MZ\x90\x00\x03\x00\x00\x00",
    "a page": b"<!doctype html><script>alert(1)</script>",
    "an empty archive": b"PK\x05\x06" + bytes(18),
    "a PDF without an end": b"%PDF-1.7\n1 0 obj\n",
    "not UTF-8": b"\xc3\x28",
    "zeros": bytes(300_000),
}
"""Files that are refused, or harmless."""
