"""Encryption keys of practices and clients.

There are three levels: the master key (a file, or KMS) wraps one key per practice, the practice's key wraps one key per
client, and the client's key encrypts the record's fields. The master key is used once every five minutes for a
practice, before a transaction begins, regardless of the number of clients. Rotating it rewraps one row per practice.
Deleting a client's key row, which only `portal.erase_record` does, makes the record's content unreadable.
"""

import asyncio
import time
from collections.abc import Iterable
from typing import Any, Protocol
from uuid import UUID

from attrs import define, field
from sqlalchemy import any_, bindparam, insert, select

from adapters.encryption.cipher import Cipher, new_key
from adapters.encryption.master_key import MasterKey
from adapters.postgres.engine.columns import Uuids, associated_data
from adapters.postgres.engine.statements import Statement, statement
from adapters.postgres.engine.tables import client_keys, practice_keys
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock

CACHE_SECONDS = 300.0

ADD_PRACTICE_KEY = statement("keys.add_practice", insert(practice_keys))
_wrapped = select(client_keys.c.client_id, client_keys.c.wrapped).where(
    client_keys.c.practice_id == bindparam("practice_id")
)
# Separate from the next statement, because a record's transaction uses generic plans, and not every server version then
# estimates that the array holds only a few ids.
GET_CLIENT_KEY = statement("keys.client", _wrapped.where(client_keys.c.client_id == bindparam("client_id")))
GET_CLIENT_KEYS = statement(
    "keys.clients",
    _wrapped.where(client_keys.c.client_id == any_(bindparam("client_ids", type_=Uuids))),
    scope_exemption="the practice's lists show many clients; row-level security confines a client to their own",
)
ADD_CLIENT_KEY = statement("keys.add_client", insert(client_keys))


def practice_context(practice_id: UUID) -> str:
    """Return the context that the master key binds a practice's key to."""
    return f"portal practice {practice_id}"


class KeyReader(Protocol):
    """The transaction that clients' keys are read in."""

    @property
    def practice_id(self) -> UUID: ...
    async def fetch(self, statement: Statement, /, **values: Any) -> list[Any]: ...


@define
class RecordKeys:
    """Unwrapped keys, cached for five minutes in this process."""

    master: MasterKey
    clock: Clock
    _practices: dict[UUID, tuple[Cipher, float]] = field(init=False, factory=dict)
    _clients: dict[UUID, tuple[Cipher, float]] = field(init=False, factory=dict)
    _loading: asyncio.Lock = field(init=False, factory=asyncio.Lock)

    async def practice(self, pool: Any, practice_id: UUID) -> Cipher:
        """Return the practice's cipher. If it is not cached, this uses the master key, so no transaction may be open.

        Raises:
            NotFound: there is no such practice.
            Unavailable: the master key does not respond.
        """
        kept = self._practices.get(practice_id)
        if kept is not None and kept[1] > time.monotonic():
            return kept[0]
        async with self._loading:
            kept = self._practices.get(practice_id)
            if kept is not None and kept[1] > time.monotonic():
                return kept[0]
            wrapped = await pool.fetchval("SELECT portal.practice_key($1)", practice_id)
            if wrapped is None:
                raise NotFound("practice", practice_id)
            cipher = Cipher(await self.master.unwrap(wrapped, practice_context(practice_id)))
            self._practices[practice_id] = (cipher, time.monotonic() + CACHE_SECONDS)
            return cipher

    async def make_practice_key(self, practice_id: UUID) -> tuple[bytes, str]:
        """Create a practice's key. Returns the wrapped key and the master key's name; the caller stores both."""
        key = new_key()
        wrapped = await self.master.wrap(key, practice_context(practice_id))
        return wrapped, self.master.name

    def cached_practice(self, practice_id: UUID) -> Cipher:
        """Return the practice's cipher inside a unit of work, which loaded it before it began."""
        return self._practices[practice_id][0]

    def make_client_key(self, practice_id: UUID, client_id: UUID) -> tuple[bytes, Cipher]:
        """Create a client's key. Returns it wrapped, for the transaction that creates the client, and its cipher."""
        key = new_key()
        wrapped = self.cached_practice(practice_id).seal(key, associated_data(client_keys.c.wrapped, client_id))
        return wrapped, Cipher(key)

    async def find(self, tx: KeyReader, client_ids: Iterable[UUID]) -> dict[UUID, Cipher | None]:
        """Return the clients' ciphers, reading uncached keys with one statement; None for each destroyed key."""
        now = time.monotonic()
        found: dict[UUID, Cipher | None] = dict.fromkeys(client_ids)
        for client_id in found:
            kept = self._clients.get(client_id)
            if kept is not None and kept[1] > now:
                found[client_id] = kept[0]
        missing = [client_id for client_id, cipher in found.items() if cipher is None]
        if not missing:
            return found
        if len(self._clients) > 10_000:
            self._clients.clear()
        for client_id in missing:
            self.forget(client_id)
        get = GET_CLIENT_KEY if len(missing) == 1 else GET_CLIENT_KEYS
        practice = self.cached_practice(tx.practice_id)
        for client_id, wrapped in await tx.fetch(get, client_id=missing[0], client_ids=missing):
            cipher = Cipher(practice.open(wrapped, associated_data(client_keys.c.wrapped, client_id)))
            found[client_id] = cipher
            self._clients[client_id] = (cipher, now + CACHE_SECONDS)
        return found

    def forget(self, client_id: UUID) -> None:
        """Drop a destroyed key from this process immediately. Other processes drop it within five minutes."""
        self._clients.pop(client_id, None)
