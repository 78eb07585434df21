"""Recovery codes: single-use replacements for the second factor."""

from portal_core.accounts.model import Account
from portal_core.accounts.ports import SignInUnit
from portal_core.accounts.tokens import hash_recovery_code
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.notices import RECOVERY_CODES_USED


async def redeem_recovery_code(unit: SignInUnit, account: Account, code: str) -> bool:
    """Use up one code and notify the account; False, and nothing changed, when it is not one of the unused codes."""
    second_factor = await unit.second_factors.lock(account.id)
    remaining = second_factor.redeem_recovery_code(hash_recovery_code(code))
    if remaining is None:
        return False
    facts = {"left": str(len(remaining.recovery_hashes))}
    await unit.second_factors.save(
        remaining, AuditEntry("recovery_code.used", account.id, account.client_id, facts=facts)
    )
    await unit.outbox.notify(RECOVERY_CODES_USED.to_account(account.id, subject_id=account.id))
    return True
