"""Whether an open invitation can still be accepted, and the withdrawal of those that no longer can."""

from collections.abc import Iterable
from datetime import datetime

from portal_core.access.errors import GrantNotAllowed
from portal_core.accounts.client_invitations import may_have_account, require_open_record
from portal_core.accounts.invitation_errors import Discharged
from portal_core.accounts.invitation_grant import grant_from_invitation
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.invitations import Invitation
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Invalid, RecordDestroyed


async def is_invitee_allowed(unit: AccountsUnit, invitation: Invitation, now: datetime) -> bool:
    """Whether today's rules let the invited person have what the invitation promises, whatever accounts there are."""
    if invitation.kind == "staff":
        assert invitation.staff_id is not None
        member = await unit.staff_records.get(invitation.staff_id)
        return member is not None and member.active
    assert invitation.client_id is not None
    client = await unit.client_records.get(invitation.client_id)
    assert client is not None  # a client with an invitation is never deleted
    try:
        await require_open_record(unit, client)
        if invitation.kind == "proxy":
            await grant_from_invitation(unit, invitation, invitation.id, account_id=invitation.id, now=now)
    except (Discharged, RecordDestroyed, GrantNotAllowed, Invalid):
        return False
    return invitation.kind == "proxy" or may_have_account(client, await unit.practice_record.get(), now)


async def withdraw_all(unit: AccountsUnit, impossible: Iterable[Invitation], by: str) -> None:
    """Withdraw open invitations that can no longer be accepted. `by` tells the audit log what is in their way."""
    for one in impossible:
        entry = AuditEntry("invitation.withdrawn", one.id, record=one.client_id, facts={"by": by})
        await unit.invitations.save(one.withdraw(), entry)
