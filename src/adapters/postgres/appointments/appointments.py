"""Appointments with their attendances in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import any_, bindparam, case, column, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from adapters.postgres.appointments.attendances import (
    ATTENDANCE,
    UPSERT_ATTENDANCE,
    attendance_of,
    attendance_values,
    load_attendance_keys,
)
from adapters.postgres.appointments.tables import MAX_APPOINTMENT_DURATION, appointments, attendances
from adapters.postgres.engine.columns import Instant, Uuids
from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.appointments.attendance import Attendance
from portal_core.appointments.model import Appointment, Booking
from portal_core.appointments.ports import Appointments
from portal_core.appointments.scheduling.availability import BookedTime
from portal_core.appointments.scheduling.wall_clock import Span
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import StaleVersion

APPOINTMENT = entity(Appointment, appointments)
_here = appointments.c.practice_id == bindparam("practice_id")
_joined = appointments.join(
    attendances,
    (attendances.c.practice_id == appointments.c.practice_id) & (attendances.c.appointment_id == appointments.c.id),
)
_OWN_CLIENT = "the practice sees all clients in it; row-level security confines a client to their own record"
ADD = statement("appointments.add", insert(appointments))
GET = statement(
    "appointments.get",
    select(*APPOINTMENT.columns, *ATTENDANCE.columns)
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
    select(*APPOINTMENT.columns, *ATTENDANCE.columns)
    .select_from(_joined)
    .where(_here, appointments.c.id == bindparam("id"), attendances.c.practice_id == bindparam("practice_id"))
    .order_by(attendances.c.client_id),
    scope_exemption=_OWN_CLIENT,
)
OF_SERIES = statement(
    "appointments.of_series",
    select(*APPOINTMENT.columns, *ATTENDANCE.columns)
    .select_from(_joined)
    .where(
        _here,
        appointments.c.series_id == bindparam("series_id"),
        attendances.c.practice_id == bindparam("practice_id"),
    )
    .order_by(appointments.c.starts_at, appointments.c.id, attendances.c.client_id),
    scope_exemption=_OWN_CLIENT,
)
SAVE = statement(
    "appointments.save",
    update_version(
        appointments,
        "clinician_id",
        "location_id",
        "starts_at",
        "ends_at",
        "time_zone",
        "local_starts_at",
        "calendar_entry_id",
        "attending",
        "changed_at",
        "shared",
        "status",
        "series_id",
        "sequence",
    ),
)
_upcoming = (
    select(*APPOINTMENT.columns)
    .where(
        _here,
        appointments.c.status == "booked",
        appointments.c.starts_at > bindparam("after", type_=Instant),
    )
    .order_by(appointments.c.starts_at, appointments.c.id)
)
UPCOMING = statement("appointments.upcoming", _upcoming)
UPCOMING_AT_LOCATION = statement(
    "appointments.upcoming_at_location", _upcoming.where(appointments.c.location_id == bindparam("location_id"))
)
UPCOMING_WITH_CLINICIAN = statement(
    "appointments.upcoming_with_clinician", _upcoming.where(appointments.c.clinician_id == bindparam("clinician_id"))
)
COUNT_WITH_CLINICIANS = statement(
    "appointments.count_with_clinicians",
    select(appointments.c.clinician_id, func.count())
    .where(
        _here,
        appointments.c.clinician_id == any_(bindparam("clinicians", type_=Uuids)),
        appointments.c.status == "booked",
        appointments.c.starts_at > bindparam("after", type_=Instant),
    )
    .group_by(appointments.c.clinician_id),
)
COUNT_OF_CLIENTS = statement(
    "appointments.count_of_clients",
    select(attendances.c.client_id, func.count())
    .select_from(_joined)
    .where(
        attendances.c.practice_id == bindparam("practice_id"),
        attendances.c.client_id == any_(bindparam("client_ids", type_=Uuids)),
        attendances.c.status == "attending",
        attendances.c.starts_at > bindparam("after", type_=Instant),
        _here,
        appointments.c.status == "booked",
    )
    .group_by(attendances.c.client_id),
)
_CHANGED_BY_SAVE_ALL = (
    "clinician_id",
    "starts_at",
    "ends_at",
    "time_zone",
    "local_starts_at",
    "changed_at",
    "sequence",
    "version",
)
_new = (
    func.jsonb_to_recordset(bindparam("rows", type_=JSONB))
    .table_valued(*(column(name, appointments.c[name].type) for name in ("id", *_CHANGED_BY_SAVE_ALL)))
    .render_derived(name="new", with_types=True)
)
SAVE_ALL = statement(
    "appointments.save_all",
    update(appointments)
    .where(
        _here,
        # The planner does not know how many rows are new, but knows how many ids there are.
        appointments.c.id == any_(bindparam("ids", type_=Uuids)),
        appointments.c.id == _new.c.id,
        appointments.c.version == _new.c.version - literal_column("1"),
    )
    .values({name: _new.c[name] for name in _CHANGED_BY_SAVE_ALL}),
)
# The appointment moved and its sequence rose, but not for clients who had cancelled.
_HAD_CANCELLED = attendances.c.status == "cancelled"
SAVE_ALL_PARTS = statement(
    "attendances.save_all",
    update(attendances)
    .where(
        attendances.c.practice_id == bindparam("practice_id"),
        attendances.c.appointment_id == any_(bindparam("ids", type_=Uuids)),
        attendances.c.appointment_id == _new.c.id,
    )
    .values(
        starts_at=case((_HAD_CANCELLED, attendances.c.starts_at), else_=_new.c.starts_at),
        sequence=attendances.c.sequence - case((_HAD_CANCELLED, literal_column("1")), else_=literal_column("0")),
    ),
    scope_exemption=_OWN_CLIENT,
)
CLIENTS_OF = statement(
    "appointments.clients_of",
    select(attendances.c.appointment_id, attendances.c.client_id)
    .where(
        attendances.c.practice_id == bindparam("practice_id"),
        attendances.c.appointment_id == any_(bindparam("ids", type_=Uuids)),
        attendances.c.status == "attending",
    )
    .order_by(attendances.c.client_id),
    scope_exemption=_OWN_CLIENT,
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
_BOOKED = entity(BookedTime, appointments)
BOOKED_TIMES = statement(
    "appointments.booked_times",
    select(*_BOOKED.columns)
    .where(
        _here,
        appointments.c.clinician_id == any_(bindparam("clinicians", type_=Uuids)),
        appointments.c.status == "booked",
        # No appointment is longer than a day; the lower bound on the start lets the query use the index.
        appointments.c.starts_at > bindparam("day_before", type_=Instant),
        appointments.c.starts_at < bindparam("until", type_=Instant),
        appointments.c.ends_at > bindparam("since", type_=Instant),
    )
    .order_by(appointments.c.starts_at, appointments.c.id),
)
_NONE = UUID(int=0)
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)


@define
class PostgresAppointments(Appointments):
    """Appointments and attendances, in two tables."""

    tx: Transaction

    async def add(self, booking: Booking, *audit_entries: AuditEntry) -> None:
        self.tx.write_later(ADD, **APPOINTMENT.values(booking.appointment))
        await self._put(booking)
        self.tx.add_audit_entry(*audit_entries)

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
        await self.tx.save(SAVE, **APPOINTMENT.values(booking.appointment))
        await self._put(booking)
        self.tx.add_audit_entry(*audit_entries)

    async def booked_times(
        self, clinicians: Collection[UUID], since: datetime, until: datetime | None = None
    ) -> list[BookedTime]:
        rows = await self.tx.fetch(
            BOOKED_TIMES,
            clinicians=list(clinicians),
            since=since,
            until=until or _NEVER,
            day_before=since - MAX_APPOINTMENT_DURATION,
        )
        return [_BOOKED.of(row) for row in rows]

    async def upcoming(
        self, after: datetime, *, location_id: UUID | None = None, clinician_id: UUID | None = None
    ) -> list[Appointment]:
        if location_id is not None:
            rows = await self.tx.fetch(UPCOMING_AT_LOCATION, after=after, location_id=location_id)
        elif clinician_id is not None:
            rows = await self.tx.fetch(UPCOMING_WITH_CLINICIAN, after=after, clinician_id=clinician_id)
        else:
            rows = await self.tx.fetch(UPCOMING, after=after)
        return [APPOINTMENT.of(row) for row in rows]

    async def count_with_clinicians(self, clinicians: Collection[UUID], after: datetime) -> dict[UUID, int]:
        rows = await self.tx.fetch(COUNT_WITH_CLINICIANS, clinicians=list(clinicians), after=after)
        return {row[0]: row[1] for row in rows}

    async def count_of_clients(self, client_ids: Collection[UUID], after: datetime) -> dict[UUID, int]:
        rows = await self.tx.fetch(COUNT_OF_CLIENTS, client_ids=list(client_ids), after=after)
        return {row[0]: row[1] for row in rows}

    async def save_all(self, appointments: Sequence[Appointment], *audit_entries: AuditEntry) -> None:
        rows = [{name: getattr(one, name) for name in ("id", *_CHANGED_BY_SAVE_ALL)} for one in appointments]
        ids = [one.id for one in appointments]
        if await self.tx.execute(SAVE_ALL, rows=rows, ids=ids) != len(rows):
            raise StaleVersion
        await self.tx.execute(SAVE_ALL_PARTS, rows=rows, ids=ids)
        self.tx.add_audit_entry(*audit_entries)

    async def clients_of(self, appointment_ids: Collection[UUID]) -> Mapping[UUID, Sequence[UUID]]:
        found = {one: list[UUID]() for one in appointment_ids}
        for row in await self.tx.fetch(CLIENTS_OF, ids=list(appointment_ids)):
            found[row[0]].append(row[1])
        return found

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
            self.tx.write_later(UPSERT_ATTENDANCE, **await attendance_values(self.tx, booking, one))

    async def _bookings(self, rows: list[Any]) -> list[Booking]:
        """Group joined rows of appointment and attendance by appointment."""
        await load_attendance_keys(self.tx, rows)
        found: dict[UUID, tuple[Appointment, list[Attendance]]] = {}
        for row in rows:
            _, parts = found.setdefault(row["id"], (APPOINTMENT.of(row), []))
            parts.append(await attendance_of(self.tx, row))
        return [Booking(appointment=one, attendances=tuple(parts)) for one, parts in found.values()]
