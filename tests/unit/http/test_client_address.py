"""X-Forwarded-For is read from the right and trusted only for our own proxies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.http.server.client_address import ClientAddressResolver, Networks, parse_address, rate_limit_network

PROXIES = ("10.0.0.0/8", "2001:db8:f::/48", "192.0.2.1")


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "1.2.3.4", "203.0.113.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.4", "198.51.100.4"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.4", "198.51.100.4"),
        ("10.0.0.1", "198.51.100.4, 10.9.9.9", "198.51.100.4"),
        ("10.0.0.1", "6.6.6.6,198.51.100.4 ,10.9.9.9,192.0.2.1", "198.51.100.4"),
        ("10.0.0.1", "10.1.1.1, 10.2.2.2", "10.1.1.1"),
        ("10.0.0.1", "junk, 10.2.2.2", "10.2.2.2"),
        ("10.0.0.1", "198.51.100.4, junk", "10.0.0.1"),
        ("10.0.0.1", ",,,", "10.0.0.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.4:51234", "198.51.100.4"),
        ("10.0.0.1", "[2001:db8::7]:443", "2001:db8::7"),
        ("10.0.0.1", "2001:DB8:0:0::7", "2001:db8::7"),
        ("10.0.0.1", '"[2001:db8::7]"', "2001:db8::7"),
        ("10.0.0.1", "fe80::1%eth0", "fe80::1"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.4", "198.51.100.4"),
        ("2001:db8:f::1", "2001:db8:1::9", "2001:db8:1::9"),
        ("", "198.51.100.4", ""),
        ("unix:", "198.51.100.4", ""),
    ],
)
def test_the_client_behind_proxies(peer: str, forwarded: str, client: str) -> None:
    assert ClientAddressResolver(PROXIES).client(peer, forwarded) == client


def test_forwarded_headers_are_ignored_by_default() -> None:
    assert ClientAddressResolver(()).client("10.0.0.1", "198.51.100.4") == "10.0.0.1"
    assert not ClientAddressResolver(()).trusts("127.0.0.1")


@given(st.text(), st.text())
def test_any_header_parses_or_is_ignored(peer: str, forwarded: str) -> None:
    for proxies in ((), PROXIES, ("0.0.0.0/0", "::/0")):
        found = ClientAddressResolver(proxies).client(peer, forwarded)
        assert found == "" or parse_address(found) is not None


@given(st.ip_addresses(), st.lists(st.ip_addresses(), max_size=4))
def test_addresses_claimed_by_a_client_are_never_used(client: object, claimed: list[object]) -> None:
    if client in Networks(PROXIES):  # type: ignore[operator]
        return
    forwarded = ", ".join(str(one) for one in [*claimed, client])
    found = parse_address(ClientAddressResolver(PROXIES).client("10.0.0.1", forwarded))
    assert found == parse_address(str(client))


def test_ipv6_prefix_shares_a_limit() -> None:
    assert rate_limit_network("2001:db8:1:2::1") == rate_limit_network("2001:db8:1:2:ffff::9")
    assert rate_limit_network("2001:db8:1:2::1") != rate_limit_network("2001:db8:1:3::1")
    assert rate_limit_network("198.51.100.4") == "198.51.100.4"
    assert rate_limit_network("") == ""
