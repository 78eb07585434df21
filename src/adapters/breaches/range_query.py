"""Asks a service of breached passwords without telling it the password.

Only the first five hexadecimal digits of the password's SHA-1 are sent; the service answers with the rest of all hashes
that begin so, in lines `REST:COUNT` (the range query of Have I Been Pwned's "Pwned Passwords", version 3). Padding
hides the size of the answer. Without an answer in three seconds the password is not refused: nobody should be kept from
a new password because a service is down.
"""

import asyncio
import hashlib
import logging

import httpx
from attrs import define

from portal_core.accounts.identity_provider import PasswordStrength

TOTAL_SECONDS = 3.0
MAX_BYTES = 200_000
_PREFIX_LENGTH = 5
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
            async with asyncio.timeout(TOTAL_SECONDS):
                answer = await self._range(digest[:_PREFIX_LENGTH])
        except (OSError, httpx.HTTPError, ValueError) as error:
            _log.warning("breached_passwords_unavailable", extra={"error": type(error).__name__})
            return False
        rest, counts = digest[_PREFIX_LENGTH:], {}
        for line in answer.splitlines():
            known, _, count = line.partition(":")
            counts[known.strip().upper()] = count.strip()
        return counts.get(rest, "0") != "0"  # padding has the count 0

    async def _range(self, prefix: str) -> str:
        headers = {"add-padding": "true", "accept-encoding": "identity", "user-agent": "client-portal"}
        async with (
            httpx.AsyncClient(trust_env=False) as client,
            client.stream("GET", f"{self.url}{prefix}", headers=headers) as response,
        ):
            response.raise_for_status()
            body = b""
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise ValueError("the answer is too large")
            return body.decode("ascii")
