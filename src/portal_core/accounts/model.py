"""Accounts, and what signing in leaves behind. Of every token only the SHA-256 hash is here."""

from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from attrs import evolve, frozen

from portal_core.accounts.errors import AccountNotOpen, ChallengeNotOpen, EnrollmentNotOpen, SignInLocked

Side = Literal["portal", "practice"]
"""Where somebody signs in: clients and proxies at the portal, staff at the practice. Each side has its own pool."""

AccountKind = Literal["client", "proxy", "staff"]
AccountStatus = Literal["unverified", "active", "closed"]
SecondFactorKind = Literal["none", "totp"]
SessionKind = Literal["cookie", "bearer"]
EmailRequestPurpose = Literal["register", "verify_email", "reset_password", "locked", "password_reset_started"]

LOCK_AFTER_ATTEMPTS = 5
LOCK_DURATION = timedelta(minutes=15)
"""Five failures within 15 minutes lock an email for 15 minutes (SPEC 3.1)."""

CHALLENGE_LIFETIME = timedelta(minutes=5)
MAX_CHALLENGE_ATTEMPTS = 5
ENROLLMENT_LIFETIME = timedelta(minutes=10)
TOUCH_INTERVAL = timedelta(minutes=1)
"""A session's last activity is written at most this often, so it may read up to a minute too old."""


@frozen
class ExternalIdentity:
    """Who a member of staff is at an OIDC issuer."""

    issuer: str
    subject: str


@frozen
class Account:
    """Somebody who may sign in at one practice. The identity provider knows them by `id`.

    `email` is normalised. Among accounts that are not closed, side and email, `client_id`, `staff_id` and `external`
    are each unique within the practice; a closed account frees them.
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
    version: int = 1

    @property
    def side(self) -> Side:
        return "practice" if self.kind == "staff" else "portal"

    def activate(self) -> "Account":
        """The email is proven and a password set.

        Raises:
            AccountNotOpen: it was proven before, or the account is closed.
        """
        if self.status != "unverified":
            raise AccountNotOpen
        return evolve(self, status="active", version=self.version + 1)

    def change_email(self, email: str) -> "Account":
        """Another email, normalised and proven by the caller."""
        return evolve(self, email=email, version=self.version + 1)

    def link(self, external: ExternalIdentity) -> "Account":
        """Bind to an OIDC subject, by which it is known from now on."""
        return evolve(self, external=external, version=self.version + 1)

    def with_second_factor(self, kind: SecondFactorKind) -> "Account":
        """A second factor was confirmed, or removed (`none`)."""
        return evolve(self, second_factor=kind, version=self.version + 1)

    def close(self, at: datetime) -> "Account":
        """Nobody signs in with it again; the record stays with the practice.

        Raises:
            AccountNotOpen: it is closed.
        """
        if self.status == "closed":
            raise AccountNotOpen
        return evolve(self, status="closed", closed_at=at, version=self.version + 1)


@frozen
class Session:
    """One sign-in on one device.

    `access_hash` and `refresh_hash` change with each refresh; `family_hash` stays, and finds the session from any of
    its refresh tokens, so that one used before is known for what it is. The session lasts until `ends_at` at most,
    and until `idle_timeout` after `last_active_at`, which only what a person does moves. `multi_factor`: a second
    factor was shown in it. Activity is written without raising `version`.
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
    version: int = 1

    @property
    def idle_ends_at(self) -> datetime:
        """When it ends if the person does nothing more."""
        return min(self.last_active_at + self.idle_timeout, self.ends_at)

    def is_live(self, now: datetime) -> bool:
        """Neither ended, nor idle, nor past its absolute end."""
        return self.ended_at is None and now < self.idle_ends_at

    def access_token_valid(self, now: datetime) -> bool:
        """Whether its access token is good."""
        return self.is_live(now) and now < self.access_expires_at

    def needs_touch(self, now: datetime) -> bool:
        """Whether activity at `now` is worth writing."""
        return now - self.last_active_at >= TOUCH_INTERVAL

    def touched(self, now: datetime) -> "Session":
        """The person did something."""
        return evolve(self, last_active_at=max(now, self.last_active_at))

    def rotate(
        self, access_hash: bytes, refresh_hash: bytes, *, now: datetime, access_token_lifetime: timedelta
    ) -> "Session":
        """New tokens; the old ones are dead. Not an activity: neither end moves."""
        return evolve(
            self,
            access_hash=access_hash,
            refresh_hash=refresh_hash,
            access_expires_at=min(now + access_token_lifetime, self.ends_at),
            version=self.version + 1,
        )

    def with_multi_factor(self, multi_factor: bool) -> "Session":
        """A second factor was shown in this session, or taken away."""
        return evolve(self, multi_factor=multi_factor, version=self.version + 1)

    def end(self, at: datetime) -> "Session":
        """Over, for both tokens. Ending twice keeps the first end."""
        return self if self.ended_at is not None else evolve(self, ended_at=at, version=self.version + 1)


@frozen
class SignInGuard:
    """The tries to sign in with one email on one side, whether an account has it or not.

    A try is counted before it is decided, so that many at once cannot outrun the count; `clear` clears,
    `uncount_attempt` takes one back. `key` is the SHA-256 of side and email (`policy.guard_key`).
    """

    practice_id: UUID
    key: bytes
    attempts: tuple[datetime, ...] = ()
    locked_until: datetime | None = None
    version: int = 0

    def attempt(self, now: datetime) -> "SignInGuard":
        """Count a try; the fifth within 15 minutes locks unless it succeeds.

        Raises:
            SignInLocked: locked at `now`; this try is not counted and does not lengthen the lock.
        """
        if self.locked_until is not None and now < self.locked_until:
            raise SignInLocked(-(-(self.locked_until - now) // timedelta(seconds=1)))
        earlier = self.attempts if self.locked_until is None else ()
        attempts = (*(at for at in earlier if now - at < LOCK_DURATION), now)
        locked = now + LOCK_DURATION if len(attempts) >= LOCK_AFTER_ATTEMPTS else None
        return evolve(self, attempts=attempts, locked_until=locked, version=self.version + 1)

    def uncount_attempt(self) -> "SignInGuard":
        """The password of the latest try was right; the second factor is yet to come."""
        return evolve(self, attempts=self.attempts[:-1], locked_until=None, version=self.version + 1)

    def clear(self) -> "SignInGuard":
        """The sign-in is complete: nothing stands against the email."""
        return evolve(self, attempts=(), locked_until=None, version=self.version + 1)


@frozen
class Challenge:
    """The question for a second factor after a right password; good once, 5 minutes, 5 tries.

    `state` is the identity provider's own and secret (kept encrypted); empty where it needs none.
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
        """Count a try, before it is decided.

        Raises:
            ChallengeNotOpen: used, expired, or tried five times.
        """
        if self.used_at is not None or now >= self.expires_at or self.attempts >= MAX_CHALLENGE_ATTEMPTS:
            raise ChallengeNotOpen
        return evolve(self, attempts=self.attempts + 1, version=self.version + 1)

    def use(self, at: datetime) -> "Challenge":
        """Answered rightly.

        Raises:
            ChallengeNotOpen: answered before.
        """
        if self.used_at is not None:
            raise ChallengeNotOpen
        return evolve(self, used_at=at, version=self.version + 1)


@frozen
class SecondFactor:
    """What the core keeps of an account's second factor; the TOTP secret itself is the identity provider's.

    `pending` is the provider's handle of an enrolment that was begun (secret, kept encrypted), good until
    `pending_until`. `recovery_hashes` are those not used yet.
    """

    account_id: UUID
    practice_id: UUID
    pending: str | None = None
    pending_until: datetime | None = None
    recovery_hashes: tuple[bytes, ...] = ()
    version: int = 0

    def start_enrollment(self, handle: str, now: datetime) -> "SecondFactor":
        """An enrolment was begun; an earlier one is forgotten."""
        return evolve(self, pending=handle, pending_until=now + ENROLLMENT_LIFETIME, version=self.version + 1)

    def handle(self, now: datetime) -> str:
        """The handle of the enrolment under way.

        Raises:
            EnrollmentNotOpen: none was begun, or more than 10 minutes ago.
        """
        if self.pending is None or self.pending_until is None or now >= self.pending_until:
            raise EnrollmentNotOpen
        return self.pending

    def may_have_been_confirmed(self, challenge: Challenge) -> bool:
        """Whether an enrolment under way was begun before this question was asked.

        Then the provider may have confirmed it without the core hearing of it. Asked before, the question was about a
        second factor that was removed since, and which the provider may still take.
        """
        if self.pending_until is None:
            return False
        return self.pending_until - ENROLLMENT_LIFETIME <= challenge.expires_at - CHALLENGE_LIFETIME

    def with_recovery_codes(self, hashes: tuple[bytes, ...]) -> "SecondFactor":
        """Confirmed, or new recovery codes; the old ones are dead, and no enrolment is under way."""
        return evolve(self, pending=None, pending_until=None, recovery_hashes=hashes, version=self.version + 1)

    def redeem_recovery_code(self, code_hash: bytes) -> "SecondFactor | None":
        """Without that recovery code; None when it is not one of them."""
        if code_hash not in self.recovery_hashes:
            return None
        remaining = tuple(known for known in self.recovery_hashes if known != code_hash)
        return evolve(self, recovery_hashes=remaining, version=self.version + 1)


@frozen
class EmailRequest:
    """What a visitor asked about an email, kept (encrypted) until a job decides it, and then deleted.

    So the answer to the visitor cannot depend on what is known of the email. `date_of_birth` is set for `register`, and
    for nothing else. `password_reset_started` asks nothing: a new password is on its way to the identity provider, and
    whoever sent it takes it back with the answer.
    """

    id: UUID
    practice_id: UUID
    side: Side
    purpose: EmailRequestPurpose
    email: str
    requested_at: datetime
    date_of_birth: date | None = None
