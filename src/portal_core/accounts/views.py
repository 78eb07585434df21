"""Read models of accounts and sign-in. Tokens and codes appear here once in plain text and are never stored."""

from datetime import datetime
from uuid import UUID

from attrs import frozen

from portal_core.accounts.model import Account, AccountKind, AccountStatus, SecondFactorKind, Session, SessionKind
from portal_core.kernel.actor import ROLES, Role, StaffActor
from portal_core.kernel.languages import Language
from portal_core.people.crisis_lines import CrisisLine
from portal_core.people.views import PracticeContactView


@frozen
class SessionView:
    """One sign-in. `current` marks the caller's session; `idle_ends_at` is when it ends without further activity."""

    id: UUID
    kind: SessionKind
    device: str | None
    address: str | None
    created_at: datetime
    last_active_at: datetime
    access_expires_at: datetime
    idle_ends_at: datetime
    ends_at: datetime
    current: bool = False

    @classmethod
    def of(cls, session: Session, *, current: bool = False) -> "SessionView":
        return cls(
            id=session.id,
            kind=session.kind,
            device=session.device,
            address=session.address,
            created_at=session.created_at,
            last_active_at=session.last_active_at,
            access_expires_at=session.access_expires_at,
            idle_ends_at=session.idle_ends_at,
            ends_at=session.ends_at,
            current=current,
        )


@frozen
class SessionTokens:
    """The tokens of a new or renewed session. `must_enroll`: it may only be used to set up a second factor."""

    access_token: str
    refresh_token: str
    session: SessionView
    must_enroll: bool = False


@frozen
class SecondFactorChallenge:
    """The password was correct; the second factor must follow with this token before `expires_at`."""

    challenge: str
    expires_at: datetime


@frozen
class AccountView:
    """An account as its holder sees it."""

    id: UUID
    email: str
    kind: AccountKind
    status: AccountStatus
    second_factor: SecondFactorKind

    @classmethod
    def of(cls, account: Account) -> "AccountView":
        return cls(account.id, account.email, account.kind, account.status, account.second_factor)


@frozen
class OwnAccountView(AccountView):
    """An account with its holder's name, and for staff what they are in the practice.

    `name` is the one by which the practice calls the person; null for proxies, whose name the practice does not keep.
    `client_id` is the holder's own record.
    """

    name: str | None
    client_id: UUID | None
    staff_id: UUID | None
    clinician_id: UUID | None
    roles: tuple[Role, ...]

    @classmethod
    def with_holder(cls, account: Account, name: str | None, staff: StaffActor | None) -> "OwnAccountView":
        return cls(
            account.id,
            account.email,
            account.kind,
            account.status,
            account.second_factor,
            name=name,
            client_id=account.client_id,
            staff_id=account.staff_id,
            clinician_id=staff.clinician_id if staff is not None else None,
            roles=tuple(role for role in ROLES if staff is not None and role in staff.roles),
        )


@frozen
class PasswordRulesView:
    """How many characters a password has. One that is common, easily guessed, or made of the person's own data is
    refused as well."""

    min_length: int
    max_length: int


@frozen
class StartView:
    """What a page shows before anybody has signed in."""

    practice: PracticeContactView
    languages: tuple[Language, ...]
    crisis_lines: tuple[CrisisLine, ...]
    password_rules: PasswordRulesView


@frozen
class TotpEnrollmentView:
    """What an authenticator app needs: `secret` in base 32 to type in, `uri` (otpauth) for the QR code."""

    secret: str
    uri: str
    expires_at: datetime


@frozen
class RecoveryCodesView:
    """Ten recovery codes, shown only once; each replaces the second factor one time."""

    codes: tuple[str, ...]
