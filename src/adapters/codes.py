"""Codes that notices ask for, made by the accounts, the identity provider and the notifications themselves."""

from attrs import frozen

from portal_core.accounts.use_cases.issue_email_change_code import IssueEmailChangeCode
from portal_core.accounts.use_cases.issue_invitation_code import IssueInvitationCode
from portal_core.accounts.use_cases.send_mailed_code import SendMailedCode
from portal_core.accounts.views_invitations import IssuedCode
from portal_core.kernel.actor import SystemActor
from portal_core.notifications.ports import CodeOrder, CodeSender
from portal_core.notifications.use_cases.mail_code import MailCode, MailCodeCommand
from portal_core.notifications.use_cases.mail_safe_email_code import MailSafeEmailCode, MailSafeEmailCodeCommand


@frozen
class AccountCodes(CodeSender):
    """The provider mails what proves a sign-in email; the accounts' own codes are mailed by us."""

    provider: SendMailedCode
    of_invitation: IssueInvitationCode
    of_email_change: IssueEmailChangeCode
    of_safe_email: MailSafeEmailCode
    mail: MailCode

    async def send_code(self, actor: SystemActor, order: CodeOrder) -> bool:
        match order:
            case CodeOrder(purpose="verify_email" | "reset_password" as purpose, account_id=account_id) if account_id:
                await self.provider(actor, account_id, purpose)
                return True
            case CodeOrder(purpose="change_email", account_id=account_id, about=about) if account_id and about:
                return await self._mail(actor, order, await self.of_email_change(actor, account_id, about))
            case CodeOrder(purpose="safe_email", account_id=account_id, about=about) if account_id and about:
                return await self.of_safe_email(actor, MailSafeEmailCodeCommand(order.key, account_id, about))
            case CodeOrder(purpose="invitation", about=about) if about:
                return await self._mail(actor, order, await self.of_invitation(actor, about))
            case _:
                return False

    async def _mail(self, actor: SystemActor, order: CodeOrder, issued: IssuedCode | None) -> bool:
        if issued is None:
            return False
        command = MailCodeCommand(order.key, issued.email, order.purpose, issued.code, order.account_id)
        await self.mail(actor, command)
        return True
