"""What a client says when they join a video visit."""

from datetime import datetime
from uuid import UUID

from attrs import frozen


@frozen(kw_only=True)
class CheckIn:
    """A client joins a telehealth session and says where they are today and how to call back.

    Asked for each time, so that help can be sent to the right door (American Telemedicine Association, Practice
    Guidelines for Video-Based Online Mental Health Services, 2013). Both are encrypted where they are kept, and
    read as None after the key of the record was destroyed.
    """

    id: UUID
    practice_id: UUID
    appointment_id: UUID
    client_id: UUID
    client_location: str | None
    callback: str | None
    joined_at: datetime
