"""Confirm an email change with the mailed code."""

from attrs import frozen

from portal_core.accounts.email_change import EmailChange
from portal_core.accounts.errors import AlreadyRegistered, CodeRefused
from portal_core.accounts.identity_provider import Credential, Credentials
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.model import Account
from portal_core.accounts.policy import CODE_BY_ACCOUNT
from portal_core.accounts.use_cases.withdraw_excluded_invitations import WithdrawExcludedInvitations
from portal_core.accounts.views import AccountView
from portal_core.kernel.actor import AccountHolder, Actor, ClientActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.errors import FieldError, Unauthenticated
from portal_core.kernel.limits import RateLimits
from portal_core.kernel.notices import EMAIL_CHANGED
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class ConfirmEmailChangeCommand:
    code: str


@frozen
class ConfirmEmailChange:
    """Changes the email with which a person signs in, and a client's email on file; the old address is notified.

    Open invitations to the new email that can no longer be accepted are withdrawn by a job. The identity provider is
    called between two units of work. A crash there leaves the change open, and the same code completes it.

    Raises:
        Unauthenticated: nobody is signed in, or the account is not active.
        RateLimited: too many attempts for this account.
        CodeRefused: no change is open, or this is not its code; audited.
        AlreadyRegistered: another account has the new email; revealed only after the code proved control of it.
    """

    begin: Begin[AccountsUnit]
    clock: Clock
    credentials: Credentials
    limits: RateLimits

    async def __call__(self, actor: Actor, command: ConfirmEmailChangeCommand) -> AccountView:
        holder = require_account_holder(actor)
        await self.limits.take(holder.practice_id, CODE_BY_ACCOUNT, str(holder.account_id))
        async with self.begin(actor) as unit:
            account = await unit.accounts.get(holder.account_id)
            if account is None or account.status != "active":
                raise Unauthenticated
            change = await self._verify_code(unit, account, command.code)
        if change is None:
            raise CodeRefused(FieldError("code", "code_refused", "This code is incorrect or has expired."))
        await self.credentials.change_email(Credential.of(account), change.new_email)
        try:
            return await self._complete(_as_holder(holder, account), account, change)
        except AlreadyRegistered:
            await self.credentials.change_email(Credential.of(account), account.email)
            raise

    async def _verify_code(self, unit: AccountsUnit, account: Account, code: str) -> EmailChange | None:
        """The change whose code this is; the attempt is counted first."""
        change = await unit.email_changes.find_open(account.id)
        if change is None or not change.is_open(self.clock.now()):
            await unit.audit.record(AuditEntry("email_change.refused", record=account.client_id, outcome="failed"))
            return await unit.commit(None)
        attempted = change.attempt()
        matches = attempted.matches_code(code)
        action = "email_change.proven" if matches else "email_change.refused"
        entry = AuditEntry(action, change.id, record=account.client_id, outcome="done" if matches else "failed")
        await unit.email_changes.save(attempted, entry)
        await unit.commit(None)
        return attempted if matches else None

    async def _complete(self, actor: AccountHolder, account: Account, change: EmailChange) -> AccountView:
        async with self.begin(actor) as unit:
            changed = account.change_email(change.new_email)
            await unit.accounts.save(changed, AuditEntry("account.email_changed", account.id, record=account.client_id))
            completed = AuditEntry("email_change.completed", change.id, record=account.client_id)
            await unit.email_changes.save(change.close("completed"), completed)
            if account.client_id is not None:
                client = await unit.client_records.get(account.client_id)
                if client is not None and client.email != change.new_email:
                    facts = {"fields": "email"}
                    entry = AuditEntry("client.changed", client.id, record=client.id, facts=facts)
                    await unit.client_records.save(client.with_changes(email=change.new_email), entry)
            await unit.outbox.defer(WithdrawExcludedInvitations, account_id=account.id)
            await unit.outbox.notify(EMAIL_CHANGED.to_account(account.id, subject_id=change.id))
            return await unit.commit(AccountView.of(changed))


def _as_holder(holder: AccountHolder, account: Account) -> AccountHolder:
    """The holder on their own record, even if the request names another: what changes is their own."""
    if account.client_id is None or isinstance(holder, ClientActor):
        return holder
    return ClientActor(account.practice_id, account.id, account.client_id, holder.session_id, holder.origin)
