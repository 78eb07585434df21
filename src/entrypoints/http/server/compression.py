"""Compresses JSON for clients that accept gzip, where its length cannot reveal a secret.

The length of a compressed response tells how much of it repeats what the request said (BREACH, Black Hat USA 2013). So
only reads are compressed: no read holds a token, apart from the CSRF token of the current session, which is too small.
And a page of another site must not be able to send the request with the session's cookie: the cookie is SameSite, and
a request that a browser says comes from another site is answered as it is.
"""

import gzip
import re

from entrypoints.http.server.request_head import RequestHead

MIN_BYTES = 1400
"""What fits in one packet is not compressed."""

_GZIP = re.compile(rb"(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=([0-9.]+))?\s*(?:,|$)", re.IGNORECASE)
_LEVEL = 1
GZIP_HEADERS = {"content-encoding": "gzip", "vary": "accept-encoding"}


def accepts_gzip(inbound: RequestHead) -> bool:
    """Whether the client accepts gzip, and no other site sends the request."""
    if inbound.headers.get(b"sec-fetch-site") == b"cross-site":
        return False
    match = _GZIP.search(inbound.headers.get(b"accept-encoding", b""))
    return match is not None and (match[1] is None or match[1].strip(b"0.") != b"")


def compress(body: bytes) -> bytes:
    """The body in gzip format; the same body always gives the same bytes."""
    return gzip.compress(body, _LEVEL, mtime=0)
