"""The parts of the HTTP API: everything `create_app` needs from the composition root."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from os import urandom
from typing import Literal, Protocol

from attrs import field, frozen
from litestar import Controller, Litestar
from prometheus_client import CollectorRegistry

from entrypoints.http.server.arriving_bodies import GRACE_SECONDS
from entrypoints.observability.metrics import process_registry
from portal_core.accounts.use_cases.authenticate import AuthenticateCommand, Authenticated
from portal_core.accounts.use_cases.record_refusal import RecordRefusalCommand
from portal_core.kernel.actor import Actor
from portal_core.people.ports import PracticeDirectory


class Authenticator(Protocol):
    """Identifies the caller: the accounts' use case `authenticate`.

    Raises:
        Unauthenticated: the token is unknown or expired, or its session has ended.
        NotFound: the account has no access to the record that the request names.
    """

    async def __call__(self, command: AuthenticateCommand) -> Authenticated: ...


class RefusalRecorder(Protocol):
    """The accounts' use case `record_refusal`."""

    async def __call__(self, actor: Actor, command: RecordRefusalCommand) -> None: ...


ReadinessCheck = Callable[[], Awaitable[None]]
"""Returns when the part responds; raises any exception when it does not."""

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


@frozen(kw_only=True)
class HttpSettings:
    """HTTP settings of this deployment. The defaults are those of `portal serve` on one machine.

    `proxies` are the networks whose X-Forwarded-For and X-Request-Id are trusted. Each session or address may send
    `throttle_rate` requests per second, with bursts of `throttle_burst`; a rate of 0 turns the throttle off. Every
    process counts for itself; the exact limits are in the core. `body_limit` is in bytes; `body_grace_seconds`
    is how long a body may take beside the time of its length.
    """

    public_url: str = "http://127.0.0.1:8000"
    proxies: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    same_site: Literal["lax", "strict"] = "strict"
    body_limit: int = 64 * 1024
    body_grace_seconds: float = GRACE_SECONDS
    throttle_rate: float = 20.0
    throttle_burst: int = 100
    metrics_from: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    access_log: bool = True

    @property
    def https(self) -> bool:
        """Whether the public URL is https, as it must be in production."""
        return self.public_url.startswith("https://")


@frozen(kw_only=True)
class HttpParts:
    """The parts of the HTTP API. `use_cases` are passed to controllers by parameter name.

    `portal` controllers are mounted under /api/v1/portal, `practice` ones under /api/v1/practice, `other` ones (feeds,
    webhooks) under their own full paths.
    """

    authenticate: Authenticator
    practices: PracticeDirectory
    record_refusal: RefusalRecorder
    use_cases: Mapping[str, object] = field(factory=dict)
    portal: Sequence[type[Controller]] = ()
    practice: Sequence[type[Controller]] = ()
    other: Sequence[type[Controller]] = ()
    settings: HttpSettings = field(factory=HttpSettings)
    readiness: Mapping[str, ReadinessCheck] = field(factory=dict)
    registry: CollectorRegistry = field(factory=process_registry)
    lifespan: Sequence[Lifespan] = ()
    seconds: Callable[[], float] = time.monotonic
    request_id: Callable[[], str] = field(default=lambda: urandom(16).hex())
