"""Ports of storage for accounts: repositories inside a unit of work, and live sessions outside of one.

Every repository is confined to the practice of the unit's actor. The identity provider's ports are in
`identity_provider.py`.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from attrs import frozen

from portal_core.accounts.model import Account, Challenge, EmailRequest, ExternalIdentity, SecondFactor, Session, Side
from portal_core.accounts.settings import AccountRules, AccountSettings, OidcSettings
from portal_core.accounts.sign_in_guard import SignInGuard
from portal_core.kernel.actor import Area, Role
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.settings import SettingsStore
from portal_core.kernel.uow import UnitOfWork


class AccountRulesSource(Protocol):
    """The practice's account settings with its name and time zone."""

    async def get(self) -> AccountRules:
        """The stored settings, or the defaults."""
        ...


class Accounts(Protocol):
    """Accounts of the practice."""

    async def get(self, account_id: UUID) -> Account | None:
        """The account in any status."""
        ...

    async def find_by_email(self, side: Side, email: str) -> Account | None:
        """The account that is not closed; `email` is normalized."""
        ...

    async def find_by_clients(self, client_ids: Collection[UUID]) -> dict[UUID, Account]:
        """The accounts of these clients that are not closed, by the client's id."""
        ...

    async def find_by_external(self, external: ExternalIdentity) -> Account | None:
        """The account that is not closed."""
        ...

    async def find_by_person(self, side: Side, person_id: UUID) -> Account | None:
        """The account that is not closed: of a client on the portal side, of a staff member on the practice side."""
        ...

    async def add(self, account: Account, audit_entry: AuditEntry) -> None:
        """Raises:
        AlreadyRegistered: an account that is not closed has its side and email, client, staff member or external
            identity.
        """
        ...

    async def save(self, account: Account, audit_entry: AuditEntry) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        AlreadyRegistered: as for `add`.
        """
        ...

    async def set_usable_from(self, account_id: UUID, usable_from: date | None, audit_entry: AuditEntry) -> None:
        """Set or clear `Account.usable_from`, and raise the version."""
        ...


class Sessions(Protocol):
    """Sessions of the practice's accounts."""

    async def add(self, session: Session, audit_entry: AuditEntry) -> None: ...

    async def get(self, account_id: UUID, session_id: UUID) -> Session | None:
        """The session, ended or not; None when it belongs to another account."""
        ...

    async def find_by_family_hash(self, family_hash: bytes) -> Session | None:
        """The session, ended or not; locked until the unit ends, so that concurrent refreshes run one by one."""
        ...

    async def find_by_access_hash(self, access_hash: bytes) -> Session | None:
        """The session, ended or not, whose access token is current."""
        ...

    async def list_open(self, account_id: UUID, now: datetime) -> tuple[Session, ...]:
        """Sessions live at `now`, the latest active first."""
        ...

    async def save(self, session: Session, audit_entry: AuditEntry) -> None:
        """Save all fields but `last_active_at`, which only `LiveSessions.mark_active` writes.

        Raises:
            StaleVersion: it changed after it was read.
        """
        ...

    async def end_all(
        self, account_id: UUID, at: datetime, audit_entry: AuditEntry, *, keep: UUID | None = None
    ) -> None:
        """End every open session of the account except `keep`, raise their versions, and `end_challenges`."""
        ...

    async def end_challenges(self, account_id: UUID, at: datetime) -> None:
        """Mark as used the challenges of the account that could still be answered at this time."""
        ...


class SignInGuards(Protocol):
    """Sign-in attempts by email, known or not."""

    async def lock(self, key: bytes) -> SignInGuard:
        """The guard of a key, at version 0 when there is none; concurrent callers wait until this unit ends."""
        ...

    async def save(self, guard: SignInGuard) -> None:
        """Replace the locked guard. Not audited, because the sign-in itself is."""
        ...


class Challenges(Protocol):
    """Second-factor challenges."""

    async def add(self, challenge: Challenge) -> None: ...

    async def find(self, token_hash: bytes) -> Challenge | None:
        """The challenge in any state; locked until the unit ends."""
        ...

    async def save(self, challenge: Challenge) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        """
        ...


class SecondFactorRecords(Protocol):
    """Enrollments in progress and recovery codes."""

    async def lock(self, account_id: UUID) -> SecondFactor:
        """The account's record, at version 0 when there is none; concurrent callers wait until this unit ends."""
        ...

    async def save(self, second_factor: SecondFactor, audit_entry: AuditEntry) -> None: ...

    async def remove(self, account_id: UUID, audit_entry: AuditEntry) -> None:
        """Delete the account's record; does nothing if there is none."""
        ...


class EmailRequests(Protocol):
    """Visitors' requests, until they are processed."""

    async def add(self, email_request: EmailRequest, audit_entry: AuditEntry) -> None: ...

    async def take(self, email_request_id: UUID) -> EmailRequest | None:
        """Read and delete; None when it was already taken."""
        ...

    async def list_requested_before(self, at: datetime) -> tuple[EmailRequest, ...]:
        """Requests made before `at` and not yet taken, the oldest first."""
        ...


class PersonDirectory(Protocol):
    """The practice's clients and staff, who may have accounts."""

    async def find_unregistered_client(self, email: str, date_of_birth: date) -> UUID | None:
        """The active client with this (normalized) email and date of birth who has no open account.

        Also None when two clients share the email and date, even if one has an account (such as twins who share a
        family's address): one must not be mistaken for the other, so staff invite them by name.
        """
        ...

    async def find_unregistered_staff(self, email: str) -> UUID | None:
        """The active staff member with this (normalized) email who has no open account."""
        ...

    async def is_active_staff(self, staff_id: UUID) -> bool:
        """Whether this is a staff member of the practice who has not left."""
        ...

    async def password_context(self, account: Account) -> tuple[str, ...]:
        """What the person's password may not consist of: their names (given, family, chosen), and the date of birth of
        a client (`date_of_birth_words`).
        """
        ...


class SignInUnit(UnitOfWork, Protocol):
    """The unit of work of everything about signing in."""

    @property
    def account_rules(self) -> AccountRulesSource: ...
    @property
    def account_settings(self) -> SettingsStore[AccountSettings]: ...
    @property
    def oidc_settings(self) -> SettingsStore[OidcSettings]: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def sign_in_guards(self) -> SignInGuards: ...
    @property
    def challenges(self) -> Challenges: ...
    @property
    def second_factors(self) -> SecondFactorRecords: ...
    @property
    def email_requests(self) -> EmailRequests: ...
    @property
    def people(self) -> PersonDirectory: ...


# --- the caller of a request: read once for every request, outside of units -------------------------------------------


@frozen
class ActiveStaff:
    """The permissions of a current staff member."""

    roles: frozenset[Role]
    clinician_id: UUID | None = None


@frozen
class HeldGrant:
    """A proxy's active grant (not revoked, not ended) over one client, in force or not.

    `starts_on` is its first local day, `until` the first local day without it (None: no end). From `restricted_from`
    the areas restricted for adolescents are closed (see `areas_on`).
    """

    id: UUID
    client_id: UUID
    areas: frozenset[Area]
    may_write: bool
    starts_on: date
    until: date | None
    restricted_from: date | None


@frozen
class SessionContext:
    """All that is needed to determine the actor. `staff` is None for clients, proxies, and staff who left."""

    session: Session
    account: Account
    rules: AccountRules
    staff: ActiveStaff | None = None
    grant: HeldGrant | None = None


class LiveSessions(Protocol):
    """Sessions as every request reads them; each call is a single statement outside of a unit."""

    async def find_by_access_hash(
        self, practice_id: UUID, access_hash: bytes, record: UUID | None = None
    ) -> SessionContext | None:
        """The session with this access token in this practice, live or not; the core decides whether it is valid.

        `record` is the client that the request names; `grant` is then the account's active grant over it.
        """
        ...

    async def mark_active(self, practice_id: UUID, session_id: UUID, at: datetime) -> None:
        """Move `last_active_at` forward, never back, unless the session has ended. Does not raise the version."""
        ...
