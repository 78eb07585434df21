"""Fetches a document over HTTP: within a total time, of a bounded size, without redirects or the machine's proxies."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from functools import cache

import httpx

FindAddress = Callable[[str, int], Awaitable[str]]
"""The address to connect to, for a host and a port."""


class FetchFailed(OSError):
    """The document was not sent: nobody answers, or not in time, with another status than 200, or with too much."""


async def fetch_bounded(
    url: str, *, seconds: float, max_bytes: int, headers: Mapping[str, str], find_address: FindAddress | None = None
) -> bytes:
    """Fetch the document at a URL.

    `seconds` is for everything, from the look-up of the name to the last byte. With `find_address` the connection is
    made to the address that it returns, and the host is named in the request and verified as ever.

    Raises:
        FetchFailed: it was not sent.
        Whatever `find_address` raises.
    """
    try:
        async with asyncio.timeout(seconds):
            target, extensions = httpx.URL(url), {}
            sent = {"accept-encoding": "identity", "user-agent": "client-portal", **headers}
            if find_address is not None:
                address = await find_address(target.host, target.port or (443 if target.scheme == "https" else 80))
                sent["host"], extensions["sni_hostname"] = target.netloc.decode(), target.host
                target = target.copy_with(host=address)
            return await _read(target, sent, extensions, max_bytes)
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise FetchFailed("nobody answers") from error
    except TimeoutError:
        raise FetchFailed("the document was not sent in time") from None


async def _read(target: httpx.URL, headers: dict[str, str], extensions: dict[str, str], max_bytes: int) -> bytes:
    async with (
        httpx.AsyncClient(trust_env=False, verify=_tls()) as client,
        client.stream("GET", target, headers=headers, extensions=extensions) as response,
    ):
        if response.status_code != httpx.codes.OK:
            raise FetchFailed("the document is not sent")
        body = b""
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > max_bytes:
                raise FetchFailed("the document is too large")
        return body


@cache
def _tls() -> ssl.SSLContext:
    """Made once: reading the certificate authorities takes tens of milliseconds, in which nobody else is served."""
    return httpx.create_ssl_context(trust_env=False)
