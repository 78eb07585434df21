"""What two administrators each prove before a record is erased."""

from portal_core.accounts.errors import SecondFactorRequired
from portal_core.accounts.reauthentication import Reauthentication
from portal_core.kernel.actor import Actor, without_key
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff
from portal_core.kernel.uow import Begin, UnitOfWork
from portal_core.people.policy import PRACTICE_ADMIN_ROLES


async def require_fresh_second_factor(
    begin: Begin[UnitOfWork], reauthentication: Reauthentication, actor: Actor, password: str, code: str
) -> None:
    """Require an administrator who proves their password and a second factor now.

    Raises:
        NotFound, Forbidden: not an administrator.
        SecondFactorRequired: the account has no second factor.
        RateLimited: too many attempts.
        WrongPassword, CodeRefused, Invalid: one of them is wrong or missing.
    """
    async with begin(actor):
        require_staff(actor, *PRACTICE_ADMIN_ROLES)
    account = await reauthentication.by_all_factors(actor, password, code)
    if account.second_factor == "none":
        async with begin(without_key(actor)) as unit:
            await unit.audit.record(AuditEntry("record.erasure_refused", outcome="denied"))
            await unit.commit(None)
        raise SecondFactorRequired
