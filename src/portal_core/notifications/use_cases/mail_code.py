"""Mails a code that somebody else has made."""

from uuid import UUID

from attrs import field, frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_system
from portal_core.kernel.notices import CodePurpose
from portal_core.kernel.uow import Begin
from portal_core.notifications.errors import MailRefused
from portal_core.notifications.policy import letterhead
from portal_core.notifications.ports import Mail, Mailer, NotificationsUnit
from portal_core.notifications.rendering import render_code_mail


@frozen
class MailCodeCommand:
    """`to` is the address that the code proves; `account_id` is None for somebody who is only invited yet."""

    key: UUID
    to: str
    purpose: CodePurpose
    code: str = field(repr=False)
    account_id: UUID | None = None


@frozen
class MailCode:
    """Writes a code's mail in the practice's name and the holder's language, and sends it; nothing is kept.

    A job, called by a `CodeSender` whose identity provider does not mail by itself. Raises as `Mailer.send` does:

    Raises:
        MailRefused: also when the account does not exist.
        MailNotSent: another try is safe, with a fresh code.
    """

    begin: Begin[NotificationsUnit]
    mailer: Mailer

    async def __call__(self, actor: Actor, command: MailCodeCommand) -> str:
        async with self.begin(actor) as unit:
            require_system(actor)
            if command.account_id is None:
                recipient = await unit.recipients.unregistered(command.to)
            else:
                known = await unit.recipients.account(command.account_id)
                if known is None:
                    raise MailRefused("no_account")
                recipient = known
        words = render_code_mail(command.purpose, command.code, letterhead(recipient))
        return await self.mailer.send(Mail(command.key, command.to, words.sender, words.subject, words.body))
