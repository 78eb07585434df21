"""Who may sign in, by whichever way: asked at every door."""

from portal_core.accounts.model import Account
from portal_core.accounts.ports import SignInUnit


async def sign_in_refusal(unit: SignInUnit, account: Account | None) -> str:
    """Why the account is let in nowhere, for the audit trail; empty when it may come in.

    `unknown`, the account's state when it is not active, or `left`: a member of staff who does not work here any more.
    """
    if account is None:
        return "unknown"
    if account.status != "active":
        return account.status
    if account.staff_id is not None and not await unit.people.is_active_staff(account.staff_id):
        return "left"
    return ""
