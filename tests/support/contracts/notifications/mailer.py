"""The contracts of every `Mailer` and of vendors' mailers. Subclasses provide the fixture `post`."""

from abc import ABC, abstractmethod
from email.message import EmailMessage
from typing import Literal
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.notifications.errors import MailError, MailNotSent, MailRefused, MailUncertain
from portal_core.notifications.ports import Mail, Mailer

MAIL = Mail(UUID(int=7), "ann@example.org", "Práctica «Elm»", "You have a new message", "Línea 1 — ¡hola!\n\nLine 2\n")

ReceivedMail = tuple[tuple[str, ...], EmailMessage]
"""The addresses that a mail goes to, and the mail."""

DeliveryBehavior = Literal["accepts", "rejects", "is_busy", "is_unavailable", "accepts_then_drops"]


class MailerHarness(ABC):
    """A mailer, and the mail that it delivered."""

    mailer: Mailer

    @abstractmethod
    async def taken(self) -> list[ReceivedMail]:
        """Return the delivered mail, oldest first."""


class VendorMailerHarness(MailerHarness):
    """A vendor's mailer whose behavior a test can set."""

    @abstractmethod
    def set_behavior(self, behavior: DeliveryBehavior) -> None:
        """Set the behavior for future mail."""


class MailerContract:
    """Mail arrives exactly as written."""

    async def test_a_mail_arrives_as_it_was_written(self, post: MailerHarness) -> None:
        vendor_message_id = await post.mailer.send(MAIL)
        assert vendor_message_id
        ((recipients, message),) = await post.taken()
        assert recipients == (MAIL.to,)
        assert message["To"].addresses[0].addr_spec == MAIL.to
        assert message["From"].addresses[0].display_name == MAIL.sender_name
        assert message["Subject"] == MAIL.subject
        assert message.get_content().replace("\r\n", "\n") == MAIL.body

    @pytest.mark.parametrize("injected", [{"subject": "Hello\nBcc: eve@example.org"}, {"to": "ann@example.org\nRCPT"}])
    async def test_values_cannot_inject_headers(self, post: MailerHarness, injected: dict[str, str]) -> None:
        with pytest.raises(MailRefused):
            await post.mailer.send(evolve(MAIL, **injected))
        assert await post.taken() == []


class VendorMailerContract(MailerContract):
    """The mailer reports whether mail was sent, was not sent, or may have been sent."""

    @pytest.mark.parametrize(
        ("behavior", "problem"),
        [("rejects", MailRefused), ("is_busy", MailNotSent), ("is_unavailable", MailNotSent)],
    )
    async def test_certain_failures_are_reported_as_not_sent_or_refused(
        self, post: VendorMailerHarness, behavior: DeliveryBehavior, problem: type[MailError]
    ) -> None:
        post.set_behavior(behavior)
        with pytest.raises(problem) as caught:
            await post.mailer.send(MAIL)
        assert await post.taken() == []
        assert MAIL.to not in repr(caught.value)

    async def test_missing_response_is_uncertain_and_not_retried(self, post: VendorMailerHarness) -> None:
        post.set_behavior("accepts_then_drops")
        with pytest.raises(MailUncertain):
            await post.mailer.send(MAIL)
        assert len(await post.taken()) == 1
