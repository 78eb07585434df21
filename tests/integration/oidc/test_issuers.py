"""The issuer that a practice trusts, according to its settings."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from attrs import define

from adapters.oidc.issuers import OidcIssuer, OidcIssuers, check_oidc_settings, parse_issuer
from adapters.oidc.staff_tokens import OidcStaffTokens
from adapters.postgres.accounts.oidc_issuers import PostgresOidcIssuers
from portal_core.kernel.errors import Invalid, Unavailable
from tests.support.contracts.accounts.staff_tokens import AUDIENCE, ISSUER, PRACTICE
from tests.support.engine.postgres import PortalDatabase
from tests.support.oidc.fake_issuer import FakeIssuer

SECTION = {"issuer": ISSUER, "audience": AUDIENCE, "jwks_url": "https://login.ehr.example/jwks"}


@define
class NoIssuer(OidcIssuers):
    async def of(self, practice_id: UUID) -> dict[str, Any]:
        return {}


async def test_practice_without_an_issuer_refuses_tokens(issuer: FakeIssuer) -> None:
    tokens = OidcStaffTokens(NoIssuer(), issuer.clock)
    assert await tokens.verify(PRACTICE, issuer.token()) is None
    assert issuer.asked == []


async def test_each_practice_has_its_own_issuer(database: PortalDatabase) -> None:
    mine = await database.practice(settings={"oidc": SECTION, "accounts": {}})
    theirs = await database.practice(settings={"oidc": {**SECTION, "issuer": "https://other.example"}})
    without = await database.practice(settings={"oidc": "odd"})
    issuers = PostgresOidcIssuers(database.pool)
    assert parse_issuer(await issuers.of(mine)) == OidcIssuer(**SECTION)
    assert parse_issuer(await issuers.of(theirs)) == OidcIssuer(**{**SECTION, "issuer": "https://other.example"})
    for practice in (without, await database.practice(), uuid4()):
        assert parse_issuer(await issuers.of(practice)) is None
    await database.pool.close()
    with pytest.raises(Unavailable):
        await issuers.of(mine)


@pytest.mark.parametrize("values", [{}, SECTION], ids=["none", "all"])
def test_complete_or_empty_issuer_settings_are_accepted(values: dict[str, Any]) -> None:
    assert check_oidc_settings(values) == values


@pytest.mark.parametrize(
    ("values", "paths"),
    [
        ({"issuer": ISSUER}, {"values.audience", "values.jwks_url"}),
        ({**SECTION, "secret": "x"}, {"values.secret"}),
        ({**SECTION, "jwks_url": "http://login.ehr.example/jwks"}, {"values.jwks_url"}),
        ({**SECTION, "jwks_url": "https:///jwks"}, {"values.jwks_url"}),
        ({**SECTION, "jwks_url": "https://user@host/jwks"}, {"values.jwks_url"}),
        ({**SECTION, "jwks_url": "https://[bad/jwks"}, {"values.jwks_url"}),
        ({**SECTION, "jwks_url": "https://host/\njwks"}, {"values.jwks_url"}),
        ({**SECTION, "issuer": 7, "audience": ""}, {"values.issuer", "values.audience"}),
        ({**SECTION, "audience": "a" * 501}, {"values.audience"}),
    ],
)
def test_incomplete_issuer_settings_are_refused(values: dict[str, Any], paths: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        check_oidc_settings(values)
    assert {one.path for one in refused.value.fields} == paths
    assert parse_issuer(values) is None
