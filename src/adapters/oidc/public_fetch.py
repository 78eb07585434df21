"""Fetches a document from a public https address.

The address comes from a practice's settings, so it must not lead into the network that the portal runs in: all
addresses of the host must be global (`ipaddress`, after IANA's special-purpose registries), and the connection is made
to one of those that were checked, whatever the name resolves to by then.
"""

import asyncio
import socket
from urllib.parse import urlsplit

from adapters.bounded_fetch import fetch_bounded
from portal_core.kernel.public_addresses import is_public_address

TOTAL_SECONDS = 10.0
MAX_BYTES = 1_000_000
HEADERS = {"accept": "application/json"}


async def fetch(url: str) -> bytes:
    """Fetch the document at an https URL.

    Raises:
        ValueError: the URL is not https, or its host has an address that is not public.
        OSError: the host does not send the document in ten seconds, or it is too large.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("must be fetched over https")
    return await fetch_bounded(
        url, seconds=TOTAL_SECONDS, max_bytes=MAX_BYTES, headers=HEADERS, find_address=public_address
    )


async def public_address(host: str, port: int) -> str:
    """An address of the host.

    Raises:
        ValueError: one of its addresses is loopback, private, link-local or otherwise not public.
        OSError: it has none.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not all(is_public_address(address) for address in addresses):
        raise ValueError("the host must have public addresses only")
    return addresses[0]
