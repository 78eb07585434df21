"""Hostile requests to one route: each differs from a valid request in one respect."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from attrs import field, frozen

from entrypoints.http.contract.fields import CLOCK_TIME
from tests.support.http.document_requests import CONTENT
from tests.support.http.hostile_values import (
    BODIES,
    CONTENT_TYPES,
    CONTENTS,
    CURSORS,
    DATES,
    FIRST_DATES,
    FIRST_INSTANTS,
    FIRST_NUMBERS,
    FIRST_STRINGS,
    HEADERS,
    IDS,
    INSTANTS,
    NUMBERS,
    PATH_VALUES,
    QUERY_VALUES,
    STRINGS,
    TIMES,
    WRONG_TYPES,
)
from tests.support.http.operations import Operation
from tests.support.http.valid_requests import ValidRequests

SECRETS = {"password", "current_password", "new_password", "code", "phone", "callback"}
"""Text fields with a required format that the schema does not state."""


@frozen
class HostileRequest:
    """One request; `what` describes briefly what is wrong with it."""

    what: str
    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = field(repr=False)


@frozen
class HostileRequests:
    """Generates hostile requests for one route: all if `thorough`, else the first of each group and a sample."""

    valid_requests: ValidRequests
    operation: Operation
    thorough: bool

    def valid_request(self) -> HostileRequest:
        """The unchanged valid request."""
        return self._attempt("nothing")

    def with_text(self, text: str) -> HostileRequest:
        """The valid request with every free text in its body replaced."""
        body = self._replace_text(self.operation.body, self.valid_requests.body(self.operation), text)
        return self._attempt(f"every text {text[:20]!r}", body=json.dumps(body).encode())

    def attempts(self) -> Iterator[HostileRequest]:
        """All hostile requests, in the same order every time."""
        yield from self._bodies()
        yield from self._paths()
        yield from self._queries()
        yield from self._header_attempts()
        for method in self._rotate_values(("PROPFIND", "TRACE", "get", "G\x00T"), 1):
            yield self._attempt(f"method {method!r}", method=method)

    def _attempt(
        self, what: str, *, method: str = "", target: str = "", headers: Any = None, body: Any = None
    ) -> HostileRequest:
        operation = self.operation
        valid_request = CONTENT if operation.binary else b""
        if operation.example is not None:
            valid_request = json.dumps(self.valid_requests.body(operation)).encode()
        token = self.valid_requests.token(operation)
        known = {b"authorization": f"Bearer {token}".encode()} if token else {}
        if operation.example is not None:
            known[b"content-type"] = b"application/json"
        known.update(headers or {})
        if b"cookie" in known:
            known.pop(b"authorization", None)
        return HostileRequest(
            what,
            method or operation.method,
            target or self.valid_requests.target(operation),
            tuple(known.items()),
            valid_request if body is None else body,
        )

    def _replace_text(self, schema: Any, value: Any, text: str) -> Any:
        schema = self.operation.resolved(schema)
        if isinstance(value, dict):
            names = schema.get("properties", {})
            return {
                name: one if name in SECRETS or name not in names else self._replace_text(names[name], one, text)
                for name, one in value.items()
            }
        if isinstance(value, list):
            return [self._replace_text(schema["items"], one, text) for one in value]
        free = schema.get("type") == "string" and not {"format", "pattern", "enum"} & schema.keys()
        return text[: schema.get("maxLength", 200)] if free else value

    def _bodies(self) -> Iterator[HostileRequest]:
        operation = self.operation
        if operation.binary:
            for what, content in self._rotate(CONTENTS, ("a cut off image",)):
                yield self._attempt(f"content: {what}", body=content)
            return
        if operation.body is None:
            yield self._attempt("a body where none is asked", body=b'{"a": 1}')
            return
        valid_request = self.valid_requests.body(operation)
        for at, what, text in self._mutations(operation.body, valid_request, ()):
            yield self._attempt(f"{'.'.join(map(str, at))}: {what}", body=_with(valid_request, at, text))
        yield self._attempt("an unknown field", body=json.dumps({**valid_request, "__proto__": {"a": 1}}).encode())
        for name in valid_request:
            rest = {key: value for key, value in valid_request.items() if key != name}
            yield self._attempt(f"{name} left out", body=json.dumps(rest).encode())
            twice = (
                json.dumps(valid_request).encode()[:-1] + b", " + json.dumps({name: valid_request[name]}).encode()[1:]
            )
            yield self._attempt(f"{name} twice", body=twice)
        for what, body in self._rotate(BODIES, ("deep lists", "cut off")):
            yield self._attempt(f"body: {what}", body=body)
        for kind in self._rotate_values(CONTENT_TYPES, 2):
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
            yield from self._of(at, WRONG_TYPES, ("null",))
            items = json.dumps((value or [0]) * 3000).encode()
            yield at, "thousands", items
            yield at, "none", b"[]"
            if value:
                yield from self._mutations(schema.get("items", {}), value[0], (*at, 0))
        elif kind == "integer":
            yield from self._of(at, NUMBERS, FIRST_NUMBERS)
            yield from self._of(at, WRONG_TYPES, ())
            for edge in ("minimum", "maximum"):
                if edge in schema:
                    for value in (schema[edge], schema[edge] + (1 if edge == "maximum" else -1)):
                        yield at, f"{edge}, {value}", str(value).encode()
        elif kind == "boolean":
            yield from self._of(at, WRONG_TYPES, ("text",))
            yield at, "the other", b"false" if value else b"true"
        else:
            yield from self._texts(schema, at)

    def _texts(self, schema: Any, at: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str, bytes]]:
        special = {
            "date": (DATES, FIRST_DATES),
            "date-time": (INSTANTS, FIRST_INSTANTS),
            "uuid": (IDS, ("00000000-0000-0000-0000-000000000000",)),
        }
        if schema.get("format") in special:
            values, first = special[schema["format"]]
            yield from self._of(at, values, first)
        if CLOCK_TIME in schema.get("pattern", ""):
            yield from self._of(at, TIMES, ("24:00", "00:00", "09:00\n"))
        yield from self._of(at, STRINGS, FIRST_STRINGS)
        yield from self._of(at, WRONG_TYPES, ())
        longest = schema.get("maxLength")
        if longest and longest <= 20_000:
            for sign in self._rotate_values(("x", "𒐫", "ﬃ"), 1):
                yield at, f"{longest} times {sign}", json.dumps(sign * longest, ensure_ascii=False).encode()
        if "email" in str(at[-1:]):
            for text in ("a" * 64 + "@" + "b" * 185 + ".example", "İ@ﬃ.example", "a@b\n", "a@\u202eb", '"@"@[::1]'):
                yield at, text, json.dumps(text, ensure_ascii=False).encode()

    def _paths(self) -> Iterator[HostileRequest]:
        operation = self.operation
        valid_request = {
            name: quote(value, safe="") for name, value in self.valid_requests.path_values(operation).items()
        }
        for name in valid_request:
            for value in self._rotate_values(PATH_VALUES, 4):
                target = operation.path.format(**{**valid_request, name: value})
                yield self._attempt(f"{name} {value[:60]!r} in the path", target=target)
        yield self._attempt(
            "a slash too many", target=self.valid_requests.target(operation).replace("/api", "//api", 1)
        )
        yield self._attempt("up and down", target=operation.path.format(**valid_request) + "/../..%2f%2e%2e")

    def _queries(self) -> Iterator[HostileRequest]:
        operation = self.operation
        target = self.valid_requests.target(operation)
        joint = "&" if "?" in target else "?"
        path, _, _ = target.partition("?")
        valid_request = self.valid_requests.query_values(operation)
        for name in operation.query:
            rest = "".join(f"{key}={quote(value)}&" for key, value in valid_request.items() if key != name)
            values = CURSORS + QUERY_VALUES if name == "after" else QUERY_VALUES
            for value in self._rotate_values(values, 10 if name == "after" else 6):
                yield self._attempt(f"{name}={value[:60]}", target=f"{path}?{rest}{name}={value}")
            yield self._attempt(f"{name} twice", target=f"{path}?{rest}{name}=1&{name}=2")
        yield self._attempt("a huge query", target=f"{target}{joint}a={'x' * 200_000}")
        yield self._attempt("thousands of parameters", target=f"{target}{joint}{'a=1&' * 5_000}")
        yield self._attempt("an unknown parameter", target=f"{target}{joint}%00=%00&=&&&;%ff=%ff")
        yield self._attempt("practice in the query", target=f"{target}{joint}practice=%00%ff")

    def _header_attempts(self) -> Iterator[HostileRequest]:
        for name, value in self._rotate_values(HEADERS, 6):
            yield self._attempt(f"{name.decode()}: {value[:60]!r}", headers={name: value})

    def _of(
        self, at: tuple[Any, ...], values: dict[str, bytes], first: tuple[str, ...]
    ) -> Iterator[tuple[tuple[Any, ...], str, bytes]]:
        for what, text in self._rotate(values, first, salt=len(str(at))):
            yield at, what, text

    def _rotate(self, values: dict[str, bytes], first: tuple[str, ...], salt: int = 0) -> Iterator[tuple[str, bytes]]:
        """Yield the values in `first` and one other; which other varies by position, so all are used somewhere."""
        others = [one for one in values if one not in first]
        if not self.thorough and others:
            others = [others[(self._salt + salt) % len(others)]]
        for name in (*first, *others):
            yield name, values[name]

    def _rotate_values(self, values: tuple[Any, ...], few: int) -> tuple[Any, ...]:
        if self.thorough or len(values) <= few:
            return values
        return tuple(values[(self._salt + turn * len(values) // few) % len(values)] for turn in range(few))

    @property
    def _salt(self) -> int:
        return sum(map(ord, self.operation.operation_id))


def _with(valid_request: Any, at: tuple[Any, ...], text: bytes) -> bytes:
    """The body with the value at one path replaced by raw JSON text."""
    marked = json.loads(json.dumps(valid_request))
    inside = marked
    for step in at[:-1]:
        inside = inside[step]
    inside[at[-1]] = "\u0001here\u0001"
    return json.dumps(marked).encode().replace(rb'"\u0001here\u0001"', text)
