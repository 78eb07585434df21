"""Split off."""

from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from attrs import frozen

from portal_core.access.ports import Grants
from portal_core.kernel.actor import SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import UnitOfWork
from portal_core.people.model import Client, Clinician, Practice, StaffMember
from portal_core.people.views import ClientSummaryView


class PracticeRecord(Protocol):
    """The practice itself."""

    async def get(self) -> Practice: ...

    async def save(self, practice: Practice, audit_entry: AuditEntry) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        HostTaken: another practice has one of its hosts.
        """
        ...


class ClientRecords(Protocol):
    """Clients, as the EHR gave them to the portal."""

    async def get(self, client_id: UUID) -> Client | None: ...

    async def find_by_external_id(self, external_id: str) -> Client | None: ...

    async def add(self, client: Client, audit_entry: AuditEntry) -> None:
        """With the key that encrypts the record. Raises:
        DuplicateExternalId: another client has it.
        """
        ...

    async def save(self, client: Client, audit_entry: AuditEntry) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        DuplicateExternalId: another client has its external id.
        """
        ...

    async def destroy_key(self, client_id: UUID, audit_entry: AuditEntry) -> bool:
        """Make all that the client's key seals unreadable, for good; whether there was a key to destroy.

        Sealed fields read as None from then on, and none can be written: `NotFound`. The rest of the record, and the
        audit trail, stay.
        """
        ...

    async def page(self, name_prefix: str, page: PageRequest) -> Page[ClientSummaryView]:
        """By `Client.sort_name`, then id: those whose sort name begins with `name_prefix` (folded); all when empty."""
        ...


class ClinicianRecords(Protocol):
    """Those who see clients."""

    async def get(self, clinician_id: UUID) -> Clinician | None: ...

    async def find_by_external_id(self, external_id: str) -> Clinician | None: ...

    async def all(self) -> tuple[Clinician, ...]:
        """By name, then id; those who left as well."""
        ...

    async def add(self, clinician: Clinician, audit_entry: AuditEntry) -> None:
        """Raises:
        DuplicateExternalId: another clinician has it.
        """
        ...

    async def save(self, clinician: Clinician, audit_entry: AuditEntry) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        DuplicateExternalId: another clinician has its external id.
        """
        ...


class StaffRecords(Protocol):
    """Those who work at the practice."""

    async def get(self, staff_id: UUID) -> StaffMember | None: ...

    async def find_by_email(self, email: str) -> StaffMember | None:
        """`email` normalised; those who left as well."""
        ...

    async def all(self) -> tuple[StaffMember, ...]:
        """By name, then id; those who left as well."""
        ...

    async def lock_administrators(self) -> frozenset[UUID]:
        """The ids of those who administer the practice; others who ask wait for this unit to end."""
        ...

    async def add(self, member: StaffMember, audit_entry: AuditEntry) -> None:
        """Raises:
        DuplicateStaff: another member has it.
        """
        ...

    async def save(self, member: StaffMember, audit_entry: AuditEntry) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        DuplicateStaff: another member has its email.
        """
        ...


class CareTeams(Protocol):
    """Which clinicians see a client."""

    async def of(self, client_id: UUID) -> tuple[UUID, ...]:
        """In the order of their ids."""
        ...

    async def assign(self, client: Client, clinicians: tuple[UUID, ...], audit_entry: AuditEntry) -> None:
        """These and no others, and the client is at this version. Both sides exist: the caller has read them.

        Raises:
            StaleVersion: the client or the team changed after they were read.
        """
        ...


class PersonAccount(Protocol):
    """An account, as far as people are concerned."""

    @property
    def id(self) -> UUID: ...
    @property
    def email(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def client_id(self) -> UUID | None: ...


class PersonAccounts(Protocol):
    async def find_by_person(self, side: Literal["portal", "practice"], person_id: UUID) -> PersonAccount | None: ...

    async def find_by_email(self, side: Literal["portal", "practice"], email: str) -> PersonAccount | None: ...


class AccountSessions(Protocol):
    async def end_all(self, account_id: UUID, at: datetime, audit_entry: AuditEntry) -> None: ...


class PeopleUnit(UnitOfWork, Protocol):
    """The unit of work of everything about people."""

    @property
    def practice_record(self) -> PracticeRecord: ...
    @property
    def client_records(self) -> ClientRecords: ...
    @property
    def clinician_records(self) -> ClinicianRecords: ...
    @property
    def staff_records(self) -> StaffRecords: ...
    @property
    def care_teams(self) -> CareTeams: ...
    @property
    def grants(self) -> Grants: ...
    @property
    def accounts(self) -> PersonAccounts: ...
    @property
    def sessions(self) -> AccountSessions: ...


class PracticeFactory(Protocol):
    """Makes practices."""

    async def create(self, actor: SystemActor, practice: Practice, audit_entry: AuditEntry) -> None:
        """The practice and its key, whole or not at all; `actor` acts for the new practice.

        Raises:
            SlugTaken, HostTaken: another practice has it.
            Unavailable: the master key does not answer.
        """
        ...


@frozen
class PracticeLocator:
    """How requests name practices: all that is known before anybody signs in."""

    id: UUID
    slug: str
    hosts: tuple[str, ...]


class PracticeDirectory(Protocol):
    """Finds the practice that a request is for."""

    async def all(self) -> tuple[PracticeLocator, ...]:
        """Every practice of the deployment, by id. May be up to half a minute old."""
        ...
