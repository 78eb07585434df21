"""Record a failed sign-in attempt, in the same way for known and unknown emails."""

from attrs import frozen

from portal_core.accounts.email_requests import add_email_request
from portal_core.accounts.model import Account, Side
from portal_core.accounts.ports import SignInUnit
from portal_core.accounts.sign_in_guard import SignInGuard
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.sources import Clock, IdSource


@frozen
class FailedSignIn:
    """Audits a failed attempt, and the lock if this attempt caused it."""

    clock: Clock
    ids: IdSource

    async def record(
        self, unit: SignInUnit, counted_guard: SignInGuard, side: Side, email: str, account: Account | None, reason: str
    ) -> None:
        """Audit the failure. `counted_guard` is the guard as this attempt left it: if it locked the email and nobody
        has signed in since, audit the lock too, and have a job notify the account, if there is one."""
        target, client_id = (account.id, account.client_id) if account is not None else (None, None)
        facts = {"side": side, "reason": reason}
        await unit.audit.record(AuditEntry("sign_in.refused", target, client_id, outcome="failed", facts=facts))
        if counted_guard.locked_until is None:
            return
        guard = await unit.sign_in_guards.lock(counted_guard.key)
        if guard.locked_until != counted_guard.locked_until:
            return
        await unit.audit.record(AuditEntry("account.locked", target, client_id, outcome="failed", facts={"side": side}))
        await add_email_request(
            unit, self.ids.new(), counted_guard.practice_id, side, "locked", email, self.clock.now()
        )
