"""Ports of clinicians' time: the calendar, blocks and published availability."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from portal_core.appointments.model import CalendarEntry
from portal_core.appointments.scheduling.availability import AvailabilityException, AvailabilityRule
from portal_core.kernel.audit import AuditEntry


class Calendar(Protocol):
    """Clinicians' reserved time, without client data. Take the lock before any change."""

    async def lock(self, clinicians: Iterable[UUID], now: datetime, *, clients: Iterable[UUID] = ()) -> None:
        """Block other transactions that lock any of these clinicians or clients until this transaction ends.

        All callers take the locks in one order, so that they cannot deadlock. Lock clients too when a rule depends on
        their own time. Also deletes the holds of these clinicians that have expired by `now`.
        """
        ...

    async def busy(
        self, clinicians: Collection[UUID], since: datetime, until: datetime, now: datetime
    ) -> list[CalendarEntry]:
        """Entries that overlap the span, by start, without holds that have expired by `now`.

        Ignores buffers: pass a span that is wider by the longest buffer.
        """
        ...

    async def occupy(self, entry: CalendarEntry) -> None:
        """Reserve the time.

        Raises:
            SlotTaken: another appointment or hold overlaps it (ignoring buffers and blocks).
        """
        ...

    async def change(self, entry: CalendarEntry) -> None:
        """Change the time, clinician or purpose of the entry with this id.

        Raises:
            SlotTaken: as `occupy`; or the entry no longer exists, because it was an expired hold.
        """
        ...

    async def change_all(self, entries: Sequence[CalendarEntry]) -> None:
        """Change many entries at once, as `change`. Any of them may take time that another one has had.

        Raises:
            SlotTaken: as `change`.
        """
        ...

    async def free(self, entry_id: UUID) -> None:
        """Delete the entry, if it still exists."""
        ...

    async def release_reservations(self, clinician_id: UUID, audit_entry: AuditEntry) -> None:
        """End all holds and open waitlist offers of the clinician's time, and offer none of it. For the practice."""
        ...


class Blocks(Protocol):
    """Time that staff blocked in the calendar."""

    async def get(self, entry_id: UUID) -> CalendarEntry | None: ...

    async def add(self, block: CalendarEntry, audit_entry: AuditEntry) -> None: ...

    async def remove(self, entry_id: UUID, audit_entry: AuditEntry) -> bool:
        """Returns whether there was such a block; otherwise no audit entry is written."""
        ...


class Availability(Protocol):
    """Clinicians' published availability.

    Hours are local to the rule's location, or to the practice without one. Rules are returned with the current zone of
    the location or practice, which may differ from the one when they were written.
    """

    async def rules(self, clinicians: Collection[UUID]) -> list[AvailabilityRule]: ...

    async def exceptions(
        self, clinicians: Collection[UUID], first_day: date, last_day: date
    ) -> list[AvailabilityException]:
        """Exceptions on dates from the first to the last, both inclusive: those of the clinicians, and holidays."""
        ...

    async def publish(self, clinician_id: UUID, rules: Sequence[AvailabilityRule], audit_entry: AuditEntry) -> None:
        """Replace all of the clinician's rules."""
        ...

    async def add_exception(self, exception: AvailabilityException, audit_entry: AuditEntry) -> None: ...

    async def remove_exception(self, clinician_id: UUID | None, exception_id: UUID, audit_entry: AuditEntry) -> bool:
        """Returns whether there was one, or for None a holiday; otherwise no audit entry is written."""
        ...
