"""Split off."""

from datetime import date, datetime
from typing import Literal, Protocol
from uuid import UUID

from portal_core.access.model import Grant
from portal_core.kernel.audit import Audited
from portal_core.kernel.uow import Unit


class Grants(Protocol):
    """Proxies' access."""

    async def get(self, client_id: UUID, grant_id: UUID) -> Grant | None: ...

    async def add(self, grant: Grant, audited: Audited) -> None:
        """Raises:
        GrantExists: one that stands is there for this account and client.
        """
        ...

    async def save(self, grant: Grant, audited: Audited) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        """
        ...

    async def over(self, client_id: UUID) -> tuple[Grant, ...]:
        """All over this client's record, the newest first; those that are over as well."""
        ...

    async def held_by(self, account_id: UUID) -> tuple[tuple[Grant, str], ...]:
        """Those of this account that stand, in force or not, each with `Client.shown_name`; by sort name, then id."""
        ...

    async def due(self, today: date, limit: int) -> tuple[Grant, ...]:
        """Those that stand and whose last day has passed, the longest past first."""
        ...


class Subject(Protocol):
    """The client whose record it is."""

    @property
    def id(self) -> UUID: ...
    @property
    def born(self) -> date: ...
    @property
    def state(self) -> str | None: ...


class Jurisdiction(Protocol):
    """The practice, whose law and date count."""

    @property
    def id(self) -> UUID: ...
    @property
    def state(self) -> str | None: ...
    def today(self, now: datetime) -> date: ...


class Holder(Protocol):
    """An account that may hold a grant."""

    @property
    def id(self) -> UUID: ...
    @property
    def status(self) -> str: ...
    @property
    def client_id(self) -> UUID | None: ...


class Subjects(Protocol):
    async def get(self, client_id: UUID) -> Subject | None: ...


class Jurisdictions(Protocol):
    async def get(self) -> Jurisdiction: ...


class Holders(Protocol):
    async def find_by_email(self, side: Literal["portal", "practice"], email: str) -> Holder | None: ...


class AccessUnit(Unit, Protocol):
    """The unit of work of access."""

    @property
    def grants(self) -> Grants: ...
    @property
    def client_records(self) -> Subjects: ...
    @property
    def practice_record(self) -> Jurisdictions: ...
    @property
    def accounts(self) -> Holders: ...
