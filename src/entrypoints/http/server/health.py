"""Whether the process lives, whether its parts answer, and what it has counted."""

import asyncio
from collections.abc import Mapping
from typing import Annotated

import structlog
from litestar import Controller, Response
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from entrypoints.http.contract.routing import get
from entrypoints.http.parts import ReadinessCheck
from entrypoints.http.server.client_address import Networks, parse_address
from entrypoints.http.server.request import PortalRequest
from entrypoints.http.server.request_head import RequestHead
from entrypoints.observability.logs import describe_error
from entrypoints.observability.metrics import HttpMetrics
from portal_core.kernel.errors import NotFound

TIMEOUT_SECONDS = 2.0
"""Seconds that a part has to answer; a balancer's own patience is usually 5."""

log = structlog.get_logger()


class Readiness:
    """Asks all parts at once."""

    def __init__(self, checks: Mapping[str, ReadinessCheck]) -> None:
        self._checks = checks

    async def __call__(self) -> dict[str, str]:
        """`up` or `down` for each part by name. Why one is down stands in the log, without its words."""
        answers = await asyncio.gather(*(self._ask(part, check) for part, check in self._checks.items()))
        return dict(zip(self._checks, answers, strict=True))

    @staticmethod
    async def _ask(part: str, check: ReadinessCheck) -> str:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await check()
        except Exception as error:
            log.warning("part.down", part=part, **describe_error(error))
            return "down"
        return "up"


class MetricsEndpoint:
    """Lets scrapers in: from allowed networks, and never through a proxy that brings the world along."""

    def __init__(self, metrics: HttpMetrics, allowed: tuple[str, ...]) -> None:
        self._metrics = metrics
        self._allowed = Networks(allowed)

    def exposition(self, inbound: RequestHead) -> bytes:
        """Raises:
        NotFound: not from here.
        """
        address = parse_address(inbound.peer)
        if inbound.forwarded or address is None or address not in self._allowed:
            raise NotFound
        return self._metrics.exposition()


class HealthController(Controller):
    """For balancers, supervisors and scrapers."""

    tags = ("Operation",)

    @get("/health/live", auth="public")
    async def live(self) -> dict[str, str]:
        """The process answers."""
        return {"status": "up"}

    @get("/health/ready", auth="public")
    async def ready(
        self, readiness: NamedDependency[Annotated[Readiness, SkipValidation]]
    ) -> Response[dict[str, str | dict[str, str]]]:
        """Every part answers (200), or which do not (503)."""
        parts = await readiness()
        up = "down" not in parts.values()
        return Response({"status": "up" if up else "down", "parts": parts}, status_code=200 if up else 503)

    @get("/metrics", auth="public", media_type="text/plain; version=0.0.4; charset=utf-8", raises=[NotFound])
    async def metrics(
        self, request: PortalRequest, metrics_endpoint: NamedDependency[Annotated[MetricsEndpoint, SkipValidation]]
    ) -> bytes:
        """Prometheus metrics, for allowed networks only."""
        return metrics_endpoint.exposition(request.inbound)
