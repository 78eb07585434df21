"""Calendar feeds: subscriptions of a client's calendar app to their appointments."""

from datetime import datetime
from uuid import UUID

from attrs import frozen


@frozen(kw_only=True)
class FeedToken:
    """Grants a calendar app read access to one client's appointments. Stores only the SHA-256 of the token, shown once."""

    id: UUID
    practice_id: UUID
    client_id: UUID
    account_id: UUID
    token_hash: bytes
    created_at: datetime
