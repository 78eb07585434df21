"""Clinicians and staff in memory, with the constraints of the PostgreSQL adapter."""

from uuid import UUID

from attrs import define

from adapters.memory.engine.row_visibility import first, only_practice_wide, portal_user
from adapters.memory.engine.rows import own_key, own_rows
from adapters.memory.engine.store import MemoryTransaction
from adapters.memory.people.external_ids import require_unique_external_id
from portal_core.kernel.audit import AuditEntry
from portal_core.people.errors import DuplicateStaff
from portal_core.people.model import Clinician, StaffMember
from portal_core.people.ports import (
    ClinicianRecords,
    StaffRecords,
)


@define
class MemoryClinicianRecords(ClinicianRecords):
    """External ids are unique within the practice."""

    tx: MemoryTransaction

    async def get(self, clinician_id: UUID) -> Clinician | None:
        return first(one for one in await self.all() if one.id == clinician_id)

    async def find_by_external_id(self, external_id: str) -> Clinician | None:
        return first(one for one in await self.all() if one.external_id == external_id)

    async def all(self) -> tuple[Clinician, ...]:
        return tuple(sorted(own_rows(self.tx, "clinicians"), key=lambda one: (one.name.encode(), one.id)))

    async def add(self, clinician: Clinician, audit_entry: AuditEntry) -> None:
        only_practice_wide(self.tx)
        require_unique_external_id(self.tx, "clinicians", clinician)
        self.tx.insert("clinicians", own_key(self.tx, clinician.id), clinician)
        await self.tx.audit.record(audit_entry)

    async def save(self, clinician: Clinician, audit_entry: AuditEntry) -> None:
        only_practice_wide(self.tx)
        require_unique_external_id(self.tx, "clinicians", clinician)
        self.tx.save("clinicians", own_key(self.tx, clinician.id), clinician)
        await self.tx.audit.record(audit_entry)


@define
class MemoryStaffRecords(StaffRecords):
    """Emails, external ids and identities are unique within the practice; portal users see no staff."""

    tx: MemoryTransaction

    async def get(self, staff_id: UUID) -> StaffMember | None:
        return first(one for one in await self.all() if one.id == staff_id)

    async def find_by_email(self, email: str) -> StaffMember | None:
        return first(one for one in await self.all() if one.email == email)

    async def all(self) -> tuple[StaffMember, ...]:
        rows: list[StaffMember] = [] if portal_user(self.tx) else own_rows(self.tx, "staff")
        return tuple(sorted(rows, key=lambda one: (one.name.encode(), one.id)))

    async def lock_administrators(self) -> frozenset[UUID]:
        return frozenset(one.id for one in await self.all() if one.is_administrator)

    async def add(self, member: StaffMember, audit_entry: AuditEntry) -> None:
        self._require_unique_external_ids(member)
        self.tx.insert("staff", own_key(self.tx, member.id), member)
        await self.tx.audit.record(audit_entry)

    async def save(self, member: StaffMember, audit_entry: AuditEntry) -> None:
        self._require_unique_external_ids(member)
        self.tx.save("staff", own_key(self.tx, member.id), member)
        await self.tx.audit.record(audit_entry)

    def _require_unique_external_ids(self, member: StaffMember) -> None:
        only_practice_wide(self.tx)
        require_unique_external_id(self.tx, "staff", member)
        for other in own_rows(self.tx, "staff"):
            same_person = member.issuer is not None and (other.issuer, other.subject) == (member.issuer, member.subject)
            if other.id != member.id and (other.email == member.email or same_person):
                raise DuplicateStaff
