"""Mails a code that an identity provider or another feature generated."""

from datetime import datetime
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
    """The code to mail. `to` is the address that the code proves; `account_id` is None for an invited person.

    `label` tells the mail from those to others at the same address. `client_id` is the client who is invited. The mail
    says until when the code works, if `expires_at` is given.
    """

    key: UUID
    to: str
    purpose: CodePurpose
    code: str = field(repr=False)
    account_id: UUID | None = None
    label: str = ""
    client_id: UUID | None = None
    expires_at: datetime | None = None


@frozen
class MailCode:
    """Sends a code in the practice's name and the holder's or the invited client's language. Nothing is stored.

    A job, called by a `CodeSender` whose identity provider does not send mail itself. Raises as `Mailer.send` does:

    Raises:
        MailRefused: permanently refused, or the account does not exist.
        MailNotSent: certainly not sent; trying again with a fresh code is safe.
        MailUncertain: it may or may not have been sent.
    """

    begin: Begin[NotificationsUnit]
    mailer: Mailer

    async def __call__(self, actor: Actor, command: MailCodeCommand) -> str:
        async with self.begin(actor) as unit:
            require_system(actor)
            if command.account_id is None:
                recipient = await unit.recipients.unregistered(command.to, command.client_id)
            else:
                known = await unit.recipients.account(command.account_id)
                if known is None:
                    raise MailRefused("no_account")
                recipient = known
        words = render_code_mail(
            command.purpose, command.code, letterhead(recipient), command.label, command.expires_at
        )
        return await self.mailer.send(Mail(command.key, command.to, words.sender, words.subject, words.body))
