"""Calendar feeds in memory."""

from uuid import UUID

from attrs import define

from adapters.memory.engine.rows import own_key, own_rows, require_reachable, visible
from adapters.memory.engine.store import MemoryTransaction
from portal_core.appointments.calendar_feed import FeedToken
from portal_core.appointments.ports import FeedTokens
from portal_core.kernel.audit import AuditEntry


@define
class MemoryFeedTokens(FeedTokens):
    """One feed for each client, by the client's id."""

    tx: MemoryTransaction

    async def get(self, client_id: UUID) -> FeedToken | None:
        found = self.tx.table("feed_tokens").get(own_key(self.tx, client_id))
        return found if found is not None and visible(self.tx, client_id) else None

    async def replace(self, token: FeedToken, audit_entry: AuditEntry) -> None:
        require_reachable(self.tx, token.client_id)
        self.tx.table("feed_tokens")[own_key(self.tx, token.client_id)] = token
        await self.tx.audit.record(audit_entry)

    async def remove(self, client_id: UUID, audit_entry: AuditEntry) -> bool:
        if await self.get(client_id) is None:
            return False
        del self.tx.table("feed_tokens")[own_key(self.tx, client_id)]
        await self.tx.audit.record(audit_entry)
        return True

    async def unscoped_by_hash(self, token_hash: bytes) -> FeedToken | None:
        return next((one for one in own_rows(self.tx, "feed_tokens") if one.token_hash == token_hash), None)
