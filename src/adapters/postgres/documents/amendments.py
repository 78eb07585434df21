"""Requests to amend records in PostgreSQL. All texts are sealed with the client's key."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from attrs import define
from sqlalchemy import Integer, bindparam, insert, select, tuple_

from adapters.postgres.documents.tables import amendment_requests
from adapters.postgres.engine.columns import Instant, Uuid
from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.documents.amendment import AmendmentRequest
from portal_core.documents.ports import AmendmentRequests
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest

_FIRST = (datetime(1900, 1, 1, tzinfo=UTC), UUID(int=0))
_TEXTS: Final = ("statement", "reason", "extension_reason", "answer", "disagreement", "rebuttal")
_REQUEST = entity(AmendmentRequest, amendment_requests)
_columns = amendment_requests.c
_own = (_columns.practice_id == bindparam("practice_id"), _columns.client_id == bindparam("client_id"))
ADD = statement("amendment_requests.add", insert(amendment_requests))
GET = statement("amendment_requests.get", select(*_REQUEST.columns).where(*_own, _columns.id == bindparam("id")))
SAVE = statement("amendment_requests.save", update_version(amendment_requests))
_page = (
    select(*_REQUEST.columns)
    .where(*_own, _columns.id < bindparam("before"))
    .order_by(_columns.id.desc())
    .limit(bindparam("row_limit", type_=Integer))
)
PAGE = statement("amendment_requests.page", _page)
PAGE_OF_ACCOUNT = statement(
    "amendment_requests.page_of_account", _page.where(_columns.requested_by == bindparam("requested_by"))
)
OPEN_PAGE = statement(
    "amendment_requests.open_page",
    select(*_REQUEST.columns)
    .where(
        _columns.practice_id == bindparam("practice_id"),
        _columns.state == "requested",
        tuple_(_columns.due_at, _columns.id)
        > tuple_(bindparam("after_at", type_=Instant), bindparam("after_id", type_=Uuid)),
    )
    .order_by(_columns.due_at, _columns.id)
    .limit(bindparam("row_limit", type_=Integer)),
    scope_exemption="staff see what is due across clients; row-level security confines a client to their own record",
)


@define
class PostgresAmendmentRequests(AmendmentRequests):
    """Requests of clients."""

    tx: Transaction

    async def add(self, row: AmendmentRequest, audit_entry: AuditEntry) -> None:
        await self.tx.execute(ADD, **await self._values(row))
        self.tx.add_audit_entry(audit_entry)

    async def get(self, client_id: UUID, row_id: UUID) -> AmendmentRequest | None:
        row = await self.tx.fetchrow(GET, client_id=client_id, id=row_id)
        return None if row is None else await self._request(row)

    async def save(self, row: AmendmentRequest, audit_entry: AuditEntry) -> None:
        await self.tx.save(SAVE, **await self._values(row))
        self.tx.add_audit_entry(audit_entry)

    async def page(
        self, client_id: UUID, page: PageRequest, requested_by: UUID | None = None
    ) -> Page[AmendmentRequest]:
        rows = await self.tx.fetch(
            PAGE if requested_by is None else PAGE_OF_ACCOUNT,
            client_id=client_id,
            before=page.before_id(),
            row_limit=page.size + 1,
            requested_by=requested_by,
        )
        return page.paginate([await self._request(row) for row in rows], lambda one: one.id)

    async def open_page(self, page: PageRequest) -> Page[AmendmentRequest]:
        after_at, after_id = page.after_time() or _FIRST
        rows = await self.tx.fetch(OPEN_PAGE, after_at=after_at, after_id=after_id, row_limit=page.size + 1)
        await self.tx.load_keys({row["client_id"] for row in rows})
        return page.paginate([await self._request(row) for row in rows], lambda one: (one.due_at, one.id))

    async def _values(self, row: AmendmentRequest) -> dict[str, Any]:
        texts = {name: await self.tx.seal(row.client_id, _columns[name], row.id, getattr(row, name)) for name in _TEXTS}
        return _REQUEST.values(row, **texts)

    async def _request(self, row: Any) -> AmendmentRequest:
        texts = {name: await self.tx.unseal(row["client_id"], _columns[name], row["id"], row[name]) for name in _TEXTS}
        return _REQUEST.of(row, **texts)
