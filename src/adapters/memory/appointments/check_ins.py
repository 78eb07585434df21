"""Check-ins in memory."""

from collections.abc import Iterable
from uuid import UUID

from attrs import define

from adapters.memory.engine.rows import own_key, own_rows, require_reachable, visible
from adapters.memory.engine.sealing import SEALED, require_key
from adapters.memory.engine.store import MemoryTransaction
from portal_core.appointments.check_in import CheckIn
from portal_core.appointments.ports import CheckIns
from portal_core.kernel.audit import AuditEntry

SEALED["check_ins"] = {"client_location": None, "callback": None}


@define
class MemoryCheckIns(CheckIns):
    """Check-ins to video visits."""

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
