"""The contract suite of settings on the memory adapter, and the use cases that read and change them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from attrs import evolve, frozen

from portal_core.accounts.settings import AccountSettings, OidcSettings
from portal_core.accounts.use_cases.change_account_settings import ChangeAccountSettings, ChangeAccountSettingsCommand
from portal_core.accounts.use_cases.change_oidc_settings import ChangeOidcSettings, ChangeOidcSettingsCommand
from portal_core.accounts.use_cases.get_account_settings import GetAccountSettings
from portal_core.accounts.use_cases.get_oidc_settings import GetOidcSettings
from portal_core.appointments.settings import AppointmentSettings
from portal_core.appointments.use_cases.change_appointment_settings import (
    ChangeAppointmentSettings,
    ChangeAppointmentSettingsCommand,
)
from portal_core.appointments.use_cases.get_appointment_settings import GetAppointmentSettings
from portal_core.kernel.actor import ROLES, ClientActor, StaffActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, StaleVersion
from portal_core.notifications.branding import BrandingSettings
from portal_core.notifications.use_cases.change_branding_settings import (
    ChangeBrandingSettings,
    ChangeBrandingSettingsCommand,
)
from portal_core.notifications.use_cases.get_branding_settings import GetBrandingSettings
from tests.support.contracts.kernel.settings import SettingsStoreContract
from tests.unit.accounts.memory_world import MemoryAccountsWorld

PUBLIC_URL = "https://portals.example"


@pytest.fixture
def world() -> MemoryAccountsWorld:
    return MemoryAccountsWorld()


class TestMemorySettings(SettingsStoreContract): ...


@frozen
class Case:
    """One kind of settings: its use cases, new settings, and the names of the fields that they change."""

    read: type[Any]
    change: Callable[..., Any]
    command: type[Any]
    settings: Any
    action: str
    fields: str


OIDC = OidcSettings(issuer="https://a.example", audience="portal", jwks_url="https://a.example/jwks")
CASES = [
    Case(
        GetAccountSettings,
        ChangeAccountSettings,
        ChangeAccountSettingsCommand,
        AccountSettings(min_password_length=15, client_second_factor_required=True),
        "account_settings.changed",
        "min_password_length client_second_factor_required",
    ),
    Case(
        GetOidcSettings,
        ChangeOidcSettings,
        ChangeOidcSettingsCommand,
        OIDC,
        "oidc_settings.changed",
        "issuer audience jwks_url",
    ),
    Case(
        GetAppointmentSettings,
        ChangeAppointmentSettings,
        ChangeAppointmentSettingsCommand,
        AppointmentSettings(self_booking=False, calendar_title=" Meeting "),
        "appointment_settings.changed",
        "self_booking calendar_title",
    ),
    Case(
        GetBrandingSettings,
        partial(ChangeBrandingSettings, public_url=PUBLIC_URL),
        ChangeBrandingSettingsCommand,
        BrandingSettings(neutral_name=" Office "),
        "branding_settings.changed",
        "neutral_name",
    ),
]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.action)


@each_case
async def test_change_is_audited_with_the_changed_fields(world: MemoryAccountsWorld, case: Case) -> None:
    read, change = case.read(world.begin), case.change(world.begin)
    admin = StaffActor(world.practice_id, world.ids.new(), frozenset({"administrator"}))
    assert (await read(admin)).version == 0
    changed = await change(admin, case.command(case.settings, 0))
    assert (changed.version, await read(admin)) == (1, changed)
    before = await world.audit()
    assert before[-1:] == [AuditEntry(case.action, facts={"fields": case.fields})]
    with pytest.raises(StaleVersion):
        await change(admin, case.command(case.settings, 0))
    assert await world.audit() == before
    assert (await change(world.system, case.command(case.settings))).version == 2
    assert (await world.audit())[-1].facts == {"fields": ""}


@each_case
async def test_only_administrators_and_jobs(world: MemoryAccountsWorld, case: Case) -> None:
    others = frozenset(ROLES) - {"administrator"}
    staff = StaffActor(world.practice_id, world.ids.new(), others)
    client = ClientActor(world.practice_id, world.ids.new(), world.ids.new())
    for actor, refusal in ((staff, Forbidden), (client, NotFound), (world.visitor, NotFound)):
        with pytest.raises(refusal):
            await case.read(world.begin)(actor)
        with pytest.raises(refusal):
            await case.change(world.begin)(actor, case.command(case.settings))
    assert (await case.read(world.begin)(world.system)).version == 0


@pytest.mark.parametrize(
    ("kind", "values", "paths"),
    [
        (AppointmentSettings, {"late_cancel": "fee"}, ["late_cancel_fee"]),
        (AppointmentSettings, {"max_holds_per_client": 0, "max_requests_per_client": 0}, None),
        (BrandingSettings, {"neutral_name": "", "portal_url": "http://elm.example"}, None),
        (BrandingSettings, {"portal_url": "https://"}, ["portal_url"]),
        (BrandingSettings, {"portal_url": "https://elm.example/" + "x" * 200}, ["portal_url"]),
        (OidcSettings, {"issuer": "https://a.example"}, ["audience", "jwks_url"]),
        (OidcSettings, {"issuer": "", "audience": "a" * 501, "jwks_url": "http://a.example/jwks"}, None),
    ],
)
def test_every_wrong_field_is_named(kind: type[Any], values: dict[str, Any], paths: list[str] | None) -> None:
    with pytest.raises(Invalid) as refused:
        kind(**values)
    assert [one.path for one in refused.value.fields] == (paths or list(values))


@pytest.mark.parametrize("name", ["   ", "a\x00b", "\u202eabc"])
async def test_neutral_name_is_one_readable_line(world: MemoryAccountsWorld, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        await ChangeBrandingSettings(world.begin, PUBLIC_URL)(
            world.system, ChangeBrandingSettingsCommand(BrandingSettings(neutral_name=name))
        )
    assert [one.path for one in refused.value.fields] == ["neutral_name"]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://portals.example/elm", None),
        ("https://PORTALS.example:8443", None),
        ("https://elm.example/start", None),
        ("https://elsewhere.example", "host_unknown"),
        ("https://elm.example.elsewhere.example", "host_unknown"),
        ("https://elm.example@elsewhere.example", "invalid"),
        ("https://sub.elm.example", "host_unknown"),
        ("http://elm.example", "invalid"),
        ("https://elm.example/\nhttps://elsewhere.example", "invalid"),
        ("https://elm.example/\x00", "invalid"),
        ("https://elm.example/\u202e", "invalid"),
        ("https://elm.example/ https://elsewhere.example", "invalid"),
    ],
)
async def test_address_in_mails_leads_to_the_practice_or_the_deployment_alone(
    world: MemoryAccountsWorld, url: str, code: str | None
) -> None:
    rows = world.store.table("practices")
    rows[world.practice_id] = evolve(rows[world.practice_id], hosts=("elm.example",))
    change = ChangeBrandingSettings(world.begin, PUBLIC_URL)
    found = []
    try:
        await change(world.system, ChangeBrandingSettingsCommand(BrandingSettings(portal_url=url)))
    except Invalid as invalid:
        found = [(one.path, one.code) for one in invalid.fields]
    assert found == ([("portal_url", code)] if code else [])
    stored = (await GetBrandingSettings(world.begin)(world.system)).portal_url
    assert stored == (None if code else url)
