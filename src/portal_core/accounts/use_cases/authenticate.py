"""Determine the actor of a request from its access token."""

from uuid import UUID

from attrs import field, frozen

from portal_core.accounts.errors import SecondFactorRequired
from portal_core.accounts.model import Side
from portal_core.accounts.policy import account_actor, must_enroll, record_actor
from portal_core.accounts.ports import LiveSessions, SignInUnit
from portal_core.accounts.tokens import hash_token
from portal_core.accounts.views import SessionView
from portal_core.kernel.actor import AccountHolder, Origin, without_key
from portal_core.kernel.errors import NotFound, PortalError, Unauthenticated
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class AuthenticateCommand:
    """What a request presents.

    `active`: a person acted, as opposed to a poll or a stream. `record`: the client that the request names
    (`Portal-Client`). `enrollment_exempt`: the route is one of the few that a session without its required second
    factor may use (setting one up, signing out, its own session). `side`: the side of the route, if it has one.
    """

    practice_id: UUID
    access_token: str
    active: bool
    record: UUID | None = None
    enrollment_exempt: bool = False
    origin: Origin = field(factory=Origin)
    side: Side | None = None


@frozen
class Authenticated:
    """The actor, their session, and whether the session may only be used to enroll a second factor."""

    actor: AccountHolder
    session: SessionView
    must_enroll: bool


@frozen
class Authenticate:
    """Turns an access token into the actor that use cases take. One read; one small write at most once a minute.

    Raises:
        Unauthenticated: the token is unknown in this practice or expired, the session ended, or the account not active.
        SecondFactorRequired: a second factor must be set up first; audited.
        NotFound: this account has no such record, or is on the other side; audited.
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
        """Raise the error inside a unit so that it is audited, without claiming the request's idempotency key."""
        async with self.begin(without_key(actor)):
            raise error
