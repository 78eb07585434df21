"""The request as controllers see it: the actor, and a strictly decoded body."""

from collections.abc import AsyncGenerator
from typing import Any, cast

from litestar import Request
from litestar.datastructures import State

from entrypoints.http.contract.bodies import decode_body
from entrypoints.http.contract.route_plan import RouteConfig
from entrypoints.http.server.arriving_bodies import ArrivingBodies
from entrypoints.http.server.client_address import rate_limit_network
from entrypoints.http.server.errors import BodyTooLarge, MalformedBody, UnsupportedEncoding, UnsupportedMediaType
from entrypoints.http.server.request_head import RequestHead
from portal_core.accounts.use_cases.authenticate import AuthenticateCommand, Authenticated
from portal_core.kernel.actor import Actor, Origin, VisitorActor
from portal_core.people.ports import PracticeLocator


class PortalRequest(Request[Actor, None, State]):
    """Litestar's request, with the actor and the portal's own body decoding."""

    __slots__ = ()

    @property
    def actor(self) -> Actor:
        """The actor: an account holder, or a `VisitorActor` on routes with `auth="visitor"`."""
        return cast(Actor, self.scope["user"])

    @property
    def visitor(self) -> VisitorActor:
        """The actor on routes with `auth="visitor"`."""
        return cast(VisitorActor, self.scope["user"])

    @property
    def origin(self) -> Origin:
        """Where this request comes from."""
        return self.actor.origin

    @property
    def authenticated(self) -> Authenticated:
        """The caller's session and actor, on routes that require signing in."""
        return cast(Authenticated, self.scope["auth"])

    @property
    def found_session(self) -> tuple[str, Authenticated] | None:
        """The caller's access token and session on routes with `session_of`; None if nobody is signed in."""
        return cast("tuple[str, Authenticated] | None", self.scope["auth"])

    @property
    def authentication(self) -> AuthenticateCommand:
        """The command that authenticated this request, for authenticating it again later."""
        return cast(AuthenticateCommand, self.scope["authentication"])  # type: ignore[typeddict-item]  # our own key

    @property
    def inbound(self) -> RequestHead:
        """The request's head, as the middleware parsed it."""
        return cast(RequestHead, self.scope["portal"])  # type: ignore[typeddict-item]  # our own key

    @property
    def practice(self) -> PracticeLocator:
        """The practice of the request."""
        return cast(PracticeLocator, self.scope["practice"])  # type: ignore[typeddict-item]  # our own key

    @property
    def route_config(self) -> RouteConfig:
        """The configuration of this route, computed when the app was created."""
        return cast(RouteConfig, self.route_handler.opt["route_config"])

    @property
    def _arriving_bodies(self) -> ArrivingBodies:
        return cast(ArrivingBodies, self.scope["arriving_bodies"])  # type: ignore[typeddict-item]  # our own key

    async def json(self) -> Any:
        """Return the body, decoded into the type of the handler's `data`.

        Raises:
            UnsupportedMediaType, UnsupportedEncoding, MalformedBody, Invalid
        """
        kind = self.inbound.content_type
        if kind != "application/json" and not kind.endswith("+json"):
            raise UnsupportedMediaType
        return decode_body(await self.body(), self.route_config.decoder)

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Yield the body as it arrives.

        Raises:
            BodyTooLarge: its announced or actual length exceeds the route's limit.
            MalformedBody: it is incomplete. The server reports unreadable chunks and a disconnected client the same
                way; a disconnected client does not see the response.
            UnsupportedEncoding: it is compressed.
            BodyTooSlow: it does not arrive in time.
            RateLimited, Overloaded: too many bodies of this address, or of all, have not arrived.
        """
        if self.inbound.headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise UnsupportedEncoding
        limit = self.route_config.body_limit
        if self.inbound.content_length > limit:
            raise BodyTooLarge
        size = 0
        more = True
        with self._arriving_bodies.expect(rate_limit_network(self.inbound.address)) as deadline:
            while more:
                event = await deadline.receive(self.receive)
                if event["type"] != "http.request":
                    raise MalformedBody
                chunk = event["body"]
                size += len(chunk)
                if size > limit:
                    raise BodyTooLarge
                deadline.extend(len(chunk))
                more = event.get("more_body", False)
                yield chunk
        self.is_connected = False
