"""Conditional reads (RFC 9110, 13): a client that sends the ETag of what it has gets 304 while nothing has changed."""

from hashlib import sha256
from typing import Annotated

from litestar import Response
from litestar.params import HeaderParameter
from msgspec import Meta

REVALIDATED = "private, no-cache"
"""Cache-Control of such a response: the client may keep it, no shared cache may, and it must ask before every use."""

Tags = Annotated[str, Meta(max_length=4096, examples=['"5f0c6a1e"'])]
IfNoneMatch = Annotated[Tags | None, HeaderParameter(name="If-None-Match")]
"""The ETags of what the client has."""


def conditional(response: Response[str], if_none_match: str | None) -> Response[str]:
    """The response with its ETag, or 304 without content if `if_none_match` names that ETag.

    The ETag is a hash of the content, so it changes exactly when the content does.
    """
    tag = f'"{sha256(response.content.encode()).hexdigest()}"'
    headers = {"etag": tag, "cache-control": REVALIDATED}
    if _names(if_none_match, tag):
        return Response("", status_code=304, headers=headers, media_type=response.media_type)
    response.headers.update(headers)
    return response


def _names(if_none_match: str | None, tag: str) -> bool:
    """Whether the header names the tag, by the weak comparison that it requires (RFC 9110, 13.1.2)."""
    named = [one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")]
    return tag in named or named == ["*"]
