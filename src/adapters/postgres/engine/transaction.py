"""One transaction as the repositories see it: scoped, sealing, and collecting the entries that explain it."""

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from attrs import define, field
from sqlalchemy import Column

from adapters.encryption.cipher import Cipher
from adapters.postgres.engine.columns import associated_data
from adapters.postgres.engine.constraint_errors import constraint_error
from adapters.postgres.engine.keys import RecordKeys
from adapters.postgres.engine.statements import Statement
from portal_core.kernel.actor import Actor, record_id
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import RecordDestroyed, StaleVersion
from portal_core.kernel.sources import Clock, IdSource

T = TypeVar("T")


@define
class Transaction:
    """Statements run here get `practice_id` by themselves. Entries are written in one go before the commit.

    `claimed`: it holds the claim of the actor's attempt.
    """

    connection: Any
    actor: Actor
    clock: Clock
    ids: IdSource
    keys: RecordKeys
    entries: list[AuditEntry] = field(factory=list)
    public_url: str = ""
    claimed: bool = False
    _ciphers: dict[UUID, Cipher | None] = field(init=False, factory=dict)

    @property
    def practice_id(self) -> UUID:
        return self.actor.practice_id

    @property
    def record(self) -> UUID | None:
        """The client the transaction is confined to."""
        return record_id(self.actor)

    def add_audit_entry(self, entry: AuditEntry) -> None:
        """Have the entry written with this transaction."""
        self.entries.append(entry)

    async def fetch(self, statement: Statement, **values: Any) -> list[asyncpg.Record]:
        """All rows."""
        values.setdefault("practice_id", self.actor.practice_id)
        try:
            rows: list[asyncpg.Record] = await self.connection.fetch(statement.sql, *statement.arguments(values))
        except asyncpg.IntegrityConstraintViolationError as error:
            raise constraint_error(error) from None
        return rows

    async def fetchrow(self, statement: Statement, **values: Any) -> asyncpg.Record | None:
        """The first row."""
        values.setdefault("practice_id", self.actor.practice_id)
        try:
            return await self.connection.fetchrow(statement.sql, *statement.arguments(values))
        except asyncpg.IntegrityConstraintViolationError as error:
            raise constraint_error(error) from None

    async def execute(self, statement: Statement, **values: Any) -> int:
        """How many rows it touched."""
        values.setdefault("practice_id", self.actor.practice_id)
        try:
            tag: str = await self.connection.execute(statement.sql, *statement.arguments(values))
        except asyncpg.IntegrityConstraintViolationError as error:
            raise constraint_error(error) from None
        return int(tag.rpartition(" ")[2])

    async def save(self, statement: Statement, **values: Any) -> None:
        """Run an update that names the version before.

        Raises:
            StaleVersion: it touched no row.
        """
        if await self.execute(statement, **values) == 0:
            raise StaleVersion

    async def load_keys(self, client_ids: Iterable[UUID]) -> None:
        """Load the keys of many clients by one statement: before rows of theirs are unsealed one after the other."""
        missing = set(client_ids) - self._ciphers.keys()
        if missing:
            self._ciphers |= await self.keys.find(self.connection, self.practice_id, missing)

    async def cipher(self, client_id: UUID) -> Cipher | None:
        """The client's cipher; None when the key was destroyed."""
        await self.load_keys([client_id])
        return self._ciphers[client_id]

    def forget_key(self, client_id: UUID) -> None:
        """The key is destroyed here: from now on it seals and opens nothing."""
        self.keys.forget(client_id)
        self._ciphers[client_id] = None

    async def seal(self, client_id: UUID, column: Column[Any], row_id: UUID, text: str | None) -> bytes | None:
        """A client's text, sealed with the client's key for this column of this row.

        Raises:
            RecordDestroyed: there is a text, and no key any more.
        """
        if text is None:
            return None
        cipher = await self.cipher(client_id)
        if cipher is None:
            raise RecordDestroyed
        return cipher.seal(text.encode(), associated_data(column, row_id))

    async def seal_unless_destroyed(
        self, client_id: UUID, column: Column[Any], row_id: UUID, text: str | None
    ) -> bytes | None:
        """The same for a text that may be left out: None when the key was destroyed."""
        if text is None or await self.cipher(client_id) is None:
            return None
        return await self.seal(client_id, column, row_id, text)

    async def unseal(self, client_id: UUID, column: Column[Any], row_id: UUID, sealed: bytes | None) -> str | None:
        """The text again; None when there is none, or when the client's key was destroyed."""
        if sealed is None:
            return None
        cipher = await self.cipher(client_id)
        return None if cipher is None else cipher.open(sealed, associated_data(column, row_id)).decode()

    def seal_with_practice_key(self, column: Column[Any], row_id: UUID, text: str) -> bytes:
        """A text that is no client's, sealed with the practice's key for this column of this row."""
        return self.keys.cached_practice(self.practice_id).seal(text.encode(), associated_data(column, row_id))

    def unseal_with_practice_key(self, column: Column[Any], row_id: UUID, sealed: bytes) -> str:
        """The text again."""
        return self.keys.cached_practice(self.practice_id).open(sealed, associated_data(column, row_id)).decode()
