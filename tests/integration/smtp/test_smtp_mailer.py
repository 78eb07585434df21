"""The SMTP mailer fulfills the contract of mailers over a real connection, and says nothing in the clear."""

import ssl
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field

from adapters.smtp.mailer import SmtpMailer
from entrypoints.container import Container
from entrypoints.settings import Settings
from portal_core.notifications.errors import MailError, MailNotSent, MailRefused, MailUncertain
from tests.support.clock import CountingIds, FixedClock
from tests.support.contracts.notifications.mailer import (
    MAIL,
    DeliveryBehavior,
    ReceivedMail,
    VendorMailerContract,
    VendorMailerHarness,
)
from tests.support.smtp.certificates import tls_contexts
from tests.support.smtp.relay import RelayBehavior, SmtpRelay

Contexts = tuple[ssl.SSLContext, ssl.SSLContext]
Relays = Callable[..., SmtpRelay]
USERS = {"portal": "correct horse"}


def a_mailer(relay: SmtpRelay, **more: Any) -> SmtpMailer:
    return SmtpMailer(
        "127.0.0.1", relay.port, "portal@example.org", FixedClock(), CountingIds(), **({"tls": "off"} | more)
    )


@define
class SmtpHarness(VendorMailerHarness):
    relay: SmtpRelay = field(factory=SmtpRelay)
    mailer: SmtpMailer = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.mailer = a_mailer(self.relay)

    def set_behavior(self, behavior: DeliveryBehavior) -> None:
        if behavior == "is_unavailable":
            self.relay.stop()
        else:
            self.relay.behavior = behavior

    async def taken(self) -> list[ReceivedMail]:
        return self.relay.taken


@pytest.fixture
def post() -> Iterator[SmtpHarness]:
    harness = SmtpHarness()
    yield harness
    harness.relay.stop()


class TestSmtpMailer(VendorMailerContract): ...


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> Contexts:
    return tls_contexts(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def relays() -> Iterator[Relays]:
    """Starts relays that stop after the test."""
    started: list[SmtpRelay] = []

    def start(*tls: ssl.SSLContext, **more: Any) -> SmtpRelay:
        started.append(SmtpRelay(*tls, **more))
        return started[-1]

    yield start
    for relay in started:
        relay.stop()


@pytest.mark.parametrize(
    ("behavior", "problem", "reason"),
    [
        # The sender, the user and the password are settings: the operator mends them, and the mail is sent.
        ("rejects_sender", MailNotSent, "smtp_550"),
        ("wants_sign_in", MailNotSent, "smtp_530"),
        ("rejects_content", MailRefused, "smtp_554"),
        ("answers_nonsense_to_content", MailUncertain, "smtp_-1"),
    ],
)
async def test_failure_means_what_the_relay_said_of_the_mail(
    relays: Relays, behavior: RelayBehavior, problem: type[MailError], reason: str
) -> None:
    relay = relays()
    relay.behavior = behavior
    with pytest.raises(problem) as caught:
        await a_mailer(relay).send(MAIL)
    assert caught.value.reason == reason


async def test_mail_that_was_accepted_is_sent_whatever_follows(relays: Relays) -> None:
    relay = relays()
    relay.behavior = "drops_at_quit"
    assert await a_mailer(relay).send(MAIL) == "queued as 1"


async def test_id_that_is_stored_holds_no_address(relays: Relays) -> None:
    relay = relays()
    relay.behavior = "names_the_recipient"
    assert await a_mailer(relay).send(MAIL) == "queued as 1"


async def test_relay_that_never_ends_a_reply_is_hung_up_on(relays: Relays) -> None:
    relay = relays()
    relay.behavior = "never_ends_a_reply"
    with pytest.raises(MailNotSent):
        await a_mailer(relay, call_seconds=0.2).send(MAIL)
    assert relay.taken == []


async def test_each_attempt_has_its_date_and_an_id_of_its_own(relays: Relays) -> None:
    relay = relays()
    mailer = a_mailer(relay)
    for mail in (MAIL, MAIL):
        await mailer.send(mail)
    first, second = (message for _, message in relay.taken)
    assert parsedate_to_datetime(first["Date"]) == FixedClock().at
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Message-ID"].startswith(f"<{MAIL.key}.")
    assert first["Message-ID"].endswith("@example.org>")


@pytest.mark.parametrize("implicit", [False, True])
async def test_mail_and_password_are_encrypted(relays: Relays, contexts: Contexts, implicit: bool) -> None:
    server, client = contexts
    relay = relays(server, implicit=implicit, users=USERS)
    signed_in = a_mailer(
        relay, user="portal", password="correct horse", tls="implicit" if implicit else "starttls", context=client
    )
    await signed_in.check()
    assert relay.taken == []
    await signed_in.send(MAIL)
    assert [to for to, _ in relay.taken] == [(MAIL.to,)]
    assert {said.split()[0].upper() for said in relay.said_before_tls} == (set() if implicit else {"EHLO", "STARTTLS"})
    wrong = evolve(signed_in, password="wrong")
    with pytest.raises(MailNotSent, match="smtp_535"):
        await wrong.send(MAIL)
    assert "wrong" not in repr(wrong)


@pytest.mark.parametrize("implicit", [False, True])
async def test_unknown_certificate_is_refused_before_anything_is_said(
    relays: Relays, contexts: Contexts, implicit: bool
) -> None:
    relay = relays(contexts[0], implicit=implicit, users=USERS)
    mailer = a_mailer(relay, user="portal", password="correct horse", tls="implicit" if implicit else "starttls")
    with pytest.raises(MailNotSent, match="SSLCertVerificationError"):
        await mailer.send(MAIL)
    assert relay.taken == []
    assert not any(said.upper().startswith(("AUTH", "MAIL")) for said in relay.said_before_tls)


async def test_relay_without_starttls_gets_no_mail(relays: Relays) -> None:
    relay = relays(users=USERS)
    with pytest.raises(MailNotSent, match="SMTPNotSupportedError"):
        await a_mailer(relay, user="portal", password="correct horse", tls="starttls").send(MAIL)
    assert not any(said.upper().startswith(("AUTH", "MAIL")) for said in relay.said_before_tls)


async def test_password_that_cannot_be_sent_is_no_fault_of_the_mail(relays: Relays) -> None:
    relay = relays(users=USERS)
    with pytest.raises(MailNotSent, match="UnicodeEncodeError"):
        await a_mailer(relay, user="portal", password="passé").send(MAIL)


def test_settings_select_it(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        mail="smtp",
        smtp_host="relay.example",
        smtp_tls="implicit",
        smtp_user="portal",
        smtp_password="correct horse",
        mail_from=" portal@example.org ",
    )
    parts = Container(settings=settings, pool=None)
    assert parts.mailer() == SmtpMailer(
        "relay.example", 465, "portal@example.org", parts.clock(), parts.ids(), "portal", "correct horse", "implicit"
    )
    assert parts.sms_sender() is None
