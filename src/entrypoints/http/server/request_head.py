"""The head of a request, read once: the headers that the portal uses, parsed."""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from entrypoints.http.server.client_address import ClientAddressResolver
from entrypoints.http.server.errors import BadIdempotencyKey, BadRequest
from portal_core.kernel.errors import Invalid

READ_HEADERS = frozenset(
    {
        b"accept-encoding",
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"cookie",
        b"host",
        b"idempotency-key",
        b"portal-client",
        b"portal-practice",
        b"sec-fetch-site",
        b"user-agent",
        b"x-csrf-token",
        b"x-forwarded-for",
        b"x-request-id",
    }
)
MAX_DEVICE_LENGTH = 160
_REQUEST_ID = re.compile(r"[A-Za-z0-9_\-]{8,64}\Z")
_KEY = re.compile(rb"[\x20-\x7e]{1,255}\Z")
_SLUG = re.compile(r"[a-z0-9][a-z0-9\-]{0,62}\Z")


class RequestHead:
    """One request's head. Header values are as sent; repeated headers are joined with commas, cookies with `;`."""

    __slots__ = ("address", "bodiless", "forwarded", "headers", "parameters", "peer", "query", "request_id")

    def __init__(self, scope: Any, origins: ClientAddressResolver, new_id: Any) -> None:
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in READ_HEADERS:
                headers[name] = value if name not in headers else headers[name] + _JOINT.get(name, b", ") + value
        client = scope.get("client")
        forwarded = headers.get(b"x-forwarded-for")
        self.headers = headers
        self.bodiless: bool = scope["method"] == "HEAD"
        self.query: bytes = scope.get("query_string", b"")
        # Read once, for what is known of them and for what they say: two ways of reading could differ.
        self.parameters = parse_qsl(self.query.decode("latin-1"), keep_blank_values=True) if self.query else []
        self.peer: str = client[0] if client else ""
        self.forwarded = forwarded is not None
        self.address = origins.client(self.peer, "" if forwarded is None else forwarded.decode("latin-1"))
        asked = headers.get(b"x-request-id")
        if asked is not None and origins.trusts(self.peer) and _REQUEST_ID.match(text := asked.decode("latin-1")):
            self.request_id = text
        else:
            self.request_id = new_id()

    @property
    def host(self) -> str:
        """The requested host name: lower case, without port.

        Raises:
            BadRequest: there is not exactly one Host header (RFC 9112, section 3.2); a proxy may have used another one.
        """
        value = self.headers.get(b"host", b"")
        if not value or b"," in value:
            raise BadRequest
        return _host(value)

    @property
    def device(self) -> str:
        """The user agent, shortened and reduced to printable ASCII."""
        return _device(self.headers.get(b"user-agent", b"")[:512])

    @property
    def practice(self) -> str | None:
        """The practice's slug from the `Portal-Practice` header, or from `?practice=` for links, which send no header.

        None when neither is present; empty when the value is not a valid slug.
        """
        value = self.headers.get(b"portal-practice")
        named = self._in_link("practice") if value is None else value.decode("latin-1")
        if named is None:
            return None
        slug = named.lower()
        return slug if _SLUG.match(slug) else ""

    @property
    def client_id(self) -> UUID | None:
        """The client whose record the request is about, from `Portal-Client`, or from `?record=` for links.

        None when neither is present.

        Raises:
            Invalid: the value is not a UUID.
        """
        sent, in_link = self.headers.get(b"portal-client"), self._in_link("record")
        given = None if sent is None else sent.decode("latin-1")
        if None not in (given, in_link) and given != in_link:
            raise Invalid.at("record", "duplicate", "Name the record once, by the header or in the link.")
        name, value = ("Portal-Client", given) if in_link is None else ("record", in_link)
        if value is None:
            return None
        try:
            return UUID(value.encode("ascii").decode())
        except ValueError:
            raise Invalid.at(name, "bad_format", "Must be a UUID.") from None

    def _in_link(self, name: str) -> str | None:
        return next((value for one, value in self.parameters if one == name), None)

    @property
    def idempotency_key(self) -> str | None:
        """The `Idempotency-Key`; None without the header.

        Raises:
            BadIdempotencyKey: it is empty, longer than 255 characters or not printable ASCII.
        """
        value = self.headers.get(b"idempotency-key")
        if value is None:
            return None
        if not _KEY.match(value):
            raise BadIdempotencyKey
        return value.decode("ascii")

    @property
    def content_type(self) -> str:
        """The body's media type in lower case, without parameters; empty without the header."""
        return _media_type(self.headers.get(b"content-type", b""))

    @property
    def content_length(self) -> int:
        """The announced length of the body in bytes; 0 when the header is missing or not a number."""
        value = self.headers.get(b"content-length", b"")
        return int(value) if value.isdigit() and len(value) < 20 else 0

    def cookie(self, name: str) -> str:
        """Return a cookie's value; empty when it was not sent."""
        wanted = name.encode() + b"="
        for part in self.headers.get(b"cookie", b"").split(b";"):
            part = part.strip()
            if part.startswith(wanted):
                return part[len(wanted) :].decode("latin-1")
        return ""


_JOINT = {b"cookie": b"; "}


@lru_cache(1024)
def _host(value: bytes) -> str:
    text = value.decode("latin-1").lower()
    return text.partition("]")[0] + "]" if text.startswith("[") else text.partition(":")[0]


@lru_cache(1024)
def _device(value: bytes) -> str:
    return "".join(c for c in value.decode("latin-1") if " " <= c <= "~")[:MAX_DEVICE_LENGTH]


@lru_cache(256)
def _media_type(value: bytes) -> str:
    return value.decode("latin-1").partition(";")[0].strip().lower()
