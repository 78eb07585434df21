"""Steps that follow a password reset at the identity provider."""

from datetime import datetime

from portal_core.accounts.events import PasswordReset
from portal_core.accounts.model import Account
from portal_core.accounts.policy import guard_key
from portal_core.accounts.ports import SignInUnit
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.notices import PASSWORD_CHANGED


async def complete_password_reset(unit: SignInUnit, account: Account, at: datetime) -> None:
    """End every session and the calendar feed, lift a lock, and notify the account."""
    guard = await unit.sign_in_guards.lock(guard_key(account.side, account.email))
    await unit.sign_in_guards.save(guard.clear())
    entry = AuditEntry("account.password_reset", account.id, account.client_id)
    await unit.sessions.end_all(account.id, at, entry)
    await unit.outbox.publish(PasswordReset(account.id, account.client_id))
    await unit.outbox.notify(PASSWORD_CHANGED.to_account(account.id, subject_id=account.id))
