"""What an adapter provides to the contract suites of people: a fresh practice, and ways to add people."""

from abc import ABC, abstractmethod
from datetime import date, timedelta
from uuid import UUID

from attrs import evolve

from portal_core.access.model import Grant, GrantTerms
from portal_core.accounts.email_change import EmailChange
from portal_core.accounts.invitations import INVITATION_LIFETIME, Invitation
from portal_core.accounts.model import Account, AccountKind, AccountStatus
from portal_core.kernel.actor import ClientActor, ProxyActor, Role, StaffActor, SystemActor, VisitorActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.sources import IdSource
from portal_core.kernel.uow import Begin
from portal_core.people.model import Client, Clinician, Practice, StaffMember
from portal_core.people.ports import PeopleUnit, PracticeDirectory, PracticeFactory
from tests.support.clock import FixedClock
from tests.support.contracts.people.erasing import erase_record

AUDIT_ENTRY = AuditEntry("test.wrote")
DATE_OF_BIRTH = date(1990, 5, 17)
TODAY = date(2026, 3, 2)


class PeopleWorld(ABC):
    """A fresh practice in New York. `forbidden` is the error raised by a write outside of the actor's scope."""

    begin: Begin[PeopleUnit]
    practice_factory: PracticeFactory
    directory: PracticeDirectory
    clock: FixedClock
    ids: IdSource
    practice: Practice
    forbidden: tuple[type[Exception], ...]

    @abstractmethod
    async def audit(self) -> list[AuditEntry]:
        """The practice's committed entries, oldest first."""

    @abstractmethod
    async def jobs(self) -> list[tuple[str, dict[str, UUID]]]:
        """The practice's committed jobs and events but those of notices, with their ids, oldest first."""

    @abstractmethod
    async def other_practice(self) -> "PeopleWorld":
        """Another practice in the same store, on the same clock."""

    async def add_practice(self, **more: object) -> Practice:
        """Store another practice."""
        practice_id = self.ids.new()
        defaults = {
            "slug": f"p{practice_id.hex}",
            "name": "Elm Street",
            "time_zone": "America/New_York",
            "state": "NY",
        }
        practice = Practice(id=practice_id, created_at=self.clock.now(), **(defaults | more))  # type: ignore[arg-type]
        await self.practice_factory.create(SystemActor(practice_id, "add_practice"), practice, AUDIT_ENTRY)
        return practice

    @property
    def practice_id(self) -> UUID:
        return self.practice.id

    @property
    def system(self) -> SystemActor:
        return SystemActor(self.practice_id, "test")

    @property
    def visitor(self) -> VisitorActor:
        return VisitorActor(self.practice_id)

    def staff(self, *roles: Role) -> StaffActor:
        return StaffActor(self.practice_id, UUID(int=77), frozenset(roles or ("administrator",)))

    def as_client(self, client_id: UUID, account_id: UUID | None = None) -> ClientActor:
        return ClientActor(self.practice_id, account_id or UUID(int=55), client_id)

    def as_proxy(self, account_id: UUID, client_id: UUID | None = None) -> ProxyActor:
        return ProxyActor(self.practice_id, account_id, client_id, frozenset({"profile"}), True)

    async def add_client(self, given: str = "Ann", family: str = "Lee", **more: object) -> Client:
        values = {"date_of_birth": DATE_OF_BIRTH, "created_at": self.clock.now()} | more
        client = Client(self.ids.new(), self.practice_id, given, family, **values)  # type: ignore[arg-type]
        async with self.begin(self.system) as unit:
            await unit.client_records.add(client, AUDIT_ENTRY)
            await unit.commit(None)
        return client

    async def erase(self, client_id: UUID) -> tuple[UUID, ...]:
        """Erase a record as two administrators do; returns the client's accounts."""
        return await erase_record(self.begin, self.practice_id, client_id, self.clock, self.ids)

    async def add_clinician(self, name: str = "Dr. Grey", **more: object) -> Clinician:
        clinician = Clinician(self.ids.new(), self.practice_id, name, **more)  # type: ignore[arg-type]
        async with self.begin(self.system) as unit:
            await unit.clinician_records.add(clinician, AUDIT_ENTRY)
            await unit.commit(None)
        return clinician

    async def add_staff(self, email: str = "sam@elm.example", name: str = "Sam Wu", **more: object) -> StaffMember:
        values = {"roles": frozenset({"front_desk"})} | more
        member = StaffMember(self.ids.new(), self.practice_id, name, email, **values)  # type: ignore[arg-type]
        async with self.begin(self.system) as unit:
            await unit.staff_records.add(member, AUDIT_ENTRY)
            await unit.commit(None)
        return member

    async def add_account(
        self,
        email: str,
        kind: AccountKind = "proxy",
        *,
        client_id: UUID | None = None,
        staff_id: UUID | None = None,
        status: AccountStatus = "active",
    ) -> Account:
        account = Account(self.ids.new(), self.practice_id, email, kind, self.clock.now(), client_id, staff_id, status)
        async with self.begin(self.system) as unit:
            await unit.accounts.add(account, AUDIT_ENTRY)
            await unit.commit(None)
        return account

    def grant(self, client_id: UUID, account_id: UUID, **more: object) -> Grant:
        """A grant that is not stored yet."""
        values = {
            "relationship": "parent",
            "areas": frozenset({"profile"}),
            "may_write": False,
            "starts_on": TODAY,
            "granted_by": UUID(int=77),
            "granted_at": self.clock.now(),
        } | more
        return Grant(self.ids.new(), self.practice_id, client_id, account_id, **values)  # type: ignore[arg-type]

    async def add_grant(self, client_id: UUID, account_id: UUID, **more: object) -> Grant:
        grant = self.grant(client_id, account_id, **more)
        async with self.begin(self.system) as unit:
            await unit.grants.add(grant, AUDIT_ENTRY)
            await unit.commit(None)
        return grant

    async def save_grant(self, grant: Grant) -> Grant:
        async with self.begin(self.system) as unit:
            await unit.grants.save(grant, AUDIT_ENTRY)
            await unit.commit(None)
        return grant

    async def add_invitation(
        self, client_id: UUID | None, email: str = "ann@example.org", **more: object
    ) -> Invitation:
        now = self.clock.now()
        values = {"kind": "client", "created_at": now, "expires_at": now + INVITATION_LIFETIME} | more
        invitation = Invitation(
            self.ids.new(),
            self.practice_id,
            email=email,
            client_id=client_id,
            **values,  # type: ignore[arg-type]
        )
        if invitation.kind == "proxy" and invitation.terms is None:
            invitation = evolve(invitation, terms=GrantTerms("parent"))
        async with self.begin(self.system) as unit:
            await unit.invitations.add(invitation, AUDIT_ENTRY)
            await unit.commit(None)
        return invitation

    async def add_change(self, account: Account, new_email: str = "new@example.org") -> EmailChange:
        now = self.clock.now()
        change = EmailChange(
            self.ids.new(), self.practice_id, account.id, account.email, new_email, now, now + timedelta(hours=1)
        )
        async with self.begin(self.as_proxy(account.id)) as unit:
            await unit.email_changes.add(change, AUDIT_ENTRY)
            await unit.commit(None)
        return change
