"""Calendar feeds: subscriptions of a client's calendar app to their appointments."""

from datetime import datetime
from uuid import UUID

from attrs import frozen


@frozen(kw_only=True)
class FeedToken:
    """Read access of a calendar app to one client's appointments. Only the SHA-256 of the token is stored; the token is
    shown once, when the feed is created.
    """

    id: UUID
    practice_id: UUID
    client_id: UUID
    account_id: UUID
    token_hash: bytes
    created_at: datetime
