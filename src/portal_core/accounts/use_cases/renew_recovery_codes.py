"""Replace recovery codes that are used up or exposed."""

from attrs import frozen

from portal_core.accounts.errors import NoSecondFactor
from portal_core.accounts.ports import SignInUnit
from portal_core.accounts.reauthentication import Reauthentication, current_account
from portal_core.accounts.tokens import generate_recovery_codes, hash_recovery_code
from portal_core.accounts.views import RecoveryCodesView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.notices import RECOVERY_CODES_RENEWED
from portal_core.kernel.sources import TokenSource
from portal_core.kernel.uow import Begin


@frozen
class RenewRecoveryCodesCommand:
    """`code` is a code of the authenticator app, or an unused recovery code."""

    password: str
    code: str


@frozen
class RenewRecoveryCodes:
    """Creates ten new recovery codes, which replace the old ones, and notifies the account.

    Raises:
        Unauthenticated: nobody is signed in.
        NoSecondFactor: none is enrolled.
        RateLimited: too many attempts.
        WrongPassword, CodeRefused: one of them is wrong; audited.
    """

    begin: Begin[SignInUnit]
    tokens: TokenSource
    reauthentication: Reauthentication

    async def __call__(self, actor: Actor, command: RenewRecoveryCodesCommand) -> RecoveryCodesView:
        async with self.begin(actor) as unit:
            if (await current_account(unit, require_account_holder(actor))).second_factor == "none":
                raise NoSecondFactor
        account = await self.reauthentication.by_all_factors(actor, command.password, command.code)
        codes = generate_recovery_codes(self.tokens)
        hashes = tuple(map(hash_recovery_code, codes))
        async with self.begin(actor) as unit:
            second_factor = await unit.second_factors.lock(account.id)
            entry = AuditEntry(
                "recovery_codes.generated", account.id, account.client_id, facts={"count": str(len(codes))}
            )
            await unit.second_factors.save(second_factor.with_recovery_codes(hashes), entry)
            await unit.outbox.notify(RECOVERY_CODES_RENEWED.to_account(account.id, subject_id=account.id))
            await unit.commit(None)
        return RecoveryCodesView(codes)
