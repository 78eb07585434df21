"""Ports of proxy access."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Literal, Protocol
from uuid import UUID

from portal_core.access.model import Grant
from portal_core.access.views import GrantHolderView
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.uow import UnitOfWork


class Grants(Protocol):
    """Proxies' grants."""

    async def get(self, client_id: UUID, grant_id: UUID) -> Grant | None: ...

    async def add(self, grant: Grant, audit_entry: AuditEntry) -> None:
        """Raises:
        GrantExists: this account already has an active grant on this client.
        """
        ...

    async def save(self, grant: Grant, audit_entry: AuditEntry) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        """
        ...

    async def list_for_client(self, client_id: UUID) -> tuple[Grant, ...]:
        """All grants on this client's record, newest first, including those that have ended."""
        ...

    async def list_with_holders(self, client_id: UUID) -> tuple[tuple[Grant, GrantHolderView], ...]:
        """As `list_for_client`, each with its holder; for clients and proxies without what they are to the practice."""
        ...

    async def proxy_managed(self, client_ids: Collection[UUID]) -> frozenset[UUID]:
        """Those of these clients whose profile a proxy may write by an active grant."""
        ...

    async def list_held_by(self, account_id: UUID) -> tuple[tuple[Grant, str], ...]:
        """Active grants of this account, in force or not, each with `Client.display_name`; by sort name, then id."""
        ...

    async def list_expired(self, today: date, limit: int) -> tuple[Grant, ...]:
        """Active grants whose last day has passed, the longest past first."""
        ...


class GrantClient(Protocol):
    """The client whose record a grant opens."""

    @property
    def id(self) -> UUID: ...
    @property
    def date_of_birth(self) -> date: ...
    @property
    def state(self) -> str | None: ...


class GrantPractice(Protocol):
    """The practice, whose state and local date apply."""

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

    async def destroyed(self, client_ids: Collection[UUID]) -> frozenset[UUID]: ...


class GrantPractices(Protocol):
    async def get(self) -> GrantPractice: ...


class GrantHolders(Protocol):
    async def find_by_email(self, side: Literal["portal", "practice"], email: str) -> GrantHolder | None: ...


class AccessUnit(UnitOfWork, Protocol):
    """The unit of work of proxy access."""

    @property
    def grants(self) -> Grants: ...
    @property
    def client_records(self) -> GrantClients: ...
    @property
    def practice_record(self) -> GrantPractices: ...
    @property
    def accounts(self) -> GrantHolders: ...
