"""Close one's own account."""

from attrs import frozen

from portal_core.accounts.events import AccountClosed
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.model import Account
from portal_core.accounts.reauthentication import Reauthentication, current_account
from portal_core.accounts.use_cases.end_credential import EndCredential
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.notices import ACCOUNT_CLOSED
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin
from portal_core.people.errors import LastAdministrator


@frozen
class CloseAccountCommand:
    """`code` is required for accounts with a second factor."""

    password: str
    code: str = ""


@frozen
class CloseAccount:
    """Closes the actor's own account: all sessions end, a job disables the credential, and the account is notified.

    The record stays with the practice, and the email can be used for another account. The last administrator who can
    sign in stays, because nobody could invite another.

    Raises:
        Unauthenticated: nobody is signed in.
        RateLimited: too many attempts.
        WrongPassword, CodeRefused: one of them is wrong; audited.
        LastAdministrator: no other administrator of the practice has an active account.
    """

    begin: Begin[AccountsUnit]
    clock: Clock
    reauthentication: Reauthentication

    async def __call__(self, actor: Actor, command: CloseAccountCommand) -> None:
        async with self.begin(actor) as unit:
            await _require_another_administrator(unit, await current_account(unit, require_account_holder(actor)))
        await self.reauthentication.by_all_factors(actor, command.password, command.code)
        async with self.begin(actor) as unit:
            account = await current_account(unit, require_account_holder(actor))
            await _require_another_administrator(unit, account)
            now = self.clock.now()
            await unit.accounts.save(account.close(now), AuditEntry("account.closed", account.id, account.client_id))
            ended = AuditEntry("sessions.ended", account.id, account.client_id, facts={"by": "account_closed"})
            await unit.sessions.end_all(account.id, now, ended)
            await unit.outbox.defer(EndCredential, account_id=account.id)
            await unit.outbox.publish(AccountClosed(account.id, account.client_id))
            await unit.outbox.notify(ACCOUNT_CLOSED.to_account(account.id, subject_id=account.id))
            await unit.commit(None)


async def _require_another_administrator(unit: AccountsUnit, account: Account) -> None:
    if account.staff_id is None:
        return
    administrators = await unit.staff_records.lock_administrators()
    if account.staff_id not in administrators:
        return
    for staff_id in administrators - {account.staff_id}:
        other = await unit.accounts.find_by_person("practice", staff_id)
        if other is not None and other.status == "active":
            return
    raise LastAdministrator
