"""Read models of accounts and sign-in. Tokens and codes appear here once in plain text and are never stored."""

from datetime import datetime
from uuid import UUID

from attrs import frozen

from portal_core.accounts.model import Account, AccountKind, AccountStatus, SecondFactorKind, Session, SessionKind


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
class TotpEnrollmentView:
    """What an authenticator app needs: `secret` in base 32 to type in, `uri` (otpauth) for the QR code."""

    secret: str
    uri: str
    expires_at: datetime


@frozen
class RecoveryCodesView:
    """Ten recovery codes, shown only once; each replaces the second factor one time."""

    codes: tuple[str, ...]
