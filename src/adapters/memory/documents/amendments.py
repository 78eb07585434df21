"""Requests to amend records in memory."""

from uuid import UUID

from attrs import define

from adapters.memory.engine.repository import MemoryClientRepository
from adapters.memory.engine.rows import newest_first
from adapters.memory.engine.sealing import SEALED, key_destroyed, require_key
from portal_core.documents.amendment import AmendmentRequest
from portal_core.documents.ports import AmendmentRequests
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest

SEALED["amendment_requests"] = dict.fromkeys(
    ("statement", "reason", "extension_reason", "answer", "disagreement", "rebuttal")
)


@define
class MemoryAmendmentRequests(MemoryClientRepository[AmendmentRequest], AmendmentRequests):
    """Requests of clients. Those of an erased record are gone."""

    table = "amendment_requests"

    def _sees(self, row: AmendmentRequest) -> bool:
        return super()._sees(row) and not key_destroyed(self.tx, row.client_id)

    async def add(self, row: AmendmentRequest, audit_entry: AuditEntry) -> None:
        require_key(self.tx, row.client_id, row.statement)
        await super().add(row, audit_entry)

    async def save(self, row: AmendmentRequest, audit_entry: AuditEntry) -> None:
        require_key(self.tx, row.client_id, row.statement)
        await super().save(row, audit_entry)

    async def page(
        self, client_id: UUID, page: PageRequest, requested_by: UUID | None = None
    ) -> Page[AmendmentRequest]:
        return newest_first((one for one in self._of(client_id) if requested_by in (None, one.requested_by)), page)

    async def open_page(self, page: PageRequest) -> Page[AmendmentRequest]:
        after = page.after_time()
        rows = [one for one in self._rows() if one.state == "requested"]
        rows.sort(key=lambda one: (one.due_at, one.id))
        return page.paginate(
            [one for one in rows if after is None or (one.due_at, one.id) > after], lambda one: (one.due_at, one.id)
        )
