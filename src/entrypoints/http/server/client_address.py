"""The client's address of a request, trusting only the configured proxies."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address


class Networks:
    """A set of networks in CIDR notation (`10.0.0.0/8`, `::1/128`, a bare address)."""

    def __init__(self, cidrs: tuple[str, ...]) -> None:
        self._networks = tuple(ip_network(cidr, strict=False) for cidr in cidrs)

    def __contains__(self, address: Address) -> bool:
        return any(address in network for network in self._networks if network.version == address.version)


@lru_cache(4096)
def parse_address(text: str) -> Address | None:
    """Parse an address from X-Forwarded-For, with or without port, brackets and zone; None when it is invalid."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


class ClientAddressResolver:
    """Finds the client's address from the connection's peer and the X-Forwarded-For header."""

    def __init__(self, proxies: tuple[str, ...]) -> None:
        self._proxies = Networks(proxies)
        self._any = bool(proxies)

    def trusts(self, peer: str) -> bool:
        """Whether the peer is one of the configured proxies."""
        if not self._any:
            return False
        address = parse_address(peer)
        return address is not None and address in self._proxies

    def client(self, peer: str, forwarded: str) -> str:
        """Return the client's address; empty when it cannot be determined.

        X-Forwarded-For is read from the right. Each of our proxies appends the address that it saw, so the first
        address that is not a proxy of ours is the client; everything to the left was claimed by the client. At an
        invalid entry the result is the last address that one of our proxies reported.
        """
        if not forwarded or not self.trusts(peer):
            return canonical_address(peer)
        seen = parse_address(peer)
        for hop in reversed(forwarded.split(",")):
            address = parse_address(hop)
            if address is None:
                break
            seen = address
            if address not in self._proxies:
                break
        return str(seen)


@lru_cache(4096)
def canonical_address(text: str) -> str:
    """Return an address in its canonical form; empty when it is invalid."""
    address = parse_address(text)
    return "" if address is None else str(address)


@lru_cache(4096)
def rate_limit_network(text: str) -> str:
    """Return the unit that rate limits count: an IPv4 address, or the /64 network of an IPv6 address (RFC 6177)."""
    address = parse_address(text)
    if isinstance(address, IPv6Address):
        return str(IPv6Address(int(address) >> 64 << 64))
    return text
