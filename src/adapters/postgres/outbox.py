"""Jobs, deferred in the use case's own transaction through a function of the owner's."""

from uuid import UUID

from attrs import define

from adapters.postgres.transaction import Transaction
from portal_core.kernel.outbox import Notice, Outbox


@define
class PostgresOutbox(Outbox):
    """Writes procrastinate jobs; their arguments are ids and the practice's."""

    tx: Transaction

    async def defer(self, job: str, **ids: UUID) -> None:
        arguments = {name: str(value) for name, value in ids.items()}
        arguments["practice_id"] = str(self.tx.practice_id)
        await self.tx.connection.execute("SELECT portal.defer_job($1, $2)", job, arguments)

    async def notify(self, notice: Notice) -> None:
        raise NotImplementedError  # replaced with the notices table
