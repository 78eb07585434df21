"""Mail that is kept instead of sent."""

from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from uuid import UUID

import pytest
from attrs import define

from adapters.local.mail import KeptMail, LocalMailer
from adapters.memory.engine.store import MemoryStore
from adapters.memory.notifications.kept_mail import MemoryMailShelf
from portal_core.notifications.ports import Mail, Text
from tests.support.clock import CountingIds, FixedClock
from tests.support.contracts.notifications.mailer import MailerContract, Post, Taken


@define
class Kept(Post):
    """Mail on a shelf."""

    shelf: MemoryMailShelf
    mailer: LocalMailer

    async def taken(self) -> list[Taken]:
        return [((one.to,), _message(one)) for one in reversed(await self.shelf.latest(100))]


def _message(kept: KeptMail) -> EmailMessage:
    message = EmailMessage()
    message["From"] = Address(kept.sender_name, addr_spec="portal@localhost")
    message["To"] = kept.to
    message["Subject"] = kept.subject
    message.set_content(kept.body)
    return message


class TestLocalMailer(MailerContract):
    @pytest.fixture
    def post(self) -> Kept:
        clock = FixedClock()
        shelf = MemoryMailShelf(MemoryStore(clock))
        return Kept(shelf, LocalMailer(shelf, clock, CountingIds()))


async def test_everything_is_kept_each_time_and_shown_newest_first() -> None:
    clock = FixedClock()
    shelf = MemoryMailShelf(MemoryStore(clock))
    mailer = LocalMailer(shelf, clock, CountingIds())
    mail = Mail(UUID(int=7), "a@example.org", "Elm Street", "Your code", "It is ABCD.")
    ids = [await mailer.send(mail), await mailer.send(mail)]
    clock.advance(timedelta(minutes=1))
    ids.append(await mailer.send_text(Text(UUID(int=8), "+12125550123", "Hi")))
    kept = await shelf.latest(10)
    assert [str(one.id) for one in kept] == ids[::-1]
    assert [(one.kind, one.to) for one in kept] == [("sms", "+12125550123")] + [("email", "a@example.org")] * 2
    assert (kept[2].sender_name, kept[2].subject, kept[2].body) == ("Elm Street", "Your code", "It is ABCD.")
    assert "ABCD" not in repr(kept)
    assert await shelf.latest(1) == kept[:1]
