"""Open a session and create its tokens, the last step of every way to sign in."""

from attrs import frozen

from portal_core.accounts.model import MAX_SESSIONS, Account, Session, SessionKind
from portal_core.accounts.policy import must_enroll
from portal_core.accounts.ports import SignInUnit
from portal_core.accounts.tokens import hash_token, join_refresh_token
from portal_core.accounts.views import SessionTokens, SessionView
from portal_core.kernel.actor import Origin
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.sources import Clock, IdSource, TokenSource


@frozen
class SessionFactory:
    """Opens sessions whose duration and restrictions follow the practice's rules."""

    clock: Clock
    ids: IdSource
    tokens: TokenSource

    async def open(
        self,
        unit: SignInUnit,
        account: Account,
        *,
        kind: SessionKind,
        multi_factor: bool,
        origin: Origin,
        replaced: str = "",
    ) -> SessionTokens:
        """Open a session of an authenticated account; `multi_factor`: a second factor was verified.

        The session of the token `replaced`, if there is one, ends: its browser now has another. So do the account's
        longest idle ones above `MAX_SESSIONS`.
        """
        rules = await unit.account_rules.get()
        now = self.clock.now()
        access, family, secret = self.tokens.token(), self.tokens.token(), self.tokens.token()
        session = Session(
            id=self.ids.new(),
            account_id=account.id,
            practice_id=account.practice_id,
            kind=kind,
            access_hash=hash_token(access),
            family_hash=hash_token(family),
            refresh_hash=hash_token(secret),
            created_at=now,
            last_active_at=now,
            access_expires_at=now + min(rules.access_token_lifetime, rules.session_lifetime),
            ends_at=now + rules.session_lifetime,
            idle_timeout=rules.idle_timeout,
            multi_factor=multi_factor,
            device=origin.device or None,
            address=origin.address or None,
        )
        await self._end_others(unit, account, replaced)
        facts = {"account": str(account.id), "multi_factor": str(multi_factor).lower()}
        await unit.sessions.add(session, AuditEntry("session.opened", session.id, account.client_id, facts=facts))
        return SessionTokens(
            access,
            join_refresh_token(family, secret),
            SessionView.of(session, current=True),
            must_enroll(account, session, rules),
        )

    async def _end_others(self, unit: SignInUnit, account: Account, replaced: str) -> None:
        now = self.clock.now()
        if replaced:
            before = await unit.sessions.find_by_access_hash(hash_token(replaced))
            if before is not None and before.is_live(now):
                entry = AuditEntry("session.ended", before.id, facts={"by": "sign_in"})
                await unit.sessions.save(before.end(now), entry)
        left = await unit.sessions.list_open(account.id, now)
        for one in left[MAX_SESSIONS - 1 :]:
            await unit.sessions.save(one.end(now), AuditEntry("session.ended", one.id, facts={"by": "session_limit"}))
