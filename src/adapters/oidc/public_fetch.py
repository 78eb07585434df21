"""Fetches a document from a public https address.

The address comes from a practice's settings, so it must not lead into the network that the portal runs in: all
addresses of the host must be global (`ipaddress`, after IANA's special-purpose registries), and the connection is made
to one of those that were checked, whatever the name resolves to by then.
"""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from adapters.bounded_fetch import fetch_bounded

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
    if not all(is_public(address) for address in addresses):
        raise ValueError("the host must have public addresses only")
    return addresses[0]


def is_public(text: str) -> bool:
    """Whether an address, and the IPv4 address that an IPv6 one may stand for, is reachable by everybody."""
    address = ip_address(text.partition("%")[0])
    return _is_global(address) and all(map(_is_global, _embedded(address)))


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast


def _embedded(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    if isinstance(address, IPv4Address):
        return []
    translated = IPv4Address(int(address) & 0xFFFF_FFFF) if address in _NAT64 else None
    teredo = address.teredo[1] if address.teredo else None
    return [one for one in (address.ipv4_mapped, address.sixtofour, teredo, translated) if one is not None]


_NAT64 = ip_network("64:ff9b::/96")
