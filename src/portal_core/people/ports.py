"""Ports of the people feature."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Literal, Protocol
from uuid import UUID

from attrs import frozen

from portal_core.access.ports import Grants
from portal_core.kernel.actor import SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import UnitOfWork
from portal_core.people.erasure import RecordErasure
from portal_core.people.model import ALL_CLIENTS, Client, ClientFilter, Clinician, Practice, StaffMember
from portal_core.people.search import SearchTerms
from portal_core.people.views import ClientAccountView, ClientSummaryView


class PracticeRecord(Protocol):
    """The practice that the actor belongs to."""

    async def get(self) -> Practice: ...

    async def save(self, practice: Practice, audit_entry: AuditEntry) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        HostTaken: another practice has one of its hosts.
        """
        ...


class ClientRecords(Protocol):
    """Clients, as the EHR or staff entered them.

    To a clinician who sees own clients only, the others do not exist (`own_clients_of`).
    """

    async def get(self, client_id: UUID) -> Client | None: ...

    async def find_by_external_id(self, external_id: str) -> Client | None: ...

    async def find_by_external_ids(self, external_ids: Collection[str]) -> dict[str, Client]:
        """The clients that have these external ids, by them."""
        ...

    async def find_by_emails(self, emails: Collection[str]) -> dict[UUID, str]:
        """The clients that have one of these normalized emails on file, each with it."""
        ...

    async def destroyed(self, client_ids: Collection[UUID]) -> frozenset[UUID]:
        """Those of these clients whose key was destroyed."""
        ...

    async def add(self, client: Client, audit_entry: AuditEntry) -> None:
        """Add the client together with a new key that encrypts the record. Raises:
        DuplicateExternalId: another client has its external id.
        """
        ...

    async def save(self, client: Client, audit_entry: AuditEntry) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        DuplicateExternalId: another client has its external id.
        """
        ...

    async def add_all(self, clients: Sequence[Client], audit_entries: Sequence[AuditEntry]) -> None:
        """Add many clients as `add` does. Raises:
        DuplicateExternalId: another client has the external id of one of them.
        """
        ...

    async def save_all(self, clients: Sequence[Client], audit_entries: Sequence[AuditEntry]) -> None:
        """Save many clients as `save` does. Raises:
        StaleVersion: one of them changed after it was read.
        DuplicateExternalId: another client has the external id of one of them.
        """
        ...

    async def erase(self, erasure: RecordErasure, audit_entry: AuditEntry) -> tuple[UUID, ...]:
        """Destroy the client's key and erase who the client is, as a confirmed and saved request asks.

        The key's destruction makes what it encrypts permanently unreadable: encrypted fields read as None and writing
        one raises `RecordDestroyed`. `erased` says what stays of the client; `search` finds them no more. Their
        accounts are closed and lose email, sessions, credentials and settings; addresses of invitations and kept mail
        are erased; proxies' grants end. Appointments keep their times, and the audit log stays whole. Returns the ids
        of the client's accounts.

        Raises:
            UnderLegalHold: the record is under one.
        """
        ...

    async def page(
        self, page: PageRequest, now: datetime, wanted: ClientFilter = ALL_CLIENTS
    ) -> Page[ClientSummaryView]:
        """All clients, or those wanted, by sort name, then id. An account's status is that at `now`."""
        ...

    async def search(
        self, terms: SearchTerms, page: PageRequest, now: datetime, wanted: ClientFilter = ALL_CLIENTS
    ) -> Page[ClientSummaryView]:
        """As `page`, only clients whose search words satisfy all terms (`is_found`)."""
        ...


class RecordErasures(Protocol):
    """Requests to erase records."""

    async def get(self, client_id: UUID, erasure_id: UUID) -> RecordErasure | None: ...

    async def find_open(self, client_id: UUID) -> RecordErasure | None:
        """The one that was neither completed nor withdrawn, even if it has expired."""
        ...

    async def list_open(self, now: datetime) -> tuple[RecordErasure, ...]:
        """The oldest `MAX_LISTED` of the practice that can be confirmed, in order."""
        ...

    async def add(self, erasure: RecordErasure, audit_entry: AuditEntry) -> None:
        """Raises:
        ErasureOpen: the client has an open one.
        """
        ...

    async def save(self, erasure: RecordErasure, audit_entry: AuditEntry) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        """
        ...


class LegalHolds(Protocol):
    """Records that must be kept."""

    async def is_held(self, client_id: UUID) -> bool: ...

    async def place(self, client_id: UUID, by: UUID | None, at: datetime, audit_entry: AuditEntry) -> None:
        """Place a hold; does nothing if there is one."""
        ...

    async def lift(self, client_id: UUID, audit_entry: AuditEntry) -> None:
        """Lift the hold; does nothing if there is none."""
        ...


class ClientAccounts(Protocol):
    """Which clients have an account of their own, for staff."""

    async def of(self, client_id: UUID, now: datetime) -> ClientAccountView:
        """The status of the client's account at `now`; a suspension ends with the UTC date."""
        ...


class ClinicianRecords(Protocol):
    """Clinicians of the practice."""

    async def get(self, clinician_id: UUID) -> Clinician | None: ...

    async def find_by_external_id(self, external_id: str) -> Clinician | None: ...

    async def all(self) -> tuple[Clinician, ...]:
        """All clinicians by name, then id, including those who left."""
        ...

    async def add(self, clinician: Clinician, audit_entry: AuditEntry) -> None:
        """Raises:
        DuplicateExternalId: another clinician has its external id.
        """
        ...

    async def save(self, clinician: Clinician, audit_entry: AuditEntry) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        DuplicateExternalId: another clinician has its external id.
        """
        ...


class StaffRecords(Protocol):
    """Staff of the practice."""

    async def get(self, staff_id: UUID) -> StaffMember | None: ...

    async def find_by_email(self, email: str) -> StaffMember | None:
        """Find a staff member by normalized email, including those who left."""
        ...

    async def all(self) -> tuple[StaffMember, ...]:
        """All staff by name, then id, including those who left."""
        ...

    async def lock_administrators(self) -> frozenset[UUID]:
        """Lock and return the ids of active administrators; concurrent callers wait until this unit ends."""
        ...

    async def add(self, member: StaffMember, audit_entry: AuditEntry) -> None:
        """Raises:
        DuplicateStaff: another member has its email or identity.
        """
        ...

    async def save(self, member: StaffMember, audit_entry: AuditEntry) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        DuplicateStaff: another member has its email or identity.
        """
        ...


class CareTeams(Protocol):
    """Which clinicians see a client."""

    async def of(self, client_id: UUID) -> tuple[UUID, ...]:
        """The clinicians' ids, in order."""
        ...

    async def of_all(self, client_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
        """The clinicians' ids, in order, of each of these clients."""
        ...

    async def only_with(self, clinicians: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
        """Of each of these clinicians, the active clients whose team has no other clinician who works here, by id.

        Clinicians without such clients are left out; these count as having left, all of them.
        """
        ...

    async def of_both(self, one: UUID, other: UUID) -> tuple[UUID, ...]:
        """The clients on whose team both clinicians are, by id."""
        ...

    async def locked(self, client_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
        """As `of_all`, without erased records; others do not change these teams until the unit ends."""
        ...

    async def change_all(self, teams: Mapping[UUID, tuple[UUID, ...]], audit_entries: Sequence[AuditEntry]) -> None:
        """Replace the teams of these clients, which are locked; each client's version rises by one."""
        ...

    async def assign(self, client: Client, clinicians: tuple[UUID, ...], audit_entry: AuditEntry) -> None:
        """Replace the team; `client` is the client at its new version. The caller has checked that all of them exist.

        Raises:
            StaleVersion: the client or the team changed after they were read.
        """
        ...

    async def assign_all(self, teams: Mapping[UUID, tuple[UUID, ...]], audit_entries: Sequence[AuditEntry]) -> None:
        """Replace the teams of these clients, whom the unit adds or saves. The caller has checked the clinicians."""
        ...


class PersonAccount(Protocol):
    """An account, as far as this feature needs it."""

    @property
    def id(self) -> UUID: ...
    @property
    def email(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def client_id(self) -> UUID | None: ...
    @property
    def usable_from(self) -> date | None: ...


class PersonAccounts(Protocol):
    async def find_by_person(self, side: Literal["portal", "practice"], person_id: UUID) -> PersonAccount | None: ...

    async def find_by_clients(self, client_ids: Collection[UUID]) -> Mapping[UUID, PersonAccount]: ...

    async def set_usable_from(self, account_id: UUID, usable_from: date | None, audit_entry: AuditEntry) -> None: ...


class AccountSessions(Protocol):
    async def end_all(self, account_id: UUID, at: datetime, audit_entry: AuditEntry) -> None: ...


class BookedAppointment(Protocol):
    """A booked appointment, as far as this feature needs it."""

    @property
    def id(self) -> UUID: ...
    @property
    def location_id(self) -> UUID | None: ...
    @property
    def starts_at(self) -> datetime: ...


class BookedAppointments(Protocol):
    async def upcoming(self, after: datetime) -> Sequence[BookedAppointment]:
        """All booked appointments that start after that time, by start."""
        ...

    async def booked_times(self, clinicians: Collection[UUID], since: datetime) -> Sequence[BookedAppointment]:
        """Booked appointments of these clinicians that end after `since`, by start."""
        ...

    async def count_with_clinicians(self, clinicians: Collection[UUID], after: datetime) -> Mapping[UUID, int]:
        """How many booked appointments each of these clinicians has after that time; without those who have none."""
        ...

    async def count_of_clients(self, client_ids: Collection[UUID], after: datetime) -> Mapping[UUID, int]:
        """How many booked appointments each of these clients has after that time; without those who have none."""
        ...


class ClinicianCalendars(Protocol):
    async def lock(self, clinicians: Iterable[UUID], now: datetime) -> None:
        """Have bookings with these clinicians wait until this unit ends."""
        ...

    async def release_reservations(self, clinician_id: UUID, audit_entry: AuditEntry) -> None:
        """End all holds and open waitlist offers of the clinician's time, and offer none of it."""
        ...


class PeopleUnit(UnitOfWork, Protocol):
    """The unit of work of the people feature."""

    @property
    def practice_record(self) -> PracticeRecord: ...
    @property
    def client_records(self) -> ClientRecords: ...
    @property
    def client_accounts(self) -> ClientAccounts: ...
    @property
    def clinician_records(self) -> ClinicianRecords: ...
    @property
    def staff_records(self) -> StaffRecords: ...
    @property
    def care_teams(self) -> CareTeams: ...
    @property
    def legal_holds(self) -> LegalHolds: ...
    @property
    def record_erasures(self) -> RecordErasures: ...
    @property
    def grants(self) -> Grants: ...
    @property
    def accounts(self) -> PersonAccounts: ...
    @property
    def sessions(self) -> AccountSessions: ...
    @property
    def appointments(self) -> BookedAppointments: ...
    @property
    def calendar(self) -> ClinicianCalendars: ...


class PracticeFactory(Protocol):
    """Creates practices."""

    async def create(self, actor: SystemActor, practice: Practice, audit_entry: AuditEntry) -> None:
        """Create the practice and its key in one transaction; `actor` acts for the new practice.

        Raises:
            SlugTaken, HostTaken: another practice has the short name or a host name.
            Unavailable: the master key service does not respond.
        """
        ...


@frozen
class PracticeLocator:
    """How requests identify a practice before anybody signs in."""

    id: UUID
    slug: str
    hosts: tuple[str, ...]


class PracticeDirectory(Protocol):
    """Finds the practice that a request is for."""

    async def all(self) -> tuple[PracticeLocator, ...]:
        """All practices of the deployment, by id. May be up to 30 seconds old."""
        ...
