"""Refusals that no use case audits: limits that were met, and changes without a valid CSRF token."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from attrs import evolve

from entrypoints.http.dependencies import RefusalRecorder
from entrypoints.http.server.client_address import rate_limit_network
from entrypoints.http.server.errors import CsrfTokenInvalid
from entrypoints.http.server.request_head import RequestHead
from portal_core.accounts.use_cases.record_refusal import RecordRefusalCommand
from portal_core.kernel.actor import Actor, Origin, VisitorActor
from portal_core.kernel.errors import PortalError, RateLimited, Unavailable
from portal_core.people.ports import PracticeLocator

INTERVAL_SECONDS = 60.0
MAX_REMEMBERED = 10_000


class RefusalAudit:
    """Records such a refusal once a minute for each practice, account or address, operation and code: a flood
    of requests must not flood the audit log as well.
    """

    def __init__(self, record: RefusalRecorder, seconds: Callable[[], float]) -> None:
        self._record = record
        self._seconds = seconds
        self._recorded: dict[tuple[str, str, str], float] = {}

    async def __call__(self, error: Exception, scope: Any) -> None:
        """Record the error, if it is one of these and the practice is known."""
        if not isinstance(error, RateLimited | CsrfTokenInvalid):
            return
        practice: PracticeLocator | None = scope.get("practice")
        inbound: RequestHead = scope["portal"]
        operation = scope["route_handler"].opt["route_config"].operation
        if practice is None:
            return
        origin = Origin(inbound.address, inbound.device, inbound.request_id)
        actor: Actor = scope.get("user") or VisitorActor(practice.id, origin)
        who = f"{practice.id} {getattr(actor, 'account_id', rate_limit_network(inbound.address))}"
        if not self._is_due(who, operation, error):
            return
        actor = evolve(actor, origin=evolve(actor.origin, idempotent_request=None))
        with suppress(Unavailable):  # the refusal stands, whether or not it can be recorded
            await self._record(actor, RecordRefusalCommand(error.code, operation))

    def _is_due(self, who: str, operation: str, error: PortalError) -> bool:
        key, now = (who, operation, error.code), self._seconds()
        last = self._recorded.pop(key, None)
        due = last is None or now - last >= INTERVAL_SECONDS
        self._recorded[key] = now if due or last is None else last
        if len(self._recorded) > MAX_REMEMBERED:
            del self._recorded[next(iter(self._recorded))]
        return due
