"""Extend the current session."""

from attrs import frozen

from portal_core.accounts.ports import LiveSessions, SignInUnit
from portal_core.accounts.views import SessionView
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.errors import Unauthenticated
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class ExtendSession:
    """Restarts the idle time of the current session; its absolute end does not move.

    Raises:
        Unauthenticated: nobody is signed in, or the session has ended.
    """

    begin: Begin[SignInUnit]
    live: LiveSessions
    clock: Clock

    async def __call__(self, actor: Actor) -> SessionView:
        now = self.clock.now()
        async with self.begin(actor) as unit:
            holder = require_account_holder(actor)
            if holder.session_id is None:
                raise Unauthenticated
            session = await unit.sessions.get(holder.account_id, holder.session_id)
        if session is None or not session.is_live(now):
            raise Unauthenticated
        await self.live.mark_active(holder.practice_id, session.id, now)
        return SessionView.of(session.touched(now), current=True)
