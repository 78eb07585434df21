"""Requests for appointments in memory."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from attrs import define

from adapters.memory.appointments.options import load_booking_options, load_clients
from adapters.memory.engine.repository import MemoryClientRepository
from adapters.memory.engine.rows import own_rows, visible
from adapters.memory.engine.sealing import SEALED, as_stored, require_key
from adapters.memory.engine.store import MemoryTransaction
from portal_core.appointments.appointment_request import AppointmentRequest, RequestStatus
from portal_core.appointments.ports import AppointmentRequests
from portal_core.appointments.practice_views import PracticeAppointmentRequestView
from portal_core.appointments.read_ports import AppointmentRequestReads
from portal_core.appointments.views import AppointmentRequestView
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest

SEALED["appointment_requests"] = {"reason": None, "answer": None}


@define
class MemoryAppointmentRequests(MemoryClientRepository[AppointmentRequest], AppointmentRequests):
    """Requests for appointments."""

    table = "appointment_requests"

    async def add(self, request: AppointmentRequest, audit_entry: AuditEntry) -> None:
        require_key(self.tx, request.client_id, request.reason or "")  # sealed even if there is none
        await super().add(request, audit_entry)

    async def get_for_practice(self, request_id: UUID) -> AppointmentRequest | None:
        return self._find(request_id)

    async def save(self, request: AppointmentRequest, audit_entry: AuditEntry) -> None:
        require_key(self.tx, request.client_id, request.answer)
        await super().save(as_stored(self.tx, self.table, request), audit_entry)

    async def pending(self, client_id: UUID) -> int:
        return sum(one.status == "pending" for one in self._of(client_id))


@define
class MemoryAppointmentRequestReads(AppointmentRequestReads):
    """Views of requests with names."""

    tx: MemoryTransaction

    async def list_for_client(self, client_id: UUID, page: PageRequest) -> Page[AppointmentRequestView]:
        after = page.after_time()
        own = [
            one
            for one in _visible_requests(self.tx)
            if one.client_id == client_id and (after is None or _sort_key(one) < after)
        ]
        own.sort(key=_sort_key, reverse=True)
        booking_options = load_booking_options(self.tx, None)
        return page.paginate(own, _sort_key).map(lambda one: AppointmentRequestView.of(one, booking_options))

    async def list_for_practice(self, status: RequestStatus, page: PageRequest) -> Page[PracticeAppointmentRequestView]:
        after = page.after_time()
        found = [
            one
            for one in _visible_requests(self.tx)
            if one.status == status and (after is None or _sort_key(one) > after)
        ]
        found.sort(key=_sort_key)
        booking_options = load_booking_options(self.tx, None)
        known = load_clients(self.tx)
        return page.paginate(found, _sort_key).map(
            lambda one: PracticeAppointmentRequestView(
                client_id=one.client_id,
                client_name=known[one.client_id].name,
                client_pronouns=known[one.client_id].pronouns,
                request=AppointmentRequestView.of(one, booking_options),
            )
        )


def _visible_requests(tx: MemoryTransaction) -> Iterable[AppointmentRequest]:
    return (one for one in own_rows(tx, "appointment_requests") if visible(tx, one.client_id))


def _sort_key(request: AppointmentRequest) -> tuple[datetime, UUID]:
    return request.requested_at, request.id
