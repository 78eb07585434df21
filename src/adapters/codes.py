"""Sends the codes that notices request. Accounts, the identity provider or notifications generate them."""

from attrs import frozen

from portal_core.accounts.invitation_views import IssuedCode
from portal_core.accounts.use_cases.issue_email_change_code import IssueEmailChangeCode, IssueEmailChangeCodeCommand
from portal_core.accounts.use_cases.issue_invitation_code import IssueInvitationCode
from portal_core.accounts.use_cases.send_mailed_code import SendMailedCode, SendMailedCodeCommand
from portal_core.kernel.actor import SystemActor
from portal_core.notifications.ports import CodeRequest, CodeSender
from portal_core.notifications.use_cases.mail_code import MailCode, MailCodeCommand
from portal_core.notifications.use_cases.mail_safe_email_code import MailSafeEmailCode, MailSafeEmailCodeCommand


@frozen
class AccountCodes(CodeSender):
    """The identity provider mails the codes that prove a sign-in email; the portal mails the accounts' other codes."""

    provider: SendMailedCode
    invitation_code: IssueInvitationCode
    email_change_code: IssueEmailChangeCode
    safe_email_code: MailSafeEmailCode
    mail: MailCode

    async def send_code(self, actor: SystemActor, order: CodeRequest) -> bool:
        match order:
            case CodeRequest(purpose="verify_email" | "reset_password" as purpose, account_id=account_id) if account_id:
                await self.provider(actor, SendMailedCodeCommand(account_id, purpose))
                return True
            case CodeRequest(purpose="change_email", account_id=account_id, subject_id=subject_id) if (
                account_id and subject_id
            ):
                command = IssueEmailChangeCodeCommand(account_id, subject_id)
                return await self._mail(actor, order, await self.email_change_code(actor, command))
            case CodeRequest(purpose="safe_email", account_id=account_id, subject_id=subject_id) if (
                account_id and subject_id
            ):
                return await self.safe_email_code(actor, MailSafeEmailCodeCommand(order.key, account_id, subject_id))
            case CodeRequest(purpose="invitation", subject_id=subject_id) if subject_id:
                return await self._mail(actor, order, await self.invitation_code(actor, subject_id))
            case _:
                return False

    async def _mail(self, actor: SystemActor, order: CodeRequest, issued: IssuedCode | None) -> bool:
        if issued is None:
            return False
        command = MailCodeCommand(
            order.key,
            issued.email,
            order.purpose,
            issued.code,
            order.account_id,
            issued.label,
            issued.client_id,
            issued.expires_at,
        )
        await self.mail(actor, command)
        return True
