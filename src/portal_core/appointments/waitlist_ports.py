"""Ports of the waitlist: its entries, the offers to clients, and the freed slots.

As the repositories in `ports`, they are confined to the practice, and for a client or proxy to the record that they act
on; methods that change data write the audit entry, and `save` raises StaleVersion if the object was changed.
"""

from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from portal_core.appointments.waitlist import FreedSlot, WaitlistEntry, WaitlistOffer
from portal_core.kernel.audit import AuditEntry


class Waitlist(Protocol):
    """Waitlist entries."""

    async def add(self, entry: WaitlistEntry, audit_entry: AuditEntry) -> None: ...

    async def get(self, client_id: UUID, entry_id: UUID) -> WaitlistEntry | None: ...

    async def save(self, entry: WaitlistEntry, audit_entry: AuditEntry) -> None: ...

    async def matching(self, appointment_type_id: UUID, on: date) -> list[WaitlistEntry]:
        """Waiting entries for this appointment type around a date, longest waiting first; a client's transaction sees
        only its own.

        Includes a day's tolerance for time zones: `WaitlistEntry.wants` decides.
        """
        ...


class WaitlistOffers(Protocol):
    """Offers of freed slots to clients."""

    async def add(self, offer: WaitlistOffer, audit_entry: AuditEntry) -> None: ...

    async def get(self, client_id: UUID, offer_id: UUID) -> WaitlistOffer | None: ...

    async def save(self, offer: WaitlistOffer, audit_entry: AuditEntry) -> None: ...

    async def of_slot(self, freed_slot_id: UUID) -> list[WaitlistOffer]:
        """All offers ever made of this slot; for the job that makes them."""
        ...

    async def expired(self, now: datetime) -> list[WaitlistOffer]:
        """Open offers that have expired, at most 100; for the job that closes them."""
        ...


class FreedSlots(Protocol):
    """Slots freed by cancellations or moves."""

    async def add(self, slot: FreedSlot) -> None: ...

    async def get(self, slot_id: UUID) -> FreedSlot | None: ...

    async def pending_ids(self) -> list[UUID]:
        """The ids of slots that are on offer or may still be offered: the first 100, oldest first."""
        ...

    async def remove(self, slot_id: UUID) -> None:
        """Delete a slot that was booked, has passed, or has nobody left to offer it to."""
        ...
