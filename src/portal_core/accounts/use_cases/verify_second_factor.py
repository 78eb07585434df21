"""Second step of signing in: the second factor."""

from attrs import frozen

from portal_core.accounts.eligibility import sign_in_refusal
from portal_core.accounts.errors import ChallengeNotOpen, SecondFactorRefused
from portal_core.accounts.failed_sign_in import FailedSignIn
from portal_core.accounts.identity_provider import Credential, SecondFactors
from portal_core.accounts.model import Account, Challenge, Side
from portal_core.accounts.policy import SIGN_IN_BY_ADDRESS, guard_key
from portal_core.accounts.ports import SignInUnit
from portal_core.accounts.recovery_codes import redeem_recovery_code
from portal_core.accounts.session_factory import SessionFactory
from portal_core.accounts.sign_in_guard import SignInGuard
from portal_core.accounts.tokens import hash_token, is_recovery_code
from portal_core.accounts.views import SessionTokens
from portal_core.kernel.actor import VisitorActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.codes import compact_code
from portal_core.kernel.limits import RateLimits
from portal_core.kernel.sources import Clock, IdSource, TokenSource
from portal_core.kernel.uow import Begin


@frozen
class VerifySecondFactorCommand:
    """`code` is a six-digit code of the authenticator app, or a recovery code; `side` is where it is presented.

    `replaced` is the access token that the browser had; its session ends when the new one begins.
    """

    challenge: str
    code: str
    side: Side = "portal"
    replaced: str = ""


@frozen
class VerifySecondFactor:
    """Opens the session for a correct password and a correct second factor.

    A challenge is valid once, for 5 minutes and 5 attempts. A wrong code counts against the email and the address as a
    wrong password does, so that signing in again with a stolen password gives no more guesses; a correct code is
    uncounted. On the other side the challenge is treated as unknown, and stays valid on its own side.

    Raises:
        RateLimited: too many attempts from this address.
        ChallengeNotOpen: the challenge is unknown, used, expired or was attempted too often.
        SignInLocked: too many failures for this email.
        SecondFactorRefused: the code is wrong or was already used; audited.
    """

    begin: Begin[SignInUnit]
    clock: Clock
    ids: IdSource
    tokens: TokenSource
    limits: RateLimits
    second_factors: SecondFactors

    async def __call__(self, actor: VisitorActor, command: VerifySecondFactorCommand) -> SessionTokens:
        await SIGN_IN_BY_ADDRESS.take(self.limits, actor, command.side)
        challenge, account, counted_guard = await self._count(actor, command)
        by_recovery_code, accepted = is_recovery_code(command.code), False
        if not by_recovery_code:
            code = compact_code(command.code)
            accepted = await self.second_factors.check(Credential.of(account), challenge.state, code)
        async with self.begin(actor) as unit:
            if by_recovery_code:
                accepted = await redeem_recovery_code(unit, account, command.code)
            if not accepted:
                reason = "second_factor"
                failure = FailedSignIn(self.clock, self.ids)
                await failure.record(unit, counted_guard, account.side, account.email, account, reason)
                await unit.commit(None)
                raise SecondFactorRefused
            opened = await self._open(unit, actor, command)
            await unit.commit(None)
        await SIGN_IN_BY_ADDRESS.release(self.limits, actor, command.side)
        return opened

    async def _count(
        self, actor: VisitorActor, command: VerifySecondFactorCommand
    ) -> tuple[Challenge, Account, SignInGuard]:
        now = self.clock.now()
        async with self.begin(actor) as unit:
            found = await unit.challenges.find(hash_token(command.challenge))
            if found is None:
                raise ChallengeNotOpen
            challenge = found.attempt(now)
            account = await self._account(unit, challenge, command.side)
            counted_guard = (await unit.sign_in_guards.lock(guard_key(account.side, account.email))).attempt(now)
            await unit.challenges.save(challenge)
            await unit.sign_in_guards.save(counted_guard)
            await unit.commit(None)
            return challenge, account, counted_guard

    async def _open(self, unit: SignInUnit, actor: VisitorActor, command: VerifySecondFactorCommand) -> SessionTokens:
        challenge = await unit.challenges.find(hash_token(command.challenge))
        if challenge is None:
            raise ChallengeNotOpen
        account = await self._account(unit, challenge, command.side)
        await unit.challenges.save(challenge.use(self.clock.now()))
        guard = await unit.sign_in_guards.lock(guard_key(account.side, account.email))
        await unit.sign_in_guards.save(guard.clear())
        if account.second_factor == "none":
            # The provider required it, so either it is enrolled and a crash kept the core from storing that, or it was
            # removed since.
            if not (await unit.second_factors.lock(account.id)).may_have_been_confirmed(challenge):
                raise ChallengeNotOpen
            account = account.with_second_factor("totp")
            await unit.accounts.save(account, AuditEntry("second_factor.enrolled", account.id, account.client_id))
        session_factory = SessionFactory(self.clock, self.ids, self.tokens)
        return await session_factory.open(
            unit, account, kind=challenge.kind, multi_factor=True, origin=actor.origin, replaced=command.replaced
        )

    async def _account(self, unit: SignInUnit, challenge: Challenge, side: Side) -> Account:
        account = await unit.accounts.get(challenge.account_id)
        if account is None or account.side != side:
            raise ChallengeNotOpen
        if reason := await sign_in_refusal(unit, account, self.clock.now()):
            facts = {"side": side, "reason": reason}
            await unit.audit.record(AuditEntry("sign_in.refused", account.id, account.client_id, "failed", facts))
            await unit.commit(None)
            raise ChallengeNotOpen
        return account
