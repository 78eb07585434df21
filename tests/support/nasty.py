"""Input that portals in the field fell over, for one route: each attempt differs from a good request in one thing.

Values stand as JSON text, since much of what is worth sending cannot be made by an encoder: numbers beyond any float,
halves of surrogate pairs, bytes that are no UTF-8.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from attrs import field, frozen

from tests.support.operations import Operation
from tests.support.scene import Scene

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
"""For every text, every time; the others in turn."""

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
    for one in ("24:00:00", "00:00:00", "23:59:59.999999", "12:00:00Z", "25:61:61", "noon")
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
    "OTk5OS0xMi0zMVQyMzo1OTo1OS0yMzo1OSAwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDA",  # year 9999, west of it
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
    (b"cookie", b"portal_session=\xed\xa0\x80"),
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


@frozen
class Attempt:
    """One request, and in a few words what is wrong with it."""

    what: str
    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = field(repr=False)


@frozen
class Nasty:
    """Makes the attempts at one route. `thorough` makes them all; otherwise what is not first comes in turn."""

    scene: Scene
    operation: Operation
    thorough: bool

    def good(self) -> Attempt:
        """The request that succeeds."""
        return self._attempt("nothing")

    def attempts(self) -> Iterator[Attempt]:
        """All of them, in the same order every time."""
        yield from self._bodies()
        yield from self._paths()
        yield from self._queries()
        yield from self._heads()
        for method in self._turns_of(("PROPFIND", "TRACE", "get", "G\x00T"), 1):
            yield self._attempt(f"method {method!r}", method=method)

    def _attempt(
        self, what: str, *, method: str = "", target: str = "", headers: Any = None, body: Any = None
    ) -> Attempt:
        operation = self.operation
        good = b"" if operation.example is None else json.dumps(self.scene.body(operation)).encode()
        token = self.scene.token(operation)
        known = {b"authorization": f"Bearer {token}".encode()} if token else {}
        if operation.example is not None:
            known[b"content-type"] = b"application/json"
        known.update(headers or {})
        return Attempt(
            what,
            method or operation.method,
            target or self.scene.target(operation),
            tuple(known.items()),
            good if body is None else body,
        )

    def _bodies(self) -> Iterator[Attempt]:
        operation = self.operation
        if operation.body is None:
            yield self._attempt("a body where none is asked", body=b'{"a": 1}')
            return
        good = self.scene.body(operation)
        for at, what, text in self._mutations(operation.body, good, ()):
            yield self._attempt(f"{'.'.join(map(str, at))}: {what}", body=_with(good, at, text))
        yield self._attempt("an unknown field", body=json.dumps({**good, "__proto__": {"a": 1}}).encode())
        for name in good:
            rest = {key: value for key, value in good.items() if key != name}
            yield self._attempt(f"{name} left out", body=json.dumps(rest).encode())
            twice = json.dumps(good).encode()[:-1] + b", " + json.dumps({name: good[name]}).encode()[1:]
            yield self._attempt(f"{name} twice", body=twice)
        for what, body in self._turns(BODIES, ("deep lists", "cut off")):
            yield self._attempt(f"body: {what}", body=body)
        for kind in self._turns_of(CONTENT_TYPES, 2):
            yield self._attempt(f"content-type: {kind!r}", headers={b"content-type": kind})

    def _mutations(self, schema: Any, value: Any, at: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str, bytes]]:
        schema = self.operation.resolved(schema)
        kind = schema.get("type")
        if kind == "object" or (kind is None and isinstance(value, dict)):
            if at:
                yield from self._of(at, WRONG_TYPES, ("null", "list"))
            names = schema.get("properties", {})
            for name, inside in (value or {}).items():
                yield from self._mutations(names.get(name, {}), inside, (*at, name))
            if not names:
                yield from self._of((*at, "anything"), STRINGS, ("10,000",))
        elif kind == "array":
            yield from self._of(at, WRONG_TYPES, ("null", "object", "text"))
            items = json.dumps((value or [0]) * 3000).encode()
            yield at, "thousands", items
            yield at, "none", b"[]"
            if value:
                yield from self._mutations(schema.get("items", {}), value[0], (*at, 0))
        elif kind == "integer":
            yield from self._of(at, NUMBERS, FIRST_NUMBERS)
            yield from self._of(at, WRONG_TYPES, ("null",))
            for edge in ("minimum", "maximum"):
                if edge in schema:
                    for value in (schema[edge], schema[edge] + (1 if edge == "maximum" else -1)):
                        yield at, f"{edge}, {value}", str(value).encode()
        elif kind == "boolean":
            yield from self._of(at, WRONG_TYPES, ("null", "text"))
            yield at, "the other", b"false" if value else b"true"
        else:
            yield from self._texts(schema, at)

    def _texts(self, schema: Any, at: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str, bytes]]:
        special = {
            "date": (DATES, FIRST_DATES),
            "date-time": (INSTANTS, FIRST_INSTANTS),
            "partial-time": (TIMES, ("24:00:00", "00:00:00")),
            "time": (TIMES, ("24:00:00", "00:00:00")),
            "uuid": (IDS, ("00000000-0000-0000-0000-000000000000",)),
        }
        if schema.get("format") in special:
            values, first = special[schema["format"]]
            yield from self._of(at, values, first)
        yield from self._of(at, STRINGS, FIRST_STRINGS)
        yield from self._of(at, WRONG_TYPES, ("null", "number"))
        longest = schema.get("maxLength")
        if longest and longest <= 20_000:
            for sign in self._turns_of(("x", "𒐫", "ﬃ"), 1):
                yield at, f"{longest} times {sign}", json.dumps(sign * longest, ensure_ascii=False).encode()
        if "email" in str(at[-1:]):
            for text in ("a" * 64 + "@" + "b" * 185 + ".example", "İ@ﬃ.example", "a@b\n", "a@\u202eb", '"@"@[::1]'):
                yield at, text, json.dumps(text, ensure_ascii=False).encode()

    def _paths(self) -> Iterator[Attempt]:
        operation = self.operation
        good = {name: quote(value, safe="") for name, value in self.scene.path_values(operation).items()}
        for name in good:
            for value in self._turns_of(PATH_VALUES, 5):
                target = operation.path.format(**{**good, name: value})
                yield self._attempt(f"{name} {value[:60]!r} in the path", target=target)
        yield self._attempt("a slash too many", target=self.scene.target(operation).replace("/api", "//api", 1))
        yield self._attempt("up and down", target=operation.path.format(**good) + "/../..%2f%2e%2e")

    def _queries(self) -> Iterator[Attempt]:
        operation = self.operation
        target = self.scene.target(operation)
        joint = "&" if "?" in target else "?"
        path, _, _ = target.partition("?")
        good = self.scene.query_values(operation)
        for name in operation.query:
            rest = "".join(f"{key}={quote(value)}&" for key, value in good.items() if key != name)
            values = CURSORS + QUERY_VALUES if name == "after" else QUERY_VALUES
            for value in self._turns_of(values, 12 if name == "after" else 8):
                yield self._attempt(f"{name}={value[:60]}", target=f"{path}?{rest}{name}={value}")
            yield self._attempt(f"{name} twice", target=f"{path}?{rest}{name}=1&{name}=2")
        yield self._attempt("a huge query", target=f"{target}{joint}a={'x' * 200_000}")
        yield self._attempt("thousands of parameters", target=f"{target}{joint}{'a=1&' * 5_000}")
        yield self._attempt("an unknown parameter", target=f"{target}{joint}%00=%00&=&&&;%ff=%ff")
        yield self._attempt("practice in the query", target=f"{target}{joint}practice=%00%ff")

    def _heads(self) -> Iterator[Attempt]:
        for name, value in self._turns_of(HEADERS, 8):
            yield self._attempt(f"{name.decode()}: {value[:60]!r}", headers={name: value})

    def _of(
        self, at: tuple[Any, ...], values: dict[str, bytes], first: tuple[str, ...]
    ) -> Iterator[tuple[tuple[Any, ...], str, bytes]]:
        for what, text in self._turns(values, first, salt=len(str(at))):
            yield at, what, text

    def _turns(self, values: dict[str, bytes], first: tuple[str, ...], salt: int = 0) -> Iterator[tuple[str, bytes]]:
        """The first ones, and one of the others: another at each place, so that all have their turn somewhere."""
        others = [one for one in values if one not in first]
        if not self.thorough and others:
            others = [others[(self._salt + salt) % len(others)]]
        for name in (*first, *others):
            yield name, values[name]

    def _turns_of(self, values: tuple[Any, ...], few: int) -> tuple[Any, ...]:
        if self.thorough or len(values) <= few:
            return values
        return tuple(values[(self._salt + turn * len(values) // few) % len(values)] for turn in range(few))

    @property
    def _salt(self) -> int:
        return sum(map(ord, self.operation.operation_id))


def _with(good: Any, at: tuple[Any, ...], text: bytes) -> bytes:
    """The body with other JSON text in one place."""
    marked = json.loads(json.dumps(good))
    inside = marked
    for step in at[:-1]:
        inside = inside[step]
    inside[at[-1]] = "\u0001here\u0001"
    return json.dumps(marked).encode().replace(rb'"\u0001here\u0001"', text)
