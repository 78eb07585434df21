"""Requests for appointments in PostgreSQL. The client's reason and the practice's answer are encrypted."""

from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import Integer, bindparam, func, select, tuple_, update

from adapters.codec import converter
from adapters.postgres.appointments.options import DISPLAY_NAME, PRONOUNS
from adapters.postgres.appointments.reads import FIRST_ID, LAST_ID, MAX_INSTANT, MIN_INSTANT
from adapters.postgres.appointments.tables import appointment_requests as requests
from adapters.postgres.appointments.tables import appointment_types, locations
from adapters.postgres.engine.columns import Instant, Uuid, insert_all
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

_COLUMNS = (
    requests.c.id,
    requests.c.practice_id,
    requests.c.client_id,
    requests.c.appointment_type_id,
    requests.c.location_id,
    requests.c.clinician_id,
    requests.c.preferred,
    requests.c.reason,
    requests.c.requested_at,
    requests.c.status,
    requests.c.answered_at,
    requests.c.answer,
    requests.c.appointment_id,
    requests.c.version,
)
_here = requests.c.practice_id == bindparam("practice_id")
_own = (_here, requests.c.client_id == bindparam("client_id"))
ADD = statement("requests.add", insert_all(requests))
GET = statement("requests.get", select(*_COLUMNS).where(*_own, requests.c.id == bindparam("id")))
GET_FOR_PRACTICE = statement(
    "requests.get_for_practice",
    select(*_COLUMNS).where(_here, requests.c.id == bindparam("id")),
    scope_exemption="the practice answers requests of all clients",
)
SAVE = statement(
    "requests.save",
    update(requests)
    .where(*_own, requests.c.id == bindparam("request"), requests.c.version == bindparam("before"))
    .values(
        status=bindparam("status"),
        answered_at=bindparam("answered_at"),
        answer=bindparam("answer"),
        appointment_id=bindparam("appointment_id"),
        version=bindparam("version"),
    ),
)
PENDING = statement("requests.pending", select(func.count()).where(*_own, requests.c.status == "pending"))

_shown = (
    select(
        *_COLUMNS,
        appointment_types.c.name,
        locations.c.name,
        clinicians.c.name,
    )
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
    _shown.where(*_own, _key < _after).order_by(requests.c.requested_at.desc(), requests.c.id.desc()).limit(_row_limit),
)
LIST_FOR_PRACTICE = statement(
    "requests.list_for_practice",
    _shown.add_columns(DISPLAY_NAME, PRONOUNS)
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
        await self.tx.execute(
            ADD,
            id=request.id,
            client_id=request.client_id,
            appointment_type_id=request.appointment_type_id,
            location_id=request.location_id,
            clinician_id=request.clinician_id,
            preferred=converter.unstructure(request.preferred),
            reason=await self.tx.seal(request.client_id, requests.c.reason, request.id, request.reason or ""),
            requested_at=request.requested_at,
            **await self._changing(request),
        )
        self.tx.add_audit_entry(audit_entry)

    async def get(self, client_id: UUID, request_id: UUID) -> AppointmentRequest | None:
        row = await self.tx.fetchrow(GET, client_id=client_id, id=request_id)
        return None if row is None else await self._request(row)

    async def get_for_practice(self, request_id: UUID) -> AppointmentRequest | None:
        row = await self.tx.fetchrow(GET_FOR_PRACTICE, id=request_id)
        return None if row is None else await self._request(row)

    async def save(self, request: AppointmentRequest, audit_entry: AuditEntry) -> None:
        await self.tx.save(
            SAVE,
            client_id=request.client_id,
            request=request.id,
            before=request.version - 1,
            **await self._changing(request),
        )
        self.tx.add_audit_entry(audit_entry)

    async def pending(self, client_id: UUID) -> int:
        row = await self.tx.fetchrow(PENDING, client_id=client_id)
        return 0 if row is None else int(row[0])

    async def _changing(self, request: AppointmentRequest) -> dict[str, Any]:
        return {
            "status": request.status,
            "answered_at": request.answered_at,
            "answer": await self.tx.seal(request.client_id, requests.c.answer, request.id, request.answer),
            "appointment_id": request.appointment_id,
            "version": request.version,
        }

    async def _request(self, row: Any) -> AppointmentRequest:
        return AppointmentRequest(
            id=row[0],
            practice_id=row[1],
            client_id=row[2],
            appointment_type_id=row[3],
            location_id=row[4],
            clinician_id=row[5],
            preferred=converter.structure(row[6], tuple[PreferredTime, ...]),
            reason=await self.tx.unseal(row[2], requests.c.reason, row[0], row[7]) or None,
            requested_at=row[8],
            status=row[9],
            answered_at=row[10],
            answer=await self.tx.unseal(row[2], requests.c.answer, row[0], row[11]) or None,
            appointment_id=row[12],
            version=row[13],
        )


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
        await self.tx.load_keys(row[2] for row in found.items)
        items = [
            PracticeAppointmentRequestView(
                client_id=row[2], client_name=row[17], client_pronouns=row[18], request=await self._view(row)
            )
            for row in found.items
        ]
        return Page(tuple(items), found.next)

    async def _view(self, row: Any) -> AppointmentRequestView:
        return AppointmentRequestView(
            id=row[0],
            status=row[9],
            appointment_type_id=row[3],
            appointment_type_name=row[14],
            location_id=row[4],
            location_name=row[15],
            telehealth=row[4] is None,
            clinician_id=row[5],
            clinician_name=row[16],
            preferred=converter.structure(row[6], tuple[PreferredTimeView, ...]),
            reason=await self.tx.unseal(row[2], requests.c.reason, row[0], row[7]) or None,
            requested_at=row[8],
            answered_at=row[10],
            answer=await self.tx.unseal(row[2], requests.c.answer, row[0], row[11]) or None,
            appointment_id=row[12],
            version=row[13],
        )


def _in_order(row: Any) -> tuple[datetime, UUID]:
    return row[8], row[0]
