"""List one's own open sessions."""

from attrs import frozen

from portal_core.accounts.ports import SignInUnit
from portal_core.accounts.views import SessionView
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.page import Page
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class ListSessions:
    """One's own open sessions, the latest active first; the one that asks is marked.

    Raises:
        Unauthenticated: nobody is signed in.
    """

    begin: Begin[SignInUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> Page[SessionView]:
        async with self.begin(actor, read_only=True) as unit:
            holder = require_account_holder(actor)
            sessions = await unit.sessions.list_open(holder.account_id, self.clock.now())
        return Page(tuple(SessionView.of(one, current=one.id == holder.session_id) for one in sessions))
