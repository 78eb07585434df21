"""The free times that a client can book."""

from datetime import date, datetime, time, timedelta
from operator import attrgetter
from uuid import UUID

from attrs import frozen

from portal_core.appointments.errors import NotBookable
from portal_core.appointments.model import Appointment
from portal_core.appointments.policy import bookable_by_client, join_refusal, require_active_client
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.availability import Window, date_range_around, open_windows
from portal_core.appointments.scheduling.slots import Slot, free_slots
from portal_core.appointments.scheduling.wall_clock import DAY, first_instant, require_valid_date
from portal_core.appointments.settings import AppointmentType, BookingOptions
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Invalid

MAX_SEARCH_RANGE = timedelta(days=42)
"""A month as calendars show it: six weeks."""


@frozen(kw_only=True)
class SlotSearch:
    """Free times for an appointment type on the practice's local dates from `first_day` to `last_day`, both inclusive.

    `clinician_id` and `location_id` limit the search to one; `telehealth` True to telehealth, False to locations.
    """

    appointment_type_id: UUID
    first_day: date
    last_day: date
    clinician_id: UUID | None = None
    location_id: UUID | None = None
    telehealth: bool | None = None

    def require_range(self) -> None:
        """Raises:
        Invalid: more than six weeks, or dates in the wrong order or out of range.
        """
        require_valid_date(self.first_day, "first_day")
        if not timedelta() <= require_valid_date(self.last_day, "last_day") - self.first_day < MAX_SEARCH_RANGE:
            raise Invalid.at("last_day", "out_of_range", "Choose a range of one day to six weeks.")


@frozen
class FoundSlots:
    """Free times in order of their start, and what they are of."""

    slots: list[Slot]
    appointment_type: AppointmentType
    booking_options: BookingOptions


async def search_slots(
    unit: AppointmentUnit, client_id: UUID, query: SlotSearch, now: datetime, after: datetime | None = None
) -> FoundSlots:
    """The free times of the client's care team, without those that overlap the client's appointments; audited.

    For a type with several seats, the starts of booked appointments with a free seat too, or these alone
    (`joined_only`). With `after`, only those that start later.

    Raises:
        ClientDischarged: the client was discharged.
        NotBookable: the appointment type is not bookable online, or the clinician is not on the care team.
    """
    booking_options = await unit.directory.for_client(client_id)
    require_active_client(booking_options)
    appointment_type, clinicians = _bookable_type(booking_options, query)
    await unit.audit.record(AuditEntry("slots.read", record=client_id))
    time_zone = booking_options.time_zone
    since = first_instant(datetime.combine(query.first_day, time.min), time_zone)
    until = first_instant(datetime.combine(query.last_day + DAY, time.min), time_zone)
    if after is not None:
        since = max(since, after + timedelta.resolution)
    first_day, last_day = date_range_around(since, until)
    shared: list[Appointment] = []
    if appointment_type.seats > 1:
        shared = await unit.shared_appointments.booked(
            appointment_type.id, clinicians, since, until, client_id=client_id
        )
    rules, exceptions, busy, own = await unit.read_together(
        unit.availability.rules(clinicians),
        unit.availability.exceptions(clinicians, first_day, last_day),
        # Neither a buffer nor an appointment is longer than a day.
        unit.calendar.busy(clinicians, since - DAY, until + 2 * DAY, now),
        unit.appointments.client_busy_times([client_id], since, until + DAY),
    )
    windows = [
        one for one in open_windows(rules, exceptions, first_day, last_day) if _is_offered(one, query, booking_options)
    ]
    slots = (
        []
        if appointment_type.joined_only
        else free_slots(windows, [one.busy for one in busy], appointment_type.timing, now, since, until)
    )
    joinable = [
        Slot(one.clinician_id, appointment_type.id, one.starts_at, one.ends_at, one.location_id)
        for one in shared
        if _is_offered(one, query, booking_options) and join_refusal(one, appointment_type, now) is None
    ]
    if joinable:
        slots = sorted([*slots, *joinable], key=attrgetter("starts_at"))
    free = [one for one in slots if not any(begins < one.ends_at and one.starts_at < ends for begins, ends in own)]
    return FoundSlots(free, appointment_type, booking_options)


def _bookable_type(booking_options: BookingOptions, query: SlotSearch) -> tuple[AppointmentType, list[UUID]]:
    care_team = [one.id for one in booking_options.clinicians.values() if one.active]
    clinicians = [query.clinician_id] if query.clinician_id else care_team
    appointment_types = [
        bookable_by_client(
            booking_options, query.appointment_type_id, query.location_id, one, any_location=query.location_id is None
        )[0]
        for one in clinicians
    ]
    if not appointment_types:
        raise NotBookable
    return appointment_types[0], clinicians


def _is_offered(one: Window | Appointment, query: SlotSearch, booking_options: BookingOptions) -> bool:
    """Whether the place matches the query, and clients can meet the clinician there.

    A closed location still has published hours, and so has a clinician who has no room for video visits.
    """
    if query.location_id is not None and one.location_id != query.location_id:
        return False
    location = booking_options.locations.get(one.location_id) if one.location_id else None
    if one.location_id is not None and (location is None or not location.active):
        return False
    if not booking_options.clinicians[one.clinician_id].can_meet_at(one.location_id):
        return False
    return query.telehealth in (None, one.location_id is None)
