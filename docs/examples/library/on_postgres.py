"""The same on PostgreSQL, composed by hand: only what these use cases need, without HTTP, jobs or accounts."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from attrs import frozen
from elm_street import import_practice
from next_visit import NextVisit

from adapters.local.key_file import KeyFile
from adapters.local.sources import SystemClock, SystemTokens, Uuid7Ids
from adapters.postgres.engine.base_unit import PostgresBegin
from adapters.postgres.engine.keys import RecordKeys
from adapters.postgres.engine.pool import open_pool
from adapters.postgres.people.practices import PostgresPracticeFactory
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from portal_core.appointments.use_cases.book_appointment import BookAppointment
from portal_core.appointments.use_cases.find_slots import FindSlots
from portal_core.people.use_cases.add_practice import AddPractice


@frozen
class Portal:
    """The parts of the portal that the EHR needs. Create one per process."""

    begin: PostgresBegin
    add_practice: AddPractice
    clock: SystemClock
    ids: Uuid7Ids
    tokens: SystemTokens


@asynccontextmanager
async def connected(database_url: str, key_file: Path) -> AsyncIterator[Portal]:
    """Connects as the application role to a database that `portal migrate` has migrated."""
    clock, ids = SystemClock(), Uuid7Ids()
    keys = RecordKeys(KeyFile(key_file), clock)
    pool = await open_pool(database_url)
    try:
        begin = PostgresBegin(pool, keys, clock, ids, PostgresUnitOfWork)
        practice_factory = PostgresPracticeFactory(pool, keys, clock, ids)
        yield Portal(begin, AddPractice(practice_factory, clock, ids), clock, ids, SystemTokens())
    finally:
        await pool.close()


async def main() -> None:
    async with connected(os.environ["PORTAL_DATABASE_URL"], Path(os.environ["PORTAL_KEY_FILE"])) as portal:
        begin, clock, ids = portal.begin, portal.clock, portal.ids
        elm = await import_practice(portal.add_practice, begin, clock, ids)
        next_visit = NextVisit(FindSlots(begin, clock), BookAppointment(begin, clock, ids, portal.tokens))
        mira = elm.actor_for("K-1", account_id=ids.new())
        booked = await next_visit(mira, elm.appointment_type_id, clock.now().date() + timedelta(days=1))
        assert booked is not None
        print(f"booked: {booked.appointment_type_name} with {booked.clinician_name}")


if __name__ == "__main__":
    asyncio.run(main())
