"""The response with a file: streamed while it is decrypted, whole or in a range."""

from collections.abc import AsyncIterator

from litestar.response import Stream

from entrypoints.http.contract.byte_ranges import Unsatisfiable, asked_range
from entrypoints.http.contract.content_disposition import content_disposition
from entrypoints.http.server.errors import RangeNotSatisfiable
from entrypoints.http.server.request import PortalRequest
from portal_core.files.views import Download

_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""Whatever a browser makes of the file, it runs no script, and belongs to no origin."""


async def file_response(request: PortalRequest, download: Download, asked: str | None, if_range: str | None) -> Stream:
    """The file. The first piece is read before the response begins, so that a store that fails is a 503.

    Raises:
        RangeNotSatisfiable: the range begins behind the end.
        Unavailable: the store does not respond.
    """
    size, tag = download.content.size, f'"{download.entity_tag}"'
    try:
        part = asked_range(asked, if_range, tag, size)
    except Unsatisfiable:
        raise RangeNotSatisfiable(size) from None
    start, stop = (0, size) if part is None else (part.start, part.stop)
    headers = {
        "accept-ranges": "bytes",
        "content-length": str(stop - start),
        "content-type": download.kind.media_type,
        "content-disposition": content_disposition(download.file_name, "inline" if download.in_page else "attachment"),
        "content-security-policy": _POLICY,
        "etag": tag,
    }
    if part is not None:
        headers["content-range"] = part.content_range(size)
    content: AsyncIterator[bytes] = _nothing()
    if not request.inbound.bodiless:
        chunks = download.content.chunks(start, stop)
        content = _all(await anext(chunks, b""), chunks)
    return Stream(
        content,
        status_code=200 if part is None else 206,
        headers=headers,
    )


async def _all(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""
