"""Accounts, sessions, and the state of sign-in attempts. Tokens are stored only as SHA-256 hashes."""

import hmac
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from attrs import evolve, frozen

from portal_core.accounts.errors import AccountNotOpen, ChallengeNotOpen, EnrollmentNotOpen

Side = Literal["portal", "practice"]
"""Where a person signs in: clients and proxies at the portal, staff at the practice. Each side has its own pool."""

AccountKind = Literal["client", "proxy", "staff"]
AccountStatus = Literal["unverified", "active", "closed"]
SecondFactorKind = Literal["none", "totp"]
SessionKind = Literal["cookie", "shared_cookie", "bearer"]
"""How a session is carried: in a browser's cookies, in those of a browser on a shared computer, which forgets them when
it is closed, or by a program."""
EmailRequestPurpose = Literal["register", "verify_email", "reset_password", "locked", "password_reset_started"]


CHALLENGE_LIFETIME = timedelta(minutes=5)
MAX_CHALLENGE_ATTEMPTS = 5
ENROLLMENT_LIFETIME = timedelta(minutes=10)
TOUCH_INTERVAL = timedelta(minutes=1)
"""A session's last activity is written at most this often, so the stored time may be up to a minute old."""
REFRESH_GRACE = timedelta(seconds=10)
"""A refresh token that was just replaced gets the same answer again for so long."""
MAX_SESSIONS = 20
"""Open sessions of one account. A further sign-in ends the one that was idle for the longest time."""


@frozen
class ExternalIdentity:
    """The identity of a staff member at an OIDC issuer."""

    issuer: str
    subject: str


@frozen
class Account:
    """A person's sign-in at one practice. The identity provider knows it by `id`.

    `email` is normalized. Among accounts that are not closed, side and email, `client_id`, `staff_id` and `external`
    are each unique within the practice; a closed account frees them. `usable_from` is set when a corrected date of
    birth or state puts the client under the age for an account of their own (`own_account_from`): the first local day
    on which the holder may sign in again.
    """

    id: UUID
    practice_id: UUID
    email: str
    kind: AccountKind
    created_at: datetime
    client_id: UUID | None = None
    staff_id: UUID | None = None
    status: AccountStatus = "unverified"
    second_factor: SecondFactorKind = "none"
    external: ExternalIdentity | None = None
    closed_at: datetime | None = None
    usable_from: date | None = None
    version: int = 1

    @property
    def side(self) -> Side:
        return "practice" if self.kind == "staff" else "portal"

    @property
    def is_erased(self) -> bool:
        """Whether it was closed because the client's record was erased, which leaves no email."""
        return not self.email

    def is_usable(self, today: date) -> bool:
        """Whether the holder is old enough for it on this local day."""
        return self.usable_from is None or today >= self.usable_from

    def activate(self) -> "Account":
        """Activate it, once the email is verified and a password set.

        Raises:
            AccountNotOpen: it is already active, or closed.
        """
        if self.status != "unverified":
            raise AccountNotOpen
        return evolve(self, status="active", version=self.version + 1)

    def change_email(self, email: str) -> "Account":
        """Set another email, normalized and verified by the caller."""
        return evolve(self, email=email, version=self.version + 1)

    def link(self, external: ExternalIdentity) -> "Account":
        """Link it to an OIDC subject, which identifies it from now on."""
        return evolve(self, external=external, version=self.version + 1)

    def with_second_factor(self, kind: SecondFactorKind) -> "Account":
        """Record a confirmed second factor, or its removal (`none`)."""
        return evolve(self, second_factor=kind, version=self.version + 1)

    def close(self, at: datetime) -> "Account":
        """Close it for good; the client's record stays with the practice.

        Raises:
            AccountNotOpen: it is already closed.
        """
        if self.status == "closed":
            raise AccountNotOpen
        return evolve(self, status="closed", closed_at=at, version=self.version + 1)


@frozen
class Session:
    """One sign-in on one device.

    `access_hash` and `refresh_hash` change with each refresh. `family_hash` does not: it finds the session from any of
    its refresh tokens, so that reuse of an old one is detected. The current tokens were derived with `rotation_salt`
    from the previous one, whose hash is `previous_refresh_hash`. The session lasts until `ends_at` at most, and until
    `idle_timeout` after `last_active_at`, which only a person's own actions move. `multi_factor`: a second factor was
    verified in it. Activity is written without raising `version`.
    """

    id: UUID
    account_id: UUID
    practice_id: UUID
    kind: SessionKind
    access_hash: bytes
    family_hash: bytes
    refresh_hash: bytes
    created_at: datetime
    last_active_at: datetime
    access_expires_at: datetime
    ends_at: datetime
    idle_timeout: timedelta
    multi_factor: bool = False
    device: str | None = None
    address: str | None = None
    ended_at: datetime | None = None
    previous_refresh_hash: bytes | None = None
    rotation_salt: str | None = None
    rotated_at: datetime | None = None
    version: int = 1

    @property
    def idle_ends_at(self) -> datetime:
        """When it ends if the person is no longer active."""
        return min(self.last_active_at + self.idle_timeout, self.ends_at)

    def is_live(self, now: datetime) -> bool:
        """Whether it has neither ended, nor been idle too long, nor passed its absolute end."""
        return self.ended_at is None and now < self.idle_ends_at

    def access_token_valid(self, now: datetime) -> bool:
        """Whether its access token is valid."""
        return self.is_live(now) and now < self.access_expires_at

    def needs_touch(self, now: datetime) -> bool:
        """Whether activity at `now` must be written."""
        return now - self.last_active_at >= TOUCH_INTERVAL

    def touched(self, now: datetime) -> "Session":
        """Record activity of the person."""
        return evolve(self, last_active_at=max(now, self.last_active_at))

    def is_repeated_refresh(self, refresh_hash: bytes, now: datetime) -> bool:
        """Whether this is the token before the current one, replaced only seconds ago: two tabs, or a lost answer."""
        return (
            self.previous_refresh_hash is not None
            and self.rotated_at is not None
            and hmac.compare_digest(self.previous_refresh_hash, refresh_hash)
            and now - self.rotated_at <= REFRESH_GRACE
        )

    def rotate(
        self, access_hash: bytes, refresh_hash: bytes, salt: str, *, now: datetime, access_token_lifetime: timedelta
    ) -> "Session":
        """Replace both tokens. This is not activity: neither end moves."""
        return evolve(
            self,
            previous_refresh_hash=self.refresh_hash,
            rotation_salt=salt,
            rotated_at=now,
            access_hash=access_hash,
            refresh_hash=refresh_hash,
            access_expires_at=min(now + access_token_lifetime, self.ends_at),
            version=self.version + 1,
        )

    def with_multi_factor(self, multi_factor: bool) -> "Session":
        """Record that a second factor was verified in this session, or that it was removed."""
        return evolve(self, multi_factor=multi_factor, version=self.version + 1)

    def end(self, at: datetime) -> "Session":
        """End it, for both tokens. Ending twice keeps the first time."""
        return self if self.ended_at is not None else evolve(self, ended_at=at, version=self.version + 1)


@frozen
class Challenge:
    """A request for a second factor after a correct password; valid once, for 5 minutes and 5 attempts.

    `state` belongs to the identity provider and is secret (stored encrypted); empty if the provider needs none.
    """

    id: UUID
    practice_id: UUID
    account_id: UUID
    token_hash: bytes
    state: str
    kind: SessionKind
    expires_at: datetime
    attempts: int = 0
    used_at: datetime | None = None
    version: int = 1

    def attempt(self, now: datetime) -> "Challenge":
        """Count an attempt, before the code is checked.

        Raises:
            ChallengeNotOpen: used, expired, or attempted five times.
        """
        if self.used_at is not None or now >= self.expires_at or self.attempts >= MAX_CHALLENGE_ATTEMPTS:
            raise ChallengeNotOpen
        return evolve(self, attempts=self.attempts + 1, version=self.version + 1)

    def use(self, at: datetime) -> "Challenge":
        """Mark it as used, after a correct code.

        Raises:
            ChallengeNotOpen: it was already used.
        """
        if self.used_at is not None:
            raise ChallengeNotOpen
        return evolve(self, used_at=at, version=self.version + 1)


@frozen
class SecondFactor:
    """What the core stores of an account's second factor; the identity provider holds the TOTP secret itself.

    `pending` is the provider's handle of an enrollment in progress (secret, stored encrypted), valid until
    `pending_until`. `recovery_hashes` are the hashes of unused recovery codes.
    """

    account_id: UUID
    practice_id: UUID
    pending: str | None = None
    pending_until: datetime | None = None
    recovery_hashes: tuple[bytes, ...] = ()
    version: int = 0

    def start_enrollment(self, handle: str, now: datetime) -> "SecondFactor":
        """Start an enrollment, which replaces an earlier one."""
        return evolve(self, pending=handle, pending_until=now + ENROLLMENT_LIFETIME, version=self.version + 1)

    def handle(self, now: datetime) -> str:
        """The provider's handle of the enrollment in progress.

        Raises:
            EnrollmentNotOpen: none was started, or it was started more than 10 minutes ago.
        """
        if self.pending is None or self.pending_until is None or now >= self.pending_until:
            raise EnrollmentNotOpen
        return self.pending

    def may_have_been_confirmed(self, challenge: Challenge) -> bool:
        """Whether an enrollment in progress was started before this challenge was created.

        Then the provider may have confirmed it without the core learning of it. A challenge created earlier was for a
        second factor that has since been removed, and which the provider may still accept.
        """
        if self.pending_until is None:
            return False
        return self.pending_until - ENROLLMENT_LIFETIME <= challenge.expires_at - CHALLENGE_LIFETIME

    def with_recovery_codes(self, hashes: tuple[bytes, ...]) -> "SecondFactor":
        """Set new recovery codes, which replace the old ones; an enrollment in progress is complete."""
        return evolve(self, pending=None, pending_until=None, recovery_hashes=hashes, version=self.version + 1)

    def redeem_recovery_code(self, code_hash: bytes) -> "SecondFactor | None":
        """Use up a recovery code; None when it is not one of the unused codes."""
        if code_hash not in self.recovery_hashes:
            return None
        remaining = tuple(known for known in self.recovery_hashes if known != code_hash)
        return evolve(self, recovery_hashes=remaining, version=self.version + 1)


@frozen
class EmailRequest:
    """A visitor's request about an email, stored (encrypted) until a job processes it, then deleted.

    This way the response to the visitor cannot depend on what is known of the email. `date_of_birth` is set only for
    `register`. `password_reset_started` is not a request but a marker: a new password is being sent to the identity
    provider, and the sender deletes the marker when the provider responds.
    """

    id: UUID
    practice_id: UUID
    side: Side
    purpose: EmailRequestPurpose
    email: str
    requested_at: datetime
    date_of_birth: date | None = None
