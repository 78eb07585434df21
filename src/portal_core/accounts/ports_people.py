"""What practices and their people need kept. Every repository is confined to the practice of the unit's actor."""

from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from attrs import frozen

from portal_core.accounts.grants import Grant
from portal_core.accounts.invitations import EmailChange, Invitation
from portal_core.accounts.people import Client, Clinician, Practice, StaffMember
from portal_core.accounts.ports import AccountRulesSource, Accounts, PersonDirectory, SignInUnit
from portal_core.accounts.views_people import ClientLineView, InvitationView
from portal_core.kernel.actor import SystemActor
from portal_core.kernel.audit import Audited
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import Unit


class PracticeRecord(Protocol):
    """The practice itself."""

    async def get(self) -> Practice: ...

    async def save(self, practice: Practice, audited: Audited) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        HostTaken: another practice has one of its hosts.
        """
        ...


class ClientRecords(Protocol):
    """Clients, as the EHR gave them to the portal."""

    async def get(self, client_id: UUID) -> Client | None: ...

    async def find_by_external_id(self, external_id: str) -> Client | None: ...

    async def add(self, client: Client, audited: Audited) -> None:
        """With the key that encrypts the record. Raises:
        DuplicateExternalId: another client has it.
        """
        ...

    async def save(self, client: Client, audited: Audited) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        DuplicateExternalId: another client has its external id.
        """
        ...

    async def destroy_key(self, client_id: UUID, audited: Audited) -> bool:
        """Make all that the client's key seals unreadable, for good; whether there was a key to destroy.

        Sealed fields read as None from then on, and none can be written: `NotFound`. The rest of the record, and the
        audit trail, stay.
        """
        ...

    async def page(self, beginning: str, page: PageRequest) -> Page[ClientLineView]:
        """By `Client.sort_name`, then id: those whose sort name begins with `beginning` (folded); all when empty."""
        ...


class ClinicianRecords(Protocol):
    """Those who see clients."""

    async def get(self, clinician_id: UUID) -> Clinician | None: ...

    async def find_by_external_id(self, external_id: str) -> Clinician | None: ...

    async def all(self) -> tuple[Clinician, ...]:
        """By name, then id; those who left as well."""
        ...

    async def add(self, clinician: Clinician, audited: Audited) -> None:
        """Raises:
        DuplicateExternalId: another clinician has it.
        """
        ...

    async def save(self, clinician: Clinician, audited: Audited) -> None:
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

    async def add(self, member: StaffMember, audited: Audited) -> None:
        """Raises:
        DuplicateStaff: another member has it.
        """
        ...

    async def save(self, member: StaffMember, audited: Audited) -> None:
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

    async def assign(self, client: Client, clinicians: tuple[UUID, ...], audited: Audited) -> None:
        """These and no others, and the client is at this version. Both sides exist: the caller has read them.

        Raises:
            StaleVersion: the client or the team changed after they were read.
        """
        ...


class Invitations(Protocol):
    """Invitations of the practice."""

    async def get(self, invitation_id: UUID) -> Invitation | None: ...

    async def add(self, invitation: Invitation, audited: Audited) -> None: ...

    async def save(self, invitation: Invitation, audited: Audited) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        """
        ...

    async def attempt(self, email: str, now: datetime) -> tuple[Invitation, ...]:
        """Count a try against every open invitation to this email (normalised), and answer them, counted.

        Without those that had ten tries already or are too old. Others that try wait until this unit ends.
        """
        ...

    async def open_to(self, email: str) -> tuple[Invitation, ...]:
        """The open ones to this email, also those that are too old."""
        ...

    async def page(self, page: PageRequest) -> Page[InvitationView]:
        """Newest first (by id, falling)."""
        ...


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


class EmailChanges(Protocol):
    """Changes of email under way."""

    async def get(self, account_id: UUID, change_id: UUID) -> EmailChange | None: ...

    async def open_of(self, account_id: UUID) -> EmailChange | None:
        """The open one, also when it is too old; locked until the unit ends."""
        ...

    async def add(self, change: EmailChange, audited: Audited) -> None: ...

    async def save(self, change: EmailChange, audited: Audited) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        """
        ...


class PeopleUnit(Unit, Protocol):
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
    def invitations(self) -> Invitations: ...
    @property
    def grants(self) -> Grants: ...
    @property
    def email_changes(self) -> EmailChanges: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def account_rules(self) -> AccountRulesSource: ...
    @property
    def people(self) -> PersonDirectory: ...


class AccountsUnit(SignInUnit, PeopleUnit, Protocol):
    """All that the feature asks of a unit of work."""


# --- before a practice is known, outside of units ---------------------------------------------------------------------


class PracticeFounding(Protocol):
    """Makes practices."""

    async def found(self, actor: SystemActor, practice: Practice, audited: Audited) -> None:
        """The practice and its key, whole or not at all; `actor` acts for the new practice.

        Raises:
            SlugTaken, HostTaken: another practice has it.
            Unavailable: the master key does not answer.
        """
        ...


@frozen
class PracticeAddress:
    """How requests name practices: all that is known before anybody signs in."""

    id: UUID
    slug: str
    hosts: tuple[str, ...]


class PracticeDirectory(Protocol):
    """Finds the practice that a request is for."""

    async def all(self) -> tuple[PracticeAddress, ...]:
        """Every practice of the deployment, by id. May be up to half a minute old."""
        ...
