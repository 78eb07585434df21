"""Send a notice that carries a code."""

from uuid import UUID

from attrs import frozen

from portal_core.accounts.identity_provider import Credential, MailedCodePurpose, MailedCodes
from portal_core.accounts.ports import SignInUnit
from portal_core.kernel.actor import SystemActor
from portal_core.kernel.authorization import require_system
from portal_core.kernel.uow import Begin


@frozen
class SendMailedCodeCommand:
    account_id: UUID
    purpose: MailedCodePurpose


@frozen
class SendMailedCode:
    """Has the identity provider create and mail a code, if the account still needs one of that purpose.

    For jobs: the notifications feature calls this for the kinds `verify_email` and `reset_password`.

    Raises:
        Unavailable: the provider or the mail service does not respond.
    """

    begin: Begin[SignInUnit]
    codes: MailedCodes

    async def __call__(self, actor: SystemActor, command: SendMailedCodeCommand) -> None:
        async with self.begin(actor) as unit:
            require_system(actor)
            account = await unit.accounts.get(command.account_id)
        needed = "unverified" if command.purpose == "verify_email" else "active"
        if account is not None and account.status == needed:
            await self.codes.send(Credential.of(account), command.purpose)
