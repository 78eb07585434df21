"""Sign out one device."""

from uuid import UUID

from attrs import frozen

from portal_core.accounts.ports import SignInUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class EndSession:
    """Ends one of the actor's own sessions, on any device, and sign-ins that wait for the second factor.

    Raises:
        Unauthenticated: nobody is signed in.
        NotFound: no such session is open for this account.
    """

    begin: Begin[SignInUnit]
    clock: Clock

    async def __call__(self, actor: Actor, session_id: UUID) -> None:
        async with self.begin(actor) as unit:
            holder = require_account_holder(actor)
            now = self.clock.now()
            session = await unit.sessions.get(holder.account_id, session_id)
            if session is None or not session.is_live(now):
                raise NotFound("session", session_id)
            await unit.sessions.save(session.end(now), AuditEntry("session.ended", session.id, facts={"by": "holder"}))
            await unit.sessions.end_challenges(holder.account_id, now)
            await unit.commit(None)
