"""The EHR's module on memory adapters, for a first look and for the EHR's own tests."""

import asyncio
from datetime import timedelta

from elm_street import import_practice
from next_visit import NextVisit

from adapters.local.sources import SystemClock, SystemTokens, Uuid7Ids
from adapters.memory.engine.store import MemoryBegin, MemoryStore
from adapters.memory.people.practices import MemoryPracticeFactory
from adapters.memory.unit_of_work import MemoryUnitOfWork
from portal_core.appointments.use_cases.book_appointment import BookAppointment
from portal_core.appointments.use_cases.find_slots import FindSlots
from portal_core.people.use_cases.add_practice import AddPractice


async def main() -> None:
    clock, ids, tokens = SystemClock(), Uuid7Ids(), SystemTokens()
    store = MemoryStore(clock)
    begin = MemoryBegin(store, MemoryUnitOfWork)

    add_practice = AddPractice(MemoryPracticeFactory(store), clock, ids)
    elm = await import_practice(add_practice, begin, clock, ids)
    next_visit = NextVisit(FindSlots(begin, clock), BookAppointment(begin, clock, ids, tokens))
    mira = elm.actor_for("K-1", account_id=ids.new())
    booked = await next_visit(mira, elm.appointment_type_id, clock.now().date() + timedelta(days=1))

    assert booked is not None
    print(f"booked: {booked.appointment_type_name} with {booked.clinician_name}")
    print(f"notices: {len(store.notices)}; audited: {store.audit[-1].entry.action}")


if __name__ == "__main__":
    asyncio.run(main())
