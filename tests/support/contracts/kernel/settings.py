"""What every settings store must do. Subclasses give the fixture `world`, which has all kinds of settings."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from portal_core.accounts.settings import AccountSettings, OidcSettings
from portal_core.appointments.scheduling.deadlines import CalendarDays
from portal_core.appointments.settings import AppointmentSettings
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import StaleVersion
from portal_core.kernel.money import Money
from portal_core.kernel.settings import SettingsStore, Versioned
from portal_core.notifications.branding import BrandingSettings
from tests.support.contracts.accounts.world import AccountsWorld

ENTRY = AuditEntry("test.settings_saved")
MINUTES = st.integers(1, 60).map(lambda minutes: timedelta(minutes=minutes))


@frozen
class Kind:
    """One kind of settings: the unit's store, the defaults, and two other values."""

    name: str
    defaults: Any
    one: Any
    other: Any

    def of(self, unit: Any) -> SettingsStore[Any]:
        store: SettingsStore[Any] = getattr(unit, self.name)
        return store


OIDC = {"audience": "portal", "jwks_url": "https://login.ehr.example/jwks"}
KINDS = (
    Kind(
        "account_settings",
        AccountSettings(),
        AccountSettings(min_password_length=15, client_second_factor_required=True, idle_timeout=timedelta(minutes=5)),
        AccountSettings(
            session_lifetime=timedelta(hours=4),
            access_token_lifetime=timedelta(minutes=30),
            clinicians_see="own_clients",
        ),
    ),
    Kind(
        "oidc_settings",
        OidcSettings(),
        OidcSettings(issuer="https://login.ehr.example", **OIDC),
        OidcSettings(issuer="https://other.example", **OIDC),
    ),
    Kind(
        "appointment_settings",
        AppointmentSettings(),
        AppointmentSettings(
            cancel_notice=CalendarDays(2),
            late_cancel="fee",
            late_cancel_fee=Money(60_00, "EUR"),
            no_show_fee=Money(70_00, "EUR"),
            self_booking=False,
            hold_duration=timedelta(minutes=5),
            max_holds_per_client=1,
            max_requests_per_client=2,
            max_waitlist_entries_per_client=4,
            offer_duration=timedelta(hours=1),
            calendar_title="Treffen ä",
            calendar_name="Termine",
        ),
        AppointmentSettings(cancel_notice=timedelta(hours=36)),
    ),
    Kind(
        "branding_settings",
        BrandingSettings(),
        BrandingSettings(neutral_name="Büro", portal_url="https://portal.elm.example"),
        BrandingSettings(neutral_name="Office"),
    ),
)
NOT_FOR_VISITORS = {"appointment_settings", "branding_settings"}
"""Nobody needs them who signs in."""
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


class SettingsStoreContract:
    """`SettingsStore`, for each kind of settings."""

    @each_kind
    async def test_defaults_until_saved(self, world: AccountsWorld, kind: Kind) -> None:
        for actor in (world.system, world.visitor):
            async with world.begin(actor) as unit:
                assert await kind.of(unit).get() == Versioned(kind.defaults, 0)

    @each_kind
    async def test_saved_settings_are_read_back(self, world: AccountsWorld, kind: Kind) -> None:
        for version, value in enumerate((kind.one, kind.other, kind.defaults)):
            assert await self._save(world, kind, value, version) == version + 1
            readers = [world.system] if kind.name in NOT_FOR_VISITORS else [world.system, world.visitor]
            for actor in readers:
                async with world.begin(actor) as unit:
                    assert await kind.of(unit).get() == Versioned(value, version + 1)

    @given(length=st.integers(12, 64), required=st.booleans(), idle=MINUTES, session=MINUTES, token=MINUTES)
    async def test_every_value_is_read_back(
        self,
        world: AccountsWorld,
        length: int,
        required: bool,
        idle: timedelta,
        session: timedelta,
        token: timedelta,
    ) -> None:
        value = AccountSettings(
            min_password_length=length,
            client_second_factor_required=required,
            idle_timeout=idle,
            session_lifetime=session,
            access_token_lifetime=token,
        )
        await self._save(world, KINDS[0], value, None)
        async with world.begin(world.system) as unit:
            assert (await unit.account_settings.get()).value == value

    @each_kind
    async def test_stale_version_is_refused(self, world: AccountsWorld, kind: Kind) -> None:
        for known in (0, 1, 2):
            before = await world.audit()
            for version in {0, 1, 2, 3} - {known}:
                with pytest.raises(StaleVersion):
                    await self._save(world, kind, kind.other, version)
            async with world.begin(world.system) as unit:
                assert (await kind.of(unit).get()).version == known
            assert await world.audit() == before
            await self._save(world, kind, kind.one, known)

    @each_kind
    async def test_without_version_any_is_replaced(self, world: AccountsWorld, kind: Kind) -> None:
        for version, value in ((1, kind.one), (2, kind.other), (3, kind.one)):
            assert await self._save(world, kind, value, None) == version
        async with world.begin(world.system) as unit:
            assert await kind.of(unit).get() == Versioned(kind.one, 3)

    @each_kind
    async def test_other_practice_and_other_kinds_are_untouched(self, world: AccountsWorld, kind: Kind) -> None:
        other = await world.other_practice()
        await self._save(other, kind, kind.other, 0)
        await self._save(world, kind, kind.one, 0)
        await self._save(world, kind, kind.one, 1)
        async with other.begin(other.system) as unit:
            assert await kind.of(unit).get() == Versioned(kind.other, 1)
        async with world.begin(world.system) as unit:
            for one in KINDS:
                if one is not kind:
                    assert await one.of(unit).get() == Versioned(one.defaults, 0)

    @each_kind
    async def test_save_is_audited_in_the_same_transaction(self, world: AccountsWorld, kind: Kind) -> None:
        before = await world.audit()
        async with world.begin(world.system) as unit:
            await kind.of(unit).save(kind.one, 0, ENTRY)
            assert await kind.of(unit).get() == Versioned(kind.one, 1)
        async with world.begin(world.system) as unit:
            assert await kind.of(unit).get() == Versioned(kind.defaults, 0)
        assert await world.audit() == before
        await self._save(world, kind, kind.one, 0)
        assert await world.audit() == [*before, ENTRY]

    async def _save(self, world: AccountsWorld, kind: Kind, value: Any, version: int | None) -> int:
        async with world.begin(world.system) as unit:
            return await unit.commit(await kind.of(unit).save(value, version, ENTRY))
