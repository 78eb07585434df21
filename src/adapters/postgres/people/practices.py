"""Practices in PostgreSQL: read and changed by staff, created, and located by requests."""

import time
from typing import Any

from attrs import define, field
from sqlalchemy import bindparam, delete, insert, select

from adapters.postgres.engine.constraint_errors import CONSTRAINT_ERRORS
from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.keys import ADD_PRACTICE_KEY, RecordKeys
from adapters.postgres.engine.outages import raise_unavailable_on_outage
from adapters.postgres.engine.scope import begin_transaction_sql
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.tables import practice_hosts, practices
from portal_core.kernel.actor import SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.sources import Clock, IdSource
from portal_core.people.errors import HostTaken, SlugTaken
from portal_core.people.model import Practice
from portal_core.people.ports import PracticeDirectory, PracticeFactory, PracticeLocator, PracticeRecord

CONSTRAINT_ERRORS["practices_slug_key"] = SlugTaken
CONSTRAINT_ERRORS["practice_hosts_pkey"] = HostTaken
CACHE_SECONDS = 30.0

_PRACTICE = entity(Practice, practices, hosts=(practices.c.hosts,))
GET_PRACTICE = statement(
    "practices.get",
    select(*_PRACTICE.columns).where(practices.c.id == bindparam("practice_id")),
)
SAVE_PRACTICE = statement(
    "practices.save",
    update_version(practices, "name", "time_zone", "state", "hosts", "npi", "tax_id", "phone", "address").where(
        practices.c.id == bindparam("practice_id")
    ),
)
ADD_PRACTICE = statement("practices.add", insert(practices))
DROP_HOSTS = statement(
    "practices.drop_hosts", delete(practice_hosts).where(practice_hosts.c.practice_id == bindparam("practice_id"))
)
ADD_HOST = statement("practices.add_host", insert(practice_hosts))


@define
class PostgresPracticeRecord(PracticeRecord):
    """Hosts are also stored in a table of their own, whose key keeps two practices from sharing a host."""

    tx: Transaction

    async def get(self) -> Practice:
        row = await self.tx.fetchrow(GET_PRACTICE)
        assert row is not None  # the unit of work would not have opened
        return _PRACTICE.of(row, hosts=tuple(row["hosts"]))

    async def save(self, practice: Practice, audit_entry: AuditEntry) -> None:
        await self.tx.save(SAVE_PRACTICE, **_PRACTICE.values(practice, hosts=practice.hosts))
        await self.tx.execute(DROP_HOSTS)
        for host in practice.hosts:
            await self.tx.execute(ADD_HOST, host=host)
        self.tx.add_audit_entry(audit_entry)


@define
class PostgresPracticeFactory(PracticeFactory):
    """The key is created before the transaction, because the master key may be held by an external service."""

    pool: Any
    keys: RecordKeys
    clock: Clock
    ids: IdSource

    async def create(self, actor: SystemActor, practice: Practice, audit_entry: AuditEntry) -> None:
        wrapped, master_key = await self.keys.make_practice_key(practice.id)
        with raise_unavailable_on_outage():
            async with self.pool.acquire() as connection, connection.transaction():
                tx = Transaction(connection, actor, self.clock, self.ids, self.keys, [audit_entry])
                await connection.execute(begin_transaction_sql(actor).removeprefix("BEGIN; "))
                await tx.execute(ADD_PRACTICE, **_PRACTICE.values(practice, hosts=practice.hosts))
                for host in practice.hosts:
                    await tx.execute(ADD_HOST, host=host)
                made_at = self.clock.now()
                await tx.execute(ADD_PRACTICE_KEY, wrapped=wrapped, master_key=master_key, made_at=made_at)
                await tx.flush()


@define
class PostgresPracticeDirectory(PracticeDirectory):
    """Caches all practices for half a minute: every request reads them, and they are few and change rarely."""

    pool: Any
    seconds: float = CACHE_SECONDS
    _cached: tuple[PracticeLocator, ...] = field(init=False, default=())
    _until: float = field(init=False, default=0.0)

    async def all(self) -> tuple[PracticeLocator, ...]:
        if time.monotonic() >= self._until:
            with raise_unavailable_on_outage():
                rows = await self.pool.fetch("SELECT * FROM portal.practice_locators()")
            self._cached = tuple(PracticeLocator(row["p_id"], row["p_slug"], tuple(row["p_hosts"])) for row in rows)
            # Not cached while there is none, so that the first practice is seen at once.
            self._until = time.monotonic() + self.seconds if rows else 0.0
        return self._cached
