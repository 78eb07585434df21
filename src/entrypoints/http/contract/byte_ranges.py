"""Ranges of bytes of a response (RFC 9110, 14): one range is served, several are answered with the whole."""

import re
from typing import Annotated

from attrs import frozen
from litestar.params import HeaderParameter
from msgspec import Meta

_RANGE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*\Z", re.IGNORECASE)

RangeHeader = Annotated[
    Annotated[str, Meta(max_length=200, examples=["bytes=0-65535"])] | None, HeaderParameter(name="Range")
]
IfRange = Annotated[
    Annotated[str, Meta(max_length=200, examples=['"5f0c6a1e"'])] | None, HeaderParameter(name="If-Range")
]


class Unsatisfiable(Exception):
    """The range begins behind the end."""


@frozen
class ByteRange:
    """From `start` up to and without `stop`."""

    start: int
    stop: int

    def content_range(self, size: int) -> str:
        """The value of Content-Range, which counts the last byte in."""
        return f"bytes {self.start}-{self.stop - 1}/{size}"


def asked_range(header: str | None, if_range: str | None, entity_tag: str, size: int) -> ByteRange | None:
    """The range to serve; None for the whole: without a range, with several or a malformed one, or if the client has a
    part of another content (If-Range is compared strongly: RFC 9110, 13.1.5).

    Raises:
        Unsatisfiable: there is nothing in the range.
    """
    found = _RANGE.match(header) if header else None
    if found is None or if_range not in (None, entity_tag):
        return None
    first, last = found.groups()
    if not first:
        if not last:
            return None
        length = min(int(last), size)
        if not length:
            raise Unsatisfiable
        return ByteRange(size - length, size)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return ByteRange(start, min(int(last) + 1, size) if last else size)
