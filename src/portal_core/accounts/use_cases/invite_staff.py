"""A member of staff is invited to open their account."""

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
class InviteStaffCommand:
    staff_id: UUID


@frozen
class InviteStaff:
    """An administrator, or a job, invites a working member of staff by their email. The code is good for 7 days.

    Raises:
        NotFound, Forbidden: no such member works here, or not an administrator.
        AlreadyRegistered: somebody signs in at the practice's side with this email.
    """

    begin: Begin[AccountsUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: InviteStaffCommand) -> InvitationView:
        async with self.begin(actor) as unit:
            by = require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            member = await unit.staff_records.get(command.staff_id)
            if member is None or not member.active:
                raise NotFound("staff", command.staff_id)
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
