"""Published availability in memory."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from attrs import define, evolve

from adapters.memory.engine.rows import own_key, own_rows, time_zone_at
from adapters.memory.engine.store import MemoryTransaction
from portal_core.appointments.calendar_ports import (
    Availability,
)
from portal_core.appointments.scheduling.availability import AvailabilityException, AvailabilityRule
from portal_core.kernel.audit import AuditEntry


@define
class MemoryAvailability(Availability):
    """Weekly rules and exceptions."""

    tx: MemoryTransaction

    async def rules(self, clinicians: Collection[UUID]) -> list[AvailabilityRule]:
        return [
            evolve(one, time_zone=time_zone_at(self.tx, one.location_id))
            for one in own_rows(self.tx, "availability_rules")
            if one.clinician_id in clinicians
        ]

    async def exceptions(
        self, clinicians: Collection[UUID], first_day: date, last_day: date
    ) -> list[AvailabilityException]:
        return [
            evolve(one, time_zone=time_zone_at(self.tx, one.location_id))
            for one in own_rows(self.tx, "availability_exceptions")
            if (one.clinician_id is None or one.clinician_id in clinicians) and first_day <= one.date <= last_day
        ]

    async def publish(self, clinician_id: UUID, rules: Sequence[AvailabilityRule], audit_entry: AuditEntry) -> None:
        rows = self.tx.table("availability_rules")
        for one in await self.rules([clinician_id]):
            del rows[own_key(self.tx, one.id)]
        for one in rules:
            self.tx.insert("availability_rules", own_key(self.tx, one.id), one)
        await self.tx.audit.record(audit_entry)

    async def add_exception(self, exception: AvailabilityException, audit_entry: AuditEntry) -> None:
        self.tx.insert("availability_exceptions", own_key(self.tx, exception.id), exception)
        await self.tx.audit.record(audit_entry)

    async def remove_exception(self, clinician_id: UUID | None, exception_id: UUID, audit_entry: AuditEntry) -> bool:
        rows = self.tx.table("availability_exceptions")
        known = rows.get(own_key(self.tx, exception_id))
        if known is None or known.clinician_id != clinician_id:
            return False
        del rows[own_key(self.tx, exception_id)]
        await self.tx.audit.record(audit_entry)
        return True
