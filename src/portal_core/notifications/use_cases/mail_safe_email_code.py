"""Generates and mails the code that confirms a safe email."""

from uuid import UUID

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_system
from portal_core.kernel.sources import Clock, TokenSource
from portal_core.kernel.uow import Begin
from portal_core.notifications.policy import letterhead
from portal_core.notifications.ports import Mail, Mailer, NotificationsUnit
from portal_core.notifications.rendering import render_code_mail


@frozen
class MailSafeEmailCodeCommand:
    key: UUID
    account_id: UUID
    verification_id: UUID


@frozen
class MailSafeEmailCode:
    """Generates a code, stores its hash, and mails it to the address that it proves. Earlier codes stop working.

    The address may be a stranger's, so the mail always uses the neutral sender, whatever the account's settings are.
    A job, for the kind `safe_email_code`. Returns False and sends nothing when the verification is no longer pending.
    Raises as `Mailer.send` does, and:

    Raises:
        Forbidden: the actor is not a job.
        StaleVersion: another address was requested at the same time.
    """

    begin: Begin[NotificationsUnit]
    clock: Clock
    tokens: TokenSource
    mailer: Mailer

    async def __call__(self, actor: Actor, command: MailSafeEmailCodeCommand) -> bool:
        async with self.begin(actor) as unit:
            require_system(actor)
            recipient = await unit.recipients.account(command.account_id)
            verification = await unit.notification_settings.verification(command.account_id)
            if recipient is None or verification is None or verification.id != command.verification_id:
                return False
            if not verification.is_pending(self.clock.now()):
                return False
            code = self.tokens.code()
            issued = AuditEntry("safe_email.code_issued", command.account_id)
            await unit.notification_settings.save_verification(verification.issue(code), issued)
            await unit.commit(None)
        words = render_code_mail(
            "safe_email", code, letterhead(recipient, neutral=True), expires_at=verification.expires_at
        )
        await self.mailer.send(Mail(command.key, verification.email, words.sender, words.subject, words.body))
        return True
