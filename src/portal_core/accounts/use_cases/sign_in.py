"""First step of signing in: email and password."""

from attrs import frozen

from portal_core.accounts.eligibility import sign_in_refusal
from portal_core.accounts.errors import SignInRefused
from portal_core.accounts.failed_sign_in import FailedSignIn
from portal_core.accounts.identity_provider import PasswordCheckResult, Passwords, Refused, SecondFactorNeeded
from portal_core.accounts.model import CHALLENGE_LIFETIME, Account, Challenge, SessionKind, Side
from portal_core.accounts.password_policy import normalize_password
from portal_core.accounts.policy import SIGN_IN_BY_ADDRESS, credential_for, guard_key
from portal_core.accounts.ports import SignInUnit
from portal_core.accounts.session_factory import SessionFactory
from portal_core.accounts.tokens import hash_token
from portal_core.accounts.views import SecondFactorChallenge, SessionTokens
from portal_core.kernel.actor import VisitorActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.contact import normalize_email
from portal_core.kernel.errors import Overloaded, Unavailable
from portal_core.kernel.limits import RateLimits, Turns
from portal_core.kernel.sources import Clock, IdSource, TokenSource
from portal_core.kernel.uow import Begin


@frozen
class SignInCommand:
    """`kind` is how the session is carried.

    `replaced` is the access token that the browser had; its session ends when the new one begins.
    """

    email: str
    password: str
    kind: SessionKind
    side: Side = "portal"
    replaced: str = ""


@frozen
class SignIn:
    """Opens a session, or returns a challenge for the second factor where one is enrolled.

    The fifth failure in 15 minutes for one email, known or not, locks it for 15 minutes; one address may fail 50 times,
    whatever the emails. An attempt counts before it is checked, and attempts for one email are checked one after
    another, so that concurrent ones cannot exceed the limit; a correct password is uncounted. A lock does not end open
    sessions, or strangers could end them. An unknown email, a wrong password and an unverified account get the same
    response, by the same calls.

    Raises:
        InvalidEmail: it is not an email address.
        RateLimited: too many failures from this address or its network.
        SignInLocked: too many failures for this email.
        SignInRefused: the password is wrong, or there is no active account; audited.
        Overloaded, Unavailable: the password could not be checked, and the attempt does not count.
    """

    begin: Begin[SignInUnit]
    clock: Clock
    ids: IdSource
    tokens: TokenSource
    limits: RateLimits
    turns: Turns
    passwords: Passwords

    async def __call__(self, actor: VisitorActor, command: SignInCommand) -> SessionTokens | SecondFactorChallenge:
        side, email = command.side, normalize_email(command.email)
        key = guard_key(side, email)
        await SIGN_IN_BY_ADDRESS.take(self.limits, actor, side)
        try:
            async with self.turns.take(key):
                response = await self._attempt(actor, command, email, key)
        except (Overloaded, Unavailable):
            await SIGN_IN_BY_ADDRESS.release(self.limits, actor, side)
            raise
        await SIGN_IN_BY_ADDRESS.release(self.limits, actor, side)
        return response

    async def _attempt(
        self, actor: VisitorActor, command: SignInCommand, email: str, key: bytes
    ) -> SessionTokens | SecondFactorChallenge:
        side = command.side
        async with self.begin(actor) as unit:
            counted_guard = (await unit.sign_in_guards.lock(key)).attempt(self.clock.now())
            await unit.sign_in_guards.save(counted_guard)
            found = await unit.accounts.find_by_email(side, email)
            await unit.commit(None)
        credential = credential_for(found, actor.practice_id, side, email)
        try:
            result = await self.passwords.check(credential, normalize_password(command.password))
        except (Overloaded, Unavailable):
            await self._uncount(actor, key)
            raise
        async with self.begin(actor) as unit:
            account = await unit.accounts.get(credential.account_id)
            wrong = account is not None and isinstance(result, Refused)
            reason = "password" if wrong else await sign_in_refusal(unit, account, self.clock.now())
            if account is None or reason:
                await FailedSignIn(self.clock, self.ids).record(unit, counted_guard, side, email, account, reason)
                await unit.commit(None)
                raise SignInRefused
            guard = await unit.sign_in_guards.lock(counted_guard.key)
            response: SessionTokens | SecondFactorChallenge
            if isinstance(result, SecondFactorNeeded) or account.second_factor != "none":
                await unit.sign_in_guards.save(guard.uncount_attempt())
                response = await self._challenge(unit, account, result, command.kind)
            else:
                await unit.sign_in_guards.save(guard.clear())
                session_factory = SessionFactory(self.clock, self.ids, self.tokens)
                response = await session_factory.open(
                    unit,
                    account,
                    kind=command.kind,
                    multi_factor=False,
                    origin=actor.origin,
                    replaced=command.replaced,
                )
            await unit.commit(None)
        return response

    async def _uncount(self, actor: VisitorActor, key: bytes) -> None:
        async with self.begin(actor) as unit:
            await unit.sign_in_guards.save((await unit.sign_in_guards.lock(key)).uncount_attempt())
            await unit.commit(None)

    async def _challenge(
        self, unit: SignInUnit, account: Account, result: PasswordCheckResult, kind: SessionKind
    ) -> SecondFactorChallenge:
        token = self.tokens.token()
        challenge = Challenge(
            id=self.ids.new(),
            practice_id=account.practice_id,
            account_id=account.id,
            token_hash=hash_token(token),
            state=result.state if isinstance(result, SecondFactorNeeded) else "",
            kind=kind,
            expires_at=self.clock.now() + CHALLENGE_LIFETIME,
        )
        await unit.challenges.add(challenge)
        await unit.audit.record(AuditEntry("sign_in.challenged", account.id, account.client_id))
        return SecondFactorChallenge(token, challenge.expires_at)
