"""Build the grant that a proxy's invitation promises."""

from datetime import datetime
from uuid import UUID

from portal_core.access.grant_lifecycle import new_grant
from portal_core.access.model import Grant
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.invitations import Invitation


async def grant_from_invitation(
    unit: AccountsUnit, invitation: Invitation, grant_id: UUID, *, account_id: UUID, now: datetime
) -> Grant:
    """Build the grant from a proxy's invitation, by the rules that apply today.

    Raises:
        GrantNotAllowed: the client has reached an age at which it is not allowed.
        Invalid: the last day in the terms has passed.
    """
    assert invitation.client_id is not None
    assert invitation.terms is not None
    assert invitation.invited_by is not None
    client = await unit.client_records.get(invitation.client_id)
    assert client is not None  # a client with an invitation is never deleted
    practice = await unit.practice_record.get()
    return new_grant(
        grant_id,
        invitation.terms,
        account_id=account_id,
        client=client,
        practice=practice,
        by=invitation.invited_by,
        now=now,
    )
