"""What staff put right after an appointment, and why."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from attrs import frozen

from portal_core.appointments.attendance import AttendanceStatus
from portal_core.kernel.text import multi_line_text

FeeChange = Literal["keep", "charge", "waive"]
MAX_CORRECTION_REASON_LENGTH = 500


@frozen(kw_only=True)
class Correction:
    """A correction of one client's part in an appointment: of its status, of its fee, or of both.

    `reason` is for the practice only; it is encrypted at rest, and None once the record's key is destroyed.
    `corrected_by` is the account of the member of staff, None for a job.
    """

    id: UUID
    practice_id: UUID
    client_id: UUID
    appointment_id: UUID
    before: AttendanceStatus
    after: AttendanceStatus
    fee: FeeChange
    reason: str | None
    corrected_by: UUID | None
    corrected_at: datetime


def correction_reason(text: str) -> str:
    """An attrs converter: the reason, which is required.

    Raises:
        Invalid: it is empty, above 500 characters, or has control characters.
    """
    return multi_line_text(text, "reason", MAX_CORRECTION_REASON_LENGTH)
