"""Sign out of the current session."""

from attrs import frozen

from portal_core.accounts.ports import SignInUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class SignOut:
    """Ends the current session; both of its tokens stop working. Safe to repeat.

    A sign-in that waits for the second factor ends too: it may have begun in the browser that is now left.

    Raises:
        Unauthenticated: nobody is signed in.
    """

    begin: Begin[SignInUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> None:
        async with self.begin(actor) as unit:
            holder = require_account_holder(actor)
            if holder.session_id is None:
                return
            session = await unit.sessions.get(holder.account_id, holder.session_id)
            if session is None or session.ended_at is not None:
                return
            entry = AuditEntry("session.ended", session.id, facts={"by": "sign_out"})
            now = self.clock.now()
            await unit.sessions.save(session.end(now), entry)
            await unit.sessions.end_challenges(holder.account_id, now)
            await unit.commit(None)
