"""Requests for appointments in memory."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from attrs import define

from adapters.memory.appointments.options import load_booking_options, load_clients
from adapters.memory.engine.rows import own_key, own_rows, require_reachable, visible
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
class MemoryAppointmentRequests(AppointmentRequests):
    """Requests for appointments."""

    tx: MemoryTransaction

    async def add(self, request: AppointmentRequest, audit_entry: AuditEntry) -> None:
        require_reachable(self.tx, request.client_id)
        require_key(self.tx, request.client_id, request.reason or "", request.answer)
        self.tx.insert("appointment_requests", own_key(self.tx, request.id), request)
        await self.tx.audit.record(audit_entry)

    async def get(self, client_id: UUID, request_id: UUID) -> AppointmentRequest | None:
        found = await self.get_for_practice(request_id)
        return found if found is not None and found.client_id == client_id else None

    async def get_for_practice(self, request_id: UUID) -> AppointmentRequest | None:
        found: AppointmentRequest | None = self.tx.table("appointment_requests").get(own_key(self.tx, request_id))
        return found if found is not None and visible(self.tx, found.client_id) else None

    async def save(self, request: AppointmentRequest, audit_entry: AuditEntry) -> None:
        require_reachable(self.tx, request.client_id)
        require_key(self.tx, request.client_id, request.answer)
        stored = as_stored(self.tx, "appointment_requests", request)
        self.tx.save("appointment_requests", own_key(self.tx, request.id), stored)
        await self.tx.audit.record(audit_entry)

    async def pending(self, client_id: UUID) -> int:
        return sum(one.client_id == client_id and one.status == "pending" for one in _visible_requests(self.tx))


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
