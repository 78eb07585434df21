"""Compares any history of sessions with a simple model of one: a few times, and which token is the latest.

Subclasses provide the fixture `world`.
"""

from datetime import datetime, timedelta

from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.engine.limits import MemoryRateLimits
from portal_core.accounts.model import MAX_SESSIONS, Account
from portal_core.accounts.session_factory import SessionFactory
from portal_core.accounts.use_cases.authenticate import Authenticate, AuthenticateCommand
from portal_core.accounts.use_cases.end_session import EndSession
from portal_core.accounts.use_cases.extend_session import ExtendSession
from portal_core.accounts.use_cases.list_sessions import ListSessions
from portal_core.accounts.use_cases.refresh_session import RefreshSession, RefreshSessionCommand
from portal_core.accounts.use_cases.sign_out import SignOut
from portal_core.accounts.views import SessionTokens
from portal_core.kernel.actor import AccountHolder, ClientActor
from portal_core.kernel.errors import NotFound, Unauthenticated
from portal_core.kernel.sources import TokenSource
from tests.support.contracts.accounts.world import AccountsWorld

IDLE, ACCESS, ABSOLUTE = timedelta(minutes=15), timedelta(minutes=20), timedelta(minutes=45)
TOUCH = timedelta(minutes=1)
GRACE = timedelta(seconds=10)


@define
class NamedTokens(TokenSource):
    """Tokens that are unique to this practice."""

    prefix: str
    _last: int = field(init=False, default=0)

    def token(self) -> str:
        self._last += 1
        return f"{self.prefix}-{self._last}"

    def code(self) -> str:
        raise AssertionError("sessions have no codes")


@define
class ModelSession:
    """The expected state of a session. Only the last pair of tokens is valid; the one before it gets it again."""

    opened_at: datetime
    active_at: datetime
    access_until: datetime
    pairs: list[SessionTokens]
    ended: bool = False
    refreshed_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        return not self.ended and now < self.active_at + IDLE and now < self.opened_at + ABSOLUTE

    def repeats_refresh(self, pair: int, now: datetime) -> bool:
        """Whether the pair before the latest is presented within the grace."""
        refreshed_at = self.refreshed_at
        return pair == len(self.pairs) - 2 and refreshed_at is not None and now - refreshed_at <= GRACE

    def access_token_valid(self, pair: int, now: datetime) -> bool:
        return self.is_live(now) and pair == len(self.pairs) - 1 and now < self.access_until

    @property
    def idle_ends_at(self) -> datetime:
        return min(self.active_at + IDLE, self.opened_at + ABSOLUTE)


which = st.integers(min_value=0, max_value=2)
age = st.sampled_from([0, 0, 1, 2])
steps = st.lists(
    st.one_of(
        st.just(("open",)),
        st.tuples(st.just("open_many"), st.integers(1, MAX_SESSIONS)),
        st.tuples(st.just("wait"), st.sampled_from([1, 9, 10, 11])),
        st.tuples(st.just("wait"), st.integers(1, 90)),
        st.tuples(st.just("busy"), st.integers(200, 890)),
        st.tuples(st.just("busy"), st.integers(200, 890)),
        st.tuples(st.just("idle"), st.integers(600, 900)),
        st.tuples(st.just("use"), which, age, st.booleans()),
        st.tuples(st.just("use"), which, st.just(0), st.just(True)),
        st.tuples(st.just("refresh"), which, age),
        st.tuples(st.just("refresh"), which, age),
        st.tuples(st.just("refresh"), which, st.just(0)),
        st.tuples(st.just("extend"), which),
        st.tuples(st.just("sign_out"), which),
        st.tuples(st.just("end"), which, which),
    ),
    min_size=30,
    max_size=60,
)


class SessionHistoriesContract:
    """Rotation, reuse, idling, absolute ends and sign-out, in any order."""

    @given(history=steps)
    async def test_any_history_matches_reference_model(
        self, world: AccountsWorld, history: list[tuple[object, ...]]
    ) -> None:
        fresh = await world.other_practice()
        await fresh.set_rules(session_lifetime=ABSOLUTE, access_token_lifetime=ACCESS)
        run = _Run(fresh, await fresh.account("ann@example.org"))
        await run.do("open")
        for name, *arguments in history:
            await run.do(str(name), *arguments)
        await run.compare_the_list()


@define
class _Run:
    world: AccountsWorld
    account: Account
    tokens: NamedTokens = field(init=False)
    sessions: list[ModelSession] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.tokens = NamedTokens(str(self.world.practice_id))

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    async def do(self, name: str, *arguments: object) -> None:
        await getattr(self, name)(*arguments)

    async def open(self) -> None:
        live = [model for model in self.sessions if model.is_live(self.now)]
        latest_first = sorted(enumerate(live), key=lambda one: (one[1].active_at, one[0]), reverse=True)
        for _, model in latest_first[MAX_SESSIONS - 1 :]:
            model.ended = True
        session_factory = SessionFactory(self.world.clock, self.world.ids, self.tokens)
        async with self.world.begin(self.world.visitor) as unit:
            pair = await session_factory.open(
                unit, self.account, kind="cookie", multi_factor=False, origin=self.world.visitor.origin
            )
            await unit.commit(None)
        self.sessions.append(ModelSession(self.now, self.now, self.now + ACCESS, [pair]))

    async def open_many(self, count: int) -> None:
        for _ in range(count):
            await self.open()

    async def wait(self, seconds: int) -> None:
        self.world.clock.advance(timedelta(seconds=seconds))

    async def busy(self, seconds: int) -> None:
        """Use every session, then nothing for a while."""
        for index in range(len(self.sessions)):
            await self.extend(index)
        await self.wait(seconds)

    async def idle(self, seconds: int) -> None:
        await self.wait(seconds)
        await self.open()

    async def use(self, index: int, older: int, active: bool) -> None:
        model = self.sessions[index % len(self.sessions)]
        pair = max(0, len(model.pairs) - 1 - older)
        authenticate = Authenticate(self.world.live, self.world.begin, self.world.clock)
        command = AuthenticateCommand(self.world.practice_id, model.pairs[pair].access_token, active)
        try:
            found = await authenticate(command)
        except Unauthenticated:
            assert not model.access_token_valid(pair, self.now)
            return
        assert model.access_token_valid(pair, self.now)
        if active and self.now - model.active_at >= TOUCH:
            model.active_at = self.now
        assert found.session.idle_ends_at == model.idle_ends_at

    async def refresh(self, index: int, older: int) -> None:
        model = self.sessions[index % len(self.sessions)]
        pair = max(0, len(model.pairs) - 1 - older)
        use_case = RefreshSession(self.world.begin, self.world.clock, self.tokens, MemoryRateLimits(self.world.clock))
        latest, repeated = pair == len(model.pairs) - 1, model.repeats_refresh(pair, self.now)
        good = model.is_live(self.now) and (latest or repeated)
        try:
            fresh = await use_case(self.world.visitor, RefreshSessionCommand(model.pairs[pair].refresh_token))
        except Unauthenticated:
            assert not good
            model.ended = True
            return
        assert good
        if repeated:
            assert (fresh.access_token, fresh.refresh_token) == (
                model.pairs[-1].access_token,
                model.pairs[-1].refresh_token,
            )
            return
        model.pairs.append(fresh)
        model.refreshed_at = self.now
        model.access_until = min(self.now + ACCESS, model.opened_at + ABSOLUTE)
        assert fresh.session.access_expires_at == model.access_until

    async def extend(self, index: int) -> None:
        model = self.sessions[index % len(self.sessions)]
        use_case = ExtendSession(self.world.begin, self.world.live, self.world.clock)
        if await self._succeeds(use_case(self._actor(model))):
            assert model.is_live(self.now)
            model.active_at = self.now
        else:
            assert not model.is_live(self.now)

    async def sign_out(self, index: int) -> None:
        model = self.sessions[index % len(self.sessions)]
        await SignOut(self.world.begin, self.world.clock)(self._actor(model))
        model.ended = True

    async def end(self, index: int, by: int) -> None:
        model = self.sessions[index % len(self.sessions)]
        actor = self._actor(self.sessions[by % len(self.sessions)])
        use_case = EndSession(self.world.begin, self.world.clock)
        assert await self._succeeds(use_case(actor, model.pairs[0].session.id)) == model.is_live(self.now)
        model.ended = True

    async def compare_the_list(self) -> None:
        listed = (await ListSessions(self.world.begin, self.world.clock)(self._actor(self.sessions[0]))).items
        live = [model for model in self.sessions if model.is_live(self.now)]
        assert {one.id: one.idle_ends_at for one in listed} == {
            model.pairs[0].session.id: model.idle_ends_at for model in live
        }

    def _actor(self, model: ModelSession) -> AccountHolder:
        assert self.account.client_id is not None
        session_id = model.pairs[0].session.id
        return ClientActor(self.world.practice_id, self.account.id, self.account.client_id, session_id)

    async def _succeeds(self, call) -> bool:  # type: ignore[no-untyped-def]
        try:
            await call
        except (Unauthenticated, NotFound):
            return False
        return True
