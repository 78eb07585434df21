"""Open an account from an invitation."""

from datetime import date, datetime

from attrs import evolve, frozen

from portal_core.access.errors import GrantExists, GrantNotAllowed
from portal_core.access.grant_lifecycle import grant_created_entry
from portal_core.accounts.code_limits import count_code_attempt
from portal_core.accounts.errors import AccountNotOpen, AlreadyRegistered, CodeRefused
from portal_core.accounts.identity_provider import Credential, Credentials, Passwords, PasswordStrength
from portal_core.accounts.invitation_acceptance import is_invitee_allowed
from portal_core.accounts.invitation_errors import InvitationNotOpen
from portal_core.accounts.invitation_grant import grant_from_invitation
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.invitations import Invitation
from portal_core.accounts.model import Account
from portal_core.accounts.password_policy import check_new_password, forbidden_words
from portal_core.accounts.policy import CODES_BY_ADDRESS
from portal_core.accounts.use_cases.end_credential import EndCredential
from portal_core.accounts.use_cases.withdraw_excluded_invitations import WithdrawExcludedInvitations
from portal_core.accounts.views import AccountView
from portal_core.kernel.actor import SystemActor, VisitorActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.contact import normalize_email
from portal_core.kernel.errors import FieldError, Invalid
from portal_core.kernel.limits import RateLimits
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin


@frozen
class AcceptInvitationCommand:
    """`date_of_birth` is required of clients, and ignored for others."""

    email: str
    code: str
    password: str
    date_of_birth: date | None = None


@frozen
class AcceptInvitation:
    """Creates the account of an invited person; the mailed code proves the email, so it is active at once.

    Anyone may try, and it signs nobody in. An unknown, wrong, used or expired code and a wrong date of birth get the
    same response. So does the code of a client who is too young for an account by today's rules, and any code to the
    record of a client who was discharged or whose key was destroyed. A proxy's grant is created by today's rules. A
    proxy who already has a portal account keeps it and its password, and the grant is added to it. An account that the
    client registered with another email and never verified is closed.
    The account's id is stored before the identity provider is called, so that an attempt after a crash continues with
    the same account. The record is read as the system, because a visitor has no access to it.

    Raises:
        InvalidEmail: it is not an email address.
        InvalidPassword: the password does not meet the policy.
        RateLimited: too many attempts from this address or its network, or for this email, known or not.
        CodeRefused: no open invitation to this email has this code; audited.
    """

    begin: Begin[AccountsUnit]
    clock: Clock
    ids: IdSource
    passwords: Passwords
    credentials: Credentials
    strength: PasswordStrength
    limits: RateLimits

    async def __call__(self, actor: VisitorActor, command: AcceptInvitationCommand) -> AccountView:
        email = normalize_email(command.email)
        await CODES_BY_ADDRESS.take(self.limits, actor)
        job = SystemActor(actor.practice_id, "accept_invitation", actor.origin)
        async with self.begin(job) as unit:
            rules = await unit.account_rules.get()
        # Checked against the email and the practice's name only: a check against the person's name would reveal it.
        words = forbidden_words(email, rules.practice_name)
        password = await check_new_password(command.password, rules=rules, words=words, strength=self.strength)
        await count_code_attempt(self.limits, actor, email)
        ready = await self._check(job, email, command)
        if ready is None:
            raise _refused()
        invitation, account = ready
        credential = Credential.of(account)
        if account.status == "unverified":
            await self.passwords.create(credential, password)
        try:
            return await self._complete(job, invitation, account)
        except (AlreadyRegistered, AccountNotOpen, InvitationNotOpen, GrantNotAllowed, GrantExists, Invalid):
            # Another request used this code or email first. What the provider stored then belongs to nobody.
            async with self.begin(job) as unit:
                saved = await unit.accounts.get(account.id)
            if saved is None:
                await self.credentials.delete(credential)
            raise _refused() from None

    async def _check(
        self, job: SystemActor, email: str, command: AcceptInvitationCommand
    ) -> tuple[Invitation, Account] | None:
        async with self.begin(job) as unit:
            now = self.clock.now()
            attempted = await unit.invitations.attempt(email, now)
            invitation = next((one for one in attempted if one.matches_code(command.code)), None)
            account = None
            if invitation is not None and await self._matches_person(unit, invitation, command.date_of_birth, now):
                account = await self._account(unit, invitation, now)
            if invitation is None or account is None:
                await unit.audit.record(AuditEntry("invitation.code_refused", outcome="failed"))
                return await unit.commit(None)
            reserved = invitation.reserve(account.id)
            if reserved is not invitation:
                entry = AuditEntry("invitation.code_accepted", invitation.id, record=invitation.client_id)
                await unit.invitations.save(reserved, entry)
            await unit.commit(None)
            return reserved, account

    async def _matches_person(
        self, unit: AccountsUnit, invitation: Invitation, date_of_birth: date | None, now: datetime
    ) -> bool:
        if invitation.kind == "client":
            assert invitation.client_id is not None
            client = await unit.client_records.get(invitation.client_id)
            if client is None or client.date_of_birth != date_of_birth:
                return False
        return await is_invitee_allowed(unit, invitation, now)

    async def _account(self, unit: AccountsUnit, invitation: Invitation, now: datetime) -> Account | None:
        """The account to activate, not yet saved: new, or with an unverified email, or a proxy's existing account."""
        known = await unit.accounts.find_by_email(invitation.side, invitation.email)
        if known is None:
            return Account(
                id=invitation.account_id or self.ids.new(),
                practice_id=invitation.practice_id,
                email=invitation.email,
                kind=invitation.kind,
                created_at=now,
                client_id=invitation.client_id if invitation.kind == "client" else None,
                staff_id=invitation.staff_id,
            )
        if invitation.is_excluded_by(known) or (invitation.kind == "proxy" and known.status != "active"):
            return None
        return known

    async def _complete(self, job: SystemActor, invitation: Invitation, account: Account) -> AccountView:
        async with self.begin(job) as unit:
            now = self.clock.now()
            current = await unit.invitations.get(invitation.id)
            if current is None or current.account_id != account.id:
                raise InvitationNotOpen
            accepted = current.accept(now)
            if not await is_invitee_allowed(unit, current, now):
                raise InvitationNotOpen
            if account.status == "unverified":
                await self._close_registration(unit, invitation, account, now)
                account = await self._verified(unit, account)
            if invitation.kind == "proxy":
                grant = await grant_from_invitation(unit, invitation, self.ids.new(), account_id=account.id, now=now)
                await unit.grants.add(grant, grant_created_entry(grant))
            entry = AuditEntry("invitation.accepted", invitation.id, record=invitation.client_id)
            await unit.invitations.save(accepted, entry)
            await unit.outbox.defer(WithdrawExcludedInvitations, account_id=account.id)
            return await unit.commit(AccountView.of(account))

    async def _close_registration(
        self, unit: AccountsUnit, invitation: Invitation, account: Account, now: datetime
    ) -> None:
        """Close the account that the client registered with another email and never verified."""
        if invitation.client_id is None or invitation.kind != "client":
            return
        registered = await unit.accounts.find_by_person("portal", invitation.client_id)
        if registered is not None and registered.id != account.id and registered.status == "unverified":
            entry = AuditEntry("account.closed", registered.id, record=registered.client_id, facts={"by": "invitation"})
            await unit.accounts.save(registered.close(now), entry)
            await unit.outbox.defer(EndCredential, account_id=registered.id)

    async def _verified(self, unit: AccountsUnit, account: Account) -> Account:
        entry = AuditEntry("account.verified", account.id, record=account.client_id, facts={"by": "invitation"})
        known = await unit.accounts.get(account.id)
        if known is None:
            active = evolve(account, status="active")
            await unit.accounts.add(active, entry)
        else:
            active = known.activate()
            await unit.accounts.save(active, entry)
        return active


def _refused() -> CodeRefused:
    return CodeRefused(FieldError("code", "code_refused", "This code is incorrect or has expired."))
