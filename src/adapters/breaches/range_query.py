"""Asks a service of breached passwords without telling it the password.

Only the first five hexadecimal digits of the password's SHA-1 are sent; the service answers with the rest of all hashes
that begin so, in lines `REST:COUNT` (the range query of Have I Been Pwned's "Pwned Passwords", version 3). Padding
hides the size of the answer. Without an answer in three seconds the password is not refused: nobody should be kept from
a new password because a service is down.
"""

import hashlib
import logging

from attrs import define

from adapters.bounded_fetch import fetch_bounded
from portal_core.accounts.identity_provider import PasswordStrength

TOTAL_SECONDS = 3.0
MAX_BYTES = 200_000
_PREFIX_LENGTH = 5
_HEADERS = {"add-padding": "true"}
_log = logging.getLogger(__name__)


@define
class BreachedPasswordStrength(PasswordStrength):
    """An estimate, with the passwords of known breaches among the common ones. The prefix is appended to `url`."""

    estimate: PasswordStrength
    url: str

    async def is_common(self, password: str) -> bool:
        return await self.estimate.is_common(password) or await self._is_breached(password)

    async def guesses_log10(self, password: str, words: tuple[str, ...]) -> float:
        return await self.estimate.guesses_log10(password, words)

    async def _is_breached(self, password: str) -> bool:
        digest = hashlib.sha1(password.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest().upper()
        try:
            answer = await fetch_bounded(
                f"{self.url}{digest[:_PREFIX_LENGTH]}", seconds=TOTAL_SECONDS, max_bytes=MAX_BYTES, headers=_HEADERS
            )
            lines = answer.decode("ascii").splitlines()
        except (OSError, ValueError) as error:
            _log.warning("breached_passwords_unavailable", extra={"error": type(error).__name__})
            return False
        rest, counts = digest[_PREFIX_LENGTH:], {}
        for line in lines:
            known, _, count = line.partition(":")
            counts[known.strip().upper()] = count.strip()
        return counts.get(rest, "0") != "0"  # padding has the count 0
