"""Who is told, and where: read from accounts, clients, grants and settings in one statement each."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import define
from sqlalchemy import bindparam, exists, select

from adapters.postgres.access.tables import grants
from adapters.postgres.accounts.tables import accounts, email_changes
from adapters.postgres.appointments.tables import appointments, attendances
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.notifications.inbox import SETTINGS_COLUMNS, settings_of
from adapters.postgres.notifications.tables import notification_settings
from adapters.postgres.people.tables import clients, practices
from portal_core.access.model import areas_on, in_force_on
from portal_core.kernel.actor import Area
from portal_core.notifications.ports import AppointmentTimes, Recipient, Recipients
from portal_core.notifications.settings import NO_ACCOUNT_ID, NotificationSettings, PracticeBranding

_ACCOUNT = (accounts.c.id, accounts.c.client_id, accounts.c.email)
_with_settings = accounts.outerjoin(
    notification_settings,
    (notification_settings.c.practice_id == accounts.c.practice_id)
    & (notification_settings.c.account_id == accounts.c.id),
)
_here = accounts.c.practice_id == bindparam("practice_id")
BRANDING = statement(
    "recipients.voice",
    select(practices.c.name, practices.c.time_zone, practices.c.hosts, practices.c.settings).where(
        practices.c.id == bindparam("practice_id")
    ),
)
ACCOUNT = statement(
    "recipients.account",
    select(*_ACCOUNT, *SETTINGS_COLUMNS)
    .select_from(_with_settings)
    .where(_here, accounts.c.id == bindparam("account")),
)
_STANDING = (grants.c.areas, grants.c.starts_on, grants.c.until, grants.c.restricted_from)
OWN_ACCOUNT = statement(
    "recipients.own_account",
    select(*_ACCOUNT, *SETTINGS_COLUMNS)
    .select_from(_with_settings)
    .where(_here, accounts.c.status == "active", accounts.c.client_id == bindparam("client")),
)
PROXIES = statement(
    "recipients.proxies",
    select(*_ACCOUNT, *SETTINGS_COLUMNS, *_STANDING)
    .select_from(
        grants.join(
            _with_settings, (accounts.c.practice_id == grants.c.practice_id) & (accounts.c.id == grants.c.account_id)
        )
    )
    .where(
        grants.c.practice_id == bindparam("practice_id"),
        grants.c.client_id == bindparam("client_id"),
        grants.c.revoked_at.is_(None),
        grants.c.ended_at.is_(None),
        _here,
        accounts.c.status == "active",
    )
    .order_by(accounts.c.id),
)
RECORD = statement(
    "recipients.record",
    select(clients.c.id, clients.c.email, clients.c.language, clients.c.time_zone).where(
        clients.c.practice_id == bindparam("practice_id"), clients.c.id == bindparam("client_id")
    ),
)
FORMER_EMAIL = statement(
    "recipients.former_email",
    select(email_changes.c.former_email).where(
        email_changes.c.practice_id == bindparam("practice_id"),
        email_changes.c.account_id == bindparam("account_id"),
        email_changes.c.id == bindparam("change"),
    ),
)
STARTS_AT = statement(
    "appointment_times.starts_at",
    select(appointments.c.starts_at).where(
        appointments.c.practice_id == bindparam("practice_id"),
        appointments.c.id == bindparam("appointment"),
        appointments.c.status == "booked",
        exists().where(
            attendances.c.practice_id == bindparam("practice_id"),
            attendances.c.client_id == bindparam("client_id"),
            attendances.c.appointment_id == bindparam("appointment"),
            attendances.c.status == "attending",
        ),
    ),
)
_GRANT_AT = len(_ACCOUNT) + len(SETTINGS_COLUMNS)


@define
class PostgresRecipients(Recipients):
    """For jobs, which tell people."""

    tx: Transaction

    async def account(self, account_id: UUID) -> Recipient | None:
        row = await self.tx.fetchrow(ACCOUNT, account=account_id)
        return None if row is None else self._holder(row, *await self._branding())

    async def client(self, client_id: UUID, area: Area | None) -> tuple[Recipient, ...]:
        voice, time_zone = await self._branding()
        own = [self._holder(row, voice, time_zone) for row in await self.tx.fetch(OWN_ACCOUNT, client=client_id)]
        if not own:
            own = [self._of_record(row, voice, time_zone) for row in await self.tx.fetch(RECORD, client_id=client_id)]
        today = self.tx.clock.now().astimezone(ZoneInfo(time_zone)).date()
        for row in await self.tx.fetch(PROXIES, client_id=client_id) if area else ():
            areas, starts_on, until, restricted_from = row[_GRANT_AT : _GRANT_AT + 4]
            if in_force_on(starts_on, until, today) and area in areas_on(frozenset(areas), restricted_from, today):
                own.append(self._holder(row, voice, time_zone))
        return tuple(own)

    async def unregistered(self, email: str) -> Recipient:
        voice, time_zone = await self._branding()
        return Recipient(voice, time_zone, NotificationSettings(NO_ACCOUNT_ID), email=email)

    async def former_email(self, account_id: UUID, change_id: UUID) -> str | None:
        row = await self.tx.fetchrow(FORMER_EMAIL, account_id=account_id, change=change_id)
        return None if row is None else row[0]

    async def _branding(self) -> tuple[PracticeBranding, str]:
        row = await self.tx.fetchrow(BRANDING)
        assert row is not None, "a unit of work is of a practice"
        section = row[3].get("notifications", {})
        return PracticeBranding.of(row[0], row[2], section, self.tx.public_url), row[1]

    def _holder(self, row: Any, voice: PracticeBranding, time_zone: str) -> Recipient:
        settings = NotificationSettings(row[0]) if row[3] is None else settings_of(row[3:_GRANT_AT])
        return Recipient(
            voice, settings.time_zone or time_zone, settings, account_id=row[0], client_id=row[1], email=row[2]
        )

    def _of_record(self, row: Any, voice: PracticeBranding, time_zone: str) -> Recipient:
        settings = NotificationSettings(NO_ACCOUNT_ID, language=row[2] or "en", time_zone=row[3])
        return Recipient(voice, settings.time_zone or time_zone, settings, client_id=row[0], email=row[1])


@define
class PostgresAppointmentTimes(AppointmentTimes):
    """From the appointments' tables."""

    tx: Transaction

    async def starts_at(self, client_id: UUID, appointment_id: UUID) -> datetime | None:
        row = await self.tx.fetchrow(STARTS_AT, client_id=client_id, appointment=appointment_id)
        return None if row is None else row[0]
