"""A practice and its people in memory."""

from attrs import define, field

from adapters.memory.engine.store import MemoryBegin, MemoryStore
from adapters.memory.people.practices import MemoryPracticeDirectory, MemoryPracticeFounding
from adapters.memory.unit_of_work import MemoryUnitOfWork
from portal_core.kernel.audit import Audited
from portal_core.kernel.outbox import Notice
from portal_core.people.model import Practice
from tests.support.clock import CountingIds, FixedClock
from tests.support.contracts.people.world import PeopleWorld
from tests.support.people.use_cases import PeopleDesk


@define
class MemoryPeople(PeopleWorld):
    """A store of its own, unless it is given one."""

    clock: FixedClock = field(factory=FixedClock)
    ids: CountingIds = field(factory=CountingIds)
    store: MemoryStore = field(init=False)
    practice: Practice = field(init=False)
    forbidden = (AssertionError,)

    @classmethod
    async def open(cls, *beside: "MemoryPeople") -> "MemoryPeople":
        world = cls(*((beside[0].clock, beside[0].ids) if beside else ()))
        world.store = beside[0].store if beside else MemoryStore(world.clock)
        world.begin = MemoryBegin(world.store, MemoryUnitOfWork)
        world.founding = MemoryPracticeFounding(world.store)
        world.directory = MemoryPracticeDirectory(world.store)
        world.practice = await world.found()
        return world

    async def beside(self) -> "MemoryPeople":
        return await MemoryPeople.open(self)

    async def audit(self) -> list[Audited]:
        return [row.entry for row in self.store.audit if row.practice_id == self.practice_id]

    def notices(self) -> list[Notice]:
        """The committed notices of the store, oldest first."""
        return self.store.notices


class MemoryDesk(PeopleDesk):
    """A desk over memory, whose tables a test may look into."""

    world: MemoryPeople

    @classmethod
    async def open(cls) -> "MemoryDesk":
        return cls(await MemoryPeople.open())
