"""The transaction that repositories use: scopes statements, encrypts fields, and collects audit entries."""

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
    """One transaction. Statements get `practice_id` automatically, and audit entries are written before the commit.

    `claimed` is set if this transaction holds the claim of the actor's idempotent request.
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
        """Add an entry to be written with this transaction."""
        self.entries.append(entry)

    async def fetch(self, statement: Statement, **values: Any) -> list[asyncpg.Record]:
        """Run a statement and return all rows."""
        values.setdefault("practice_id", self.actor.practice_id)
        try:
            rows: list[asyncpg.Record] = await self.connection.fetch(statement.sql, *statement.arguments(values))
        except asyncpg.IntegrityConstraintViolationError as error:
            raise constraint_error(error) from None
        return rows

    async def fetchrow(self, statement: Statement, **values: Any) -> asyncpg.Record | None:
        """Run a statement and return the first row, if any."""
        values.setdefault("practice_id", self.actor.practice_id)
        try:
            return await self.connection.fetchrow(statement.sql, *statement.arguments(values))
        except asyncpg.IntegrityConstraintViolationError as error:
            raise constraint_error(error) from None

    async def execute(self, statement: Statement, **values: Any) -> int:
        """Run a statement and return the number of affected rows."""
        values.setdefault("practice_id", self.actor.practice_id)
        try:
            tag: str = await self.connection.execute(statement.sql, *statement.arguments(values))
        except asyncpg.IntegrityConstraintViolationError as error:
            raise constraint_error(error) from None
        return int(tag.rpartition(" ")[2])

    async def save(self, statement: Statement, **values: Any) -> None:
        """Run an insert or update that affects a row only if the stored version is the expected one.

        Raises:
            StaleVersion: it affected no row.
        """
        if await self.execute(statement, **values) == 0:
            raise StaleVersion

    async def load_keys(self, client_ids: Iterable[UUID]) -> None:
        """Load the keys of many clients with one statement. Call this before decrypting rows of several clients."""
        missing = set(client_ids) - self._ciphers.keys()
        if missing:
            self._ciphers |= await self.keys.find(self.connection, self.practice_id, missing)

    async def cipher(self, client_id: UUID) -> Cipher | None:
        """Return the client's cipher; None if the key was destroyed."""
        await self.load_keys([client_id])
        return self._ciphers[client_id]

    def forget_key(self, client_id: UUID) -> None:
        """Drop a key that this transaction destroyed, so that it can no longer encrypt or decrypt."""
        self.keys.forget(client_id)
        self._ciphers[client_id] = None

    async def seal(self, client_id: UUID, column: Column[Any], row_id: UUID, text: str | None) -> bytes | None:
        """Encrypt a client's text with the client's key, for this column of this row. None stays None.

        Raises:
            RecordDestroyed: a text is given, but the key was destroyed.
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
        """As `seal`, for an optional text: return None if the key was destroyed."""
        if text is None or await self.cipher(client_id) is None:
            return None
        return await self.seal(client_id, column, row_id, text)

    async def unseal(self, client_id: UUID, column: Column[Any], row_id: UUID, sealed: bytes | None) -> str | None:
        """Decrypt a client's text. Returns None if there is none, or the client's key was destroyed."""
        if sealed is None:
            return None
        cipher = await self.cipher(client_id)
        return None if cipher is None else cipher.open(sealed, associated_data(column, row_id)).decode()

    def seal_with_practice_key(self, column: Column[Any], row_id: UUID, text: str) -> bytes:
        """Encrypt a text that does not belong to a client with the practice's key, for this column of this row."""
        return self.keys.cached_practice(self.practice_id).seal(text.encode(), associated_data(column, row_id))

    def unseal_with_practice_key(self, column: Column[Any], row_id: UUID, sealed: bytes) -> str:
        """Decrypt a text that `seal_with_practice_key` encrypted."""
        return self.keys.cached_practice(self.practice_id).open(sealed, associated_data(column, row_id)).decode()
