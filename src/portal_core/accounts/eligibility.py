"""Which accounts may sign in, checked by every way to sign in."""

from portal_core.accounts.model import Account
from portal_core.accounts.ports import SignInUnit


async def sign_in_refusal(unit: SignInUnit, account: Account | None) -> str:
    """The reason why the account may not sign in, for the audit log; empty when it may.

    `unknown`, the account's status when it is not active, or `left`: a staff member who no longer works here.
    """
    if account is None:
        return "unknown"
    if account.status != "active":
        return account.status
    if account.staff_id is not None and not await unit.people.is_active_staff(account.staff_id):
        return "left"
    return ""
