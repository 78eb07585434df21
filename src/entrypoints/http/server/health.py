"""Liveness, readiness and metrics."""

import asyncio
from collections.abc import Mapping
from typing import Annotated

import structlog
from litestar import Controller, Response
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from entrypoints.http.contract.routing import get
from entrypoints.http.dependencies import ReadinessCheck
from entrypoints.http.server.client_address import Networks, parse_address
from entrypoints.http.server.request import PortalRequest
from entrypoints.http.server.request_head import RequestHead
from entrypoints.observability.logs import describe_error
from entrypoints.observability.metrics import HttpMetrics
from portal_core.kernel.errors import NotFound

TIMEOUT_SECONDS = 2.0
"""Seconds within which a part must respond. Load balancers usually wait 5."""

log = structlog.get_logger()


class Readiness:
    """Checks all parts concurrently."""

    def __init__(self, checks: Mapping[str, ReadinessCheck]) -> None:
        self._checks = checks

    async def __call__(self) -> dict[str, str]:
        """Return `up` or `down` for each part by name. The log has the class of the error, but not its message."""
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
    """Serves metrics to allowed networks, and never through a proxy, which would forward requests from anywhere."""

    def __init__(self, metrics: HttpMetrics, allowed: tuple[str, ...]) -> None:
        self._metrics = metrics
        self._allowed = Networks(allowed)

    def exposition(self, inbound: RequestHead) -> bytes:
        """Return the metrics.

        Raises:
            NotFound: the request came through a proxy or not from an allowed network.
        """
        address = parse_address(inbound.peer)
        if inbound.forwarded or address is None or address not in self._allowed:
            raise NotFound
        return self._metrics.exposition()


class HealthController(Controller):
    """Endpoints for load balancers, supervisors and metrics scrapers."""

    tags = ("Operation",)

    @get("/health/live", auth="public")
    async def live(self) -> dict[str, str]:
        """Returns 200 while the process responds."""
        return {"status": "up"}

    @get("/health/ready", auth="public")
    async def ready(
        self, readiness: NamedDependency[Annotated[Readiness, SkipValidation]]
    ) -> Response[dict[str, str | dict[str, str]]]:
        """Returns 200 if every part responds, else 503 with the parts that do not."""
        parts = await readiness()
        up = "down" not in parts.values()
        return Response({"status": "up" if up else "down", "parts": parts}, status_code=200 if up else 503)

    @get("/metrics", auth="public", media_type="text/plain; version=0.0.4; charset=utf-8", raises=[NotFound])
    async def metrics(
        self, request: PortalRequest, metrics_endpoint: NamedDependency[Annotated[MetricsEndpoint, SkipValidation]]
    ) -> bytes:
        """Returns Prometheus metrics, to allowed networks only."""
        return metrics_endpoint.exposition(request.inbound)
