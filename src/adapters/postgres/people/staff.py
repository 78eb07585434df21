"""Clinicians and staff in PostgreSQL."""

from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import bindparam, select, update

from adapters.postgres.engine.columns import insert_all
from adapters.postgres.engine.constraint_errors import CONSTRAINT_ERRORS
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.tables import clinicians, staff
from portal_core.kernel.audit import AuditEntry
from portal_core.people.errors import DuplicateExternalId, DuplicateStaff
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

CLINICIAN_COLUMNS = (
    clinicians.c.id,
    clinicians.c.practice_id,
    clinicians.c.name,
    clinicians.c.credentials,
    clinicians.c.external_id,
    clinicians.c.time_zone,
    clinicians.c.room_link,
    clinicians.c.active,
    clinicians.c.version,
)
_clinician_here = clinicians.c.practice_id == bindparam("practice_id")
GET_CLINICIAN = statement(
    "clinicians.get", select(*CLINICIAN_COLUMNS).where(_clinician_here, clinicians.c.id == bindparam("id"))
)
FIND_CLINICIAN = statement(
    "clinicians.find_by_external_id",
    select(*CLINICIAN_COLUMNS).where(_clinician_here, clinicians.c.external_id == bindparam("external_id")),
)
ALL_CLINICIANS = statement(
    "clinicians.all",
    select(*CLINICIAN_COLUMNS).where(_clinician_here).order_by(clinicians.c.name.collate("C"), clinicians.c.id),
)
ADD_CLINICIAN = statement("clinicians.add", insert_all(clinicians))
SAVE_CLINICIAN = statement(
    "clinicians.save",
    update(clinicians)
    .where(_clinician_here, clinicians.c.id == bindparam("clinician"), clinicians.c.version == bindparam("before"))
    .values({c.name: bindparam(c.name) for c in clinicians.c if c.name not in ("practice_id", "id")}),
)

STAFF_COLUMNS = (
    staff.c.id,
    staff.c.practice_id,
    staff.c.name,
    staff.c.email,
    staff.c.roles,
    staff.c.clinician_id,
    staff.c.external_id,
    staff.c.active,
    staff.c.issuer,
    staff.c.subject,
    staff.c.version,
)
_staff_here = staff.c.practice_id == bindparam("practice_id")
GET_STAFF = statement("staff.get", select(*STAFF_COLUMNS).where(_staff_here, staff.c.id == bindparam("id")))
FIND_STAFF = statement(
    "staff.find_by_email", select(*STAFF_COLUMNS).where(_staff_here, staff.c.email_key == bindparam("email"))
)
ALL_STAFF = statement(
    "staff.all", select(*STAFF_COLUMNS).where(_staff_here).order_by(staff.c.name.collate("C"), staff.c.id)
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
ADD_STAFF = statement("staff.add", insert_all(staff))
SAVE_STAFF = statement(
    "staff.save",
    update(staff)
    .where(_staff_here, staff.c.id == bindparam("member"), staff.c.version == bindparam("before"))
    .values({c.name: bindparam(c.name) for c in staff.c if c.name not in ("practice_id", "id")}),
)


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
        await self.tx.execute(ADD_CLINICIAN, id=clinician.id, **_clinician_values(clinician))
        self.tx.add_audit_entry(audit_entry)

    async def save(self, clinician: Clinician, audit_entry: AuditEntry) -> None:
        values = _clinician_values(clinician)
        await self.tx.save(SAVE_CLINICIAN, clinician=clinician.id, before=clinician.version - 1, **values)
        self.tx.add_audit_entry(audit_entry)


def _clinician(row: Any) -> Clinician:
    values = list(row)
    values[3] = row[3] or None
    return Clinician(*values)


def _clinician_values(clinician: Clinician) -> dict[str, Any]:
    return {
        "external_id": clinician.external_id,
        "name": clinician.name,
        "credentials": clinician.credentials or "",
        "time_zone": clinician.time_zone,
        "room_link": clinician.room_link,
        "active": clinician.active,
        "version": clinician.version,
    }


@define
class PostgresStaffRecords(StaffRecords):
    """One row per staff member; row-level security hides them from portal users."""

    tx: Transaction

    async def get(self, staff_id: UUID) -> StaffMember | None:
        return _member(await self.tx.fetchrow(GET_STAFF, id=staff_id))

    async def find_by_email(self, email: str) -> StaffMember | None:
        return _member(await self.tx.fetchrow(FIND_STAFF, email=email))

    async def all(self) -> tuple[StaffMember, ...]:
        members = (_member(row) for row in await self.tx.fetch(ALL_STAFF))
        return tuple(member for member in members if member is not None)

    async def lock_administrators(self) -> frozenset[UUID]:
        return frozenset(row[0] for row in await self.tx.fetch(LOCK_ADMINISTRATORS))

    async def add(self, member: StaffMember, audit_entry: AuditEntry) -> None:
        await self.tx.execute(ADD_STAFF, id=member.id, **_staff_values(member))
        self.tx.add_audit_entry(audit_entry)

    async def save(self, member: StaffMember, audit_entry: AuditEntry) -> None:
        await self.tx.save(SAVE_STAFF, member=member.id, before=member.version - 1, **_staff_values(member))
        self.tx.add_audit_entry(audit_entry)


def _member(row: Any) -> StaffMember | None:
    if row is None:
        return None
    values = list(row)
    values[4] = frozenset(row[4])
    return StaffMember(*values)


def _staff_values(member: StaffMember) -> dict[str, Any]:
    return {
        "external_id": member.external_id,
        "name": member.name,
        "email": member.email,
        "email_key": member.email,
        "roles": sorted(member.roles),
        "clinician_id": member.clinician_id,
        "active": member.active,
        "issuer": member.issuer,
        "subject": member.subject,
        "version": member.version,
    }
