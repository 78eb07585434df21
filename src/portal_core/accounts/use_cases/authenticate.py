"""Who is asking: the first thing in every request of somebody signed in."""

from uuid import UUID

from attrs import evolve, field, frozen

from portal_core.accounts.errors import SecondFactorRequired
from portal_core.accounts.model import Side
from portal_core.accounts.policy import account_actor, must_enroll, record_actor
from portal_core.accounts.ports import LiveSessions, SignInUnit
from portal_core.accounts.tokens import hash_token
from portal_core.accounts.views import SessionView
from portal_core.kernel.actor import AccountHolder, Origin
from portal_core.kernel.errors import NotFound, PortalError, Unauthenticated
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class AuthenticateCommand:
    """What a request shows. `active`: a person did something, not a poll or a stream; `record`: the client that it
    names (`Portal-Client`); `enrollment_exempt`: it is one of the few that a session without its second factor may make
    (setting one up, signing out, its own session); `side`: on which it is made, where the route is of one side."""

    practice_id: UUID
    access_token: str
    active: bool
    record: UUID | None = None
    enrollment_exempt: bool = False
    origin: Origin = field(factory=Origin)
    side: Side | None = None


@frozen
class Authenticated:
    """Who asks, until when if they do nothing more, and whether the session is good for enrolling only."""

    actor: AccountHolder
    session: SessionView
    must_enroll: bool


@frozen
class Authenticate:
    """Turns an access token into the actor that use cases take. One read; one small write at most once a minute.

    Raises:
        Unauthenticated: the token is unknown in this practice or too old, the session is over, the account not open.
        SecondFactorRequired: the practice asks for a second factor first; audited.
        NotFound: for this account there is no such record, or no such side; audited.
    """

    live: LiveSessions
    begin: Begin[SignInUnit]
    clock: Clock

    async def __call__(self, command: AuthenticateCommand) -> Authenticated:
        now = self.clock.now()
        token_hash = hash_token(command.access_token)
        context = await self.live.find_by_access_hash(command.practice_id, token_hash, command.record)
        if context is None:
            raise Unauthenticated
        actor = account_actor(context, now, command.origin)
        if command.side is not None and context.account.side != command.side:
            await self._deny(actor, NotFound(command.side))
        enroll = must_enroll(context.account, context.session, context.rules)
        if enroll and not command.enrollment_exempt:
            await self._deny(actor, SecondFactorRequired())
        if command.record is not None:
            try:
                actor = record_actor(context, actor, command.record, now)
            except PortalError as error:
                await self._deny(actor, error)
        session = context.session
        if command.active and session.needs_touch(now):
            await self.live.mark_active(command.practice_id, session.id, now)
            session = session.touched(now)
        return Authenticated(actor, SessionView.of(session, current=True), enroll)

    async def _deny(self, actor: AccountHolder, error: PortalError) -> None:
        """Leave a unit by the error, so that it is audited; it must not claim the request's idempotency key."""
        async with self.begin(evolve(actor, origin=evolve(actor.origin, idempotent_request=None))):
            raise error
