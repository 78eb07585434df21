"""The core's error categories. They know nothing of HTTP: an entry point maps each category once.

Every subclass has a stable `code` that programs may rely on and a `title` for people. `detail` describes the single
case and never holds health information.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar, NewType, Self, TypeVar, cast
from uuid import UUID

from attrs import frozen

from portal_core.kernel.field_codes import FieldCode

T = TypeVar("T")

ProblemCode = NewType("ProblemCode", str)
"""The `code` of one of the subclasses of `PortalError`, where a view shows it."""


@frozen
class FieldError:
    """One problem with one field. `path` is dotted, as in `preferred_times.0.starts_at`."""

    path: str
    code: FieldCode
    message: str

    @classmethod
    def of_refusal(cls, path: str, refusal: "PortalError | type[PortalError]", message: str = "") -> Self:
        """The error of a field whose value is refused for the state of something else; it has the refusal's code."""
        return cls(path, cast(FieldCode, refusal.code), message or refusal.title)


class PortalError(Exception):
    """The base class of every error that the core raises deliberately."""

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "The request could not be carried out."
    audit_action: str = ""
    """The action of the audit entry that is written when the error leaves a unit of work; none when empty."""
    audit_record: UUID | None = None
    """The client whom that entry is about; see `audit_refusals`."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.title)
        self.detail = detail


class Unauthenticated(PortalError):
    """The caller is not signed in, or their session or token is no longer valid."""

    code = "unauthenticated"
    title = "Sign in to continue."


class Forbidden(PortalError):
    """The actor may know that the target exists, but may not do this. Audited as a denial."""

    code = "forbidden"
    title = "You are not allowed to do this."


class NotFound(PortalError):
    """The target does not exist, or the actor may not know that it does. Audited as a denial when `kind` is given."""

    code = "not_found"
    title = "Not found."

    def __init__(self, kind: str = "", target_id: UUID | None = None) -> None:
        super().__init__()
        self.kind = kind
        self.target_id = target_id


class Conflict(PortalError):
    """The current state does not allow the request."""

    code = "conflict"
    title = "The current state does not allow this."


class StaleVersion(Conflict):
    """The target was changed after it was read. Nothing was written."""

    code = "stale_version"
    title = "This has changed since you loaded it. Reload it and make your change again."


class RecordDestroyed(Conflict):
    """The record's key was destroyed.

    Nobody can read what was encrypted with it, including stored responses for an Idempotency-Key, and nothing more can
    be encrypted with it.
    """

    code = "record_destroyed"
    title = "This record's content was destroyed. Nothing can be added to it."


class Invalid(PortalError):
    """The request is invalid; `fields` lists what is wrong."""

    code = "invalid"
    title = "Some fields are not valid."

    def __init__(self, *fields: FieldError, detail: str = "") -> None:
        super().__init__(detail)
        self.fields = fields

    @classmethod
    def at(cls, path: str, code: FieldCode, message: str) -> "Invalid":
        """Build the error for a single field."""
        return cls(FieldError(path, code, message))


def check_all(checks: Mapping[str, Callable[[], T]]) -> dict[str, T]:
    """The results of all checks, by their names.

    Raises:
        Invalid: some fail; it lists what is wrong with every one of them. If only one fails, its own error is raised.
    """
    results, errors = dict[str, T](), list[Invalid]()
    for name, check in checks.items():
        try:
            results[name] = check()
        except Invalid as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise Invalid(*(fault for error in errors for fault in error.fields))
    return results


class IdempotencyMismatch(Invalid):
    """The Idempotency-Key was already used for a different request."""

    code = "idempotency_key_reused"
    title = "This Idempotency-Key was already used for a different request."


class RateLimited(PortalError):
    """Too many attempts. `retry_after` is the wait in whole seconds, at least 1; HTTP sends it as `Retry-After`."""

    code = "rate_limited"
    title = "Too many attempts. Wait a moment and try again."

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = max(1, retry_after)


class Overloaded(PortalError):
    """The portal has more work than it can do in time, and so does not begin this. Nothing was done."""

    code = "overloaded"
    title = "The portal is very busy. Try again in a few seconds."


class Unavailable(PortalError):
    """A service outside the portal does not respond. The same request may succeed later."""

    code = "unavailable"
    title = "This is not available right now. Try again in a few minutes."
