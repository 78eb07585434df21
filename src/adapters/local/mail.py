"""Mail and texts that are not sent but kept, and shown by `portal mail`. For trying out and for tests."""

from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from attrs import field, frozen

from adapters.mime import mime
from portal_core.kernel.sources import Clock, IdSource
from portal_core.notifications.ports import Mail, Mailer, SmsMessage, SmsSender


@frozen
class CapturedMail:
    """One mail or text. `key` is the notice's id; a text has neither sender nor subject.

    The body may hold a code that signs somebody in: this is for places where no real person's mail is.
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
    """Where kept mail lies: of all practices, outside of units of work."""

    async def keep(self, mail: CapturedMail) -> None:
        """Put one there, in a transaction of its own."""
        ...

    async def latest(self, limit: int) -> tuple[CapturedMail, ...]:
        """The newest first, by `at` and then `id`."""
        ...


@frozen
class LocalMailer(Mailer, SmsSender):
    """Keeps each mail and text, every time it is asked to, and refuses the mail that could not be sent."""

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
