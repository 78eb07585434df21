"""Sends mail through SES v2, with one request for each mail. The SDK does not retry; the notifications feature does."""

from typing import Any, Final

from attrs import define, field
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
)

from adapters.aws import AwsAccount
from adapters.mime import mime
from portal_core.notifications.errors import MailError, MailNotSent, MailRefused, MailUncertain
from portal_core.notifications.ports import Mail, Mailer

_REFUSED: Final = {"MessageRejected", "BadRequestException", "InvalidParameterValue"}
"""Errors about the mail itself. Every other 4xx is about the account and may be temporary."""

_NEVER_REACHED: Final = (
    EndpointConnectionError,
    ConnectTimeoutError,
    ProxyConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
)


@define
class SesMailer(Mailer):
    """Sends raw MIME from a verified address. The mail is tagged with the notice's id, which appears in SES events."""

    account: AwsAccount
    from_address: str
    configuration_set: str | None = None
    _client: Any = field(init=False)

    def __attrs_post_init__(self) -> None:
        # One attempt: a retry by the SDK could send the mail twice.
        self._client = self.account.client("sesv2", attempts=1)

    async def send(self, mail: Mail) -> str:
        request: dict[str, Any] = {
            "Destination": {"ToAddresses": [mail.to]},
            "Content": {"Raw": {"Data": mime(mail, self.from_address)}},
            "EmailTags": [{"Name": "notice", "Value": str(mail.key)}],
        }
        if self.configuration_set is not None:
            request["ConfigurationSetName"] = self.configuration_set
        try:
            answer = await self.account.call(self._client.send_email, **request)
        except (ClientError, BotoCoreError) as error:
            raise mail_error(error) from error
        return str(answer.get("MessageId", ""))


def mail_error(error: ClientError | BotoCoreError) -> MailError:
    """Convert an SDK error to what it means for the mail.

    A 4xx means that nothing was sent. After a 5xx the mail may have been accepted before the failure.
    """
    if isinstance(error, _NEVER_REACHED):
        return MailNotSent(type(error).__name__)
    if not isinstance(error, ClientError):
        return MailUncertain(type(error).__name__)
    code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    if not 400 <= status < 500:
        return MailUncertain(code)
    return MailRefused(code) if code in _REFUSED else MailNotSent(code)
