"""Views of appointments in memory."""

import operator
from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from attrs import define

from adapters.memory.appointments.appointments import attendances
from adapters.memory.appointments.options import load_booking_options, load_clients
from adapters.memory.engine.rows import own_key, own_rows, visible
from adapters.memory.engine.store import MemoryTransaction
from portal_core.appointments.attendance import Attendance
from portal_core.appointments.model import Appointment, Booking
from portal_core.appointments.practice_views import (
    AppointmentSummaryView,
    AttendanceSummaryView,
    AttendanceView,
    PracticeAppointmentView,
)
from portal_core.appointments.read_ports import AppointmentReads
from portal_core.appointments.scheduling.wall_clock import LocalDateTime
from portal_core.appointments.views import AppointmentFilter, AppointmentRow
from portal_core.kernel.page import Page, PageRequest


@define
class MemoryAppointmentReads(AppointmentReads):
    """Builds in Python what PostgreSQL joins."""

    tx: MemoryTransaction

    async def list_for_client(
        self, client_id: UUID, filters: AppointmentFilter, page: PageRequest, now: datetime
    ) -> Page[AppointmentRow]:
        return page.paginate(self._in_order(client_id, filters, page, now), _sort_key)

    async def for_client(self, client_id: UUID, appointment_id: UUID) -> AppointmentRow | None:
        return next((row for row in self._rows(client_id) if row.id == appointment_id), None)

    async def schedule(
        self, since: datetime, until: datetime, clinician_id: UUID | None
    ) -> tuple[PracticeAppointmentView, ...]:
        found: list[Appointment] = [
            one
            for one in own_rows(self.tx, "appointments")
            if since <= one.starts_at < until and clinician_id in (None, one.clinician_id)
        ]
        return tuple(self._practice_view(one) for one in sorted(found, key=_sort_key))

    async def list_for_practice(
        self, client_id: UUID, filters: AppointmentFilter, page: PageRequest, now: datetime, clinician_id: UUID | None
    ) -> Page[PracticeAppointmentView]:
        rows = self._in_order(client_id, filters, page, now)
        by_id = {one.id: one for one in own_rows(self.tx, "appointments")}
        seen = [row for row in rows if clinician_id in (None, by_id[row.id].clinician_id)]
        return page.paginate(seen, _sort_key).map(lambda row: self._practice_view(by_id[row.id]))

    async def get_for_practice(self, appointment_id: UUID) -> PracticeAppointmentView | None:
        found = self.tx.table("appointments").get(own_key(self.tx, appointment_id))
        return self._practice_view(found) if found is not None else None

    async def summaries(self, appointment_ids: Collection[UUID]) -> tuple[AppointmentSummaryView, ...]:
        found = [one for one in own_rows(self.tx, "appointments") if one.id in set(appointment_ids)]
        return tuple(self._summary(one) for one in sorted(found, key=_sort_key))

    def _in_order(
        self, client_id: UUID, filters: AppointmentFilter, page: PageRequest, now: datetime
    ) -> list[AppointmentRow]:
        """Rows that match the filter, in its order, after the page's cursor."""
        rows = [row for row in self._rows(client_id) if _matches(row, filters, now)]
        rows.sort(key=_sort_key, reverse=filters.latest_first)
        after = page.after_time()
        beyond = operator.lt if filters.latest_first else operator.gt
        return [row for row in rows if after is None or beyond(_sort_key(row), after)]

    def _rows(self, client_id: UUID) -> Iterable[AppointmentRow]:
        booking_options = load_booking_options(self.tx, None)
        for attendance in own_rows(self.tx, "attendances"):
            if attendance.client_id == client_id and visible(self.tx, client_id):
                appointment = self.tx.table("appointments")[own_key(self.tx, attendance.appointment_id)]
                booking = Booking(appointment=appointment, attendances=(attendance,))
                yield AppointmentRow.of(booking, client_id, booking_options)

    def _practice_view(self, one: Appointment) -> PracticeAppointmentView:
        booking_options = load_booking_options(self.tx, None)
        location = booking_options.locations.get(one.location_id) if one.location_id else None
        appointment_type = booking_options.appointment_types[one.appointment_type_id]
        clinician = booking_options.clinicians[one.clinician_id]
        return PracticeAppointmentView(
            id=one.id,
            status=one.status,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            time_zone=one.time_zone,
            clinician_id=one.clinician_id,
            clinician_name=clinician.name,
            appointment_type_id=one.appointment_type_id,
            appointment_type_name=appointment_type.name,
            cpt_code=appointment_type.cpt_code,
            location_id=one.location_id,
            location_name=location.name if location else None,
            telehealth=one.telehealth,
            room_missing=one.telehealth and one.status == "booked" and clinician.room_missing,
            series_id=one.series_id,
            attendances=tuple(self._attendance_view(attendance) for attendance in attendances(self.tx, one.id)),
            version=one.version,
        )

    def _summary(self, one: Appointment) -> AppointmentSummaryView:
        seen = self._practice_view(one)
        return AppointmentSummaryView(
            id=seen.id,
            status=seen.status,
            starts_at=seen.starts_at,
            local_starts_at=LocalDateTime(one.local_starts_at),
            time_zone=seen.time_zone,
            clinician_id=seen.clinician_id,
            clinician_name=seen.clinician_name,
            room_missing=bool(seen.room_missing),
            series_id=seen.series_id,
            attendances=tuple(
                AttendanceSummaryView(
                    client_id=part.client_id,
                    client_name=part.client_name,
                    client_pronouns=part.client_pronouns,
                    status=part.status,
                )
                for part in seen.attendances
            ),
        )

    def _attendance_view(self, attendance: Attendance) -> AttendanceView:
        client = load_clients(self.tx)[attendance.client_id]
        return AttendanceView(
            client_id=client.id,
            client_name=client.name,
            client_pronouns=client.pronouns,
            status=attendance.status,
            cancelled_at=attendance.cancelled_at,
            cancelled_late=attendance.cancelled_late,
            reason=attendance.reason,
            internal_note=attendance.internal_note,
            fee_due=attendance.fee_due,
        )


def _matches(row: AppointmentRow, filters: AppointmentFilter, now: datetime) -> bool:
    if filters.since is not None and row.starts_at < filters.since:
        return False
    if filters.until is not None and row.starts_at >= filters.until:
        return False
    match filters.category:
        case "upcoming":
            return row.status != "cancelled" and now < row.ends_at
        case "past":
            return row.status != "cancelled" and row.ends_at <= now
        case "cancelled":
            return row.status == "cancelled"
        case "all":
            return True


def _sort_key(row: AppointmentRow | Appointment) -> tuple[datetime, UUID]:
    return row.starts_at, row.id
