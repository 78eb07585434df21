"""One client's part in an appointment."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from attrs import evolve, frozen

from portal_core.appointments.errors import NothingToCorrect
from portal_core.kernel.money import Money

AttendanceStatus = Literal["attending", "no_show", "cancelled"]
CancelledBy = Literal["client", "practice"]


@frozen
class Occasion:
    """When, where and with whom an appointment is."""

    clinician_id: UUID
    location_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    time_zone: str


@frozen(kw_only=True)
class Attendance:
    """One client's part in an appointment; a client never sees another client's part.

    `cancelled_late` marks a cancellation within the notice period; `fee_due` is the fee for that or for moving it late.
    `reason` is the client's, or the practice's for the client; `internal_note` is the practice's and never shown to
    clients or proxies. Both are of the cancellation, and encrypted at rest. `sequence` counts the changes that only
    this client sees; `changed_at` is the time of the last of them. `left` is the appointment as it was when they left
    it, which is all that they see from then on; set exactly while they are cancelled.
    """

    appointment_id: UUID
    practice_id: UUID
    client_id: UUID
    status: AttendanceStatus = "attending"
    cancelled_at: datetime | None = None
    cancelled_by: CancelledBy | None = None
    cancelled_late: bool = False
    reason: str | None = None
    internal_note: str | None = None
    fee_due: Money | None = None
    changed_at: datetime | None = None
    sequence: int = 0
    left: Occasion | None = None

    @property
    def removed(self) -> bool:
        """Whether the practice took the client out, so that only the practice brings them back."""
        return self.cancelled_by == "practice"

    def changed(self, at: datetime) -> "Attendance":
        """The part after a change that only this client sees."""
        return evolve(self, changed_at=at, sequence=self.sequence + 1)

    def cancel(
        self,
        by: CancelledBy,
        left: Occasion,
        *,
        at: datetime,
        reason: str | None,
        internal_note: str | None = None,
        cancelled_late: bool = False,
        fee: Money | None = None,
    ) -> "Attendance":
        """Cancel this client's part in an appointment that is `left`. A fee for an earlier late change remains due."""
        owed = fee or self.fee_due
        return evolve(
            self,
            status="cancelled",
            cancelled_at=at,
            cancelled_by=by,
            reason=reason,
            internal_note=internal_note,
            cancelled_late=cancelled_late,
            fee_due=owed,
            left=left,
        )

    def correct(
        self, status: AttendanceStatus, occasion: Occasion, *, at: datetime, fee_due: Money | None
    ) -> "Attendance":
        """Put a wrong status or fee right, after the appointment. With a new fee, a cancellation counts as late.

        Raises:
            NothingToCorrect: it already has this status and fee.
        """
        if (status, fee_due) == (self.status, self.fee_due):
            raise NothingToCorrect
        corrected = self
        if status == "cancelled" != self.status:
            late = fee_due not in (None, self.fee_due)
            corrected = self.cancel("practice", occasion, at=at, reason=None, cancelled_late=late)
        elif status != self.status:
            corrected = evolve(self.not_cancelled(), status=status)
        return evolve(corrected.changed(at), fee_due=fee_due)

    def not_cancelled(self) -> "Attendance":
        """The part as attended, with nothing left of a cancellation but a fee that is due."""
        return evolve(
            self,
            status="attending",
            cancelled_at=None,
            cancelled_by=None,
            cancelled_late=False,
            reason=None,
            internal_note=None,
            left=None,
        )
