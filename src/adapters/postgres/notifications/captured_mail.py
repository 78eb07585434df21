"""Mail that is stored instead of sent, in a table that is accessible through two functions only."""

from typing import Any

from attrs import define

from adapters.local.mail import CapturedMail, CapturedMailStore
from adapters.postgres.engine.entities import entity
from adapters.postgres.notifications.tables import captured_mail

_MAIL = entity(CapturedMail, captured_mail)


@define
class PostgresCapturedMailStore(CapturedMailStore):
    """Captured mail in PostgreSQL, for deployments without real people's mail."""

    pool: Any

    async def keep(self, mail: CapturedMail) -> None:
        await self.pool.execute(
            "SELECT portal.capture_mail($1, $2, $3, $4, $5, $6, $7, $8)",
            mail.id,
            mail.at,
            mail.kind,
            mail.key,
            mail.to,
            mail.sender_name,
            mail.subject,
            mail.body,
        )

    async def latest(self, limit: int | None) -> tuple[CapturedMail, ...]:
        rows = await self.pool.fetch("SELECT * FROM portal.latest_captured_mail($1)", limit)
        return tuple(_MAIL.of(row) for row in rows)
