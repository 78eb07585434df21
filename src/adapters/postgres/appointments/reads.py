"""Views of appointments in PostgreSQL, by one statement for each method."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import Integer, Select, any_, bindparam, case, func, select, tuple_

from adapters.postgres.appointments.attendances import attendance_texts, fee_of, load_attendance_keys
from adapters.postgres.appointments.options import DISPLAY_NAME, EMPTY_TEXT, PRONOUNS, SETTINGS, settings_of
from adapters.postgres.appointments.tables import (
    MAX_APPOINTMENT_DURATION,
    appointment_settings,
    appointment_types,
    appointments,
    attendances,
    locations,
)
from adapters.postgres.engine.columns import Instant, Uuid, Uuids
from adapters.postgres.engine.entities import entity
from adapters.postgres.engine.statements import Statement, statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.tables import clients, clinicians
from portal_core.appointments.practice_views import (
    AppointmentSummaryView,
    AttendanceSummaryView,
    AttendanceView,
    PracticeAppointmentView,
)
from portal_core.appointments.read_ports import AppointmentReads
from portal_core.appointments.settings import AppointmentSettings
from portal_core.appointments.views import AppointmentCategory, AppointmentFilter, AppointmentRow
from portal_core.kernel.page import Page, PageRequest

MIN_INSTANT = datetime(1, 1, 1, tzinfo=UTC)
MAX_INSTANT = datetime(9999, 12, 31, tzinfo=UTC)
FIRST_ID = UUID(int=0)
LAST_ID = UUID(int=2**128 - 1)

# The client's own status: cancelled for a client who left, even if others still attend.
_status = case((attendances.c.status == "attending", appointments.c.status), else_=attendances.c.status)
_attended = attendances.join(
    appointments,
    (appointments.c.practice_id == attendances.c.practice_id) & (appointments.c.id == attendances.c.appointment_id),
)
# A client who left sees when, where and with whom it was then, whatever became of it.
_left = attendances.c.left_ends_at.is_not(None)
_clinician_id = func.coalesce(attendances.c.left_clinician_id, appointments.c.clinician_id)
_location_id = case((_left, attendances.c.left_location_id), else_=appointments.c.location_id)
_own = (attendances.c.practice_id == bindparam("practice_id"), attendances.c.client_id == bindparam("client_id"))
_of_client = (
    select(
        appointments.c.id,
        attendances.c.client_id,
        _status,
        attendances.c.starts_at,
        func.coalesce(attendances.c.left_ends_at, appointments.c.ends_at),
        func.coalesce(attendances.c.left_time_zone, appointments.c.time_zone),
        _clinician_id,
        clinicians.c.name,
        appointments.c.appointment_type_id,
        appointment_types.c.name,
        _location_id,
        locations.c.name,
        func.nullif(locations.c.address, EMPTY_TEXT),
        appointments.c.shared,
        appointments.c.sequence + attendances.c.sequence,
        func.greatest(func.coalesce(attendances.c.cancelled_at, appointments.c.changed_at), attendances.c.changed_at),
        attendances.c.cancelled_at,
        attendances.c.cancelled_late,
        attendances.c.reason,
        attendances.c.fee_amount,
        attendances.c.fee_currency,
        SETTINGS,
    )
    .select_from(_attended)
    .join(clinicians, (clinicians.c.practice_id == appointments.c.practice_id) & (clinicians.c.id == _clinician_id))
    .join(
        appointment_types,
        (appointment_types.c.practice_id == appointments.c.practice_id)
        & (appointment_types.c.id == appointments.c.appointment_type_id),
    )
    .outerjoin(appointment_settings, appointment_settings.c.practice_id == attendances.c.practice_id)
    .outerjoin(locations, (locations.c.practice_id == appointments.c.practice_id) & (locations.c.id == _location_id))
    .where(*_own)
)
_key = tuple_(attendances.c.starts_at, attendances.c.appointment_id)
_after = tuple_(bindparam("after_at", type_=Instant), bindparam("after_id", type_=Uuid))
# The first condition can use the index, before the appointment is joined.
_not_cancelled = (attendances.c.status != "cancelled", _status != "cancelled")


_now = bindparam("now", type_=Instant)
CATEGORIES: dict[AppointmentCategory, tuple[Any, ...]] = {
    "upcoming": (*_not_cancelled, appointments.c.ends_at > _now),
    "past": (*_not_cancelled, appointments.c.ends_at <= _now),
    "cancelled": (_status == "cancelled",),
    "all": (),
}


def _page(of_client: Select[Any], category: AppointmentCategory) -> Select[Any]:
    """A page of a client's attendances, in the category's order."""
    latest_first = AppointmentFilter(category).latest_first
    order = (attendances.c.starts_at, attendances.c.appointment_id)
    return (
        of_client.where(
            attendances.c.starts_at >= bindparam("since", type_=Instant),
            attendances.c.starts_at < bindparam("until", type_=Instant),
            _key < _after if latest_first else _key > _after,
            *CATEGORIES[category],
        )
        .order_by(*(column.desc() for column in order) if latest_first else order)
        .limit(bindparam("row_limit", type_=Integer))
    )


LISTS = {category: statement(f"appointments.list_{category}", _page(_of_client, category)) for category in CATEGORIES}
GET_FOR_CLIENT = statement(
    "appointments.show", _of_client.where(attendances.c.appointment_id == bindparam("appointment_id"))
)

_PRACTICE_SIDE = "the practice sees all clients in it; row-level security confines a client to their own record"
_APPOINTMENT = entity(
    PracticeAppointmentView,
    appointments,
    clinician_name=clinicians.c.name,
    appointment_type_name=appointment_types.c.name,
    cpt_code=appointment_types.c.cpt_code,
    location_name=locations.c.name,
    telehealth=(),
    room_missing=(),
    attendances=(),
)
_ROOM_MISSING = (
    appointments.c.location_id.is_(None)
    & (appointments.c.status == "booked")
    & (func.coalesce(clinicians.c.room_link, EMPTY_TEXT) == EMPTY_TEXT)
).label("room_missing")
"""Where the rooms are the clinicians' own."""
_ATTENDANCE = entity(
    AttendanceView,
    attendances,
    "attendance_",
    client_name=DISPLAY_NAME,
    client_pronouns=PRONOUNS,
    fee_due=(attendances.c.fee_amount, attendances.c.fee_currency),
)
_attending = attendances.join(
    clients, (clients.c.practice_id == attendances.c.practice_id) & (clients.c.id == attendances.c.client_id)
)
_of_appointment = (attendances.c.practice_id == appointments.c.practice_id) & (
    attendances.c.appointment_id == appointments.c.id
)
_of_practice = (
    select(*_APPOINTMENT.columns, _ROOM_MISSING, *_ATTENDANCE.columns)
    .select_from(appointments)
    .join(
        clinicians,
        (clinicians.c.practice_id == appointments.c.practice_id) & (clinicians.c.id == appointments.c.clinician_id),
    )
    .join(
        appointment_types,
        (appointment_types.c.practice_id == appointments.c.practice_id)
        & (appointment_types.c.id == appointments.c.appointment_type_id),
    )
    .outerjoin(
        locations,
        (locations.c.practice_id == appointments.c.practice_id) & (locations.c.id == appointments.c.location_id),
    )
    .outerjoin(_attending, _of_appointment)
    .where(appointments.c.practice_id == bindparam("practice_id"))
)
_in_order = (appointments.c.starts_at, appointments.c.id, attendances.c.client_id)
_schedule = _of_practice.where(
    appointments.c.starts_at >= bindparam("since", type_=Instant),
    appointments.c.starts_at < bindparam("until", type_=Instant),
).order_by(*_in_order)
SCHEDULE = statement("appointments.schedule", _schedule, scope_exemption=_PRACTICE_SIDE)
SCHEDULE_OF_CLINICIAN = statement(
    "appointments.schedule_of_clinician",
    _schedule.where(appointments.c.clinician_id == bindparam("clinician_id")),
    scope_exemption=_PRACTICE_SIDE,
)
GET_FOR_PRACTICE = statement(
    "appointments.show_to_practice",
    _of_practice.where(appointments.c.id == bindparam("id")).order_by(*_in_order),
    scope_exemption=_PRACTICE_SIDE,
)
_SUMMARY = entity(
    AppointmentSummaryView, appointments, clinician_name=clinicians.c.name, room_missing=(), attendances=()
)
_ATTENDANCE_SUMMARY = entity(
    AttendanceSummaryView, attendances, "attendance_", client_name=DISPLAY_NAME, client_pronouns=PRONOUNS
)
SUMMARIES = statement(
    "appointments.summaries",
    select(*_SUMMARY.columns, _ROOM_MISSING, *_ATTENDANCE_SUMMARY.columns)
    .select_from(appointments)
    .join(
        clinicians,
        (clinicians.c.practice_id == appointments.c.practice_id) & (clinicians.c.id == appointments.c.clinician_id),
    )
    .outerjoin(_attending, _of_appointment)
    .where(
        appointments.c.practice_id == bindparam("practice_id"),
        appointments.c.id == any_(bindparam("ids", type_=Uuids)),
    )
    .order_by(*_in_order),
    scope_exemption=_PRACTICE_SIDE,
)
_seen = select(appointments.c.id, attendances.c.starts_at).select_from(_attended).where(*_own)
_SEEN = {
    "practice": _seen,
    "clinician": _seen.where(appointments.c.clinician_id == bindparam("clinician_id")),
}


def _listing_for(whom: str, category: AppointmentCategory) -> Statement:
    """All columns of the appointments on a client's page, with all of their attendances.

    In the order of the client's own list: by the time that the appointment has for them.
    """
    page = _page(_SEEN[whom], category).subquery("page")
    latest_first = AppointmentFilter(category).latest_first
    order = (page.c.starts_at, page.c.id)
    return statement(
        f"appointments.list_{category}_for_{whom}",
        _of_practice.add_columns(page.c.starts_at.label("listed_at"))
        .join(page, page.c.id == appointments.c.id)
        .order_by(*(column.desc() if latest_first else column for column in order), attendances.c.client_id),
        scope_exemption=_PRACTICE_SIDE,
    )


LISTS_FOR_PRACTICE = {category: _listing_for("practice", category) for category in CATEGORIES}
LISTS_FOR_CLINICIAN = {category: _listing_for("clinician", category) for category in CATEGORIES}


@define
class PostgresAppointmentReads(AppointmentReads):
    """Views of appointments. A client's list is one index range scan on the attendances, starting at the cursor."""

    tx: Transaction

    async def list_for_client(
        self, client_id: UUID, filters: AppointmentFilter, page: PageRequest, now: datetime
    ) -> Page[AppointmentRow]:
        rows = await self.tx.fetch(LISTS[filters.category], client_id=client_id, **_bounds(filters, page, now))
        found = page.paginate(rows, lambda row: (row[3], row[0]))
        if not found.items:
            return Page(())
        # The same for all of a practice's rows, so decoded once.
        settings = settings_of(found.items[0][21])
        return Page(tuple([_row(row, settings, await self._reason(row)) for row in found.items]), found.next)

    async def for_client(self, client_id: UUID, appointment_id: UUID) -> AppointmentRow | None:
        row = await self.tx.fetchrow(GET_FOR_CLIENT, client_id=client_id, appointment_id=appointment_id)
        return None if row is None else _row(row, settings_of(row[21]), await self._reason(row))

    async def schedule(
        self, since: datetime, until: datetime, clinician_id: UUID | None
    ) -> tuple[PracticeAppointmentView, ...]:
        if clinician_id is None:
            rows = await self.tx.fetch(SCHEDULE, since=since, until=until)
        else:
            rows = await self.tx.fetch(SCHEDULE_OF_CLINICIAN, since=since, until=until, clinician_id=clinician_id)
        return await self._for_practice(rows)

    async def list_for_practice(
        self, client_id: UUID, filters: AppointmentFilter, page: PageRequest, now: datetime, clinician_id: UUID | None
    ) -> Page[PracticeAppointmentView]:
        values = {"client_id": client_id, **_bounds(filters, page, now)}
        if clinician_id is None:
            rows = await self.tx.fetch(LISTS_FOR_PRACTICE[filters.category], **values)
        else:
            rows = await self.tx.fetch(LISTS_FOR_CLINICIAN[filters.category], clinician_id=clinician_id, **values)
        listed_at = {row["id"]: row["listed_at"] for row in rows}
        return page.paginate(await self._for_practice(rows), lambda view: (listed_at[view.id], view.id))

    async def get_for_practice(self, appointment_id: UUID) -> PracticeAppointmentView | None:
        found = await self._for_practice(await self.tx.fetch(GET_FOR_PRACTICE, id=appointment_id))
        return found[0] if found else None

    async def summaries(self, appointment_ids: Collection[UUID]) -> tuple[AppointmentSummaryView, ...]:
        parts, heads = _by_appointment(await self.tx.fetch(SUMMARIES, ids=list(appointment_ids)))
        return tuple(
            _SUMMARY.of(
                head,
                room_missing=self.tx.needs_clinician_link and head["room_missing"],
                attendances=tuple(map(_ATTENDANCE_SUMMARY.of, parts[one])),
            )
            for one, head in heads.items()
        )

    async def _reason(self, row: Any) -> str | None:
        return await self.tx.unseal(row[1], attendances.c.reason, row[0], row[18]) or None if row[18] else None

    async def _for_practice(self, rows: list[Any]) -> tuple[PracticeAppointmentView, ...]:
        await load_attendance_keys(self.tx, rows)
        parts, heads = _by_appointment(rows)
        views = {one: tuple([await self._attendance(row) for row in some]) for one, some in parts.items()}
        return tuple(
            _APPOINTMENT.of(
                head,
                telehealth=head["location_id"] is None,
                room_missing=self.tx.needs_clinician_link and head["room_missing"],
                attendances=views[one],
            )
            for one, head in heads.items()
        )

    async def _attendance(self, row: Any) -> AttendanceView:
        texts = await attendance_texts(self.tx, row, row["id"])
        fee_due = fee_of(row["attendance_fee_amount"], row["attendance_fee_currency"])
        return _ATTENDANCE.of(row, **texts, fee_due=fee_due)


def _by_appointment(rows: list[Any]) -> tuple[dict[UUID, list[Any]], dict[UUID, Any]]:
    """Joined rows of appointment and attendance: those of each appointment's attendances, and one of each."""
    parts: dict[UUID, list[Any]] = {}
    heads: dict[UUID, Any] = {}
    for row in rows:
        heads.setdefault(row["id"], row)
        known = parts.setdefault(row["id"], [])
        if row["attendance_client_id"] is not None:
            known.append(row)
    return parts, heads


def _row(row: Any, settings: AppointmentSettings, reason: str | None) -> AppointmentRow:
    """The most frequent read, so it is unpacked by hand and by position, in the order of `_of_client`."""
    return AppointmentRow(
        id=row[0],
        client_id=row[1],
        status=row[2],
        starts_at=row[3],
        ends_at=row[4],
        time_zone=row[5],
        clinician_id=row[6],
        clinician_name=row[7],
        appointment_type_id=row[8],
        appointment_type_name=row[9],
        location_id=row[10],
        location_name=row[11],
        location_address=row[12],
        shared=row[13],
        sequence=row[14],
        changed_at=row[15],
        cancelled_at=row[16],
        cancelled_late=row[17],
        reason=reason,
        fee_due=fee_of(row[19], row[20]),
        settings=settings,
    )


def _bounds(filters: AppointmentFilter, page: PageRequest, now: datetime) -> dict[str, Any]:
    """The index range of a client's page; the limit is one row more, to detect a next page."""
    since, until = filters.since or MIN_INSTANT, filters.until or MAX_INSTANT
    if filters.category == "upcoming":
        since = max(since, now - MAX_APPOINTMENT_DURATION)
    elif filters.category == "past":
        until = min(until, now)
    first = (MAX_INSTANT, LAST_ID) if filters.latest_first else (MIN_INSTANT, FIRST_ID)
    after_at, after_id = page.after_time() or first
    bounds = {"since": since, "until": until, "after_at": after_at, "after_id": after_id}
    return {**bounds, "now": now, "row_limit": page.size + 1}
