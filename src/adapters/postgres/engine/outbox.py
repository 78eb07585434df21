"""Jobs and notices, written in the use case's transaction through functions that run as the owner."""

from typing import Any
from uuid import UUID

from attrs import define

from adapters.postgres.engine.transaction import Transaction
from portal_core.kernel.notices import Notice
from portal_core.kernel.outbox import Event, Outbox, event_ids, job_name

# Inserts the notice and the job that delivers it; neither if the practice already has its deduplication key.
NOTIFY = """
CREATE OR REPLACE FUNCTION portal.notify(
  notice uuid, kind text, notice_class text, account uuid, client uuid, subject uuid, dedup_key text,
  instant timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
  practice uuid := nullif(current_setting('portal.practice', true), '')::uuid;
BEGIN
  INSERT INTO portal.notices (practice_id, id, kind, notice_class, created_at, due_at, enqueued_at, to_account,
    to_client, subject_id, deduplication_key, state, attempt, failures, claimed_by, vendor_message_id,
    failure_reason, version)
  VALUES (practice, notice, kind, notice_class, instant, instant, instant, account,
    client, subject, dedup_key, 'queued', 0, 0, '', '', '', 1)
  ON CONFLICT DO NOTHING;
  IF FOUND THEN
    PERFORM portal.defer_job('deliver_notice', jsonb_build_object('practice_id', practice, 'notice_id', notice));
  END IF;
END $$"""


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
