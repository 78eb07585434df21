"""Mail says as much as its reader allows, and is right when it is sent."""

from datetime import UTC, datetime, timedelta

import pytest

from portal_core.kernel.notices import (
    APPOINTMENT_BOOKED,
    APPOINTMENT_CANCELLED,
    APPOINTMENT_REMINDER,
    APPOINTMENT_REQUEST_CONFIRMED,
    APPOINTMENT_RESCHEDULED,
    APPOINTMENTS_BOOKED,
    APPOINTMENTS_CANCELLED,
    APPOINTMENTS_RESCHEDULED,
    FEE_REMOVED,
    NEW_MESSAGE,
    PASSWORD_CHANGED,
    NoticeKind,
)
from portal_core.notifications.ports import Mail
from portal_core.notifications.settings import MessageDetails, NotificationSettings
from tests.support.contracts.notifications.delivery import Worker
from tests.unit.notifications.memory_world import MemoryNotificationsWorld


@pytest.fixture
def worker(world: MemoryNotificationsWorld) -> Worker:
    return Worker(world)


@pytest.mark.parametrize(
    ("details", "kind", "cancelled", "said"),
    [
        ("what", APPOINTMENT_BOOKED, False, "An appointment was booked. Sign in"),
        ("when", APPOINTMENT_BOOKED, False, "An appointment was booked for Tuesday, March 3 at 10:00 AM (EST)."),
        ("when", APPOINTMENT_BOOKED, True, "An appointment was booked. Sign in"),
        ("when", APPOINTMENT_RESCHEDULED, False, "An appointment was moved to Tuesday, March 3 at 10:00 AM (EST)."),
        ("when", APPOINTMENT_RESCHEDULED, True, "An appointment was moved. Sign in"),
        ("when", APPOINTMENT_CANCELLED, True, "The appointment on Tuesday, March 3 at 10:00 AM (EST) was cancelled."),
        ("when", APPOINTMENT_CANCELLED, False, "An appointment was cancelled. Sign in"),
        ("when", APPOINTMENT_REQUEST_CONFIRMED, False, "is confirmed: Tuesday, March 3 at 10:00 AM (EST)."),
        ("when", APPOINTMENTS_BOOKED, False, "Several appointments were booked. Sign in"),
        ("when", APPOINTMENTS_CANCELLED, True, "Several appointments were cancelled. Sign in"),
        ("when", APPOINTMENTS_RESCHEDULED, False, "Several appointments were moved. Sign in"),
        ("what", FEE_REMOVED, False, "A charge on your account was removed."),
        ("when", NEW_MESSAGE, False, "You have a new message."),
        ("what", APPOINTMENT_REMINDER, False, "You have an appointment on Tuesday, March 3 at 10:00 AM (EST)."),
        ("nothing", APPOINTMENT_REMINDER, False, "You have a notice."),
        ("nothing", NEW_MESSAGE, False, "You have a notice."),
        ("nothing", APPOINTMENT_BOOKED, False, "You have a notice."),
    ],
)
async def test_mail_says_as_much_as_its_reader_allows(
    world: MemoryNotificationsWorld,
    worker: Worker,
    details: MessageDetails,
    kind: NoticeKind,
    cancelled: bool,
    said: str,
) -> None:
    client = await world.add_client()
    account = await world.add_account("a@example.org", client_id=client)
    await world.keep(NotificationSettings(account, message_details=details, version=1))
    appointment = await world.add_appointment(client, datetime(2026, 3, 3, 15, tzinfo=UTC))
    if cancelled:
        await world.cancel_appointment(client, appointment)
    await world.notify(kind.to_client(client, subject_id=appointment))
    await worker.run_all()
    [mail] = worker.post.taken
    assert isinstance(mail, Mail)
    assert mail.body.startswith(said) or said in mail.body
    assert (mail.subject == "You have a notice") == (details == "nothing")
    assert details == "when" or kind is APPOINTMENT_REMINDER or "March" not in mail.body


async def test_each_reader_of_a_record_decides_for_themselves(world: MemoryNotificationsWorld, worker: Worker) -> None:
    client = await world.add_client()
    own = await world.add_account("own@example.org", client_id=client)
    mother = await world.add_account("mother@example.org")
    await world.add_grant(client, mother, ["appointments"])
    await world.keep(NotificationSettings(own, message_details="nothing", version=1))
    await world.keep(NotificationSettings(mother, message_details="when", time_zone="America/Denver", version=1))
    appointment = await world.add_appointment(client, datetime(2026, 3, 3, 15, tzinfo=UTC))
    await world.notify(APPOINTMENT_BOOKED.to_client(client, subject_id=appointment))
    await worker.run_all()
    bodies = {mail.to: mail.body for mail in worker.post.taken if isinstance(mail, Mail)}
    assert bodies["own@example.org"].startswith("You have a notice.")
    assert bodies["mother@example.org"].startswith("An appointment was booked for Tuesday, March 3 at 8:00 AM (MST).")


async def test_warning_is_given_to_those_who_want_to_read_nothing(
    world: MemoryNotificationsWorld, worker: Worker
) -> None:
    account = await world.add_account("a@example.org")
    await world.keep(NotificationSettings(account, message_details="nothing", version=1))
    await world.notify(PASSWORD_CHANGED.to_account(account))
    await worker.run_all()
    [mail] = worker.post.taken
    assert isinstance(mail, Mail)
    assert mail.subject == "Your password was changed"


async def test_client_without_an_account_is_told_what_helps(world: MemoryNotificationsWorld, worker: Worker) -> None:
    now = world.clock.now()
    client = await world.add_client(email="record@example.org")
    appointment = await world.add_appointment(client, datetime(2026, 3, 3, 15, tzinfo=UTC))
    for until, helps in (
        (None, "An appointment was booked.\n\nIf you want to know more"),
        (now, "An appointment was booked.\n\nIf you want to know more"),
        (now + timedelta(hours=1), "An appointment was booked.\n\nYou are invited to our portal: open your account"),
    ):
        if until is not None:
            await world.add_invitation(client, until)
        await world.notify(APPOINTMENT_BOOKED.to_client(client, subject_id=appointment))
        await worker.run_all()
        mail = worker.post.taken[-1]
        assert isinstance(mail, Mail)
        assert mail.body.startswith(helps)
        assert "ign in" not in mail.body
