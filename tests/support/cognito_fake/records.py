"""The state of a user pool."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from .passwords import Attempts, Lockout
from .totp import Authenticator

UNCONFIRMED = "UNCONFIRMED"
CONFIRMED = "CONFIRMED"
FORCE_CHANGE_PASSWORD = "FORCE_CHANGE_PASSWORD"
SOFTWARE_TOKEN_MFA = "SOFTWARE_TOKEN_MFA"


class Call(NamedTuple):
    """One request: the operation, and the user name in it (the token's owner if it carries a token)."""

    operation: str
    username: str | None


class SentCode(NamedTuple):
    """One mail: `purpose` is sign_up, forgot_password, invitation (the code is the temporary password) or attribute."""

    destination: str
    code: str
    purpose: str
    username: str
    sent_at: datetime


@dataclass
class IssuedCode:
    value: str
    expires_at: datetime


@dataclass
class User:
    username: str
    sub: str
    attributes: dict[str, str]
    status: str
    created: datetime
    modified: datetime
    password: str | None = None
    temporary_until: datetime | None = None
    earlier_passwords: list[str] = field(default_factory=list)
    enabled: bool = True
    codes: dict[str, IssuedCode] = field(default_factory=dict)
    attempts: dict[str, Attempts] = field(default_factory=dict)
    password_lockout: Lockout = field(default_factory=Lockout)
    mfa_lockout: Lockout = field(default_factory=Lockout)
    candidate: Authenticator | None = None
    authenticator: Authenticator | None = None
    mfa_enabled: bool = False
    mfa_preferred: bool = False

    @property
    def verified_email(self) -> str | None:
        return self.attributes.get("email") if self.attributes.get("email_verified") == "true" else None

    def count(self, kind: str, now: datetime) -> None:
        """Count an attempt of this kind; raises LimitExceededException past the hourly limit."""
        self.attempts.setdefault(kind, Attempts()).count(now)

    def attribute_list(self) -> list[dict[str, str]]:
        return [{"Name": name, "Value": value} for name, value in [("sub", self.sub), *self.attributes.items()]]


@dataclass
class Pool:
    id: str
    settings: dict[str, Any]
    policy: dict[str, Any]
    created: datetime
    modified: datetime
    users: dict[str, User] = field(default_factory=dict)

    @property
    def mfa(self) -> str:
        return str(self.settings["MfaConfiguration"])

    @property
    def totp_allowed(self) -> bool:
        return bool(self.settings.get("SoftwareTokenMfaConfiguration", {}).get("Enabled", False))

    @property
    def verifies_email(self) -> bool:
        return "email" in self.settings.get("AutoVerifiedAttributes", [])

    def key(self, username: str) -> str:
        exact = self.settings.get("UsernameConfiguration", {}).get("CaseSensitive", True)
        return username if exact else username.lower()

    def find(self, username: str) -> User | None:
        """Find by user name, or by `sub`, which every operation accepts instead."""
        found = self.users.get(self.key(username))
        return found or next((user for user in self.users.values() if user.sub == username), None)

    def by_sub(self, sub: str) -> User | None:
        return next((user for user in self.users.values() if user.sub == sub), None)


@dataclass
class AppClient:
    id: str
    pool: Pool
    secret: str | None
    settings: dict[str, Any]
    created: datetime

    @property
    def hides_existence(self) -> bool:
        return bool(self.settings["PreventUserExistenceErrors"] == "ENABLED")

    def allows(self, flow: str) -> bool:
        flows = self.settings["ExplicitAuthFlows"]
        return f"ALLOW_{flow}" in flows or flow in flows

    def lifetime(self, token: str) -> timedelta:
        """How long an AccessToken, IdToken or RefreshToken of this client is valid."""
        default_unit, default = ("days", 30) if token == "RefreshToken" else ("hours", 1)
        unit = self.settings.get("TokenValidityUnits", {}).get(token, default_unit)
        return timedelta(**{unit: self.settings.get(f"{token}Validity") or default})


@dataclass
class Session:
    """The state between a challenge and its answer."""

    id: str
    client: AppClient
    user: User
    challenge: str
    expires_at: datetime
    used: bool = False
    totp_verified: bool = False
