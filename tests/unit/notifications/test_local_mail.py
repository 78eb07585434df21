"""Mail that is stored instead of sent."""

from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from uuid import UUID

import pytest
from attrs import define

from adapters.local.mail import CapturedMail, LocalMailer
from adapters.memory.engine.store import MemoryStore
from adapters.memory.notifications.captured_mail import MemoryCapturedMailStore
from portal_core.notifications.ports import Mail, SmsMessage
from tests.support.clock import CountingIds, FixedClock
from tests.support.contracts.notifications.mailer import MailerContract, MailerHarness, ReceivedMail


@define
class LocalMailerHarness(MailerHarness):
    """A local mailer with a memory store."""

    captured_mail: MemoryCapturedMailStore
    mailer: LocalMailer

    async def taken(self) -> list[ReceivedMail]:
        return [((one.to,), _message(one)) for one in reversed(await self.captured_mail.latest(100))]


def _message(kept: CapturedMail) -> EmailMessage:
    message = EmailMessage()
    message["From"] = Address(kept.sender_name, addr_spec="portal@localhost")
    message["To"] = kept.to
    message["Subject"] = kept.subject
    message.set_content(kept.body)
    return message


class TestLocalMailer(MailerContract):
    @pytest.fixture
    def post(self) -> LocalMailerHarness:
        clock = FixedClock()
        captured_mail = MemoryCapturedMailStore(MemoryStore(clock))
        return LocalMailerHarness(captured_mail, LocalMailer(captured_mail, clock, CountingIds()))


async def test_all_mail_is_stored_and_shown_newest_first() -> None:
    clock = FixedClock()
    captured_mail = MemoryCapturedMailStore(MemoryStore(clock))
    mailer = LocalMailer(captured_mail, clock, CountingIds())
    mail = Mail(UUID(int=7), "a@example.org", "Elm Street", "Your code", "It is ABCD.")
    ids = [await mailer.send(mail), await mailer.send(mail)]
    clock.advance(timedelta(minutes=1))
    ids.append(await mailer.send_sms(SmsMessage(UUID(int=8), "+12125550123", "Hi")))
    kept = await captured_mail.latest(10)
    assert [str(one.id) for one in kept] == ids[::-1]
    assert [(one.kind, one.to) for one in kept] == [("sms", "+12125550123")] + [("email", "a@example.org")] * 2
    assert (kept[2].sender_name, kept[2].subject, kept[2].body) == ("Elm Street", "Your code", "It is ABCD.")
    assert "ABCD" not in repr(kept)
    assert await captured_mail.latest(1) == kept[:1]
    assert await captured_mail.latest(None) == kept
