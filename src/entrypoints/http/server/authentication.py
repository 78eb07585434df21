"""Finds the practice and the actor of a request, between routing and the controller. The core authorizes the actor."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any
from uuid import UUID

from litestar import Response

from entrypoints.http.contract.bodies import MAX_ERRORS
from entrypoints.http.contract.route_plan import IN_LINKS
from entrypoints.http.dependencies import HttpParts
from entrypoints.http.server.client_address import rate_limit_network
from entrypoints.http.server.cookies import SessionCookies, csrf_matches
from entrypoints.http.server.errors import CsrfTokenInvalid, UnknownPractice
from entrypoints.http.server.request import PortalRequest
from entrypoints.http.server.request_head import RequestHead
from entrypoints.http.server.throttle import Throttle
from portal_core.accounts.model import Side
from portal_core.accounts.use_cases.authenticate import AuthenticateCommand, Authenticated
from portal_core.kernel.actor import Origin, StaffActor, VisitorActor
from portal_core.kernel.errors import FieldError, Invalid, NotFound, Unauthenticated
from portal_core.kernel.idempotency import IdempotentRequest
from portal_core.people.ports import PracticeDirectory, PracticeLocator

MAX_TOKEN_LENGTH = 8192


class PracticeResolver:
    """Finds the practice by host name, else by the slug in the request, else the only practice of the deployment."""

    def __init__(self, directory: PracticeDirectory) -> None:
        self._directory = directory
        self._read: tuple[PracticeLocator, ...] = ()
        self._by_host: dict[str, PracticeLocator] = {}
        self._by_slug: dict[str, PracticeLocator] = {}

    async def find(self, inbound: RequestHead) -> PracticeLocator:
        """Raises:
        UnknownPractice: none of these identifies a practice.
        BadRequest: the request does not have exactly one Host header.
        """
        practices = await self._directory.all()
        if practices is not self._read:
            self._by_host = {host.lower(): practice for practice in practices for host in practice.hosts}
            self._by_slug = {practice.slug: practice for practice in practices}
            self._read = practices
        found = self._by_host.get(inbound.host)
        if found is None:
            slug = inbound.practice
            if slug is not None:
                found = self._by_slug.get(slug)
            elif len(practices) == 1:
                found = practices[0]
        if found is None:
            raise UnknownPractice
        return found


class Gate:
    """Admits a request: throttle, practice, token, CSRF and idempotency key, then the accounts' authentication."""

    def __init__(self, parts: HttpParts) -> None:
        settings = parts.settings
        self._authenticate = parts.authenticate
        self._practices = PracticeResolver(parts.practices)
        self._throttle = Throttle(settings.throttle_rate, settings.throttle_burst, parts.seconds)
        self._cookie = SessionCookies(settings).access_name

    async def admit(self, request: PortalRequest) -> Response[None] | None:
        """Set the request's practice and actor. Returns a response for OPTIONS, else None.

        Raises:
            RateLimited, BadRequest, UnknownPractice, Unauthenticated, CsrfTokenInvalid, BadIdempotencyKey, Invalid,
            NotFound
        """
        route_config = request.route_config
        inbound = request.inbound
        path = request.scope["path"]
        if "\x00" in path or not path.isascii():
            _refuse_path(path)
        if route_config.auth == "public":
            options = request.scope["method"] == "OPTIONS"
            return Response(None, status_code=204, headers={"allow": route_config.allow}) if options else None
        if inbound.parameters:
            _check_query(inbound.parameters, route_config.query)
        scope: Any = request.scope
        if route_config.auth == "visitor":
            self._throttle.take(rate_limit_network(inbound.address))
            scope["practice"] = practice = await self._practices.find(inbound)
            origin = Origin(inbound.address, inbound.device, inbound.request_id)
            scope["user"] = VisitorActor(practice.id, origin)
            if route_config.session_of is not None:
                scope["auth"] = await self._session_if_any(inbound, practice.id, origin, route_config.session_of)
            return None
        token = self._token(inbound)
        self._throttle.take(rate_limit_network(inbound.address), token)
        scope["practice"] = practice = await self._practices.find(inbound)
        if token and route_config.unsafe and b"authorization" not in inbound.headers:
            _require_csrf_token(inbound, token)
        if not token:
            raise Unauthenticated
        idempotent_request = (
            await _idempotent_request(request)
            if route_config.idempotent and b"idempotency-key" in inbound.headers
            else None
        )
        scope["authentication"] = authentication = AuthenticateCommand(
            practice.id,
            token,
            route_config.active,
            inbound.client_id,
            route_config.enrollment_exempt,
            Origin(inbound.address, inbound.device, inbound.request_id, idempotent_request),
            route_config.auth if route_config.auth in ("portal", "practice") else None,
        )
        scope["auth"] = authenticated = await self._authenticate(authentication)
        scope["user"] = authenticated.actor
        return None

    async def _session_if_any(
        self, inbound: RequestHead, practice_id: UUID, origin: Origin, side: Side
    ) -> tuple[str, Authenticated] | None:
        """The access token and session, if the caller is signed in on this side."""
        try:
            token = self._token(inbound)
            command = AuthenticateCommand(practice_id, token, active=False, enrollment_exempt=True, origin=origin)
            found = await self._authenticate(command) if token else None
        except Unauthenticated:
            return None
        if found is None or isinstance(found.actor, StaffActor) != (side == "practice"):
            return None
        return token, found

    def _token(self, inbound: RequestHead) -> str:
        """Return the bearer token, else the cookie's token; empty when there is neither.

        Raises:
            Unauthenticated: the Authorization header or the cookie is malformed.
        """
        header = inbound.headers.get(b"authorization")
        if header is not None:
            scheme, _, value = header.partition(b" ")
            token = value.strip().decode("latin-1")
            if scheme.lower() != b"bearer" or not token.isascii() or not 0 < len(token) <= MAX_TOKEN_LENGTH:
                raise Unauthenticated
            return token
        token = inbound.cookie(self._cookie)
        if not token.isascii() or len(token) > MAX_TOKEN_LENGTH:
            raise Unauthenticated
        return token


def _require_csrf_token(inbound: RequestHead, token: str) -> None:
    """Raises:
    CsrfTokenInvalid: a change with the cookie lacks a valid CSRF token.
    """
    given = inbound.headers.get(b"x-csrf-token", b"").decode("latin-1")
    if not csrf_matches(token, given):
        raise CsrfTokenInvalid


async def _idempotent_request(request: PortalRequest) -> IdempotentRequest | None:
    """Return the request with its key. Two requests are equal if their method, path, query, record and body are."""
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
    return IdempotentRequest(request.route_config.operation, key, digest.digest())


def _refuse_path(path: str) -> None:
    """Refuse a path with NUL or a lone surrogate. No route has one, and the database could not store it."""
    try:
        path.encode()
    except UnicodeEncodeError:
        raise NotFound from None
    if "\x00" in path:
        raise NotFound


def _check_query(parameters: Iterable[tuple[str, str]], known: frozenset[str]) -> None:
    """Refuse parameters that the route does not know, as bodies with unknown fields are, and NUL characters."""
    found, named = [], set()
    for name, value in parameters:
        path = name.replace("\x00", "")[:100]
        if "\x00" in name or "\x00" in value:
            found.append(FieldError(path, "characters_invalid", "Must not contain NUL characters."))
        elif name in IN_LINKS and name in named:
            found.append(FieldError(path, "duplicate", "Name it once."))
        elif name not in known:
            found.append(FieldError(path, "unknown_field", "This parameter is unknown. Remove it."))
        named.add(name)
    if found:
        raise Invalid(*found[:MAX_ERRORS])
