"""The job that processes visitors' email requests; only here does it matter whether the email is known."""

from datetime import date
from uuid import UUID

from attrs import frozen

from portal_core.accounts.client_invitations import may_have_account
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.model import Account, EmailRequest
from portal_core.accounts.use_cases.withdraw_excluded_invitations import WithdrawExcludedInvitations
from portal_core.kernel.actor import SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_system
from portal_core.kernel.notices import ACCOUNT_LOCKED, ALREADY_REGISTERED, RESET_PASSWORD, VERIFY_EMAIL
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin


@frozen
class ProcessEmailRequest:
    """Processes a visitor's request about an email once, and notifies only the holder of the email.

    - `register`: a client without an account gets an unverified one and a code; an unverified account gets a new
      code; an active one gets a notice that it exists. An email that is no client's gets nothing, nor does one of a
      client who is too young for an account of their own, or whose record's key was destroyed.
    - `verify_email`, `reset_password`: a code, of the type that the account's status requires; staff who sign in
      through their identity provider have no password here to reset.
    - `locked`: the account is notified that sign-in is locked.

    The worker runs it with the id of the email request. A rerun finds the request taken and does nothing.

    Raises:
        AlreadyRegistered: a concurrent registration of the same person won; the next run finds their account.
    """

    begin: Begin[AccountsUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: SystemActor, email_request_id: UUID) -> None:
        async with self.begin(actor) as unit:
            require_system(actor)
            email_request = await unit.email_requests.take(email_request_id)
            if email_request is None:
                return
            account = await unit.accounts.find_by_email(email_request.side, email_request.email)
            if account is not None:
                await self._notify(unit, email_request, account)
            elif email_request.date_of_birth is not None:
                await self._register(unit, email_request, email_request.date_of_birth)
            await unit.commit(None)

    async def _notify(self, unit: AccountsUnit, email_request: EmailRequest, account: Account) -> None:
        match account.status, email_request.purpose:
            case "unverified", "register" | "verify_email" | "reset_password":
                kind = VERIFY_EMAIL
            case "active", "register":
                kind = ALREADY_REGISTERED
            case "active", "reset_password" if account.external is None:
                kind = RESET_PASSWORD
            case "active", "locked":
                kind = ACCOUNT_LOCKED
            case _:
                return
        await unit.outbox.notify(kind.to_account(account.id, subject_id=account.id))

    async def _register(self, unit: AccountsUnit, email_request: EmailRequest, date_of_birth: date) -> None:
        client_id = await unit.people.find_unregistered_client(email_request.email, date_of_birth)
        client = None if client_id is None else await unit.client_records.get(client_id)
        now = self.clock.now()
        if client is None or await unit.client_records.destroyed((client.id,)):
            return
        if not may_have_account(client, await unit.practice_record.get(), now):
            return
        account = Account(
            id=self.ids.new(),
            practice_id=email_request.practice_id,
            email=email_request.email,
            kind="client",
            created_at=now,
            client_id=client.id,
        )
        await unit.accounts.add(account, AuditEntry("account.registered", account.id, client.id))
        await unit.outbox.defer(WithdrawExcludedInvitations, account_id=account.id)
        await unit.outbox.notify(VERIFY_EMAIL.to_account(account.id, subject_id=account.id))
