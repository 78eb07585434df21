"""What a practice offers and on which terms: read models of what others keep, and their defaults."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal
from uuid import UUID

from attrs import field, frozen

from portal_core.appointments.scheduling.deadlines import LONGEST_NOTICE_DAYS, CalendarDays
from portal_core.appointments.scheduling.durations import KindTiming
from portal_core.kernel.errors import Invalid, StaleVersion
from portal_core.kernel.money import Money

LateCancel = Literal["refuse", "allow", "fee"]
LONGEST_NAME = 200
LONGEST_TITLE = 100
LONGEST_ADDRESS = 400
MOST_SEATS = 100
LONGEST_NOTICE = timedelta(days=LONGEST_NOTICE_DAYS)


@frozen(kw_only=True)
class AppointmentRules:
    """A practice's rules for appointments.

    `cancel_notice` is real time or calendar days (see `notice_deadline`); inside it a client's cancellation is
    refused, allowed, or allowed with `late_fee`, as `late_cancel` says. `self_booking` off leaves requests only.
    A slot is held for `hold_for`, a waitlist offer stands for `offer_for`, and never beyond the start.
    `calendar_title` is what calendar files call an appointment: a calendar is seen by others, so it holds no
    clinical word.

    Raises:
        Invalid: a fee is asked for and none is set, or a number is out of range.
    """

    cancel_notice: timedelta | CalendarDays = timedelta(hours=24)
    late_cancel: LateCancel = "refuse"
    late_fee: Money | None = None
    self_booking: bool = True
    hold_for: timedelta = timedelta(minutes=10)
    holds_per_client: int = 2
    requests_per_client: int = 3
    waitlist_per_client: int = 3
    offer_for: timedelta = timedelta(hours=2)
    calendar_title: str = "Appointment"

    def __attrs_post_init__(self) -> None:
        if self.late_cancel == "fee" and (self.late_fee is None or self.late_fee.amount <= 0):
            raise Invalid.at("late_fee", "required", "Say how much a late cancellation costs.")
        if min(self.hold_for, self.offer_for) <= timedelta():
            raise Invalid.at("hold_for", "out_of_range", "Holds and offers last longer than no time.")
        if isinstance(self.cancel_notice, timedelta) and not timedelta() <= self.cancel_notice <= LONGEST_NOTICE:
            raise Invalid.at("cancel_notice", "out_of_range", "Notice is not negative, and a year at most.")
        if min(self.holds_per_client, self.requests_per_client, self.waitlist_per_client) < 1:
            raise Invalid.at("holds_per_client", "out_of_range", "Whoever may hold, ask or wait may do so once.")


@frozen(kw_only=True)
class Kind:
    """A kind of appointment that the practice offers. `seats` is how many clients may come: above 1 it is shared.

    `online` says whether clients book it themselves; what is not `active` is booked by nobody.

    Raises:
        Invalid: less than one seat, or more than 100.
    """

    id: UUID
    name: str
    timing: KindTiming
    seats: int = 1
    online: bool = True
    active: bool = True
    version: int = 1

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.seats <= MOST_SEATS:
            raise Invalid.at("seats", "out_of_range", f"An appointment has 1 to {MOST_SEATS} seats.")


@frozen(kw_only=True)
class Place:
    """An office. No place means telehealth, wherever an appointment or a rule may have one."""

    id: UUID
    name: str
    zone: str
    address: str = ""
    active: bool = True
    version: int = 1


def next_version(known: Kind | Place | None, version: int | None) -> int:
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
    credentials: str = ""
    account_id: UUID | None = None
    room_link: str = ""
    active: bool = True


@frozen(kw_only=True)
class Client:
    """A client of the practice, by their chosen name. One who is `discharged` keeps and reads what they have."""

    id: UUID
    name: str
    pronouns: str = ""
    discharged: bool = False


@frozen(kw_only=True)
class Schedule:
    """With whom, for what and where one may book, and the rules; by id.

    `zone` is the practice's, and so is `version`, since the rules are settings of it. For a client: the clinicians of
    their care team, and whether they were `discharged`. For the practice: all whom it has.
    """

    zone: str
    rules: AppointmentRules = field(factory=AppointmentRules)
    kinds: Mapping[UUID, Kind] = field(factory=dict)
    places: Mapping[UUID, Place] = field(factory=dict)
    clinicians: Mapping[UUID, Clinician] = field(factory=dict)
    discharged: bool = False
    version: int = 1

    def zone_at(self, place_id: UUID | None) -> str:
        """The zone in which an appointment there is spoken of: the place's, the practice's for telehealth."""
        place = self.places.get(place_id) if place_id else None
        return place.zone if place else self.zone
