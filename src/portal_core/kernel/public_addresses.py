"""Which hosts are in the public internet: an address that somebody enters must not lead into the portal's own network.

Addresses are judged by IANA's special-purpose registries (`ipaddress`), names by the special-use ones (RFC 6761, 6762,
8375, and ICANN's `internal`). What any other name resolves to is known only when it is used.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

_NAT64 = ip_network("64:ff9b::/96")
_SPECIAL: Final = re.compile(r"\.(localhost|local|internal|home\.arpa)$", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)


def is_public_host(host: str) -> bool:
    """Whether the host of a URL is a public address, or a name that is not of a network of its own."""
    try:
        return is_public_address(host)
    except ValueError:
        name = host.rstrip(".")
    # Resolvers take a number at the end for a part of an IPv4 address: 127.1, 2130706433.
    if "." not in name or _NUMBER.fullmatch(name.rpartition(".")[2]):
        return False
    return _SPECIAL.search(name) is None


def is_public_address(text: str) -> bool:
    """Whether an address, and the IPv4 address that an IPv6 one may stand for, is reachable by everybody.

    Raises:
        ValueError: it is no address.
    """
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
