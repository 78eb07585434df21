"""A state machine that checks invariants of notices with several workers, any of which may die.

Hypothesis runs it on every implementation of `Notices`; a subclass creates the world on the machine's event loop.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Literal, TypeVar
from uuid import UUID

from attrs import define, field
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from portal_core.kernel.notices import Notice, NoticeClass
from portal_core.notifications.errors import MailNotSent, MailRefused
from portal_core.notifications.model import LEASE_DURATION, MAX_RETRY_DELAY
from portal_core.notifications.ports import Mail, Mailer
from portal_core.notifications.use_cases.deliver_notice import DeliverNotice
from portal_core.notifications.use_cases.replay_notice import ReplayNotice
from portal_core.notifications.use_cases.sweep_notices import SweepNotices
from portal_core.notifications.views import DeliveryView
from tests.support.contracts.notifications.world import NotificationsWorld
from tests.support.notifications.fake_delivery import FakeDelivery

Ending = Literal["taken", "taken, no answer", "refused", "not sent", "died before", "died after"]
ENDINGS: tuple[Ending, ...] = (
    *("taken", "taken", "taken, no answer"),
    *("refused", "not sent", "died before", "died after"),
)
CLASSES: tuple[NoticeClass, ...] = ("security", "safety", "service", "reminder")
T = TypeVar("T")
WORKERS = 4


@define
class SlowVendor(Mailer):
    """Serves one worker. Each mail waits until the state machine decides its outcome."""

    took: Callable[[Mail], None]
    arrived: asyncio.Event = field(factory=asyncio.Event)
    mail: Mail | None = None
    ending: "asyncio.Future[Ending] | None" = None

    async def send(self, mail: Mail) -> str:
        self.mail, self.ending = mail, asyncio.get_running_loop().create_future()
        self.arrived.set()
        match await self.ending:
            case "refused":
                raise MailRefused("bad_address")
            case "not sent":
                raise MailNotSent("no_connection")
            case "taken, no answer":
                self.took(mail)
                raise TimeoutError
            case _:
                self.took(mail)
                return "v"


class NoticeStateMachine(RuleBasedStateMachine):
    """Notices of every class; workers that claim, send, settle or die in any order; sweeps; replays by hand."""

    async def make_world(self) -> NotificationsWorld:
        raise NotImplementedError

    async def close_world(self) -> None:
        """Release the world's resources."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.vendors = [SlowVendor(partial(self._took, number)) for number in range(WORKERS)]
        self.taken: Counter[UUID] = Counter()
        # By notice and the number of replays before the claim.
        self.rounds: dict[int, int] = {}
        self.taken_in_round: Counter[tuple[UUID, int]] = Counter()
        self.tasks: dict[int, asyncio.Task[DeliveryView]] = {}
        self.classes: dict[UUID, NoticeClass] = {}
        self.replays: Counter[UUID] = Counter()

    def teardown(self) -> None:
        try:
            if self.classes:
                self._settle_everything()
        finally:
            for task in self.tasks.values():
                task.cancel()
            self._run(asyncio.sleep(0))
            self._run(self.close_world())
            self.loop.close()

    @initialize(classes=st.lists(st.sampled_from(CLASSES), min_size=1, max_size=2))
    def queue_notices(self, classes: list[NoticeClass]) -> None:
        self.world = self._run(self.make_world())
        account = self._run(self.world.add_account("a@example.org"))
        for notice_class in classes:
            notice = Notice("account_closed", notice_class, to_account=account)
            self.classes[self._run(self.world.notify(notice))] = notice_class

    @precondition(lambda self: len(self.tasks) < WORKERS)
    @rule(data=st.data())
    def a_job_runs(self, data: st.DataObject) -> None:
        """Any job, at any time, however often it ran before."""
        notice_id = data.draw(st.sampled_from(sorted(self.classes)))
        self._start(notice_id)

    @precondition(lambda self: self.tasks)
    @rule(
        data=st.data(),
        ending=st.sampled_from(ENDINGS),
    )
    def a_vendor_answers(self, data: st.DataObject, ending: Ending) -> None:
        self._end(data.draw(st.sampled_from(sorted(self.tasks))), ending)

    @rule(minutes=st.sampled_from([0, 1, 5, 60]))
    def a_sweep_comes(self, minutes: int) -> None:
        self.world.clock.advance(timedelta(minutes=minutes))
        self._run(SweepNotices(self.world.begin, self.world.clock)(self.world.system))

    @rule(data=st.data())
    def an_operator_replays(self, data: st.DataObject) -> None:
        notice_id = data.draw(st.sampled_from(sorted(self.classes)))
        if self._row_state(notice_id) in ("dead", "uncertain"):
            replay = ReplayNotice(self.world.begin, self.world.clock)
            self._run(replay(self.world.system, notice_id))
            self.replays[notice_id] += 1

    @invariant()
    def no_claim_sends_twice_and_no_reminder_is_doubled(self) -> None:
        for notice_id, notice_class in self.classes.items():
            row = self._run(self.world.notice(notice_id))
            assert self.taken[notice_id] <= row.attempt
            if notice_class in ("service", "reminder"):
                assert all(self.taken_in_round[notice_id, number] <= 1 for number in range(self.replays[notice_id] + 1))
            if row.state == "sent":
                assert self.taken[notice_id] >= 1
            if row.state == "uncertain":
                assert notice_class in ("service", "reminder")

    def _settle_everything(self) -> None:
        """With time and a working vendor, every notice is settled, and security and safety notices have arrived."""
        for number in sorted(self.tasks):
            self._end(number, "died before")
        for _ in range(3):
            known = len(self._run(self.world.jobs()))
            self.a_sweep_comes(int(max(LEASE_DURATION, MAX_RETRY_DELAY) / timedelta(minutes=1)))
            for _, ids in self._run(self.world.jobs())[known:]:
                self._start(ids["notice_id"])
                for number in sorted(self.tasks):
                    self._end(number, "taken")
        for notice_id, notice_class in self.classes.items():
            state = self._row_state(notice_id)
            assert state in ("sent", "dead", "uncertain")
            if notice_class in ("security", "safety") and state != "dead":
                assert state == "sent"
                assert self.taken[notice_id] >= 1
        self.no_claim_sends_twice_and_no_reminder_is_doubled()

    def _start(self, notice_id: UUID) -> None:
        number = next(number for number in range(WORKERS) if number not in self.tasks)
        vendor, post, world = self.vendors[number], FakeDelivery(), self.world
        vendor.arrived.clear()
        self.rounds[number] = self.replays[notice_id]
        use = DeliverNotice(world.begin, world.clock, world.ids, vendor, post, post, f"worker {number}")
        task = self.loop.create_task(use(world.system, notice_id))
        self._run(self._until_busy_or_done(task, vendor))
        if task.done():
            task.result()
        else:
            self.tasks[number] = task

    def _end(self, number: int, ending: Ending) -> None:
        task, vendor = self.tasks.pop(number), self.vendors[number]
        assert vendor.mail is not None
        assert vendor.ending is not None
        if ending.startswith("died"):
            if ending == "died after":
                self._took(number, vendor.mail)
            task.cancel()
        else:
            vendor.ending.set_result(ending)
        self._run(asyncio.wait({task}))
        assert task.cancelled() == ending.startswith("died")

    def _took(self, number: int, mail: Mail) -> None:
        self.taken[mail.key] += 1
        self.taken_in_round[mail.key, self.rounds[number]] += 1

    async def _until_busy_or_done(self, task: asyncio.Task[DeliveryView], vendor: SlowVendor) -> None:
        arrived = asyncio.ensure_future(vendor.arrived.wait())
        await asyncio.wait({task, arrived}, return_when=asyncio.FIRST_COMPLETED)
        arrived.cancel()

    def _row_state(self, notice_id: UUID) -> str:
        return self._run(self.world.notice(notice_id)).state

    def _run(self, awaitable: Awaitable[T]) -> T:
        async def run() -> T:
            return await awaitable

        return self.loop.run_until_complete(run())
