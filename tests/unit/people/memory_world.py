"""A practice and its people in memory."""

from uuid import UUID

from attrs import define, field

from adapters.memory.engine.store import MemoryBegin, MemoryStore
from adapters.memory.people.practices import MemoryPracticeDirectory, MemoryPracticeFactory
from adapters.memory.unit_of_work import MemoryUnitOfWork
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.notices import Notice
from portal_core.people.model import Practice
from tests.support.clock import CountingIds, FixedClock
from tests.support.contracts.people.world import PeopleWorld
from tests.support.people.use_cases import PeopleUseCases


@define
class MemoryPeopleWorld(PeopleWorld):
    """Has its own store, unless one is given."""

    clock: FixedClock = field(factory=FixedClock)
    ids: CountingIds = field(factory=CountingIds)
    store: MemoryStore = field(init=False)
    practice: Practice = field(init=False)
    forbidden = (AssertionError,)

    @classmethod
    async def create(cls, *other_practice: "MemoryPeopleWorld") -> "MemoryPeopleWorld":
        world = cls(*((other_practice[0].clock, other_practice[0].ids) if other_practice else ()))
        world.store = other_practice[0].store if other_practice else MemoryStore(world.clock)
        world.begin = MemoryBegin(world.store, MemoryUnitOfWork)
        world.practice_factory = MemoryPracticeFactory(world.store)
        world.directory = MemoryPracticeDirectory(world.store)
        world.practice = await world.add_practice()
        return world

    async def other_practice(self) -> "MemoryPeopleWorld":
        return await MemoryPeopleWorld.create(self)

    async def audit(self) -> list[AuditEntry]:
        return [row.entry for row in self.store.audit if row.practice_id == self.practice_id]

    async def jobs(self) -> list[tuple[str, dict[str, UUID]]]:
        rows = self.store.table("jobs").items()
        return [job for (owner, _), job in rows if owner == self.practice_id and job[0] != "deliver_notice"]

    def notices(self) -> list[Notice]:
        """The committed notices of the store, oldest first."""
        return self.store.notices


class MemoryPeopleUseCases(PeopleUseCases):
    """The use cases over memory, whose tables a test may inspect."""

    world: MemoryPeopleWorld

    @classmethod
    async def create(cls) -> "MemoryPeopleUseCases":
        return cls(await MemoryPeopleWorld.create())
