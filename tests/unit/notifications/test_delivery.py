"""Unusual notices, and conditions that change before they are sent."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve, field, frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Forbidden, StaleVersion
from portal_core.kernel.notices import CodePurpose, Notice
from portal_core.kernel.uow import Begin
from portal_core.notifications.errors import MailRefused
from portal_core.notifications.model import LEASE_DURATION, Sent
from portal_core.notifications.ports import CodeRequest, Mail, SmsMessage
from portal_core.notifications.settings import ConfidentialCommunication, NotificationSettings, SmsConsent
from portal_core.notifications.use_cases.deliver_notice import DeliverNotice
from portal_core.notifications.use_cases.mail_code import MailCode, MailCodeCommand
from portal_core.notifications.use_cases.sweep_notices import SweepNotices
from portal_core.notifications.views import DeliveryView
from tests.support.contracts.notifications.delivery import Worker
from tests.support.notifications.fake_delivery import ProcessKilled
from tests.unit.notifications.memory_world import MemoryNotificationsWorld

PHONE = "+12125550123"


@pytest.fixture
def world() -> MemoryNotificationsWorld:
    return MemoryNotificationsWorld()


@pytest.fixture
def worker(world: MemoryNotificationsWorld) -> Worker:
    return Worker(world)


async def delivered(world: MemoryNotificationsWorld, worker: Worker, notice: Notice) -> tuple[str, str]:
    notice_id = await world.notify(notice)
    await worker.deliver(notice_id)
    row = await world.notice(notice_id)
    return row.state, row.failure_reason


async def test_unknown_kind_is_dead_and_visible_to_operators(world: MemoryNotificationsWorld, worker: Worker) -> None:
    notice = Notice("no_such_kind", "service", to_account=UUID(int=1))
    assert await delivered(world, worker, notice) == ("dead", "unknown_kind")


async def test_notice_without_recipient_is_dropped(world: MemoryNotificationsWorld, worker: Worker) -> None:
    client = await world.add_client()
    for notice in (
        Notice("new_message", "service", to_account=UUID(int=99)),
        Notice("new_message", "service", to_client=UUID(int=99)),
        Notice("new_message", "service", to_client=client),
        Notice("new_message", "service"),
    ):
        assert await delivered(world, worker, notice) == ("dropped", "nobody_to_tell")
    assert worker.post.taken == []


async def test_reminder_without_appointment_is_dropped(world: MemoryNotificationsWorld, worker: Worker) -> None:
    client = await world.add_client(email="a@example.org")
    for notice in (
        Notice("appointment_reminder", "reminder", to_client=client),
        Notice("appointment_reminder", "reminder", to_account=UUID(int=1), subject_id=UUID(int=2)),
        Notice("appointment_reminder", "reminder", to_client=client, subject_id=UUID(int=2)),
    ):
        assert await delivered(world, worker, notice) == ("dropped", "no_longer_true")


async def test_in_app_only_notice_sends_nothing_outside(world: MemoryNotificationsWorld, worker: Worker) -> None:
    account = await world.add_account("a@example.org")
    await world.keep(NotificationSettings(account, {"new_message": ("in_app",)}, version=1))
    assert await delivered(world, worker, Notice("new_message", "service", to_account=account)) == ("sent", None)
    assert worker.post.taken == []
    assert len(world.store.table("notifications")) == 1


async def test_sms_goes_to_the_consented_number_with_neutral_text(
    world: MemoryNotificationsWorld, worker: Worker
) -> None:
    client = await world.add_client()
    account = await world.add_account("a@example.org", client_id=client)
    confidential = ConfidentialCommunication("safe@example.org", "+12125550000", neutral_sender=True)
    sms_consent = SmsConsent(PHONE, world.clock.now())
    await world.keep(NotificationSettings(account, confidential=confidential, sms_consent=sms_consent, version=1))
    appointment = await world.add_appointment(client, datetime(2026, 3, 3, 15, tzinfo=UTC))
    await world.notify(Notice("appointment_reminder", "reminder", to_client=client, subject_id=appointment))
    await worker.run_all()
    mail, text = worker.post.taken
    assert isinstance(mail, Mail)
    assert isinstance(text, SmsMessage)
    assert (mail.to, mail.sender_name, mail.subject) == ("safe@example.org", "Secure portal", "You have a notice")
    assert "appointment" not in mail.body + text.body
    assert "Elm" not in mail.body + text.body
    assert text.to == PHONE


async def test_mail_is_sent_when_there_is_no_sms_sender(world: MemoryNotificationsWorld, worker: Worker) -> None:
    account = await world.add_account("a@example.org")
    sms_consent = SmsConsent(PHONE, world.clock.now())
    await world.keep(NotificationSettings(account, {"new_message": ("sms",)}, sms_consent=sms_consent, version=1))
    worker.sms_consent = False
    await world.notify(Notice("new_message", "service", to_account=account))
    await worker.run_all()
    [mail] = worker.post.taken
    assert isinstance(mail, Mail)
    assert mail.to == "a@example.org"


async def test_opt_out_between_planning_and_sending(world: MemoryNotificationsWorld, worker: Worker) -> None:
    account = await world.add_account("a@example.org")
    settings = NotificationSettings(
        account, {"new_message": ("sms",)}, sms_consent=SmsConsent(PHONE, world.clock.now())
    )
    await world.keep(evolve(settings, version=1))
    worker.post.behavior = "is_unavailable"
    notice_id = await world.notify(Notice("new_message", "service", to_account=account))
    await worker.deliver(notice_id)
    await world.keep(evolve(settings, sms_consent=None, version=2))
    worker.post.behavior = "accepts"
    await worker.recover()
    row = await world.notice(notice_id)
    assert (row.state, row.failure_reason, worker.post.taken) == ("dropped", "not_wanted", [])


async def test_grant_that_ended_between_attempts_stops_delivery(
    world: MemoryNotificationsWorld, worker: Worker
) -> None:
    client = await world.add_client()
    await world.add_account("own@example.org", client_id=client)
    mother = await world.add_account("mother@example.org")
    await world.add_grant(client, mother, ["messages"])
    worker.post.behavior = "is_unavailable"
    await world.notify(Notice("new_message", "service", to_client=client))
    await worker.run_all()
    world.store.table("grants").clear()
    worker.post.behavior = "accepts"
    await worker.recover()
    assert [one.to for one in worker.post.taken if isinstance(one, Mail)] == ["own@example.org"]


@pytest.mark.parametrize(
    ("kind", "purpose"),
    [
        ("verify_email", "verify_email"),
        ("reset_password", "reset_password"),
        ("email_change_code", "change_email"),
        ("safe_email_code", "safe_email"),
        ("invitation", "invitation"),
    ],
)
async def test_codes_are_requested_and_never_seen(
    world: MemoryNotificationsWorld, worker: Worker, kind: str, purpose: CodePurpose
) -> None:
    account, subject_id = UUID(int=1), UUID(int=2)
    notice_id = await world.notify(Notice(kind, "security", to_account=account, subject_id=subject_id))
    assert await worker.deliver(notice_id) == DeliveryView("sent")
    assert worker.post.taken == [CodeRequest(notice_id, purpose, account, subject_id)]
    worker.post.behavior = "has_no_code"
    invited = Notice(kind, "security", subject_id=subject_id)
    assert await delivered(world, worker, invited) == ("dropped", "no_longer_true")


async def test_late_worker_still_settles_uncertain_notice(world: MemoryNotificationsWorld) -> None:
    """A sweep ran in the meantime, but there was no other claim, so the late outcome is still applied."""
    account = await world.add_account("a@example.org")
    for notice_class, expected in (("reminder", "sent"), ("security", "sent")):
        notice_id = await world.notify(Notice("account_closed", notice_class, to_account=account))  # type: ignore[arg-type]
        worker = Worker(world)

        class Slow:
            async def send(self, mail: Mail) -> str:
                world.clock.advance(LEASE_DURATION)
                await SweepNotices(world.begin, world.clock)(world.system)
                return "v"

        use = DeliverNotice(world.begin, world.clock, world.ids, Slow(), worker.post, worker.post, "w")
        assert await use(world.system, notice_id) == DeliveryView(expected)  # type: ignore[arg-type]
        assert (await world.notice(notice_id)).state == expected


async def test_notice_removed_while_being_sent_is_ignored(world: MemoryNotificationsWorld, worker: Worker) -> None:
    account = await world.add_account("a@example.org")
    notice_id = await world.notify(Notice("account_closed", "service", to_account=account))

    class Forgetful:
        async def send(self, mail: Mail) -> str:
            world.store.table("notice_rows").clear()
            return "v"

    use = DeliverNotice(world.begin, world.clock, world.ids, Forgetful(), worker.post, worker.post, "w")
    assert await use(world.system, notice_id) == DeliveryView(None)


async def test_only_jobs_deliver_and_sweep(world: MemoryNotificationsWorld, worker: Worker) -> None:
    client = world.client_actor(await world.add_client(), UUID(int=1))
    notice_id = await world.notify(Notice("new_message", "service", to_account=UUID(int=1)))
    deliver = DeliverNotice(world.begin, world.clock, world.ids, worker.post, worker.post, worker.post, "w")
    with pytest.raises(Forbidden):
        await deliver(client, notice_id)
    with pytest.raises(Forbidden):
        await SweepNotices(world.begin, world.clock)(client)
    assert (await world.notice(notice_id)).state == "queued"


async def test_delivery_is_audited(world: MemoryNotificationsWorld, worker: Worker) -> None:
    client = await world.add_client()
    await world.add_account("a@example.org", client_id=client)
    worker.post.behavior = "is_unavailable"
    notice_id = await world.notify(Notice("new_message", "service", to_client=client))
    await worker.deliver(notice_id)
    worker.post.behavior = "accepts"
    await worker.recover()
    entries = [entry for entry in await world.audit() if entry.target == notice_id]
    assert [(entry.action, entry.outcome) for entry in entries] == [
        ("notice.planned", "done"),
        ("notice.delayed", "failed"),
        ("notice.sent", "done"),
    ]
    assert all(entry.record == client for entry in entries)
    assert entries[1].facts == {
        "kind": "new_message",
        "channel": "email",
        "attempt": "1",
        "failure_reason": "no_connection",
    }
    assert "example.org" not in str(await world.audit())


async def test_mailing_a_code(world: MemoryNotificationsWorld, worker: Worker) -> None:
    mail = MailCode(world.begin, worker.post)
    account = await world.add_account("a@example.org")
    await world.keep(NotificationSettings(account, language="es", version=1))
    command = MailCodeCommand(UUID(int=5), "new@example.org", "change_email", "ABCD1234", account)
    assert await mail(world.system, command) == "1"
    invited = MailCodeCommand(UUID(int=6), "new@example.org", "invitation", "WXYZ9876", label="B4K7")
    await mail(world.system, invited)
    first, second = worker.post.taken
    assert isinstance(first, Mail)
    assert isinstance(second, Mail)
    assert (first.to, first.sender_name) == ("new@example.org", "Elm Street")
    assert "Su código para confirmar este correo electrónico es ABCD1234." in first.body
    assert "Use the code WXYZ9876 to open your portal account." in second.body
    assert "This is invitation B4K7:" in second.body
    assert "ABCD1234" not in repr(command)
    with pytest.raises(MailRefused):
        await mail(world.system, evolve(command, account_id=UUID(int=99)))
    with pytest.raises(Forbidden):
        await mail(world.client_actor(UUID(int=1), account), command)


async def test_no_notice_is_lost_when_a_worker_dies(world: MemoryNotificationsWorld, worker: Worker) -> None:
    account = await world.add_account("a@example.org")
    worker.post.behavior = "dies"
    notice_id = await world.notify(Notice("account_closed", "reminder", to_account=account))
    with pytest.raises(ProcessKilled):
        await worker.deliver(notice_id)
    assert (await world.notice(notice_id)).state == "sending"
    assert await worker.sweep() == (0, 0)
    world.clock.advance(LEASE_DURATION)
    assert await worker.sweep() == (1, 0)
    assert (await world.notice(notice_id)).state == "uncertain"
    assert await worker.sweep() == (0, 0)


@frozen
class InterruptedBegin:
    """Opens units, and before the one of that number has something else happen."""

    begin: Begin[Any]
    at: int
    act: Callable[[], Awaitable[None]]
    opened: list[Actor] = field(factory=list)

    @asynccontextmanager
    async def __call__(self, actor: Actor) -> AsyncIterator[Any]:
        self.opened.append(actor)
        if len(self.opened) == self.at:
            await self.act()
        async with self.begin(actor) as unit:
            yield unit


async def test_worker_settles_while_sweep_runs(world: MemoryNotificationsWorld, worker: Worker) -> None:
    account = await world.add_account("a@example.org")
    notice_id = await world.notify(Notice("account_closed", "reminder", to_account=account))
    worker.post.behavior = "dies"
    with pytest.raises(ProcessKilled):
        await worker.deliver(notice_id)
    world.clock.advance(LEASE_DURATION)

    async def settle() -> None:
        async with world.begin(world.system) as unit:
            row = await unit.notices.get(notice_id)
            sent = row.settled(1, Sent("v"), world.clock.now())
            await unit.notices.save(sent, AuditEntry("test.wrote"))
            await unit.commit(None)

    report = await SweepNotices(InterruptedBegin(world.begin, 2, settle), world.clock)(world.system)
    assert report.lost == 0
    assert (await world.notice(notice_id)).state == "sent"


async def test_settlement_is_retried_after_a_conflict(world: MemoryNotificationsWorld, worker: Worker) -> None:
    account = await world.add_account("a@example.org")
    notice_id = await world.notify(Notice("account_closed", "service", to_account=account))

    async def collide() -> None:
        raise StaleVersion

    begin = InterruptedBegin(world.begin, 2, collide)
    use = DeliverNotice(begin, world.clock, world.ids, worker.post, worker.post, worker.post, "w")
    assert await use(world.system, notice_id) == DeliveryView("sent")
    assert len(begin.opened) == 3
    assert len(worker.post.taken) == 1
