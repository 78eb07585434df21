"""The SMTP mailer fulfills the contract of mailers over a real connection."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import define, field

from adapters.smtp.mailer import SmtpMailer
from entrypoints.container import Container
from entrypoints.settings import Settings
from tests.support.contracts.notifications.mailer import (
    DeliveryBehavior,
    ReceivedMail,
    VendorMailerContract,
    VendorMailerHarness,
)
from tests.support.smtp.relay import SmtpRelay


@define
class SmtpHarness(VendorMailerHarness):
    relay: SmtpRelay = field(factory=SmtpRelay)
    mailer: SmtpMailer = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.mailer = SmtpMailer("127.0.0.1", self.relay.port, "portal@example.org", tls=False)

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


def test_a_setting_selects_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, mail="smtp", smtp_host="relay.example", mail_from="portal@example.org")
    mailer = Container(settings=settings, pool=None).mailer()
    assert mailer == SmtpMailer("relay.example", 587, "portal@example.org")
