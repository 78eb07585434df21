"""A practice's booking options and rules, with defaults: read models of data that other features may own."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal
from uuid import UUID

from attrs import field, frozen

from portal_core.appointments.scheduling.deadlines import MAX_NOTICE_DAYS, CalendarDays
from portal_core.appointments.scheduling.durations import AppointmentTiming
from portal_core.kernel.errors import Invalid, StaleVersion
from portal_core.kernel.money import Money

LateCancel = Literal["refuse", "allow", "fee"]
MAX_NAME_LENGTH = 200
MAX_TITLE_LENGTH = 100
MAX_ADDRESS_LENGTH = 400
MAX_SEATS = 100
MAX_NOTICE = timedelta(days=MAX_NOTICE_DAYS)


@frozen(kw_only=True)
class AppointmentRules:
    """A practice's rules for appointments.

    `cancel_notice` is real time or calendar days (see `notice_deadline`); inside it a client's cancellation is
    refused, allowed, or allowed with `late_cancel_fee`, as `late_cancel` says. `self_booking` off leaves requests only.
    A slot is held for `hold_duration`, a waitlist offer stands for `offer_duration`, and never beyond the start.
    `calendar_title` is what calendar files call an appointment: a calendar is seen by others, so it holds no
    clinical word.

    Raises:
        Invalid: a fee is asked for and none is set, or a number is out of range.
    """

    cancel_notice: timedelta | CalendarDays = timedelta(hours=24)
    late_cancel: LateCancel = "refuse"
    late_cancel_fee: Money | None = None
    self_booking: bool = True
    hold_duration: timedelta = timedelta(minutes=10)
    max_holds_per_client: int = 2
    max_requests_per_client: int = 3
    max_waitlist_entries_per_client: int = 3
    offer_duration: timedelta = timedelta(hours=2)
    calendar_title: str = "Appointment"

    def __attrs_post_init__(self) -> None:
        if self.late_cancel == "fee" and (self.late_cancel_fee is None or self.late_cancel_fee.amount <= 0):
            raise Invalid.at("late_cancel_fee", "required", "Say how much a late cancellation costs.")
        if min(self.hold_duration, self.offer_duration) <= timedelta():
            raise Invalid.at("hold_duration", "out_of_range", "Holds and offers last longer than no time.")
        if isinstance(self.cancel_notice, timedelta) and not timedelta() <= self.cancel_notice <= MAX_NOTICE:
            raise Invalid.at("cancel_notice", "out_of_range", "Notice is not negative, and a year at most.")
        if min(self.max_holds_per_client, self.max_requests_per_client, self.max_waitlist_entries_per_client) < 1:
            raise Invalid.at("max_holds_per_client", "out_of_range", "Whoever may hold, ask or wait may do so once.")


@frozen(kw_only=True)
class AppointmentType:
    """An appointment type of the practice. `seats` is the maximum number of clients: above 1 it is shared.

    `self_bookable` states whether clients can book it online; an inactive type cannot be booked by anybody.

    Raises:
        Invalid: less than one seat, or more than 100.
    """

    id: UUID
    name: str
    timing: AppointmentTiming
    seats: int = 1
    self_bookable: bool = True
    active: bool = True
    version: int = 1

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.seats <= MAX_SEATS:
            raise Invalid.at("seats", "out_of_range", f"Must be between 1 and {MAX_SEATS}.")


@frozen(kw_only=True)
class Location:
    """An office of the practice. Wherever an appointment or a rule has an optional location, none means telehealth."""

    id: UUID
    name: str
    time_zone: str
    address: str = ""
    active: bool = True
    version: int = 1


def next_version(known: AppointmentType | Location | None, version: int | None) -> int:
    """The next version of `known`, checked against the `version` that was read; None skips the check.

    Raises:
        StaleVersion: it changed after it was read.
    """
    if known is None:
        return 1
    if version not in (None, known.version):
        raise StaleVersion
    return known.version + 1


@frozen(kw_only=True)
class Clinician:
    """A clinician, who sees clients while `active`.

    `account_id` is notified about their appointments; `room_link` is their own video room.
    """

    id: UUID
    name: str
    credentials: str = ""
    account_id: UUID | None = None
    room_link: str = ""
    active: bool = True


@frozen(kw_only=True)
class Client:
    """A client of the practice, by their chosen name. A `discharged` client keeps and reads what they have."""

    id: UUID
    name: str
    pronouns: str = ""
    discharged: bool = False


@frozen(kw_only=True)
class BookingOptions:
    """What can be booked, where and with whom, and the practice's rules; each by id.

    `time_zone` and `version` are the practice's, since the rules are part of its settings. For a client: the clinicians
    of their care team, and whether they were `discharged`. For the practice: all of its clinicians.
    """

    time_zone: str
    rules: AppointmentRules = field(factory=AppointmentRules)
    appointment_types: Mapping[UUID, AppointmentType] = field(factory=dict)
    locations: Mapping[UUID, Location] = field(factory=dict)
    clinicians: Mapping[UUID, Clinician] = field(factory=dict)
    discharged: bool = False
    version: int = 1

    def time_zone_at(self, location_id: UUID | None) -> str:
        """The time zone in which appointments there are shown: the location's, or the practice's for telehealth."""
        location = self.locations.get(location_id) if location_id else None
        return location.time_zone if location else self.time_zone
