"""Holds of slots."""

from datetime import datetime
from uuid import UUID

from attrs import frozen


@frozen(kw_only=True)
class Hold:
    """A slot reserved for a client for a few minutes while they decide. Its time is reserved by the calendar entry."""

    id: UUID
    practice_id: UUID
    client_id: UUID
    clinician_id: UUID
    appointment_type_id: UUID
    location_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    calendar_entry_id: UUID
    expires_at: datetime
