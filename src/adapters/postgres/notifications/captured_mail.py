"""Mail that is stored instead of sent, in a table that is accessible through two functions only."""

from typing import Any

from attrs import define

from adapters.local.mail import CapturedMail, CapturedMailStore

CAPTURE_MAIL = """
CREATE OR REPLACE FUNCTION portal.capture_mail(
  id uuid, at timestamptz, kind text, key uuid, recipient text, sender_name text, subject text, body text)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
  INSERT INTO portal.captured_mail (id, at, kind, key, "to", sender_name, subject, body)
  VALUES (id, at, kind, key, recipient, sender_name, subject, body)
$$"""

LATEST_CAPTURED_MAIL = """
CREATE OR REPLACE FUNCTION portal.latest_captured_mail(max_rows int) RETURNS SETOF portal.captured_mail
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
  SELECT * FROM portal.captured_mail ORDER BY at DESC, id DESC LIMIT max_rows
$$"""


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

    async def latest(self, limit: int) -> tuple[CapturedMail, ...]:
        rows = await self.pool.fetch("SELECT * FROM portal.latest_captured_mail($1)", limit)
        return tuple(CapturedMail(*row) for row in rows)
