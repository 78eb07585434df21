"""What is kept for a time only, and gone when it is over; and room for the audit entries that come. Run by the worker.

Every chore may run on several workers at once, and catches up on runs that were missed.
"""

from datetime import timedelta
from typing import Any, Final

from attrs import frozen

from portal_core.kernel.sources import Clock

RETENTION: Final[dict[str, tuple[str, timedelta]]] = {
    # Where was I signed in, and when did it end: a month of looking back. Nothing opens with it any more.
    "sessions": ("ends_at", timedelta(days=30)),
    "challenges": ("expires_at", timedelta(hours=1)),
    # Proven it stands in the settings; else it may be a stranger's.
    "safe_email_verifications": ("expires_at", timedelta(0)),
    # The job that decides it is given up after six hours; a weekend more for an operator to replay it.
    "email_requests": ("requested_at", timedelta(days=3)),
    "idempotent_responses": ("expires_at", timedelta(0)),
    # Of credentials that never had a password, when their last code is dead.
    "identities": ("until", timedelta(0)),
}
"""Table, the column that says when it was over, and how long it is kept after that. Each has an index on both."""

# Nothing but the constants above goes into these texts.
_deletes = "\n".join(
    f"    DELETE FROM portal.{table} WHERE practice_id = practice"  # noqa: S608  (as said)
    f" AND {column} < instant - make_interval(secs => {kept.total_seconds():.0f});"
    for table, (column, kept) in RETENTION.items()
)

# Practice by practice, for the indexes begin with it. Guards and tries are few: they go as fast as they come. A guard
# without a try in the last 15 minutes says what no guard says (`SignInGuard.attempt`).
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
END $$"""  # noqa: S608  (as said)


@frozen
class PostgresMaintenance:
    """Chores over all practices, by functions that run as the schema's owner."""

    pool: Any
    clock: Clock

    async def delete_expired(self) -> None:
        """Delete what `RETENTION` says, and guards and tries that count for nothing any more."""
        await self.pool.execute("SELECT portal.delete_expired($1)", self.clock.now())

    async def create_audit_partitions(self) -> None:
        """Make the audit trail's partitions of this month and the next two, where they are not made yet."""
        month = self.clock.now().date().replace(day=1)
        for _ in range(3):
            await self.pool.execute("SELECT portal.create_audit_partition($1)", month)
            month = (month + timedelta(days=31)).replace(day=1)
