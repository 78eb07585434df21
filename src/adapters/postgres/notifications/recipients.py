"""People and their addresses, from accounts, clients and settings in one statement each."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import define, field
from sqlalchemy import bindparam, func, select

from adapters.postgres.accounts.client_accounts import LAST_INVITED_UNTIL
from adapters.postgres.accounts.tables import accounts, email_changes
from adapters.postgres.appointments.tables import appointments, attendances
from adapters.postgres.engine.columns import Uuids
from adapters.postgres.engine.settings import StoredSettings, decode_settings, settings_text
from adapters.postgres.engine.statements import Statement, statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.notifications.inbox import (
    ACCOUNTS_WITH_RECORD,
    ACCOUNTS_WITH_SETTINGS,
    OWN_RECORD,
    RECORD_LANGUAGE,
    SETTINGS,
    settings_of,
)
from adapters.postgres.notifications.tables import branding_settings
from adapters.postgres.people.tables import clients, practices
from portal_core.kernel.notices import AppointmentState
from portal_core.notifications.branding import BrandingSettings, PracticeBranding
from portal_core.notifications.ports import AppointmentTimes, Recipient, Recipients
from portal_core.notifications.settings import NO_ACCOUNT_ID, NotificationSettings

BRANDING_SETTINGS = StoredSettings.of(branding_settings, BrandingSettings)
_ACCOUNT = (
    accounts.c.id.label("holder"),
    accounts.c.client_id.label("holder_client_id"),
    accounts.c.email.label("holder_email"),
)
_here = accounts.c.practice_id == bindparam("practice_id")
BRANDING = statement(
    "recipients.voice",
    select(
        practices.c.name,
        practices.c.time_zone,
        practices.c.hosts,
        practices.c.phone,
        practices.c.address,
        settings_text(branding_settings),
    )
    .outerjoin(branding_settings, branding_settings.c.practice_id == practices.c.id)
    .where(practices.c.id == bindparam("practice_id")),
)
ACCOUNT = statement(
    "recipients.account",
    select(*_ACCOUNT, *SETTINGS.columns, RECORD_LANGUAGE)
    .select_from(ACCOUNTS_WITH_RECORD)
    .where(_here, accounts.c.id == bindparam("account")),
    scope_exemption=OWN_RECORD,
)
_asked = func.unnest(bindparam("account_ids", type_=Uuids)).table_valued("id").render_derived()
# The limit keeps the planner from reading every account of a small practice instead of one by its key for each id.
_one_asked = (
    select(*_ACCOUNT, *SETTINGS.columns, RECORD_LANGUAGE)
    .select_from(ACCOUNTS_WITH_RECORD)
    .where(_here, accounts.c.status == "active", accounts.c.id == _asked.c.id)
    .limit(1)
    .lateral()
)
ACCOUNTS = statement(
    "recipients.accounts",
    select(_one_asked).select_from(_asked, _one_asked).order_by(_one_asked.c.holder),
    scope_exemption=OWN_RECORD,
)
CLIENT = statement(
    "recipients.client",
    select(
        *_ACCOUNT,
        *SETTINGS.columns,
        clients.c.email.label("record_email"),
        RECORD_LANGUAGE,
        clients.c.time_zone.label("record_time_zone"),
        LAST_INVITED_UNTIL.label("invited_until"),
    )
    .select_from(
        clients.outerjoin(
            ACCOUNTS_WITH_SETTINGS,
            (accounts.c.practice_id == clients.c.practice_id)
            & (accounts.c.client_id == clients.c.id)
            & (accounts.c.status == "active"),
        )
    )
    .where(clients.c.practice_id == bindparam("practice_id"), clients.c.id == bindparam("client_id")),
)
FORMER_EMAIL = statement(
    "recipients.former_email",
    select(email_changes.c.former_email).where(
        email_changes.c.practice_id == bindparam("practice_id"),
        email_changes.c.account_id == bindparam("account_id"),
        email_changes.c.id == bindparam("change"),
    ),
)
_attends = (
    (attendances.c.practice_id == bindparam("practice_id"))
    & (attendances.c.client_id == bindparam("client_id"))
    & (attendances.c.appointment_id == bindparam("appointment"))
)
_attended = (
    select(attendances.c.starts_at)
    .join_from(
        appointments,
        attendances,
        (attendances.c.practice_id == appointments.c.practice_id) & (attendances.c.appointment_id == appointments.c.id),
    )
    .where(
        appointments.c.practice_id == bindparam("practice_id"), appointments.c.id == bindparam("appointment"), _attends
    )
)
STARTS_AT: Mapping[AppointmentState, Statement] = {
    "booked": statement(
        "appointment_times.starts_at",
        _attended.where(appointments.c.status == "booked", attendances.c.status == "attending"),
    ),
    "cancelled": statement(
        "appointment_times.cancelled",
        _attended.where((appointments.c.status == "cancelled") | (attendances.c.status == "cancelled")),
    ),
}


@define
class PostgresRecipients(Recipients):
    """For jobs, which notify people. The practice's name and time zone are read once in a unit."""

    tx: Transaction
    _practice: tuple[PracticeBranding, str] | None = field(init=False, default=None)

    async def account(self, account_id: UUID) -> Recipient | None:
        row = await self.tx.fetchrow(ACCOUNT, account=account_id)
        return None if row is None else self._holder(row, *await self._branding())

    async def client(self, client_id: UUID) -> Recipient | None:
        row = await self.tx.fetchrow(CLIENT, client_id=client_id)
        if row is None:
            return None
        voice, time_zone = await self._branding()
        if row["holder"] is not None:
            return self._holder(row, voice, time_zone)
        settings = NotificationSettings(
            NO_ACCOUNT_ID, record_language=row["record_language"], time_zone=row["record_time_zone"]
        )
        return Recipient(
            voice,
            settings.time_zone or time_zone,
            settings,
            client_id=client_id,
            email=row["record_email"],
            invited_until=row["invited_until"],
        )

    async def accounts(self, account_ids: Collection[UUID]) -> tuple[Recipient, ...]:
        voice, time_zone = await self._branding()
        rows = await self.tx.fetch(ACCOUNTS, account_ids=list(set(account_ids)))
        return tuple(self._holder(row, voice, time_zone) for row in rows)

    async def unregistered(self, email: str, client_id: UUID | None = None) -> Recipient:
        voice, time_zone = await self._branding()
        row = None if client_id is None else await self.tx.fetchrow(CLIENT, client_id=client_id)
        settings = NotificationSettings(NO_ACCOUNT_ID, record_language=None if row is None else row["record_language"])
        return Recipient(voice, time_zone, settings, email=email)

    async def former_email(self, account_id: UUID, change_id: UUID) -> str | None:
        row = await self.tx.fetchrow(FORMER_EMAIL, account_id=account_id, change=change_id)
        return None if row is None else row[0]

    async def _branding(self) -> tuple[PracticeBranding, str]:
        if self._practice is None:
            row = await self.tx.fetchrow(BRANDING)
            assert row is not None, "a unit of work is of a practice"
            settings = decode_settings(BrandingSettings, row["settings"])
            branding = PracticeBranding.of(
                row["name"], row["hosts"], settings, self.tx.public_url, row["phone"], row["address"]
            )
            self._practice = branding, row["time_zone"]
        return self._practice

    def _holder(self, row: Any, voice: PracticeBranding, time_zone: str) -> Recipient:
        account_id = row["holder"]
        settings = settings_of(row, account_id, row["record_language"])
        return Recipient(
            voice,
            settings.time_zone or time_zone,
            settings,
            account_id=account_id,
            client_id=row["holder_client_id"],
            email=row["holder_email"],
        )


@define
class PostgresAppointmentTimes(AppointmentTimes):
    """From the appointments' tables."""

    tx: Transaction

    async def starts_at(
        self, client_id: UUID, appointment_id: UUID, state: AppointmentState = "booked"
    ) -> datetime | None:
        row = await self.tx.fetchrow(STARTS_AT[state], client_id=client_id, appointment=appointment_id)
        return None if row is None else row[0]
