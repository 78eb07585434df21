"""Reminder candidates in memory."""

from datetime import datetime, timedelta
from uuid import UUID

from attrs import define

from adapters.memory.appointments.appointments import visible_bookings
from adapters.memory.engine.rows import own_key
from adapters.memory.engine.store import MemoryTransaction
from portal_core.appointments.ports import Reminders
from portal_core.appointments.views import ReminderCandidate
from portal_core.notifications.settings import DEFAULT_REMINDER_MINUTES


@define
class MemoryReminders(Reminders):
    """Uses the lead times of the client's own account, or the defaults."""

    tx: MemoryTransaction

    async def candidates(self, since: datetime, until: datetime) -> list[ReminderCandidate]:
        return [
            ReminderCandidate(
                appointment_id=one.appointment.id,
                client_id=part.client_id,
                starts_at=one.appointment.starts_at,
                sequence=one.version_for(part.client_id),
                changed_at=max(one.appointment.changed_at, part.changed_at or one.appointment.changed_at),
                lead_times=tuple(timedelta(minutes=minutes) for minutes in self._lead_minutes(part.client_id)),
            )
            for one in visible_bookings(self.tx)
            if one.appointment.status == "booked" and since <= one.appointment.starts_at < until
            for part in one.attendances
            if part.status == "attending"
        ]

    def _lead_minutes(self, client_id: UUID) -> tuple[int, ...]:
        settings = self.tx.table("notification_settings")
        for account in self.tx.table("accounts").values():
            own = account.practice_id == self.tx.practice_id and account.client_id == client_id
            if own and account.status != "closed" and own_key(self.tx, account.id) in settings:
                chosen: tuple[int, ...] = settings[own_key(self.tx, account.id)].reminder_minutes
                return chosen
        return DEFAULT_REMINDER_MINUTES
