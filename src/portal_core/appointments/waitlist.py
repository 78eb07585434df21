"""The waitlist: clients who wait, freed slots, and the offers of freed slots to clients."""

from datetime import date, datetime, time
from typing import Literal
from uuid import UUID

from attrs import evolve, frozen

from portal_core.appointments.errors import OfferClosed, WaitlistEntryClosed
from portal_core.appointments.scheduling.wall_clock import require_valid_date
from portal_core.kernel.errors import Invalid
from portal_core.kernel.time_zones import zone_info

WaitlistStatus = Literal["waiting", "booked", "left"]


OfferStatus = Literal["open", "accepted", "declined", "expired"]


@frozen(kw_only=True)
class WaitlistEntry:
    """A client's wish to be offered a time that becomes free.

    The appointment must be on a local date from `earliest_date` to `latest_date`, both inclusive, on one of `weekdays`
    (0 is Monday; empty means any), start at or after `from_time` and end by `until_time` (00:00 is the end of the day).
    They are local in `time_zone`, the current zone of the location, or of the practice without one. `any_location`
    accepts any location or telehealth; otherwise no location means telehealth only. No clinician means any clinician of
    the care team.

    Raises:
        Invalid: dates or times in the wrong order or out of range, or `any_location` together with a location.
    """

    id: UUID
    practice_id: UUID
    client_id: UUID
    appointment_type_id: UUID
    location_id: UUID | None
    any_location: bool = False
    clinician_id: UUID | None
    earliest_date: date
    latest_date: date
    weekdays: frozenset[int] = frozenset()
    from_time: time = time.min
    until_time: time = time.min
    time_zone: str
    joined_at: datetime
    status: WaitlistStatus = "waiting"
    version: int = 1

    def __attrs_post_init__(self) -> None:
        zone_info(self.time_zone)
        if self.any_location and self.location_id is not None:
            raise Invalid.at("any_location", "location_given", "Must be off when a location is chosen.")
        require_valid_date(self.earliest_date, "earliest_date")
        require_valid_date(self.latest_date, "latest_date")
        if self.latest_date < self.earliest_date:
            raise Invalid.at("latest_date", "before_start", "Must not be before the earliest date.")
        if not self.weekdays <= frozenset(range(7)):
            raise Invalid.at("weekdays", "out_of_range", "Must be between 0 (Monday) and 6 (Sunday).")
        if self.from_time >= self.until_time > time.min:
            raise Invalid.at("until_time", "not_after_start", "Must be after the start time.")

    def wants_location(self, location_id: UUID | None) -> bool:
        """Whether an appointment at this location, or by telehealth for None, would suit."""
        return self.any_location or self.location_id == location_id

    def wants(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether an appointment at this time would suit, by date, weekday and time of day."""
        tz = zone_info(self.time_zone)
        local_start, local_end = starts_at.astimezone(tz), ends_at.astimezone(tz)
        by_end = self.until_time == time.min or (
            local_end.date() == local_start.date() and local_end.time() <= self.until_time
        )
        return (
            self.earliest_date <= local_start.date() <= self.latest_date
            and (not self.weekdays or local_start.weekday() in self.weekdays)
            and local_start.time() >= self.from_time
            and by_end
        )

    def booked(self) -> "WaitlistEntry":
        """Close it because an offer was accepted. Raises WaitlistEntryClosed."""
        return self._closed("booked")

    def leave(self) -> "WaitlistEntry":
        """Close it because the client no longer waits. Raises WaitlistEntryClosed."""
        return self._closed("left")

    def require_waiting(self) -> None:
        """Raises WaitlistEntryClosed if it is booked or left."""
        if self.status != "waiting":
            raise WaitlistEntryClosed

    def _closed(self, status: WaitlistStatus) -> "WaitlistEntry":
        self.require_waiting()
        return evolve(self, status=status, version=self.version + 1)


@frozen(kw_only=True)
class FreedSlot:
    """Time that a cancellation or a move freed, to be offered to the waitlist by a job. It names no client."""

    id: UUID
    practice_id: UUID
    clinician_id: UUID
    appointment_type_id: UUID
    location_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    freed_at: datetime


@frozen(kw_only=True)
class WaitlistOffer:
    """A freed slot offered to one waitlist entry, and reserved by a hold in the calendar until `expires_at`."""

    id: UUID
    practice_id: UUID
    client_id: UUID
    entry_id: UUID
    freed_slot_id: UUID
    clinician_id: UUID
    appointment_type_id: UUID
    location_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    calendar_entry_id: UUID
    offered_at: datetime
    expires_at: datetime
    status: OfferStatus = "open"
    appointment_id: UUID | None = None
    version: int = 1

    def accept(self, appointment_id: UUID, *, at: datetime) -> "WaitlistOffer":
        """Mark it as accepted, booked as `appointment_id`. Raises OfferClosed, also if it has expired at `at`."""
        self.require_open(at)
        return evolve(self._closed("accepted"), appointment_id=appointment_id)

    def require_open(self, at: datetime) -> None:
        """Raises OfferClosed if it is closed, or has expired at `at`."""
        if self.status != "open" or at >= self.expires_at:
            raise OfferClosed

    def decline(self) -> "WaitlistOffer":
        """Mark it as declined by the client. Raises OfferClosed."""
        return self._closed("declined")

    def expire(self) -> "WaitlistOffer":
        """Mark it as expired. Raises OfferClosed."""
        return self._closed("expired")

    def _closed(self, status: OfferStatus) -> "WaitlistOffer":
        if self.status != "open":
            raise OfferClosed
        return evolve(self, status=status, version=self.version + 1)
