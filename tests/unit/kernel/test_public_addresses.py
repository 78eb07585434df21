"""Which hosts an administrator may have the portal fetch from."""

import pytest

from portal_core.accounts.settings import OidcSettings
from portal_core.accounts.use_cases.change_oidc_settings import ChangeOidcSettings, ChangeOidcSettingsCommand
from portal_core.kernel.errors import Invalid
from portal_core.kernel.public_addresses import is_public_host
from tests.unit.accounts.use_cases import AccountUseCases

PRIVATE = (
    *("localhost", "LOCALHOST", "localhost.", "db", "portal.localhost", "printer.local", "db.internal", "a.home.arpa"),
    *("127.0.0.1", "127.1", "2130706433", "0x7f.0x1", "0x7f000001", "10.0.0.8", "172.16.0.1", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1"),
    *("::ffff:10.0.0.8", "64:ff9b::a00:8", "2002:a00:8::1", "ff02::1"),
)
PUBLIC = ("login.ehr.example", "a.example.", "8.8.8.8", "2606:4700::1111", "internal.example.org", "9.example.org")


@pytest.mark.parametrize("host", PRIVATE)
def test_host_of_a_network_of_its_own_is_not_public(host: str) -> None:
    assert not is_public_host(host)


@pytest.mark.parametrize("host", PUBLIC)
def test_other_hosts_are_public(host: str) -> None:
    assert is_public_host(host)


@pytest.mark.parametrize("host", ["localhost", "10.0.0.8", "[fd00::1]", "printer.local:8443"])
async def test_address_of_keys_that_is_not_public_is_not_saved(host: str) -> None:
    world = AccountUseCases().world
    settings = OidcSettings(issuer="https://a.example", audience="portal", jwks_url=f"https://{host}/jwks")
    with pytest.raises(Invalid) as refused:
        await ChangeOidcSettings(world.begin)(world.system, ChangeOidcSettingsCommand(settings))
    assert [(one.path, one.code) for one in refused.value.fields] == [("jwks_url", "not_public")]


async def test_no_provider_and_a_public_one_are_saved() -> None:
    world = AccountUseCases().world
    for address in ("https://a.example/jwks", None):
        settings = OidcSettings(issuer=address, audience=address and "portal", jwks_url=address)
        await ChangeOidcSettings(world.begin)(world.system, ChangeOidcSettingsCommand(settings))
