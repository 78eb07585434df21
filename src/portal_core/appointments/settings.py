"""A practice's booking options and rules, with defaults: read models of data that other features may own."""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

from attrs import evolve, field, frozen

from portal_core.appointments.scheduling.deadlines import MAX_NOTICE_DAYS, CalendarDays
from portal_core.appointments.scheduling.durations import AppointmentTiming
from portal_core.kernel.errors import FieldError, Invalid, StaleVersion
from portal_core.kernel.money import Money

LateCancel = Literal["refuse", "allow", "fee"]
MAX_NAME_LENGTH = 200
MAX_TITLE_LENGTH = 100
MAX_ADDRESS_LENGTH = 400
MAX_SEATS = 100
MAX_NOTICE = timedelta(days=MAX_NOTICE_DAYS)
CPT_CODE: Final = "[0-9]{4}[0-9A-Z]"
"""The form of a CPT code: five digits, or four and a letter (Category II ends in F, Category III in T).

American Medical Association, Current Procedural Terminology. Their descriptions are licensed, so none are here.
"""


@frozen(kw_only=True)
class AppointmentSettings:
    """A practice's settings for appointments.

    `cancel_notice` is real time or calendar days (see `cancellation_deadline`). A client who cancels later than that is
    refused, allowed, or allowed with `late_cancel_fee`, as `late_cancel` states. Who does not come owes `no_show_fee`,
    if the practice has one, unless staff decide otherwise. Without `self_booking` clients can
    only request appointments. A slot is held for `hold_duration`, a waitlist offer is open for `offer_duration`, and
    neither lasts beyond the start. `calendar_title` is the title of each appointment in calendar files, `calendar_name`
    the name of the calendar that a feed becomes: other people see calendars, so neither may hold a clinical word.

    Raises:
        Invalid: `late_cancel` is "fee" and there is no fee, or a number is out of range.
    """

    cancel_notice: timedelta | CalendarDays = timedelta(hours=24)
    late_cancel: LateCancel = "refuse"
    late_cancel_fee: Money | None = None
    no_show_fee: Money | None = None
    self_booking: bool = True
    hold_duration: timedelta = timedelta(minutes=10)
    max_holds_per_client: int = 2
    max_requests_per_client: int = 3
    max_waitlist_entries_per_client: int = 3
    offer_duration: timedelta = timedelta(hours=2)
    calendar_title: str = "Appointment"
    calendar_name: str = "Appointments"

    def __attrs_post_init__(self) -> None:
        errors = []
        if self.late_cancel == "fee" and (self.late_cancel_fee is None or self.late_cancel_fee.amount <= 0):
            errors.append(FieldError("late_cancel_fee", "required", "Enter the fee for a late cancellation."))
        if self.no_show_fee is not None and self.no_show_fee.amount <= 0:
            errors.append(FieldError("no_show_fee", "out_of_range", "Must be more than 0. Leave it out for no fee."))
        if isinstance(self.cancel_notice, timedelta) and not timedelta() <= self.cancel_notice <= MAX_NOTICE:
            errors.append(FieldError("cancel_notice", "out_of_range", f"Must be 0 to {MAX_NOTICE_DAYS} days."))
        for name in ("hold_duration", "offer_duration"):
            if getattr(self, name) <= timedelta():
                errors += [FieldError(name, "out_of_range", "Must be longer than 0.")]
        for name in ("max_holds_per_client", "max_requests_per_client", "max_waitlist_entries_per_client"):
            if getattr(self, name) < 1:
                errors += [FieldError(name, "out_of_range", "Must be at least 1.")]
        if errors:
            raise Invalid(*errors)

    @property
    def chargeable_no_show_fee(self) -> Money | None:
        """What staff may charge for a no-show: its own fee, or else that for a late cancellation."""
        return self.no_show_fee or self.late_cancel_fee


@frozen(kw_only=True)
class AppointmentType:
    """An appointment type of the practice. `seats` is the maximum number of clients: above 1 it is shared.

    `self_bookable` states whether clients can book it online; an inactive type cannot be booked by anybody. Where a
    type with several seats is, clients of the care team join appointments that the practice has booked, and one
    another's: right for an open group, and wrong for couples and families. They begin a new one, at any free time, only
    with `clients_may_open`. `cpt_code` is the code that the practice bills for it.

    Raises:
        Invalid: less than one seat, or more than 100; or a CPT code of another form.
    """

    id: UUID
    name: str
    timing: AppointmentTiming
    seats: int = 1
    self_bookable: bool = True
    clients_may_open: bool = False
    active: bool = True
    cpt_code: str | None = None
    version: int = 1

    def __attrs_post_init__(self) -> None:
        if self.cpt_code is not None and not re.fullmatch(CPT_CODE, self.cpt_code):
            raise Invalid.at("cpt_code", "bad_format", "Must be five digits, or four digits and a capital letter.")
        if not 1 <= self.seats <= MAX_SEATS:
            raise Invalid.at("seats", "out_of_range", f"Must be between 1 and {MAX_SEATS}.")

    @property
    def joined_only(self) -> bool:
        """Whether clients can only join appointments online that are booked already."""
        return self.seats > 1 and not self.clients_may_open


@frozen(kw_only=True)
class Location:
    """An office of the practice. Wherever an appointment or a rule has an optional location, none means telehealth."""

    id: UUID
    name: str
    time_zone: str
    address: str | None = None
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

    `account_id` is notified about their appointments; `room_link` is their own video room. `room_missing`: they have
    none, and the deployment's video visits take place in the clinicians' own rooms.
    """

    id: UUID
    name: str
    credentials: str | None = None
    account_id: UUID | None = None
    room_link: str | None = None
    active: bool = True
    room_missing: bool = False

    def can_meet_at(self, location_id: UUID | None) -> bool:
        """Whether clients can meet them there; no location means telehealth, which needs a room."""
        return location_id is not None or not self.room_missing


@frozen(kw_only=True)
class PublishedHours:
    """That a clinician has hours at a location, or by telehealth; no `appointment_type_ids` means for all types."""

    clinician_id: UUID
    location_id: UUID | None
    appointment_type_ids: frozenset[UUID] = frozenset()


@frozen(kw_only=True)
class Client:
    """A client of the practice, by their chosen name. A `discharged` client keeps and reads what they have.

    `erased`: the record was, and nobody knows whose it is.
    """

    id: UUID
    name: str
    pronouns: str | None = None
    discharged: bool = False
    erased: bool = False


@frozen(kw_only=True)
class BookingOptions:
    """Clinicians, appointment types and locations that can be booked, by id, and the settings for appointments.

    `time_zone` is the practice's. For a client: the clinicians of their care team, and whether they were `discharged`
    or their record `erased`. For the practice: all clinicians. `settings_version` is 0 while the settings are the
    defaults.
    """

    time_zone: str
    settings: AppointmentSettings = field(factory=AppointmentSettings)
    appointment_types: Mapping[UUID, AppointmentType] = field(factory=dict)
    locations: Mapping[UUID, Location] = field(factory=dict)
    clinicians: Mapping[UUID, Clinician] = field(factory=dict)
    discharged: bool = False
    erased: bool = False
    settings_version: int = 0

    def offered(self, hours: Iterable[PublishedHours]) -> "BookingOptions":
        """What is active, as far as an active clinician among the options offers it.

        A clinician offers the locations and appointment types of their published hours, without the hours for video
        visits of one who has no room. One who has published none is booked by the practice alone, which nothing binds:
        they offer all.
        """
        clinicians = {one.id: one for one in self.clinicians.values() if one.active}
        locations = {one.id: one for one in self.locations.values() if one.active}
        types = {one.id: one for one in self.appointment_types.values() if one.active}
        published = [one for one in hours if one.clinician_id in clinicians]
        if clinicians.keys() == {one.clinician_id for one in published}:
            met = [one for one in published if clinicians[one.clinician_id].can_meet_at(one.location_id)]
            known = [one for one in met if one.location_id is None or one.location_id in locations]
            at = {one.location_id for one in known}
            locations = {key: one for key, one in locations.items() if key in at}
            if all(one.appointment_type_ids for one in known):
                offered = {key for one in known for key in one.appointment_type_ids}
                types = {key: one for key, one in types.items() if key in offered}
        return evolve(self, clinicians=clinicians, locations=locations, appointment_types=types)

    def time_zone_at(self, location_id: UUID | None) -> str:
        """The time zone in which appointments there are shown: the location's, or the practice's for telehealth."""
        location = self.locations.get(location_id) if location_id else None
        return location.time_zone if location else self.time_zone
