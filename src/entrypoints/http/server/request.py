"""The request as controllers see it: who acts, and a body that was decoded strictly."""

from collections.abc import AsyncGenerator
from typing import Any, cast

from litestar import Request
from litestar.datastructures import State

from entrypoints.http.contract.bodies import decode_body
from entrypoints.http.contract.route_plan import RouteConfig
from entrypoints.http.server.errors import BodyTooLarge, MalformedBody, UnsupportedEncoding, UnsupportedMediaType
from entrypoints.http.server.request_head import RequestHead
from portal_core.accounts.use_cases.authenticate import AuthenticateCommand, Authenticated
from portal_core.kernel.actor import Actor, Origin, VisitorActor
from portal_core.people.ports import PracticeLocator


class PortalRequest(Request[Actor, None, State]):
    """Litestar's request, with the actor and the portal's own way of reading bodies."""

    __slots__ = ()

    @property
    def actor(self) -> Actor:
        """Who acts: the account holder, or a `VisitorActor` on routes with `auth="none"`."""
        return cast(Actor, self.scope["user"])

    @property
    def visitor(self) -> VisitorActor:
        """Who acts on routes with `auth="none"`: nobody yet."""
        return cast(VisitorActor, self.scope["user"])

    @property
    def origin(self) -> Origin:
        """Where this request comes from."""
        return self.actor.origin

    @property
    def authenticated(self) -> Authenticated:
        """The session that asks, on routes that need signing in."""
        return cast(Authenticated, self.scope["auth"])

    @property
    def authentication(self) -> AuthenticateCommand:
        """What it showed to be signed in, for asking again whether that is still so."""
        return cast(AuthenticateCommand, self.scope["authentication"])  # type: ignore[typeddict-item]  # our own key

    @property
    def inbound(self) -> RequestHead:
        """The request's head, as the front read it."""
        return cast(RequestHead, self.scope["portal"])  # type: ignore[typeddict-item]  # our own key

    @property
    def practice(self) -> PracticeLocator:
        """The practice that was found for the request."""
        return cast(PracticeLocator, self.scope["practice"])  # type: ignore[typeddict-item]  # our own key

    @property
    def route_config(self) -> RouteConfig:
        """What was decided about this route when the app was made."""
        return cast(RouteConfig, self.route_handler.opt["route_config"])

    async def json(self) -> Any:
        """The body, decoded once into the type of the handler's `data`.

        Raises:
            UnsupportedMediaType, UnsupportedEncoding, MalformedBody, Invalid
        """
        kind = self.inbound.content_type
        if kind != "application/json" and not kind.endswith("+json"):
            raise UnsupportedMediaType
        return decode_body(await self.body(), self.route_config.decoder)

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body as it arrives.

        Raises:
            BodyTooLarge: it is announced, or grows, beyond the route's limit.
            MalformedBody: it broke off. The server says the same of chunks that cannot be read and of a client that is
                gone; who is gone sees no answer.
            UnsupportedEncoding: it is compressed.
        """
        if self.inbound.headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise UnsupportedEncoding
        limit = self.route_config.body_limit
        if self.inbound.content_length > limit:
            raise BodyTooLarge
        size = 0
        more = True
        while more:
            event = await self.receive()
            if event["type"] != "http.request":
                raise MalformedBody
            chunk = event["body"]
            size += len(chunk)
            if size > limit:
                raise BodyTooLarge
            more = event.get("more_body", False)
            yield chunk
        self.is_connected = False
