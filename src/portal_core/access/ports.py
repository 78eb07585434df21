"""Split off."""

from datetime import date, datetime
from typing import Literal, Protocol
from uuid import UUID

from portal_core.access.model import Grant
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.uow import UnitOfWork


class Grants(Protocol):
    """Proxies' access."""

    async def get(self, client_id: UUID, grant_id: UUID) -> Grant | None: ...

    async def add(self, grant: Grant, audit_entry: AuditEntry) -> None:
        """Raises:
        GrantExists: one that stands is there for this account and client.
        """
        ...

    async def save(self, grant: Grant, audit_entry: AuditEntry) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        """
        ...

    async def list_for_client(self, client_id: UUID) -> tuple[Grant, ...]:
        """All over this client's record, the newest first; those that are over as well."""
        ...

    async def list_held_by(self, account_id: UUID) -> tuple[tuple[Grant, str], ...]:
        """Those of this account that stand, in force or not, each with `Client.display_name`; by sort name, then id."""
        ...

    async def list_expired(self, today: date, limit: int) -> tuple[Grant, ...]:
        """Those that stand and whose last day has passed, the longest past first."""
        ...


class GrantClient(Protocol):
    """The client whose record it is."""

    @property
    def id(self) -> UUID: ...
    @property
    def date_of_birth(self) -> date: ...
    @property
    def state(self) -> str | None: ...


class GrantPractice(Protocol):
    """The practice, whose law and date count."""

    @property
    def id(self) -> UUID: ...
    @property
    def state(self) -> str | None: ...
    def today(self, now: datetime) -> date: ...


class GrantHolder(Protocol):
    """An account that may hold a grant."""

    @property
    def id(self) -> UUID: ...
    @property
    def status(self) -> str: ...
    @property
    def client_id(self) -> UUID | None: ...


class GrantClients(Protocol):
    async def get(self, client_id: UUID) -> GrantClient | None: ...


class GrantPractices(Protocol):
    async def get(self) -> GrantPractice: ...


class GrantHolders(Protocol):
    async def find_by_email(self, side: Literal["portal", "practice"], email: str) -> GrantHolder | None: ...


class AccessUnit(UnitOfWork, Protocol):
    """The unit of work of access."""

    @property
    def grants(self) -> Grants: ...
    @property
    def client_records(self) -> GrantClients: ...
    @property
    def practice_record(self) -> GrantPractices: ...
    @property
    def accounts(self) -> GrantHolders: ...
