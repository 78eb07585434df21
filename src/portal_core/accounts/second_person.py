"""What two administrators each prove before a record is erased."""

from portal_core.accounts.errors import SecondFactorRequired
from portal_core.accounts.reauthentication import Reauthentication
from portal_core.kernel.actor import Actor, without_key
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.uow import Begin, UnitOfWork


async def require_fresh_second_factor(
    begin: Begin[UnitOfWork], reauthentication: Reauthentication, actor: Actor, password: str, code: str
) -> None:
    """Require that an administrator, whose role the caller has checked, proves their password and a second factor now.

    Raises:
        SecondFactorRequired: the account has no second factor.
        RateLimited: too many attempts.
        WrongPassword, CodeRefused, Invalid: one of them is wrong or missing.
    """
    account = await reauthentication.by_all_factors(actor, password, code)
    if account.second_factor == "none":
        async with begin(without_key(actor)) as unit:
            await unit.audit.record(AuditEntry("record.erasure_refused", outcome="denied"))
            await unit.commit(None)
        raise SecondFactorRequired
