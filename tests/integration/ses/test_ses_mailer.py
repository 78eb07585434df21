"""Mail through the real SES client over HTTP: against moto, and against servers that fail in various ways."""

import base64
import email
import email.policy
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from attrs import define, evolve, field, frozen
from botocore.config import Config
from hypothesis import example, given
from hypothesis import strategies as st
from moto.core import DEFAULT_ACCOUNT_ID
from moto.server import ThreadedMotoServer
from moto.ses.models import ses_backends

from adapters.aws import AwsAccount
from adapters.mime import mime
from adapters.ses.mailer import SesMailer
from portal_core.notifications.errors import MailError, MailNotSent, MailRefused, MailUncertain
from portal_core.notifications.ports import Mail
from tests.support.contracts.notifications.mailer import (
    MAIL,
    DeliveryBehavior,
    ReceivedMail,
    VendorMailerContract,
    VendorMailerHarness,
)

REGION = "us-east-1"
SENDER = "portal@example.org"

Answer = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        boto3.Session().client("sesv2", region_name=REGION, endpoint_url=url).create_email_identity(
            EmailIdentity=SENDER
        )
    yield url
    server.stop()


def received() -> list[Any]:
    return list(ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages)


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


@contextmanager
def vendor(answer: Answer) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server that answers every request with `answer`, and the list of requests it received."""
    requests: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            answer(self)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        server.shutdown()
        server.server_close()


def says(status: int, code: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        body = json.dumps({"message": "no"}).encode()
        handler.send_response(status)
        handler.send_header("x-amzn-ErrorType", code)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def takes(handler: BaseHTTPRequestHandler) -> None:
    body = json.dumps({"MessageId": "m-1"}).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


MOODS: dict[DeliveryBehavior, Answer] = {
    "accepts": takes,
    "rejects": says(400, "MessageRejected"),
    "is_busy": says(429, "TooManyRequestsException"),
    "accepts_then_drops": hangs_up,
}


@define
class Ses(VendorMailerHarness):
    """A fake SES server with a configurable failure."""

    stack: ExitStack
    mailer: SesMailer = field(init=False)
    requests: list[dict[str, Any]] = field(init=False)
    took: bool = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.set_behavior("accepts")

    def set_behavior(self, behavior: DeliveryBehavior) -> None:
        url, self.requests = self.stack.enter_context(vendor(MOODS.get(behavior, takes)))
        self.took = behavior in ("accepts", "accepts_then_drops")
        self.mailer = SesMailer(AwsAccount(REGION, url), SENDER)
        if behavior == "is_unavailable":
            self.stack.close()

    async def taken(self) -> list[ReceivedMail]:
        return [_taken(one) for one in self.requests] if self.took else []


def _taken(request: dict[str, Any]) -> ReceivedMail:
    to = tuple(request["Destination"]["ToAddresses"])
    return to, parsed(base64.b64decode(request["Content"]["Raw"]["Data"]))


class TestSesMailer(VendorMailerContract):
    @pytest.fixture
    def post(self) -> Iterator[Ses]:
        with ExitStack() as stack:
            yield Ses(stack)


async def sent_to(url: str, mail: Mail = MAIL, account: type[AwsAccount] = AwsAccount) -> str:
    return await SesMailer(account(REGION, url), SENDER).send(mail)


async def problem_at(url: str, account: type[AwsAccount] = AwsAccount) -> MailError:
    with pytest.raises(MailError) as caught:
        await sent_to(url, account=account)
    assert "ann@example.org" not in str(caught.value)
    return caught.value


async def test_mail_arrives_as_written(moto: str) -> None:
    before = len(received())
    vendor_message_id = await sent_to(moto)
    (taken,) = received()[before:]
    assert taken.id == vendor_message_id
    message = parsed(taken.raw_data.encode())
    assert message["From"] == f"{MAIL.sender_name} <{SENDER}>"
    assert message["To"] == MAIL.to
    assert message["Subject"] == MAIL.subject
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"
    assert message.get_content().replace("\r\n", "\n") == MAIL.body
    assert taken.raw_data.isascii()


async def test_unverified_sender_is_refused(moto: str) -> None:
    with pytest.raises(MailRefused) as caught:
        await SesMailer(AwsAccount(REGION, moto), "other@example.org").send(MAIL)
    assert caught.value.reason == "MessageRejected"


async def test_request_to_ses_has_the_expected_fields() -> None:
    with vendor(takes) as (url, requests):
        mailer = SesMailer(AwsAccount(REGION, url), SENDER, "portal-events")
        assert await mailer.send(MAIL) == "m-1"
    (request,) = requests
    raw = request["Content"]["Raw"].pop("Data")
    assert base64.b64decode(raw) == mime(MAIL, SENDER)
    assert request == {
        "Destination": {"ToAddresses": [MAIL.to]},
        "Content": {"Raw": {}},
        "EmailTags": [{"Name": "notice", "Value": str(MAIL.key)}],
        "ConfigurationSetName": "portal-events",
    }


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "MessageRejected", MailRefused),
        (400, "BadRequestException", MailRefused),
        (429, "TooManyRequestsException", MailNotSent),
        (400, "ThrottlingException", MailNotSent),
        (400, "SendingPausedException", MailNotSent),
        (400, "AccountSuspendedException", MailNotSent),
        (400, "MailFromDomainNotVerifiedException", MailNotSent),
        (404, "NotFoundException", MailNotSent),
        (403, "AccessDeniedException", MailNotSent),
        (403, "ExpiredTokenException", MailNotSent),
        (500, "InternalFailure", MailUncertain),
        (503, "ServiceUnavailable", MailUncertain),
    ],
)
async def test_error_response_is_classified_and_not_retried(status: int, code: str, kind: type[MailError]) -> None:
    with vendor(says(status, code)) as (url, requests):
        mail_error = await problem_at(url)
    assert type(mail_error) is kind
    assert mail_error.reason == code
    assert len(requests) == 1


@frozen
class ShortTimeoutAccount(AwsAccount):
    """An account with a half-second timeout, to keep the timeout test short."""

    def client(self, service: str, *, attempts: int = 3) -> Any:
        config = Config(read_timeout=0.5, retries={"total_max_attempts": attempts})
        return boto3.client(service, region_name=self.region, endpoint_url=self.endpoint_url, config=config)  # type: ignore[call-overload]


async def test_missing_response_is_an_uncertain_delivery() -> None:
    over = threading.Event()
    with vendor(lambda handler: bool(over.wait(30)) and None) as (url, requests):
        mail_error = await problem_at(url, ShortTimeoutAccount)
        over.set()
    assert type(mail_error) is MailUncertain
    assert len(requests) == 1


async def test_unknown_host_is_a_certain_failure() -> None:
    assert type(await problem_at("http://nobody.invalid")) is MailNotSent


async def test_missing_credentials_are_a_certain_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with vendor(says(200, "")) as (url, requests):
        assert type(await problem_at(url)) is MailNotSent
    assert requests == []


HOSTILE_VALUES = st.text(st.characters(codec="utf-8"), max_size=40)


@given(HOSTILE_VALUES, HOSTILE_VALUES, HOSTILE_VALUES, st.sampled_from(["ann@example.org", "a+b@example.org"]))
@example("Elm\r\nBcc: eve@example.org", "s", "b", "ann@example.org")
@example('"Elm" <eve@example.org>,', "s", "b", "ann@example.org")
@example("s", "Hi\nTo: eve@example.org", "b", "ann@example.org")
@example("s", "s", "b\r\n.\r\nFrom: eve@example.org\r\n", "ann@example.org")
def test_values_cannot_inject_headers_or_recipients(sender: str, subject: str, body: str, to: str) -> None:
    mail = evolve(MAIL, sender_name=sender, subject=subject, body=body, to=to)
    try:
        raw = mime(mail, SENDER)
    except MailRefused:
        return
    message = parsed(raw)
    assert sorted(message.keys()) == sorted(
        ["From", "To", "Subject", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"]
    )
    assert [address.addr_spec for address in message["To"].addresses] == [to]
    assert [address.addr_spec for address in message["From"].addresses] == [SENDER]
    assert raw.isascii()


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ann",
        "ann@",
        "ann@example.org\r\nBcc: eve@example.org",
        "a@example.org, b@example.org",
        "änn@example.org",
        "ann@exämple.org",
    ],
)
def test_invalid_address_is_refused(to: str) -> None:
    with pytest.raises(MailRefused) as caught:
        mime(evolve(MAIL, to=to), SENDER)
    assert caught.value.reason == "bad_address"
