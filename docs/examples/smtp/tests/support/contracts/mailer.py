"""What everything that sends mail must do. Subclasses give the fixture `vendor`."""

from abc import ABC, abstractmethod
from email.message import EmailMessage
from typing import Literal
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.notifications.errors import MailNotSent, MailProblem, MailRefused, MailUncertain
from portal_core.notifications.ports import Mail, Mailer

MAIL = Mail(UUID(int=7), "ann@example.org", "Práctica «Elm»", "You have a new message", "Línea 1 — ¡hola!\n\nLine 2\n")

Mood = Literal["takes", "refuses", "is_busy", "is_away", "takes_and_dies"]


class Vendor(ABC):
    """Who takes the mail, and a mailer that goes there."""

    mailer: Mailer

    @abstractmethod
    def behave(self, mood: Mood) -> None:
        """From now on."""

    @abstractmethod
    def taken(self) -> list[tuple[tuple[str, ...], EmailMessage]]:
        """The mails that it has, oldest first, each with the addresses that it goes to."""


class MailerContract:
    """Sent once, or not at all, or nobody knows: and the mailer says which."""

    async def test_a_mail_arrives_as_it_was_written(self, vendor: Vendor) -> None:
        vendor_id = await vendor.mailer.send(MAIL)
        assert vendor_id
        ((recipients, message),) = vendor.taken()
        assert recipients == (MAIL.to,)
        assert message["To"].addresses[0].addr_spec == MAIL.to
        assert message["From"].addresses[0].display_name == MAIL.sender_name
        assert message["Subject"] == MAIL.subject
        assert message.get_content().replace("\r\n", "\n") == MAIL.body

    @pytest.mark.parametrize(
        ("mood", "problem"),
        [("refuses", MailRefused), ("is_busy", MailNotSent), ("is_away", MailNotSent)],
    )
    async def test_it_says_what_was_surely_not_sent(
        self, vendor: Vendor, mood: Mood, problem: type[MailProblem]
    ) -> None:
        vendor.behave(mood)
        with pytest.raises(problem) as caught:
            await vendor.mailer.send(MAIL)
        assert vendor.taken() == []
        assert MAIL.to not in repr(caught.value)

    async def test_without_an_answer_nobody_knows_and_it_does_not_try_again(self, vendor: Vendor) -> None:
        vendor.behave("takes_and_dies")
        with pytest.raises(MailUncertain):
            await vendor.mailer.send(MAIL)
        assert len(vendor.taken()) == 1

    @pytest.mark.parametrize("injected", [{"subject": "Hello\nBcc: eve@example.org"}, {"to": "ann@example.org\nRCPT"}])
    async def test_nothing_that_is_filled_in_adds_a_header(self, vendor: Vendor, injected: dict[str, str]) -> None:
        with pytest.raises(MailRefused):
            await vendor.mailer.send(evolve(MAIL, **injected))
        assert vendor.taken() == []
