"""Requests for appointments in memory."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from attrs import define

from adapters.memory.appointments.options import people, schedule
from adapters.memory.engine.rows import confine, own_key, own_rows, visible
from adapters.memory.engine.sealing import SEALED, as_kept, require_key
from adapters.memory.engine.store import MemoryTransaction
from portal_core.appointments.ports import AppointmentRequests
from portal_core.appointments.ports_reads import RequestReads
from portal_core.appointments.views import RequestView
from portal_core.appointments.views_practice import PracticeRequestView
from portal_core.appointments.waiting import AppointmentRequest, RequestStatus
from portal_core.kernel.audit import Audited
from portal_core.kernel.page import Page, PageRequest

SEALED["appointment_requests"] = {"reason": "", "answer": None}


@define
class MemoryAppointmentRequests(AppointmentRequests):
    """Requests as they are."""

    tx: MemoryTransaction

    async def add(self, request: AppointmentRequest, audited: Audited) -> None:
        confine(self.tx, request.client_id)
        require_key(self.tx, request.client_id, request.reason, request.answer)
        self.tx.insert("appointment_requests", own_key(self.tx, request.id), request)
        await self.tx.audit.record(audited)

    async def get(self, client_id: UUID, request_id: UUID) -> AppointmentRequest | None:
        found = await self.for_practice(request_id)
        return found if found is not None and found.client_id == client_id else None

    async def for_practice(self, request_id: UUID) -> AppointmentRequest | None:
        found: AppointmentRequest | None = self.tx.table("appointment_requests").get(own_key(self.tx, request_id))
        return found if found is not None and visible(self.tx, found.client_id) else None

    async def save(self, request: AppointmentRequest, audited: Audited) -> None:
        confine(self.tx, request.client_id)
        require_key(self.tx, request.client_id, request.answer)
        kept = as_kept(self.tx, "appointment_requests", request)
        self.tx.save("appointment_requests", own_key(self.tx, request.id), kept)
        await self.tx.audit.record(audited)

    async def pending(self, client_id: UUID) -> int:
        return sum(one.client_id == client_id and one.status == "pending" for one in _seen(self.tx))


@define
class MemoryRequestReads(RequestReads):
    """Requests with the names beside them."""

    tx: MemoryTransaction

    async def list_for_client(self, client_id: UUID, page: PageRequest) -> Page[RequestView]:
        after = page.after_time()
        own = [one for one in _seen(self.tx) if one.client_id == client_id and (after is None or _key(one) < after)]
        own.sort(key=_key, reverse=True)
        offered = schedule(self.tx, None)
        return page.cut(own, _key).map(lambda one: RequestView.of(one, offered))

    async def list_for_practice(self, status: RequestStatus, page: PageRequest) -> Page[PracticeRequestView]:
        after = page.after_time()
        found = [one for one in _seen(self.tx) if one.status == status and (after is None or _key(one) > after)]
        found.sort(key=_key)
        offered = schedule(self.tx, None)
        known = people(self.tx)
        return page.cut(found, _key).map(
            lambda one: PracticeRequestView(
                client_id=one.client_id,
                client_name=known[one.client_id].name,
                client_pronouns=known[one.client_id].pronouns,
                request=RequestView.of(one, offered),
            )
        )


def _seen(tx: MemoryTransaction) -> Iterable[AppointmentRequest]:
    return (one for one in own_rows(tx, "appointment_requests") if visible(tx, one.client_id))


def _key(request: AppointmentRequest) -> tuple[datetime, UUID]:
    return request.requested_at, request.id
