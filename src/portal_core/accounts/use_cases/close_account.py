"""The holder closes their account."""

from attrs import frozen

from portal_core.accounts.owner_proof import OwnerProof, own_account
from portal_core.accounts.ports import SignInUnit
from portal_core.kernel.access import account_holder
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.outbox import Notice
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin

DISABLE_CREDENTIAL = "disable_credential"
"""The job, with `account_id`."""
DROP_CALENDAR_FEED = "drop_calendar_feed"
"""The appointments' job, with `client_id`."""


@frozen
class CloseAccountCommand:
    """`code` is for accounts with a second factor."""

    password: str
    code: str = ""


@frozen
class CloseAccount:
    """Closes one's own account: all sessions end, a job disables the credential, and the account is told.

    The record stays with the practice, and the email is free for another account.

    Raises:
        Unauthenticated: nobody is signed in.
        RateLimited: too many tries.
        PasswordRefused, CodeRefused: one of them is wrong; audited.
    """

    begin: Begin[SignInUnit]
    clock: Clock
    proof: OwnerProof

    async def __call__(self, actor: Actor, command: CloseAccountCommand) -> None:
        await self.proof.by_both(actor, command.password, command.code)
        async with self.begin(actor) as unit:
            account = await own_account(unit, account_holder(actor))
            now = self.clock.now()
            await unit.accounts.save(account.close(now), Audited("account.closed", account.id, account.client_id))
            ended = Audited("sessions.ended", account.id, account.client_id, facts={"by": "account_closed"})
            await unit.sessions.end_all(account.id, now, ended)
            await unit.outbox.defer(DISABLE_CREDENTIAL, account_id=account.id)
            if account.client_id is not None:  # a phone must not go on reading what its owner has closed
                await unit.outbox.defer(DROP_CALENDAR_FEED, client_id=account.client_id)
            await unit.outbox.notify(Notice("account_closed", "security", to_account=account.id, about=account.id))
            await unit.commit(None)
