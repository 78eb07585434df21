"""Series, check-ins, calendar feeds and reminders in memory."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from attrs import define

from adapters.memory.appointments.appointments import attendances
from adapters.memory.engine.rows import own_key, own_rows, require_reachable, visible
from adapters.memory.engine.sealing import SEALED, require_key
from adapters.memory.engine.store import MemoryTransaction
from portal_core.appointments.model import Appointment, Booking
from portal_core.appointments.ports import CheckIns, FeedTokens, Reminders, SeriesRepository
from portal_core.appointments.views import ReminderCandidate
from portal_core.appointments.waiting import CheckIn, FeedToken, Series
from portal_core.kernel.audit import AuditEntry
from portal_core.notifications.settings import DEFAULT_REMINDER_MINUTES

SEALED["check_ins"] = {"client_location": "", "callback": ""}


@define
class MemorySeriesRepository(SeriesRepository):
    """Weekly series; a client's transaction reaches none."""

    tx: MemoryTransaction

    async def add(self, series: Series, audit_entry: AuditEntry) -> None:
        self.tx.insert("appointment_series", own_key(self.tx, series.id), series)
        await self.tx.audit.record(audit_entry)

    async def get(self, series_id: UUID) -> Series | None:
        found: Series | None = self.tx.table("appointment_series").get(own_key(self.tx, series_id))
        return found if self.tx.record is None else None

    async def save(self, series: Series, audit_entry: AuditEntry) -> None:
        self.tx.save("appointment_series", own_key(self.tx, series.id), series)
        await self.tx.audit.record(audit_entry)

    async def bookings(self, series_id: UUID) -> list[Booking]:
        return [one for one in _bookings(self.tx) if one.appointment.series_id == series_id]


@define
class MemoryCheckIns(CheckIns):
    """Where clients were when they joined."""

    tx: MemoryTransaction

    async def add(self, check_in: CheckIn, audit_entry: AuditEntry) -> None:
        require_reachable(self.tx, check_in.client_id)
        require_key(self.tx, check_in.client_id, check_in.client_location, check_in.callback)
        self.tx.insert("check_ins", own_key(self.tx, check_in.id), check_in)
        await self.tx.audit.record(audit_entry)

    async def of_appointment(self, appointment_id: UUID) -> list[CheckIn]:
        rows: Iterable[CheckIn] = own_rows(self.tx, "check_ins")
        found = (one for one in rows if one.appointment_id == appointment_id and visible(self.tx, one.client_id))
        return sorted(found, key=lambda one: (one.joined_at, one.id), reverse=True)


@define
class MemoryFeedTokens(FeedTokens):
    """One feed for each client, by the client's id."""

    tx: MemoryTransaction

    async def replace(self, token: FeedToken, audit_entry: AuditEntry) -> None:
        require_reachable(self.tx, token.client_id)
        self.tx.table("feed_tokens")[own_key(self.tx, token.client_id)] = token
        await self.tx.audit.record(audit_entry)

    async def remove(self, client_id: UUID, audit_entry: AuditEntry) -> bool:
        key = own_key(self.tx, client_id)
        if key not in self.tx.table("feed_tokens") or not visible(self.tx, client_id):
            return False
        del self.tx.table("feed_tokens")[key]
        await self.tx.audit.record(audit_entry)
        return True

    async def unscoped_by_hash(self, token_hash: bytes) -> FeedToken | None:
        return next((one for one in own_rows(self.tx, "feed_tokens") if one.token_hash == token_hash), None)


@define
class MemoryReminders(Reminders):
    """Lead times are those of the client's own account, or the defaults."""

    tx: MemoryTransaction

    async def candidates(self, since: datetime, until: datetime) -> list[ReminderCandidate]:
        return [
            ReminderCandidate(
                appointment_id=one.appointment.id,
                client_id=client_id,
                starts_at=one.appointment.starts_at,
                sequence=one.version_for(client_id),
                changed_at=one.appointment.changed_at,
                lead_times=tuple(timedelta(minutes=minutes) for minutes in self._minutes(client_id)),
            )
            for one in _bookings(self.tx)
            if one.appointment.status == "booked" and since <= one.appointment.starts_at < until
            for client_id in one.attending
        ]

    def _minutes(self, client_id: UUID) -> tuple[int, ...]:
        settings = self.tx.table("notification_settings")
        for account in self.tx.table("accounts").values():
            own = account.practice_id == self.tx.practice_id and account.client_id == client_id
            if own and account.status != "closed" and own_key(self.tx, account.id) in settings:
                chosen: tuple[int, ...] = settings[own_key(self.tx, account.id)].reminder_minutes
                return chosen
        return DEFAULT_REMINDER_MINUTES


def _bookings(tx: MemoryTransaction) -> Iterator[Booking]:
    """All that the transaction may see, by start."""
    rows: Iterable[Appointment] = own_rows(tx, "appointments")
    for one in sorted(rows, key=lambda one: (one.starts_at, one.id)):
        if parts := tuple(attendances(tx, one.id)):
            yield Booking(appointment=one, attendances=parts)
