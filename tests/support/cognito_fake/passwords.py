"""Which passwords a pool accepts, and how it slows down guessing."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .errors import Refusal, attempt_limit, not_authorized

# "Password policy" of the developer guide.
_SYMBOLS = frozenset("^$*.[]{}()?-\"!@#%&/\\,><':;|_~`+= ")
# The policy that CreateUserPool sets when none is given.
DEFAULT_POLICY = {
    "MinimumLength": 8,
    "RequireUppercase": True,
    "RequireLowercase": True,
    "RequireNumbers": True,
    "RequireSymbols": True,
    "TemporaryPasswordValidityDays": 7,
}


def check_policy(policy: dict[str, Any], password: str, earlier: list[str], wording: str) -> None:
    """Raises InvalidPasswordException or PasswordHistoryPolicyViolationException.

    `wording` is "did not conform with policy" for a person's choice and "does not conform to policy" for an
    administrator's: Cognito words the two differently.
    """
    lacks = [
        (len(password) < policy["MinimumLength"], "Password not long enough"),
        (policy["RequireUppercase"] and not _has(password, "A", "Z"), "Password must have uppercase characters"),
        (policy["RequireLowercase"] and not _has(password, "a", "z"), "Password must have lowercase characters"),
        (policy["RequireNumbers"] and not _has(password, "0", "9"), "Password must have numeric characters"),
        (policy["RequireSymbols"] and not _SYMBOLS & set(password), "Password must have symbol characters"),
    ]
    for missing, message in lacks:
        if missing:
            raise Refusal("InvalidPasswordException", f"Password {wording}: {message}")
    size = policy.get("PasswordHistorySize", 0)
    if size and password in earlier[-size:]:
        raise Refusal("PasswordHistoryPolicyViolationException", "Password has previously been used")


def _has(password: str, low: str, high: str) -> bool:
    return any(low <= letter <= high for letter in password)


@dataclass
class Lockout:
    """Cognito's own lockout ("Lockout behavior for failed sign-in attempts" in the developer guide).

    From the 5th failure on the user is locked out for 2^(n-5) seconds, n being the failures so far, at most 15
    minutes; attempts inside a lockout are refused and do not count; a success or 15 minutes without an attempt resets.
    """

    failures: int = 0
    locked_until: datetime | None = None
    last_try: datetime | None = None

    def admit(self, now: datetime) -> None:
        """Raises NotAuthorizedException, "Password attempts exceeded", inside a lockout."""
        quiet = self.last_try is not None and now - self.last_try >= timedelta(minutes=15)
        self.last_try = now
        if quiet:
            self.clear()
        elif self.locked_until is not None and now < self.locked_until:
            raise not_authorized("Password attempts exceeded")

    def failed(self, now: datetime) -> None:
        self.failures += 1
        if self.failures >= 5:
            self.locked_until = now + timedelta(seconds=min(2 ** (self.failures - 5), 900))

    def clear(self) -> None:
        self.failures, self.locked_until = 0, None


@dataclass
class Attempts:
    """At most five attempts in any hour, then LimitExceededException.

    Cognito allows "between 5 and 20" password reset attempts in an hour, by a risk score it does not disclose: the fake
    uses the strictest. The same limit applies to confirmation codes and ChangePassword, for which none is published.
    """

    times: list[datetime] = field(default_factory=list)

    def count(self, now: datetime) -> None:
        self.times = [at for at in self.times if now - at < timedelta(hours=1)]
        if len(self.times) >= 5:
            raise attempt_limit()
        self.times.append(now)
