"""A client has their phone subscribe to their appointments."""

from hashlib import sha256

from attrs import frozen

from portal_core.appointments.calendar_feed import FeedToken
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import FeedView
from portal_core.kernel.actor import Actor, ClientActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.errors import Forbidden
from portal_core.kernel.sources import Clock, IdSource, TokenSource
from portal_core.kernel.uow import Begin


@frozen
class CreateCalendarFeed:
    """Makes the record's calendar feed, and ends an earlier one. The client themself.

    The token is shown this once; only its hash is kept. Not for proxies: a feed asks nobody to sign in, so it would
    outlive their grant.

    Raises:
        NotFound: not the holder of a record, or a proxy without `appointments`.
        Forbidden: a proxy.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource
    tokens: TokenSource

    async def __call__(self, actor: Actor) -> FeedView:
        async with self.begin(actor) as unit:
            client_id = require_own_record(actor, "appointments", write=True)
            if not isinstance(actor, ClientActor):
                raise Forbidden("A calendar feed is made by the client themself.")
            token = self.tokens.token()
            feed = FeedToken(
                id=self.ids.new(),
                practice_id=actor.practice_id,
                client_id=client_id,
                account_id=actor.account_id,
                token_hash=sha256(token.encode()).digest(),
                created_at=self.clock.now(),
            )
            await unit.feeds.replace(feed, AuditEntry("calendar_feed.created", feed.id, record=client_id))
            # A token is no answer to keep for a repetition.
            await unit.commit(None)
        return FeedView(token=token, created_at=feed.created_at)
