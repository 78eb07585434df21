"""Corrections of appointments in memory."""

from uuid import UUID

from attrs import define

from adapters.memory.engine.repository import MemoryClientRepository
from adapters.memory.engine.sealing import SEALED, as_stored
from portal_core.appointments.correction import Correction
from portal_core.appointments.ports import Corrections
from portal_core.kernel.audit import AuditEntry

SEALED["corrections"] = {"reason": None}


@define
class MemoryCorrections(MemoryClientRepository[Correction], Corrections):
    """Corrections of appointments."""

    table = "corrections"

    async def add(self, correction: Correction, audit_entry: AuditEntry) -> None:
        await super().add(as_stored(self.tx, self.table, correction), audit_entry)

    async def of_appointment(self, appointment_id: UUID) -> list[Correction]:
        found = (one for one in self._rows() if one.appointment_id == appointment_id)
        return sorted(found, key=lambda one: (one.corrected_at, one.id), reverse=True)
