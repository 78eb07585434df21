"""What appointments look like on screens, and what the practice offers, in memory."""

import operator
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import define, evolve

from adapters.memory.appointments import attendances
from adapters.memory.rows import own_key, own_rows, visible, zone_at
from adapters.memory.store import MemoryTransaction
from portal_core.appointments.model import Appointment, Attendance, Booking
from portal_core.appointments.ports import ScheduleDirectory
from portal_core.appointments.ports_reads import AppointmentReads
from portal_core.appointments.practice_views import AttendanceView, PracticeAppointmentView
from portal_core.appointments.settings import AppointmentRules, Client, Clinician, Schedule
from portal_core.appointments.views import AppointmentFilter, AppointmentRow
from portal_core.kernel.page import Page, PageRequest


@define
class MemoryScheduleDirectory(ScheduleDirectory):
    """Kinds, places and rules from the setup; clinicians, clients and care teams from the practice's people."""

    tx: MemoryTransaction

    async def for_client(self, client_id: UUID) -> Schedule:
        team = {key[2] for key in self.tx.table("care_team") if key[:2] == own_key(self.tx, client_id)}
        known = await self.clients([client_id])
        discharged = client_id in known and known[client_id].discharged
        return evolve(schedule(self.tx, team if visible(self.tx, client_id) else ()), discharged=discharged)

    async def for_practice(self) -> Schedule:
        return schedule(self.tx, None)

    async def clinician(self, clinician_id: UUID) -> Clinician | None:
        return schedule(self.tx, [clinician_id]).clinicians.get(clinician_id)

    async def clients(self, client_ids: Collection[UUID]) -> Mapping[UUID, Client]:
        known = people(self.tx)
        return {one: known[one] for one in client_ids if one in known and visible(self.tx, one)}


@define
class MemoryAppointmentReads(AppointmentReads):
    """Joins by hand what PostgreSQL joins."""

    tx: MemoryTransaction

    async def list_for_client(
        self, client_id: UUID, which: AppointmentFilter, page: PageRequest, now: datetime
    ) -> Page[AppointmentRow]:
        return page.cut(self._in_order(client_id, which, page, now), _place_in_order)

    async def for_client(self, client_id: UUID, appointment_id: UUID) -> AppointmentRow | None:
        return next((row for row in self._rows(client_id) if row.id == appointment_id), None)

    async def day(
        self, since: datetime, until: datetime, clinician_id: UUID | None
    ) -> tuple[PracticeAppointmentView, ...]:
        found: list[Appointment] = [
            one
            for one in own_rows(self.tx, "appointments")
            if since <= one.starts_at < until and clinician_id in (None, one.clinician_id)
        ]
        return tuple(self._for_practice(one) for one in sorted(found, key=_place_in_order))

    async def list_for_practice(
        self, client_id: UUID, which: AppointmentFilter, page: PageRequest, now: datetime, clinician_id: UUID | None
    ) -> Page[PracticeAppointmentView]:
        rows = self._in_order(client_id, which, page, now)
        seen = [row for row in rows if clinician_id in (None, row.clinician_id)]
        appointments = self.tx.table("appointments")
        return page.cut(seen, _place_in_order).map(
            lambda row: self._for_practice(appointments[own_key(self.tx, row.id)])
        )

    async def one_for_practice(self, appointment_id: UUID) -> PracticeAppointmentView | None:
        found = self.tx.table("appointments").get(own_key(self.tx, appointment_id))
        return self._for_practice(found) if found is not None else None

    def _in_order(
        self, client_id: UUID, which: AppointmentFilter, page: PageRequest, now: datetime
    ) -> list[AppointmentRow]:
        """Those that the filter wants, from the page's beginning on."""
        rows = [row for row in self._rows(client_id) if _wanted(row, which, now)]
        rows.sort(key=_place_in_order, reverse=which.latest_first)
        after = page.after_time()
        beyond = operator.lt if which.latest_first else operator.gt
        return [row for row in rows if after is None or beyond(_place_in_order(row), after)]

    def _rows(self, client_id: UUID) -> Iterable[AppointmentRow]:
        offered = schedule(self.tx, None)
        for part in own_rows(self.tx, "attendances"):
            if part.client_id == client_id and visible(self.tx, client_id):
                appointment = self.tx.table("appointments")[own_key(self.tx, part.appointment_id)]
                yield _row(Booking(appointment=appointment, attendances=(part,)), part, offered)

    def _for_practice(self, one: Appointment) -> PracticeAppointmentView:
        offered = schedule(self.tx, None)
        place = offered.places.get(one.place_id) if one.place_id else None
        return PracticeAppointmentView(
            id=one.id,
            status=one.status,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            zone=one.zone,
            clinician_id=one.clinician_id,
            clinician_name=offered.clinicians[one.clinician_id].name,
            kind_id=one.kind_id,
            kind_name=offered.kinds[one.kind_id].name,
            place_id=one.place_id,
            place_name=place.name if place else "",
            telehealth=one.telehealth,
            series_id=one.series_id,
            attendances=tuple(self._attendance(part) for part in attendances(self.tx, one.id)),
            version=one.version,
        )

    def _attendance(self, part: Attendance) -> AttendanceView:
        client = people(self.tx)[part.client_id]
        return AttendanceView(
            client_id=client.id,
            client_name=client.name,
            client_pronouns=client.pronouns,
            status=part.status,
            cancelled_at=part.cancelled_at,
            late=part.late,
            reason=part.reason,
            fee_due=part.fee_due,
        )


def people(tx: MemoryTransaction) -> dict[UUID, Client]:
    """The practice's clients, by id."""
    return {
        one.id: Client(
            id=one.id, name=one.shown_name, pronouns=one.pronouns or "", discharged=one.status == "discharged"
        )
        for one in _people(tx, "clients")
    }


def schedule(tx: MemoryTransaction, clinicians: Collection[UUID] | None) -> Schedule:
    """What the practice offers, with these of its clinicians, or with all."""
    return Schedule(
        zone=zone_at(tx, None),
        rules=tx.table("appointment_rules").get(tx.practice_id, AppointmentRules()),
        kinds={one.id: one for one in own_rows(tx, "appointment_kinds")},
        places={one.id: one for one in own_rows(tx, "places")},
        clinicians={
            one.id: Clinician(
                id=one.id,
                name=one.name,
                credentials=one.credentials,
                account_id=_account(tx, one.id),
                room_link=one.room_link or "",
                active=one.active,
            )
            for one in _people(tx, "clinicians")
            if clinicians is None or one.id in clinicians
        },
        version=tx.table("practices")[tx.practice_id].version,
    )


def _row(booking: Booking, part: Attendance, offered: Schedule) -> AppointmentRow:
    one = booking.appointment
    place = offered.places.get(one.place_id) if one.place_id else None
    return AppointmentRow(
        id=one.id,
        client_id=part.client_id,
        status=one.status if part.status == "attending" else part.status,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        zone=one.zone,
        clinician_id=one.clinician_id,
        clinician_name=offered.clinicians[one.clinician_id].name,
        kind_id=one.kind_id,
        kind_name=offered.kinds[one.kind_id].name,
        place_id=one.place_id,
        place_name=place.name if place else "",
        place_address=place.address if place else "",
        shared=one.shared,
        sequence=booking.version_for(part.client_id),
        changed_at=max(one.changed_at, part.cancelled_at or one.changed_at),
        cancelled_at=part.cancelled_at,
        late=part.late,
        reason=part.reason,
        fee_due=part.fee_due,
        rules=offered.rules,
    )


def _wanted(row: AppointmentRow, which: AppointmentFilter, now: datetime) -> bool:
    if which.since is not None and row.starts_at < which.since:
        return False
    if which.until is not None and row.starts_at >= which.until:
        return False
    match which.scope:
        case "upcoming":
            return row.status != "cancelled" and now < row.ends_at
        case "past":
            return row.status != "cancelled" and row.ends_at <= now
        case "cancelled":
            return row.status == "cancelled"
        case "all":
            return True


def _place_in_order(row: AppointmentRow | Appointment) -> tuple[datetime, UUID]:
    return row.starts_at, row.id


def _account(tx: MemoryTransaction, clinician_id: UUID) -> UUID | None:
    members = {one.id for one in _people(tx, "staff") if one.clinician_id == clinician_id}
    accounts = (one.id for one in _people(tx, "accounts") if one.staff_id in members and one.status != "closed")
    return next(accounts, None)


def _people(tx: MemoryTransaction, table: str) -> list[Any]:
    """Rows of the accounts' tables, which name their practice themselves."""
    return [one for one in tx.table(table).values() if one.practice_id == tx.practice_id]
