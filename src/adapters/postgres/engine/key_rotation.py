"""Wrapping the practices' keys anew, after the master key was rotated. May be run again, and while the portal runs."""

from typing import Any

from attrs import define

from adapters.encryption.master_key import MasterKey
from adapters.postgres.engine.keys import practice_context

OLD_PRACTICE_KEYS = """
CREATE OR REPLACE FUNCTION portal.old_practice_keys(present text) RETURNS TABLE (k_practice uuid, k_wrapped bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
  SELECT practice_id, wrapped FROM portal.practice_keys WHERE master_key <> present ORDER BY practice_id
$$"""

# Only in place of what was read, so that two at once do no harm.
REPLACE_PRACTICE_KEY = """
CREATE OR REPLACE FUNCTION portal.replace_practice_key(practice uuid, before bytea, after bytea, present text)
RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
  WITH done AS (UPDATE portal.practice_keys SET wrapped = after, master_key = present
    WHERE practice_id = practice AND wrapped = before RETURNING 1) SELECT EXISTS (SELECT 1 FROM done)
$$"""


@define
class KeyRotation:
    """One practice after another; no transaction is open while the master key is asked."""

    pool: Any
    master: MasterKey

    async def __call__(self) -> int:
        """How many practices' keys were wrapped by the present master key now, that were not before.

        Raises:
            Unavailable: the master key does not answer; what was done is kept.
        """
        done = 0
        present = self.master.name
        for practice_id, before in await self.pool.fetch("SELECT * FROM portal.old_practice_keys($1)", present):
            context = practice_context(practice_id)
            key = await self.master.unwrap(before, context)
            if self.master.name != present:  # another process rotated it, as the key before us told
                return done + await self()
            after = await self.master.wrap(key, context)
            done += await self.pool.fetchval(
                "SELECT portal.replace_practice_key($1, $2, $3, $4)", practice_id, before, after, present
            )
        return done
