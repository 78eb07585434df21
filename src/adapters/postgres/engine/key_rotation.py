"""Rewraps the practices' keys after the master key was rotated. It may run repeatedly, and while the portal runs."""

from typing import Any

from attrs import define

from adapters.encryption.master_key import MasterKey
from adapters.postgres.engine.keys import practice_context

OLD_PRACTICE_KEYS = """
CREATE OR REPLACE FUNCTION portal.old_practice_keys(present text) RETURNS TABLE (k_practice uuid, k_wrapped bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
  SELECT portal.require_scope(NULL, '');
  SELECT practice_id, wrapped FROM portal.practice_keys WHERE master_key <> present ORDER BY practice_id
$$"""

# Replaces only the value that was read, so that concurrent rotations do no harm, and keeps that value: what replaces it
# cannot be checked here, and without the key all of the practice's records would be lost.
REPLACE_PRACTICE_KEY = """
CREATE OR REPLACE FUNCTION portal.replace_practice_key(practice uuid, before bytea, after bytea, present text)
RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
  SELECT portal.require_scope(NULL, '');
  INSERT INTO portal.former_practice_keys (practice_id, wrapped, master_key, replaced_at)
    SELECT practice_id, wrapped, master_key, now() FROM portal.practice_keys
    WHERE practice_id = practice AND wrapped = before FOR UPDATE
    ON CONFLICT (practice_id, wrapped) DO UPDATE SET replaced_at = excluded.replaced_at;
  WITH done AS (UPDATE portal.practice_keys SET wrapped = after, master_key = present
    WHERE practice_id = practice AND wrapped = before RETURNING 1) SELECT EXISTS (SELECT 1 FROM done)
$$"""


@define
class KeyRotation:
    """Rewraps one practice's key after another. No transaction is open while the master key is used."""

    pool: Any
    master: MasterKey

    async def __call__(self) -> int:
        """Rewrap all keys that another master key wrapped, and return how many this rotation did.

        Of two at once, each rewraps what the other has not: a key is replaced only if it is still as it was read.

        Raises:
            Unavailable: the master key does not respond. The keys done so far stay rewrapped.
        """
        done = 0
        present = self.master.name
        for practice_id, before in await self.pool.fetch("SELECT * FROM portal.old_practice_keys($1)", present):
            context = practice_context(practice_id)
            key = await self.master.unwrap(before, context)
            if self.master.name != present:  # unwrapping revealed that another process rotated it
                return done + await self()
            after = await self.master.wrap(key, context)
            done += await self.pool.fetchval(
                "SELECT portal.replace_practice_key($1, $2, $3, $4)", practice_id, before, after, present
            )
        return done
