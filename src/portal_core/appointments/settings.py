"""What a practice offers and on which terms: read models of what others keep, and their defaults."""

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
    """A kind of appointment that the practice offers. `seats` is how many clients may come: above 1 it is shared.

    `self_bookable` says whether clients book it themselves; what is not `active` is booked by nobody.

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
            raise Invalid.at("seats", "out_of_range", f"An appointment has 1 to {MAX_SEATS} seats.")


@frozen(kw_only=True)
class Location:
    """An office. No place means telehealth, wherever an appointment or a rule may have one."""

    id: UUID
    name: str
    time_zone: str
    address: str | None = None
    active: bool = True
    version: int = 1


def next_version(known: AppointmentType | Location | None, version: int | None) -> int:
    """The version of what takes the place of `known`, of which `version` was read; none read is whichever there is.

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
    """Somebody who sees clients, while `active`.

    `account_id` is told about their appointments; `room_link` is their own room.
    """

    id: UUID
    name: str
    credentials: str | None = None
    account_id: UUID | None = None
    room_link: str | None = None
    active: bool = True


@frozen(kw_only=True)
class Client:
    """A client of the practice, by their chosen name. One who is `discharged` keeps and reads what they have."""

    id: UUID
    name: str
    pronouns: str | None = None
    discharged: bool = False


@frozen(kw_only=True)
class BookingOptions:
    """With whom, for what and where one may book, and the rules; by id.

    `time_zone` is the practice's, and so is `version`, since the rules are settings of it. For a client: the clinicians
    of their care team, and whether they were `discharged`. For the practice: all whom it has.
    """

    time_zone: str
    rules: AppointmentRules = field(factory=AppointmentRules)
    appointment_types: Mapping[UUID, AppointmentType] = field(factory=dict)
    locations: Mapping[UUID, Location] = field(factory=dict)
    clinicians: Mapping[UUID, Clinician] = field(factory=dict)
    discharged: bool = False
    version: int = 1

    def time_zone_at(self, location_id: UUID | None) -> str:
        """The zone in which an appointment there is spoken of: the place's, the practice's for telehealth."""
        location = self.locations.get(location_id) if location_id else None
        return location.time_zone if location else self.time_zone
