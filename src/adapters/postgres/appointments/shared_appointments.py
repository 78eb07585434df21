"""Shared appointments in PostgreSQL, as clients find and join them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from attrs import define
from sqlalchemy import bindparam, column, func, select

from adapters.postgres.appointments.appointments import APPOINTMENT, SAVE
from adapters.postgres.appointments.attendances import UPSERT_ATTENDANCE, attendance_values
from adapters.postgres.appointments.tables import appointments, attendances
from adapters.postgres.engine.columns import Instant, Uuid, Uuids
from adapters.postgres.engine.entities import entity
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.appointments.model import Appointment, Booking
from portal_core.appointments.ports import SharedAppointments
from portal_core.kernel.audit import AuditEntry

_found = func.portal.shared_appointments(
    bindparam("practice_id", type_=Uuid),
    bindparam("appointment_type_id", type_=Uuid),
    bindparam("clinicians", type_=Uuids),
    bindparam("since", type_=Instant),
    bindparam("until", type_=Instant),
).table_valued(*(column(one.name, one.type) for one in appointments.c))
_SHARED = entity(Appointment, _found)
_removed = (
    select(attendances.c.appointment_id)
    .where(
        attendances.c.practice_id == bindparam("practice_id"),
        attendances.c.client_id == bindparam("client_id", type_=Uuid),
        attendances.c.appointment_id == _found.c.id,
        attendances.c.cancelled_by == "practice",
    )
    .exists()
)
BOOKED = statement(
    "shared_appointments.booked",
    select(*_SHARED.columns).select_from(_found).where(~_removed).order_by(_found.c.starts_at, _found.c.id),
)


@define
class PostgresSharedAppointments(SharedAppointments):
    """Read by a function, since row-level security confines a client to what they attend."""

    tx: Transaction

    async def booked(
        self,
        appointment_type_id: UUID,
        clinicians: Collection[UUID],
        since: datetime,
        until: datetime,
        *,
        client_id: UUID | None = None,
    ) -> list[Appointment]:
        values = {"clinicians": list(clinicians), "since": since, "until": until, "client_id": client_id}
        rows = await self.tx.fetch(BOOKED, appointment_type_id=appointment_type_id, **values)
        return [_SHARED.of(row) for row in rows]

    async def join(self, booking: Booking, client_id: UUID, audit_entry: AuditEntry) -> None:
        own = booking.attendance_of(client_id)
        # The part first: by it, a client's transaction may change the appointment.
        await self.tx.execute(UPSERT_ATTENDANCE, **await attendance_values(self.tx, booking, own))
        await self.tx.save(SAVE, **APPOINTMENT.values(booking.appointment))
        self.tx.add_audit_entry(audit_entry)
