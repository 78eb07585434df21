"""Recovery codes ran out, or were seen by somebody."""

from attrs import frozen

from portal_core.accounts.errors import NoSecondFactor
from portal_core.accounts.owner_proof import OwnerProof, own_account
from portal_core.accounts.ports import SignInUnit
from portal_core.accounts.tokens import recovery_codes, recovery_hash
from portal_core.accounts.views import RecoveryCodesView
from portal_core.kernel.access import account_holder
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.sources import TokenSource
from portal_core.kernel.uow import Begin


@frozen
class RenewRecoveryCodes:
    """Ten new recovery codes; the old ones are dead. Needs the password again.

    Raises:
        Unauthenticated: nobody is signed in.
        NoSecondFactor: there is none.
        RateLimited: too many tries at the password.
        PasswordRefused: it is wrong; audited.
    """

    begin: Begin[SignInUnit]
    tokens: TokenSource
    proof: OwnerProof

    async def __call__(self, actor: Actor, password: str) -> RecoveryCodesView:
        async with self.begin(actor) as unit:
            if (await own_account(unit, account_holder(actor))).second_factor == "none":
                raise NoSecondFactor
        account = await self.proof.by_password(actor, password)
        codes = recovery_codes(self.tokens)
        hashes = tuple(map(recovery_hash, codes))
        async with self.begin(actor) as unit:
            kept = await unit.second_factors.lock(account.id)
            entry = Audited("recovery_codes.made", account.id, account.client_id, facts={"count": str(len(codes))})
            await unit.second_factors.save(kept.with_codes(hashes), entry)
            await unit.commit(None)
        return RecoveryCodesView(codes)
