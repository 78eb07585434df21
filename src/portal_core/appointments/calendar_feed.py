"""Calendar feeds: a client's phone subscribes to their appointments."""

from datetime import datetime
from uuid import UUID

from attrs import frozen


@frozen(kw_only=True)
class FeedToken:
    """Lets a phone read one client's calendar. Only the token's SHA-256 is kept, and the token is shown once."""

    id: UUID
    practice_id: UUID
    client_id: UUID
    account_id: UUID
    token_hash: bytes
    created_at: datetime
