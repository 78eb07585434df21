"""Check-ins in memory."""

from uuid import UUID

from attrs import define

from adapters.memory.engine.repository import MemoryClientRepository
from adapters.memory.engine.sealing import SEALED
from portal_core.appointments.check_in import CheckIn
from portal_core.appointments.ports import CheckIns

SEALED["check_ins"] = {"client_location": None, "callback": None}


@define
class MemoryCheckIns(MemoryClientRepository[CheckIn], CheckIns):
    """Check-ins to video visits."""

    table = "check_ins"

    async def of_appointment(self, appointment_id: UUID) -> list[CheckIn]:
        found = (one for one in self._rows() if one.appointment_id == appointment_id)
        return sorted(found, key=lambda one: (one.joined_at, one.id), reverse=True)
