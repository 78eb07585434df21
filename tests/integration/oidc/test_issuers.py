"""The issuer that a practice trusts, according to its settings."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from attrs import define

from adapters.oidc.issuers import OidcIssuer, OidcIssuers, trusted_issuer
from adapters.oidc.staff_tokens import OidcStaffTokens
from adapters.postgres.accounts.oidc_issuers import PostgresOidcIssuers
from portal_core.accounts.settings import OidcSettings
from portal_core.kernel.actor import SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Invalid, Unavailable
from tests.support.contracts.accounts.staff_tokens import AUDIENCE, ISSUER, PRACTICE
from tests.support.engine.postgres import PortalDatabase
from tests.support.oidc.fake_issuer import FakeIssuer

SETTINGS = {"issuer": ISSUER, "audience": AUDIENCE, "jwks_url": "https://login.ehr.example/jwks"}


@define
class NoIssuer(OidcIssuers):
    async def of(self, practice_id: UUID) -> OidcSettings:
        return OidcSettings()


async def test_practice_without_an_issuer_refuses_tokens(issuer: FakeIssuer) -> None:
    tokens = OidcStaffTokens(NoIssuer(), issuer.clock)
    assert await tokens.verify(PRACTICE, issuer.token()) is None
    assert issuer.asked == []


async def test_each_practice_has_its_own(database: PortalDatabase) -> None:
    mine, theirs, without = [await database.practice() for _ in range(3)]
    for practice, issuer in ((mine, ISSUER), (theirs, "https://other.example")):
        async with database.begin(SystemActor(practice, "test")) as unit:
            settings = OidcSettings(**{**SETTINGS, "issuer": issuer})
            await unit.oidc_settings.save(settings, None, AuditEntry("test.saved"))
            await unit.commit(None)
    issuers = PostgresOidcIssuers(database.pool)
    assert trusted_issuer(await issuers.of(mine)) == OidcIssuer(**SETTINGS)
    assert trusted_issuer(await issuers.of(theirs)) == OidcIssuer(**{**SETTINGS, "issuer": "https://other.example"})
    for practice in (without, uuid4()):
        assert trusted_issuer(await issuers.of(practice)) is None
    await database.pool.close()
    with pytest.raises(Unavailable):
        await issuers.of(mine)


@pytest.mark.parametrize("values", [{}, SETTINGS], ids=["none", "all"])
def test_all_settings_or_none(values: dict[str, str]) -> None:
    assert (trusted_issuer(OidcSettings(**values)) is not None) == bool(values)


@pytest.mark.parametrize(
    ("values", "paths"),
    [
        ({"issuer": ISSUER}, {"audience", "jwks_url"}),
        ({**SETTINGS, "jwks_url": "http://login.ehr.example/jwks"}, {"jwks_url"}),
        ({**SETTINGS, "jwks_url": "https:///jwks"}, {"jwks_url"}),
        ({**SETTINGS, "jwks_url": "https://user@host/jwks"}, {"jwks_url"}),
        ({**SETTINGS, "jwks_url": "https://[bad/jwks"}, {"jwks_url"}),
        ({**SETTINGS, "jwks_url": "https://host/\njwks"}, {"jwks_url"}),
        ({**SETTINGS, "issuer": 7, "audience": ""}, {"issuer", "audience"}),
        ({**SETTINGS, "audience": "a" * 501}, {"audience"}),
    ],
)
def test_incomplete_issuer_settings_are_refused(values: dict[str, Any], paths: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        OidcSettings(**values)
    assert {one.path for one in refused.value.fields} == paths
