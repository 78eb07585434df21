"""What may go wrong, in the business's words. HTTP is not known here: an entry point maps the categories once.

Every subclass has a stable `code` that programs may rely on and a `title` for people; `detail` says more about this
one case and never holds health information.
"""

from typing import ClassVar
from uuid import UUID

from attrs import frozen


@frozen
class FieldError:
    """One thing wrong with one field. `path` is dotted, as in `preferred_times.0.starts_at`."""

    path: str
    code: str
    message: str


class PortalError(Exception):
    """The root of every error that the core raises on purpose."""

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "The request could not be carried out."

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.title)
        self.detail = detail


class Unauthenticated(PortalError):
    """Nobody is signed in, or the proof of it is no longer good."""

    code = "unauthenticated"
    title = "Sign in to go on."


class Forbidden(PortalError):
    """The actor may see that this exists, and still may not do this. Audited as a denial."""

    code = "forbidden"
    title = "You may not do this."


class NotFound(PortalError):
    """It does not exist, or it does not exist for this actor. With a target, audited as a denial."""

    code = "not_found"
    title = "There is nothing here."

    def __init__(self, kind: str = "", target_id: UUID | None = None) -> None:
        super().__init__()
        self.kind = kind
        self.target_id = target_id


class Conflict(PortalError):
    """The state of things does not allow it."""

    code = "conflict"
    title = "This cannot be done in the present state."


class StaleVersion(Conflict):
    """Somebody changed it after it was read; nothing was written."""

    code = "stale_version"
    title = "This was changed in the meantime. Load it again and repeat your change."


class RecordDestroyed(Conflict):
    """The record's key was destroyed: nobody can read what it sealed, nor an earlier request's answer that is asked for
    again under its Idempotency-Key, and nothing more can be sealed with it.
    """

    code = "record_destroyed"
    title = "What this record held was destroyed. Nothing more can be written to it."


class Invalid(PortalError):
    """The request itself is wrong; `fields` says where."""

    code = "invalid"
    title = "Some fields need another look."

    def __init__(self, *fields: FieldError, detail: str = "") -> None:
        super().__init__(detail)
        self.fields = fields

    @classmethod
    def at(cls, path: str, code: str, message: str) -> "Invalid":
        """One field is wrong."""
        return cls(FieldError(path, code, message))


class IdempotencyMismatch(Invalid):
    """The key was used before with another request."""

    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for another request."


class RateLimited(PortalError):
    """Too many tries. The header `Retry-After` says in whole seconds, at least 1, when to come back."""

    code = "rate_limited"
    title = "Too many tries. Wait a little."

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = max(1, retry_after)


class Unavailable(PortalError):
    """A part outside of the portal does not answer; the same request may work later."""

    code = "unavailable"
    title = "This is not available at the moment. Try again in a few minutes."
