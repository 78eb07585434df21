"""What the HTTP API is made of: all that `create_app` needs, handed over by the composition root."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Literal, Protocol
from uuid import UUID, uuid4

from attrs import field, frozen
from litestar import Controller, Litestar
from prometheus_client import REGISTRY, CollectorRegistry

from portal_core.kernel.actor import Actor, Origin


class Authenticated(Protocol):
    """What is known once a token was accepted."""

    @property
    def actor(self) -> Actor: ...


class Authenticate(Protocol):
    """Finds out who acts.

    `record` is the client named by the Portal-Client header; `active` is false for polling and event streams, which
    do not keep a session alive. The actor that comes back carries `origin`.

    Raises:
        Unauthenticated: the token is unknown, expired or ended.
        NotFound: there is no such record for this account.
    """

    async def __call__(
        self, practice_id: UUID, access_token: str, *, record: UUID | None, active: bool, origin: Origin
    ) -> Authenticated: ...


class PracticeDirectory(Protocol):
    """Which practice is meant. Answers are kept in this process for a minute."""

    async def by_host(self, host: str) -> UUID | None:
        """The practice whose portal stands at this host name (lower case, without port)."""
        ...

    async def by_slug(self, slug: str) -> UUID | None:
        """The practice with this slug."""
        ...

    async def only(self) -> UUID | None:
        """The one practice of this deployment; None when there are several, or none."""
        ...


ReadinessCheck = Callable[[], Awaitable[None]]
"""Returns when the part answers, raises anything when it does not."""

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


@frozen(kw_only=True)
class HttpSettings:
    """How this deployment is reached. Defaults are those of `portal serve` on one machine.

    `proxies` are the networks whose X-Forwarded-For and X-Request-Id are believed; `throttle_rate` requests a second
    with `throttle_burst` at once are let through for one session or address, 0 switches the throttle off (a process
    keeps its own count; the exact limits are the core's); sizes are in bytes.
    """

    public_url: str = "http://127.0.0.1:8000"
    proxies: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    same_site: Literal["lax", "strict"] = "strict"
    body_limit: int = 64 * 1024
    throttle_rate: float = 20.0
    throttle_burst: int = 100
    metrics_from: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    access_log: bool = True

    @property
    def https(self) -> bool:
        """Whether people reach the portal by https, as a production one must be."""
        return self.public_url.startswith("https://")


@frozen(kw_only=True)
class HttpParts:
    """`use_cases` are handed to controllers by parameter name.

    `portal` controllers are mounted under /api/v1/portal, `practice` ones under /api/v1/practice, `other` ones (feeds,
    webhooks) under their own full paths.
    """

    authenticate: Authenticate
    practices: PracticeDirectory
    use_cases: Mapping[str, object] = field(factory=dict)
    portal: Sequence[type[Controller]] = ()
    practice: Sequence[type[Controller]] = ()
    other: Sequence[type[Controller]] = ()
    settings: HttpSettings = field(factory=HttpSettings)
    readiness: Mapping[str, ReadinessCheck] = field(factory=dict)
    registry: CollectorRegistry = REGISTRY
    lifespan: Sequence[Lifespan] = ()
    seconds: Callable[[], float] = time.monotonic
    request_id: Callable[[], str] = field(default=lambda: uuid4().hex)
