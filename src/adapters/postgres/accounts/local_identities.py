"""The local identity provider's records in PostgreSQL."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from attrs import define
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from adapters.local.identity_record import IdentityStore, LockedIdentity, StoredIdentity
from adapters.postgres.accounts.tables import identities
from adapters.postgres.engine.columns import associated_data
from adapters.postgres.engine.keys import RecordKeys
from adapters.postgres.engine.outages import raise_unavailable_on_outage
from adapters.postgres.engine.statements import Statement, statement
from portal_core.accounts.identity_provider import Credential

_mine = (
    identities.c.practice_id == bindparam("practice_id"),
    identities.c.account_id == bindparam("account_id"),
    identities.c.side == bindparam("side"),
)
_put = insert(identities)
FIND = statement("identities.find", select(identities.c.record).where(*_mine))
PUT = statement(
    "identities.put",
    _put.on_conflict_do_update(
        index_elements=["practice_id", "account_id", "side"],
        set_={"record": _put.excluded.record, "until": _put.excluded.until},
    ),
)
REMOVE = statement("identities.remove", delete(identities).where(*_mine))


@define
class PostgresIdentities(IdentityStore):
    """Each transaction sees only the rows of one account. Changes to one credential run one by one, even the first."""

    pool: Any
    keys: RecordKeys

    async def find(self, credential: Credential) -> StoredIdentity | None:
        async with self._scoped(credential) as connection:
            return await self._read(connection, credential)

    @asynccontextmanager
    async def change(self, credential: Credential) -> AsyncIterator[LockedIdentity]:
        async with self._scoped(credential) as connection:
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _lock(credential))
            found = await self._read(connection, credential)
            record = LockedIdentity(found)
            yield record
            if record.stored is found:
                return
            if record.stored is None:
                await connection.execute(REMOVE.sql, *_arguments(REMOVE, credential))
            else:
                plain = msgspec.json.encode(record.stored)
                sealed = self.keys.cached_practice(credential.practice_id).seal(plain, _seal_context(credential))
                values = _arguments(PUT, credential, record=sealed, until=record.stored.until)
                await connection.execute(PUT.sql, *values)

    async def _read(self, connection: Any, credential: Credential) -> StoredIdentity | None:
        sealed = await connection.fetchval(FIND.sql, *_arguments(FIND, credential))
        if sealed is None:
            return None
        plain = self.keys.cached_practice(credential.practice_id).open(sealed, _seal_context(credential))
        return msgspec.json.decode(plain, type=StoredIdentity)

    @asynccontextmanager
    async def _scoped(self, credential: Credential) -> AsyncIterator[Any]:
        """A transaction confined to the account; committed unless the block raises."""
        with raise_unavailable_on_outage():
            # Before the transaction, because it may call the service that holds the master key.
            await self.keys.practice(self.pool, credential.practice_id)
            async with self.pool.acquire() as connection, connection.transaction():
                await connection.execute(
                    f"SET LOCAL portal.practice = '{credential.practice_id}'; SET LOCAL portal.scope = 'record'; "
                    f"SET LOCAL portal.client = ''; SET LOCAL portal.account = '{credential.account_id}'"
                )
                yield connection


def _arguments(statement: Statement, credential: Credential, **values: Any) -> list[Any]:
    mine = {"practice_id": credential.practice_id, "account_id": credential.account_id, "side": credential.side}
    return statement.arguments({**mine, **values})


def _seal_context(credential: Credential) -> str:
    return associated_data(identities.c.record, credential.account_id, credential.side)


def _lock(credential: Credential) -> int:
    name = f"identities {credential.practice_id} {credential.account_id}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
