"""Jobs and notices, written in the use case's transaction through functions that run as the owner."""

from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.engine.columns import Instant, Uuid
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.kernel.notices import Notice
from portal_core.kernel.outbox import Event, Outbox, event_ids, job_name

DEFER = statement(
    "outbox.defer",
    select(func.portal.defer_job(bindparam("task", type_=Text), bindparam("job_arguments", type_=JSONB))),
)
NOTIFY = statement(
    "outbox.notify",
    select(
        func.portal.notify(
            bindparam("id", type_=Uuid),
            bindparam("kind", type_=Text),
            bindparam("notice_class", type_=Text),
            bindparam("to_account", type_=Uuid),
            bindparam("to_client", type_=Uuid),
            bindparam("subject_id", type_=Uuid),
            bindparam("deduplication_key", type_=Text),
            bindparam("now", type_=Instant),
        )
    ),
)


@define
class PostgresOutbox(Outbox):
    """Writes procrastinate jobs and notices. Both hold only ids, including the practice's, and no content."""

    tx: Transaction

    async def defer(self, job: type[Any], **ids: UUID) -> None:
        self._defer(job_name(job), ids)

    async def publish(self, event: Event) -> None:
        self._defer(job_name(type(event)), event_ids(event))

    def _defer(self, name: str, ids: dict[str, UUID]) -> None:
        arguments = {key: str(value) for key, value in ids.items()} | {"practice_id": str(self.tx.practice_id)}
        self.tx.write_later(DEFER, task=name, job_arguments=arguments)

    async def notify(self, notice: Notice) -> None:
        self.tx.write_later(
            NOTIFY,
            id=self.tx.ids.new(),
            kind=notice.kind,
            notice_class=notice.notice_class,
            to_account=notice.to_account,
            to_client=notice.to_client,
            subject_id=notice.subject_id,
            deduplication_key=notice.deduplication_key,
            now=self.tx.clock.now(),
        )
