"""The transaction that repositories use: scopes statements, encrypts fields, and collects what the commit writes."""

from collections.abc import Coroutine, Generator, Iterable
from itertools import chain
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from attrs import define, field, frozen
from sqlalchemy import Column

from adapters.encryption.cipher import Cipher
from adapters.postgres.engine.audit import ADD_ENTRIES, entry_rows
from adapters.postgres.engine.columns import associated_data
from adapters.postgres.engine.constraint_errors import constraint_error
from adapters.postgres.engine.keys import RecordKeys
from adapters.postgres.engine.scope import plan_mode_sql
from adapters.postgres.engine.statements import Statement, only_reads, read_together, row_class, write_together
from portal_core.kernel.actor import Actor, record_id
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import RecordDestroyed, StaleVersion
from portal_core.kernel.idempotency import Replayed
from portal_core.kernel.sources import Clock, IdSource

T = TypeVar("T")


# More at once would make the number of different combined statements, each prepared on each connection, too large.
_AT_ONCE = 8


@frozen
class _Wanted:
    """A statement that a coroutine waits for. Awaiting it passes it to the caller that runs the coroutine."""

    method: str
    statement: Statement
    arguments: list[Any]

    def __await__(self) -> Generator["_Wanted", Any, Any]:
        return (yield self)


def _wanted(yielded: object) -> _Wanted:
    if not isinstance(yielded, _Wanted) or not only_reads(yielded.statement):
        raise TypeError("only reads of the transaction can be sent together")
    return yielded


@define
class Transaction:
    """One transaction. Statements get `practice_id` automatically, and audit entries are written before the commit.

    `claimed` is set if this transaction holds the claim of the actor's idempotent request, and `replayed` if it only
    checks whether the kept response may be repeated.
    """

    connection: Any
    actor: Actor
    clock: Clock
    ids: IdSource
    keys: RecordKeys
    entries: list[AuditEntry] = field(factory=list)
    public_url: str = ""
    needs_clinician_link: bool = False
    claimed: bool = False
    replayed: Replayed | None = None
    _later: list[tuple[Statement, list[Any]]] = field(init=False, factory=list)
    _gathering: bool = field(init=False, default=False)
    _ciphers: dict[UUID, Cipher | None] = field(init=False, factory=dict)

    @property
    def practice_id(self) -> UUID:
        return self.actor.practice_id

    @property
    def record(self) -> UUID | None:
        """The client the transaction is confined to."""
        return record_id(self.actor)

    def add_audit_entry(self, *entries: AuditEntry) -> None:
        """Add entries to be written with this transaction, all of them by one statement."""
        self.entries += entries

    async def fetch(self, statement: Statement, /, **values: Any) -> list[asyncpg.Record]:
        """Run a statement and return all rows."""
        rows: list[asyncpg.Record] = await self._run("fetch", statement, values)
        return rows

    async def fetchrow(self, statement: Statement, /, **values: Any) -> asyncpg.Record | None:
        """Run a statement and return the first row, if any."""
        return await self._run("fetchrow", statement, values)

    async def execute(self, statement: Statement, /, **values: Any) -> int:
        """Run a statement and return the number of affected rows."""
        tag: str = await self._run("execute", statement, values)
        return int(tag.rpartition(" ")[2])

    async def execute_many(self, statement: Statement, rows: Iterable[dict[str, Any]]) -> None:
        """Run a statement that writes one row by its key with each of these values, planned once and sent together."""
        every = [self._arguments(statement, values) for values in rows]
        if every:
            await self.connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
            await self._send("executemany", statement, [every])
            await self.connection.execute(plan_mode_sql(self.actor))

    def write_later(self, statement: Statement, /, **values: Any) -> None:
        """Run a statement whose result nobody needs, in one round trip with others: before the next one, or the commit.

        The combined ones all see the rows as they were before. So it must not depend on the effect of another one.
        A violated constraint is raised when it runs, so the caller must not expect a refusal that a user could cause.
        """
        self._later.append((statement, self._arguments(statement, values)))

    async def write_pending(self) -> None:
        """Run what `write_later` was given."""
        while self._later:
            some, self._later = self._later[:_AT_ONCE], self._later[_AT_ONCE:]
            combined = write_together(tuple(statement for statement, _ in some))
            arguments = chain.from_iterable(arguments for _, arguments in some)
            await self._call("execute", combined, arguments)

    async def flush(self) -> None:
        """Write what is pending, and the audit entries."""
        if self.entries:
            self.write_later(ADD_ENTRIES, entries=self.take_entries())
        await self.write_pending()

    async def commit(self) -> None:
        """Flush and commit."""
        await self.flush()
        await self.connection.execute("COMMIT")

    def take_entries(self) -> list[dict[str, Any]]:
        """The collected audit entries as rows, which are then the caller's to write."""
        entries, self.entries = self.entries, []
        return entry_rows(self.actor, entries, self.clock, self.ids)

    async def read_together(self, *reads: Coroutine[Any, Any, Any]) -> tuple[Any, ...]:
        """Run coroutines that only read, and send the statements that they wait for at the same time as one.

        Each runs until it wants to send a statement; then all of these are sent, and each goes on with its rows.

        Raises:
            TypeError: one does not read, or waits for something else.
        """
        if self._gathering:  # one of those is itself a combination: its parts go with the others
            return tuple([await read for read in reads])
        results, waiting = dict[int, Any](), dict(enumerate(reads))
        answers: dict[int, Any] = dict.fromkeys(waiting)
        self._gathering = True
        try:
            while waiting:
                wanted = dict[int, _Wanted]()
                for place, read in list(waiting.items()):
                    try:
                        wanted[place] = _wanted(read.send(answers[place]))
                    except StopIteration as done:
                        results[place] = done.value
                        del waiting[place]
                if wanted:
                    answers = await self._answers(wanted)
        finally:
            self._gathering = False
            for read in waiting.values():
                read.close()
        return tuple(results[place] for place in sorted(results))

    async def _answers(self, wanted: "dict[int, _Wanted]") -> dict[int, Any]:
        if len(wanted) == 1:
            [(place, one)] = wanted.items()
            return {place: await self._send(one.method, one.statement, one.arguments)}
        combined = read_together(tuple(one.statement for one in wanted.values()))
        arguments = list(chain.from_iterable(one.arguments for one in wanted.values()))
        arrays = await self._send("fetchrow", combined, arguments)
        answers = dict[int, Any]()
        for (place, one), array in zip(wanted.items(), arrays, strict=True):
            rows = list(map(row_class(one.statement), array))
            answers[place] = rows if one.method == "fetch" else next(iter(rows), None)
        return answers

    async def _run(self, method: str, statement: Statement, values: dict[str, Any]) -> Any:
        arguments = self._arguments(statement, values)
        if self._gathering:
            return await _Wanted(method, statement, arguments)
        return await self._send(method, statement, arguments)

    def _arguments(self, statement: Statement, values: dict[str, Any]) -> list[Any]:
        return statement.arguments({"practice_id": self.practice_id, **values})

    async def _send(self, method: str, statement: Statement, arguments: list[Any]) -> Any:
        if self._later:
            await self.write_pending()
        return await self._call(method, statement.sql, arguments)

    async def _call(self, method: str, sql: str, arguments: Iterable[Any]) -> Any:
        try:
            return await getattr(self.connection, method)(sql, *arguments)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise constraint_error(error) from None

    async def save(self, statement: Statement, /, **values: Any) -> None:
        """Run an insert or update that affects a row only if the stored version is the expected one.

        Raises:
            StaleVersion: it affected no row.
        """
        if await self.execute(statement, **values) == 0:
            raise StaleVersion

    async def load_keys(self, client_ids: Iterable[UUID]) -> None:
        """Load the keys of many clients with one statement. Call this before decrypting rows of several clients."""
        missing = {one for one in client_ids if one not in self._ciphers}
        if missing:
            self._ciphers |= await self.keys.find(self, missing)

    async def cipher(self, client_id: UUID) -> Cipher | None:
        """Return the client's cipher; None if the key was destroyed."""
        await self.load_keys([client_id])
        return self._ciphers[client_id]

    def create_key(self, client_id: UUID) -> dict[str, Any]:
        """Create the key of a new client; from now on this transaction encrypts with it.

        Returns the values for `ADD_CLIENT_KEY`, which must follow the client's row.
        """
        wrapped, self._ciphers[client_id] = self.keys.make_client_key(self.practice_id, client_id)
        return {"client_id": client_id, "wrapped": wrapped, "made_at": self.clock.now()}

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

    def seal_digests(self, column: Column[Any], row_id: UUID, digests: Iterable[bytes]) -> bytes | None:
        """Encrypt digests of codes with the practice's key, so that a stolen database cannot be searched for the codes.

        None if there are none.
        """
        text = " ".join(digest.hex() for digest in digests)
        return self.seal_with_practice_key(column, row_id, text) if text else None

    def unseal_digests(self, column: Column[Any], row_id: UUID, sealed: bytes | None) -> tuple[bytes, ...]:
        """Decrypt digests that `seal_digests` encrypted."""
        if sealed is None:
            return ()
        return tuple(map(bytes.fromhex, self.unseal_with_practice_key(column, row_id, sealed).split()))

    def seal_digest(self, column: Column[Any], row_id: UUID, digest: bytes | None) -> bytes | None:
        """As `seal_digests`, for one or none."""
        return self.seal_digests(column, row_id, () if digest is None else (digest,))

    def unseal_digest(self, column: Column[Any], row_id: UUID, sealed: bytes | None) -> bytes | None:
        """Decrypt a digest that `seal_digest` encrypted."""
        return next(iter(self.unseal_digests(column, row_id, sealed)), None)
