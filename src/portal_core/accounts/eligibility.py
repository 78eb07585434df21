"""Which accounts may sign in, checked by every way to sign in."""

from datetime import datetime

from portal_core.accounts.model import Account
from portal_core.accounts.ports import SignInUnit


async def sign_in_refusal(unit: SignInUnit, account: Account | None, now: datetime) -> str:
    """The reason why the account may not sign in, for the audit log; empty when it may.

    `unknown`, the account's status when it is not active, `left`: a staff member who no longer works here, or
    `under_age`: a client who is too young for an account of their own.
    """
    if account is None:
        return "unknown"
    if account.status != "active":
        return account.status
    if account.staff_id is not None and not await unit.people.is_active_staff(account.staff_id):
        return "left"
    if account.usable_from is not None and not account.is_usable((await unit.account_rules.get()).today(now)):
        return "under_age"
    return ""
