"""What an adapter provides to the contract suites of accounts: a fresh practice, and ways to add people."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from attrs import evolve

from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.model import Account, AccountKind, AccountStatus, Session
from portal_core.accounts.ports import LiveSessions
from portal_core.accounts.settings import AccountSettings
from portal_core.kernel.actor import Actor, Area, ClientActor, ProxyActor, Role, StaffActor, SystemActor, VisitorActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.sources import IdSource
from portal_core.kernel.uow import Begin
from tests.support.clock import FixedClock

AUDIT_ENTRY = AuditEntry("test.wrote")
DATE_OF_BIRTH = date(1990, 5, 17)
IDLE = timedelta(minutes=15)


class AccountsWorld(ABC):
    """A fresh practice in New York called "Elm Street", without settings."""

    begin: Begin[AccountsUnit]
    live: LiveSessions
    clock: FixedClock
    ids: IdSource
    practice_id: UUID

    @abstractmethod
    async def add_client(
        self,
        email: str = "",
        *,
        date_of_birth: date = DATE_OF_BIRTH,
        names: tuple[str, str, str | None] = ("Ann", "Lee", None),
        status: str = "active",
    ) -> UUID:
        """`names`: given, family, chosen."""

    @abstractmethod
    async def add_staff(
        self,
        email: str,
        roles: Iterable[Role] = ("front_desk",),
        *,
        sees_clients: bool = False,
        active: bool = True,
        name: str = "Sam Wu",
    ) -> UUID:
        """Add a staff member, with a clinician if they see clients; see `clinician_of`."""

    @abstractmethod
    async def clinician_of(self, staff_id: UUID) -> UUID | None: ...

    @abstractmethod
    async def add_grant(
        self,
        client_id: UUID,
        account_id: UUID,
        areas: Iterable[Area],
        *,
        may_write: bool = False,
        starts_on: date = date(2026, 1, 1),
        until: date | None = None,
        restricted_from: date | None = None,
    ) -> UUID: ...

    @abstractmethod
    async def revoke_grant(self, client_id: UUID, grant_id: UUID) -> None: ...

    @abstractmethod
    async def set_time_zone(self, time_zone: str) -> None:
        """The practice's time zone."""

    async def set_rules(self, *, time_zone: str = "America/New_York", **settings: Any) -> None:
        """The practice's time zone and its account settings."""
        await self.set_time_zone(time_zone)
        async with self.begin(self.system) as unit:
            await unit.account_settings.save(AccountSettings(**settings), None, AUDIT_ENTRY)
            await unit.commit(None)

    @abstractmethod
    async def audit(self) -> list[AuditEntry]:
        """The practice's committed entries, oldest first."""

    @abstractmethod
    async def jobs(self) -> list[tuple[str, dict[str, UUID]]]:
        """The practice's committed jobs, oldest first, except those that deliver notices."""

    @abstractmethod
    async def other_practice(self) -> "AccountsWorld":
        """Another practice in the same store, on the same clock."""

    @property
    def visitor(self) -> VisitorActor:
        return VisitorActor(self.practice_id)

    @property
    def system(self) -> SystemActor:
        return SystemActor(self.practice_id, "test")

    def actor_for(self, account: Account, session_id: UUID | None = None) -> Actor:
        match account.kind:
            case "client":
                assert account.client_id is not None
                return ClientActor(self.practice_id, account.id, account.client_id, session_id)
            case "proxy":
                return ProxyActor(self.practice_id, account.id, session_id=session_id)
            case "staff":
                return StaffActor(self.practice_id, account.id, frozenset({"front_desk"}), None, session_id)

    async def account(
        self,
        email: str,
        *,
        kind: AccountKind = "client",
        status: AccountStatus = "active",
        client_id: UUID | None = None,
        staff_id: UUID | None = None,
    ) -> Account:
        """Store an account of an existing person."""
        if kind == "client" and client_id is None:
            client_id = await self.add_client(email)
        if kind == "staff" and staff_id is None:
            staff_id = await self.add_staff(email)
        now = self.clock.now()
        account = Account(self.ids.new(), self.practice_id, email, kind, now, client_id, staff_id)
        account = evolve(account, status=status, closed_at=now if status == "closed" else None)
        async with self.begin(self.system) as unit:
            await unit.accounts.add(account, AUDIT_ENTRY)
            await unit.commit(None)
        return account

    def make_session(self, account: Account, name: str = "a") -> Session:
        """A session of eight hours, idle after 15 minutes; its tokens are `access-`, `family-` and `secret-name`."""
        now = self.clock.now()
        return Session(
            id=self.ids.new(),
            account_id=account.id,
            practice_id=self.practice_id,
            kind="cookie",
            access_hash=self.hashed(f"access-{name}"),
            family_hash=self.hashed(f"family-{name}"),
            refresh_hash=self.hashed(f"secret-{name}"),
            created_at=now,
            last_active_at=now,
            access_expires_at=now + timedelta(hours=1),
            ends_at=now + timedelta(hours=8),
            idle_timeout=IDLE,
            device="Firefox",
            address="192.0.2.7",
        )

    def hashed(self, text: str) -> bytes:
        """A hash that is unique to this practice."""
        return hashlib.sha256(f"{self.practice_id} {text}".encode()).digest()

    async def session(self, account: Account, name: str = "a") -> Session:
        """Store a session."""
        session = self.make_session(account, name)
        async with self.begin(self.visitor) as unit:
            await unit.sessions.add(session, AUDIT_ENTRY)
            await unit.commit(None)
        return session

    async def stored(self, account: Account, session: Session) -> Session:
        async with self.begin(self.system) as unit:
            found = await unit.sessions.get(account.id, session.id)
        assert found is not None
        return found
