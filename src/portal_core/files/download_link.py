"""Links under which a file can be downloaded for a few minutes, without any other proof."""

from datetime import datetime, timedelta
from uuid import UUID

from attrs import frozen

LINK_LIFETIME = timedelta(minutes=5)


@frozen(kw_only=True)
class DownloadLink:
    """Access to one file for anyone who has the token, of which only the SHA-256 is stored.

    It ends at `expires_at`, with the session in which it was made, with a proxy's grant, and when the feature that
    made it revokes the file. `in_page`: an image may be shown in a page; otherwise the file is saved.
    """

    id: UUID
    practice_id: UUID
    client_id: UUID
    account_id: UUID
    session_id: UUID | None
    grant_id: UUID | None
    file_id: UUID
    token_hash: bytes
    in_page: bool
    expires_at: datetime
    first_used_at: datetime | None = None
