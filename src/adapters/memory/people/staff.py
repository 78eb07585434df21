"""Clinicians and staff in memory, with the constraints of the PostgreSQL adapter."""

from uuid import UUID

from attrs import define

from adapters.memory.engine.repository import MemoryRepository
from adapters.memory.engine.row_visibility import first, only_practice_wide, portal_user
from adapters.memory.engine.rows import own_rows
from adapters.memory.people.external_ids import require_unique_external_id
from portal_core.people.errors import DuplicateStaff
from portal_core.people.model import Clinician, StaffMember
from portal_core.people.ports import (
    ClinicianRecords,
    StaffRecords,
)


@define
class MemoryClinicianRecords(MemoryRepository[Clinician], ClinicianRecords):
    """External ids are unique within the practice."""

    table = "clinicians"

    async def find_by_external_id(self, external_id: str) -> Clinician | None:
        return first(one for one in self._rows() if one.external_id == external_id)

    async def all(self) -> tuple[Clinician, ...]:
        return tuple(sorted(self._rows(), key=lambda one: (one.name.encode(), one.id)))

    def _check(self, row: Clinician) -> None:
        only_practice_wide(self.tx)
        require_unique_external_id(self.tx, "clinicians", row)


@define
class MemoryStaffRecords(MemoryRepository[StaffMember], StaffRecords):
    """Emails, external ids and identities are unique within the practice; portal users see no staff."""

    table = "staff"

    async def find_by_email(self, email: str) -> StaffMember | None:
        return first(one for one in self._rows() if one.email == email)

    async def all(self) -> tuple[StaffMember, ...]:
        return tuple(sorted(self._rows(), key=lambda one: (one.name.encode(), one.id)))

    async def lock_administrators(self) -> frozenset[UUID]:
        return frozenset(one.id for one in self._rows() if one.is_administrator)

    def _sees(self, row: StaffMember) -> bool:
        return not portal_user(self.tx)

    def _check(self, row: StaffMember) -> None:
        only_practice_wide(self.tx)
        require_unique_external_id(self.tx, "staff", row)
        for other in own_rows(self.tx, "staff"):
            same_person = row.issuer is not None and (other.issuer, other.subject) == (row.issuer, row.subject)
            if other.id != row.id and (other.email == row.email or same_person):
                raise DuplicateStaff
