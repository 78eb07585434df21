"""Jobs and notices, written in the use case's transaction through functions that run as the owner."""

from typing import Any
from uuid import UUID

from attrs import define

from adapters.postgres.engine.transaction import Transaction
from portal_core.kernel.notices import Notice
from portal_core.kernel.outbox import Event, Outbox, event_ids, job_name


@define
class PostgresOutbox(Outbox):
    """Writes procrastinate jobs and notices. Both hold only ids, including the practice's, and no content."""

    tx: Transaction

    async def defer(self, job: type[Any], **ids: UUID) -> None:
        await self._defer(job_name(job), ids)

    async def publish(self, event: Event) -> None:
        await self._defer(job_name(type(event)), event_ids(event))

    async def _defer(self, name: str, ids: dict[str, UUID]) -> None:
        arguments = {key: str(value) for key, value in ids.items()} | {"practice_id": str(self.tx.practice_id)}
        await self.tx.connection.execute("SELECT portal.defer_job($1, $2)", name, arguments)

    async def notify(self, notice: Notice) -> None:
        await self.tx.connection.execute(
            "SELECT portal.notify($1, $2, $3, $4, $5, $6, $7, $8)",
            self.tx.ids.new(),
            notice.kind,
            notice.notice_class,
            notice.to_account,
            notice.to_client,
            notice.subject_id,
            notice.deduplication_key,
            self.tx.clock.now(),
        )
