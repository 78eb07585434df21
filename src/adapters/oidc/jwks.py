"""An issuer's public keys, fetched over HTTPS and cached."""

import asyncio
import json
import logging
from base64 import urlsafe_b64decode
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from attrs import define, field, frozen
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from adapters.oidc.public_fetch import fetch
from portal_core.kernel.errors import Unavailable
from portal_core.kernel.sources import Clock

REFRESH_INTERVAL: Final = timedelta(minutes=10)
"""Keys are fetched again after this time, so that a key which the issuer withdrew stops being accepted."""
RETRY_INTERVAL: Final = timedelta(minutes=1)
"""An issuer's keys are fetched at most this often, whatever key ids tokens name."""
MAX_CACHE_AGE: Final = timedelta(hours=1)
"""Cached keys remain usable for this long while the issuer does not respond."""

_MAX_KEYS = 100
_MIN_RSA_BITS = 2048
_MIN_RSA_EXPONENT = 65_537
"""FIPS 186-5, 5.1 and A.1.1, which also requires the exponent to be odd."""
_log = logging.getLogger(__name__)


class Fetch(Protocol):
    """Fetches a document. Raises OSError or ValueError on failure."""

    async def __call__(self, url: str) -> bytes: ...


@frozen
class _CachedKeys:
    keys: tuple[Key, ...]
    at: datetime


@define
class JwksCache:
    """Caches keys by their URL, in this process."""

    clock: Clock
    fetch: Fetch = fetch
    _cached: dict[str, _CachedKeys] = field(init=False, factory=dict)
    _last_attempt: dict[str, datetime] = field(init=False, factory=dict)
    _locks: dict[str, asyncio.Lock] = field(init=False, factory=lambda: defaultdict(asyncio.Lock))

    async def find(self, url: str, kid: str | None) -> Key | None:
        """The key with this id, or the only key when no id is given. An unknown id triggers another fetch.

        Raises:
            Unavailable: no key is cached, and the issuer does not respond.
        """
        found = _named(self._known(url, REFRESH_INTERVAL), kid)
        if found is not None:
            return found
        async with self._locks[url]:
            await self._refresh(url)
        known = self._known(url, MAX_CACHE_AGE)
        if known is None:
            raise Unavailable
        return _named(known, kid)

    def _known(self, url: str, age: timedelta) -> tuple[Key, ...] | None:
        cached = self._cached.get(url)
        return cached.keys if cached is not None and self.clock.now() - cached.at < age else None

    async def _refresh(self, url: str) -> None:
        now = self.clock.now()
        last_attempt = self._last_attempt.get(url)
        if last_attempt is not None and now - last_attempt < RETRY_INTERVAL:
            return
        self._last_attempt[url] = now
        try:
            body = await self.fetch(url)
            self._cached[url] = _CachedKeys(_keys(body), now)
        except (OSError, ValueError, RecursionError) as error:
            _log.warning("jwks_unavailable", extra={"error": type(error).__name__})


def _named(keys: tuple[Key, ...] | None, kid: str | None) -> Key | None:
    if keys is None:
        return None
    if kid is None:
        return keys[0] if len(keys) == 1 else None
    return next((key for key in keys if key.kid == kid), None)


def _keys(body: bytes) -> tuple[Key, ...]:
    """The public signing keys; other, weak and malformed ones are skipped (RFC 7517, 5)."""
    document = json.loads(body)
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a key set")
    found = []
    for entry in entries[:_MAX_KEYS]:
        if isinstance(entry, dict) and _signs(entry):
            try:
                found.append(JWKRegistry.import_key(entry))
            except (JoseError, ValueError, TypeError):
                continue
    return tuple(found)


def _signs(entry: dict[str, Any]) -> bool:
    if entry.get("use", "sig") != "sig":
        return False
    match entry.get("kty"):
        case "RSA":
            exponent = _number(entry.get("e"))
            strong = _number(entry.get("n")).bit_length() >= _MIN_RSA_BITS
            return strong and exponent >= _MIN_RSA_EXPONENT and exponent % 2 == 1
        case "EC" | "OKP":
            return True
        case _:
            return False


def _number(text: Any) -> int:
    """A number of a key (RFC 7518, 6.3.1); 0 when it cannot be read. The text of a small one may be long."""
    try:
        return int.from_bytes(urlsafe_b64decode(f"{text}=="))
    except ValueError:
        return 0
