"""What accounts need kept: repositories inside a unit of work, and live sessions outside of it.

Every repository is confined to the practice of the unit's actor. The identity provider's ports are in
`identity_provider.py`.
"""

from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from attrs import frozen

from portal_core.accounts.model import (
    Account,
    Challenge,
    EmailRequest,
    ExternalIdentity,
    SecondFactor,
    Session,
    Side,
    SignInGuard,
)
from portal_core.accounts.settings import AccountRules, AccountSettings, OidcSettings
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
        """Whatever its state."""
        ...

    async def find_by_email(self, side: Side, email: str) -> Account | None:
        """The one that is not closed; `email` normalised."""
        ...

    async def find_by_external(self, external: ExternalIdentity) -> Account | None:
        """The one that is not closed."""
        ...

    async def find_by_person(self, side: Side, person_id: UUID) -> Account | None:
        """The one that is not closed: a client's on the portal's side, a member of staff's on the practice's."""
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


class Sessions(Protocol):
    """Sessions of the practice's accounts."""

    async def add(self, session: Session, audit_entry: AuditEntry) -> None: ...

    async def get(self, account_id: UUID, session_id: UUID) -> Session | None:
        """None when it is another account's. Alive or not."""
        ...

    async def find_by_family_hash(self, family_hash: bytes) -> Session | None:
        """Alive or not; locked until the unit ends, so that two refreshes at once stand in line."""
        ...

    async def list_open(self, account_id: UUID, now: datetime) -> tuple[Session, ...]:
        """Those alive at `now`, the latest active first."""
        ...

    async def save(self, session: Session, audit_entry: AuditEntry) -> None:
        """All but `last_active_at`, which only `LiveSessions.mark_active` writes.

        Raises:
            StaleVersion: it changed after it was read.
        """
        ...

    async def end_all(
        self, account_id: UUID, at: datetime, audit_entry: AuditEntry, *, keep: UUID | None = None
    ) -> None:
        """End every session of the account that has not ended, but `keep`; versions rise."""
        ...


class SignInGuards(Protocol):
    """Tries by email, known or not."""

    async def lock(self, key: bytes) -> SignInGuard:
        """The guard of a key, at version 0 when there is none; others wait for this unit to end."""
        ...

    async def save(self, guard: SignInGuard) -> None:
        """Put it in place of the locked one. Not audited: the sign-in is."""
        ...


class Challenges(Protocol):
    """Open questions for a second factor."""

    async def add(self, challenge: Challenge) -> None: ...

    async def find(self, token_hash: bytes) -> Challenge | None:
        """Whatever its state; locked until the unit ends."""
        ...

    async def save(self, challenge: Challenge) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        """
        ...


class SecondFactorRecords(Protocol):
    """Enrolments under way and recovery codes."""

    async def lock(self, account_id: UUID) -> SecondFactor:
        """The account's, at version 0 when there is none; others wait for this unit to end."""
        ...

    async def save(self, second_factor: SecondFactor, audit_entry: AuditEntry) -> None: ...

    async def remove(self, account_id: UUID, audit_entry: AuditEntry) -> None:
        """Forget it all; none is fine."""
        ...


class EmailRequests(Protocol):
    """What visitors asked, until it is decided."""

    async def add(self, email_request: EmailRequest, audit_entry: AuditEntry) -> None: ...

    async def take(self, email_request_id: UUID) -> EmailRequest | None:
        """Read and delete; None when it was taken before."""
        ...

    async def list_requested_before(self, at: datetime) -> tuple[EmailRequest, ...]:
        """Those asked before `at` that nobody has taken, the oldest first."""
        ...


class PersonDirectory(Protocol):
    """Who could have an account: the practice's clients and staff."""

    async def find_unregistered_client(self, email: str, date_of_birth: date) -> UUID | None:
        """The active client with this email (normalised) and date of birth who has no open account.

        None as well when the email and date are those of two clients, even if one has an account (twins who share a
        family's address): nobody may be taken for another, so staff invite them by name.
        """
        ...

    async def find_unregistered_staff(self, email: str) -> UUID | None:
        """The working member of staff with this email (normalised) who has no open account."""
        ...

    async def is_active_staff(self, staff_id: UUID) -> bool:
        """Whether this is a member of staff of the practice who has not left."""
        ...

    async def names(self, account: Account) -> tuple[str, ...]:
        """The person's names (given, family, chosen), which their password may not be made of."""
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


# --- who is asking: once for every request, outside of units ----------------------------------------------------------


@frozen
class ActiveStaff:
    """What a member of staff who works there now may do."""

    roles: frozenset[Role]
    clinician_id: UUID | None = None


@frozen
class HeldGrant:
    """A proxy's standing grant (not revoked, not ended) over one client, in force or not.

    `starts_on` is its first local day, `until` the first local day without it (None: no end), `restricted_from` the one
    from which the areas that are off over adolescents are off (see `areas_on`).
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
    """All that is needed to know who asks. `staff` is None for others, and for staff who left."""

    session: Session
    account: Account
    rules: AccountRules
    staff: ActiveStaff | None = None
    grant: HeldGrant | None = None


class LiveSessions(Protocol):
    """Sessions as every request meets them; each call is one statement on its own."""

    async def find_by_access_hash(
        self, practice_id: UUID, access_hash: bytes, record: UUID | None = None
    ) -> SessionContext | None:
        """The session with this access token in this practice, dead or alive; the core judges.

        `record` is the client that the request names; `grant` is then the account's standing grant over it.
        """
        ...

    async def mark_active(self, practice_id: UUID, session_id: UUID, at: datetime) -> None:
        """Move `last_active_at` forward, never back, unless the session has ended. Keeps the version."""
        ...
