"""The repositories of practices and their people in memory."""

from uuid import UUID

from adapters.memory.engine.store import MemoryUnit, repository
from adapters.memory.people.client_accounts import MemoryClientAccounts
from adapters.memory.people.clients import MemoryCareTeams, MemoryClientRecords
from adapters.memory.people.erasure import MemoryLegalHolds, MemoryRecordErasures
from adapters.memory.people.practices import MemoryPracticeRecord
from adapters.memory.people.staff import MemoryClinicianRecords, MemoryStaffRecords
from portal_core.kernel.errors import NotFound


class MemoryPeopleUnit(MemoryUnit):
    """Repositories over one transaction."""

    practice_record = repository(MemoryPracticeRecord)
    client_records = repository(MemoryClientRecords)
    client_accounts = repository(MemoryClientAccounts)
    clinician_records = repository(MemoryClinicianRecords)
    staff_records = repository(MemoryStaffRecords)
    care_teams = repository(MemoryCareTeams)
    record_erasures = repository(MemoryRecordErasures)
    legal_holds = repository(MemoryLegalHolds)

    async def require_visible(self, client_id: UUID) -> None:
        if await self.client_records.get(client_id) is None:
            raise NotFound("client", client_id)


UNIT = MemoryPeopleUnit
