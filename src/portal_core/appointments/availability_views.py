"""Views of clinicians' hours, and of the booked appointments that changes of them affect: frozen, ready for JSON."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from attrs import asdict, field, frozen
from attrs.converters import optional

from portal_core.appointments.practice_views import AppointmentSummaryView, AttendingClientView
from portal_core.appointments.scheduling.availability import AvailabilityException, AvailabilityRule
from portal_core.appointments.scheduling.wall_clock import ClockTime, clock_time
from portal_core.appointments.settings import Clinician
from portal_core.kernel.errors import Conflict, ProblemCode


@frozen(kw_only=True)
class AvailabilityRuleView:
    """A weekly availability rule."""

    id: UUID
    weekday: int
    start_time: ClockTime = field(converter=clock_time)
    end_time: ClockTime = field(converter=clock_time)
    time_zone: str
    location_id: UUID | None
    appointment_type_ids: tuple[UUID, ...]
    valid_from: date
    valid_until: date | None

    @classmethod
    def of(cls, rule: AvailabilityRule) -> "AvailabilityRuleView":
        return cls(
            id=rule.id,
            weekday=rule.weekday,
            start_time=rule.start_time,
            end_time=rule.end_time,
            time_zone=rule.time_zone,
            location_id=rule.location_id,
            appointment_type_ids=tuple(sorted(rule.appointment_type_ids)),
            valid_from=rule.valid_from,
            valid_until=rule.valid_until,
        )


@frozen(kw_only=True)
class AvailabilityExceptionView:
    """A date that differs from the weekly rules."""

    id: UUID
    date: date
    available: bool
    start_time: ClockTime | None = field(converter=optional(clock_time))
    end_time: ClockTime | None = field(converter=optional(clock_time))
    time_zone: str
    location_id: UUID | None

    @classmethod
    def of(cls, one: AvailabilityException) -> "AvailabilityExceptionView":
        return cls(
            id=one.id,
            date=one.date,
            available=one.available,
            start_time=one.start_time,
            end_time=one.end_time,
            time_zone=one.time_zone,
            location_id=one.location_id,
        )


@frozen(kw_only=True)
class AddedAvailabilityExceptionView(AvailabilityExceptionView):
    """An exception that was added.

    `conflicts` are the first 1,000 booked appointments to come that an unavailable time affects, by start. They remain.
    `room_missing`: it is a time for video visits that clients are not offered, since the clinician has no room.
    """

    conflicts: tuple[AppointmentSummaryView, ...]
    room_missing: bool

    @classmethod
    def after(
        cls, one: AvailabilityException, clinician: Clinician, conflicts: tuple[AppointmentSummaryView, ...]
    ) -> "AddedAvailabilityExceptionView":
        return cls(
            **asdict(AvailabilityExceptionView.of(one)),
            conflicts=conflicts,
            room_missing=one.available and not clinician.can_meet_at(one.location_id),
        )


@frozen(kw_only=True)
class HolidayView:
    """A date, local to the practice, on which all clinicians are unavailable."""

    id: UUID
    date: date
    name: str | None

    @classmethod
    def of(cls, one: AvailabilityException) -> "HolidayView":
        return cls(id=one.id, date=one.date, name=one.name)


@frozen(kw_only=True)
class AddedHolidaysView:
    """Holidays by date.

    `conflicts` are the first 1,000 booked appointments to come on these dates, by start. They remain.
    """

    holidays: tuple[HolidayView, ...]
    conflicts: tuple[AppointmentSummaryView, ...]


@frozen(kw_only=True)
class RefusedReassignmentView:
    """An appointment that stays with its clinician, and why: the code and title of the problem."""

    appointment: AppointmentSummaryView
    code: ProblemCode
    title: str

    @classmethod
    def of(cls, appointment: AppointmentSummaryView, reason: type[Conflict]) -> "RefusedReassignmentView":
        return cls(appointment=appointment, code=ProblemCode(reason.code), title=reason.title)


@frozen(kw_only=True)
class ReassignedAppointmentsView:
    """What is now the colleague's; the first 1,000 of each.

    `moved` and `refused` are appointments, by start: those that are the colleague's, and those that stay. `series` are
    the colleague's now. `joined_care_teams` are clients whose team the colleague has joined, `left_care_teams` clients
    from whose team the clinician was taken, who has left the practice. On the team of `clients_without_clinician` is
    nobody else yet who works here than that clinician.
    """

    moved: tuple[AppointmentSummaryView, ...]
    refused: tuple[RefusedReassignmentView, ...]
    series: tuple[UUID, ...]
    joined_care_teams: tuple[AttendingClientView, ...]
    left_care_teams: tuple[AttendingClientView, ...]
    clients_without_clinician: tuple[AttendingClientView, ...]


@frozen(kw_only=True)
class ConflictsView:
    """The first 1,000 booked appointments to come that a change affects, by start. They remain."""

    conflicts: tuple[AppointmentSummaryView, ...]


@frozen(kw_only=True)
class AvailabilityView:
    """A clinician's published availability, with the practice's holidays.

    `conflicts` are the first 1,000 booked appointments to come that are outside of it, by start; all of them for a
    clinician who left. `room_missing`: some of it is for video visits, which clients are not offered, since the
    clinician has no room.
    """

    clinician_id: UUID
    rules: tuple[AvailabilityRuleView, ...]
    exceptions: tuple[AvailabilityExceptionView, ...]
    holidays: tuple[HolidayView, ...]
    conflicts: tuple[AppointmentSummaryView, ...]
    room_missing: bool

    @classmethod
    def of(
        cls,
        clinician: Clinician,
        rules: Iterable[AvailabilityRule],
        exceptions: Iterable[AvailabilityException],
        conflicts: tuple[AppointmentSummaryView, ...],
    ) -> "AvailabilityView":
        """Sorts rules by weekday and start, exceptions and holidays by date."""
        ordered = sorted(rules, key=lambda one: (one.weekday, one.start_time, one.id))
        dates = sorted(exceptions, key=lambda one: (one.date, one.id))
        published = [one.location_id for one in ordered] + [one.location_id for one in dates if one.available]
        return cls(
            clinician_id=clinician.id,
            rules=tuple(AvailabilityRuleView.of(one) for one in ordered),
            exceptions=tuple(AvailabilityExceptionView.of(one) for one in dates if one.clinician_id is not None),
            holidays=tuple(HolidayView.of(one) for one in dates if one.clinician_id is None),
            conflicts=conflicts,
            room_missing=not all(map(clinician.can_meet_at, published)),
        )
