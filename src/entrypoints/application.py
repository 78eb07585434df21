"""The ASGI application that the server runs. It opens the portal once the server's event loop is running."""

import gc
from functools import partial
from typing import Any

from litestar import Litestar

from adapters.postgres.engine.pool import ping
from entrypoints.container import Portal, open_portal
from entrypoints.http.app import create_app
from entrypoints.http.controllers import OTHER, PORTAL, PRACTICE
from entrypoints.http.dependencies import HttpParts, HttpSettings
from entrypoints.settings import Settings
from portal_core.accounts.use_cases.authenticate import Authenticate
from portal_core.accounts.use_cases.record_refusal import RecordRefusal


def http_settings(settings: Settings) -> HttpSettings:
    """Return the HTTP part of the settings."""
    return HttpSettings(
        public_url=settings.public_url,
        proxies=settings.trusted_proxies,
        cors_origins=settings.allowed_origins,
        metrics_from=settings.metrics_from,
        throttle_rate=settings.throttle_rate,
        throttle_burst=settings.throttle_burst,
        access_log=settings.access_log,
    )


def make_app(portal: Portal) -> Litestar:
    """Create the HTTP API over an open portal."""
    return create_app(
        HttpParts(
            authenticate=portal.use_case(Authenticate),
            practices=portal.parts.directory(),
            record_refusal=portal.use_case(RecordRefusal),
            use_cases=portal.use_cases,
            portal=PORTAL,
            practice=PRACTICE,
            other=OTHER,
            settings=http_settings(portal.settings),
            readiness={"database": partial(ping, portal.pool)},
        )
    )


class Application:
    """Opens the portal when the ASGI lifespan starts and closes it when the lifespan ends. One per server process."""

    def __init__(self, settings: Settings, database_url: str) -> None:
        self._settings = settings
        self._database_url = database_url
        self._app: Litestar | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        else:
            assert self._app is not None, "the server must start the lifespan first"
            await self._app(scope, receive, send)

    async def _lifespan(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            async with open_portal(self._settings, self._database_url) as portal:
                self._app = make_app(portal)
                # The objects created so far are permanent. Without this, collecting them took a tenth of a request's
                # time.
                gc.collect()
                gc.freeze()
                gc.set_threshold(20_000, 20, 50)
                await self._app(scope, receive, send)
        except Exception as error:
            await send({"type": "lifespan.startup.failed", "message": type(error).__name__})
            raise
