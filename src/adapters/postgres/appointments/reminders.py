"""Reminder candidates in PostgreSQL."""

from datetime import datetime, timedelta

from attrs import define
from sqlalchemy import bindparam, func, select

from adapters.postgres.accounts.tables import accounts
from adapters.postgres.appointments.tables import appointments, attendances
from adapters.postgres.engine.columns import Instant
from adapters.postgres.engine.entities import entity
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.notifications.tables import notification_settings as settings
from portal_core.appointments.ports import Reminders
from portal_core.appointments.views import ReminderCandidate
from portal_core.notifications.settings import DEFAULT_REMINDER_MINUTES

_CANDIDATE = entity(
    ReminderCandidate,
    appointments,
    appointment_id=appointments.c.id,
    client_id=attendances.c.client_id,
    sequence=appointments.c.sequence + attendances.c.sequence,
    changed_at=func.greatest(appointments.c.changed_at, attendances.c.changed_at),
    lead_times=(settings.c.reminder_minutes,),
)
CANDIDATES = statement(
    "reminders.candidates",
    select(*_CANDIDATE.columns)
    .select_from(appointments)
    .join(
        attendances,
        (attendances.c.practice_id == appointments.c.practice_id) & (attendances.c.appointment_id == appointments.c.id),
    )
    .outerjoin(
        accounts,
        (accounts.c.practice_id == attendances.c.practice_id)
        & (accounts.c.client_id == attendances.c.client_id)
        & (accounts.c.status != "closed"),
    )
    .outerjoin(settings, (settings.c.practice_id == accounts.c.practice_id) & (settings.c.account_id == accounts.c.id))
    .where(
        appointments.c.practice_id == bindparam("practice_id"),
        appointments.c.starts_at >= bindparam("since", type_=Instant),
        appointments.c.starts_at < bindparam("until", type_=Instant),
        appointments.c.status == "booked",
        attendances.c.status == "attending",
    )
    .order_by(appointments.c.starts_at, appointments.c.id, attendances.c.client_id),
    scope_exemption="a job reminds all attending clients",
)


@define
class PostgresReminders(Reminders):
    """Uses the lead times of the client's own account, or the defaults."""

    tx: Transaction

    async def candidates(self, since: datetime, until: datetime) -> list[ReminderCandidate]:
        rows = await self.tx.fetch(CANDIDATES, since=since, until=until)
        return [_CANDIDATE.of(row, lead_times=_lead_times(row["reminder_minutes"])) for row in rows]


def _lead_times(chosen: list[int] | None) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=minutes) for minutes in (DEFAULT_REMINDER_MINUTES if chosen is None else chosen))
