"""Request another email for one's own account."""

from attrs import frozen

from portal_core.accounts.email_change import EMAIL_CHANGE_LIFETIME, EmailChange
from portal_core.accounts.invitation_errors import EmailUnchanged
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.invitation_views import EmailChangeView
from portal_core.accounts.reauthentication import Reauthentication
from portal_core.kernel.actor import Actor, StaffActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.contact import normalize_email
from portal_core.kernel.errors import Forbidden
from portal_core.kernel.notices import EMAIL_CHANGE_CODE
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin


@frozen
class RequestEmailChangeCommand:
    """`code` is required for accounts with a second factor."""

    new_email: str
    password: str
    code: str = ""


@frozen
class RequestEmailChange:
    """Has a code mailed to the new email; nothing changes before `ConfirmEmailChange`. For clients and proxies.

    The response is the same whether or not another account has the new email, which only its holder may learn. An
    earlier open change is withdrawn.

    Raises:
        Unauthenticated: nobody is signed in.
        Forbidden: staff, whose email the practice changes.
        InvalidEmail: it is not an email address.
        EmailUnchanged: the account already has this email.
        RateLimited: too many attempts.
        WrongPassword, CodeRefused: one of them is wrong; audited.
    """

    begin: Begin[AccountsUnit]
    clock: Clock
    ids: IdSource
    reauthentication: Reauthentication

    async def __call__(self, actor: Actor, command: RequestEmailChangeCommand) -> EmailChangeView:
        email = normalize_email(command.new_email, path="new_email")
        async with self.begin(actor):
            if isinstance(require_account_holder(actor), StaffActor):
                raise Forbidden("Ask an administrator of the practice to change your email.")
        account = await self.reauthentication.by_all_factors(actor, command.password, command.code)
        if email == account.email:
            raise EmailUnchanged
        now = self.clock.now()
        change = EmailChange(
            id=self.ids.new(),
            practice_id=account.practice_id,
            account_id=account.id,
            former_email=account.email,
            new_email=email,
            created_at=now,
            expires_at=now + EMAIL_CHANGE_LIFETIME,
        )
        async with self.begin(actor) as unit:
            earlier = await unit.email_changes.find_open(account.id)
            if earlier is not None:
                entry = AuditEntry("email_change.withdrawn", earlier.id, record=account.client_id)
                await unit.email_changes.save(earlier.close("withdrawn"), entry)
            await unit.email_changes.add(
                change, AuditEntry("email_change.requested", change.id, record=account.client_id)
            )
            notice = EMAIL_CHANGE_CODE.to_account(account.id, subject_id=change.id)
            await unit.outbox.notify(notice)
            return await unit.commit(EmailChangeView.of(change))
