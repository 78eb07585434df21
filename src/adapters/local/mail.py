"""Mail and text messages that are stored instead of sent, and shown by `portal mail`. For trials and tests."""

from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from attrs import field, frozen

from adapters.mime import mime
from portal_core.kernel.sources import Clock, IdSource
from portal_core.notifications.ports import Mail, Mailer, SmsMessage, SmsSender


@frozen
class CapturedMail:
    """One stored mail or text message. `key` is the notice's id; a text message has no sender and no subject.

    The body may hold a code that signs somebody in, so never use this for real people's mail.
    """

    id: UUID
    at: datetime
    kind: Literal["email", "sms"]
    key: UUID
    to: str
    sender_name: str
    subject: str
    body: str = field(repr=False)


class CapturedMailStore(Protocol):
    """Stores captured mail of all practices, outside units of work."""

    async def keep(self, mail: CapturedMail) -> None:
        """Store one mail, in its own transaction."""
        ...

    async def latest(self, limit: int | None) -> tuple[CapturedMail, ...]:
        """Return up to `limit` mails, or all for None, newest first, by `at` and then `id`."""
        ...


@frozen
class LocalMailer(Mailer, SmsSender):
    """Stores each mail and text message, and refuses mail that could not be sent as MIME."""

    captured_mail: CapturedMailStore
    clock: Clock
    ids: IdSource

    async def send(self, mail: Mail) -> str:
        mime(mail, "portal@localhost")
        return await self._keep("email", mail.key, mail.to, mail.sender_name, mail.subject, mail.body)

    async def send_sms(self, text: SmsMessage) -> str:
        return await self._keep("sms", text.key, text.to, "", "", text.body)

    async def _keep(
        self, kind: Literal["email", "sms"], key: UUID, to: str, sender_name: str, subject: str, body: str
    ) -> str:
        captured = CapturedMail(self.ids.new(), self.clock.now(), kind, key, to, sender_name, subject, body)
        await self.captured_mail.keep(captured)
        return str(captured.id)
