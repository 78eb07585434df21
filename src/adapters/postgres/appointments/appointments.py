"""Appointments with their attendances in PostgreSQL."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import any_, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.appointments.tables import MAX_APPOINTMENT_DURATION, appointments, attendances
from adapters.postgres.engine.columns import Instant, Uuids, insert_all
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.appointments.model import Appointment, Attendance, Booking
from portal_core.appointments.ports import Appointments
from portal_core.appointments.scheduling.wall_clock import Span
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.money import Money

APPOINTMENT = (
    appointments.c.id,
    appointments.c.practice_id,
    appointments.c.clinician_id,
    appointments.c.appointment_type_id,
    appointments.c.location_id,
    appointments.c.starts_at,
    appointments.c.ends_at,
    appointments.c.time_zone,
    appointments.c.calendar_entry_id,
    appointments.c.attending,
    appointments.c.booked_at,
    appointments.c.changed_at,
    appointments.c.shared,
    appointments.c.status,
    appointments.c.series_id,
    appointments.c.room,
    appointments.c.sequence,
    appointments.c.version,
)
ATTENDANCE = (
    attendances.c.appointment_id,
    attendances.c.practice_id,
    attendances.c.client_id,
    attendances.c.status,
    attendances.c.cancelled_at,
    attendances.c.cancelled_by,
    attendances.c.cancelled_late,
    attendances.c.reason,
    attendances.c.fee_amount,
    attendances.c.fee_currency,
    attendances.c.sequence,
)
_CLIENT = len(APPOINTMENT) + ATTENDANCE.index(attendances.c.client_id)
_REASON = len(APPOINTMENT) + ATTENDANCE.index(attendances.c.reason)
_here = appointments.c.practice_id == bindparam("practice_id")
_joined = appointments.join(
    attendances,
    (attendances.c.practice_id == appointments.c.practice_id) & (attendances.c.appointment_id == appointments.c.id),
)
_OWN_CLIENT = "the practice sees all clients in it; row-level security confines a client to their own record"
ADD = statement("appointments.add", insert_all(appointments))
GET = statement(
    "appointments.get",
    select(*APPOINTMENT, *ATTENDANCE)
    .select_from(_joined)
    .where(
        _here,
        appointments.c.id == bindparam("id"),
        attendances.c.practice_id == bindparam("practice_id"),
        attendances.c.client_id == bindparam("client_id"),
    ),
)
GET_FOR_PRACTICE = statement(
    "appointments.whole",
    select(*APPOINTMENT, *ATTENDANCE)
    .select_from(_joined)
    .where(_here, appointments.c.id == bindparam("id"), attendances.c.practice_id == bindparam("practice_id"))
    .order_by(attendances.c.client_id),
    scope_exemption=_OWN_CLIENT,
)
OF_SERIES = statement(
    "appointments.of_series",
    select(*APPOINTMENT, *ATTENDANCE)
    .select_from(_joined)
    .where(
        _here,
        appointments.c.series_id == bindparam("series_id"),
        attendances.c.practice_id == bindparam("practice_id"),
    )
    .order_by(appointments.c.starts_at, appointments.c.id, attendances.c.client_id),
    scope_exemption=_OWN_CLIENT,
)
_CHANGING = (
    "clinician_id",
    "location_id",
    "starts_at",
    "ends_at",
    "time_zone",
    "calendar_entry_id",
    "attending",
    "changed_at",
    "status",
    "series_id",
    "sequence",
    "version",
)
SAVE = statement(
    "appointments.save",
    update(appointments)
    .where(_here, appointments.c.id == bindparam("appointment"), appointments.c.version == bindparam("before"))
    .values({name: bindparam(name, type_=appointments.c[name].type) for name in _CHANGING}),
)
_row = insert(attendances).values({c.name: bindparam(c.name, type_=c.type) for c in attendances.c})
UPSERT_ATTENDANCE = statement(
    "attendances.put",
    _row.on_conflict_do_update(
        index_elements=["practice_id", "client_id", "appointment_id"],
        set_={
            name: _row.excluded[name]
            for name in (
                "starts_at",
                "status",
                "cancelled_at",
                "cancelled_by",
                "cancelled_late",
                "reason",
                "fee_amount",
                "fee_currency",
                "sequence",
            )
        },
    ),
)
CLIENT_BUSY_TIMES = statement(
    "appointments.client_busy_times",
    select(appointments.c.starts_at, appointments.c.ends_at)
    .select_from(_joined)
    .where(
        attendances.c.practice_id == bindparam("practice_id"),
        attendances.c.client_id == any_(bindparam("client_ids", type_=Uuids)),
        attendances.c.status == "attending",
        attendances.c.appointment_id != bindparam("excluding"),
        # No appointment is longer than a day; the lower bound on the start lets the query use the index.
        attendances.c.starts_at > bindparam("day_before", type_=Instant),
        attendances.c.starts_at < bindparam("until", type_=Instant),
        _here,
        appointments.c.ends_at > bindparam("since", type_=Instant),
    ),
)
_NONE = UUID(int=0)


def appointment_of(row: Any) -> Appointment:
    """An appointment from the columns of `APPOINTMENT`, in their order."""
    return Appointment(
        id=row[0],
        practice_id=row[1],
        clinician_id=row[2],
        appointment_type_id=row[3],
        location_id=row[4],
        starts_at=row[5],
        ends_at=row[6],
        time_zone=row[7],
        calendar_entry_id=row[8],
        attending=row[9],
        booked_at=row[10],
        changed_at=row[11],
        shared=row[12],
        status=row[13],
        series_id=row[14],
        room=row[15],
        sequence=row[16],
        version=row[17],
    )


def fee_of(amount: int | None, currency: str | None) -> Money | None:
    """The fee from its two columns."""
    return None if amount is None or currency is None else Money(amount, currency)


@define
class PostgresAppointments(Appointments):
    """Appointments and attendances, in two tables."""

    tx: Transaction

    async def add(self, booking: Booking, *audit_entries: AuditEntry) -> None:
        one = booking.appointment
        values = {column.name: getattr(one, column.name) for column in APPOINTMENT if column.name != "practice_id"}
        self.tx.write_later(ADD, **values)
        await self._put(booking)
        for entry in audit_entries:
            self.tx.add_audit_entry(entry)

    async def get(self, client_id: UUID, appointment_id: UUID) -> Booking | None:
        found = await self._bookings(await self.tx.fetch(GET, id=appointment_id, client_id=client_id))
        return found[0] if found else None

    async def get_for_practice(self, appointment_id: UUID) -> Booking | None:
        found = await self._bookings(await self.tx.fetch(GET_FOR_PRACTICE, id=appointment_id))
        return found[0] if found else None

    async def of_series(self, series_id: UUID) -> list[Booking]:
        """The appointments of a series, by start."""
        return await self._bookings(await self.tx.fetch(OF_SERIES, series_id=series_id))

    async def save(self, booking: Booking, *audit_entries: AuditEntry) -> None:
        one = booking.appointment
        values = {name: getattr(one, name) for name in _CHANGING}
        await self.tx.save(SAVE, appointment=one.id, before=one.version - 1, **values)
        await self._put(booking)
        for entry in audit_entries:
            self.tx.add_audit_entry(entry)

    async def client_busy_times(
        self, client_ids: Collection[UUID], since: datetime, until: datetime, *, excluding: UUID | None = None
    ) -> list[Span]:
        rows = await self.tx.fetch(
            CLIENT_BUSY_TIMES,
            client_ids=list(client_ids),
            since=since,
            until=until,
            day_before=since - MAX_APPOINTMENT_DURATION,
            excluding=excluding or _NONE,
        )
        return [(row[0], row[1]) for row in rows]

    async def _put(self, booking: Booking) -> None:
        for one in booking.attendances:
            self.tx.write_later(
                UPSERT_ATTENDANCE,
                client_id=one.client_id,
                appointment_id=one.appointment_id,
                starts_at=booking.appointment.starts_at,
                status=one.status,
                cancelled_at=one.cancelled_at,
                cancelled_by=one.cancelled_by,
                cancelled_late=one.cancelled_late,
                # A change for all clients must not fail because one client's record key was destroyed.
                reason=await self.tx.seal_unless_destroyed(
                    one.client_id, attendances.c.reason, one.appointment_id, one.reason
                ),
                fee_amount=one.fee_due.amount if one.fee_due else None,
                fee_currency=one.fee_due.currency if one.fee_due else None,
                sequence=one.sequence,
            )

    async def _bookings(self, rows: list[Any]) -> list[Booking]:
        """Group joined rows of appointment and attendance by appointment."""
        await self.tx.load_keys(row[_CLIENT] for row in rows if row[_REASON] is not None)
        found: dict[UUID, tuple[Appointment, list[Attendance]]] = {}
        for row in rows:
            known = found.setdefault(row[0], (appointment_of(row), []))
            known[1].append(await self._attendance(row[len(APPOINTMENT) :]))
        return [Booking(appointment=one, attendances=tuple(parts)) for one, parts in found.values()]

    async def _attendance(self, row: Any) -> Attendance:
        return Attendance(
            appointment_id=row[0],
            practice_id=row[1],
            client_id=row[2],
            status=row[3],
            cancelled_at=row[4],
            cancelled_by=row[5],
            cancelled_late=row[6],
            reason=await self.tx.unseal(row[2], attendances.c.reason, row[0], row[7]) or None,
            fee_due=fee_of(row[8], row[9]),
            sequence=row[10],
        )
