"""Read models of invitations and email changes."""

from datetime import datetime
from uuid import UUID

from attrs import field, frozen

from portal_core.accounts.email_change import EmailChange
from portal_core.accounts.invitations import Invitation, InvitationKind, InvitationState


@frozen
class InvitationView:
    """An invitation as staff see it. An open one expires at `expires_at`; `state` does not change then."""

    id: UUID
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
            kind=invitation.kind,
            email=invitation.email,
            client_id=invitation.client_id,
            staff_id=invitation.staff_id,
            state=invitation.state,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
        )


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
    """A code in plain text, only for the mail being written. `email` is the address it proves."""

    email: str
    code: str = field(repr=False)
    expires_at: datetime
