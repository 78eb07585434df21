"""A client creates a calendar feed of their appointments."""

from hashlib import sha256

from attrs import frozen

from portal_core.appointments.calendar_feed import FeedToken
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import FeedView
from portal_core.kernel.actor import Actor, ClientActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.errors import Forbidden
from portal_core.kernel.notices import CALENDAR_FEED_CREATED
from portal_core.kernel.sources import Clock, IdSource, TokenSource
from portal_core.kernel.uow import Begin


@frozen
class CreateCalendarFeed:
    """Creates the record's calendar feed, replacing an earlier one. For the client themself.

    The token is shown only once; only its hash is stored. The account is told, because who has the token needs no
    sign-in. For the same reason it is not for proxies: it would outlive their grant. It ends with the account, and with
    a password reset.

    Raises:
        NotFound: neither a client nor a proxy with `appointments` access.
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
                raise Forbidden("Only the client can create a calendar feed.")
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
            await unit.outbox.notify(CALENDAR_FEED_CREATED.to_account(actor.account_id, subject_id=feed.id))
            # Commit no result: the token must not be stored for replay of a repeated request.
            await unit.commit(None)
        return FeedView(token=token, created_at=feed.created_at)
