"""The use cases of a practice and its people over any adapter, with an identity provider in memory."""

from datetime import date
from typing import Any
from uuid import UUID

from attrs import define, field

from adapters.local.password_strength import ZxcvbnStrength
from adapters.memory.accounts.identity_provider import MemoryCredentials, MemoryPasswords, MemoryPool
from adapters.memory.accounts.identity_provider import MemorySecondFactors as MemoryFactors
from adapters.memory.engine.limits import MemoryRateLimits
from portal_core.access.model import GrantTerms
from portal_core.accounts.identity_provider import Accepted, Credential
from portal_core.accounts.model import Account, Side
from portal_core.accounts.reauthentication import Reauthentication
from portal_core.accounts.use_cases.accept_invitation import AcceptInvitation, AcceptInvitationCommand
from portal_core.accounts.use_cases.confirm_email_change import ConfirmEmailChange
from portal_core.accounts.use_cases.invite_client import InviteClient, InviteClientCommand
from portal_core.accounts.use_cases.invite_proxy import InviteProxy, InviteProxyCommand
from portal_core.accounts.use_cases.invite_staff import InviteStaff
from portal_core.accounts.use_cases.issue_email_change_code import IssueEmailChangeCode, IssueEmailChangeCodeCommand
from portal_core.accounts.use_cases.issue_invitation_code import IssueInvitationCode
from portal_core.accounts.use_cases.request_email_change import RequestEmailChange
from portal_core.accounts.use_cases.withdraw_disallowed_invitations import WithdrawDisallowedInvitations
from portal_core.accounts.use_cases.withdraw_excluded_invitations import WithdrawExcludedInvitations
from portal_core.accounts.views import AccountView
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import PageRequest
from tests.support.clock import CountingTokens
from tests.support.contracts.people.world import DATE_OF_BIRTH, PeopleWorld

ANN = "ann@example.org"
PA = "pa@example.org"
PASSWORD = "correct horse battery"


@define
class PeopleUseCases:
    """The use cases of one practice."""

    world: PeopleWorld
    tokens: CountingTokens = field(factory=CountingTokens)
    pool: MemoryPool = field(init=False)
    limits: MemoryRateLimits = field(init=False)
    accept: AcceptInvitation = field(init=False)
    request_change: RequestEmailChange = field(init=False)
    confirm_change: ConfirmEmailChange = field(init=False)

    def __attrs_post_init__(self) -> None:
        world, clock, ids = self.world, self.world.clock, self.world.ids
        self.pool, self.limits = MemoryPool(clock, self.tokens), MemoryRateLimits(clock)
        passwords, credentials = MemoryPasswords(self.pool), MemoryCredentials(self.pool)
        self.accept = AcceptInvitation(world.begin, clock, ids, passwords, credentials, ZxcvbnStrength(), self.limits)
        reauthentication = Reauthentication(world.begin, passwords, MemoryFactors(self.pool), self.limits)
        self.request_change = RequestEmailChange(world.begin, clock, ids, reauthentication)
        self.confirm_change = ConfirmEmailChange(world.begin, clock, credentials, self.limits)

    @property
    def invite_client(self) -> InviteClient:
        return InviteClient(self.world.begin, self.world.clock, self.world.ids)

    @property
    def invite_proxy(self) -> InviteProxy:
        return InviteProxy(self.world.begin, self.world.clock, self.world.ids)

    @property
    def invite_staff(self) -> InviteStaff:
        return InviteStaff(self.world.begin, self.world.clock, self.world.ids)

    async def code(self, invitation_id: UUID) -> str:
        """Issue the invitation's code, as the worker does when it mails it."""
        issue = IssueInvitationCode(self.world.begin, self.world.clock, self.tokens)
        issued = await issue(self.world.system, invitation_id)
        assert issued is not None
        return issued.code

    async def change_code(self, account_id: UUID, change_id: UUID) -> str:
        """Issue the code of an email change, as the worker does when it mails it."""
        issue = IssueEmailChangeCode(self.world.begin, self.world.clock, self.tokens)
        issued = await issue(self.world.system, IssueEmailChangeCodeCommand(account_id, change_id))
        assert issued is not None
        return issued.code

    async def accepted(self, email: str, code: str, **more: Any) -> AccountView:
        values = {"password": PASSWORD, "date_of_birth": DATE_OF_BIRTH} | more
        return await self.accept(self.world.visitor, AcceptInvitationCommand(email, code, **values))

    async def withdraw_impossible(self) -> None:
        """Run the jobs that withdraw invitations, as the worker does after each commit. They may be run again."""
        for name, ids in await self.world.jobs():
            if name == "withdraw_excluded_invitations":
                await WithdrawExcludedInvitations(self.world.begin)(self.world.system, ids["account_id"])
            if name == "record_rules_changed":
                withdraw = WithdrawDisallowedInvitations(self.world.begin, self.world.clock)
                await withdraw(self.world.system, ids["client_id"])

    async def open_invitations(self) -> set[UUID]:
        """The ids of invitations that staff see as open."""
        async with self.world.begin(self.world.system) as unit:
            found = await unit.invitations.page(PageRequest(size=100))
        return {one.id for one in found.items if one.state == "open"}

    async def add_client_with_account(self, email: str = ANN, **more: Any) -> Account:
        """Add a client who was invited and has accepted."""
        client = await self.world.add_client(email=email, **more)
        invitation = await self.invite_client(self.world.staff("front_desk"), InviteClientCommand(client.id))
        view = await self.accepted(email, await self.code(invitation.id), date_of_birth=client.date_of_birth)
        return await self.account(view.id)

    async def add_proxy_for(self, client_id: UUID, email: str = PA, terms: GrantTerms | None = None) -> Account:
        """Add a proxy who was invited and has accepted."""
        command = InviteProxyCommand(client_id, email, terms or GrantTerms("parent"))
        invitation = await self.invite_proxy(self.world.staff("clinician"), command)
        view = await self.accepted(email, await self.code(invitation.id))
        return await self.account(view.id)

    async def account(self, account_id: UUID) -> Account:
        async with self.world.begin(self.world.system) as unit:
            account: Account | None = await unit.accounts.get(account_id)
        assert account is not None
        return account

    async def password_accepted(self, account_id: UUID, password: str = PASSWORD, side: Side = "portal") -> bool:
        """Whether the identity provider accepts this password for the account."""
        credential = Credential(self.world.practice_id, side, account_id, "")
        return isinstance(await MemoryPasswords(self.pool).check(credential, password), Accepted)

    async def audit_entries(self, *actions: str) -> list[AuditEntry]:
        """The entries of these actions, oldest first."""
        return [entry for entry in await self.world.audit() if entry.action in actions]


def birthday(age: int, on: date = date(2026, 3, 2)) -> date:
    """The date of birth of a person who turns `age` on that day."""
    return on.replace(year=on.year - age)
