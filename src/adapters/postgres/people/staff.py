"""Clinicians and staff in PostgreSQL."""

from typing import Any
from uuid import UUID

from attrs import asdict, define
from sqlalchemy import bindparam, insert, select

from adapters.postgres.engine.constraint_errors import CONSTRAINT_ERRORS
from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.tables import clinicians, staff
from portal_core.kernel.audit import AuditEntry
from portal_core.people.errors import DuplicateExternalId, DuplicateStaff
from portal_core.people.identifiers import License
from portal_core.people.model import Clinician, StaffMember
from portal_core.people.ports import ClinicianRecords, StaffRecords

CONSTRAINT_ERRORS.update(
    {
        "clinicians_external_id_key": DuplicateExternalId,
        "staff_external_id_key": DuplicateExternalId,
        "staff_email_key": DuplicateStaff,
        "staff_subject_key": DuplicateStaff,
    }
)

_CLINICIAN = entity(Clinician, clinicians, credentials=(clinicians.c.credentials,), licenses=(clinicians.c.licenses,))
_clinician_here = clinicians.c.practice_id == bindparam("practice_id")
GET_CLINICIAN = statement(
    "clinicians.get", select(*_CLINICIAN.columns).where(_clinician_here, clinicians.c.id == bindparam("id"))
)
FIND_CLINICIAN = statement(
    "clinicians.find_by_external_id",
    select(*_CLINICIAN.columns).where(_clinician_here, clinicians.c.external_id == bindparam("external_id")),
)
ALL_CLINICIANS = statement(
    "clinicians.all",
    select(*_CLINICIAN.columns).where(_clinician_here).order_by(clinicians.c.name.collate("C"), clinicians.c.id),
)
ADD_CLINICIAN = statement("clinicians.add", insert(clinicians))
SAVE_CLINICIAN = statement("clinicians.save", update_version(clinicians))

_MEMBER = entity(StaffMember, staff, roles=(staff.c.roles,))
_staff_here = staff.c.practice_id == bindparam("practice_id")
GET_STAFF = statement("staff.get", select(*_MEMBER.columns).where(_staff_here, staff.c.id == bindparam("id")))
FIND_STAFF = statement(
    "staff.find_by_email", select(*_MEMBER.columns).where(_staff_here, staff.c.email_key == bindparam("email"))
)
ALL_STAFF = statement(
    "staff.all", select(*_MEMBER.columns).where(_staff_here).order_by(staff.c.name.collate("C"), staff.c.id)
)
# Locks in a fixed order, so that two concurrent changes of administrators wait instead of deadlocking. The one that
# waited sees the other's result, because a row that no longer matches is left out.
LOCK_ADMINISTRATORS = statement(
    "staff.lock_administrators",
    select(staff.c.id)
    .where(_staff_here, staff.c.active, staff.c.roles.contains(["administrator"]))
    .order_by(staff.c.id)
    .with_for_update(),
)
ADD_STAFF = statement("staff.add", insert(staff))
SAVE_STAFF = statement("staff.save", update_version(staff))


@define
class PostgresClinicianRecords(ClinicianRecords):
    """One row per clinician."""

    tx: Transaction

    async def get(self, clinician_id: UUID) -> Clinician | None:
        row = await self.tx.fetchrow(GET_CLINICIAN, id=clinician_id)
        return None if row is None else _clinician(row)

    async def find_by_external_id(self, external_id: str) -> Clinician | None:
        row = await self.tx.fetchrow(FIND_CLINICIAN, external_id=external_id)
        return None if row is None else _clinician(row)

    async def all(self) -> tuple[Clinician, ...]:
        return tuple(_clinician(row) for row in await self.tx.fetch(ALL_CLINICIANS))

    async def add(self, clinician: Clinician, audit_entry: AuditEntry) -> None:
        await self.tx.execute(ADD_CLINICIAN, **_clinician_values(clinician))
        self.tx.add_audit_entry(audit_entry)

    async def save(self, clinician: Clinician, audit_entry: AuditEntry) -> None:
        await self.tx.save(SAVE_CLINICIAN, **_clinician_values(clinician))
        self.tx.add_audit_entry(audit_entry)


def _clinician(row: Any) -> Clinician:
    licenses = tuple(License(**one) for one in row["licenses"])
    return _CLINICIAN.of(row, credentials=row["credentials"] or None, licenses=licenses)


def _clinician_values(clinician: Clinician) -> dict[str, Any]:
    licenses = [asdict(one) for one in clinician.licenses]
    return _CLINICIAN.values(clinician, credentials=clinician.credentials or "", licenses=licenses)


@define
class PostgresStaffRecords(StaffRecords):
    """One row per staff member; row-level security hides them from portal users."""

    tx: Transaction

    async def get(self, staff_id: UUID) -> StaffMember | None:
        row = await self.tx.fetchrow(GET_STAFF, id=staff_id)
        return None if row is None else _member(row)

    async def find_by_email(self, email: str) -> StaffMember | None:
        row = await self.tx.fetchrow(FIND_STAFF, email=email)
        return None if row is None else _member(row)

    async def all(self) -> tuple[StaffMember, ...]:
        return tuple(_member(row) for row in await self.tx.fetch(ALL_STAFF))

    async def lock_administrators(self) -> frozenset[UUID]:
        return frozenset(row["id"] for row in await self.tx.fetch(LOCK_ADMINISTRATORS))

    async def add(self, member: StaffMember, audit_entry: AuditEntry) -> None:
        await self.tx.execute(ADD_STAFF, **_member_values(member))
        self.tx.add_audit_entry(audit_entry)

    async def save(self, member: StaffMember, audit_entry: AuditEntry) -> None:
        await self.tx.save(SAVE_STAFF, **_member_values(member))
        self.tx.add_audit_entry(audit_entry)


def _member(row: Any) -> StaffMember:
    return _MEMBER.of(row, roles=frozenset(row["roles"]))


def _member_values(member: StaffMember) -> dict[str, Any]:
    return _MEMBER.values(member, email_key=member.email, roles=sorted(member.roles))
