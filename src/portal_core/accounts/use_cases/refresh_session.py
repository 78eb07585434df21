"""Exchange a refresh token for new tokens."""

from attrs import frozen

from portal_core.accounts.eligibility import sign_in_refusal
from portal_core.accounts.errors import RefreshRefused
from portal_core.accounts.model import Side
from portal_core.accounts.policy import REFRESH_BY_ADDRESS, must_enroll
from portal_core.accounts.ports import SignInUnit
from portal_core.accounts.tokens import (
    hash_token,
    hashes_match,
    join_refresh_token,
    rotated_secrets,
    split_refresh_token,
)
from portal_core.accounts.views import SessionTokens, SessionView
from portal_core.kernel.actor import VisitorActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.limits import RateLimits
from portal_core.kernel.sources import Clock, TokenSource
from portal_core.kernel.uow import Begin


@frozen
class RefreshSessionCommand:
    """`side` is the side at which the token is presented."""

    refresh_token: str
    side: Side = "portal"


@frozen
class RefreshSession:
    """Exchanges a refresh token, once, for a new pair; the ends of the session do not move.

    A refresh token has two parts: the family part, which all tokens of a session share, and a secret of its own. The
    token before the latest one gets the same pair again for ten seconds, because two tabs may refresh at once and an
    answer may be lost. Any other secret of a known family means that a token is being reused, by an attacker or by the
    legitimate holder after a theft: the whole session ends (RFC 9700, 4.14.2). A token of the other side is treated
    as unknown and stays valid.

    One address may fail a hundred times in 15 minutes; what succeeds does not count.

    Raises:
        RefreshRefused: the token is unknown or already used, or the session has ended; audited.
        RateLimited: too many failures from this address or its network.
    """

    begin: Begin[SignInUnit]
    clock: Clock
    tokens: TokenSource
    limits: RateLimits

    async def __call__(self, actor: VisitorActor, command: RefreshSessionCommand) -> SessionTokens:
        await REFRESH_BY_ADDRESS.take(self.limits, actor)
        refreshed = await self._refresh(actor, command)
        await REFRESH_BY_ADDRESS.release(self.limits, actor)
        return refreshed

    async def _refresh(self, actor: VisitorActor, command: RefreshSessionCommand) -> SessionTokens:
        family, secret = split_refresh_token(command.refresh_token)
        now = self.clock.now()
        async with self.begin(actor) as unit:
            session = await unit.sessions.find_by_family_hash(hash_token(family))
            if session is None or not session.is_live(now):
                raise RefreshRefused
            account = await unit.accounts.get(session.account_id)
            if account is None or account.side != command.side:
                raise RefreshRefused
            presented = hash_token(secret)
            repeated = session.is_repeated_refresh(presented, now)
            if not repeated and not hashes_match(session.refresh_hash, presented):
                entry = AuditEntry("session.ended", session.id, outcome="denied", facts={"by": "refresh_reuse"})
                await unit.sessions.save(session.end(now), entry)
                await unit.commit(None)
                raise RefreshRefused
            if await sign_in_refusal(unit, account, now):
                raise RefreshRefused
            rules = await unit.account_rules.get()
            salt = session.rotation_salt if repeated and session.rotation_salt else self.tokens.token()
            access, fresh = rotated_secrets(secret, salt)
            if not repeated:
                lifetime = rules.access_token_lifetime
                session = session.rotate(
                    hash_token(access), hash_token(fresh), salt, now=now, access_token_lifetime=lifetime
                )
                await unit.sessions.save(session, AuditEntry("session.refreshed", session.id))
            await unit.commit(None)
        return SessionTokens(
            access_token=access,
            refresh_token=join_refresh_token(family, fresh),
            session=SessionView.of(session, current=True),
            must_enroll=must_enroll(account, session, rules),
        )
