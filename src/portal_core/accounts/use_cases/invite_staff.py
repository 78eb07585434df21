"""Invite a staff member to open an account."""

from uuid import UUID

from attrs import frozen

from portal_core.accounts.errors import AlreadyRegistered
from portal_core.accounts.invitation_delivery import send_invitation
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.invitation_views import InvitationView
from portal_core.accounts.invitations import Invitation
from portal_core.kernel.actor import Actor, StaffActor
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin
from portal_core.people.policy import PRACTICE_ADMIN_ROLES


@frozen
class InviteStaff:
    """An administrator, or a job, invites an active staff member at their email. The code is valid for 7 days.

    Raises:
        NotFound, Forbidden: no such active staff member, or not an administrator.
        AlreadyRegistered: an active account on the practice side has this email.
    """

    begin: Begin[AccountsUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, staff_id: UUID) -> InvitationView:
        async with self.begin(actor) as unit:
            by = require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            await unit.invitations.lock()
            member = await unit.staff_records.get(staff_id)
            if member is None or not member.active:
                raise NotFound("staff", staff_id)
            account = await unit.accounts.find_by_email("practice", member.email)
            if account is not None and account.status == "active":
                raise AlreadyRegistered
            now = self.clock.now()
            invitation = Invitation(
                id=self.ids.new(),
                practice_id=member.practice_id,
                kind="staff",
                email=member.email,
                created_at=now,
                expires_at=now,
                staff_id=member.id,
                invited_by=by.account_id if isinstance(by, StaffActor) else None,
            )
            return await unit.commit(await send_invitation(unit, invitation))
