"""Whether a client may be invited to an account of their own, and the invitation."""

from datetime import datetime

from portal_core.access.minors import own_account_from
from portal_core.accounts.errors import AlreadyRegistered
from portal_core.accounts.invitation_delivery import send_invitation
from portal_core.accounts.invitation_errors import AccountNotAllowed, Discharged, EmailInUse, NoEmail
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.invitation_views import InvitationView
from portal_core.accounts.invitations import Invitation
from portal_core.kernel.actor import Actor, StaffActor
from portal_core.kernel.errors import RecordDestroyed
from portal_core.kernel.sources import IdSource
from portal_core.people.model import Client, Practice


def may_have_account(client: Client, practice: Practice, now: datetime) -> bool:
    """Whether the client is old enough for an account of their own, in the state where they are treated."""
    return practice.today(now) >= own_account_from(client.date_of_birth, client.state or practice.state)


async def require_open_record(unit: AccountsUnit, client: Client) -> None:
    """Require that an account may be opened for this record, by the client or a proxy.

    Raises:
        Discharged: the client was discharged.
        RecordDestroyed: the record's key was destroyed, so there is nothing to see.
    """
    if client.status != "active":
        raise Discharged
    if await unit.client_records.destroyed((client.id,)):
        raise RecordDestroyed


async def invite(
    unit: AccountsUnit,
    client: Client,
    practice: Practice,
    email: str | None,
    *,
    by: Actor,
    ids: IdSource,
    now: datetime,
) -> InvitationView:
    """Invite the client by this address (normalized), or by the one on file.

    The audit entry says whether that is the address on file, and whether it is a staff member's.

    Raises:
        Discharged, RecordDestroyed, AccountNotAllowed, NoEmail, AlreadyRegistered, EmailInUse, EmailInvited: see
            `InviteClient`.
    """
    await require_open_record(unit, client)
    if not may_have_account(client, practice, now):
        raise AccountNotAllowed
    address = client.email if email is None else email
    if address is None:
        raise NoEmail
    own = await unit.accounts.find_by_person("portal", client.id)
    if own is not None and own.status == "active":
        raise AlreadyRegistered
    holder = await unit.accounts.find_by_email("portal", address)
    if holder is not None and holder.client_id != client.id:
        raise EmailInUse
    invitation = Invitation(
        id=ids.new(),
        practice_id=client.practice_id,
        kind="client",
        email=address,
        created_at=now,
        expires_at=now,
        client_id=client.id,
        invited_by=by.account_id if isinstance(by, StaffActor) else None,
    )
    of_staff = await unit.staff_records.find_by_email(address) is not None
    source = "of_staff" if of_staff else "on_file" if address == client.email else "other"
    return await send_invitation(unit, invitation, {"address": source})
