"""Read models of invitations and email changes."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from attrs import field, frozen

from portal_core.accounts.email_change import EmailChange
from portal_core.accounts.invitations import Invitation, InvitationKind, InvitationState


@frozen
class InvitationView:
    """An invitation as staff see it. An open one expires at `expires_at`; `state` does not change then.

    `label` is in its mail, by which people who share a mailbox learn from staff whose it is.
    """

    id: UUID
    label: str
    kind: InvitationKind
    email: str
    client_id: UUID | None
    staff_id: UUID | None
    state: InvitationState
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, invitation: Invitation) -> "InvitationView":
        return cls(
            id=invitation.id,
            label=invitation.label,
            kind=invitation.kind,
            email=invitation.email,
            client_id=invitation.client_id,
            staff_id=invitation.staff_id,
            state=invitation.state,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
        )


ClientInvitationOutcome = Literal[
    "invited",
    "already_invited",
    "already_registered",
    "account_closed",
    "no_email",
    "email_in_use",
    "email_invited",
    "account_not_allowed",
    "discharged",
    "record_destroyed",
    "not_found",
]
"""What inviting many clients did about one: who was not invited has the code of the error that inviting one raises."""


@frozen
class ClientInvitationView:
    """What inviting many clients did about one of them. `invitation` is the new one, or the one that was open.

    `reason` says why no invitation was sent, and what to do; null if one was.
    """

    client_id: UUID
    outcome: ClientInvitationOutcome
    invitation: InvitationView | None = None
    reason: str | None = None

    @classmethod
    def not_invited(cls, client_id: UUID, outcome: ClientInvitationOutcome, reason: str) -> "ClientInvitationView":
        return cls(client_id, outcome, None, reason)


@frozen
class EmailChangeView:
    """An email change that waits for the code mailed to `new_email`."""

    id: UUID
    new_email: str
    expires_at: datetime

    @classmethod
    def of(cls, change: EmailChange) -> "EmailChangeView":
        return cls(change.id, change.new_email, change.expires_at)


@frozen
class IssuedCode:
    """A code in plain text, only for the mail being written. `email` is the address it proves.

    `label` tells an invitation from others to the same address. `client_id` is the client whom it invites to an account
    of their own.
    """

    email: str
    code: str = field(repr=False)
    expires_at: datetime
    label: str = ""
    client_id: UUID | None = None
