"""What a client states when they join a video visit."""

from datetime import datetime
from uuid import UUID

from attrs import frozen


@frozen(kw_only=True)
class CheckIn:
    """A client's location and callback number, given when they join a video visit.

    Asked for at each visit, so that emergency help can be sent to the right address (American Telemedicine Association,
    Practice Guidelines for Video-Based Online Mental Health Services, 2013). Both are encrypted at rest, and None once
    the record's key is destroyed.
    """

    id: UUID
    practice_id: UUID
    appointment_id: UUID
    client_id: UUID
    client_location: str | None
    callback: str | None
    joined_at: datetime
