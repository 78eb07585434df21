"""A client's request for an appointment, which the practice confirms or declines."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from attrs import Attribute, evolve, field, frozen
from attrs.validators import optional

from portal_core.appointments.errors import RequestClosed
from portal_core.appointments.scheduling.wall_clock import require_aware
from portal_core.kernel.errors import Invalid
from portal_core.kernel.text import check_free_text

RequestStatus = Literal["pending", "confirmed", "declined", "withdrawn"]


MAX_PREFERRED_TIMES = 3


MAX_REASON_LENGTH = 1000


def validate_reason(_: object, attribute: "Attribute[str]", value: str) -> None:
    """An attrs validator: raises Invalid above 1,000 characters, or with control characters."""
    check_free_text(value, attribute.name, MAX_REASON_LENGTH)


@frozen(kw_only=True)
class PreferredTime:
    """A range of time that suits the client: the appointment may be anywhere between `starts_at` and `ends_at`.

    Raises:
        Invalid: a time without an offset, or `ends_at` is not after `starts_at`.
    """

    starts_at: datetime = field(converter=require_aware)
    ends_at: datetime = field(converter=require_aware)

    def __attrs_post_init__(self) -> None:
        if self.ends_at <= self.starts_at:
            raise Invalid.at("ends_at", "not_after_start", "Must be after the start.")


@frozen(kw_only=True)
class AppointmentRequest:
    """A client's request for an appointment, which the practice confirms or declines.

    No location means telehealth; no clinician means any clinician of the care team. `reason` (from the client) and
    `answer` (from the practice, when it declines) are encrypted at rest. `appointment_id` is set when the request is
    confirmed.

    Raises:
        Invalid: no preferred time or more than three, or a reason above 1,000 characters.
    """

    id: UUID
    practice_id: UUID
    client_id: UUID
    appointment_type_id: UUID
    location_id: UUID | None
    clinician_id: UUID | None
    preferred: tuple[PreferredTime, ...]
    reason: str | None = field(default=None, validator=optional(validate_reason))
    requested_at: datetime
    status: RequestStatus = "pending"
    answered_at: datetime | None = None
    answer: str | None = None
    appointment_id: UUID | None = None
    version: int = 1

    def __attrs_post_init__(self) -> None:
        if not 1 <= len(self.preferred) <= MAX_PREFERRED_TIMES:
            raise Invalid.at("preferred", "out_of_range", f"Enter 1 to {MAX_PREFERRED_TIMES} preferred times.")

    def confirm(self, appointment_id: UUID, *, at: datetime) -> "AppointmentRequest":
        """Mark it as confirmed: the practice has booked `appointment_id` for it. Raises RequestClosed."""
        self.require_pending()
        return evolve(self, status="confirmed", appointment_id=appointment_id, answered_at=at, version=self.version + 1)

    def decline(self, answer: str | None, *, at: datetime) -> "AppointmentRequest":
        """Mark it as declined by the practice. Raises RequestClosed."""
        self.require_pending()
        return evolve(self, status="declined", answer=answer, answered_at=at, version=self.version + 1)

    def withdraw(self, *, at: datetime) -> "AppointmentRequest":
        """Mark it as withdrawn by the client. Raises RequestClosed."""
        self.require_pending()
        return evolve(self, status="withdrawn", answered_at=at, version=self.version + 1)

    def require_pending(self) -> None:
        """Raises RequestClosed if the request was confirmed, declined or withdrawn."""
        if self.status != "pending":
            raise RequestClosed
