"""Requests for appointments in PostgreSQL. The client's reason and the practice's answer are encrypted."""

from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import Integer, bindparam, func, insert, select, tuple_

from adapters.codec import converter
from adapters.postgres.appointments.options import DISPLAY_NAME, PRONOUNS
from adapters.postgres.appointments.reads import FIRST_ID, LAST_ID, MAX_INSTANT, MIN_INSTANT
from adapters.postgres.appointments.tables import appointment_requests as requests
from adapters.postgres.appointments.tables import appointment_types, locations
from adapters.postgres.engine.columns import Instant, Uuid
from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.tables import clients, clinicians
from portal_core.appointments.appointment_request import AppointmentRequest, PreferredTime, RequestStatus
from portal_core.appointments.ports import AppointmentRequests
from portal_core.appointments.practice_views import PracticeAppointmentRequestView
from portal_core.appointments.read_ports import AppointmentRequestReads
from portal_core.appointments.views import AppointmentRequestView, PreferredTimeView
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest

_REQUEST = entity(AppointmentRequest, requests, preferred=(requests.c.preferred,))
_VIEW = entity(
    AppointmentRequestView,
    requests,
    appointment_type_name=appointment_types.c.name,
    location_name=locations.c.name,
    telehealth=(),
    clinician_name=clinicians.c.name,
    preferred=(requests.c.preferred,),
)
_PRACTICE_VIEW = entity(
    PracticeAppointmentRequestView,
    requests,
    client_name=DISPLAY_NAME,
    client_pronouns=PRONOUNS,
    request=(),
)
_here = requests.c.practice_id == bindparam("practice_id")
_own = (_here, requests.c.client_id == bindparam("client_id"))
ADD = statement("requests.add", insert(requests))
GET = statement("requests.get", select(*_REQUEST.columns).where(*_own, requests.c.id == bindparam("id")))
GET_FOR_PRACTICE = statement(
    "requests.get_for_practice",
    select(*_REQUEST.columns).where(_here, requests.c.id == bindparam("id")),
    scope_exemption="the practice answers requests of all clients",
)
SAVE = statement("requests.save", update_version(requests, "status", "answered_at", "answer", "appointment_id"))
PENDING = statement("requests.pending", select(func.count()).where(*_own, requests.c.status == "pending"))

_shown = (
    select(*_VIEW.columns)
    .select_from(requests)
    .join(
        appointment_types,
        (appointment_types.c.practice_id == requests.c.practice_id)
        & (appointment_types.c.id == requests.c.appointment_type_id),
    )
    .outerjoin(
        locations, (locations.c.practice_id == requests.c.practice_id) & (locations.c.id == requests.c.location_id)
    )
    .outerjoin(
        clinicians,
        (clinicians.c.practice_id == requests.c.practice_id) & (clinicians.c.id == requests.c.clinician_id),
    )
)
_key = tuple_(requests.c.requested_at, requests.c.id)
_after = tuple_(bindparam("after_at", type_=Instant), bindparam("after_id", type_=Uuid))
_row_limit = bindparam("row_limit", type_=Integer)
LIST_FOR_CLIENT = statement(
    "requests.list_for_client",
    _shown.add_columns(requests.c.client_id)
    .where(*_own, _key < _after)
    .order_by(requests.c.requested_at.desc(), requests.c.id.desc())
    .limit(_row_limit),
)
LIST_FOR_PRACTICE = statement(
    "requests.list_for_practice",
    _shown.add_columns(*_PRACTICE_VIEW.columns)
    .join(clients, (clients.c.practice_id == requests.c.practice_id) & (clients.c.id == requests.c.client_id))
    .where(_here, requests.c.status == bindparam("status"), _key > _after)
    .order_by(requests.c.requested_at, requests.c.id)
    .limit(_row_limit),
    scope_exemption="the practice answers requests of all clients",
)


@define
class PostgresAppointmentRequests(AppointmentRequests):
    """Requests, with preferred times stored as JSON."""

    tx: Transaction

    async def add(self, request: AppointmentRequest, audit_entry: AuditEntry) -> None:
        values = await self._values(request)
        values["reason"] = await self.tx.seal(request.client_id, requests.c.reason, request.id, request.reason or "")
        await self.tx.execute(ADD, **values)
        self.tx.add_audit_entry(audit_entry)

    async def get(self, client_id: UUID, request_id: UUID) -> AppointmentRequest | None:
        row = await self.tx.fetchrow(GET, client_id=client_id, id=request_id)
        return None if row is None else await self._request(row)

    async def get_for_practice(self, request_id: UUID) -> AppointmentRequest | None:
        row = await self.tx.fetchrow(GET_FOR_PRACTICE, id=request_id)
        return None if row is None else await self._request(row)

    async def save(self, request: AppointmentRequest, audit_entry: AuditEntry) -> None:
        await self.tx.save(SAVE, **await self._values(request))
        self.tx.add_audit_entry(audit_entry)

    async def pending(self, client_id: UUID) -> int:
        row = await self.tx.fetchrow(PENDING, client_id=client_id)
        return 0 if row is None else int(row[0])

    async def _values(self, request: AppointmentRequest) -> dict[str, Any]:
        return _REQUEST.values(
            request,
            preferred=converter.unstructure(request.preferred),
            answer=await self.tx.seal(request.client_id, requests.c.answer, request.id, request.answer),
        )

    async def _request(self, row: Any) -> AppointmentRequest:
        preferred = converter.structure(row["preferred"], tuple[PreferredTime, ...])
        return _REQUEST.of(row, preferred=preferred, **await _texts(self.tx, row))


@define
class PostgresAppointmentRequestReads(AppointmentRequestReads):
    """Views of requests with names."""

    tx: Transaction

    async def list_for_client(self, client_id: UUID, page: PageRequest) -> Page[AppointmentRequestView]:
        after_at, after_id = page.after_time() or (MAX_INSTANT, LAST_ID)
        rows = await self.tx.fetch(
            LIST_FOR_CLIENT, client_id=client_id, after_at=after_at, after_id=after_id, row_limit=page.size + 1
        )
        found = page.paginate(rows, _in_order)
        return Page(tuple([await self._view(row) for row in found.items]), found.next)

    async def list_for_practice(self, status: RequestStatus, page: PageRequest) -> Page[PracticeAppointmentRequestView]:
        after_at, after_id = page.after_time() or (MIN_INSTANT, FIRST_ID)
        rows = await self.tx.fetch(
            LIST_FOR_PRACTICE, status=status, after_at=after_at, after_id=after_id, row_limit=page.size + 1
        )
        found = page.paginate(rows, _in_order)
        await self.tx.load_keys(row["client_id"] for row in found.items)
        items = [_PRACTICE_VIEW.of(row, request=await self._view(row)) for row in found.items]
        return Page(tuple(items), found.next)

    async def _view(self, row: Any) -> AppointmentRequestView:
        preferred = converter.structure(row["preferred"], tuple[PreferredTimeView, ...])
        telehealth = row["location_id"] is None
        return _VIEW.of(row, preferred=preferred, telehealth=telehealth, **await _texts(self.tx, row))


async def _texts(tx: Transaction, row: Any) -> dict[str, str | None]:
    """What the client wrote and what the practice answered."""
    client_id, row_id = row["client_id"], row["id"]
    return {
        "reason": await tx.unseal(client_id, requests.c.reason, row_id, row["reason"]) or None,
        "answer": await tx.unseal(client_id, requests.c.answer, row_id, row["answer"]) or None,
    }


def _in_order(row: Any) -> tuple[datetime, UUID]:
    return row["requested_at"], row["id"]
