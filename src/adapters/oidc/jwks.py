"""An issuer's public keys, fetched over HTTPS and cached."""

import asyncio
import json
import logging
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from urllib.request import HTTPRedirectHandler, Request, build_opener

from attrs import define, field, frozen
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from portal_core.kernel.errors import Unavailable
from portal_core.kernel.sources import Clock

REFRESH_INTERVAL: Final = timedelta(minutes=10)
"""Keys are fetched again after this time, so that a key which the issuer withdrew stops being accepted."""
RETRY_INTERVAL: Final = timedelta(minutes=1)
"""An issuer's keys are fetched at most this often, whatever key ids tokens name."""
MAX_CACHE_AGE: Final = timedelta(hours=1)
"""Cached keys remain usable for this long while the issuer does not respond."""

_TIMEOUT_SECONDS = 5.0
_MAX_BYTES = 1_000_000
_MAX_KEYS = 100
_RSA_2048_BITS = 342  # characters of base64url
_log = logging.getLogger(__name__)


class Fetch(Protocol):
    """Fetches a document. Blocks, and raises OSError or ValueError on failure."""

    def __call__(self, url: str) -> bytes: ...


class _NoRedirects(HTTPRedirectHandler):
    """Refuses redirects, which could lead to any host, and out of TLS."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_opener = build_opener(_NoRedirects)


def fetch(url: str) -> bytes:
    """Fetch the document at an https URL."""
    if not url.startswith("https://"):
        raise ValueError("keys must be fetched over https")
    return read(url)


def read(url: str) -> bytes:
    """Fetch the document at a URL, of at most a megabyte."""
    request = Request(url, headers={"Accept": "application/json", "User-Agent": "client-portal"})  # noqa: S310  (https, or a test's own issuer)
    with _opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
        body: bytes = response.read(_MAX_BYTES + 1)
    if len(body) > _MAX_BYTES:
        raise ValueError("the key set is too large")
    return body


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
    _threads: ThreadPoolExecutor = field(init=False, factory=lambda: ThreadPoolExecutor(2, "jwks"))

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
            body = await asyncio.get_running_loop().run_in_executor(self._threads, self.fetch, url)
            self._cached[url] = _CachedKeys(_keys(body), now)
        except (OSError, ValueError, RecursionError) as error:
            _log.warning("jwks_unavailable", extra={"error": type(error).__name__})

    def close(self) -> None:
        """Release the threads."""
        self._threads.shutdown()


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
            return len(str(entry.get("n"))) >= _RSA_2048_BITS
        case "EC" | "OKP":
            return True
        case _:
            return False
