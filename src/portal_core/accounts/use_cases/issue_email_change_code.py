"""Create the code of an email change when its mail is written."""

from uuid import UUID

from attrs import frozen

from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.invitation_views import IssuedCode
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_system
from portal_core.kernel.sources import Clock, TokenSource
from portal_core.kernel.uow import Begin


@frozen
class IssueEmailChangeCodeCommand:
    account_id: UUID
    change_id: UUID


@frozen
class IssueEmailChangeCode:
    """Creates a code, stores its hash, and returns the code and the new email. It replaces an earlier code.

    For jobs: the notifications feature calls this for the kind `email_change_code`. Returns None when the change is
    no longer open, and there is nothing to send.

    Raises:
        Forbidden: not the system.
    """

    begin: Begin[AccountsUnit]
    clock: Clock
    tokens: TokenSource

    async def __call__(self, actor: Actor, command: IssueEmailChangeCodeCommand) -> IssuedCode | None:
        async with self.begin(actor) as unit:
            require_system(actor)
            change = await unit.email_changes.get(command.account_id, command.change_id)
            if change is None or not change.is_open(self.clock.now()):
                return None
            code = self.tokens.code()
            await unit.email_changes.save(change.issue(code), AuditEntry("email_change.code_issued", change.id))
            await unit.commit(None)
        return IssuedCode(change.new_email, code, change.expires_at)
