"""The contract of deliveries on every database, whenever a worker dies. Subclasses provide the fixture `world`."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from attrs import define, field

from portal_core.kernel.notices import Notice, NoticeClass
from portal_core.notifications.model import LEASE_DURATION, MAX_FAILURES, MAX_RETRY_DELAY
from portal_core.notifications.ports import InboxScope, Mail
from portal_core.notifications.use_cases.deliver_notice import DeliverNotice
from portal_core.notifications.use_cases.replay_notice import ReplayNotice
from portal_core.notifications.use_cases.sweep_notices import SweepNotices
from portal_core.notifications.views import DeliveryView
from tests.support.contracts.notifications.world import NotificationsWorld
from tests.support.notifications.fake_delivery import CrashPoint, FakeDelivery, ProcessKilled, TrippingBegin

CLASSES: tuple[NoticeClass, ...] = ("security", "safety", "service", "reminder")
AGAIN = ("security", "safety")


@define
class Worker:
    """Runs the jobs of one practice like the real worker, which may run any job twice."""

    world: NotificationsWorld
    post: FakeDelivery = field(factory=FakeDelivery)
    crash_point: CrashPoint = field(factory=CrashPoint)
    skipped: int = 0
    sms_consent: bool = True

    async def deliver(self, notice_id: UUID) -> DeliveryView:
        world = self.world
        self.post.crash_point = self.crash_point
        begin = TrippingBegin(world.begin, self.crash_point)
        sms_sender = self.post if self.sms_consent else None
        use = DeliverNotice(begin, world.clock, world.ids, self.post, sms_sender, self.post, "worker")
        return await use(world.system, notice_id)

    async def sweep(self) -> tuple[int, int]:
        use = SweepNotices(TrippingBegin(self.world.begin, self.crash_point), self.world.clock)
        report = await use(self.world.system)
        return report.lost, report.enqueued

    async def run_all(self) -> None:
        """Run every job ever written, except skipped ones, again, and all jobs that they create."""
        done = 0
        while True:
            written = (await self.world.jobs())[self.skipped :]
            jobs = [ids["notice_id"] for name, ids in written if name == "deliver_notice"]
            if len(jobs) == done:
                return
            for notice_id in jobs:
                await self.deliver(notice_id)
            done = len(jobs)

    async def recover(self) -> None:
        """Do what a restarted deployment does over time: rerun jobs, detect lost claims, retry."""
        self.crash_point.at = 0
        for _ in range(3):
            await self.run_all()
            self.world.clock.advance(max(LEASE_DURATION, MAX_RETRY_DELAY))
            await self.sweep()
        await self.run_all()


class DeliveryContract:
    """Delivering, sweeping and replaying."""

    @pytest.fixture
    def worker(self, world: NotificationsWorld) -> Worker:
        return Worker(world)

    async def test_mail_is_sent_once_even_if_its_job_runs_twice(
        self, world: NotificationsWorld, worker: Worker
    ) -> None:
        account = await world.add_account("a@example.org")
        notice_id = await world.notify(Notice("account_closed", "security", to_account=account))
        assert await worker.deliver(notice_id) == DeliveryView("sent")
        assert await worker.deliver(notice_id) == DeliveryView(None)
        (mail,) = worker.post.taken
        assert isinstance(mail, Mail)
        assert (mail.key, mail.to, mail.sender_name) == (notice_id, "a@example.org", "Elm Street")
        row = await world.notice(notice_id)
        assert (row.state, row.vendor_message_id, row.claimed_by, row.channel) == ("sent", "1", "worker", "email")

    @pytest.mark.parametrize("notice_class", CLASSES)
    async def test_killed_between_any_two_steps(self, world: NotificationsWorld, notice_class: NoticeClass) -> None:
        """SPEC 3.3: a claim sends at most once, and only security and safety notices are sent again."""
        account = await world.add_account("a@example.org")
        steps: list[str] = []
        for at in range(1, 100):
            worker = Worker(world, crash_point=CrashPoint(at), skipped=len(await world.jobs()))
            notice_id = await world.notify(Notice("account_closed", notice_class, to_account=account))
            try:
                await worker.deliver(notice_id)
            except ProcessKilled as killed:
                steps.append(str(killed))
            else:
                break
            taken_before = len(worker.post.of(notice_id))
            await worker.recover()
            row, taken = await world.notice(notice_id), len(worker.post.of(notice_id))
            if notice_class in AGAIN:
                assert row.state == "sent", steps[-1]
                assert 1 <= taken <= row.attempt <= 2, steps[-1]
            else:
                assert taken <= 1, steps[-1]
                assert row.state in ("sent", "uncertain"), steps[-1]
                assert row.state == "uncertain" or taken == 1, steps[-1]
                assert taken >= taken_before
        vendor = ["before the vendor takes it", "after the vendor took it"]
        for expected in ("begin", "after unit.notices.claim", "after unit.commit", *vendor, "before unit.notices.save"):
            assert expected in steps
        assert steps.count("after unit.commit") == 2

    async def test_killed_sweeps_lose_nothing(self, world: NotificationsWorld) -> None:
        account = await world.add_account("a@example.org")
        for at in range(1, 100):
            worker = Worker(world, FakeDelivery(behavior="is_unavailable"), skipped=len(await world.jobs()))
            retried = await world.notify(Notice("account_closed", "reminder", to_account=account))
            await worker.deliver(retried)
            stalled = await world.notify(Notice("account_closed", "security", to_account=account))
            worker.post.behavior = "dies"
            with pytest.raises(ProcessKilled):
                await worker.deliver(stalled)
            worker.post.behavior = "accepts"
            world.clock.advance(LEASE_DURATION)
            worker.crash_point = CrashPoint(at)
            try:
                await worker.sweep()
            except ProcessKilled:
                await worker.recover()
                for notice_id in (retried, stalled):
                    assert (await world.notice(notice_id)).state == "sent"
                    assert len(worker.post.of(notice_id)) == 1
            else:
                break
        assert at > 6

    async def test_unsent_notice_is_retried_with_backoff_and_then_given_up(
        self, world: NotificationsWorld, worker: Worker
    ) -> None:
        account = await world.add_account("a@example.org")
        worker.post.behavior = "is_unavailable"
        notice_id = await world.notify(Notice("account_closed", "reminder", to_account=account))
        waits = []
        for _ in range(MAX_FAILURES):
            await worker.deliver(notice_id)
            row = await world.notice(notice_id)
            if row.state == "queued":
                waits.append(row.due_at - world.clock.now())
                assert await worker.deliver(notice_id) == DeliveryView(None)
                assert await worker.sweep() == (0, 0)
                world.clock.at = row.due_at
                assert await worker.sweep() == (0, 1)
        assert waits[:3] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
        assert waits[-1] == MAX_RETRY_DELAY == max(waits)
        row = await world.notice(notice_id)
        assert (row.state, row.failure_reason, row.attempt) == ("dead", "no_connection", MAX_FAILURES)
        worker.post.behavior = "accepts"
        await ReplayNotice(world.begin, world.clock)(world.system, notice_id)
        await worker.run_all()
        assert (await world.notice(notice_id)).state == "sent"
        assert len(worker.post.taken) == 1

    async def test_refused_mail_is_given_up_at_once(self, world: NotificationsWorld, worker: Worker) -> None:
        account = await world.add_account("a@example.org")
        worker.post.behavior = "rejects"
        notice_id = await world.notify(Notice("account_closed", "security", to_account=account))
        assert await worker.deliver(notice_id) == DeliveryView("dead")
        await worker.recover()
        assert (await world.notice(notice_id)).attempt == 1

    @pytest.mark.parametrize("notice_class", CLASSES)
    async def test_unknown_error_is_uncertain(
        self, world: NotificationsWorld, worker: Worker, notice_class: NoticeClass
    ) -> None:
        account = await world.add_account("a@example.org")
        worker.post.behavior = "accepts_then_fails"
        notice_id = await world.notify(Notice("account_closed", notice_class, to_account=account))
        again = notice_class in AGAIN
        assert await worker.deliver(notice_id) == DeliveryView("queued" if again else "uncertain")
        worker.post.behavior = "accepts"
        await worker.recover()
        assert len(worker.post.taken) == (2 if again else 1)
        assert (await world.notice(notice_id)).state == ("sent" if again else "uncertain")

    async def test_every_recipient_is_notified_through_every_channel_that_reaches_them(
        self, world: NotificationsWorld, worker: Worker
    ) -> None:
        client = await world.add_client()
        own = await world.add_account("own@example.org", client_id=client)
        mother = await world.add_account("mother@example.org")
        await world.add_grant(client, mother, ["messages"])
        await world.notify(Notice("new_message", "service", to_client=client))
        await worker.run_all()
        assert sorted(one.to for one in worker.post.taken if isinstance(one, Mail)) == [
            "mother@example.org",
            "own@example.org",
        ]
        assert len({one.key for one in worker.post.taken}) == 2
        for account in (own, mother):
            async with world.begin(world.proxy_actor(account, client, ["messages"])) as unit:
                assert (await unit.inbox.updates(InboxScope(account, client, ("new_message",)), None)).unread == 1

    async def test_outdated_reminder_is_dropped(self, world: NotificationsWorld, worker: Worker) -> None:
        client = await world.add_client(email="a@example.org")
        start = datetime(2026, 3, 3, 15, tzinfo=UTC)
        stands, cancelled = await world.add_appointment(client, start), await world.add_appointment(client, start)
        await world.cancel_appointment(client, cancelled)

        def notice(appointment_id: UUID) -> Notice:
            return Notice("appointment_reminder", "reminder", to_client=client, subject_id=appointment_id)

        sent, dropped = await world.notify(notice(stands)), await world.notify(notice(cancelled))
        await worker.run_all()
        world.clock.at = start
        late = await world.notify(notice(stands))
        await worker.run_all()
        assert [(await world.notice(one)).state for one in (sent, dropped, late)] == ["sent", "dropped", "dropped"]
        (mail,) = worker.post.taken
        assert isinstance(mail, Mail)
        assert "You have an appointment on Tuesday, March 3 at 10:00 AM (EST)." in mail.body

    async def test_email_change_notice_goes_to_the_former_address(
        self, world: NotificationsWorld, worker: Worker
    ) -> None:
        account = await world.add_account("new@example.org")
        change = await world.add_email_change(account, "old@example.org", "new@example.org")
        told = Notice("email_changed", "security", to_account=account, subject_id=change)
        unknown = Notice("email_changed", "security", to_account=account, subject_id=UUID(int=99))
        await world.notify(told)
        lost = await world.notify(unknown)
        vague = await world.notify(Notice("email_changed", "security", to_account=account))
        await worker.run_all()
        assert [one.to for one in worker.post.taken if isinstance(one, Mail)] == ["old@example.org"]
        assert {(await world.notice(one)).failure_reason for one in (lost, vague)} == {"no_address"}
