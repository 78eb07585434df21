"""Who asks, in which practice: settled between routing and the controller. What they may do, the core says."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from litestar import Response

from entrypoints.http.addresses import neighbourhood
from entrypoints.http.cookies import SessionCookies, csrf_matches
from entrypoints.http.errors import CsrfRefused, UnknownPractice
from entrypoints.http.inbound import Inbound
from entrypoints.http.parts import HttpParts, PracticeDirectory
from entrypoints.http.plan import Plan
from entrypoints.http.request import PortalRequest
from entrypoints.http.throttle import Throttle
from portal_core.kernel.actor import Origin, VisitorActor
from portal_core.kernel.errors import Invalid, Unauthenticated
from portal_core.kernel.idempotency import Attempt

MOST_TOKEN = 8192
REMEMBERED_FOR = 60.0
MOST_REMEMBERED = 1024


class Practices:
    """Finds the practice by host name, else by the slug that the request names, else the only one there is.

    What was found is remembered for a minute.
    """

    def __init__(self, directory: PracticeDirectory, seconds: Callable[[], float]) -> None:
        self._directory = directory
        self._seconds = seconds
        self._known: dict[tuple[str, str | None], tuple[UUID, float]] = {}

    async def find(self, host: str, slug: str | None) -> UUID:
        """Raises:
        UnknownPractice: none of the three says.
        """
        key = (host, slug)
        known = self._known.get(key)
        now = self._seconds()
        if known is not None and known[1] > now:
            return known[0]
        found = await self._directory.by_host(host)
        if found is None:
            found = await (self._directory.only() if slug is None else self._directory.by_slug(slug))
        if found is None:
            raise UnknownPractice
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[key] = (found, now + REMEMBERED_FOR)
        return found


class Gate:
    """Admits a request: throttle, practice, token, CSRF, idempotency, and then the accounts' own authentication."""

    def __init__(self, parts: HttpParts) -> None:
        settings = parts.settings
        self._authenticate = parts.authenticate
        self._practices = Practices(parts.practices, parts.seconds)
        self._throttle = Throttle(settings.throttle_rate, settings.throttle_burst, parts.seconds)
        self._cookie = SessionCookies(settings).access_name

    async def admit(self, request: PortalRequest) -> Response[None] | None:
        """Sets the request's actor; OPTIONS is answered here.

        Raises:
            RateLimited, UnknownPractice, Unauthenticated, CsrfRefused, BadIdempotencyKey, Invalid
        """
        plan = request.plan
        inbound = request.inbound
        if b"%00" in inbound.query:
            _refuse_nul(inbound.query)
        if plan.auth == "open":
            options = request.scope["method"] == "OPTIONS"
            return Response(None, status_code=204, headers={"allow": plan.allow}) if options else None
        scope: Any = request.scope
        if plan.auth == "none":
            self._throttle.take(neighbourhood(inbound.address))
            practice_id = await self._practices.find(inbound.host, inbound.practice)
            scope["user"] = VisitorActor(practice_id, Origin(inbound.address, inbound.device, inbound.request_id))
            return None
        token = self._token(plan, inbound)
        self._throttle.take(neighbourhood(inbound.address), token)
        practice_id = await self._practices.find(inbound.host, inbound.practice)
        if not token:
            raise Unauthenticated
        attempt = await _attempt(request) if plan.idempotent and b"idempotency-key" in inbound.headers else None
        scope["auth"] = authenticated = await self._authenticate(
            practice_id,
            token,
            record=inbound.record,
            active=plan.active,
            origin=Origin(inbound.address, inbound.device, inbound.request_id, attempt),
        )
        scope["user"] = authenticated.actor
        return None

    def _token(self, plan: Plan, inbound: Inbound) -> str:
        """The bearer token, else the cookie's, empty when there is none.

        Raises:
            Unauthenticated: the Authorization header is there and is not usable.
            CsrfRefused: the cookie alone does not make a change.
        """
        header = inbound.headers.get(b"authorization")
        if header is not None:
            scheme, _, value = header.partition(b" ")
            token = value.strip().decode("latin-1")
            if scheme.lower() != b"bearer" or not token.isascii() or not 0 < len(token) <= MOST_TOKEN:
                raise Unauthenticated
            return token
        token = inbound.cookie(self._cookie)
        if not token.isascii() or len(token) > MOST_TOKEN:
            raise Unauthenticated
        if token and plan.unsafe:
            given = inbound.headers.get(b"x-csrf-token", b"").decode("latin-1")
            if not csrf_matches(token, given):
                raise CsrfRefused
        return token


async def _attempt(request: PortalRequest) -> Attempt | None:
    """The request under its key. Two requests are the same when method, address, query, record and body are."""
    inbound = request.inbound
    key = inbound.idempotency_key
    if key is None:
        return None
    digest = sha256()
    for part in (
        request.scope["method"].encode(),
        request.scope["path"].encode(),
        inbound.query,
        inbound.headers.get(b"portal-client", b""),
        await request.body(),
    ):
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return Attempt(request.plan.operation, key, digest.digest())


def _refuse_nul(query: bytes) -> None:
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if "\x00" in name or "\x00" in value:
            raise Invalid.at(name.replace("\x00", "")[:100], "bad_character", "This contains a NUL character.")
