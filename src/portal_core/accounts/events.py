"""Account events that other features react to."""

from uuid import UUID

from attrs import frozen

from portal_core.kernel.outbox import Event


@frozen
class AccountClosed(Event):
    """The holder closed an account; `client_id` is set for a client's own account."""

    account_id: UUID
    client_id: UUID | None = None


@frozen
class PasswordReset(Event):
    """A forgotten password was reset by a mailed code; `client_id` is set for a client's own account."""

    account_id: UUID
    client_id: UUID | None = None
