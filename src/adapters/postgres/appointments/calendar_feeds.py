"""Calendar feeds in PostgreSQL: one for each client, found by the SHA-256 of its token."""

from uuid import UUID

from attrs import define
from sqlalchemy import bindparam, column, delete, func, select
from sqlalchemy.dialects.postgresql import BYTEA, insert

from adapters.postgres.appointments.tables import feed_tokens
from adapters.postgres.engine.columns import Uuid
from adapters.postgres.engine.entities import entity
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.appointments.calendar_feed import FeedToken
from portal_core.appointments.ports import FeedTokens
from portal_core.kernel.audit import AuditEntry

_new = insert(feed_tokens)
REPLACE = statement(
    "feeds.replace",
    _new.on_conflict_do_update(
        index_elements=["practice_id", "client_id"],
        set_={name: _new.excluded[name] for name in ("id", "account_id", "token_hash", "created_at")},
    ),
)
_of_client = (
    feed_tokens.c.practice_id == bindparam("practice_id"),
    feed_tokens.c.client_id == bindparam("client_id"),
)
_FEED = entity(FeedToken, feed_tokens)
GET = statement("feeds.get", select(*_FEED.columns).where(*_of_client))
REMOVE = statement("feeds.remove", delete(feed_tokens).where(*_of_client))
_found = func.portal.feed_by_hash(
    bindparam("practice_id", type_=Uuid), bindparam("token_hash", type_=BYTEA)
).table_valued(*(column(one.name, one.type) for one in feed_tokens.c))
UNSCOPED_BY_HASH = statement("feeds.unscoped_by_hash", select(*_found.c))


@define
class PostgresFeedTokens(FeedTokens):
    """At most one feed for each client."""

    tx: Transaction

    async def get(self, client_id: UUID) -> FeedToken | None:
        row = await self.tx.fetchrow(GET, client_id=client_id)
        return None if row is None else _FEED.of(row)

    async def replace(self, token: FeedToken, audit_entry: AuditEntry) -> None:
        await self.tx.execute(REPLACE, **_FEED.values(token))
        self.tx.add_audit_entry(audit_entry)

    async def remove(self, client_id: UUID, audit_entry: AuditEntry) -> bool:
        if await self.tx.execute(REMOVE, client_id=client_id) == 0:
            return False
        self.tx.add_audit_entry(audit_entry)
        return True

    async def unscoped_by_hash(self, token_hash: bytes) -> FeedToken | None:
        row = await self.tx.fetchrow(UNSCOPED_BY_HASH, token_hash=token_hash)
        return None if row is None else _FEED.of(row)
