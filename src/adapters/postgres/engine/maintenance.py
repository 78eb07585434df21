"""Periodic maintenance, run by the worker: deletes expired rows, and creates partitions for future audit entries.

Every task may run on several workers at once, and catches up after missed runs.
"""

from datetime import timedelta
from typing import Any, Final

from attrs import frozen

from portal_core.kernel.sources import Clock

RETENTION: Final[dict[str, tuple[str, timedelta]]] = {
    # Shown to the account's holder for a month, so they can see where they were signed in. Ended sessions open nothing.
    "sessions": ("ends_at", timedelta(days=30)),
    "challenges": ("expires_at", timedelta(hours=1)),
    # A confirmed address is stored in the settings; an unconfirmed one may be a stranger's.
    "safe_email_verifications": ("expires_at", timedelta(0)),
    # The job that processes it is given up after six hours; this leaves an operator a weekend to retry it.
    "email_requests": ("requested_at", timedelta(days=3)),
    "idempotent_responses": ("expires_at", timedelta(0)),
    # Credentials that never had a password, once their last code has expired.
    "identities": ("until", timedelta(0)),
}
"""Table to the column with the end time, and how long rows are kept after it. Each table has an index on
(`practice_id`, that column)."""

# Only the constants above are inserted into this SQL.
_deletes = "\n".join(
    f"    DELETE FROM portal.{table} WHERE practice_id = practice"  # noqa: S608  (constants only)
    f" AND {column} < instant - make_interval(secs => {kept.total_seconds():.0f});"
    for table, (column, kept) in RETENTION.items()
)

# Deletes practice by practice, because the indexes begin with practice_id. Guards and rate limit attempts are few. A
# guard without an attempt in the last 15 minutes means the same as no guard (`SignInGuard.attempt`).
DELETE_EXPIRED: Final = f"""
CREATE OR REPLACE FUNCTION portal.delete_expired(instant timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
  practice uuid;
BEGIN
  FOR practice IN SELECT id FROM portal.practices LOOP
{_deletes}
  END LOOP;
  DELETE FROM portal.sign_in_guards
    WHERE coalesce(locked_until <= instant, true)
      AND NOT EXISTS (SELECT FROM unnest(attempts) AS at WHERE at > instant - interval '15 minutes');
  DELETE FROM portal.rate_limit_attempts WHERE expires_at < instant;
END $$"""  # noqa: S608  (constants only)


@frozen
class PostgresMaintenance:
    """Maintenance for all practices, through functions that run as the schema's owner."""

    pool: Any
    clock: Clock

    async def delete_expired(self) -> None:
        """Delete the rows that `RETENTION` lists, and sign-in guards and rate limit attempts that have no effect."""
        await self.pool.execute("SELECT portal.delete_expired($1)", self.clock.now())

    async def create_audit_partitions(self) -> None:
        """Create the audit log's partitions for this month and the next two, if they do not exist."""
        month = self.clock.now().date().replace(day=1)
        for _ in range(3):
            await self.pool.execute("SELECT portal.create_audit_partition($1)", month)
            month = (month + timedelta(days=31)).replace(day=1)
